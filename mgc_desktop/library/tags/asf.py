"""ASF (Microsoft, "Advanced Systems Format specification" 1.20.03), and the genres in its header.

A name may stand once in the extended content description, so further values go into the metadata library.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mgc_desktop.core.errors import TagError
from mgc_desktop.library.tags.edits import DAMAGED, Edit, Source, growth, tidy

HEADER = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
_FILE = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
_DESCRIPTION = bytes.fromhex("40a4d0d207e3d21197f000a0c95ea850")
_EXTENSION = bytes.fromhex("b503bf5f2ea9cf118ee300c00c205365")
_LIBRARY = bytes.fromhex("941c23449894d149a1411d134e457054")
_METADATA = bytes.fromhex("eacbf8c5af5b77488467aa8c44fa4cca")
_PADDING = bytes.fromhex("74d40618dfca0945a4ba9aabcb96aae8")
_NAME = "WM/Genre\0".encode("utf-16-le")
_OBJECT = 24  # bytes of a GUID and a size
_MOST = 0xFFFF  # bytes of a value in the description
_MAX_OBJECTS = 1000


class _Object(NamedTuple):
    kind: bytes
    start: int
    body: int
    end: int


class _Record(NamedTuple):
    """An attribute and its place."""

    name: bytes
    kind: int
    start: int
    end: int
    value: bytes

    @property
    def is_genre(self) -> bool:
        return self.name.rstrip(b"\0") == _NAME.rstrip(b"\0") and self.kind == 0

    @property
    def text(self) -> str:
        return self.value.decode("utf-16-le", "replace").rstrip("\0")


def _objects(source: Source, start: int, end: int) -> list[_Object]:
    found: list[_Object] = []
    while start + _OBJECT <= end and len(found) < _MAX_OBJECTS:
        head = source.take(start, _OBJECT)
        size = int.from_bytes(head[16:], "little")
        if size < _OBJECT or start + size > end:
            raise TagError(DAMAGED, f"ASF object of {size} bytes at {start}")
        found.append(_Object(head[:16], start, start + _OBJECT, start + size))
        start += size
    return found


class Asf:
    """A file of Windows Media."""

    def __init__(self, source: Source, begin: int) -> None:
        self._source = source
        head = source.take(begin, 30)
        self._header = _Object(HEADER, begin, begin + 30, begin + int.from_bytes(head[16:24], "little"))
        if not self._header.body <= self._header.end <= source.size:
            raise TagError(DAMAGED, "ASF header without an end")
        self._parts = _objects(source, self._header.body, self._header.end)
        self._extension = self._part(_EXTENSION, self._parts)
        inner: list[_Object] = []
        if self._extension is not None:
            inner = _objects(source, self._extension.body + 22, self._extension.end)
        self._description = self._part(_DESCRIPTION, self._parts)
        self._libraries = [part for part in inner if part.kind in (_LIBRARY, _METADATA)]
        self._library = self._part(_LIBRARY, inner)
        self._described = list(self._descriptions())
        self._filed = {part: list(self._records(part)) for part in self._libraries}

    @staticmethod
    def _part(kind: bytes, parts: Sequence[_Object]) -> _Object | None:
        return next((part for part in parts if part.kind == kind), None)

    @property
    def container(self) -> str:
        return "ASF"

    @property
    def genres(self) -> tuple[str, ...]:
        records = [*self._described, *(record for found in self._filed.values() for record in found)]
        return tuple(record.text for record in records if record.is_genre and record.text)

    def edits(self, values: tuple[str, ...]) -> list[Edit]:
        texts = [(value + "\0").encode("utf-16-le") for value in values]
        # A file without an extension of its header has no other place for further values.
        described = texts if self._extension is None else texts[:1]
        if any(len(text) > _MOST for text in described):
            if self._extension is None:
                raise TagError("A genre is too long for this file; choose a shorter name.")
            described = []
        edits = self._file(texts[len(described) :])
        grown = growth(edits)
        if edits and self._extension is not None:
            start = self._extension.start
            data = self._extension.end - self._extension.body - 22 + grown
            edits.append(self._size(self._extension, grown))
            edits.append(Edit(start + 42, start + 46, data.to_bytes(4, "little")))
        edits += self._describe(described)  # behind the others, where both are put in at one place
        return tidy([*edits, *self._ends(growth(edits), self._new_objects(described))])

    def _new_objects(self, described: Sequence[bytes]) -> int:
        return 1 if described and self._description is None else 0

    def _ends(self, grown: int, objects: int) -> list[Edit]:
        """Let the padding take up the difference, or else the whole grow; and say so in the sizes."""
        edits: list[Edit] = []
        padding = self._part(_PADDING, self._parts)
        if padding is not None and padding.end - padding.body >= grown:
            place = padding.body
            edits.append(self._size(padding, -grown))
            edits.append(Edit(place, place + grown, b"") if grown > 0 else Edit(place, place, bytes(-grown)))
            grown = 0
        if grown:
            edits.append(self._size(self._header, grown))
        if objects:
            start = self._header.start + 24
            count = self._source.number(start, 4, "little") + objects
            edits.append(Edit(start, start + 4, count.to_bytes(4, "little")))
        properties = self._part(_FILE, self._parts)
        if (
            grown
            and properties is not None
            and self._source.number(properties.body + 16, 8, "little") == self._source.size
        ):
            size = (self._source.size + grown).to_bytes(8, "little")
            edits.append(Edit(properties.body + 16, properties.body + 24, size))
        return edits

    @staticmethod
    def _size(part: _Object, grown: int) -> Edit:
        return Edit(part.start + 16, part.start + 24, (part.end - part.start + grown).to_bytes(8, "little"))

    def _describe(self, texts: Sequence[bytes]) -> list[Edit]:
        records = [
            len(_NAME).to_bytes(2, "little") + _NAME + bytes(2) + len(text).to_bytes(2, "little") + text
            for text in texts
        ]
        if self._description is not None:
            return self._replaced(self._description, self._described, records)
        if not records:
            return []
        body = len(records).to_bytes(2, "little") + b"".join(records)
        new = _DESCRIPTION + (_OBJECT + len(body)).to_bytes(8, "little") + body
        return [Edit(self._header.end, self._header.end, new)]

    def _file(self, texts: Sequence[bytes]) -> list[Edit]:
        records = [
            bytes(4) + len(_NAME).to_bytes(2, "little") + bytes(2) + len(text).to_bytes(4, "little") + _NAME + text
            for text in texts
        ]
        edits: list[Edit] = []
        for part, found in self._filed.items():
            edits += self._replaced(part, found, records if part == self._library else [])
        if self._library is None and records and self._extension is not None:
            body = len(records).to_bytes(2, "little") + b"".join(records)
            new = _LIBRARY + (_OBJECT + len(body)).to_bytes(8, "little") + body
            edits.append(Edit(self._extension.end, self._extension.end, new))
        return edits

    def _replaced(self, part: _Object, found: Sequence[_Record], records: Sequence[bytes]) -> list[Edit]:
        """Put records in the place of an object's genres."""
        old = [record for record in found if record.is_genre]
        if not old and not records:
            return []
        edits = [Edit(record.start, record.end, b"") for record in old] or [Edit(part.end, part.end, b"")]
        edits[0] = edits[0]._replace(data=b"".join(records))
        count = len(found) - len(old) + len(records)
        if count > 0xFFFF:
            raise TagError(DAMAGED, f"{count} attributes")
        grown = growth(edits)
        return [*edits, self._size(part, grown), Edit(part.body, part.body + 2, count.to_bytes(2, "little"))]

    def _descriptions(self) -> Iterator[_Record]:
        if self._description is None:
            return
        part = self._description
        at = part.body + 2
        for _ in range(self._source.number(part.body, 2, "little")):
            name_length = self._source.number(at, 2, "little")
            value_at = at + 2 + name_length + 4
            kind = self._source.number(value_at - 4, 2, "little")
            end = value_at + self._source.number(value_at - 2, 2, "little")
            yield self._record(part, at, end, at + 2, name_length, kind, value_at)
            at = end

    def _records(self, part: _Object) -> Iterator[_Record]:
        at = part.body + 2
        for _ in range(self._source.number(part.body, 2, "little")):
            name_length = self._source.number(at + 4, 2, "little")
            kind = self._source.number(at + 6, 2, "little")
            value_at = at + 12 + name_length
            end = value_at + self._source.number(at + 8, 4, "little")
            yield self._record(part, at, end, at + 12, name_length, kind, value_at)
            at = end

    def _record(
        self, part: _Object, start: int, end: int, name_at: int, name_length: int, kind: int, value_at: int
    ) -> _Record:
        if end > part.end:
            raise TagError(DAMAGED, f"ASF attribute that ends at {end}, behind {part.end}")
        name = self._source.take(name_at, name_length)
        is_short = kind == 0  # pictures need not be read
        return _Record(name, kind, start, end, self._source.take(value_at, end - value_at) if is_short else b"")
