"""APEv2 tags (wiki.hydrogenaud.io, "APEv2 specification") and their genre item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from mgc_desktop.core.errors import TagError
from mgc_desktop.library.tags.edits import DAMAGED, Edit, Source, tidy

FOOTER = 32
_HAS_HEADER, _IS_HEADER = 1 << 31, 1 << 29
_MAX_ITEMS = 5000
_TEXT_NAMES = {b"title", b"artist", b"album", b"genre"}


class Item(NamedTuple):
    """An item and its place in the file."""

    key: bytes
    start: int
    end: int
    flags: int
    value: bytes


@dataclass(frozen=True, slots=True)
class ApeTag:
    """An APEv2 tag in a file; `start` to `end` holds header, items and footer."""

    start: int
    end: int
    has_header: bool
    items: tuple[Item, ...]

    @property
    def items_end(self) -> int:
        return self.end - FOOTER

    @property
    def genre_items(self) -> list[Item]:
        return [item for item in self.items if item.key.lower() == b"genre"]

    @property
    def genres(self) -> tuple[str, ...]:
        texts = [item.value for item in self.genre_items if item.flags >> 1 & 3 == 0]
        values = [part.decode("utf-8", "replace") for text in texts for part in text.split(b"\0")]
        return tuple(value for value in values if value)

    @property
    def names_the_track(self) -> bool:
        """Whether it says more than loudness: title, artist, album or genre."""
        return any(item.key.lower() in _TEXT_NAMES for item in self.items)


def parse_ape(source: Source, begin: int, end: int) -> ApeTag:
    """Return the tag whose footer ends at `end`.

    Raises
    ------
    TagError
    """
    footer = source.take(end - FOOTER, FOOTER)
    size, count = int.from_bytes(footer[12:16], "little"), int.from_bytes(footer[16:20], "little")
    flags = int.from_bytes(footer[20:24], "little")
    has_header = bool(flags & _HAS_HEADER)
    start = end - size - (FOOTER if has_header else 0)
    if size < FOOTER or start < begin or count > _MAX_ITEMS or flags & _IS_HEADER:
        raise TagError(DAMAGED, f"APEv2 tag of {size} bytes, {count} items")
    if has_header and source.take(start, 8) != b"APETAGEX":
        raise TagError(DAMAGED, "APEv2 tag without the header that it announces")
    at = end - size
    data = source.take(at, size - FOOTER)
    items, offset = [], 0
    for _ in range(count):
        zero = data.find(b"\0", offset + 8)
        length = int.from_bytes(data[offset : offset + 4], "little")
        finish = zero + 1 + length
        if offset + 8 > len(data) or zero < 0 or finish > len(data):
            raise TagError(DAMAGED, f"APEv2 item at {at + offset}")
        item_flags = int.from_bytes(data[offset + 4 : offset + 8], "little")
        items.append(Item(data[offset + 8 : zero], at + offset, at + finish, item_flags, data[zero + 1 : finish]))
        offset = finish
    if offset != len(data):
        raise TagError(DAMAGED, f"{len(data) - offset} bytes behind the items of an APEv2 tag")
    return ApeTag(start, end, has_header, tuple(items))


def render_item(key: bytes, values: Sequence[bytes]) -> bytes:
    """Return a text item with one or several values."""
    value = b"\0".join(values)
    return len(value).to_bytes(4, "little") + bytes(4) + key + b"\0" + value


def new_ape(items: Sequence[bytes]) -> bytes:
    """Return a tag with header and footer."""
    body = b"".join(items)
    size = (len(body) + FOOTER).to_bytes(4, "little")

    def end(flags: int) -> bytes:
        numbers = (2000).to_bytes(4, "little") + size + len(items).to_bytes(4, "little") + flags.to_bytes(4, "little")
        return b"APETAGEX" + numbers + bytes(8)

    return end(_HAS_HEADER | _IS_HEADER) + body + end(_HAS_HEADER)


def genre_item(values: Sequence[str]) -> bytes:
    return render_item(b"Genre", [value.encode("utf-8") for value in values])


def ape_edits(tag: ApeTag, values: Sequence[str]) -> list[Edit]:
    """Return the edits, in the file, that give a tag these genres; none take the item out."""
    old, new = tag.genre_items, b""
    if values:
        new = genre_item(values)
        if old:  # as the key was written
            new = new[:8] + old[0].key + new[8 + len(b"Genre") :]
    edits = [Edit(item.start, item.end, b"") for item in old]
    if old:
        edits[0] = edits[0]._replace(data=new)
    else:
        edits.append(Edit(tag.items_end, tag.items_end, new))
    count = len(tag.items) - len(old) + (1 if values else 0)
    size = tag.end - tag.start - (FOOTER if tag.has_header else 0) + sum(edit.growth for edit in edits)
    numbers = size.to_bytes(4, "little") + count.to_bytes(4, "little")
    edits.append(Edit(tag.items_end + 12, tag.items_end + 20, numbers))
    if tag.has_header:
        edits.append(Edit(tag.start + 12, tag.start + 20, numbers))
    return tidy(edits)
