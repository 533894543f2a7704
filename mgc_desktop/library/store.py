"""The one writing connection to the library database."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mgc_desktop.core.values import FileResult, TrackState, Verdict, VerdictKind, WindowScores
from mgc_desktop.library import corrections, removal
from mgc_desktop.library.connection import connect, translated
from mgc_desktop.library.corrections import CorrectionChange
from mgc_desktop.library.identity import FileFacts, signed
from mgc_desktop.library.intake import AddResult, FactsResult, FoundFile, Intake
from mgc_desktop.library.journal import Journal
from mgc_desktop.library.known import FolderRow, KnownFiles, read_folders
from mgc_desktop.library.migrations import migrate
from mgc_desktop.library.sessions import SessionBook

__all__ = ["AddResult", "FactsResult", "FoundFile", "PendingTrack", "Store"]


@dataclass(frozen=True, slots=True)
class PendingTrack:
    """A track that waits to be heard."""

    id: int
    path: str
    tags_read: bool = True  # whether its file was read since it was found


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
            self._intake = Intake(self._connection)
            undo.pop_all()  # it worked: the connection stays open

    def close(self) -> None:
        """Close the connection; may be called again."""
        with translated(self.path):
            self._connection.close()

    @contextmanager
    def batch(self, *, durable: bool = False) -> Iterator[None]:
        """Make one transaction of all calls within: a hundred results cost one write to the disk.

        An exception inside undoes the whole batch.

        Parameters
        ----------
        durable : bool
            Whether it must be on the disk before this ends, so that a power cut cannot take it back.
        """
        if self._batching:
            yield
            return
        with translated(self.path), ExitStack() as after:
            if durable:
                self._connection.execute("PRAGMA synchronous = FULL")
                after.callback(self._connection.execute, "PRAGMA synchronous = NORMAL")
            self._connection.execute("BEGIN IMMEDIATE")
            self._batching = True
            try:
                yield
                self._connection.execute("COMMIT")
            finally:
                self._batching = False
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")

    # Tag writes

    @property
    def journal(self) -> Journal:
        """The journal of tag writes; write it within `batch`."""
        return Journal(self._connection)

    @property
    def sessions(self) -> SessionBook:
        """The sessions of listening; write them within `batch`."""
        return SessionBook(self._connection)

    # Folders and walks

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

    def begin_removal(self, folder: str) -> int:
        """Return the number of a removal, for `remove` and `put_back`; it is remembered for a month."""
        with self.batch():
            return removal.begin(self._connection, folder)

    def put_back(self, number: int, limit: int) -> list[int]:
        """Put up to `limit` tracks of a removal back with all that was known of them; none left: it is over.

        The folder is listed again with the last ones.
        """
        with self.batch():
            ids = removal.put_back(self._connection, number, limit)
            if len(ids) < limit:
                removal.end(self._connection, number)
        return ids

    def removed_folder(self, number: int) -> str | None:
        """Return which folder a removal took out; None where that was put back or is long ago."""
        with translated(self.path):
            return removal.folder_of(self._connection, number)

    def set_folder(self, path: str, *, watched: bool | None = None, offline: bool | None = None) -> None:
        """Note whether a folder is to be watched, or whether its drive is there."""
        with self.batch():
            self._connection.execute(
                "UPDATE folders SET watched = coalesce(?, watched), offline = coalesce(?, offline) WHERE path = ?",
                (watched, offline, os.fsencode(path)),
            )

    def folders(self) -> list[FolderRow]:
        """Return the folders in the order they were added, each with the number of its tracks."""
        with translated(self.path):
            return read_folders(self._connection)

    def begin_walk(self, names: Iterable[str], *, any_verdict: bool) -> None:
        """Remember names that are to be walked; `unfinished` returns them until `end_walk`, also after a crash."""
        with self.batch():
            self._connection.executemany(
                "INSERT OR REPLACE INTO unfinished (path, any_verdict) VALUES (?, ?)",
                [(os.fsencode(name), any_verdict) for name in names],
            )

    def end_walk(self) -> None:
        """Forget the names: whatever they led to is in the library."""
        with self.batch():
            self._connection.execute("DELETE FROM unfinished")

    def unfinished(self) -> dict[str, bool]:
        """Return the names whose walk was not ended, and whether any model's verdict will do for what they lead to."""
        with translated(self.path):
            rows = self._connection.execute("SELECT path, any_verdict FROM unfinished").fetchall()
        return {os.fsdecode(path): bool(any_verdict) for path, any_verdict in rows}

    def only_under(self, folder: str) -> list[int]:
        """Return the tracks in a folder and below that lie in no other folder of the library."""
        others = [row.path for row in self.folders() if row.path != folder]
        with translated(self.path):
            return [track.id for track in KnownFiles(self._connection, self.path).only_under(folder, others)]

    # Tracks

    def add_files(
        self,
        found: Sequence[FoundFile],
        model_sha: str,
        moves: Mapping[int, str] | None = None,
        *,
        reread: bool = False,
    ) -> AddResult:
        """Enter found files, and say which have to be read or heard.

        A file whose stamp is as before is *unchanged* where this model has judged it (at any time: its verdict is
        shown again), or where it could not be read. One that was found under two names is entered once.

        Parameters
        ----------
        found : sequence of FoundFile
            Some hundred at a time, so that rows appear soon and each call is short (a thousand take some 50 ms).
        model_sha : str
            `ModelInfo.sha256` of the model in use; empty where there is none, then any verdict will do.
        moves : mapping of int to str, optional
            Tracks whose paths lead nowhere any more, and which of the found files they are now.
        reread : bool
            Whether every known file is to be read, though nothing speaks for a change.
        """
        with self.batch():
            return self._intake.add(found, self._model_id(model_sha), not model_sha, moves or {}, reread)

    def take_facts(
        self, facts: Mapping[int, FileFacts], model_sha: str, moves: Mapping[int, int] | None = None
    ) -> FactsResult:
        """Keep what was read of files, by track, and queue the tracks whose audio is new.

        A track whose file changed but not its audio keeps its verdict, and one with the audio of another track that
        was heard takes over that one's verdict. A file that its reader fell over is kept as failed.

        Parameters
        ----------
        facts : mapping of int to FileFacts
        model_sha : str
            As for `add_files`.
        moves : mapping of int to int, optional
            Tracks that were entered for new paths, and the tracks that their files turned out to be: those go on
            under the new paths, with all that is known of them.
        """
        with self.batch():
            for track_id, read in facts.items():
                if read.trouble:
                    self._intake.note_stamp(track_id, read.stamp)
                    self.set_failed(track_id, read.trouble)
            return self._intake.take_facts(facts, self._model_id(model_sha), not model_sha, moves or {})

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
                "SELECT id, path, tags_read FROM tracks WHERE state = ? AND offline = 0 ORDER BY id LIMIT ?",
                (TrackState.QUEUED, limit),
            ).fetchall()
        return [PendingTrack(track_id, os.fsdecode(path), bool(read)) for track_id, path, read in rows]

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
            "UPDATE tracks SET state = ?, error = '', tags_read = 1, duration = ?, payload_digest = ?, title = ?,"
            " artist = ?, album = ?, genre = ? WHERE id = ?",
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
                "UPDATE tracks SET state = ?, error = ?, tags_read = 1, kind = NULL, label = NULL, confidence = NULL,"
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

    def set_written(
        self,
        track_id: int,
        genre_text: str,
        size: int,
        mtime_ns: int,
        ctime_ns: int,
        inode: int = 0,
        device: int = 0,
    ) -> None:
        """Note what a tag write of our own left: the next walk finds the file as it is known, and does nothing.

        Parameters
        ----------
        track_id : int
        genre_text : str
            The values of the genre field now, joined by "; ".
        size, mtime_ns, ctime_ns, inode, device : int
            Of the file that took the old one's place; 0 where it is not known.
        """
        stamp = (size, mtime_ns, ctime_ns, signed(inode), signed(device))
        with self.batch():
            self._connection.execute(
                "UPDATE tracks SET genre = ?, size = ?, mtime_ns = ?, ctime_ns = ?, inode = ?, device = ? WHERE id = ?",
                (_text(genre_text), *stamp, track_id),
            )

    # What is gone

    def set_missing(self, track_ids: Iterable[int]) -> None:
        """Mark tracks whose files are gone; what is known of them stays, in case they come back."""
        with self.batch():
            self._connection.executemany(
                "UPDATE tracks SET state = ?, error = '', offline = 0 WHERE id = ?",
                [(TrackState.MISSING, track_id) for track_id in track_ids],
            )

    def set_offline(self, track_ids: Iterable[int]) -> None:
        """Mark tracks whose drive or share is not there; a walk that meets their files takes the mark away."""
        with self.batch():
            self._connection.executemany(
                "UPDATE tracks SET offline = 1 WHERE id = ? AND offline = 0", [(track_id,) for track_id in track_ids]
            )

    def remove_missing(self) -> list[int]:
        """Forget all missing tracks and return their ids."""
        with self.batch():
            rows = self._connection.execute(
                "DELETE FROM tracks WHERE state = ? RETURNING id", (TrackState.MISSING,)
            ).fetchall()
        return [track_id for (track_id,) in rows]

    def remove(self, track_ids: Sequence[int], with_removal: int | None = None) -> None:
        """Take tracks out of the library; their files are not touched. `put_back` knows those of a removal."""
        with self.batch():
            if with_removal is not None:
                removal.set_aside(self._connection, with_removal, track_ids)
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
