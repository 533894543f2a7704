"""A picture from elsewhere, taken apart and written anew: no other program has to open the original.

Only what our own figures are is taken: PNG (ISO/IEC 15948) of 8 bits a channel, not interlaced, and not large.
"""

from __future__ import annotations

import struct
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_BYTES = 4_000_000
MAX_SIDE = 4000  # px
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type
_KEPT = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
_FILTERS = 5


def clean_png(raw: bytes) -> bytes:
    """Return the same picture with nothing in it but its pixels.

    Raises
    ------
    ValueError
        Where it is no such picture, or its data are not what its header says.
    """
    if not raw.startswith(SIGNATURE):
        raise ValueError("no PNG")
    chunks = _chunks(raw)
    if not chunks or chunks[0][0] != b"IHDR" or len(chunks[0][1]) != 13:
        raise ValueError("a PNG without a header")
    width, height, depth, colour, *rest = struct.unpack(">IIBBBBB", chunks[0][1])
    if not 0 < width <= MAX_SIDE or not 0 < height <= MAX_SIDE or depth != 8 or colour not in _CHANNELS or any(rest):
        raise ValueError("a PNG of a kind or size that no figure has")
    row = 1 + width * _CHANNELS[colour]
    pixels = _inflate(b"".join(data for kind, data in chunks if kind == b"IDAT"), height * row)
    if any(pixels[start] >= _FILTERS for start in range(0, len(pixels), row)):
        raise ValueError("rows that are filtered in no known way")
    out = [SIGNATURE, _chunk(b"IHDR", chunks[0][1])]
    for kind, most in ((b"PLTE", 768), (b"tRNS", 256)):
        found = [data for name, data in chunks if name == kind]
        if len(found) > 1 or any(len(data) > most for data in found):
            raise ValueError("colours that cannot be")
        out += [_chunk(kind, data) for data in found]
    return b"".join([*out, _chunk(b"IDAT", zlib.compress(pixels, 6)), _chunk(b"IEND", b"")])


def _chunks(raw: bytes) -> list[tuple[bytes, bytes]]:
    found: list[tuple[bytes, bytes]] = []
    at = len(SIGNATURE)
    while at + 12 <= len(raw):
        (length,) = struct.unpack_from(">I", raw, at)
        kind, data = raw[at + 4 : at + 8], raw[at + 8 : at + 8 + length]
        if at + 12 + length > len(raw):
            break
        if struct.unpack_from(">I", raw, at + 8 + length)[0] != zlib.crc32(kind + data):
            raise ValueError("a damaged PNG")
        if kind in _KEPT:
            found.append((kind, data))
        elif not kind[:1].islower():
            raise ValueError("a PNG with parts that nobody knows")
        at += 12 + length
        if kind == b"IEND":
            return found
    raise ValueError("a PNG that ends too early")


def _inflate(packed: bytes, size: int) -> bytes:
    unpacker = zlib.decompressobj()
    try:
        # One byte more than there may be: a bomb is seen by it, and never unpacked.
        pixels = unpacker.decompress(packed, size + 1)
    except zlib.error as error:
        raise ValueError("a damaged PNG") from error
    if len(pixels) != size or not unpacker.eof:
        raise ValueError("more or fewer pixels than the header says")
    return pixels


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
