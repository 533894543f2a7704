"""The thread with the one writing connection to the library: batches, retries, and says which rows changed."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mgc_desktop.core.errors import LibraryError, LibraryWaitError
from mgc_desktop.engine.events import Problem, TracksChanged
from mgc_desktop.engine.loop import EventSink, Loop
from mgc_desktop.engine.results import Heard
from mgc_desktop.engine.sources import Found

if TYPE_CHECKING:
    from mgc_desktop.library.identity import FileFacts
    from mgc_desktop.library.intake import AddResult, FactsResult, FoundFile
    from mgc_desktop.library.store import PendingTrack, Store

log = logging.getLogger(__name__)

BATCH_SECONDS = 0.1
RETRY_SECONDS = 1.0
_ALL = 2**62


@dataclass(frozen=True, slots=True)
class Change:
    """Which rows a piece of writing touched."""

    ids: tuple[int, ...] = ()
    rows_added: bool = False


Work = Callable[["Store"], Change]


@dataclass(frozen=True, slots=True)
class _Job:
    work: Work
    after: Callable[[], None] | None  # once it is committed
    durable: bool = False


class Writer(Loop):
    """Owns the library's writing connection. Methods may be called from any thread and return at once.

    What can't be written, because the disk is full or the database is locked, is kept and tried again, and said
    once. What never can, because the database is damaged or may not be written, is given up, and whoever waits for
    it is answered.

    Parameters
    ----------
    path : Path
        The database; opened, and upgraded where it is of an older version, in this thread.
    on_event : EventSink
        Gets `TracksChanged`, at most ten a second, and `Problem`.

    Attributes
    ----------
    refusal : str
        Why the last piece of writing was given up; empty where it was not.
    """

    def __init__(self, path: Path, on_event: EventSink) -> None:
        super().__init__("writer", on_event)
        self._path = path
        self._changed = threading.Condition()
        self._jobs: deque[_Job] = deque()
        self._store: Store | None = None
        self._tried = threading.Event()  # to open the database
        self._open_error: LibraryError | None = None
        self._next_batch = 0.0
        self._complained = False
        self._waiting_out = False  # a failure that passes
        self.refusal = ""
        self._batch_size: int | None = None  # 1 after a bug, to find the job that has it

    def wait_open(self, timeout: float) -> None:
        """Wait until the database exists and is of this version.

        Raises
        ------
        LibraryError
            Where it could not be opened, or not within `timeout` seconds.
        """
        in_time = self._tried.wait(timeout)
        if self._open_error is not None:
            raise self._open_error
        if not in_time or self._store is None:
            raise LibraryError("The library is not open: see the log, and start the program again.")

    def submit(self, work: Work, after: Callable[[], None] | None = None, *, durable: bool = False) -> None:
        """Queue a piece of writing. `after` is called in the writer thread, once it is committed.

        What is to be `durable` waits for no batch to fill, and is on the disk, safe from a power cut, before `after`.
        """
        with self._changed:
            self._jobs.append(_Job(work, after, durable))
            self._changed.notify_all()

    def after_all(self, call: Callable[[], None]) -> None:
        """Call back, in the writer thread, once everything submitted so far is committed and told."""
        self.submit(lambda store: Change(), call)

    # What the scanner writes -----------------------------------------------------------------------

    def add_folders(self, folders: Sequence[str]) -> None:
        """Remember folders that were added."""

        def work(store: Store) -> Change:
            for folder in folders:
                store.add_folder(folder)
            return Change()

        if folders:
            self.submit(work)

    def register(
        self,
        files: Sequence[Found],
        model_sha: str,
        done: Callable[[AddResult | None], None],
        moves: Mapping[int, str] | None = None,
        *,
        reread: bool = False,
    ) -> None:
        """Make rows for files that were found. `done` hears what became of them; None where they were given up."""
        answers: list[AddResult] = []

        def work(store: Store) -> Change:
            added = store.add_files([_found_file(file) for file in files], model_sha, moves, reread=reread)
            answers[:] = [added]
            changed = (*added.new_ids, *added.queued_ids, *added.shown_ids, *added.moved_ids)
            return Change(changed, bool(added.new_ids or added.moved_ids))

        self.submit(work, lambda: done(answers[0] if answers else None))

    def take_facts(
        self,
        facts: Mapping[int, FileFacts],
        model_sha: str,
        moves: Mapping[int, int],
        done: Callable[[FactsResult | None], None],
    ) -> None:
        """Keep what was read of files, by track: see `Store.take_facts`."""
        answers: list[FactsResult] = []

        def work(store: Store) -> Change:
            taken = store.take_facts(facts, model_sha, moves)
            answers[:] = [taken]
            return Change(taken.changed_ids, bool(taken.moved_ids))

        self.submit(work, lambda: done(answers[0] if answers else None))

    def save(self, track: int, heard: Heard) -> None:
        """Keep what was heard of a track."""

        def work(store: Store) -> Change:
            store.set_result(track, heard.result, heard.model_sha, heard.payload_digest)
            return Change((track,))

        self.submit(work)

    def mark_missing(self, tracks: Sequence[int]) -> None:
        """Note that the files of tracks are gone."""

        def work(store: Store) -> Change:
            store.set_missing(tracks)
            return Change(tuple(tracks))

        if tracks:
            self.submit(work)

    def mark_offline(self, tracks: Sequence[int], folders: Mapping[str, bool]) -> None:
        """Note that the drive of tracks is not there, and of which folders it is (not) there."""

        def work(store: Store) -> Change:
            store.set_offline(tracks)
            for folder, offline in folders.items():
                store.set_folder(folder, offline=offline)
            return Change(tuple(tracks))

        if tracks or folders:
            self.submit(work)

    def begin_walk(self, names: Sequence[str], *, any_verdict: bool) -> None:
        """Remember names that are walked, until `end_walk`: after a crash they are walked again."""

        def work(store: Store) -> Change:
            store.begin_walk(names, any_verdict=any_verdict)
            return Change()

        self.submit(work)

    def end_walk(self) -> None:
        """Forget the names: what they led to is in the library."""

        def work(store: Store) -> Change:
            store.end_walk()
            return Change()

        self.submit(work)

    def mark_queued(self, tracks: Sequence[int]) -> None:
        """Note that tracks wait to be heard again."""

        def work(store: Store) -> Change:
            store.requeue(tracks)
            return Change(tuple(tracks))

        if tracks:
            self.submit(work)

    def waiting(self, done: Callable[[list[PendingTrack], dict[str, bool]], None]) -> None:
        """Ask for the tracks that wait to be heard, and for `Store.unfinished`; `done` hears in the writer thread."""
        tracks: list[PendingTrack] = []
        names: dict[str, bool] = {}

        def work(store: Store) -> Change:
            tracks[:] = store.pending(_ALL)
            names.update(store.unfinished())
            return Change()

        self.submit(work, lambda: done(tracks, names))

    # The thread --------------------------------------------------------------------------------------

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _begin(self) -> None:
        try:
            self._open()
        except LibraryError as error:
            self._complain(error)

    def _open(self) -> Store:
        from mgc_desktop.library.store import Store  # here: a window is painted before SQLite is loaded

        if self._store is None:
            try:
                self._store = Store(self._path)
                self._open_error = None
            except LibraryError as error:
                self._open_error = error
                raise
            finally:
                self._tried.set()
        return self._store

    def _step(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._jobs or self._stopping.is_set())
        self._let_fill()
        batch = self._queued()[: self._batch_size]
        if not batch:
            return
        try:
            self._write(batch)
        except LibraryWaitError as error:
            self._complain(error)
            self._next_batch, self._waiting_out = time.monotonic() + RETRY_SECONDS, True
        except LibraryError as error:
            self._complain(error)
            self.refusal = error.sentence
            self._abandon(error.sentence)
            self._complained = bool(self._jobs)  # whoever asks for more later is told again

    def _let_fill(self) -> None:
        """Wait until the next batch is due."""
        with self._changed:
            self._changed.wait_for(self._urgent, max(0.0, self._next_batch - time.monotonic()))

    def _urgent(self) -> bool:
        return self._stopping.is_set() or (not self._waiting_out and any(job.durable for job in self._jobs))

    def _queued(self) -> list[_Job]:
        with self._changed:
            return list(self._jobs)

    def _write(self, batch: list[_Job]) -> None:
        """Write a batch in one transaction, and tell."""
        changes: list[Change] = []
        store = self._open()
        with store.batch(durable=any(job.durable for job in batch)):
            for job in batch:
                changes.append(job.work(store))
        self._complained, self._waiting_out, self.refusal = False, False, ""
        self._next_batch = time.monotonic() + BATCH_SECONDS
        self._remove(len(batch))
        ids = dict.fromkeys(track for change in changes for track in change.ids)
        if ids or any(change.rows_added for change in changes):
            self._emit(TracksChanged(tuple(ids), any(change.rows_added for change in changes)))
        for job in batch:
            if job.after is not None:
                self._guard(job.after, abandon=False)

    def _complain(self, error: LibraryError) -> None:
        if not self._complained:
            self._complained = True
            log.warning("Writing the library: %s (%s)", error.sentence, error.detail)
            self._emit(Problem(error.sentence, error.detail))

    def _remove(self, count: int) -> None:
        with self._changed:
            for _ in range(count):
                self._jobs.popleft()
            if not self._jobs:
                self._batch_size = None

    def _abandon(self, sentence: str) -> None:
        if self._batch_size is None:
            self._batch_size = 1  # one of the batch has a bug: the others are written one by one
            return
        if not self._jobs:
            return
        job = self._jobs[0]
        log.warning("A piece of writing was given up: %s", sentence)
        self._remove(1)
        if job.after is not None:
            job.after()  # whoever waits for it goes on

    def _end(self) -> None:
        batch: list[_Job] = []
        try:
            while batch := self._queued():  # what is written may have asked for more
                self._write(batch)
        except LibraryError as error:
            self._complain(error)
            log.error("%d pieces of writing are lost; their tracks are heard again next time.", len(batch))
        if self._store is not None:
            self._store.close()
            self._store = None
        self._tried.set()  # nobody waits for what will not come


def _found_file(file: Found) -> FoundFile:
    from mgc_desktop.library.intake import FoundFile  # here: a window is painted before SQLite is loaded

    return FoundFile(file.path, file.size, file.mtime_ns, file.ctime_ns, file.inode, file.device, file.real_path)
