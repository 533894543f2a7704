"""What a limited process does for the preview of tag writes: look at files, which may be anything."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mgc_desktop.core.errors import MgcError

if TYPE_CHECKING:
    from mgc_desktop.library.tags.state import FileState


@dataclass(frozen=True, slots=True)
class SeenFile:
    """What a file's genre field says, and how to tell later that the file is still the same."""

    container: str
    values: tuple[str, ...]
    state: FileState | None
    problem: str = ""  # a sentence: why it cannot be written
    guard: str = ""  # a sentence: why it is written only where the person insists


def look_at_files(paths: Sequence[str]) -> list[SeenFile]:
    """Return what is to be known of files before they are written, each for itself.

    Run it in a `mgc_desktop.core.pool.LimitedPool`: files are hostile.
    """
    return [_look_at(path) for path in paths]


def _look_at(path: str) -> SeenFile:
    from mgc_desktop.library.tags.genre import read_genre
    from mgc_desktop.library.tags.state import state_of
    from mgc_desktop.library.tags.write import guard_of

    try:
        state = state_of(path)  # first: what is changed while it is read shows later
        tag = read_genre(path)
        guard = guard_of(path, os.stat(path))
    except MgcError as error:
        return SeenFile("", (), None, error.sentence)
    except OSError as error:
        return SeenFile("", (), None, f"The file could not be opened ({error.strerror}): check its permissions.")
    if not tag.container:
        return SeenFile("", tag.values, state, "This format has no place for a genre; the file stays as it is.")
    return SeenFile(tag.container, tag.values, state, guard=guard)
