"""What a file was when its tags were looked at, so that it is told when it has changed since."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from io import FileIO

from mgc_desktop.core.errors import TagError
from mgc_desktop.core.files import open_regular
from mgc_desktop.library.payload import find_payload
from mgc_desktop.library.tags.edits import CHUNK

# There it is the time of the last change of anything, and no program can set it back. On Windows it is the birth.
CTIME_TELLS = os.name == "posix"


@dataclass(frozen=True, slots=True)
class FileState:
    """A file at a moment.

    Times are ns since the epoch. `tag_digest` is BLAKE2b (128 bit, hexadecimal) of all that is not audio,
    `audio_digest` that of the audio's head, tail and length, as `mgc_desktop.library.identity.payload_digest`.
    """

    size: int
    mtime_ns: int
    ctime_ns: int
    device: int
    inode: int
    links: int
    tag_digest: str
    audio_digest: str


def state_of(path: str) -> FileState:
    """Return the state of a file (of its target, where it is a link). For limited processes.

    Raises
    ------
    TagError
    """
    try:
        with open_regular(path) as file:
            return state_of_open(file)
    except (OSError, ValueError) as error:
        raise TagError(
            "The file could not be read; see whether it is still there, and may be read.", repr(error)
        ) from error


def state_of_open(file: FileIO) -> FileState:
    """Return the state of an open file.

    Raises
    ------
    OSError
    """
    status = os.fstat(file.fileno())
    tags, audio = _digests(file)
    return from_stat(status, tags, audio)


def from_stat(status: os.stat_result, tag_digest: str, audio_digest: str) -> FileState:
    return FileState(
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
        status.st_dev,
        status.st_ino,
        status.st_nlink,
        tag_digest,
        audio_digest,
    )


def same(path: str, state: FileState) -> bool:
    """Whether a file is still what it was; one that cannot be read is not. For limited processes.

    A file that was changed with the same size and time is told by the time of its last change where the system
    keeps one, by the digests elsewhere, and where it was replaced.
    """
    try:
        if same_stat(os.stat(path), state):
            return True
        with open_regular(path) as file:
            return _same_content(file, state)
    except (OSError, ValueError):
        return False


def same_open(file: FileIO, state: FileState) -> bool:
    """The same as `same`, of an open file.

    Raises
    ------
    OSError
    """
    return same_stat(os.fstat(file.fileno()), state) or _same_content(file, state)


def same_stat(status: os.stat_result, state: FileState) -> bool:
    """Whether what the system says of a file suffices to know that it is still the same."""
    return CTIME_TELLS and status_key(status) == (
        state.size,
        state.mtime_ns,
        state.ctime_ns,
        state.device,
        state.inode,
    )


def status_key(status: os.stat_result) -> tuple[int, int, int, int, int]:
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_dev, status.st_ino


def _same_content(file: FileIO, state: FileState) -> bool:
    status = os.fstat(file.fileno())
    if (status.st_size, status.st_mtime_ns) != (state.size, state.mtime_ns):
        return False
    if CTIME_TELLS and status.st_ctime_ns != state.ctime_ns:
        return False
    # Network and memory card systems give other numbers to the same file now and then.
    return _digests(file) == (state.tag_digest, state.audio_digest)


def _digests(file: FileIO) -> tuple[str, str]:
    payload = find_payload(file)
    audio = hashlib.blake2b(f"{payload.kind}:{payload.length}:".encode("ascii"), digest_size=16)
    for span in payload.parts:
        file.seek(span.start)
        audio.update(file.read(span.length))
    tags = hashlib.blake2b(digest_size=16)
    size = os.fstat(file.fileno()).st_size
    for start, end in ((0, payload.parts[0].start), (payload.parts[-1].end, size)):
        file.seek(start)
        while start < end and (data := file.read(min(CHUNK, end - start))):
            tags.update(data)
            start += len(data)
    return tags.hexdigest(), audio.hexdigest()
