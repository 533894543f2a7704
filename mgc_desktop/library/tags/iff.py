"""WAV and AIFF: files of chunks, with an ID3v2 tag in one of them, and in a WAV perhaps an INFO list.

(IBM and Microsoft, "Multimedia Programming Interface and Data Specifications 1.0"; Apple, "Audio Interchange File
Format".)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from mgc_desktop.core.errors import TagError
from mgc_desktop.library.tags.edits import DAMAGED, Edit, Source, growth, tidy
from mgc_desktop.library.tags.id3 import NEW_VERSION, Id3Tag, encode_text, genre_content, new_tag, parse
from mgc_desktop.library.tags.riff_info import read_info
from mgc_desktop.library.tags.translate import tag_edits

_MAX_CHUNKS = 2000
_HEAD = 8
_CARRIED = {"INAM": "TIT2", "IART": "TPE1", "IPRD": "TALB", "ITRK": "TRCK", "IPRT": "TRCK"}


class Chunk(NamedTuple):
    """A chunk; `end` includes its padding byte, where it has one."""

    name: bytes
    start: int
    body: int
    stop: int
    end: int


class Iff:
    """A WAV or AIFF file.

    The ID3 chunk is what counts, and is made where there is none; the title, artist, album, date and track of an INFO
    list are carried into it then, since programs that find an ID3 tag look no further. The list's own genre (IGNR) is
    kept in agreement where there is one: it holds a single text, so several values are joined by semicolons.
    """

    def __init__(
        self, source: Source, chunks: Sequence[Chunk], order: Literal["little", "big"], wanted: int | None
    ) -> None:
        self._source = source
        self._chunks = chunks
        self._order: Literal["little", "big"] = order
        self._wanted = wanted
        self._version = wanted or NEW_VERSION
        self._tags: list[tuple[Chunk, Id3Tag]] = []
        for chunk in chunks:
            if chunk.name.upper() == b"ID3 ":
                tag = parse(source, chunk.body, chunk.stop)
                if tag is None:
                    raise TagError(DAMAGED, f"ID3 chunk without a tag at {chunk.start}")
                self._tags.append((chunk, tag))
        self._info = self._info_list() if order == "little" else None

    @property
    def container(self) -> str:
        return self._tags[0][1].container if self._tags else f"ID3v2.{self._version}"

    @property
    def genres(self) -> tuple[str, ...]:
        found = next((tag.genres for _, tag in self._tags if tag.genres), ())
        if found or self._order == "big":
            return found
        text = read_info(self._source.file).get("IGNR", "")
        return (text,) if text else ()

    def edits(self, values: tuple[str, ...]) -> list[Edit]:
        edits = [edit for change in self._id3_edits(values) for edit in change]
        edits += self._info_edits(values)
        grown = growth(edits)
        size = self._source.number(4, 4, self._order) + grown
        if size >= 0xFFFFFFFF:
            raise TagError("The file would become larger than its format can say; nothing was changed.")
        if grown:
            edits.append(Edit(4, 8, size.to_bytes(4, self._order)))
        return tidy(edits)

    def _id3_edits(self, values: tuple[str, ...]) -> list[list[Edit]]:
        if not self._tags and values:
            frames = [*self._carried(), ("TCON", genre_content(values, self._version))]
            tag = new_tag(frames, self._version)
            last = self._chunks[-1]
            missing = b"\0" if (last.stop - last.body) & 1 and last.end == last.stop else b""
            name = b"id3 " if self._order == "little" else b"ID3 "  # as each is spelt by most programs
            new = missing + name + len(tag).to_bytes(4, self._order) + tag + bytes(len(tag) & 1)
            return [[Edit(last.end, last.end, new)]]
        return [
            self._resized(chunk, tag_edits(self._source, tag, values, self._wanted if index == 0 else None))
            for index, (chunk, tag) in enumerate(self._tags)
            if index == 0 or tag.genre_frames
        ]

    def _resized(self, chunk: Chunk, edits: list[Edit]) -> list[Edit]:
        """Return edits within a chunk together with those of its length and padding byte."""
        grown = growth(edits)
        if not grown:
            return edits
        length = chunk.stop - chunk.body + grown
        size = Edit(chunk.start + 4, chunk.start + 8, length.to_bytes(4, self._order))
        return [*edits, size, Edit(chunk.stop, chunk.end, bytes(length & 1))]

    def _carried(self) -> list[tuple[str, bytes]]:
        if self._order == "big":
            return []
        info = read_info(self._source.file)
        names = {**_CARRIED, "ICRD": "TDRC" if self._version == 4 else "TYER"}
        fields: dict[str, str] = {}
        for key, name in names.items():
            text = info.get(key, "").strip()
            if text and (name not in ("TDRC", "TYER") or text[:4].isdigit()):
                fields.setdefault(name, text[:4] if name == "TYER" else text)
        return [(name, encode_text([text], self._version)) for name, text in fields.items()]

    def _info_list(self) -> tuple[Chunk, list[Chunk]] | None:
        for chunk in self._chunks:
            if chunk.name == b"LIST" and self._source.read(chunk.body, 4) == b"INFO":
                found = walk(self._source, chunk.body + 4, chunk.stop, "little")
                return (chunk, found) if found is not None else None
        return None

    def _info_edits(self, values: tuple[str, ...]) -> list[Edit]:
        if self._info is None:
            return []
        outer, fields = self._info
        edits: list[Edit] = []
        new = "; ".join(values).encode("utf-8")
        for field in fields:
            if field.name == b"IGNR":
                content = new + b"\0"
                field_bytes = b"IGNR" + len(content).to_bytes(4, "little") + content + bytes(len(content) & 1)
                edits.append(Edit(field.start, field.end, field_bytes if values and not edits else b""))
        return self._resized(outer, edits)


def open_iff(source: Source, order: Literal["little", "big"], wanted: int | None) -> Iff | None:
    """Return a WAV or AIFF file; None where its sizes leave no place behind the audio, as after a crash of a recorder.

    Raises
    ------
    TagError
    """
    chunks = walk(source, 12, min(source.size, _HEAD + source.number(4, 4, order)), order)
    audio = b"data" if order == "little" else b"SSND"
    if chunks is None or not any(chunk.name == audio for chunk in chunks):
        return None
    return Iff(source, chunks, order, wanted)


def walk(source: Source, at: int, end: int, order: Literal["little", "big"]) -> list[Chunk] | None:
    """Return the chunks of a stretch, or None where they do not fit into it."""
    chunks: list[Chunk] = []
    while at + _HEAD <= end:
        head = source.read(at, _HEAD)
        stop = at + _HEAD + int.from_bytes(head[4:8], order)
        if len(head) < _HEAD or stop > end or len(chunks) >= _MAX_CHUNKS:
            return None
        chunk_end = min(stop + (stop - at & 1), end)
        chunks.append(Chunk(head[:4], at, at + _HEAD, stop, chunk_end))
        at = chunk_end
    return chunks
