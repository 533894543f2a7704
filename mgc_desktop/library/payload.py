"""Where in a file its audio lies, format by format, so that tags can be left out of account."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import FileIO
from itertools import islice
from typing import Literal, NamedTuple

_SAMPLE_BYTES = 16 * 1024  # of head and of tail: 1 s of an MP3 each; all of it would cost the time of reading it
# Between them lies what tells two takes of one length apart that begin and end in silence.
_SPOT_BYTES = 4096
_SPOTS, _PLAIN_SPOTS = 3, 16  # the second where the audio is not compressed, and silence is the same bytes
_MAX_PAGE = 65_307  # bytes of an Ogg page (RFC 3533)
_BEYOND = 1 << 43  # bytes (8 TiB); damaged sizes of 64 bits lead to places that no system can seek to
_MAX_PARTS = 20_000  # atoms, chunks or pages walked through before giving up
_ASF_HEADER = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
_ASF_DATA = bytes.fromhex("3626b2758e66cf11a6d900aa0062ce6c")


class Span(NamedTuple):
    """A stretch of a file, in bytes."""

    start: int
    end: int

    @property
    def length(self) -> int:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Payload:
    """The audio of a file: how long it is, and what of it is looked at.

    `length` is in bytes, or in samples where the bytes cannot be counted cheaply (Ogg).
    """

    kind: str
    length: int
    parts: tuple[Span, ...]


def find_payload(file: FileIO) -> Payload:
    """Return the audio payload of a file of any format; of an unknown one, all but the usual tags at its ends.

    Raises
    ------
    OSError
    """
    size = file.seek(0, 2)
    whole = _without_end_tags(file, Span(after_id3v2(file, size), size))
    head = _read(file, whole.start, 64)
    for magic, offset, kind, find in _FORMATS:
        if head[offset : offset + len(magic)] == magic:
            found = find(file, whole)
            if isinstance(found, Span):
                found = Payload(kind, found.length, _looked_at(found, _PLAIN_SPOTS if kind in _PLAIN else _SPOTS))
            if found is not None and found.length > 0:
                return found
    return Payload("plain", whole.length, _looked_at(whole, _SPOTS))


def _read(file: FileIO, start: int, length: int) -> bytes:
    if start >= _BEYOND:
        return b""
    file.seek(start)
    return file.read(max(0, length))


def _looked_at(span: Span, spots: int) -> tuple[Span, ...]:
    """Return head, spots between and tail of a stretch; all of it where it is hardly longer than these."""
    head, tail = Span(span.start, span.start + _SAMPLE_BYTES), Span(span.end - _SAMPLE_BYTES, span.end)
    if tail.start - head.end <= spots * _SPOT_BYTES:
        return (span,)
    between = (Span(at, at + _SPOT_BYTES) for at in _spread(head.end, tail.start, spots))
    return (head, *between, tail)


def _spread(start: int, end: int, spots: int) -> list[int]:
    return [start + (end - start - _SPOT_BYTES) * number // (spots + 1) for number in range(1, spots + 1)]


def after_id3v2(file: FileIO, size: int) -> int:
    """Return where the ID3v2 tags in front end, however many there are."""
    at = 0
    while (head := _read(file, at, 10))[:3] == b"ID3" and len(head) == 10:
        length = sum((byte & 127) << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=True))
        at = min(size, at + 10 + length + (10 if head[5] & 0x10 else 0))  # 0x10: a footer as well
    return at


def _without_end_tags(file: FileIO, span: Span) -> Span:
    """Cut off ID3v1, APEv2 and Lyrics3 at the end, in whatever order they stand."""
    end = span.end
    for _ in range(4):
        tail = _read(file, max(span.start, end - 160), min(160, end - span.start))
        cut = 0
        if tail[-128:-125] == b"TAG" and tail[-131:-125] != b"APETAG":  # an APEv2 tag's header may stand there
            cut = 128
        elif tail[-32:-24] == b"APETAGEX":
            header = 32 if tail[-9] & 0x80 else 0
            cut = int.from_bytes(tail[-20:-16], "little") + header
        elif tail[-9:] == b"LYRICS200" and tail[-15:-9].isdigit():
            cut = int(tail[-15:-9]) + 15
        if not 0 < cut <= end - span.start:
            break
        end -= cut
    return Span(span.start, end)


def _flac(file: FileIO, whole: Span) -> Span | None:
    at = whole.start + 4
    for _ in range(_MAX_PARTS):
        head = _read(file, at, 4)
        if len(head) < 4:
            return None
        at += 4 + int.from_bytes(head[1:], "big")
        if head[0] & 0x80:  # the last block of metadata
            return Span(at, whole.end)
    return None


def _chunk(file: FileIO, whole: Span, order: Literal["little", "big"], name: bytes) -> Span | None:
    at = whole.start + 12
    for _ in range(_MAX_PARTS):
        head = _read(file, at, 8)
        if len(head) < 8:
            break
        length = int.from_bytes(head[4:], order)
        if head[:4] == name:
            return Span(at + 8, min(whole.end, at + 8 + length))  # an interrupted recorder leaves absurd lengths
        at += 8 + length + (length & 1)
    return None


def _riff(file: FileIO, whole: Span) -> Span | None:
    return _chunk(file, whole, "little", b"data")


def _aiff(file: FileIO, whole: Span) -> Span | None:
    return _chunk(file, whole, "big", b"SSND")


def _dsf(file: FileIO, whole: Span) -> Span | None:
    """Return the samples of a DSF file; its tag lies behind them, and the place of that tag in its header."""
    at = whole.start + int.from_bytes(_read(file, whole.start + 4, 8), "little")  # behind the header: the format
    at += int.from_bytes(_read(file, at + 4, 8), "little")
    head = _read(file, at, 12)
    length = int.from_bytes(head[4:], "little")
    return Span(at + 12, min(whole.end, at + length)) if head[:4] == b"data" and length > 12 else None


def _mp4(file: FileIO, whole: Span) -> Span | None:
    """Return the largest `mdat`; the tags lie in `moov`."""
    best, at = None, whole.start
    for _ in range(_MAX_PARTS):
        head = _read(file, at, 16)
        if len(head) < 8:
            break
        length, body = int.from_bytes(head[:4], "big"), at + 8
        if length == 1:
            length, body = int.from_bytes(head[8:16], "big"), at + 16
        end = min(whole.end, at + length) if length else whole.end
        if head[4:8] == b"mdat" and (best is None or end - body > best.length):
            best = Span(body, end)
        if end <= at + 7:
            break
        at = end
    return best


def _asf(file: FileIO, whole: Span) -> Span | None:
    at = whole.start
    for _ in range(_MAX_PARTS):
        head = _read(file, at, 24)
        length = int.from_bytes(head[16:24], "little")
        if len(head) < 24 or length < 24:
            break
        if head[:16] == _ASF_DATA:
            return Span(at + 24, min(whole.end, at + length))
        at += length
    return None


class _Page(NamedTuple):
    granule: int  # samples up to its end; 0 for headers, -1 where no packet ends in it
    body: Span


def _pages(file: FileIO, start: int, end: int) -> Iterator[_Page]:
    """Yield Ogg pages (RFC 3533)."""
    for _ in range(_MAX_PARTS):
        head = _read(file, start, 27)
        if len(head) < 27 or head[:4] != b"OggS":
            return
        body = start + 27 + head[26]
        after = min(end, body + sum(_read(file, start + 27, head[26])))
        yield _Page(int.from_bytes(head[6:14], "little", signed=True), Span(min(body, after), after))
        start = after


def _ogg(file: FileIO, whole: Span) -> Payload | None:
    """Look at the bodies of pages only: a tag edit renumbers every page of the file."""
    head: list[Span] = []
    begins = 0
    for page in _pages(file, whole.start, whole.end):
        if begins or page.granule > 0:
            begins = begins or page.body.start
            head.append(page.body)
            if sum(span.length for span in head) >= _SAMPLE_BYTES:
                break
    if not head:
        return None
    # The tail is sought from the end, so that it begins with the same page whatever lies in front.
    near_end = max(head[-1].end, whole.end - 2 * _SAMPLE_BYTES)
    first = _read(file, near_end, whole.end - near_end).find(b"OggS")
    tail = list(_pages(file, near_end + first, whole.end)) if first >= 0 else []
    samples = max((page.granule for page in tail), default=0)
    length = samples or sum(span.length for span in head)
    between = _ogg_spots(file, head[-1].end, near_end)
    return Payload("ogg", length, (*head, *between, *(page.body for page in tail)))


def _ogg_spots(file: FileIO, start: int, end: int) -> Iterator[Span]:
    """Yield the beginnings of some pages between; all of them move by one amount when a tag before them grows."""
    for at in _spread(start, end, _SPOTS) if end - start > (_SPOTS + 2) * _MAX_PAGE else ():
        first = _read(file, at, _MAX_PAGE + 4).find(b"OggS")
        for page in islice(_pages(file, at + first, end), 1) if first >= 0 else ():
            yield Span(page.body.start, min(page.body.end, page.body.start + _SPOT_BYTES))


_PLAIN = frozenset({"riff", "aiff"})
_FORMATS = (
    (b"fLaC", 0, "flac", _flac),
    (b"OggS", 0, "ogg", _ogg),
    (b"WAVE", 8, "riff", _riff),
    (b"AIF", 8, "aiff", _aiff),
    (b"DSD ", 0, "dsf", _dsf),
    (b"ftyp", 4, "mp4", _mp4),
    (_ASF_HEADER, 0, "asf", _asf),
)
