"""Reading the library database: ids for the table, rows by the page, timelines, counts."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mgc_desktop.core.values import TrackRow, TrackState, Verdict, VerdictKind, WindowScores
from mgc_desktop.library.connection import connect_to_read, translated
from mgc_desktop.library.corrections import CorrectedTrack, GenreNames, read_corrections, read_genre_names

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
_ROW = (
    "id, path, title, artist, genre, state, kind, t.label, confidence, runner_up, runner_up_confidence, duration,"
    " error, c.label, c.made_at"
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
        with translated(path):
            self._connection = connect_to_read(path)

    def close(self) -> None:
        """Close the connection; may be called again."""
        self._connection.close()

    def ids(
        self,
        search: str = "",
        order: str = "path",
        descending: bool = False,
        *,
        state: TrackState | None = None,
        kind: VerdictKind | None = None,
        label: str | None = None,
    ) -> NDArray[np.int64]:
        """Return the ids of tracks in order (some 20 ms for 100,000).

        Parameters
        ----------
        search : str
            Words that must all begin a word of the title, artist, genre, label or path.
        order : str
            A key of `ORDERS`. Tracks without a value come first, or last where descending.
        descending : bool
        state, kind, label
            Only tracks of this state, or which are of this kind or label by the person's word or else the verdict.

        Returns
        -------
        int64[n]
        """
        filters = {"state": state, "shown_kind": kind, "shown_label": label}
        values = [str(value) for value in filters.values() if value is not None]
        wheres = " AND ".join(f"{name} = ?" for name, value in filters.items() if value is not None) or "1"
        way = "DESC" if descending else "ASC"
        columns = ", ".join(f"{column} {way}" for column in (*ORDERS[order], "id"))
        with translated(self.path):
            ordered = self._numbers(f"SELECT id AS n FROM tracks WHERE {wheres} ORDER BY {columns}", values)
            if not search.strip():
                return ordered
            expression = match_expression(search)
            if not expression or not ordered.size:
                return ordered[:0]
            matching = self._numbers("SELECT rowid AS n FROM search WHERE search MATCH ?", [expression])
        # Joined here: SQLite would look up each match in the table, four times as slow where the matches are many.
        wanted = np.zeros(max(ordered.max(), matching.max(initial=0)) + 1, bool)
        wanted[matching] = True
        return ordered[wanted[ordered]]

    def _numbers(self, sql: str, values: Sequence[str]) -> NDArray[np.int64]:
        """Return the column `n` of a query. As one text it takes half the time of 100,000 rows of one number."""
        (text,) = self._connection.execute(f"SELECT group_concat(n) FROM ({sql})", values).fetchone()
        return np.fromstring(text, np.int64, sep=",") if text else np.empty(0, np.int64)

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

    def genre_names(self) -> GenreNames:
        """Return every genre's name that the library knows, for completing what is typed."""
        with translated(self.path):
            return read_genre_names(self._connection)

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
        stem = os.fsencode(os.path.join(folder, ""))
        above = stem[:-1] + bytes([stem[-1] + 1])
        with translated(self.path):
            rows = self._connection.execute(
                "SELECT path, id FROM tracks WHERE path >= ? AND path < ?", (stem, above)
            ).fetchall()
        return {os.fsdecode(path): track_id for path, track_id in rows}


def match_expression(search: str) -> str:
    """Return the FTS5 expression for words that must all match by prefix; empty where there is no word in it.

    >>> match_expression('pink floy')
    '"pink"* "floy"*'
    """
    words = [word for word in search.replace('"', " ").replace("\0", " ").split() if any(map(str.isalnum, word))]
    return " ".join(f'"{word}"*' for word in words)


def _track_row(row: tuple[Any, ...]) -> TrackRow:
    track_id, path, title, artist, genre, state, kind, *rest = row
    shown = None if kind is None else VerdictKind(kind)
    return TrackRow(track_id, os.fsdecode(path), title, artist, genre, TrackState(state), shown, *rest)
