"""Which audio a file holds, told without its tags: a tag edit does not change it, and a moved file keeps it."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field

from mgc_desktop.core.files import open_regular
from mgc_desktop.core.values import TrackTags
from mgc_desktop.library.payload import find_payload

# Elsewhere the change time tells of every change, and some drives number their files anew each time they are connected.
_NUMBER_TELLS = os.name == "nt"


@dataclass(frozen=True, slots=True)
class FileStamp:
    """What tells that a file has not changed since it was last seen, without opening it; 0 where it is not known."""

    size: int  # bytes
    mtime_ns: int  # ns since the epoch; tag editors can keep it
    ctime_ns: int = 0  # the same, of the last change of anything, which no program can set; on Windows of its making
    inode: int = 0  # its number on the device, signed 64 bit
    device: int = 0  # where it lies, signed 64 bit; another one after some reboots

    def same(self, other: FileStamp) -> bool:
        """Return whether nothing speaks for a change between two stamps of one name."""
        if (self.size, self.mtime_ns) != (other.size, other.mtime_ns) or _differ(self.ctime_ns, other.ctime_ns):
            return False
        return not (_NUMBER_TELLS and _differ(self.inode, other.inode))

    def same_file(self, other: FileStamp) -> bool:
        """Return whether two stamps of different names can only be of one file."""
        known = self.ctime_ns != 0 and self.inode != 0
        mine = (self.size, self.mtime_ns, self.ctime_ns, self.inode)
        return known and mine == (other.size, other.mtime_ns, other.ctime_ns, other.inode)


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What a file says of itself, without being heard.

    Attributes
    ----------
    path : str
    stamp : FileStamp or None
        As it was before the rest was read, so that a change in between is seen the next time; None where the file is
        not there any more.
    tags : TrackTags
    payload_digest : str
    trouble : str
        Why it could not be read, where its reader fell over it or hung: it is not tried again until it changes.
    """

    path: str
    stamp: FileStamp | None
    tags: TrackTags = field(default_factory=TrackTags)
    payload_digest: str = ""
    trouble: str = ""


def _differ(one: int, other: int) -> bool:
    return one != other and one != 0 and other != 0


def stamp_of(status: os.stat_result) -> FileStamp:
    """Return the stamp in what `os.stat` says."""
    return FileStamp(
        status.st_size, status.st_mtime_ns, status.st_ctime_ns, signed(status.st_ino), signed(status.st_dev)
    )


def stamp(path: str) -> FileStamp:
    """Return the stamp of a file.

    Raises
    ------
    OSError
    """
    return stamp_of(os.stat(path))


def signed(number: int) -> int:
    """Return a number of 64 bits as SQLite holds it: file systems use all of them."""
    return (number + (1 << 63)) % (1 << 64) - (1 << 63)


def payload_digest(path: str) -> str:
    """Return a digest of the audio payload: its length, head, tail and some spots between, without any tags.

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
