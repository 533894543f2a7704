"""FLAC's metadata blocks (RFC 9639, section 8), and the genres in its comments."""

from __future__ import annotations

from typing import NamedTuple

from mgc_desktop.core.errors import TagError
from mgc_desktop.library.tags.edits import DAMAGED, Edit, Source, growth, tidy
from mgc_desktop.library.tags.ends import find_end_tags
from mgc_desktop.library.tags.id3 import Id3Tag, genre_edits
from mgc_desktop.library.tags.vorbis import Comments, new_comments, parse_comments

_PADDING, _COMMENTS = 1, 4
_LAST = 0x80
_MOST = (1 << 24) - 1  # bytes in a block
_MAX_BLOCKS = 2000


class _Block(NamedTuple):
    kind: int
    start: int  # of its header of four bytes
    body: int
    end: int


class Flac:
    """A FLAC file, perhaps with an ID3v2 tag in front whose genre is kept in agreement."""

    def __init__(self, source: Source, tags: tuple[Id3Tag, ...]) -> None:
        self._source = source
        self._tags = tags
        self._blocks = _blocks(source, (tags[-1].end if tags else 0) + 4)
        self._id3v1 = find_end_tags(source, self._blocks[-1].end).id3v1
        self._block = next((block for block in self._blocks if block.kind == _COMMENTS), None)
        self._comments: Comments | None = None
        if self._block is not None:
            self._comments = parse_comments(source.take(self._block.body, self._block.end - self._block.body), 0)

    @property
    def container(self) -> str:
        return "Vorbis comment"

    @property
    def genres(self) -> tuple[str, ...]:
        values = self._comments.genres if self._comments is not None else ()
        return values or next((tag.genres for tag in self._tags if tag.genres), ())

    def edits(self, values: tuple[str, ...]) -> list[Edit]:
        edits = [edit for tag in self._tags if tag.genre_frames for edit in genre_edits(tag, values)]
        if self._id3v1 is not None:
            edits += self._id3v1.edits(values)
        if self._block is None or self._comments is None:
            return tidy([*edits, *self._new_block(values)])
        start = self._block.body
        inside = [Edit(start + edit.start, start + edit.end, edit.data) for edit in self._comments.edits(values)]
        more = growth(inside)
        if more:
            inside.append(_length(self._block, self._block.end - self._block.body + more))
        return tidy([*edits, *inside, *self._padding(more)])

    def _new_block(self, values: tuple[str, ...]) -> list[Edit]:
        if not values:
            return []
        first, body = self._blocks[0], new_comments(values)
        if len(body) > _MOST:
            raise TagError("These genres are too long for a FLAC file; choose shorter names.")
        head = self._source.take(first.start, 1)[0]
        new = bytes((_COMMENTS | head & _LAST,)) + len(body).to_bytes(3, "big") + body
        edits = [Edit(first.end, first.end, new), *self._padding(len(new))]
        if head & _LAST:
            edits.append(Edit(first.start, first.start + 1, bytes((head & ~_LAST,))))
        return edits

    def _padding(self, more: int) -> list[Edit]:
        """Let the padding take up the difference, so that the audio stays where it is."""
        for block in self._blocks:
            length = block.end - block.body
            if block.kind != _PADDING or not more or not 0 <= length - more <= _MOST:
                continue
            place = block.body
            change = Edit(place, place + more, b"") if more > 0 else Edit(place, place, bytes(-more))
            return [change, _length(block, length - more)]
        return []


def _length(block: _Block, length: int) -> Edit:
    if length > _MOST:
        raise TagError("These genres are too long for a FLAC file; choose shorter names.")
    return Edit(block.start + 1, block.body, length.to_bytes(3, "big"))


def _blocks(source: Source, at: int) -> list[_Block]:
    blocks: list[_Block] = []
    while len(blocks) < _MAX_BLOCKS:
        head = source.take(at, 4)
        end = at + 4 + int.from_bytes(head[1:], "big")
        blocks.append(_Block(head[0] & 0x7F, at, at + 4, end))
        if end > source.size:
            break
        if head[0] & _LAST:
            return blocks
        at = end
    raise TagError(DAMAGED, f"FLAC blocks that end nowhere, {len(blocks)}")
