"""Taking a folder's tracks out of the library, and putting them back with all that was known of them.

Used by `Store`, within its transactions.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Mapping, Sequence

KEPT_SECONDS = 30 * 86400.0  # who misses a folder misses it within a month
_PAST = "removed_past_corrections"
_KNOWN = ("removed_verdicts", "removed_windows", "removed_corrections")  # of a track, in the order of their references
_TABLES = ("removed_tracks", *_KNOWN, _PAST, "removed_changes")
_SOURCES = {name: name.removeprefix("removed_") for name in _TABLES} | {"removed_changes": "tag_changes"}


def begin(connection: sqlite3.Connection, folder: str) -> int:
    """Remember a folder that is about to be removed, and return the removal's number; old ones are forgotten."""
    now = time.time()
    for (old,) in connection.execute("SELECT id FROM removals WHERE removed_at < ?", (now - KEPT_SECONDS,)).fetchall():
        _forget(connection, old)
    row = connection.execute("SELECT added_at, watched FROM folders WHERE path = ?", (os.fsencode(folder),)).fetchone()
    added_at, watched = row or (now, 0)
    cursor = connection.execute(
        "INSERT INTO removals (folder, added_at, watched, removed_at) VALUES (?, ?, ?, ?)",
        (os.fsencode(folder), added_at, watched, now),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def set_aside(connection: sqlite3.Connection, removal: int, track_ids: Sequence[int]) -> None:
    """Copy the rows of tracks to where `put_back` finds them; the caller deletes them."""
    for table, source in _SOURCES.items():
        columns = _columns(connection, table)
        key = "id" if table == "removed_tracks" else "track_id"
        connection.executemany(
            f"INSERT INTO {table} (removal, {columns}) SELECT ?, {columns} FROM {source} WHERE {key} = ?",
            [(removal, track_id) for track_id in track_ids],
        )


def folder_of(connection: sqlite3.Connection, removal: int) -> str | None:
    """Return which folder was removed; None where that is not remembered any more."""
    row = connection.execute("SELECT folder FROM removals WHERE id = ?", (removal,)).fetchone()
    return None if row is None else os.fsdecode(row[0])


def put_back(connection: sqlite3.Connection, removal: int, limit: int) -> list[int]:
    """Put up to `limit` tracks of a removal back, and return their ids.

    A file that came into the library again meanwhile keeps its row, and gets the genre that a person had set.
    """
    rows = connection.execute(
        "SELECT r.id, t.id FROM removed_tracks r LEFT JOIN tracks t ON t.path = r.path WHERE r.removal = ? LIMIT ?",
        (removal, limit),
    ).fetchall()
    columns = {table: _columns(connection, table, without=("track_id",)) for table in (*_KNOWN, _PAST)}
    ordinary = _columns(connection, "tracks", without=("id",))  # not the generated ones
    ids = []
    for old, known in rows:
        track_id = _insert(connection, removal, old, ordinary) if known is None else known
        _give_back(connection, removal, old, track_id, columns, everything=known is None)
        for table in _TABLES:
            key = "id" if table == "removed_tracks" else "track_id"
            connection.execute(f"DELETE FROM {table} WHERE removal = ? AND {key} = ?", (removal, old))
        ids.append(track_id)
    return ids


def end(connection: sqlite3.Connection, removal: int) -> None:
    """List the folder again, when all its tracks are back."""
    connection.execute(
        "INSERT OR IGNORE INTO folders (path, added_at, watched) SELECT folder, added_at, watched FROM removals"
        " WHERE id = ?",
        (removal,),
    )
    _forget(connection, removal)


def _insert(connection: sqlite3.Connection, removal: int, old: int, ordinary: str) -> int:
    """Insert a track as it was; under another number where its own has been given away."""
    taken = connection.execute("SELECT 1 FROM tracks WHERE id = ?", (old,)).fetchone()
    cursor = connection.execute(
        f"INSERT INTO tracks (id, {ordinary}) SELECT ?, {ordinary} FROM removed_tracks WHERE removal = ? AND id = ?",
        (None if taken else old, removal, old),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def _give_back(
    connection: sqlite3.Connection,
    removal: int,
    old: int,
    track_id: int,
    columns: Mapping[str, str],
    *,
    everything: bool,
) -> None:
    """Insert what was known of a track, or its correction alone."""
    for table in (*(_KNOWN if everything else _KNOWN[-1:]), _PAST):
        if table == _PAST:  # a trigger has told it of what was set just now, and it knows better
            connection.execute("DELETE FROM past_corrections WHERE track_id = ?", (track_id,))
        wanted = columns[table]
        connection.execute(
            f"INSERT OR IGNORE INTO {_SOURCES[table]} (track_id, {wanted}) SELECT ?, {wanted} FROM {table}"
            " WHERE removal = ? AND track_id = ?",
            (track_id, removal, old),
        )
    connection.execute(
        "UPDATE tag_changes SET track_id = ? WHERE track_id IS NULL AND id IN"
        " (SELECT id FROM removed_changes WHERE removal = ? AND track_id = ?)",
        (track_id, removal, old),
    )


def _forget(connection: sqlite3.Connection, removal: int) -> None:
    for table in _TABLES:
        connection.execute(f"DELETE FROM {table} WHERE removal = ?", (removal,))
    connection.execute("DELETE FROM removals WHERE id = ?", (removal,))


def _columns(connection: sqlite3.Connection, table: str, without: Sequence[str] = ()) -> str:
    """Return a table's columns that can be written, for SQL; never `removal`."""
    names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]  # generated ones are not among them
    return ", ".join(name for name in names if name not in ("removal", *without))
