"""What the windows of tag writing say: counts, summaries, names of batches. No Qt."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from mgc_desktop.ui import wording

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mgc_desktop.engine.events import TagFinished, TagPlanProgress, TagProgress
    from mgc_desktop.library.journal import BatchRow, ChangeRow

_WROTE = "Wrote the genre into"
_JOINED = " · "


def files(number: int) -> str:
    return wording.count(number, "file")


def values(genres: Sequence[str]) -> str:
    """Return the values of a genre field in a line."""
    return _JOINED.join(" ".join(genre.split()) for genre in genres)


def counts(change: int, same: int, left: int, ticked: int) -> str:
    """Return `312 of 340 files will change, 20 already say so, 8 left alone`."""
    total = change + same + left
    if not total:
        return ""
    parts = [f"{f'{ticked:,}' if change else 'None'} of {files(total)} will change"]
    if ticked < change:
        parts.append(f"{change - ticked:,} unticked")
    if same:
        parts.append(f"{same:,} already {'says' if same == 1 else 'say'} so")
    if left:
        parts.append(f"{left:,} left alone")
    return ", ".join(parts)


def write_button(ticked: int) -> str:
    return f"&Write {ticked:,} File{'s' * (ticked != 1)}" if ticked else "&Write"


def reading(progress: TagPlanProgress) -> str:
    return f"Reading tags: {progress.done:,} of {progress.total:,}"


def working(progress: TagProgress, *, undo: bool) -> str:
    """Return `Writing genres: 1,203 of 20,411, 280/s, 2 min left`."""
    start = "Putting genres back" if undo else "Writing genres"
    parts = [f"{start}: {progress.done:,} of {progress.total:,}"]
    parts += [text for text in (wording.rate(progress.rate), wording.time_left(progress.seconds_left)) if text]
    return ", ".join(parts)


def working_short(progress: TagProgress, *, undo: bool) -> str:
    """Return the same for the status bar, where others have something to say as well."""
    start = "Undoing" if undo else "Writing"
    parts = [f"{start} {progress.done:,} of {progress.total:,}", wording.time_left(progress.seconds_left)]
    return ", ".join(part for part in parts if part)


def summary(event: TagFinished, *, again: bool = False) -> str:
    """Return what a batch came to, in a sentence; `again`: it undid an undo."""
    undo = event.kind == "undo" and not again
    if event.written:
        start = "Put the old genre back into" if undo else "Wrote the genre again into" if again else _WROTE
        text = f"{start} {files(event.written)}"
        text += f" in {wording.elapsed(event.seconds)}" if event.seconds >= 1 else ""
    else:
        text = "Nothing was put back" if undo else "Nothing was written"
    parts = [f"{text}, cancelled" if event.cancelled else text]
    if event.left:
        parts.append(f"{files(event.left)} left alone")
    if event.failed:
        parts.append(f"{event.failed:,} failed")
    return ", ".join(parts) + "."


def problems(event: TagFinished) -> str:
    """Return every file that was left or failed with its sentence, to be read and copied."""
    lines = [f"{path}\n    {sentence}" if path else sentence for path, sentence in event.problems]
    more = event.left + event.failed - len(event.problems)
    if event.problems and more > 0:
        lines.append(f"and {more:,} more: Library > History lists them all.")
    return "\n".join(lines)


def moment(seconds: float) -> str:
    """Return a time as `21 Nov 2026, 14:03`, from s since the epoch."""
    return f"{wording.date(seconds)}, {time.strftime('%H:%M', time.localtime(seconds))}"


_POLICIES = {"fill": "empty genres only", "replace": "replaced", "append": "added"}


def batch_name(batch: BatchRow) -> str:
    """Return what a batch did: `Genres written (empty genres only)`, `Undo of 21 Nov 2026, 14:03`."""
    if batch.kind == "undo":
        return f"Undo of no. {batch.undoes}"
    how = _POLICIES.get(str(batch.policy.get("policy", "")), "")
    return f"Genres written ({how})" if how else "Genres written"


def batch_state(batch: BatchRow) -> str:
    """Return what became of a batch since."""
    if batch.undone_by is not None:
        return f"undone by no. {batch.undone_by}"
    if batch.ended_at is None:
        return "under way"
    parts = []
    if batch.left:
        parts.append(f"{batch.left:,} left alone")
    if batch.failed:
        parts.append(f"{batch.failed:,} failed")
    return ", ".join(parts)


def change_state(change: ChangeRow) -> str:
    """Return what became of a file of a batch, with the reason where it was not written."""
    if change.state in ("left", "failed"):
        start = "left alone" if change.state == "left" else "failed"
        return f"{start}: {change.reason}" if change.reason else start
    return {"done": "written", "planned": "not reached", "pending": "under way"}.get(change.state, change.state)


def undo_button(number: int, *, redo: bool = False) -> str:
    files = f"{number:,} File{'s' * (number != 1)}"
    return f"&Write {files} Again" if redo else f"&Undo {files}"
