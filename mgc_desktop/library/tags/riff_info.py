"""The INFO list of a WAV file (Microsoft, "Multimedia Programming Interface and Data Specifications 1.0", 1991)."""

from __future__ import annotations

from io import FileIO

_MAX_CHUNKS = 200
_MAX_LIST_BYTES = 1 << 20


def read_info(file: FileIO) -> dict[str, str]:
    """Return the texts of the first INFO list by their four-letter names; empty where there is none.

    Parameters
    ----------
    file : FileIO
        Read from its beginning, by seeking over the audio.
    """
    file.seek(0)
    head = file.read(12)
    if head[:4] not in (b"RIFF", b"RF64") or head[8:12] != b"WAVE":
        return {}
    size = file.seek(0, 2)
    at = 12
    for _ in range(_MAX_CHUNKS):
        file.seek(at)
        head = file.read(12)
        if len(head) < 12:
            break
        length = int.from_bytes(head[4:8], "little")
        if head[:4] == b"LIST" and head[8:12] == b"INFO":
            return _texts(file.read(min(length - 4 if length > 4 else 0, _MAX_LIST_BYTES)))
        at += 8 + length + (length & 1)
        if at >= size:
            break
    return {}


def _texts(body: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    at = 0
    while at + 8 <= len(body):
        name = body[at : at + 4].decode("latin-1")
        length = int.from_bytes(body[at + 4 : at + 8], "little")
        raw = body[at + 8 : at + 8 + length].split(b"\0", 1)[0]
        try:
            found[name] = raw.decode("utf-8")
        except UnicodeDecodeError:
            found[name] = raw.decode("cp1252", "replace")
        at += 8 + length + (length & 1)
    return found
