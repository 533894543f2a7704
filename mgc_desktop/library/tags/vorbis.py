"""Vorbis comments (xiph.org, "Ogg Vorbis I format specification: comment field"), and their genres."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from mgc_desktop.core.errors import TagError
from mgc_desktop.library.tags.edits import DAMAGED, Edit, tidy

_MAX_COMMENTS = 20_000


class Comment(NamedTuple):
    """A comment and its place, its length field included."""

    start: int
    end: int
    text: bytes

    @property
    def is_genre(self) -> bool:
        return self.text[:6].lower() == b"genre="


@dataclass(frozen=True, slots=True)
class Comments:
    """A list of comments within some bytes."""

    count_at: int
    end: int
    comments: tuple[Comment, ...]

    @property
    def genres(self) -> tuple[str, ...]:
        values = [comment.text[6:].decode("utf-8", "replace") for comment in self.comments if comment.is_genre]
        return tuple(value for value in values if value)

    def edits(self, values: Sequence[str]) -> list[Edit]:
        """Return the edits, within the same bytes, that make these the genres."""
        name = next((comment.text[:6] for comment in self.comments if comment.is_genre), b"GENRE=")
        texts = [name + value.encode("utf-8") for value in values]
        new = b"".join(len(text).to_bytes(4, "little") + text for text in texts)
        old = [comment for comment in self.comments if comment.is_genre]
        edits = [Edit(comment.start, comment.end, b"") for comment in old]
        if old:
            edits[0] = edits[0]._replace(data=new)
        else:
            edits.append(Edit(self.end, self.end, new))
        count = len(self.comments) - len(old) + len(texts)
        return tidy([*edits, Edit(self.count_at, self.count_at + 4, count.to_bytes(4, "little"))])


def parse_comments(data: bytes, at: int) -> Comments:
    """Return the comments whose vendor's length stands at `at`.

    Raises
    ------
    TagError
    """

    def length() -> int:
        if at + 4 > len(data):
            raise TagError(DAMAGED, "comments that end early")
        return int.from_bytes(data[at : at + 4], "little")

    at += 4 + length()
    count_at, count = at, length()
    at += 4
    if count > _MAX_COMMENTS:
        raise TagError(DAMAGED, f"{count} comments")
    comments = []
    for _ in range(count):
        end = at + 4 + length()
        if end > len(data):
            raise TagError(DAMAGED, f"comment of {end - at} bytes")
        comments.append(Comment(at, end, data[at + 4 : end]))
        at = end
    return Comments(count_at, at, tuple(comments))


def new_comments(values: Sequence[str]) -> bytes:
    """Return a list of comments that holds genres alone."""
    vendor = b"mgc-desktop"
    empty = len(vendor).to_bytes(4, "little") + vendor + bytes(4)
    edits = parse_comments(empty, 0).edits(values)
    return empty[: edits[0].start] + b"".join(edit.data for edit in edits)
