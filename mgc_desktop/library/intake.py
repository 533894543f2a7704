"""How files enter the library: rows for what a walk found, and what becomes of tracks once their files were read.

Used by `Store`, inside its transactions; in bulk, because a walk meets thousands of files a second.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from mgc_desktop.core.values import TrackState
from mgc_desktop.library.identity import FileFacts, FileStamp

_AT_ONCE = 500  # values in one query


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file as a folder walk sees it; what is 0 or empty is not known."""

    path: str  # absolute; undecodable bytes as surrogates
    size: int  # bytes
    mtime_ns: int
    ctime_ns: int = 0
    inode: int = 0  # signed, 64 bit
    device: int = 0
    real_path: str = ""  # where the path leads through a link

    @property
    def stamp(self) -> FileStamp:
        return FileStamp(self.size, self.mtime_ns, self.ctime_ns, self.inode, self.device)


@dataclass(frozen=True, slots=True)
class AddResult:
    """What became of found files.

    Attributes
    ----------
    new_ids : tuple of int
        Tracks that the library did not know; they are queued, and are to be read before they are heard.
    queued_ids : tuple of int
        Known tracks that are to be heard: not judged by this model yet, or left over from before.
    unchanged : int
        Files that need nothing: judged by this model, or known to be unreadable, and the same since.
    shown_ids : tuple of int
        Unchanged tracks whose row changed all the same: they were missing or offline, or showed another verdict.
    read_ids : tuple of int
        Known tracks that are to be read, because something about their file changed, or an older version read them.
    moved_ids : tuple of int
        Tracks that have another path now; they are among those above as well, or are unchanged.
    paths : Mapping[int, str]
        Of the tracks that are new, queued, or to be read.
    """

    new_ids: tuple[int, ...]
    queued_ids: tuple[int, ...]
    unchanged: int
    shown_ids: tuple[int, ...] = ()
    read_ids: tuple[int, ...] = ()
    moved_ids: tuple[int, ...] = ()
    paths: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FactsResult:
    """What became of tracks whose files were read.

    Attributes
    ----------
    changed_ids : tuple of int
        Tracks whose rows changed.
    queued : Mapping[int, str]
        Tracks that are to be heard, by id, with their paths.
    settled : int
        Tracks that need not be heard: their audio is known.
    moved_ids : tuple of int
        Tracks that took the place of the row that was made for their new path.
    removed_ids : tuple of int
        Those rows.
    """

    changed_ids: tuple[int, ...]
    queued: Mapping[int, str]
    settled: int
    moved_ids: tuple[int, ...] = ()
    removed_ids: tuple[int, ...] = ()


class _Row(NamedTuple):
    id: int
    path: bytes
    stamp: FileStamp
    state: str
    model_id: int | None
    digest: str
    tags_read: bool
    offline: bool
    real_path: bytes


_ROW = (
    "SELECT id, path, size, mtime_ns, ctime_ns, inode, device, state, model_id, payload_digest, tags_read, offline,"
    " real_path FROM tracks WHERE "
)


class Intake:
    """Enters files. One for each `Store`: it remembers which ids were given, so that none is given twice.

    Parameters
    ----------
    connection : sqlite3.Connection
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._last_id = 0

    # Files that a walk found

    def add(
        self,
        found: Sequence[FoundFile],
        model_id: int | None,
        any_model: bool,
        moves: Mapping[int, str],
        reread: bool = False,
    ) -> AddResult:
        """Enter files; `moves` gives tracks whose old paths lead nowhere the paths of the files that they are."""
        new: list[FoundFile] = []
        queued: list[int] = []
        shown: list[int] = []
        read: list[int] = []
        paths: dict[int, str] = {}
        moved = set(self._move([(track, path, "") for track, path in moves.items()]))
        rows = self._rows_at(found)
        for file in found:
            row = rows.get(os.fsencode(file.path))
            if row is None:
                new.append(file)
                continue
            paths[row.id] = os.fsdecode(row.path)  # which may be another name of the same file
            if reread or not (row.tags_read and row.stamp.same(file.stamp)):
                read.append(row.id)
                continue
            settled = self._settle(row, row.model_id if any_model else model_id)
            if settled is None:
                queued.append(row.id)
            else:
                del paths[row.id]
            if settled or row.offline or row.id in moved:
                shown.append(row.id)
        self._refresh(rows, found)
        self._queue(queued)
        new_ids = self._insert(new)
        paths |= {track: file.path for track, file in zip(new_ids, new, strict=True)}
        unchanged = len(found) - len(new) - len(queued) - len(read)
        return AddResult(tuple(new_ids), tuple(queued), unchanged, tuple(shown), tuple(read), tuple(moved), paths)

    def _rows_at(self, found: Sequence[FoundFile]) -> dict[bytes, _Row]:
        """Return the rows of found files by the files' paths; also those that reach a file by another path."""
        rows = {row.path: row for row in self._rows("path", [os.fsencode(file.path) for file in found])}
        left = {
            os.fsencode(f.real_path or f.path): os.fsencode(f.path) for f in found if os.fsencode(f.path) not in rows
        }
        links = self._rows("real_path", list(left), "AND real_path != x''")
        for row in (*self._rows("path", list(left)), *links):
            path = left[row.real_path if row.real_path in left else row.path]
            if row.state == TrackState.MISSING:  # its name leads nowhere any more: the file goes on under this one
                self._move([(row.id, os.fsdecode(path), "")])
                row = row._replace(path=path)
            rows.setdefault(path, row)
        return rows

    def _rows(self, column: str, values: Sequence[object], more: str = "") -> list[_Row]:
        rows = []
        for at in range(0, len(values), _AT_ONCE):
            part = values[at : at + _AT_ONCE]
            sql = f"{_ROW} {column} IN ({','.join('?' * len(part))}) {more}"
            rows += [_row(row) for row in self._connection.execute(sql, part)]
        return rows

    def _refresh(self, rows: Mapping[bytes, _Row], found: Sequence[FoundFile]) -> None:
        """Note what can be told of known files without reading them: that they are there, where, and their numbers."""
        changes = []
        for file in found:
            row = rows.get(os.fsencode(file.path))
            if row is None or row.path != os.fsencode(file.path):
                continue
            same = row.stamp.same(file.stamp)
            stamp = file.stamp if same and file.ctime_ns else row.stamp
            real = os.fsencode(file.real_path)
            device = file.device or row.stamp.device
            after = (stamp.ctime_ns, stamp.inode, device, real, 0)
            before = (row.stamp.ctime_ns, row.stamp.inode, row.stamp.device, row.real_path, int(row.offline))
            if after != before:
                changes.append((*after, row.id))
        self._connection.executemany(
            "UPDATE tracks SET ctime_ns = ?, inode = ?, device = ?, real_path = ?, offline = ? WHERE id = ?", changes
        )

    def _insert(self, files: Sequence[FoundFile]) -> list[int]:
        if not files:
            return []
        (last,) = self._connection.execute("SELECT coalesce(max(id), 0) FROM tracks").fetchone()
        first = max(last, self._last_id) + 1
        ids = list(range(first, first + len(files)))
        self._last_id = ids[-1]
        now = time.time()
        rows = []
        for track, file in zip(ids, files, strict=True):
            path = os.fsencode(file.path)
            stamp = (file.size, file.mtime_ns, file.ctime_ns, file.inode, file.device)
            text = path.decode("utf-8", "replace")
            rows.append((track, path, text, *stamp, os.fsencode(file.real_path), TrackState.QUEUED, now))
        self._connection.executemany(
            "INSERT INTO tracks (id, path, path_text, size, mtime_ns, ctime_ns, inode, device, real_path, state,"
            " added_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            rows,
        )
        return ids

    def _queue(self, ids: Iterable[int]) -> None:
        self._connection.executemany(
            "UPDATE tracks SET state = ?, error = '' WHERE id = ?", [(TrackState.QUEUED, track) for track in ids]
        )

    def _settle(self, row: _Row, model_id: int | None) -> bool | None:
        """Return None where an unchanged file must be heard, else whether its row had to be changed."""
        if row.state == TrackState.FAILED:
            return False
        if model_id is None or row.state == TrackState.QUEUED:
            return None
        if row.state == TrackState.DONE and row.model_id == model_id:
            return False
        return True if self._show_verdict(row.id, model_id) else None

    def _show_verdict(self, track: int, model_id: int) -> bool:
        """Let a track's row show what a model said of it before; return whether it did."""
        verdict = self._connection.execute(
            "SELECT kind, label, confidence, runner_up, runner_up_confidence FROM verdicts"
            " WHERE track_id = ? AND model_id = ?",
            (track, model_id),
        ).fetchone()
        if verdict is None:
            return False
        self._connection.execute(
            "UPDATE tracks SET state = ?, error = '', model_id = ?, kind = ?, label = ?, confidence = ?, runner_up = ?,"
            " runner_up_confidence = ? WHERE id = ?",
            (TrackState.DONE, model_id, *verdict, track),
        )
        return True

    def _move(self, moves: Sequence[tuple[int, str, str]]) -> list[int]:
        """Give tracks other paths (id, path, real path), where no other track has them; return which."""
        moved = []
        for track, path, real in moves:
            name = os.fsencode(path)
            changed = self._connection.execute(
                "UPDATE OR IGNORE tracks SET path = ?, path_text = ?, real_path = ?, offline = 0 WHERE id = ?",
                (name, name.decode("utf-8", "replace"), os.fsencode(real), track),
            ).rowcount
            if changed > 0:
                moved.append(track)
        return moved

    # Files that were read

    def take_facts(
        self, facts: Mapping[int, FileFacts], model_id: int | None, any_model: bool, moves: Mapping[int, int]
    ) -> FactsResult:
        """Keep what was read of tracks' files, and queue those whose audio nobody has heard.

        `moves` gives the rows of new files (keys) the tracks that these files are (values), whose old paths lead
        nowhere: the tracks go on under the new path.
        """
        there = {track: read for track, read in facts.items() if read.stamp is not None and not read.trouble}
        taken = self._replace(moves)
        rows = {row.id: row for row in self._rows("id", [taken.get(track, track) for track in there])}
        here = {taken.get(track, track): read for track, read in there.items() if taken.get(track, track) in rows}
        queued, renewed = [], []
        for track, read in here.items():
            hear = self._judge(rows[track], read, model_id, any_model)
            if hear is not False:
                queued.append(track)
            if hear is None:
                renewed.append(track)
        self._write_facts(here)
        self._connection.executemany("DELETE FROM verdicts WHERE track_id = ?", [(track,) for track in renewed])
        self._queue(queued)
        heard = self._take_over({track: here[track].payload_digest for track in renewed}, model_id, any_model)
        left = {track: here[track].path for track in queued if track not in heard}
        removed = tuple(taken)
        return FactsResult((*here, *removed), left, len(here) - len(left), tuple(taken.values()), removed)

    def _judge(self, row: _Row, read: FileFacts, model_id: int | None, any_model: bool) -> bool | None:
        """Return whether a track is to be heard; None where nothing that was said of it holds any more."""
        assert read.stamp is not None
        same = row.stamp.same(read.stamp)
        if not read.payload_digest:
            return not (same and row.state == TrackState.FAILED)  # it can't be read: the decoder knows why
        if same and row.state == TrackState.QUEUED and not row.digest:
            return None  # a new one
        if (row.tags_read or not same) and read.payload_digest != row.digest:
            return None
        if not same and row.state == TrackState.FAILED:
            return True  # what kept it from being heard may have been in the tags
        return self._settle(row, row.model_id if any_model else model_id) is None

    def _write_facts(self, facts: Mapping[int, FileFacts]) -> None:
        values: list[tuple[object, ...]] = []
        unread: list[tuple[object, ...]] = []
        for track, read in facts.items():
            stamp, tags = read.stamp, read.tags
            assert stamp is not None
            numbers = (stamp.size, stamp.mtime_ns, stamp.ctime_ns, stamp.inode, stamp.device)
            texts = map(_text, (tags.title, tags.artist, tags.album, "; ".join(tags.genres)))
            (values if read.payload_digest else unread).append(
                (*numbers, read.payload_digest, *texts, track) if read.payload_digest else (*numbers, track)
            )
        numbers_set = "size = ?, mtime_ns = ?, ctime_ns = ?, inode = ?, device = ?, tags_read = 1, offline = 0"
        self._connection.executemany(
            f"UPDATE tracks SET {numbers_set}, payload_digest = ?, title = ?, artist = ?, album = ?, genre = ?"
            " WHERE id = ?",
            values,
        )
        # What may not be read now keeps what was read of it before.
        self._connection.executemany(f"UPDATE tracks SET {numbers_set} WHERE id = ?", unread)

    def note_stamp(self, track: int, stamp: FileStamp | None) -> None:
        """Take a file for read as it is now, though nothing could be read of it."""
        if stamp is not None:
            self._connection.execute(
                "UPDATE tracks SET size = ?, mtime_ns = ?, ctime_ns = ?, inode = ?, device = ?, tags_read = 1,"
                " offline = 0 WHERE id = ?",
                (stamp.size, stamp.mtime_ns, stamp.ctime_ns, stamp.inode, stamp.device, track),
            )

    def _replace(self, moves: Mapping[int, int]) -> dict[int, int]:
        """Put tracks in the place of the rows that were made for their new paths; return which, by those rows' ids."""
        done = {}
        for new, old in moves.items():
            # A row that a person worked on in the meantime stays what it is.
            row = self._connection.execute(
                "DELETE FROM tracks WHERE id = ? AND corrected IS NULL AND model_id IS NULL"
                " AND EXISTS (SELECT 1 FROM tracks WHERE id = ?)"
                " AND NOT EXISTS (SELECT 1 FROM tag_changes WHERE track_id = tracks.id) RETURNING path, real_path",
                (new, old),
            ).fetchone()
            if row is not None and self._move([(old, os.fsdecode(row[0]), os.fsdecode(row[1]))]):
                done[new] = old
        return done

    def _take_over(self, digests: Mapping[int, str], model_id: int | None, any_model: bool) -> set[int]:
        """Give tracks the verdicts of others with the same audio; return those that need not be heard any more."""
        sources = self._judged(set(digests.values()) - {""}, model_id, any_model, set(digests))
        done = set()
        for track, digest in digests.items():
            if digest not in sources:
                continue
            source, model = sources[digest]
            for table in ("verdicts", "windows"):
                columns = ", ".join(name for name in _columns(self._connection, table) if name != "track_id")
                self._connection.execute(
                    f"INSERT OR IGNORE INTO {table} (track_id, {columns})"
                    f" SELECT ?, {columns} FROM {table} WHERE track_id = ?",
                    (track, source),
                )
            self._connection.execute(
                "UPDATE tracks SET duration = (SELECT duration FROM tracks WHERE id = ?) WHERE id = ?", (source, track)
            )
            if self._show_verdict(track, model):
                done.add(track)
        return done

    def _judged(
        self, digests: Iterable[str], model_id: int | None, any_model: bool, but: set[int]
    ) -> dict[str, tuple[int, int]]:
        """Return a track that the model (or any) has judged and its model, by the digest of its audio."""
        wanted, found = list(digests), dict[str, tuple[int, int]]()
        for at in range(0, len(wanted), _AT_ONCE):
            part = wanted[at : at + _AT_ONCE]
            rows = self._connection.execute(
                "SELECT t.payload_digest, t.id, v.model_id FROM tracks t JOIN verdicts v ON v.track_id = t.id"
                f" WHERE t.payload_digest IN ({','.join('?' * len(part))}) AND t.payload_digest != ''"
                " AND v.model_id = CASE WHEN ? THEN t.model_id ELSE ? END",
                (*part, any_model, model_id),
            )
            for digest, track, model in rows.fetchall():
                if track not in but:
                    found.setdefault(digest, (track, model))
        return found


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]


def _row(row: Sequence[Any]) -> _Row:
    track, path, size, mtime, ctime, inode, device, state, model, digest, tags_read, offline, real = row
    stamp = FileStamp(size, mtime, ctime, inode, device)
    return _Row(track, path, stamp, state, model, digest, bool(tags_read), bool(offline), real)


def _text(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")  # SQLite takes no lone surrogates
