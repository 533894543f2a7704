"""A track's file, tags and history in words. No Qt."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from mgc_desktop.ui import wording
from mgc_desktop.ui.theme import display_name

if TYPE_CHECKING:
    from mgc_desktop.core.track_facts import TrackFacts
    from mgc_desktop.library.corrections import PastCorrection
    from mgc_desktop.library.journal import ChangeRow

_CHANNELS = {1: "mono", 2: "stereo"}
NO_GENRE = "no genre"
_BEATS = "A person's word beats every verdict, here and when tags are written"
_COUNTS = "The verdict counts again"


def genres_line(facts: TrackFacts) -> str:
    """Return every genre that the file names."""
    return "; ".join(facts.tags.genres) or "none in the file"


def album_line(facts: TrackFacts) -> str:
    """Return album and year, as far as they are known."""
    return ", ".join(part for part in (facts.tags.album, facts.year) if part)


def format_line(facts: TrackFacts) -> str:
    """Return what kind of file it is: `MP3, 192 kbit/s, 44.1 kHz, stereo, 5.9 MB`."""
    quality = f"{facts.bits} bit" if facts.bits else f"{facts.bit_rate / 1000:.0f} kbit/s" if facts.bit_rate else ""
    rate = f"{facts.sample_rate / 1000:g} kHz" if facts.sample_rate else ""
    channels = _CHANNELS.get(facts.channels, f"{facts.channels} channels") if facts.channels else ""
    return ", ".join(part for part in (facts.format, quality, rate, channels, _size(facts.size)) if part)


def _size(size: int) -> str:
    if size <= 0:
        return ""
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.0f} kB"


def history(changes: Iterable[ChangeRow], corrections: Iterable[PastCorrection]) -> list[tuple[str, str, str]]:
    """Return (day, what happened, why or how) of what was done to a track, the latest first."""
    lines = [(said.made_at, _correction(said), _BEATS if said.label else _COUNTS) for said in corrections]
    lines += [(change.changed_at or 0.0, _change(change), change.reason) for change in changes]
    lines.sort(key=lambda line: -line[0])
    return [(wording.date(when) if when else "", what, why) for when, what, why in lines]


def _correction(said: PastCorrection) -> str:
    return f"You set {display_name(said.label)}" if said.label else "You took your genre back"


def _change(change: ChangeRow) -> str:
    before, after = ("; ".join(values) or NO_GENRE for values in (change.before, change.after))
    if change.state == "done":
        return f"Wrote {before} → {after}"
    if change.state == "failed":
        return f"Could not write {after}"
    return f"Left as it was, not {after}" if change.state == "left" else f"Writing {after}"
