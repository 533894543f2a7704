"""Moving music files to the system's trash, from where they can be put back. Nothing is ever deleted."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from mgc_desktop.core.values import TrackRow


@dataclass(frozen=True, slots=True)
class Trashed:
    """What became of files that were to go.

    Attributes
    ----------
    gone : tuple of int
        Tracks whose files are no longer in their place: in the trash, or gone before.
    moved : int
        How many of them are in the trash now.
    left : tuple of (str, str)
        Files that stayed, and why.
    """

    gone: tuple[int, ...]
    moved: int
    left: tuple[tuple[str, str], ...]


def move_to_trash(rows: Iterable[TrackRow], progress: Callable[[int], bool] = lambda _: True) -> Trashed:
    """Move the files of tracks to the trash, one by one; a link goes itself, not what it leads to.

    Parameters
    ----------
    rows : iterable of TrackRow
    progress : callable
        Hears how many files were looked at; ends it before the next one where it says False.
    """
    from send2trash import send2trash  # it looks for the desktop's libraries when it is imported

    gone: list[int] = []
    moved = 0
    left: list[tuple[str, str]] = []
    for number, row in enumerate(rows):
        if not progress(number):
            break
        try:
            if os.path.lexists(row.path):
                send2trash(row.path)
                moved += 1
        except OSError as error:
            left.append((row.path, error.strerror or str(error)))
        else:
            gone.append(row.id)
    return Trashed(tuple(gone), moved, tuple(left))
