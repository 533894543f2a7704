"""Reading the library database: ids for the table, rows by the page, timelines, counts."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mgc_desktop.core.values import TrackRow, TrackState, Verdict, VerdictKind, WindowScores
from mgc_desktop.library.connection import connect_to_read, translated
from mgc_desktop.library.corrections import (
    CorrectedTrack,
    GenreNames,
    PastCorrection,
    read_corrections,
    read_genre_names,
    read_past,
)
from mgc_desktop.library.doubtful import doubtful_ids
from mgc_desktop.library.filters import EVERYTHING, Filter, Sieve, Summary, path_range
from mgc_desktop.library.journal import (
    BatchRow,
    ChangeRow,
    DoneChange,
    read_batches,
    read_changes,
    read_done,
    read_patch,
    read_track_changes,
)
from mgc_desktop.library.known import KnownFiles
from mgc_desktop.library.sessions import SessionReader

# What the table may be ordered by; each has an index.
ORDERS: Mapping[str, tuple[str, ...]] = {
    "path": ("path_text COLLATE NOCASE",),
    "title": ("title COLLATE NOCASE",),
    "artist": ("artist COLLATE NOCASE",),
    "existing_genre": ("genre COLLATE NOCASE",),
    "state": ("state",),
    "kind": ("shown_kind", "shown_label"),
    "label": ("shown_label COLLATE NOCASE",),
    "confidence": ("shown_confidence",),
    "runner_up": ("shown_second COLLATE NOCASE",),
    "duration": ("duration",),
    "id": (),
}
_ROWS_AT_ONCE = 500
_KEPT_ORDERS = 2
_PARSED_AT_ONCE = 200_000  # characters: 1 ms
_ROW = (
    "id, path, title, artist, genre, state, kind, t.label, confidence, runner_up, runner_up_confidence, duration,"
    " error, c.label, c.made_at, offline"
)


@dataclass(frozen=True, slots=True)
class LibraryCounts:
    """How many tracks there are, in all and by what is known of them; a person's word counts before the verdict."""

    total: int
    states: Mapping[TrackState, int]
    kinds: Mapping[VerdictKind, int]
    genres: Mapping[str, int]  # tracks of this genre, the most frequent first

    def __str__(self) -> str:
        states = ", ".join(f"{number:,} {state}" for state, number in self.states.items())
        return f"{self.total:,} tracks" + (f" ({states})" if states else "")


class Reader:
    """A read-only connection. Opened, used and closed by one thread; each thread has its own.

    Parameters
    ----------
    path : Path
        The database's file; a `Store` must have made it.

    Raises
    ------
    LibraryError
        Every method too.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._version = -1  # of the state of the library that the following belong to
        self._orders: dict[str, NDArray[np.int64]] = {}
        self._sieve_now: Sieve | None = None
        with translated(path):
            self._connection = connect_to_read(path)

    @property
    def known(self) -> KnownFiles:
        """What the library knows of files by path, number and content."""
        return KnownFiles(self._connection, self.path)

    @contextmanager
    def sessions(self) -> Iterator[SessionReader]:
        """Give what reads the sessions of listening, within a `with`."""
        with translated(self.path):
            yield SessionReader(self._connection)

    def close(self) -> None:
        """Close the connection; may be called again."""
        self._connection.close()

    def ids(
        self, wanted: Filter | str = EVERYTHING, order: str = "path", descending: bool = False
    ) -> NDArray[np.int64]:
        """Return the ids of tracks in order (some 20 ms for 100,000, 0.2 s for a million).

        Parameters
        ----------
        wanted : Filter or str
            Which tracks; a text stands for ``Filter(text=...)``.
        order : str
            A key of `ORDERS`. Tracks without a value come first, or last where descending.
        descending : bool

        Returns
        -------
        int64[n]
            Not to be written to.
        """
        wanted = Filter(text=wanted) if isinstance(wanted, str) else wanted
        way = "DESC" if descending else "ASC"
        columns = ", ".join(f"{column} {way}" for column in (*ORDERS[order], "id"))
        with self._snapshot():
            ordered = self._remembered(f"SELECT id AS n FROM tracks ORDER BY {columns}")
            if not wanted.has("text") and not wanted.without("text"):
                return ordered
            return ordered[self._sieve(ordered).passing(wanted)[ordered]]

    def summary(self, wanted: Filter = EVERYTHING) -> Summary:
        """Return how many tracks there are of everything that can be filtered by (some 0.1 s for 100,000)."""
        with self._snapshot():
            ids = self._remembered("SELECT id AS n FROM tracks ORDER BY path_text COLLATE NOCASE ASC, id ASC")
            return self._sieve(ids).summary(wanted, self.folders())

    @contextmanager
    def _snapshot(self) -> Iterator[None]:
        """See one state of the library throughout; what was read of it before is used again while it is that one."""
        with translated(self.path):
            self._connection.execute("BEGIN")
            try:
                (version,) = self._connection.execute("PRAGMA data_version").fetchone()
                if version != self._version:
                    self._version, self._sieve_now = version, None
                    self._orders.clear()
                yield
            finally:
                self._connection.execute("COMMIT")

    def _remembered(self, sql: str) -> NDArray[np.int64]:
        if sql not in self._orders:
            while len(self._orders) >= _KEPT_ORDERS:
                del self._orders[next(iter(self._orders))]
            self._orders[sql] = self._numbers(sql)
        return self._orders[sql]

    def _sieve(self, ids: NDArray[np.int64]) -> Sieve:
        if self._sieve_now is None:
            self._sieve_now = Sieve(ids, self._numbers, self._groups)
        return self._sieve_now

    # SQLite joins the numbers to one text outside Python's lock: as rows, 100,000 of them would keep every other
    # thread, the window's too, from running for 50 ms.

    def _numbers(self, sql: str, values: Sequence[object] = ()) -> NDArray[np.int64]:
        """Return the column `n` of a query."""
        (text,) = self._connection.execute(f"SELECT group_concat(n) FROM ({sql})", values).fetchone()
        return parse_ids(text or "")

    def _groups(self, sql: str, values: Sequence[object] = ()) -> list[tuple[str, NDArray[np.int64]]]:
        """Return the column `n` of a query by the column `name`."""
        rows = self._connection.execute(f"SELECT name, group_concat(n) FROM ({sql}) GROUP BY name", values)
        return [(name, parse_ids(text)) for name, text in rows]

    def rows(self, ids: Sequence[int] | NDArray[np.int64]) -> list[TrackRow]:
        """Return the rows of tracks in the order asked; ids that are gone are left out."""
        wanted = [int(track_id) for track_id in ids]
        found: dict[int, TrackRow] = {}
        with translated(self.path):
            for at in range(0, len(wanted), _ROWS_AT_ONCE):
                part = wanted[at : at + _ROWS_AT_ONCE]
                marks = ",".join("?" * len(part))
                sql = f"SELECT {_ROW} FROM tracks t LEFT JOIN corrections c ON c.track_id = t.id WHERE id IN ({marks})"
                for row in self._connection.execute(sql, part):
                    found[row[0]] = _track_row(row)
        return [found[track_id] for track_id in wanted if track_id in found]

    def verdict(self, track_id: int) -> Verdict | None:
        """Return the verdict that a track's row shows, with every probability; None where there is none."""
        with translated(self.path):
            row = self._connection.execute(
                "SELECT v.kind, v.label, v.confidence, v.runner_up, v.runner_up_confidence, v.probabilities, m.name,"
                " m.labels, v.reason FROM tracks t JOIN verdicts v ON v.track_id = t.id AND v.model_id = t.model_id"
                " JOIN models m ON m.id = v.model_id WHERE t.id = ?",
                (track_id,),
            ).fetchone()
        if row is None:
            return None
        kind, label, confidence, second, second_confidence, blob, name, labels, reason = row
        scores = dict(zip(json.loads(labels), np.frombuffer(blob, "<f4").tolist(), strict=True))
        return Verdict(VerdictKind(kind), label, confidence, second, second_confidence, scores, name, reason)

    def windows(self, track_id: int) -> tuple[WindowScores, ...]:
        """Return the timeline behind the verdict that a track's row shows."""
        with translated(self.path):
            row = self._connection.execute(
                "SELECT w.spans, w.probabilities, m.labels FROM tracks t"
                " JOIN windows w ON w.track_id = t.id AND w.model_id = t.model_id"
                " JOIN models m ON m.id = w.model_id WHERE t.id = ?",
                (track_id,),
            ).fetchone()
        if row is None:
            return ()
        labels = json.loads(row[2])
        spans = np.frombuffer(row[0], "<f4").reshape(-1, 2).tolist()
        scores = np.frombuffer(row[1], "<f4").reshape(len(spans), len(labels)).tolist()
        return tuple(
            WindowScores(start, end, dict(zip(labels, values, strict=True)))
            for (start, end), values in zip(spans, scores, strict=True)
        )

    def counts(self) -> LibraryCounts:
        """Return how many tracks there are of each state, kind and genre."""
        with translated(self.path):
            states = self._connection.execute("SELECT state, count(*) FROM tracks GROUP BY state").fetchall()
            kinds = self._connection.execute(
                "SELECT shown_kind, count(*) FROM tracks WHERE shown_kind IS NOT NULL GROUP BY shown_kind"
            ).fetchall()
            genres = self._connection.execute(
                "SELECT shown_label, count(*) AS n FROM tracks WHERE shown_kind = ? GROUP BY shown_label"
                " ORDER BY n DESC, shown_label",
                (VerdictKind.GENRE,),
            ).fetchall()
        return LibraryCounts(
            sum(number for _, number in states),
            {TrackState(state): number for state, number in states},
            {VerdictKind(kind): number for kind, number in kinds},
            dict(genres),
        )

    def corrections(self) -> list[CorrectedTrack]:
        """Return path, label and group of every corrected track whose file is there: what retraining can learn from."""
        with translated(self.path):
            return read_corrections(self._connection)

    def doubtful(self) -> NDArray[np.int64]:
        """Return the ids of the tracks that a person should hear, the most doubtful first; int64[n]."""
        with translated(self.path):
            return doubtful_ids(self._connection)

    def genre_names(self) -> GenreNames:
        """Return every genre's name that the library knows, for completing what is typed."""
        with translated(self.path):
            return read_genre_names(self._connection)

    # The journal of tag writes

    def batches(self) -> list[BatchRow]:
        """Return the batches of tag writes, the latest first."""
        with translated(self.path):
            return read_batches(self._connection)

    def changes(self, batch_id: int) -> list[ChangeRow]:
        """Return the files of a batch, in order."""
        with translated(self.path):
            return read_changes(self._connection, batch_id)

    def track_changes(self, track_id: int) -> list[ChangeRow]:
        """Return what was written into a track's file, or was to be, the latest first."""
        with translated(self.path):
            return read_track_changes(self._connection, track_id)

    def past_corrections(self, track_id: int) -> list[PastCorrection]:
        """Return all that a person said of a track, the latest first."""
        with translated(self.path):
            return read_past(self._connection, track_id)

    def done_changes(self, batch_id: int) -> list[DoneChange]:
        """Return what undoing a batch has to take back, the latest first."""
        with translated(self.path):
            return read_done(self._connection, batch_id)

    def patch(self, change_id: int) -> bytes:
        """Return what makes the old tag block of a written file."""
        with translated(self.path):
            return read_patch(self._connection, change_id)

    def queued_paths(self) -> list[str]:
        """Return the paths that wait to be heard, also from earlier sessions, in the order they came in."""
        with translated(self.path):
            rows = self._connection.execute(
                "SELECT path FROM tracks WHERE state = ? ORDER BY id", (TrackState.QUEUED,)
            ).fetchall()
        return [os.fsdecode(path) for (path,) in rows]

    def check(self) -> list[str]:
        """Return what is wrong with the database's pages and indexes; empty where it is sound (s, for large ones)."""
        with translated(self.path):
            rows = self._connection.execute("PRAGMA quick_check(10)").fetchall()
        return [text for (text,) in rows if text != "ok"]

    def folders(self) -> list[str]:
        """Return the folders that the person added, in that order."""
        with translated(self.path):
            rows = self._connection.execute("SELECT path FROM folders ORDER BY id").fetchall()
        return [os.fsdecode(path) for (path,) in rows]

    def tracks_under(self, folder: str) -> dict[str, int]:
        """Return the ids of all tracks in a folder and below, by path: what a walk did not meet is missing."""
        with translated(self.path):
            rows = self._connection.execute(
                "SELECT path, id FROM tracks WHERE path >= ? AND path < ?", path_range(folder)
            ).fetchall()
        return {os.fsdecode(path): track_id for path, track_id in rows}


def parse_ids(text: str) -> NDArray[np.int64]:
    """Return numbers of a text, which are separated by commas; in short pieces, between which other threads may run."""
    pieces, at = [], 0
    while at < len(text):
        end = text.find(",", at + _PARSED_AT_ONCE)
        end = len(text) if end < 0 else end
        pieces.append(np.fromstring(text[at:end], np.int64, sep=","))
        at = end + 1
    return np.concatenate(pieces) if pieces else np.empty(0, np.int64)


def _track_row(row: tuple[Any, ...]) -> TrackRow:
    track_id, path, title, artist, genre, state, kind, *rest, offline = row
    shown = None if kind is None else VerdictKind(kind)
    values = (track_id, os.fsdecode(path), title, artist, genre, TrackState(state), shown, *rest, bool(offline))
    return TrackRow(*values)
