"""MP4's atoms (ISO 14496-12; the list of iTunes' fields lies in moov.udta.meta.ilst), and the genre among them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from mgc_desktop.core.errors import TagError, TagLeftError
from mgc_desktop.library.tags.edits import DAMAGED, Edit, Source, growth, tidy
from mgc_desktop.library.tags.values import name_of

_GENRE, _NUMBER = b"\xa9gen", b"gnre"
_FREE = (b"free", b"skip")
_SMALLEST = 8  # bytes of an atom without content
_MAX_ATOMS = 100_000
_HANDLER = bytes(8) + b"mdirappl" + bytes(9)  # of a meta atom that holds iTunes' fields


class Atom(NamedTuple):
    """An atom; its children, if it has any, lie from `body` to `end`."""

    name: bytes
    start: int
    body: int
    end: int
    size_at: tuple[int, int] | None  # where its size stands; None where it runs to the end of the file


def atoms(source: Source, start: int, end: int) -> Iterator[Atom]:
    """Yield the atoms of a stretch.

    Raises
    ------
    TagError
        Where one is longer than the stretch.
    """
    for _ in range(_MAX_ATOMS):
        head = source.read(start, 16) if end - start >= _SMALLEST else b""
        if len(head) < _SMALLEST:
            return
        size, body = int.from_bytes(head[:4], "big"), start + 8
        place: tuple[int, int] | None = (start, start + 4)
        if size == 0:
            if end != source.size:
                return  # QuickTime ends a list of user data so
            size, place = end - start, None
        elif size == 1:
            size, body, place = int.from_bytes(head[8:16], "big"), start + 16, (start + 8, start + 16)
        if start + size < body or start + size > end:
            raise TagError(DAMAGED, f"atom {head[4:8]!r} of {size} bytes at {start}, {end} is the end")
        yield Atom(head[4:8], start, body, start + size, place)
        start += size


class Mp4:
    """An MP4 file with a moov atom."""

    def __init__(self, source: Source, top: Sequence[Atom]) -> None:
        self._source = source
        self._top = top
        self._chain = [_only(top, b"moov")]  # the atoms that lead to the fields, as far as there are any
        for name in (b"udta", b"meta", b"ilst"):
            child = next((atom for atom in self._children(self._chain[-1]) if atom.name == name), None)
            if child is None:
                break
            self._chain.append(child)
        self._fields = self._children(self._chain[-1]) if len(self._chain) == 4 else []

    @property
    def container(self) -> str:
        return "MP4"

    @property
    def genres(self) -> tuple[str, ...]:
        named = [text for atom in self._fields if atom.name == _GENRE for text in self._texts(atom)]
        return tuple(named or [name for atom in self._fields if atom.name == _NUMBER for name in self._numbers(atom)])

    def edits(self, values: tuple[str, ...]) -> list[Edit]:
        new = _atom(_GENRE, b"".join(_data(value) for value in values)) if values else b""
        old = [atom for atom in self._fields if atom.name in (_GENRE, _NUMBER)]
        if old:
            edits = [Edit(atom.start, atom.end, b"") for atom in old]
            edits[0] = edits[0]._replace(data=new)
        elif not values:
            return []
        else:
            edits = [self._insertion(new)]
        grown = growth(edits)
        room, inside = self._room(grown)
        edits += room
        for atom in self._chain[: len(self._chain) - inside] if not room else self._chain[len(self._chain) - inside :]:
            edits += _resized(atom, grown)
        if not room:
            edits += self._moved(grown)
        return tidy(edits)

    def _children(self, atom: Atom) -> list[Atom]:
        body = atom.body
        if atom.name == b"meta" and self._source.read(body + 4, 4) != b"hdlr":
            body += 4  # version and flags, which QuickTime leaves out
        return list(atoms(self._source, body, atom.end))

    def _data(self, atom: Atom) -> Iterator[tuple[int, bytes]]:
        for part in atoms(self._source, atom.body, atom.end):
            content = self._source.take(part.body, part.end - part.body)
            if part.name == b"data" and len(content) >= 8:
                yield int.from_bytes(content[:4], "big"), content[8:]

    def _texts(self, atom: Atom) -> list[str]:
        texts = [text.decode("utf-16-be" if kind == 2 else "utf-8", "replace") for kind, text in self._data(atom)]
        return [text for text in texts if text]

    def _numbers(self, atom: Atom) -> list[str]:
        names = [name_of(int.from_bytes(number, "big") - 1) for _, number in self._data(atom) if len(number) == 2]
        return [name for name in names if name]

    def _insertion(self, field: bytes) -> Edit:
        """Put a field behind the others, with whatever atoms are missing around it."""
        parts = [_atom(b"ilst", field), b"", b""]
        parts[1] = _atom(b"meta", bytes(4) + _atom(b"hdlr", _HANDLER) + parts[0])
        parts[2] = _atom(b"udta", parts[1])
        depth = len(self._chain)
        new = field if depth == 4 else parts[3 - depth]
        children = self._children(self._chain[-1])
        # Behind the last child, and not behind a zero that ends the list.
        place = children[-1].end if children else self._chain[-1].end
        return Edit(place, place, new)

    def _room(self, grown: int) -> tuple[list[Edit], int]:
        """Let a free atom take up the difference, so that the audio stays where it is.

        Returns
        -------
        edits
            Of the free atom; none where there is no room.
        inside : int
            How many atoms of the chain, from its end, change their size: those beside the free one and in them.
        """
        for inside in range(1, len(self._chain) + 1):
            outer = len(self._chain) - inside - 1
            siblings = self._children(self._chain[outer]) if outer >= 0 else self._top_after_moov()
            for atom in siblings:
                length = atom.end - atom.start - grown
                if (
                    atom.name in _FREE
                    and atom.body - atom.start == 8
                    and atom.size_at
                    and _SMALLEST <= length < 1 << 32
                ):
                    return [*_resized(atom, -grown), _stretched(atom, -grown)], inside
        return [], 0

    def _top_after_moov(self) -> list[Atom]:
        """Return the atoms between moov and the audio that follows it."""
        found: list[Atom] = []
        for atom in self._top[self._top.index(self._chain[0]) + 1 :]:
            if atom.name not in _FREE:
                break
            found.append(atom)
        return found

    def _moved(self, grown: int) -> list[Edit]:
        """Return the edits of the tables that say where in the file the audio lies."""
        moov = self._chain[0]
        behind = [atom for atom in self._top if atom.start >= moov.end and atom.name not in _FREE]
        if not grown or not behind:
            return []
        if any(atom.name == b"mfra" for atom in self._top):
            raise TagLeftError("This file is in fragments with an index that cannot be moved; it was left as it is.")
        for atom in behind:
            if atom.name == b"moof":
                self._check_fragment(atom)
        return [edit for table in self._tables([moov]) for edit in self._shifted(table, moov.end, grown)]

    def _check_fragment(self, moof: Atom) -> None:
        for traf in atoms(self._source, moof.body, moof.end):
            if traf.name != b"traf":
                continue
            for atom in atoms(self._source, traf.body, traf.end):
                if atom.name == b"tfhd" and self._source.take(atom.body, 4)[3] & 1:
                    raise TagLeftError("This file is in fragments that cannot be moved; it was left as it is.")

    def _tables(self, inside: Iterable[Atom], depth: int = 5) -> Iterator[Atom]:
        for outer in inside:
            for atom in self._children(outer):
                if atom.name in (b"stco", b"co64"):
                    yield atom
                elif atom.name in (b"saio", b"iloc"):
                    raise TagLeftError("This file has tables that cannot be moved; it was left as it is.")
                elif depth and atom.name in (b"trak", b"mdia", b"minf", b"stbl"):
                    yield from self._tables([atom], depth - 1)

    def _shifted(self, table: Atom, behind: int, grown: int) -> list[Edit]:
        width = 4 if table.name == b"stco" else 8
        content = self._source.take(table.body, table.end - table.body)
        count = int.from_bytes(content[4:8], "big")
        if len(content) < 8 + count * width:
            raise TagError(DAMAGED, f"{count} chunks in {len(content)} bytes")
        new = bytearray(content)
        for at in range(8, 8 + count * width, width):
            offset = int.from_bytes(content[at : at + width], "big")
            if offset >= behind:
                if offset + grown >= 1 << 8 * width:
                    raise TagError("The file would become larger than its tables can say; nothing was changed.")
                new[at : at + width] = (offset + grown).to_bytes(width, "big")
        return [Edit(table.body, table.end, bytes(new))]


def open_mp4(source: Source, begin: int) -> Mp4 | None:
    """Return an MP4 file, or None where it has no moov atom.

    Raises
    ------
    TagError
    """
    top: list[Atom] = []
    try:
        top.extend(atoms(source, begin, source.size))
    except TagError:
        return None  # cut off in the middle: nothing in it can be moved
    return Mp4(source, top) if any(atom.name == b"moov" for atom in top) else None


def _only(found: Sequence[Atom], name: bytes) -> Atom:
    matching = [atom for atom in found if atom.name == name]
    if len(matching) != 1:
        raise TagError(DAMAGED, f"{len(matching)} atoms {name!r}")
    return matching[0]


def _atom(name: bytes, content: bytes) -> bytes:
    return (8 + len(content)).to_bytes(4, "big") + name + content


def _data(value: str) -> bytes:
    utf8, locale = (1).to_bytes(4, "big"), bytes(4)
    return _atom(b"data", utf8 + locale + value.encode("utf-8"))


def _resized(atom: Atom, by: int) -> list[Edit]:
    if atom.size_at is None or not by:
        return []
    start, end = atom.size_at
    size = atom.end - atom.start + by
    if size >= 1 << 8 * (end - start):
        raise TagError("The file would become larger than its format can say; nothing was changed.")
    return [Edit(start, end, size.to_bytes(end - start, "big"))]


def _stretched(atom: Atom, by: int) -> Edit:
    return Edit(atom.end, atom.end, bytes(by)) if by > 0 else Edit(atom.end + by, atom.end, b"")
