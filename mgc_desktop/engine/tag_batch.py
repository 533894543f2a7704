"""One batch of tag writes: copies are prepared in limited processes, journalled by the group, and take their place.

What a crash finds at any moment is a file that is whole and old or whole and new, and a journal that says how to tell.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mgc_desktop.core.errors import MgcError, TagError, TagLeftError, TagRoomError
from mgc_desktop.core.pool import LimitedPool
from mgc_desktop.engine.asking import NotWrittenError, ask
from mgc_desktop.engine.writer import Writer
from mgc_desktop.library.journal import ChangeState, PendingChange
from mgc_desktop.library.tags.write import Prepared, commit, discard, remove_strays, strays, sync_copies, sync_folder

if TYPE_CHECKING:
    from mgc_desktop.library.store import Store

log = logging.getLogger(__name__)

GROUP = 48  # files journalled together: one wait for the disk, some tenths of a second of work at most
GROUP_BYTES = 256 << 20  # of copies that lie beside their files at once
GROUP_SECONDS = 0.5
_AT_ONCE = 8  # files replaced beside each other: a disk that is far away, or busy, takes some ms for each
_AHEAD = GROUP  # files that the processes have before them, so that they work on while a group is replaced
_LOOK_SECONDS = 0.1
_LAST_SECONDS = 2.0  # for what is under way when the batch is cancelled or the program ends
MAX_PROBLEMS = 200
_LOST = "The disk did not take the copy of this file, so the file was left as it was; check the disk."
CANCELLED = "It was not its turn yet when the batch was cancelled."


@dataclass(slots=True)
class FileToWrite:
    """One planned file, and the work that makes its copy in a limited process."""

    change_id: int
    track_id: int | None
    path: str
    function: Callable[..., Prepared]
    args: Callable[[], tuple[Any, ...]]  # called when its turn comes
    size: int = 0  # bytes, once its turn has come


@dataclass(slots=True)
class Tally:
    """What a batch has come to."""

    total: int = 0
    written: int = 0
    left: int = 0
    failed: int = 0
    problems: list[tuple[str, str]] = field(default_factory=list)

    @property
    def done(self) -> int:
        return self.written + self.left + self.failed


_Ready = tuple[FileToWrite, Prepared]


@dataclass(frozen=True, slots=True)
class _Settled:
    """What became of a file, for the journal and the library."""

    file: FileToWrite
    state: ChangeState
    reason: str = ""
    prepared: Prepared | None = None
    stamp: os.stat_result | None = None


class BatchRun:
    """Writes the files of one batch. Belongs to one thread, which waits in `run` until it is over.

    Parameters
    ----------
    batch_id : int
    files : iterable of FileToWrite
        Planned in the journal already.
    pool : LimitedPool
        For tags alone: a file that kills its decoder kills no write.
    writer : Writer
    cancelled, stopping : callable
        Say whether to stop between files; `stopping` besides that the program ends.
    report : callable
        Gets the tally after each file.
    end_processes : callable
        Ends those of the pool at once; called where a file holds them up when the batch is to end.
    """

    def __init__(
        self,
        batch_id: int,
        files: Iterable[FileToWrite],
        pool: LimitedPool,
        writer: Writer,
        *,
        cancelled: Callable[[], bool],
        stopping: Callable[[], bool],
        report: Callable[[Tally], None],
        end_processes: Callable[[], None],
    ) -> None:
        self._batch_id = batch_id
        self._waiting = deque(files)
        self._pool = pool
        self._writer = writer
        self._cancelled = cancelled
        self._stopping = stopping
        self._report = report
        self._end_processes = end_processes
        self._flying: dict[Future[Prepared], FileToWrite] = {}
        self._arrived: queue.SimpleQueue[Future[Prepared]] = queue.SimpleQueue()
        self._ready: list[_Ready] = []
        self._settled: list[_Settled] = []
        self._alone: deque[FileToWrite] = deque()  # found no room beside the copies of others
        self._threads = ThreadPoolExecutor(_AT_ONCE, "tag replacer")
        self._flushed_at = time.monotonic()
        self.tally = Tally(total=len(self._waiting))

    def run(self) -> Tally:
        """Write all, or what can be until it is cancelled; return what became of them.

        Raises
        ------
        LibraryError
            Where the journal could not be written; then nothing more was. The next start settles what is open.
        """
        try:
            while not self._cancelled() and self._unfinished():
                self._feed()
                self._collect()
                if self._flush_due():
                    self._flush()
        except NotWrittenError:
            if not self._cancelled():
                raise
        finally:
            self._threads.shutdown()
            self._let_go()
        self._finish()
        return self.tally

    def _unfinished(self) -> bool:
        return bool(self._waiting or self._flying or self._ready or self._alone)

    # Copies ------------------------------------------------------------------------------------------

    def _feed(self) -> None:
        while self._waiting and len(self._flying) < _AHEAD and not self._full():
            self._submit(self._waiting.popleft())
        if self._alone and not (self._waiting or self._flying or self._ready):
            self._submit(self._alone.popleft())

    def _full(self) -> bool:
        begun = sum(file.size for file in self._flying.values()) + sum(file.size for file, _ in self._ready)
        return begun >= GROUP_BYTES

    def _submit(self, file: FileToWrite) -> None:
        with contextlib.suppress(OSError):  # why, its process will say
            file.size = os.stat(file.path).st_size
        future = self._pool.schedule(file.function, file.args())
        self._flying[future] = file
        future.add_done_callback(self._arrived.put)

    def _collect(self) -> None:
        """Take what the processes have done; wait a moment where that is nothing."""
        if not self._flying:
            return
        with contextlib.suppress(queue.Empty):
            self._take(self._arrived.get(timeout=_LOOK_SECONDS))
            while True:
                self._take(self._arrived.get_nowait())

    def _take(self, future: Future[Prepared]) -> None:
        file = self._flying.pop(future)
        try:
            self._ready.append((file, future.result()))
        except CancelledError:
            _clean(file.path)
        except MgcError as error:
            if isinstance(error, TagRoomError) and (self._ready or self._flying):
                self._alone.append(file)
                return
            if not isinstance(error, TagLeftError):
                _clean(file.path)  # its process may have been killed in the middle of its copy
            self._note(file, error)

    def _note(self, file: FileToWrite, error: MgcError) -> None:
        left = isinstance(error, TagLeftError)
        log.info("%r: %s (%s)", file.path, error.sentence, error.detail)
        self._settled.append(_Settled(file, ChangeState.LEFT if left else ChangeState.FAILED, error.sentence))
        self.tally.left += left
        self.tally.failed += not left
        if len(self.tally.problems) < MAX_PROBLEMS:
            self.tally.problems.append((file.path, error.sentence))
        self._report(self.tally)

    # Replacing ---------------------------------------------------------------------------------------

    def _flush_due(self) -> bool:
        if not self._ready:
            return len(self._settled) >= GROUP
        late = time.monotonic() - self._flushed_at >= GROUP_SECONDS
        return len(self._ready) >= GROUP or late or self._full() or not (self._flying or self._waiting)

    def _flush(self) -> None:
        """Journal the copies that are ready, and what became of those before; then put the copies in place."""
        self._bring_to_the_disk()
        self._record(self._ready, hurry=self._cancelled)
        folders = {os.path.dirname(prepared.target): None for _, prepared in self._ready}
        while self._ready and not self._cancelled():
            part, self._ready = _apart(self._ready)
            outcomes = self._threads.map(_put_in_place, [prepared for _, prepared in part])
            for (file, prepared), outcome in zip(part, outcomes, strict=True):
                self._take_replaced(file, prepared, outcome)
        for folder in folders:  # once for all its files, before the journal says that they are done
            sync_folder(folder)
        self._flushed_at = time.monotonic()

    def _bring_to_the_disk(self) -> None:
        """Wait until the copies are on the disk: all at once takes hardly longer than one of them."""
        lost = {prepared.copy for prepared in sync_copies([prepared for _, prepared in self._ready])}
        for file, _ in [each for each in self._ready if each[1].copy in lost]:
            self._note(file, TagError(_LOST))
        self._ready = [each for each in self._ready if each[1].copy not in lost]

    def _record(self, ready: list[_Ready], *, hurry: Callable[[], bool]) -> None:
        settled = list(self._settled)
        changed = [each.file.track_id for each in settled if each.stamp is not None and each.file.track_id is not None]

        def work(store: Store) -> None:
            for each in settled:
                _write_down(store, each)
            for file, prepared in ready:
                store.journal.pend(_pending(file, prepared))

        ask(self._writer, work, changed=changed, durable=bool(ready), hurry=hurry)
        del self._settled[: len(settled)]

    def _take_replaced(self, file: FileToWrite, prepared: Prepared, outcome: os.stat_result | MgcError | None) -> None:
        if isinstance(outcome, MgcError):
            self._note(file, outcome)
            return
        self._settled.append(_Settled(file, ChangeState.DONE, "", prepared, outcome))
        self.tally.written += 1
        self._report(self.tally)

    # The end -----------------------------------------------------------------------------------------

    def _let_go(self) -> None:
        """Wait for what is under way, end what takes too long, and remove the copies that are not wanted."""
        until = time.monotonic() + _LAST_SECONDS
        while self._flying and time.monotonic() < until:
            self._collect_unwanted()
        if self._flying:
            self._end_processes()  # before looking for what its processes leave behind
        for file in self._flying.values():
            _clean(file.path)
        self._flying.clear()
        for _, prepared in self._ready:
            discard(prepared)
        self._ready.clear()

    def _collect_unwanted(self) -> None:
        with contextlib.suppress(queue.Empty):
            future = self._arrived.get(timeout=_LOOK_SECONDS)
            file = self._flying.pop(future)
            with contextlib.suppress(MgcError, CancelledError):
                self._ready.append((file, future.result()))

    def _finish(self) -> None:
        """Write down the rest, and that the batch is over."""
        settled = list(self._settled)
        changed = [each.file.track_id for each in settled if each.stamp is not None and each.file.track_id is not None]
        patient_until = time.monotonic() + _LAST_SECONDS

        def work(store: Store) -> None:
            for each in settled:
                _write_down(store, each)
            store.journal.leave_rest(self._batch_id, CANCELLED)
            store.journal.end(self._batch_id)

        def hurry() -> bool:
            return self._stopping() and time.monotonic() > patient_until

        ask(self._writer, work, changed=changed, durable=True, hurry=hurry)


def _apart(ready: list[_Ready]) -> tuple[list[_Ready], list[_Ready]]:
    """Return what can be replaced at once, and the rest: two names of one file must follow each other."""
    seen: set[tuple[int, int] | str] = set()
    for place, (_, prepared) in enumerate(ready):
        old = prepared.old
        file = (old.device, old.inode) if old.inode else prepared.target
        if file in seen or place == _AT_ONCE:
            return ready[:place], ready[place:]
        seen.add(file)
    return ready, []


def _put_in_place(prepared: Prepared) -> os.stat_result | MgcError | None:
    """Replace a file; return what the system says of the new one (None: it is gone again), or why it stays."""
    try:
        commit(prepared, sync=False)
    except MgcError as error:
        return error
    try:
        return os.stat(prepared.target)
    except OSError:
        return None  # the next walk sees to it


def _write_down(store: Store, settled: _Settled) -> None:
    store.journal.settle(settled.file.change_id, settled.state, settled.reason)
    prepared, stamp = settled.prepared, settled.stamp
    if prepared is not None and stamp is not None and settled.file.track_id is not None:
        note_written(store, settled.file.track_id, prepared.after, stamp)


def note_written(store: Store, track_id: int, genres: tuple[str, ...], stamp: os.stat_result) -> None:
    """Let a track's row say what its file says now; the file is known, and is not heard again."""
    times = (stamp.st_size, stamp.st_mtime_ns, stamp.st_ctime_ns)
    store.set_written(track_id, "; ".join(genres), *times, stamp.st_ino, stamp.st_dev)


def _pending(file: FileToWrite, prepared: Prepared) -> PendingChange:
    return PendingChange(
        file.change_id, prepared.target, prepared.container, prepared.before, prepared.after, prepared.old_digest,
        prepared.new_digest, prepared.patch,
    )  # fmt: skip


def _clean(path: str) -> None:
    """Remove the copies that a process left behind which ended before its time."""
    try:
        if strays(path):
            remove_strays(path)
    except (OSError, MgcError) as error:
        log.warning("A copy beside %r could not be removed: %s", path, error)
