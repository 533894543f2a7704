"""Ogg (RFC 3533) with Vorbis, Opus (RFC 7845), FLAC or Speex: the packets in front of the audio, and their comments.

The headers are put on as many pages as before, so that no page of audio changes at all. Only where they need more or
fewer are the pages behind them numbered anew; their bodies stay.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from mgc_desktop.core.errors import TagError
from mgc_desktop.library.tags.edits import DAMAGED, Edit, Source, apply
from mgc_desktop.library.tags.vorbis import Comments, parse_comments

_MAX_HEADER_PAGES = 2000
_CONTINUED = 1
_LACES = 255  # on a page
_FLAC_HEADER = 4  # bytes in front of the comments: kind and length of a FLAC block
_BITS = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


class Page(NamedTuple):
    """A page; `laces` are the lengths of its packets' pieces, 255 where a piece goes on."""

    start: int
    end: int
    flags: int
    granule: bytes
    serial: bytes
    number: int
    laces: bytes
    body: bytes


def checksum(page: bytes) -> bytes:
    """Return the CRC of a page whose checksum field is zero (polynomial 0x04c11db7, not reflected, from 0)."""
    # zlib's runs over the same polynomial with all bits mirrored, inverted before and after.
    crc = zlib.crc32(page.translate(_BITS), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return crc.to_bytes(4, "little").translate(_BITS)[::-1]


def render_page(flags: int, granule: bytes, serial: bytes, number: int, laces: bytes, body: bytes) -> bytes:
    """Return a whole page."""
    head = b"OggS\0" + bytes((flags,)) + granule + serial + (number & 0xFFFFFFFF).to_bytes(4, "little")
    rest = bytes((len(laces),)) + laces + body
    return head + checksum(head + bytes(4) + rest) + rest


def read_page(source: Source, at: int) -> Page | None:
    """Return the page at a place, or None where there is no whole one."""
    head = source.read(at, 27 + _LACES)
    if len(head) < 27 or head[:5] != b"OggS\0" or len(head) < 27 + head[26]:
        return None
    laces = head[27 : 27 + head[26]]
    body = at + 27 + len(laces)
    data = source.read(body, sum(laces))
    if len(data) < sum(laces):
        return None
    number = int.from_bytes(head[18:22], "little")
    return Page(at, body + len(data), head[5], head[6:14], head[14:18], number, laces, data)


def pages(source: Source, at: int) -> Iterator[Page]:
    """Yield the pages from a place on."""
    while (page := read_page(source, at)) is not None:
        yield page
        at = page.end


@dataclass(frozen=True, slots=True)
class _Headers:
    """The pages that hold the comments, and the packets on them."""

    pages: tuple[Page, ...]
    packets: tuple[bytes, ...]


class Ogg:
    """An Ogg file with one stream of audio."""

    def __init__(self, source: Source, headers: _Headers, comments_at: int) -> None:
        self._source = source
        self._headers = headers
        self._at = comments_at
        self._comments: Comments = parse_comments(headers.packets[0], comments_at)

    @property
    def container(self) -> str:
        return "Vorbis comment"

    @property
    def genres(self) -> tuple[str, ...]:
        return self._comments.genres

    def edits(self, values: tuple[str, ...]) -> list[Edit]:
        packet = apply(self._headers.packets[0], self._comments.edits(values))
        if self._at == _FLAC_HEADER:
            length = len(packet) - _FLAC_HEADER
            if length >= 1 << 24:
                raise TagError("These genres are too long for an Ogg FLAC file; choose shorter names.")
            packet = packet[:1] + length.to_bytes(3, "big") + packet[_FLAC_HEADER:]
        old = self._headers.pages
        new = _paginate([packet, *self._headers.packets[1:]], old)
        edits = [Edit(old[0].start, old[-1].end, b"".join(new))]
        if len(new) != len(old):
            edits += self._renumbered(len(new) - len(old))
        return edits

    def _renumbered(self, more: int) -> list[Edit]:
        first = self._headers.pages[-1]
        edits: list[Edit] = []
        for page in pages(self._source, first.end):
            if page.serial != first.serial:
                continue
            new = render_page(page.flags, page.granule, page.serial, page.number + more, page.laces, page.body)
            edits.append(Edit(page.start + 18, page.start + 26, new[18:26]))
        return edits


def open_ogg(source: Source, begin: int) -> Ogg | None:
    """Return an Ogg file of one stream of audio, or None.

    Raises
    ------
    TagError
    """
    first = read_page(source, begin)
    if first is None:
        raise TagError(DAMAGED, "no whole page in front")
    prefix = _comment_prefix(first.body)
    second = read_page(source, first.end)
    if prefix is None or second is None or second.serial != first.serial:
        return None  # unknown, or several streams side by side, as in a video
    headers = _headers(source, first)
    if not headers.packets[0].startswith(prefix):
        raise TagError(DAMAGED, f"comments that begin with {headers.packets[0][:8]!r}")
    if not first.body.startswith(b"\x7fFLAC"):
        return Ogg(source, headers, len(prefix))
    if headers.packets[0][:1] not in (b"\x04", b"\x84"):
        raise TagError(DAMAGED, "FLAC blocks in another order than Ogg wants")
    return Ogg(source, headers, _FLAC_HEADER)


def _comment_prefix(identification: bytes) -> bytes | None:
    """Return how the comment packet begins, or None for a stream that has none that we know."""
    if identification.startswith(b"\x01vorbis"):
        return b"\x03vorbis"
    if identification.startswith(b"OpusHead"):
        return b"OpusTags"
    return b"" if identification.startswith((b"\x7fFLAC", b"Speex   ")) else None


def _headers(source: Source, first: Page) -> _Headers:
    """Return the pages behind the first up to one that ends with a packet."""
    found: list[Page] = []
    packets, part = [], bytearray()
    for page in pages(source, first.end):
        # A second packet may share the last page; audio may not, and is never put on other pages.
        if page.serial != first.serial or len(found) >= _MAX_HEADER_PAGES:
            break
        found.append(page)
        at = 0
        for lace in page.laces:
            part += page.body[at : at + lace]
            at += lace
            if lace < 255:
                packets.append(bytes(part))
                part.clear()
        if not part and page.laces and page.laces[-1] < 255:
            if int.from_bytes(page.granule, "little", signed=True) > 0:
                break
            return _Headers(tuple(found), tuple(packets))
    raise TagError(DAMAGED, "no end of the headers, or audio on their pages")


def _paginate(packets: Sequence[bytes], old: Sequence[Page]) -> list[bytes]:
    """Lay packets onto pages: as many as there were, if that is possible."""
    laces = b"".join(b"\xff" * (len(packet) // 255) + bytes((len(packet) % 255,)) for packet in packets)
    body = b"".join(packets)
    count = len(old)
    if not count <= len(laces) <= _LACES * count:
        count = min(len(laces), -(-len(laces) // _LACES))
    share, more = divmod(len(laces), count)
    made: list[bytes] = []
    lace_at = body_at = 0
    for index in range(count):
        piece = laces[lace_at : lace_at + share + (index < more)]
        end = body_at + sum(piece)
        continued = _CONTINUED if lace_at and laces[lace_at - 1] == 255 else 0
        last = index == count - 1
        flags = (old[-1].flags if last else old[min(index, len(old) - 1)].flags) & ~_CONTINUED | continued
        # Where no packet ends on a page, it has no position.
        granule = old[-1].granule if last else (bytes(8) if min(piece) < 255 else b"\xff" * 8)
        made.append(render_page(flags, granule, old[0].serial, old[0].number + index, piece, body[body_at:end]))
        lace_at, body_at = lace_at + len(piece), end
    return made
