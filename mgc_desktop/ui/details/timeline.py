"""What was heard where in a track, as stretches for the ribbon."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mgc_desktop.core.values import VerdictKind, WindowScores
from mgc_desktop.ui import wording
from mgc_desktop.ui.live.heard import Stretch
from mgc_desktop.ui.theme import display_name

NOT_MUSIC = "_not_music"
_TOLD = 3  # labels that a tool tip names


def stretches(windows: Sequence[WindowScores]) -> tuple[Stretch, ...]:
    """Return a stretch for each window, in order; where two windows overlap, the border is in the middle."""
    found: list[Stretch] = []
    for window in sorted(windows, key=lambda window: window.start):
        if not window.probabilities:
            continue
        label = max(window.probabilities, key=window.probabilities.__getitem__)
        kind = VerdictKind.NOT_MUSIC if label == NOT_MUSIC else VerdictKind.GENRE
        start = window.start
        if found and found[-1].end > start:
            start = (found[-1].end + start) / 2
            found[-1] = replace(found[-1], end=start)
        found.append(Stretch(start, window.end, kind, label, window.probabilities[label], 1))
    return tuple(found)


def window_at(windows: Sequence[WindowScores], seconds: float) -> WindowScores | None:
    """Return the window that a place in the track lies in: of several, the one whose middle is nearest."""
    inside = [window for window in windows if window.start <= seconds < window.end]
    return min(inside, key=lambda window: abs(window.start + window.end - 2 * seconds), default=None)


def told(window: WindowScores) -> str:
    """Return what was heard in a window: its best labels, a line each."""
    best = sorted(window.probabilities.items(), key=lambda pair: -pair[1])[:_TOLD]
    lines = [f"{display_name(label)} {wording.percent(share)}" for label, share in best]
    return "\n".join([*lines, f"heard from {wording.duration(window.start)} to {wording.duration(window.end)}"])
