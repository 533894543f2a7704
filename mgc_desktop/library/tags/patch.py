"""The way back: what makes the old file of the new one, as small as the change was.

A patch holds the stretches that differ, their old bytes compressed with zstandard against the new ones ("patch-from":
the new bytes are the dictionary), and a digest of the whole old file. Audio and artwork that stayed cost nothing.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

import zstandard

from mgc_desktop.core.errors import TagError
from mgc_desktop.library.tags.edits import MAX_BLOCK, Edit, Source, reversed_edits

_MAGIC = b"MGCP\x01"
_HEAD = struct.Struct("<QQ16sQQ")  # old size, new size, digest of the old file, number of edits, bytes of the table
_ROW = struct.Struct("<QQQ")  # start after the edit before, length in the new file, length in the old one
_LEVEL = 9
_DAMAGED = "The journal's record of this change is damaged; only the old genre alone can be brought back."


@dataclass(frozen=True, slots=True)
class Patch:
    """A way back to a file of `old_size` bytes with the digest `old_digest`."""

    old_size: int
    new_size: int
    old_digest: str
    edits: tuple[Edit, ...]


def make_patch(source: Source, edits: Sequence[Edit], old_digest: str) -> bytes:
    """Return the way back over edits of an old file.

    Parameters
    ----------
    source : Source
        The old file.
    edits
        What makes the new file of it, in order.
    old_digest : str
        Of the whole old file, 32 hexadecimal digits.

    Raises
    ------
    TagError
    """
    back = reversed_edits(source, edits)
    table, at = bytearray(), 0
    for edit in back:
        table += _ROW.pack(edit.start - at, edit.end - edit.start, len(edit.data))
        at = edit.end
    rows = zstandard.ZstdCompressor(level=_LEVEL).compress(bytes(table))
    size = source.size + sum(edit.growth for edit in edits)
    head = _HEAD.pack(source.size, size, bytes.fromhex(old_digest), len(back), len(rows))
    old = b"".join(edit.data for edit in back)
    return _MAGIC + head + rows + _compress(old, b"".join(edit.data for edit in edits))


def read_patch(patch: bytes, source: Source) -> Patch:
    """Return the edits that make the old file of the new one.

    Parameters
    ----------
    patch : bytes
    source : Source
        The new file, exactly as it was left.

    Raises
    ------
    TagError
        Where the patch is damaged, or belongs to another file.
    """
    try:
        return _read(patch, source)
    except (ValueError, struct.error, zstandard.ZstdError) as error:
        raise TagError(_DAMAGED, repr(error)) from error


def _read(patch: bytes, source: Source) -> Patch:
    if not patch.startswith(_MAGIC):
        raise ValueError("no patch")
    at = len(_MAGIC) + _HEAD.size
    old_size, new_size, digest, count, length = _HEAD.unpack(patch[len(_MAGIC) : at])
    if new_size != source.size or count * _ROW.size > MAX_BLOCK:
        raise ValueError(f"patch for {new_size} bytes, not {source.size}")
    table = zstandard.ZstdDecompressor().decompress(patch[at : at + length], max_output_size=count * _ROW.size or 1)
    rows, place = [], 0
    for gap, new_length, old_length in _ROW.iter_unpack(table):
        rows.append((place + gap, place + gap + new_length, old_length))
        place += gap + new_length
    new = b"".join(source.take(start, end - start) for start, end, _ in rows)
    old = _decompress(patch[at + length :], new, sum(row[2] for row in rows))
    edits, place = [], 0
    for start, end, old_length in rows:
        edits.append(Edit(start, end, old[place : place + old_length]))
        place += old_length
    if len(edits) != count or place != len(old):
        raise ValueError("patch of another length")
    return Patch(old_size, new_size, digest.hex(), tuple(edits))


def _dictionary(data: bytes) -> zstandard.ZstdCompressionDict | None:
    # Shorter ones help nothing, and the library takes none under eight bytes.
    return zstandard.ZstdCompressionDict(data, dict_type=zstandard.DICT_TYPE_RAWCONTENT) if len(data) >= 8 else None


def _compress(data: bytes, reference: bytes) -> bytes:
    window = max(10, min(27, (len(data) + len(reference)).bit_length()))
    parameters = zstandard.ZstdCompressionParameters.from_level(_LEVEL, window_log=window)
    compressor = zstandard.ZstdCompressor(compression_params=parameters, dict_data=_dictionary(reference))
    return compressor.compress(data)


def _decompress(data: bytes, reference: bytes, length: int) -> bytes:
    if length > MAX_BLOCK:
        raise ValueError(f"{length} bytes")
    decompressor = zstandard.ZstdDecompressor(dict_data=_dictionary(reference), max_window_size=1 << 27)
    return decompressor.decompress(data, max_output_size=length or 1)
