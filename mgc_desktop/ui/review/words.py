"""What a review says in words: why a track is doubtful, how far it is, what it came to. No Qt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mgc_desktop.ui import wording
from mgc_desktop.ui.theme import display_name

if TYPE_CHECKING:
    from mgc_desktop.core.values import TrackRow, Verdict, WindowScores
    from mgc_desktop.ui.review.session import ReviewSession, Summary

_CLOSE = 0.15  # of probability: rivals that near are named together


def doubt_line(verdict: Verdict, windows: Sequence[WindowScores]) -> str:
    """Return why a person is asked: "Between Rock and Metal · 1 of 3 places sounds like Metal"."""
    parts = [_doubt(verdict), _places(verdict, windows)]
    return " · ".join(part for part in parts if part)


def _doubt(verdict: Verdict) -> str:
    best, rival = display_name(verdict.label or ""), verdict.runner_up
    if verdict.kind == "not_music":
        heard = f"; if it is music, {display_name(rival)}" if rival else ""
        return f"Perhaps not music, {wording.percent(verdict.confidence)} sure{heard}"
    if rival and verdict.confidence - verdict.runner_up_confidence < _CLOSE:
        return f"Between {best} and {display_name(rival)}"
    if verdict.kind == "unsure":
        return f"A weak guess at {best}"
    return f"{best}, but only {wording.percent(verdict.confidence)} sure"


def _places(verdict: Verdict, windows: Sequence[WindowScores]) -> str:
    """Return what the places that were heard say, where they disagree with the verdict."""
    if len(windows) < 2:
        return ""
    bests = Counter(max(w.probabilities, key=w.probabilities.__getitem__, default="") for w in windows)
    other, number = next(((label, n) for label, n in bests.most_common() if label != verdict.label), ("", 0))
    if not number:
        return ""
    places = f"{number} of {len(windows)} places sound{'s' * (number == 1)}"
    return f"{places} like {display_name(other)}"


def facts_line(row: TrackRow) -> str:
    """Return artist and length, in one line."""
    return " · ".join(part for part in (" ".join(row.artist.split()), wording.duration(row.duration)) if part)


def existing_line(row: TrackRow) -> str:
    """Return what the file says of itself."""
    said = " ".join(row.existing_genre.split())
    return f"The file says {said}" if said else "The file says no genre"


def said_line(label: str, verdict: Verdict | None) -> str:
    """Return what the person said of a track that is looked at again."""
    agrees = verdict is not None and label == verdict.label
    return f"You accepted {display_name(label)}" if agrees else f"You said {display_name(label)}"


def progress_line(session: ReviewSession) -> str:
    """Return how far it is: "12 of 340, some 9 min left"."""
    summary = session.summary()
    if session.in_second_round:
        return f"Once more: {wording.count(summary.skipped, 'skipped track')} left"
    line = f"{session.place:,} of {summary.total:,} doubtful"
    left = wording.time_left(session.seconds_left())
    return f"{line}, some {left}" if left else line


def end_line(summary: Summary) -> str:
    """Return the headline of the end."""
    if not summary.decided:
        return "Nothing was decided"
    if summary.skipped or summary.decided < summary.total:
        return f"{summary.decided:,} of {summary.total:,} decided"
    return f"All {wording.count(summary.total, 'track')} decided" if summary.total > 1 else "Decided"


def left_line(summary: Summary) -> str:
    """Return what a review that was closed came to, for the status bar; empty where nothing was decided."""
    if not summary.decided:
        return ""
    parts = [f"{summary.accepted:,} accepted", f"{summary.changed:,} changed"]
    return f"Reviewed {summary.decided:,} of {summary.total:,} doubtful tracks: {', '.join(parts)}"
