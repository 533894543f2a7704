"""What the window of sessions says. No Qt."""

from __future__ import annotations

import re
import time

from mgc_desktop.core.session_values import SessionRow, SoundState
from mgc_desktop.ui import wording

NOT_LABELLED = "without sound there is nothing to learn from"
_NOT_IN_NAMES = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]+')


def began(row: SessionRow) -> str:
    """Return when a session began: `21 Nov 2026, 14:03`."""
    seconds = row.started_at + row.start
    return f"{wording.date(seconds)}, {time.strftime('%H:%M', time.localtime(seconds))}"


def title(row: SessionRow) -> str:
    """Return what a session is called: its name, or else what was listened to."""
    return row.name or row.source


def length(row: SessionRow) -> str:
    return f"{wording.duration(row.seconds)}…" if row.going_on else wording.duration(row.seconds)


def sound(row: SessionRow) -> str:
    """Return whether the sound is kept, in a word."""
    if not row.keeps_timeline:
        return "Labels"
    return {SoundState.NONE: "No", SoundState.PARTS: "Yes", SoundState.WHOLE: "Yes"}[row.sound]


def why_silent(row: SessionRow) -> str:
    """Return why there is no picture of a session, or an empty text where there should be one."""
    if row.sound is SoundState.WHOLE:
        return ""
    if not row.keeps_timeline:
        return "Only the labelled spans were kept, to learn from."
    if row.sound is SoundState.NONE:
        return "Kept without its sound: what was heard is below."
    return "It can be looked at and played once it has ended." if row.going_on else "Its sound is being put together…"


def file_name(row: SessionRow) -> str:
    """Return a name for a file about a session, without its ending."""
    when = time.strftime("%Y-%m-%d %H.%M", time.localtime(row.started_at + row.start))
    return f"{when} {_NOT_IN_NAMES.sub(' ', title(row)).strip()[:60]}".rstrip(". ")


def deleted(name: str) -> str:
    return f"“{wording.shortened(name)}” is deleted. Its sound goes to the trash when the program ends."
