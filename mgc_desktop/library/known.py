"""What the library knows of files by path, by number and by content: how a walk tells new ones from moved ones."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from mgc_desktop.core.values import TrackState
from mgc_desktop.library.connection import translated
from mgc_desktop.library.filters import path_range
from mgc_desktop.library.identity import FileStamp

_AT_ONCE = 500  # values in one query
_MOST = 2000  # answers to one: thousands of files with the same audio are no moved ones


class KnownFile(NamedTuple):
    """A track as the identity of its file goes."""

    id: int
    path: str
    stamp: FileStamp
    digest: str
    state: TrackState
    offline: bool
    real_path: str  # where the path leads through a link; else empty


class FolderRow(NamedTuple):
    """A folder whose files the person wants in the library."""

    path: str
    watched: bool
    offline: bool
    tracks: int  # in it and below


_COLUMNS = "id, path, size, mtime_ns, ctime_ns, inode, device, payload_digest, state, offline, real_path"


class KnownFiles:
    """Asks a connection about files. Of the thread that the connection belongs to.

    Parameters
    ----------
    connection : sqlite3.Connection
    library : Path
        The database's file, for sentences.

    Raises
    ------
    LibraryError
        Every method.
    """

    def __init__(self, connection: sqlite3.Connection, library: Path) -> None:
        self._connection = connection
        self._library = library

    def by_path(self, paths: Iterable[str]) -> dict[str, KnownFile]:
        """Return the tracks at these paths."""
        return {row.path: row for row in self._where("path", [os.fsencode(path) for path in paths])}

    def by_id(self, tracks: Iterable[int]) -> list[KnownFile]:
        """Return tracks; those that are gone are left out."""
        return self._where("id", list(tracks))

    def by_real_path(self, paths: Iterable[str]) -> dict[str, list[KnownFile]]:
        """Return the tracks whose paths lead to these files, themselves or by a link."""
        wanted = [os.fsencode(path) for path in paths]
        found: dict[str, list[KnownFile]] = {}
        linked = self._where("real_path", wanted, "AND real_path != x''")
        for row in (*self._where("path", wanted, "AND real_path = x''"), *linked):
            found.setdefault(row.real_path or row.path, []).append(row)
        return found

    def by_stamp(self, stamps: Iterable[FileStamp]) -> dict[FileStamp, list[KnownFile]]:
        """Return the tracks whose files can only be those with these stamps, whatever their names."""
        wanted: dict[int, set[FileStamp]] = {}
        for stamp in stamps:
            if stamp.inode and stamp.ctime_ns:
                wanted.setdefault(stamp.inode, set()).add(stamp)
        found: dict[FileStamp, list[KnownFile]] = {}
        for row in self._where("inode", list(wanted), "AND inode != 0"):
            for stamp in wanted[row.stamp.inode]:
                if row.stamp.same_file(stamp):
                    found.setdefault(stamp, []).append(row)
        return found

    def by_digest(self, digests: Iterable[str]) -> dict[str, list[KnownFile]]:
        """Return the tracks with this audio."""
        found: dict[str, list[KnownFile]] = {}
        for row in self._where("payload_digest", [digest for digest in digests if digest], "AND payload_digest != ''"):
            found.setdefault(row.digest, []).append(row)
        return found

    def under(self, folder: str) -> list[KnownFile]:
        """Return the tracks in a folder and below."""
        return self._rows("path >= ? AND path < ?", path_range(folder))

    def outside(self, folders: Sequence[str]) -> list[KnownFile]:
        """Return the tracks that lie in none of `folders`: files that were added one by one."""
        beside = " AND ".join("NOT (path >= ? AND path < ?)" for _ in folders) or "1"
        return self._rows(beside, [edge for folder in folders for edge in path_range(folder)])

    def folders(self) -> list[FolderRow]:
        """Return the library's folders in the order they were added, each with the number of its tracks."""
        with translated(self._library):
            return read_folders(self._connection)

    def only_under(self, folder: str, others: Sequence[str]) -> list[KnownFile]:
        """Return the tracks in a folder and below that are in none of `others`."""
        covered = tuple(os.path.join(other, "") for other in others)
        return [known for known in self.under(folder) if not known.path.startswith(covered)]

    def _where(self, column: str, values: Sequence[object], more: str = "") -> list[KnownFile]:
        found = []
        for at in range(0, len(values), _AT_ONCE):
            part = values[at : at + _AT_ONCE]
            found += self._rows(f"{column} IN ({','.join('?' * len(part))}) {more} LIMIT {_MOST}", part)
        return found

    def _rows(self, where: str, values: Sequence[object]) -> list[KnownFile]:
        with translated(self._library):
            rows = self._connection.execute(f"SELECT {_COLUMNS} FROM tracks WHERE {where}", values).fetchall()
        return [_known(row) for row in rows]


def read_folders(connection: sqlite3.Connection) -> list[FolderRow]:
    """Return the library's folders in the order they were added, each with the number of its tracks."""
    rows = connection.execute("SELECT path, watched, offline FROM folders ORDER BY id").fetchall()
    return [
        FolderRow(os.fsdecode(path), bool(watched), bool(offline), _count_under(connection, os.fsdecode(path)))
        for path, watched, offline in rows
    ]


def _count_under(connection: sqlite3.Connection, folder: str) -> int:
    sql = "SELECT count(*) FROM tracks WHERE path >= ? AND path < ?"
    return int(connection.execute(sql, path_range(folder)).fetchone()[0])


def _known(row: Sequence[Any]) -> KnownFile:
    track, path, size, mtime, ctime, inode, device, digest, state, offline, real = row
    stamp = FileStamp(size, mtime, ctime, inode, device)
    return KnownFile(track, os.fsdecode(path), stamp, digest, TrackState(state), bool(offline), os.fsdecode(real))
