"""The thread that writes genres into music files: previews, batches, undoing, and order after a crash."""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mgc_desktop.core.cores import available_cores
from mgc_desktop.core.errors import LibraryError
from mgc_desktop.core.locks import FileLock
from mgc_desktop.engine.asking import NotWrittenError, ask
from mgc_desktop.engine.events import (
    PlannedWrite,
    Problem,
    TagFinished,
    TagPlanProgress,
    TagPlanReady,
    TagProgress,
)
from mgc_desktop.engine.loop import EventSink, Loop
from mgc_desktop.engine.pace import Pace
from mgc_desktop.engine.tag_plan import TagPolicy
from mgc_desktop.engine.writer import Writer

if TYPE_CHECKING:  # brought in when there is something to write, after the window's first paint
    from mgc_desktop.core.pool import LimitedPool
    from mgc_desktop.engine.tag_batch import FileToWrite, Tally
    from mgc_desktop.engine.tag_preview import Preview
    from mgc_desktop.library.journal import DoneChange, NewChange, UnsettledChange
    from mgc_desktop.library.reader import Reader
    from mgc_desktop.library.store import Store
    from mgc_desktop.library.tags.write import WriteOptions

log = logging.getLogger(__name__)

_IDLE_WAIT = 30.0  # s, after which idle processes go
_ENTERED_AT_ONCE = 2000  # files planned in one transaction, so that others can write in between
_LOCK_SECONDS = 0.2
_OTHER_WRITES = "Another window or command is writing tags; this begins when that is done."


@dataclass(frozen=True, slots=True)
class TagLimits:
    """How many processes make copies, and what each may take."""

    workers: int = min(4, max(2, available_cores()))
    memory_bytes: int = 1 << 30
    timeout_s: float = 120.0  # a slow network drive takes some s for a large file


class Tagger(Loop):
    """Writes genres into files. Methods may be called from any thread and return at once; jobs follow each other.

    Parameters
    ----------
    writer : Writer
    open_reader : callable
        Opens a read connection to the library, for this thread.
    on_event : EventSink
        Gets `TagPlanProgress` and `TagPlanReady`, `TagProgress` and `TagFinished`, `Problem`.
    lock_file : Path
        Held while a batch is under way, so that no other window or command writes beside this one, or takes what is
        under way for what a crash left.
    origin : str
        Who asks, for the journal: "window" or "command line".
    limits : TagLimits, optional
    """

    def __init__(
        self,
        writer: Writer,
        open_reader: Callable[[], Reader],
        on_event: EventSink,
        *,
        lock_file: Path,
        origin: str = "window",
        limits: TagLimits | None = None,
    ) -> None:
        super().__init__("tagger", on_event)
        self._writer = writer
        self._open_reader = open_reader
        self._lock = FileLock(lock_file)
        self._origin = origin
        self._limits = limits or TagLimits()
        self._bell = threading.Event()
        self._inbox: queue.SimpleQueue[tuple[int, Callable[[], None]]] = queue.SimpleQueue()
        self._posting = threading.Lock()
        self._posted = 0  # jobs so far; each has its number
        self._cancelled_until = 0
        self._latest_preview = 0
        # From here on: the tagger thread's own.
        self._number = 0  # of the job under way
        self._answer: Callable[[str], None] | None = None  # tells whoever waits for a job that it failed
        self._reader: Reader | None = None
        self._pool: LimitedPool | None = None
        self._preview_maker: Preview | None = None
        self._pace = Pace()

    # What the shell asks for ------------------------------------------------------------------------

    def preview(self, ids: Iterable[int], policy: TagPolicy) -> None:
        """Look at the files of tracks, and tell in `TagPlanReady` what would be written; a later call replaces it.

        `ids` must not be changed any more; a numpy array will do.
        """
        with self._posting:
            self._latest_preview = self._post(lambda: self._preview([int(track) for track in ids], policy))

    def write(self, rows: Sequence[PlannedWrite], policy: TagPolicy, options: WriteOptions) -> None:
        """Write a preview's rows, as one batch that can be undone; those with nothing to do are passed over."""
        with self._posting:
            self._post(lambda: self._write([row for row in rows if row.to_do], policy, options))

    def undo(self, batch_id: int, options: WriteOptions) -> None:
        """Put back what was in the files before a batch, as a batch of its own: undoing an undo does it again."""
        with self._posting:
            self._post(lambda: self._undo(batch_id, options))

    def settle(self) -> None:
        """Set in order what a crash left; later, where another process is writing tags."""
        with self._posting:
            self._post(self._settle_alone)

    def cancel(self) -> None:
        """Drop what was asked for so far, between two files. What is done stays done, and can be undone."""
        with self._posting:
            self._cancelled_until = self._posted
        self._bell.set()

    # The thread --------------------------------------------------------------------------------------

    def _wake(self) -> None:
        self._bell.set()

    def _post(self, work: Callable[[], None]) -> int:
        """Queue a job and return its number. The lock is held."""
        self._posted += 1
        self._inbox.put((self._posted, work))
        self._bell.set()
        return self._posted

    def _step(self) -> None:
        self._bell.clear()
        if self._inbox.empty():
            if not self._stopping.is_set() and not self._bell.wait(_IDLE_WAIT):
                self._end_processes()
            return
        self._number, job = self._inbox.get_nowait()
        try:
            job()
        finally:
            self._lock.release()
        self._answer = None

    def _abandon(self, sentence: str) -> None:
        answer, self._answer = self._answer, None
        if answer is not None:
            answer(sentence)

    def _end(self) -> None:
        self._end_processes()
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _read(self) -> Reader:
        if self._reader is None:
            self._reader = self._open_reader()
        return self._reader

    def _cancelled(self) -> bool:
        return self._stopping.is_set() or self._number <= self._cancelled_until

    def _processes(self) -> LimitedPool:
        """Return the processes that take files apart; they go when nothing was to do for a while."""
        from mgc_desktop.core.pool import LimitedPool

        if self._pool is None:
            self._pool = LimitedPool(self._limits.workers, self._limits.memory_bytes, self._limits.timeout_s)
        return self._pool

    def _end_processes(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.stop()

    # Previews ----------------------------------------------------------------------------------------

    def _preview(self, ids: list[int], policy: TagPolicy) -> None:
        from mgc_desktop.engine.tag_preview import Preview

        self._answer = lambda sentence: self._emit(TagPlanReady(()))
        if self._preview_maker is None:
            self._preview_maker = Preview(self._report_preview)
        self._pace.restart(0)
        rows = self._preview_maker.make(ids, policy, self._read(), self._processes, self._preview_is_dropped)
        if rows is not None or self._number == self._latest_preview:
            self._emit(TagPlanReady(rows or ()))

    def _preview_is_dropped(self) -> bool:
        return self._cancelled() or self._number < self._latest_preview

    def _report_preview(self, done: int, total: int) -> None:
        if self._pace.due() or done == total:
            self._emit(TagPlanProgress(done, total))

    # Batches -----------------------------------------------------------------------------------------

    def _write(self, rows: list[PlannedWrite], policy: TagPolicy, options: WriteOptions) -> None:
        from mgc_desktop.engine.tag_batch import FileToWrite
        from mgc_desktop.library.journal import NewChange
        from mgc_desktop.library.tags.write import prepare_write

        changes = [NewChange(r.track_id, r.path, r.container, r.before, r.after, r.why) for r in rows]
        asked = policy.as_json() | _as_json(options)

        def to_write(numbers: list[int]) -> list[FileToWrite]:
            return [
                FileToWrite(n, row.track_id, row.path, prepare_write, partial(_args, row, options))
                for n, row in zip(numbers, rows, strict=True)
            ]

        self._batch("write", None, asked, changes, to_write)

    def _undo(self, batch_id: int, options: WriteOptions) -> None:
        from mgc_desktop.engine.tag_batch import FileToWrite
        from mgc_desktop.library.journal import NewChange
        from mgc_desktop.library.tags.write import prepare_undo

        self._answer = partial(self._tell_failed, "undo", batch_id)
        done = self._read().done_changes(batch_id)
        changes = [NewChange(c.track_id, c.path, c.container, c.after, c.before) for c in done]

        def to_write(numbers: list[int]) -> list[FileToWrite]:
            return [
                FileToWrite(n, change.track_id, change.path, prepare_undo, partial(self._undo_args, change, options))
                for n, change in zip(numbers, done, strict=True)
            ]

        self._batch("undo", batch_id, _as_json(options), changes, to_write)

    def _undo_args(self, change: DoneChange, options: WriteOptions) -> tuple[Any, ...]:
        patch = self._read().patch(change.id)  # one by one: those of a large batch fill the memory
        return change.path, change.before, change.after, patch, change.new_digest, options, False

    def _batch(
        self,
        kind: str,
        undoes: int | None,
        asked: dict[str, Any],
        changes: list[NewChange],
        to_write: Callable[[list[int]], list[FileToWrite]],
    ) -> None:
        """Enter a batch in the journal, carry it out, and tell how it ended."""
        from mgc_desktop.engine.tag_batch import BatchRun, Tally

        began = time.monotonic()
        self._answer = partial(self._tell_failed, kind, undoes)
        batch_id, tally = 0, Tally(len(changes))
        if changes and self._take_lock():
            self._settle()
            batch_id, numbers = self._enter(kind, undoes, asked, changes)
            self._answer = partial(self._tell_failed, kind, undoes, batch_id=batch_id)
            self._pace.restart(0)
            run = BatchRun(
                batch_id,
                to_write(numbers),
                self._processes(),
                self._writer,
                cancelled=self._cancelled,
                stopping=self._stopping.is_set,
                report=self._report,
                end_processes=self._end_processes,
            )
            tally = run.run()
        seconds = time.monotonic() - began
        counts = (tally.written, tally.left, tally.failed)
        cut = tally.done < tally.total
        self._emit(TagFinished(batch_id, kind, undoes, *counts, cut, seconds, tuple(tally.problems)))

    def _enter(
        self, kind: str, undoes: int | None, asked: dict[str, Any], changes: list[NewChange]
    ) -> tuple[int, list[int]]:
        """Plan all files of a batch in the journal, before the first of them is touched."""
        batch_id = ask(
            self._writer, lambda store: store.journal.begin(kind, self._origin, asked, undoes), hurry=self._cancelled
        )
        numbers: list[int] = []
        for at in range(0, len(changes), _ENTERED_AT_ONCE):
            part = changes[at : at + _ENTERED_AT_ONCE]
            last = at + len(part) == len(changes)

            def work(store: Store, part: list[NewChange] = part) -> list[int]:
                return store.journal.plan(batch_id, part)

            numbers += ask(self._writer, work, durable=last, hurry=self._cancelled)
        return batch_id, numbers

    def _report(self, tally: Tally) -> None:
        self._pace.mark(tally.done)
        if self._pace.due() or tally.done == tally.total:
            rate = self._pace.rate(tally.done)
            left = self._pace.seconds_left(tally.done, tally.total) if rate else None
            self._emit(TagProgress(tally.done, tally.total, tally.written, tally.left, tally.failed, rate, left))

    def _tell_failed(self, kind: str, undoes: int | None, sentence: str, batch_id: int = 0) -> None:
        self._emit(TagFinished(batch_id, kind, undoes, 0, 0, 0, False, 0.0, (("", sentence),)))

    # After a crash -----------------------------------------------------------------------------------

    def _take_lock(self) -> bool:
        """Wait until no other process writes tags; return False where the job was cancelled first."""
        told = False
        while not self._cancelled():
            if self._try_lock():
                return True
            if not told:
                told = True
                self._emit(Problem(_OTHER_WRITES))
            self._stopping.wait(_LOCK_SECONDS)
        return False

    def _try_lock(self) -> bool:
        try:
            return self._lock.take()
        except OSError as error:
            raise LibraryError(
                f"No tags can be written, for {self._lock.path} could not be locked ({error.strerror}): keep the "
                "profile on a local disk (--profile).",
                repr(error),
            ) from error

    def _settle_alone(self) -> None:
        # What the library has to say against it, the writer has said already.
        with contextlib.suppress(NotWrittenError):
            if self._try_lock():
                self._settle()

    def _settle(self) -> None:
        """Look at what a crash left open. The lock is held, so that nothing of it is under way."""
        open_changes = ask(self._writer, _unsettled, hurry=self._stopping.is_set)
        if not open_changes:
            return
        from mgc_desktop.engine.tag_settling import settle_all

        sentence = settle_all(open_changes, self._writer, self._stopping.is_set)
        if sentence:
            self._emit(Problem(sentence))


def _unsettled(store: Store) -> list[UnsettledChange]:
    """Return what is open, and end the batches of which nothing is."""
    found = store.journal.unsettled()
    if not found:
        store.journal.end_settled()
    return found


def _args(row: PlannedWrite, options: WriteOptions) -> tuple[Any, ...]:
    return row.path, row.after, row.state, options, False  # the batch brings its copies to the disk, many at once


def _as_json(options: WriteOptions) -> dict[str, Any]:
    return {key: value for key, value in asdict(options).items() if value != getattr(type(options)(), key)}
