"""The journal of what was written into music files: entered before a file is touched, and kept for undoing it."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class ChangeState(StrEnum):
    """What became of one file of a batch."""

    PLANNED = "planned"  # its turn has not come
    PENDING = "pending"  # its copy lies ready; whether it took the file's place only the file can tell
    DONE = "done"
    LEFT = "left"  # on purpose: it was changed, or may not be written
    FAILED = "failed"


UNSETTLED = (ChangeState.PLANNED, ChangeState.PENDING)


@dataclass(frozen=True, slots=True)
class BatchRow:
    """A batch of writes, or of undoing those of another.

    Attributes
    ----------
    id : int
    kind : str
        "write" or "undo".
    undoes : int or None
        The batch that an undo takes back.
    origin : str
        "window" or "command line".
    policy : Mapping
        What was asked for, as JSON keeps it.
    begun_at : float
        s since the epoch.
    ended_at : float or None
        None while it is under way, and after a crash until the next start.
    done, left, failed : int
        Files.
    undone_by : int or None
        The batch that took this one back and was not taken back itself.
    """

    id: int
    kind: str
    undoes: int | None
    origin: str
    policy: Mapping[str, Any]
    begun_at: float
    ended_at: float | None
    done: int
    left: int
    failed: int
    undone_by: int | None = None

    @property
    def files(self) -> int:
        """How many files it was to change, as far as it came."""
        return self.done + self.left + self.failed


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One file of a batch. `before` and `after` are the values of its genre field."""

    id: int
    batch_id: int
    track_id: int | None  # None where the library has forgotten the track
    path: str  # as the library knew it then
    container: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    state: ChangeState
    reason: str  # why it was left or failed, in a sentence; else where `after` came from
    changed_at: float | None  # s since the epoch


@dataclass(frozen=True, slots=True)
class NewChange:
    """A file that is to be written."""

    track_id: int | None
    path: str
    container: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PendingChange:
    """What must be on the disk before a file is replaced: how to tell old from new, and how to go back."""

    id: int
    target: str  # the file behind the path, where that is a link
    container: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    old_digest: str
    new_digest: str
    patch: bytes


@dataclass(frozen=True, slots=True)
class UnsettledChange:
    """A file that a crash left open."""

    id: int
    batch_id: int
    track_id: int | None
    path: str
    target: str
    state: ChangeState
    after: tuple[str, ...]
    old_digest: str
    new_digest: str


@dataclass(frozen=True, slots=True)
class DoneChange:
    """A write that can be undone. `path` is where the library knows the track now, for it may have moved since."""

    id: int
    track_id: int | None
    path: str
    container: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    new_digest: str


class Journal:
    """Writes the journal, within `Store.batch`. Lives as long as the store's connection.

    Raises
    ------
    sqlite3.Error
        Every method; the store's `batch` translates it.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def begin(self, kind: str, origin: str, policy: Mapping[str, Any], undoes: int | None = None) -> int:
        """Enter a batch and return its number."""
        cursor = self._connection.execute(
            "INSERT INTO batches (kind, undoes, origin, policy, begun_at) VALUES (?, ?, ?, ?, ?)",
            (kind, undoes, origin, json.dumps(dict(policy)), time.time()),
        )
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def plan(self, batch_id: int, changes: Iterable[NewChange]) -> list[int]:
        """Enter files as planned, before any of them is touched; return their numbers."""
        return [self._plan(batch_id, change) for change in changes]

    def _plan(self, batch_id: int, change: NewChange) -> int:
        cursor = self._connection.execute(
            "INSERT INTO tag_changes (batch_id, track_id, path, container, before, after, state, reason)"
            " VALUES (?, (SELECT id FROM tracks WHERE id = ?), ?, ?, ?, ?, ?, ?)",
            (
                batch_id, change.track_id, os.fsencode(change.path), change.container, _dump(change.before),
                _dump(change.after), ChangeState.PLANNED, _text(change.reason),
            ),
        )  # fmt: skip
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def pend(self, change: PendingChange) -> None:
        """Note that a file is about to be replaced. This must be on the disk before it is."""
        self._connection.execute(
            "UPDATE tag_changes SET state = ?, target = ?, container = ?, before = ?, after = ?, old_digest = ?,"
            " new_digest = ?, patch = ? WHERE id = ?",
            (
                ChangeState.PENDING, os.fsencode(change.target), change.container, _dump(change.before),
                _dump(change.after), change.old_digest, change.new_digest, change.patch, change.id,
            ),
        )  # fmt: skip

    def settle(self, change_id: int, state: ChangeState, reason: str = "") -> None:
        """Note what became of a file; without a reason the one that was planned stays."""
        self._connection.execute(
            "UPDATE tag_changes SET state = ?, reason = CASE WHEN ? = '' THEN reason ELSE ? END, changed_at = ?"
            " WHERE id = ?",
            (state, _text(reason), _text(reason), time.time(), change_id),
        )

    def leave_rest(self, batch_id: int, reason: str) -> None:
        """Note that what is open in a batch was left as it is: none of it was replaced."""
        self._connection.execute(
            "UPDATE tag_changes SET state = ?, reason = ?, changed_at = ? WHERE batch_id = ? AND state IN (?, ?)",
            (ChangeState.LEFT, _text(reason), time.time(), batch_id, *UNSETTLED),
        )

    def end(self, batch_id: int) -> None:
        """Note that a batch is over."""
        self._connection.execute("UPDATE batches SET ended_at = ? WHERE id = ?", (time.time(), batch_id))

    def unsettled(self) -> list[UnsettledChange]:
        """Return what no end is known of: of batches under way, and of those that a crash cut off."""
        rows = self._connection.execute(
            "SELECT id, batch_id, track_id, path, target, state, after, old_digest, new_digest FROM tag_changes"
            " WHERE state IN (?, ?) ORDER BY id",
            UNSETTLED,
        ).fetchall()
        return [
            UnsettledChange(
                number, batch_id, track, os.fsdecode(path), os.fsdecode(target), ChangeState(state), _load(after), *rest
            )
            for number, batch_id, track, path, target, state, after, *rest in rows
        ]

    def end_settled(self) -> None:
        """Note the end of the batches that a crash cut off; only for who knows that none is under way."""
        self._connection.execute("UPDATE batches SET ended_at = ? WHERE ended_at IS NULL", (time.time(),))


# Reading, for `Reader`.

_CHANGE = "id, batch_id, track_id, path, container, before, after, state, reason, changed_at"


def read_batches(connection: sqlite3.Connection) -> list[BatchRow]:
    """Return all batches, the latest first."""
    rows = connection.execute(
        "SELECT b.id, b.kind, b.undoes, b.origin, b.policy, b.begun_at, b.ended_at,"
        " total(c.state = 'done'), total(c.state = 'left'), total(c.state = 'failed')"
        " FROM batches b LEFT JOIN tag_changes c ON c.batch_id = b.id GROUP BY b.id ORDER BY b.id"
    ).fetchall()
    batches = {
        number: BatchRow(number, kind, undoes, origin, json.loads(policy), begun, ended, *map(int, counts))
        for number, kind, undoes, origin, policy, begun, ended, *counts in rows
    }
    undone_by = _undone_by(batches)
    return [_with_undone(batch, undone_by.get(batch.id)) for batch in reversed(batches.values())]


def _undone_by(batches: Mapping[int, BatchRow]) -> dict[int, int]:
    """Return which batch is taken back by which, the latest first: an undo that was undone does not count."""
    found: dict[int, int] = {}
    for batch in sorted(batches.values(), key=lambda batch: -batch.id):
        if batch.undoes is not None and batch.done and batch.id not in found:
            found.setdefault(batch.undoes, batch.id)
    return found


def _with_undone(batch: BatchRow, undone_by: int | None) -> BatchRow:
    return BatchRow(
        batch.id, batch.kind, batch.undoes, batch.origin, batch.policy, batch.begun_at, batch.ended_at, batch.done,
        batch.left, batch.failed, undone_by,
    )  # fmt: skip


def read_changes(connection: sqlite3.Connection, batch_id: int) -> list[ChangeRow]:
    """Return the files of a batch, in the order in which they were planned."""
    rows = connection.execute(f"SELECT {_CHANGE} FROM tag_changes WHERE batch_id = ? ORDER BY id", (batch_id,))
    return [_change_row(row) for row in rows.fetchall()]


def read_track_changes(connection: sqlite3.Connection, track_id: int) -> list[ChangeRow]:
    """Return what was written into a track's file, or was to be, the latest first."""
    rows = connection.execute(
        f"SELECT {_CHANGE} FROM tag_changes WHERE track_id = ? ORDER BY id DESC", (track_id,)
    ).fetchall()
    return [_change_row(row) for row in rows]


def read_done(connection: sqlite3.Connection, batch_id: int) -> list[DoneChange]:
    """Return the writes of a batch, the latest first, as they are undone."""
    rows = connection.execute(
        "SELECT c.id, c.track_id, coalesce(t.path, c.path), c.container, c.before, c.after, c.new_digest"
        " FROM tag_changes c LEFT JOIN tracks t ON t.id = c.track_id WHERE c.batch_id = ? AND c.state = ?"
        " ORDER BY c.id DESC",
        (batch_id, ChangeState.DONE),
    ).fetchall()
    return [
        DoneChange(number, track, os.fsdecode(path), container, _load(before), _load(after), new)
        for number, track, path, container, before, after, new in rows
    ]


def read_patch(connection: sqlite3.Connection, change_id: int) -> bytes:
    """Return what makes the old tag block of the new one; empty where there is none."""
    row = connection.execute("SELECT patch FROM tag_changes WHERE id = ?", (change_id,)).fetchone()
    return bytes(row[0]) if row is not None and row[0] is not None else b""


def _change_row(row: Sequence[Any]) -> ChangeRow:
    number, batch_id, track_id, path, container, before, after, state, reason, changed_at = row
    return ChangeRow(
        number, batch_id, track_id, os.fsdecode(path), container, _load(before), _load(after), ChangeState(state),
        reason, changed_at,
    )  # fmt: skip


def _dump(values: Sequence[str]) -> str:
    return json.dumps(list(values))  # ASCII: whatever a tag holds, lone surrogates included, comes back as it was


def _load(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))


def _text(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")  # SQLite takes no lone surrogates
