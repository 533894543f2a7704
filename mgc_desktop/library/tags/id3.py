"""ID3v2 tags taken apart where they lie (id3.org: id3v2-00, id3v2.3.0, id3v2.4.0-structure), and their genre changed.

mutagen drops flags, unknown frames and extended headers when it saves; here every other byte stays.
"""

from __future__ import annotations

import bisect
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from mgc_desktop.core.errors import TagError
from mgc_desktop.library.tags.edits import DAMAGED, MAX_BLOCK, Edit, Source, apply, tidy
from mgc_desktop.library.tags.values import from_id3, to_id3

HEADER = 10
NEW_VERSION = 4  # of a tag that is made: players of the last fifteen years read it, and it holds UTF-8
NEW_PADDING = 1024  # of a new tag: room for the next program's edits
_UNSYNCHRONISED, _EXTENDED, _FOOTER = 0x80, 0x40, 0x10
_MAX_FRAMES = 5000
_MAX_SIZE = 1 << 28
_NAME = {2: re.compile(rb"[A-Z0-9]{3}"), 3: re.compile(rb"[A-Z0-9 ]{4}"), 4: re.compile(rb"[A-Z0-9 ]{4}")}


def synchsafe(number: int, length: int = 4) -> bytes:
    """Return `number` in bytes of seven bits."""
    return bytes((number >> 7 * place) & 127 for place in range(length - 1, -1, -1))


def from_synchsafe(data: bytes) -> int:
    value = 0
    for byte in data:
        value = value << 7 | byte & 127
    return value


class Frame(NamedTuple):
    """A frame and its place in the tag's body (after unsynchronisation is taken back)."""

    name: bytes
    start: int
    body: int
    end: int
    flags: int


@dataclass(frozen=True, slots=True)
class Id3Tag:
    """An ID3v2 tag in a file.

    `body` is what follows the header, unsynchronisation of the whole tag taken back; `zeros` are the places in the
    file's own bytes where that took one out.
    """

    start: int
    end: int
    version: int  # 2, 3 or 4
    flags: int
    body: bytes
    zeros: tuple[int, ...]
    extended: bytes
    frames: tuple[Frame, ...]
    plain_sizes: bool  # ID3v2.4 sizes as old iTunes wrote them

    @property
    def container(self) -> str:
        return f"ID3v2.{self.version}"

    @property
    def frames_end(self) -> int:
        return self.frames[-1].end if self.frames else len(self.extended)

    @property
    def padding(self) -> int:
        """Bytes of zeros behind the frames; 0 where anything else stands there."""
        rest = self.body[self.frames_end :]
        return len(rest) if not rest.strip(b"\0") else 0

    @property
    def opaque(self) -> bool:
        """Whether something that is no frame follows the frames."""
        return bool(self.body[self.frames_end :].strip(b"\0"))

    def place(self, offset: int) -> int:
        """Return where in the file a place of the body lies."""
        return self.start + HEADER + offset + bisect.bisect_right(self.zeros, offset)

    @property
    def genre_frames(self) -> list[Frame]:
        name = b"TCO" if self.version == 2 else b"TCON"
        return [frame for frame in self.frames if frame.name == name]

    @property
    def genres(self) -> tuple[str, ...]:
        """The values of all genre frames, numbers as names."""
        texts = [text for frame in self.genre_frames for text in decode_text(self.content(frame))]
        return from_id3(texts)

    def content(self, frame: Frame) -> bytes:
        """Return what a frame holds, compression and unsynchronisation taken back; empty where it is encrypted."""
        data = self.body[frame.body : frame.end]
        if self.version == 3:
            if frame.flags & 0x40:
                return b""
            packed, data = frame.flags & 0x80, data[4:] if frame.flags & 0x80 else data
            data = data[1:] if frame.flags & 0x20 else data  # the group it belongs to
        elif self.version == 4:
            if frame.flags & 0x04:
                return b""
            packed, data = frame.flags & 0x08, data[1:] if frame.flags & 0x40 else data
            data = data[4:] if frame.flags & 0x01 else data
            data = data.replace(b"\xff\0", b"\xff") if frame.flags & 0x02 else data
        else:
            packed = 0
        return _inflated(data) if packed else data


def _inflated(data: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, 1 << 20)
    except zlib.error as error:
        raise TagError(DAMAGED, f"compressed frame: {error}") from error


def decode_text(data: bytes) -> list[str]:
    """Return the texts of a text frame; values are separated by NUL in every version, as other programs do it."""
    encoding, data = data[:1], data[1:]
    if encoding in (b"\1", b"\2"):
        return _utf16(data, "utf-16-be" if encoding == b"\2" else "utf-16-le")
    return [part.decode("utf-8" if encoding == b"\3" else "latin-1", "replace") for part in data.split(b"\0")]


def _utf16(data: bytes, order: str) -> list[str]:
    units = [data[at : at + 2] for at in range(0, len(data) - 1, 2)]
    texts, part = [], bytearray()
    for unit in [*units, b"\0\0"]:
        if unit != b"\0\0":
            part += unit
            continue
        if part.startswith((b"\xff\xfe", b"\xfe\xff")):
            order = "utf-16-le" if part.startswith(b"\xff") else "utf-16-be"
            del part[:2]
        texts.append(part.decode(order, "replace"))
        part.clear()
    return texts


def encode_text(texts: Sequence[str], version: int) -> bytes:
    """Return the content of a text frame: ASCII as Latin-1, the rest as UTF-8 (2.4) or UTF-16 (older)."""
    if all(text.isascii() for text in texts):
        return b"\0" + b"\0".join(text.encode("ascii") for text in texts)
    if version == 4:
        return b"\3" + b"\0".join(text.encode("utf-8") for text in texts)
    return b"\1" + b"\0\0".join(b"\xff\xfe" + text.encode("utf-16-le") for text in texts)


def render_frame(name: str, content: bytes, version: int, flags: int = 0, plain_sizes: bool = False) -> bytes:
    """Return a whole frame."""
    if version == 2:
        return name.encode("ascii") + len(content).to_bytes(3, "big") + content
    size = synchsafe(len(content)) if version == 4 and not plain_sizes else len(content).to_bytes(4, "big")
    return name.encode("ascii") + size + flags.to_bytes(2, "big") + content


def new_tag(frames: Sequence[tuple[str, bytes]], version: int, padding: int = NEW_PADDING) -> bytes:
    """Return a tag of frames (name, content)."""
    body = b"".join(render_frame(name, content, version) for name, content in frames) + bytes(padding)
    return b"ID3" + bytes((version, 0, 0)) + synchsafe(len(body)) + body


def genre_content(values: Sequence[str], version: int) -> bytes:
    """Return what a genre frame holds.

    Raises
    ------
    TagError
    """
    return encode_text(to_id3(values), version)


def parse(source: Source, start: int, limit: int) -> Id3Tag | None:
    """Return the tag that begins at `start` and ends before `limit`, or None.

    Raises
    ------
    TagError
        Where there is one that cannot be taken apart.
    """
    head = source.read(start, HEADER)
    if len(head) < HEADER or head[:3] != b"ID3" or max(head[6:]) > 127 or head[3] == 0xFF:
        return None
    version, flags, size = head[3], head[5], from_synchsafe(head[6:])
    end = start + HEADER + size + (HEADER if version == 4 and flags & _FOOTER else 0)
    if version not in _NAME or end > limit or size > MAX_BLOCK or (version == 2 and flags & _EXTENDED):
        raise TagError(DAMAGED, f"ID3v2.{version}, flags {flags:#x}, {size} bytes at {start} of {limit}")
    raw = source.take(start + HEADER, size)
    body, zeros = raw, tuple[int, ...]()
    if flags & _UNSYNCHRONISED and version < 4:
        body, zeros = _synchronised(raw)
    extended = _extended(body, version) if flags & _EXTENDED else b""
    plain = False
    frames, clean = _walk(body, len(extended), version, plain)
    if version == 4 and not clean:
        others, fits = _walk(body, len(extended), version, plain=True)
        if fits:
            frames, plain = others, True
    return Id3Tag(start, end, version, flags, body, zeros, extended, tuple(frames), plain)


def _synchronised(raw: bytes) -> tuple[bytes, tuple[int, ...]]:
    # The k-th zero taken out stood in front of this place of what remains.
    zeros = tuple(match.start() + 1 - index for index, match in enumerate(re.finditer(rb"\xff\0", raw)))
    return raw.replace(b"\xff\0", b"\xff"), zeros


def _extended(body: bytes, version: int) -> bytes:
    if _NAME[version].fullmatch(body[:4]) and body[:1].isalpha():
        return b""  # some programs set the flag and write none
    size = from_synchsafe(body[:4]) if version == 4 else 4 + int.from_bytes(body[:4], "big")
    if not 6 <= size <= len(body):
        raise TagError(DAMAGED, f"extended header of {size} bytes")
    return body[:size]


def _walk(body: bytes, at: int, version: int, plain: bool) -> tuple[list[Frame], bool]:
    """Return the frames, and whether they end as they should: at padding, or at the end."""
    name_length, header = (3, 6) if version == 2 else (4, 10)
    frames: list[Frame] = []
    while at + header <= len(body) and len(frames) < _MAX_FRAMES:
        name = body[at : at + name_length]
        if not _NAME[version].fullmatch(name):
            break
        raw = body[at + name_length : at + name_length + (3 if version == 2 else 4)]
        if version == 4 and not plain:
            if max(raw) > 127:
                break
            size = from_synchsafe(raw)
        else:
            size = int.from_bytes(raw, "big")
        end = at + header + size
        if end > len(body):
            break
        flags = 0 if version == 2 else int.from_bytes(body[at + 8 : at + 10], "big")
        frames.append(Frame(name, at, at + header, end, flags))
        at = end
    return frames, not body[at:].strip(b"\0")


def genre_edits(tag: Id3Tag, values: Sequence[str]) -> list[Edit]:
    """Return the edits, in the file, that give a tag these genres; none take its genre frames out.

    Padding gives or takes the difference where there is any; the tag grows where it does not suffice.

    Raises
    ------
    TagError
    """
    frame = b""
    if values:
        # Where the whole of a 2.4 tag is said to be unsynchronised, each frame says so; UTF-8 needs no change for it.
        flags = 0x02 if tag.version == 4 and tag.flags & _UNSYNCHRONISED else 0
        name = "TCO" if tag.version == 2 else "TCON"
        frame = render_frame(name, genre_content(values, tag.version), tag.version, flags, tag.plain_sizes)
    old = tag.genre_frames
    frame_edits = [Edit(frame_.start, frame_.end, b"") for frame_ in old]
    if old:
        frame_edits[0] = frame_edits[0]._replace(data=frame)
    else:
        frame_edits.append(Edit(tag.frames_end, tag.frames_end, frame))
    return _in_file(tag, tidy(frame_edits))


def _in_file(tag: Id3Tag, frame_edits: list[Edit]) -> list[Edit]:
    """Turn edits of the body's frames into edits of the file, with padding, sizes and checksums to match."""
    whole_unsynchronised = tag.version < 4 and bool(tag.flags & _UNSYNCHRONISED)
    raw = [
        Edit(
            tag.place(edit.start), tag.place(edit.end), _unsynchronise(edit.data) if whole_unsynchronised else edit.data
        )
        for edit in frame_edits
    ]
    delta = sum(edit.growth for edit in raw)
    pad = tag.place(tag.frames_end)
    has_footer = tag.version == 4 and bool(tag.flags & _FOOTER)
    change = 0  # of the padding
    if 0 < delta <= tag.padding:
        raw.append(Edit(pad, pad + delta, b""))
        change = -delta
    elif delta < 0 and not tag.opaque and not has_footer:
        raw.append(Edit(pad, pad, bytes(-delta)))
        change = -delta
    size = tag.end - tag.start - HEADER * (2 if has_footer else 1) + delta + change
    if size >= _MAX_SIZE:
        raise TagError("The tag would become larger than ID3 allows; nothing was changed.")
    if delta + change:
        raw.append(Edit(tag.start + 6, tag.start + 10, synchsafe(size)))
        if has_footer:
            raw.append(Edit(tag.end - 4, tag.end, synchsafe(size)))
    return tidy([*raw, *_extended_edits(tag, frame_edits, change)])


def _unsynchronise(data: bytes) -> bytes:
    out = bytearray()
    for index, byte in enumerate(data):
        out.append(byte)
        # At the end too: padding may follow.
        if byte == 0xFF and (index + 1 == len(data) or data[index + 1] >= 0xE0 or data[index + 1] == 0):
            out.append(0)
    return bytes(out)


def _extended_edits(tag: Id3Tag, frame_edits: list[Edit], padding_change: int) -> list[Edit]:
    """Return the edits of an extended header: its size of the padding, and its checksum of the frames."""
    header, length = tag.extended, len(tag.extended)
    if tag.version == 3 and length >= 10:
        changed = bytearray(header)
        changed[6:10] = max(0, int.from_bytes(header[6:10], "big") + padding_change).to_bytes(4, "big")
        if header[4] & 0x80 and length >= 14:
            # Over the frames alone (id3v2.3.0, 3.2).
            frames = apply(tag.body[: tag.frames_end], frame_edits)[length:]
            changed[10:14] = zlib.crc32(frames).to_bytes(4, "big")
    elif tag.version == 4 and length >= 12 and header[5] & 0x20:
        changed = bytearray(header)
        at = 6 + (1 if header[5] & 0x40 else 0)
        body = apply(tag.body[: tag.frames_end], frame_edits)[length:]
        body += bytes(max(0, tag.padding + padding_change))  # padding counts here (id3v2.4.0-structure, 3.2)
        changed[at + 1 : at + 6] = synchsafe(zlib.crc32(body), 5)
        changed = changed[:length]
    else:
        return []
    if changed == header:
        return []
    if tag.place(length) - tag.place(0) != length:
        raise TagError(DAMAGED, "unsynchronised extended header")  # a case in which a checksum holds 0xFF bytes
    new = bytes(changed)
    if tag.version == 3 and tag.flags & _UNSYNCHRONISED and _unsynchronise(new) != new:
        raise TagError(DAMAGED, "extended header needs unsynchronisation")
    return [Edit(tag.place(0), tag.place(length), new)]
