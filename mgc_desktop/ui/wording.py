"""Numbers, times and verdicts as the window words them. No Qt."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mgc_desktop.ui.theme import display_name

if TYPE_CHECKING:  # numpy comes with the values: after the first paint
    from mgc_desktop.core.confusion import Confusion
    from mgc_desktop.core.model_figures import Figures
    from mgc_desktop.core.rivals import Rival
    from mgc_desktop.core.values import TrackRow, Verdict
    from mgc_desktop.engine.events import CorrectionsChanged, CorrectionStep, ScanFinished, ScanProgress


def percent(share: float | None) -> str:
    """Return `0.874` as `87 %`; never `100 %` or `0 %` for what is neither."""
    if share is None or not math.isfinite(share):
        return ""
    whole = round(100 * share)
    if whole >= 100 and share < 1:
        whole = 99
    return "<1 %" if whole == 0 and share > 0 else f"{whole} %"


def unbroken(text: str) -> str:
    """Return a text for a label that wraps: no figure loses its unit to the next line."""
    return text.replace(" %", "\N{NO-BREAK SPACE}%")


def duration(seconds: float | None) -> str:
    """Return `252.3` as `4:12`, `4000` as `1:06:40`."""
    if seconds is None or not math.isfinite(seconds) or seconds < 0:
        return ""
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def time_left(seconds: float | None) -> str:
    """Return a coarse time that does not flicker: `23 min left`."""
    if seconds is None or not math.isfinite(seconds):
        return ""
    if seconds < 60:
        return f"{max(5, 5 * round(seconds / 5))} s left"
    if seconds < 5400:
        return f"{round(seconds / 60)} min left"
    return f"{seconds / 3600:.1f} h left"


def elapsed(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def count(number: int, word: str) -> str:
    """Return `1 track`, `1,203 tracks`."""
    many = f"{word}es" if word.endswith("ch") else f"{word}s"
    return f"{number:,} {word if number == 1 else many}"


def rate(per_second: float | None) -> str:
    if per_second is None or not math.isfinite(per_second) or per_second <= 0:
        return ""
    return f"{per_second:.0f}/s" if per_second >= 9.5 else f"{per_second:.1f}/s"


def scan_line(progress: ScanProgress) -> str:
    """Return `Heard 1,203 of 20,411, 14/s, 23 min left`."""
    if progress.to_read and not progress.done:
        return f"Reading tags: {progress.read:,} read, {progress.to_read - progress.read:,} to go"
    if not progress.total:
        return "Looking for music"  # the walk has just begun
    parts = [f"Heard {progress.done:,} of {progress.total:,}"]
    if progress.failed:
        parts.append(f"{progress.failed:,} could not be read")
    if progress.state == "paused":
        parts.append("paused")
    else:
        parts += [text for text in (rate(progress.rate), time_left(progress.seconds_left)) if text]
    return ", ".join(parts)


def scan_summary(finished: ScanFinished) -> str:
    """Return what a scan came to, for the status bar."""
    heard = finished.done - finished.failed
    if finished.cancelled:
        start = f"Cancelled after {count(heard, 'track')}"
    elif finished.done == 0:
        if changes := _changes(finished):
            return f"Nothing new to hear: {', '.join(changes)}"
        if finished.problems and not finished.unchanged:
            return "Nothing was heard"
        known = f": {count(finished.unchanged, 'track')} heard before" if finished.unchanged else " was found"
        return f"Nothing new{known}"
    else:
        start = f"Heard {count(heard, 'track')} in {elapsed(finished.seconds)}"
    parts = [start, *_changes(finished)]
    if finished.unchanged:
        parts.append(f"{finished.unchanged:,} unchanged")
    if finished.failed:
        parts.append(f"{finished.failed:,} could not be read")
    return ", ".join(parts)


def _changes(finished: ScanFinished) -> list[str]:
    """Return what became of files that needed no hearing."""
    counts = ((finished.moved, "moved"), (finished.missing, "gone"), (finished.offline, "offline"))
    return [f"{number:,} {word}" for number, word in counts if number]


def verdict_word(kind: str | None, label: str | None) -> str:
    """Return a verdict in a word or two, for the table: `Metal`, `Unsure (rock?)`, `Not music`."""
    if kind is None:
        return ""
    if kind == "unsure":
        return f"Unsure ({display_name(label)}?)" if label else "Unsure"
    fixed = {"not_music": "Not music", "silence": "Silence", "error": ""}
    return fixed.get(kind, display_name(label) if label else "")


def row_word(row: TrackRow) -> str:
    """Return what a row's track is: by the person's word, or else the verdict."""
    return display_name(row.correction) if row.correction else verdict_word(row.kind, row.label)


def state_word(row: TrackRow) -> str:
    """Return where a track stands; for one that failed, why."""
    if row.state == "failed":
        return row.error or "Could not be heard"
    if row.offline:
        return "Offline"
    return {"queued": "Waiting", "done": "Heard", "missing": "File is gone"}[row.state]


def headline(verdict: Verdict) -> str:
    """Return the one word that the verdict panel shows large."""
    if verdict.kind == "unsure":
        return "Unsure"
    if verdict.kind == "error":
        return "Not heard"
    return verdict_word(verdict.kind, verdict.label)


OFTEN = "often confused"


def rival_line(verdict: Verdict, rival: Rival | None = None) -> str:
    """Return the line under the headline: the reason, the rival, or what comes second."""
    if verdict.kind == "unsure" and verdict.label:
        guess = f"{display_name(verdict.label)}, {percent(verdict.confidence)}"
        if rival is not None:
            other = f"{display_name(rival.label)}, {percent(rival.confidence)}"
            return f"{guess}, or {other}; {OFTEN}" if rival.taken else f"Between {guess}, and {other}"
        return f"Best guess: {guess} ({verdict.reason})" if verdict.reason else f"Best guess: {guess}"
    if verdict.reason:
        return verdict.reason[0].upper() + verdict.reason[1:]
    if verdict.kind == "genre" and rival is not None:
        often = f"; often taken for {display_name(rival.taken.said)}" if rival.taken else ""
        return f"Or {display_name(rival.label)}, {percent(rival.confidence)}{often}"
    if verdict.kind == "genre" and verdict.runner_up:
        return f"Then {display_name(verdict.runner_up)}, {percent(verdict.runner_up_confidence)}"
    return ""


def short_rival_line(verdict: Verdict, rival: Rival) -> str:
    """Return the same about a rival that is often confused, for where there is little room."""
    other = f"{display_name(rival.label)}, {percent(rival.confidence)}"
    return f"Or {other}; {OFTEN}" if verdict.kind == "genre" else f"{display_name(verdict.label or '')}, or {other}"


def rival_tip(rival: Rival, confusion: Confusion | None) -> str:
    """Return what the figures of a model say of a verdict and a rival that it often confuses with it."""
    if rival.taken is None:
        return ""
    often = f"The model often takes {display_name(rival.label)} for {display_name(rival.taken.said)}."
    return f"{often}\n{said_of(confusion, rival.taken.said)}"


_NAMED = 3  # genres that a sentence tells apart


def said_of(confusion: Confusion | None, label: str | None) -> str:
    """Return what tracks were that a model called `label`: `Of 18 tracks that it called Rock, 13 were Rock...`."""
    if confusion is None or label not in confusion.labels:
        return ""
    column = confusion.labels.index(label)
    number, right, wrong = confusion.said(column), confusion.counts[column][column], confusion.taken_for(label)
    if not number:
        return ""
    parts = [f"{right:,} {'was' if right == 1 else 'were'} {display_name(label)}"]
    parts += [f"{tracks:,} {display_name(name)}" for name, tracks in wrong[:_NAMED]]
    if rest := sum(tracks for _, tracks in wrong[_NAMED:]):
        parts.append(f"{rest:,} something else")
    return f"Of {count(number, 'track')} that it called {display_name(label)}, {listing(parts)}."


def confidence_tip(figures: Figures | None, confidence: float, *, claimed: bool = False) -> str:
    """Return what a confidence was worth on the tracks that a model was tried on; nothing where that is not known.

    Parameters
    ----------
    claimed : bool
        The figures are those of whoever made the model.
    """
    point = figures.at(confidence) if figures is not None else None
    if point is None:
        return ""
    share, n = point.right.value, point.right.n
    source = "by its maker's figures" if claimed else "on music it had never heard"
    right = f"{percent(share)} of {n:,}"
    return f"Of verdicts at {percent(point.threshold)} or more, {of_ten(share)} were right {source} ({right})."


def of_ten(share: float) -> str:
    """Return a share as people say it: `9 of 10`."""
    tenths = round(10 * share)
    if tenths in (0, 10):
        return {0.0: "none", 1.0: "all"}.get(share, "nearly all" if tenths else "hardly any")
    return f"{tenths} of 10"


def listing(parts: Sequence[str]) -> str:
    """Return `a, b and c`."""
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1]))) if parts else ""


BY_YOU = "set by you"  # stands where a confidence would


def correction_line(row: TrackRow) -> str:
    """Return when a track's genre was set by hand, and what the model says of it."""
    said = date_line(row)
    if row.kind is None or row.kind == "error":
        return said
    if row.label == row.correction and row.kind in ("genre", "not_music"):
        return f"{said}. The model agrees, {percent(row.confidence)}"
    sure = f", {percent(row.confidence)}" if row.kind in ("genre", "not_music") else ""
    return f"{said}. The model says {verdict_word(row.kind, row.label)}{sure}"


def date_line(row: TrackRow) -> str:
    return f"Set by you on {date(row.corrected_at)}" if row.corrected_at else "Set by you"


def date(seconds: float) -> str:
    """Return a day as `21 Nov 2026`, from s since the epoch."""
    then = time.localtime(seconds)
    return f"{then.tm_mday} {time.strftime('%b %Y', then)}"


def step_name(step: CorrectionStep) -> str:
    """Return what a person did: `Set Tango on 12 tracks`, to stand after Undo as well."""
    if step.action == "set":
        return f"Set {shortened(display_name(step.label))} on {count(step.tracks, 'track')}"
    word, thing = _STEP_WORDS[step.action]
    return f"{word} {count(step.tracks, thing)}"


_STEP_WORDS = {
    "accept": ("Accept", "verdict"),
    "keep": ("Keep", "existing genre"),
    "take back": ("Take back", "genre"),
}


def shortened(text: str, length: int = 40) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def correction_summary(event: CorrectionsChanged) -> str:
    """Return what became of a step, for the status bar."""
    step, left = event.step, event.left
    if event.way != "done":
        start = f"{event.way.capitalize()}: {step_name(step)}" if event.changed else f"Nothing was {event.way}"
        return f"{start}; {count(left, 'track')} corrected since stay{'s' * (left == 1)} as set" if left else start
    if step.action == "set":
        start = f"Set {shortened(display_name(step.label))} on {count(event.changed, 'track')}"
        return f"{start}; {left:,} had it already" if left else start
    if step.action == "accept":
        start = f"Accepted {count(event.changed, 'verdict')}"
        return f"{start}; {left:,} set by you before or not heard" if left else start
    if step.action == "keep":
        start = f"Kept {count(event.changed, 'existing genre')}"
        return f"{start}; {left:,} set by you to the same" if left else start
    start = f"Took back {count(event.changed, 'genre')}"
    return f"{start}; {left:,} had none of yours" if left else start
