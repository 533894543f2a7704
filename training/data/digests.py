"""Digests of files by content, remembered by size and time: a large collection is read once, not at each run."""

from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path

from mgc_desktop.core.locks import locked

_MOST = 500_000  # files remembered; the ones not met for longest go first
_SETTLED_SECONDS = 2.0  # a file that was just written may be written again within the clock's grain

_Row = tuple[int, int, str]  # size, mtime in ns, SHA-256


class DigestIndex:
    """The SHA-256 of files, kept in one JSON file that several processes may write. One thread uses it.

    A file that was changed without changing its size and its time is taken for the old one, as backup programs do.

    Parameters
    ----------
    file, lock : Path
        Where it is kept, and the lock that its writers take.
    """

    def __init__(self, file: Path, lock: Path) -> None:
        self._file = file
        self._lock = lock
        self._rows = self._read()
        self._new: dict[str, _Row] = {}

    def known(self, path: Path) -> str | None:
        """Return the digest of a file where it is remembered, without reading the file.

        Raises
        ------
        OSError
            Where there is no such file.
        """
        status = path.stat()
        size, time_ns, digest = self._rows.get(_name(path), (-1, -1, ""))
        return digest if (size, time_ns) == (status.st_size, status.st_mtime_ns) else None

    def digest(self, path: Path) -> str:
        """Return the digest of a file, read where it is not remembered.

        Raises
        ------
        OSError
            Where it cannot be read.
        """
        digest = self.known(path)
        if digest is None:
            with path.open("rb") as stream:
                before = os.fstat(stream.fileno())
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
                after = os.fstat(stream.fileno())
            unchanged = (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)
            if unchanged and time.time() - after.st_mtime > _SETTLED_SECONDS:
                row = (after.st_size, after.st_mtime_ns, digest)
                self._rows[_name(path)] = self._new[_name(path)] = row
        return digest

    @property
    def unsaved(self) -> int:
        return len(self._new)

    def save(self) -> None:
        """Add what is new to the file, beside what others have added meanwhile.

        Raises
        ------
        OSError
        """
        if not self._new:
            return
        with locked(self._lock):
            rows = self._read()
            for name, row in self._new.items():
                rows.pop(name, None)
                rows[name] = row
            kept = dict(list(rows.items())[-_MOST:])
            beside = self._file.with_suffix(f".{os.getpid()}.tmp")
            try:
                beside.write_text(json.dumps(kept), "ascii")
                os.replace(beside, self._file)
            except OSError:
                beside.unlink(missing_ok=True)
                raise
        self._new.clear()

    def _read(self) -> dict[str, _Row]:
        try:
            rows = json.loads(self._file.read_bytes())
            return {str(name): (int(size), int(time_ns), str(digest)) for name, (size, time_ns, digest) in rows.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            return {}  # none yet, or damaged: the files are read again


def _name(path: Path) -> str:
    return os.path.abspath(path)
