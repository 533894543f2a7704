"""DSF (Sony, "DSF file format specification" 1.01): DSD audio, with an ID3v2 tag at its end."""

from __future__ import annotations

from mgc_desktop.core.errors import TagError
from mgc_desktop.library.tags.edits import DAMAGED, Edit, Source, growth, tidy
from mgc_desktop.library.tags.id3 import NEW_VERSION, Id3Tag, genre_content, new_tag, parse
from mgc_desktop.library.tags.translate import tag_edits

_HEADER = 28


class Dsf:
    """A DSF file; its header says how long it is and where its tag begins."""

    def __init__(self, source: Source, wanted: int | None) -> None:
        self._source = source
        self._wanted = wanted
        self._version = wanted or NEW_VERSION
        place = source.number(20, 8, "little")
        self._tag: Id3Tag | None = None
        if place:
            self._tag = parse(source, place, source.size) if _HEADER <= place < source.size else None
            if self._tag is None:
                raise TagError(DAMAGED, f"DSF tag at {place} of {source.size}")

    @property
    def container(self) -> str:
        return self._tag.container if self._tag is not None else f"ID3v2.{self._version}"

    @property
    def genres(self) -> tuple[str, ...]:
        return self._tag.genres if self._tag is not None else ()

    def edits(self, values: tuple[str, ...]) -> list[Edit]:
        end = self._source.size
        if self._tag is not None:
            edits = tag_edits(self._source, self._tag, values, self._wanted)
        elif values:
            tag = new_tag([("TCON", genre_content(values, self._version))], self._version)
            edits = [Edit(20, 28, end.to_bytes(8, "little")), Edit(end, end, tag)]
        else:
            return []
        size = self._source.number(12, 8, "little") + growth(edits)
        return tidy([*edits, Edit(12, 20, size.to_bytes(8, "little"))])
