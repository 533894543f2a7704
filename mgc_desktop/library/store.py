"""The one writing connection to the library database."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mgc_desktop.core.values import FileResult, TrackState, Verdict, VerdictKind, WindowScores
from mgc_desktop.library import corrections
from mgc_desktop.library.connection import connect, translated
from mgc_desktop.library.corrections import CorrectionChange
from mgc_desktop.library.migrations import migrate


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file as a folder walk sees it."""

    path: str  # absolute; undecodable bytes as surrogates
    size: int  # bytes
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class AddResult:
    """What became of found files.

    Attributes
    ----------
    new_ids : tuple of int
        Tracks that the library did not know; they are queued.
    queued_ids : tuple of int
        Known tracks that are to be heard: changed, not judged by this model yet, or left over from before.
    unchanged : int
        Files that need nothing: judged by this model, or known to be unreadable, and the same since.
    shown_ids : tuple of int
        Unchanged tracks whose row changed all the same: they were missing, or showed another model's verdict.
    """

    new_ids: tuple[int, ...]
    queued_ids: tuple[int, ...]
    unchanged: int
    shown_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class PendingTrack:
    """A track that waits to be heard."""

    id: int
    path: str


class Store:
    """Writes the library. One per database, opened, used and closed by one thread (the writer).

    Each method is a transaction; `batch` makes one of many. Other threads read what was committed through
    `mgc_desktop.library.reader.Reader`, without waiting. Ids of tracks that were removed meanwhile are passed over.

    Parameters
    ----------
    path : Path
        The database's file, made where there is none, upgraded (after a backup) where it is of an older format.

    Raises
    ------
    LibraryError
        Every method too: disk full, locked, damaged, read-only, of a newer format. What was committed before stays.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._batching = False
        with translated(path), ExitStack() as undo:
            self._connection = connect(path)
            undo.callback(self._connection.close)
            self.backups = migrate(self._connection, path)
            undo.pop_all()  # it worked: the connection stays open

    def close(self) -> None:
        """Close the connection; may be called again."""
        with translated(self.path):
            self._connection.close()

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Make one transaction of all calls within: a hundred results cost one write to the disk.

        An exception inside undoes the whole batch.
        """
        if self._batching:
            yield
            return
        with translated(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            self._batching = True
            try:
                yield
                self._connection.execute("COMMIT")
            finally:
                self._batching = False
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")

    # Folders

    def add_folder(self, path: str) -> None:
        """Remember a folder whose files the person wants in the library."""
        with self.batch():
            self._connection.execute(
                "INSERT OR IGNORE INTO folders (path, added_at) VALUES (?, ?)", (os.fsencode(path), time.time())
            )

    def remove_folder(self, path: str) -> None:
        """Forget a folder; its tracks stay."""
        with self.batch():
            self._connection.execute("DELETE FROM folders WHERE path = ?", (os.fsencode(path),))

    # Tracks

    def add_files(self, found: Sequence[FoundFile], model_sha: str) -> AddResult:
        """Enter found files, and queue those that have to be heard.

        A file whose size and time are as before is *unchanged* where this model has judged it (at any time: its
        verdict is shown again), or where it could not be read.

        Parameters
        ----------
        found : sequence of FoundFile
            Some hundred at a time, so that rows appear soon and each call is short (a thousand take some 0.1 s).
        model_sha : str
            `ModelInfo.sha256` of the model in use; empty where there is none, then any verdict will do.
        """
        new: list[int] = []
        queued: list[int] = []
        shown: list[int] = []
        with self.batch():
            model_id = self._model_id(model_sha)
            for file in found:
                row = self._connection.execute(
                    "SELECT id, size = ? AND mtime_ns = ?, state, model_id FROM tracks WHERE path = ?",
                    (file.size, file.mtime_ns, os.fsencode(file.path)),
                ).fetchone()
                if row is None:
                    new.append(self._insert(file))
                    continue
                track_id, same, state, judged_by = row
                wanted = model_id if model_sha else judged_by
                settled = self._settle(track_id, state, judged_by, wanted) if same else None
                if settled is None:
                    queued.append(track_id)
                    self._queue(track_id, file, bool(same))
                elif settled:
                    shown.append(track_id)
        return AddResult(tuple(new), tuple(queued), len(found) - len(new) - len(queued), tuple(shown))

    def _insert(self, file: FoundFile) -> int:
        encoded = os.fsencode(file.path)
        cursor = self._connection.execute(
            "INSERT INTO tracks (path, path_text, size, mtime_ns, state, added_at) VALUES (?, ?, ?, ?, ?, ?)",
            (encoded, encoded.decode("utf-8", "replace"), file.size, file.mtime_ns, TrackState.QUEUED, time.time()),
        )
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def _settle(self, track_id: int, state: str, judged_by: int | None, model_id: int | None) -> bool | None:
        """Return None where an unchanged file must be heard, else whether its row had to be changed."""
        if state == TrackState.FAILED:
            return False
        if model_id is None or state == TrackState.QUEUED:
            return None
        if state == TrackState.DONE and judged_by == model_id:
            return False
        verdict = self._connection.execute(
            "SELECT kind, label, confidence, runner_up, runner_up_confidence FROM verdicts"
            " WHERE track_id = ? AND model_id = ?",
            (track_id, model_id),
        ).fetchone()
        if verdict is None:
            return None
        self._connection.execute(
            "UPDATE tracks SET state = ?, error = '', model_id = ?, kind = ?, label = ?, confidence = ?, runner_up = ?,"
            " runner_up_confidence = ? WHERE id = ?",
            (TrackState.DONE, model_id, *verdict, track_id),
        )
        return True

    def _queue(self, track_id: int, file: FoundFile, same: bool) -> None:
        # The former verdict stays in sight until there is a new one, but does not count for other content.
        if not same:
            self._connection.execute("DELETE FROM verdicts WHERE track_id = ?", (track_id,))
        self._connection.execute(
            "UPDATE tracks SET state = ?, error = '', size = ?, mtime_ns = ? WHERE id = ?",
            (TrackState.QUEUED, file.size, file.mtime_ns, track_id),
        )

    def requeue(self, track_ids: Iterable[int]) -> None:
        """Queue tracks again, whatever is known of them ("Hear again")."""
        with self.batch():
            self._connection.executemany(
                "UPDATE tracks SET state = ?, error = '' WHERE id = ?",
                [(TrackState.QUEUED, track_id) for track_id in track_ids],
            )

    def pending(self, limit: int) -> list[PendingTrack]:
        """Return up to `limit` queued tracks, in the order they came in; also those of earlier sessions."""
        with translated(self.path):
            rows = self._connection.execute(
                "SELECT id, path FROM tracks WHERE state = ? ORDER BY id LIMIT ?", (TrackState.QUEUED, limit)
            ).fetchall()
        return [PendingTrack(track_id, os.fsdecode(path)) for track_id, path in rows]

    # Verdicts

    def set_result(self, track_id: int, result: FileResult, model_sha: str, payload_digest: str = "") -> None:
        """Keep what was heard: verdict, timeline, tags, duration.

        Parameters
        ----------
        track_id : int
        result : FileResult
            With a verdict of kind ERROR it is handed to `set_failed`.
        model_sha : str
            `ModelInfo.sha256` of the model that judged.
        payload_digest : str
            `DecodedFile.payload_digest`.
        """
        if result.verdict.kind is VerdictKind.ERROR:
            self.set_failed(track_id, result.error or result.verdict.reason)
            return
        with self.batch():
            if self._set_track(track_id, result, payload_digest):
                self._set_verdict(track_id, result.verdict, result.windows, model_sha)

    def _set_track(self, track_id: int, result: FileResult, payload_digest: str) -> bool:
        tags = result.tags
        texts = map(_text, (tags.title, tags.artist, tags.album, "; ".join(tags.genres)))
        changed = self._connection.execute(
            "UPDATE tracks SET state = ?, error = '', duration = ?, payload_digest = ?, title = ?, artist = ?,"
            " album = ?, genre = ? WHERE id = ?",
            (TrackState.DONE, result.duration, payload_digest, *texts, track_id),
        ).rowcount
        return changed > 0

    def _set_verdict(self, track_id: int, verdict: Verdict, windows: Sequence[WindowScores], model_sha: str) -> None:
        labels = list(verdict.probabilities)
        model_id = self._model_id(model_sha, verdict.model, labels)
        second = (verdict.runner_up, verdict.runner_up_confidence)
        shown = (verdict.kind, verdict.label, verdict.confidence, *second)
        self._connection.execute(
            "UPDATE tracks SET model_id = ?, kind = ?, label = ?, confidence = ?, runner_up = ?,"
            " runner_up_confidence = ? WHERE id = ?",
            (model_id, *shown, track_id),
        )
        # Replacing a verdict removes its timeline as well.
        self._connection.execute(
            "INSERT OR REPLACE INTO verdicts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (track_id, model_id, *shown, _text(verdict.reason), _blob(verdict.probabilities.values()), time.time()),
        )
        if windows:
            spans = _blob(edge for window in windows for edge in (window.start, window.end))
            scores = _blob(window.probabilities.get(label, 0.0) for window in windows for label in labels)
            self._connection.execute("INSERT INTO windows VALUES (?, ?, ?, ?)", (track_id, model_id, spans, scores))

    def set_failed(self, track_id: int, sentence: str) -> None:
        """Say why a track could not be heard; it is not tried again until its file changes, or `requeue`."""
        with self.batch():
            self._connection.execute(
                "UPDATE tracks SET state = ?, error = ?, kind = NULL, label = NULL, confidence = NULL,"
                " runner_up = NULL, runner_up_confidence = NULL, model_id = NULL WHERE id = ?",
                (TrackState.FAILED, _text(sentence), track_id),
            )

    # Corrections

    def correct(self, track_ids: Iterable[int], label: str | None) -> list[CorrectionChange]:
        """Keep the genre that the person says tracks are, or forget it where `label` is None.

        Corrections stay whatever is heard later, by whichever model. Returns what changed, for `apply_corrections`.
        """
        with self.batch():
            return corrections.set_label(
                self._connection, track_ids, None if label is None else _text(label), time.time()
            )

    def accept(self, track_ids: Iterable[int]) -> list[CorrectionChange]:
        """Take the verdicts of tracks for right; those without one, or with a correction, are passed over."""
        with self.batch():
            return corrections.accept(self._connection, track_ids, time.time())

    def apply_corrections(self, changes: Iterable[CorrectionChange]) -> list[CorrectionChange]:
        """Undo (as `CorrectionChange.reversed`) or redo changes, but of tracks that were corrected otherwise since."""
        with self.batch():
            return corrections.apply(self._connection, changes)

    def track_ids(self, paths: Iterable[str]) -> dict[str, int]:
        """Return the ids of those of `paths` that the library knows."""
        found = {}
        with translated(self.path):
            for path in paths:
                row = self._connection.execute("SELECT id FROM tracks WHERE path = ?", (os.fsencode(path),)).fetchone()
                if row is not None:
                    found[path] = int(row[0])
        return found

    # What is gone

    def set_missing(self, track_ids: Iterable[int]) -> None:
        """Mark tracks whose files are gone; what is known of them stays, in case they come back."""
        with self.batch():
            self._connection.executemany(
                "UPDATE tracks SET state = ?, error = '' WHERE id = ?",
                [(TrackState.MISSING, track_id) for track_id in track_ids],
            )

    def remove_missing(self) -> list[int]:
        """Forget all missing tracks and return their ids."""
        with self.batch():
            rows = self._connection.execute(
                "DELETE FROM tracks WHERE state = ? RETURNING id", (TrackState.MISSING,)
            ).fetchall()
        return [track_id for (track_id,) in rows]

    def remove(self, track_ids: Iterable[int]) -> None:
        """Forget tracks; their files are not touched."""
        with self.batch():
            self._connection.executemany("DELETE FROM tracks WHERE id = ?", [(track_id,) for track_id in track_ids])

    def _model_id(self, sha256: str, name: str | None = None, labels: Sequence[str] = ()) -> int | None:
        """Return the number of a model; with a name, enter it where it is new."""
        row = self._connection.execute("SELECT id FROM models WHERE sha256 = ?", (sha256,)).fetchone()
        if row is not None:
            return int(row[0])
        if name is None:
            return None
        return self._connection.execute(
            "INSERT INTO models (sha256, name, labels) VALUES (?, ?, ?)", (sha256, name, json.dumps(list(labels)))
        ).lastrowid


def _text(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")  # SQLite takes no lone surrogates


def _blob(values: Iterable[float]) -> bytes:
    return np.fromiter(values, "<f4").tobytes()
