"""Which audio a file holds, told without its tags: a tag edit does not change it, and a moved file keeps it."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass

from mgc_desktop.core.files import open_regular
from mgc_desktop.library.payload import find_payload


@dataclass(frozen=True, slots=True)
class FileStamp:
    """What tells that a file has not changed since it was last seen, without opening it."""

    size: int  # bytes
    mtime_ns: int  # ns since the epoch


def stamp(path: str) -> FileStamp:
    """Return the size and time of a file.

    Raises
    ------
    OSError
    """
    status = os.stat(path)
    return FileStamp(status.st_size, status.st_mtime_ns)


def payload_digest(path: str) -> str:
    """Return a digest of the audio payload: its head, its tail and its length, without any tags.

    Returns
    -------
    str
        32 hexadecimal digits (BLAKE2b, 128 bit), or empty where the file cannot be read.
    """
    try:
        with open_regular(path) as file:
            payload = find_payload(file)
            digest = hashlib.blake2b(f"{payload.kind}:{payload.length}:".encode("ascii"), digest_size=16)
            for span in payload.parts:
                file.seek(span.start)
                digest.update(file.read(span.length))
            return digest.hexdigest()
    except (OSError, ValueError):
        return ""
