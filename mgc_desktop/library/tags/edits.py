"""Changes to a file as a list of replaced stretches: whatever is not named stays as it is, byte for byte."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from io import FileIO
from typing import NamedTuple

from mgc_desktop.core.errors import TagError

MAX_BLOCK = 64 << 20  # bytes of one tag held in memory; the largest artwork seen has 30 MB
CHUNK = 1 << 20  # bytes copied or compared at once
DAMAGED = "The tags of this file are damaged; nothing was changed. A tag editor may be able to remove and rewrite them."


class Edit(NamedTuple):
    """Bytes `start` to `end` of the old file become `data`; an insertion where both are equal."""

    start: int
    end: int
    data: bytes

    @property
    def growth(self) -> int:
        return len(self.data) - (self.end - self.start)


class Source:
    """A file, read at any place.

    Parameters
    ----------
    file : FileIO
        Stays open, and belongs to the caller.
    """

    def __init__(self, file: FileIO) -> None:
        self.file = file
        self.size = file.seek(0, 2)

    def read(self, start: int, length: int) -> bytes:
        """Return up to `length` bytes; fewer at the end of the file."""
        if length <= 0 or start >= self.size:
            return b""  # damaged sizes of 64 bits lead to places that no system can seek to
        self.file.seek(start)
        return self.file.read(min(length, MAX_BLOCK))

    def take(self, start: int, length: int) -> bytes:
        """Return exactly `length` bytes.

        Raises
        ------
        TagError
            Where the file ends before, or a tag is absurdly large.
        """
        if length > MAX_BLOCK:
            raise TagError("The tags of this file are too large to be changed safely; nothing was changed.")
        data = self.read(start, length)
        if len(data) < length:
            raise TagError(DAMAGED, f"{length} bytes wanted at {start} of {self.size}")
        return data

    def number(self, start: int, length: int, order: str = "big") -> int:
        return int.from_bytes(self.take(start, length), "big" if order == "big" else "little")


def growth(edits: Iterable[Edit]) -> int:
    """Return how many bytes the file gains."""
    return sum(edit.growth for edit in edits)


def tidy(edits: Iterable[Edit]) -> list[Edit]:
    """Return edits in order, neighbours merged, those left out that change nothing by their length alone.

    Raises
    ------
    TagError
        Where two of them overlap.
    """
    merged: list[Edit] = []
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        if edit.start == edit.end and not edit.data:
            continue
        if merged and edit.start < merged[-1].end:
            raise TagError(DAMAGED, f"overlapping edits {merged[-1][:2]} {edit[:2]}")
        if merged and edit.start == merged[-1].end:
            last = merged.pop()
            edit = Edit(last.start, edit.end, last.data + edit.data)
        merged.append(edit)
    return merged


def without_idle(source: Source, edits: Iterable[Edit]) -> list[Edit]:
    """Return the edits that change something."""
    return [edit for edit in edits if source.take(edit.start, edit.end - edit.start) != edit.data]


def apply(data: bytes, edits: Sequence[Edit]) -> bytes:
    """Return `data` with edits that are in order."""
    parts, at = [], 0
    for edit in edits:
        parts += [data[at : edit.start], edit.data]
        at = edit.end
    return b"".join([*parts, data[at:]])


def reversed_edits(source: Source, edits: Sequence[Edit]) -> list[Edit]:
    """Return what makes the old file of the new one."""
    back, shift = [], 0
    for edit in edits:
        start = edit.start + shift
        back.append(Edit(start, start + len(edit.data), source.take(edit.start, edit.end - edit.start)))
        shift += edit.growth
    return back


class Kept(NamedTuple):
    """A stretch that stays, at its place in the old and in the new file."""

    old: int
    new: int
    length: int


def kept(edits: Sequence[Edit], size: int) -> Iterator[Kept]:
    """Yield what lies between the edits of a file of `size` bytes."""
    at = shift = 0
    for edit in edits:
        if edit.start > at:
            yield Kept(at, at + shift, edit.start - at)
        at = edit.end
        shift += edit.growth
    if size > at:
        yield Kept(at, at + shift, size - at)
