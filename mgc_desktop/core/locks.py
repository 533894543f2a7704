"""Locks between processes, which the system takes back when a process ends, however it ends."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

_RETRY_SECONDS = 0.01
_FAR = 1 << 30  # Windows locks bytes against reading: one that no file here reaches is locked instead


def try_lock(descriptor: int) -> bool:
    """Lock an open file for this descriptor alone, without waiting; return whether that was possible."""
    try:
        if sys.platform == "win32":
            import msvcrt  # there is one on Windows only

            os.lseek(descriptor, _FAR, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl  # there is none on Windows

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock `path`, a file that is made where there is none, waiting until it is free.

    Raises
    ------
    OSError
        Where the file cannot be made, or the file system knows no locks.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        while not try_lock(descriptor):
            time.sleep(_RETRY_SECONDS)
        yield
    finally:
        os.close(descriptor)


class FileLock:
    """A lock that one process at a time holds, as long as it lives or until it lets go.

    Parameters
    ----------
    path : Path
        A file that is made where there is none, and stays.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def take(self) -> bool:
        """Take the lock without waiting; return whether it is held now.

        Raises
        ------
        OSError
            Where the file cannot be made, or the file system knows no locks.
        """
        if self._descriptor is not None:
            return True
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666)  # not inherited by other programs
        try:
            if try_lock(descriptor):
                self._descriptor, descriptor = descriptor, -1
        finally:
            if descriptor >= 0:
                os.close(descriptor)
        return self._descriptor is not None

    def release(self) -> None:
        """Let go; may be called again."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
