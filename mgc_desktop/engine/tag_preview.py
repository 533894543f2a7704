"""The preview of tag writes: what each file says now, what it is to say, and why."""

from __future__ import annotations

import os
import queue
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING

from mgc_desktop.core.errors import MgcError
from mgc_desktop.core.pool import LimitedPool
from mgc_desktop.core.values import TrackRow
from mgc_desktop.engine.events import PlannedWrite
from mgc_desktop.engine.tag_files import SeenFile, look_at_files
from mgc_desktop.engine.tag_plan import TagPolicy, is_settled, plan

if TYPE_CHECKING:
    from mgc_desktop.library.reader import Reader

_ROWS_AT_ONCE = 2000
_FILES_AT_ONCE = 24  # that a process looks at between two answers
_AHEAD = 3  # such pieces a worker has waiting
_LOOK_SECONDS = 0.1

Report = Callable[[int, int], None]


class Preview:
    """Plans tracks. Belongs to one thread; remembers the files that it has seen, so that other rules cost no look.

    Parameters
    ----------
    report : callable
        Gets how many tracks are planned, and of how many.
    """

    def __init__(self, report: Report) -> None:
        self._report = report
        self._seen: dict[str, SeenFile] = {}

    def forget(self) -> None:
        """Look at every file anew the next time."""
        self._seen.clear()

    def make(
        self,
        ids: Sequence[int],
        policy: TagPolicy,
        reader: Reader,
        pool: Callable[[], LimitedPool],
        cancelled: Callable[[], bool],
    ) -> tuple[PlannedWrite, ...] | None:
        """Return the plan of each track that the library knows, in order; None where it was cancelled.

        Parameters
        ----------
        ids : sequence of int
        policy : TagPolicy
        reader : Reader
        pool : callable
            Returns the limited processes that look at files; not called where no file has to be looked at.
        cancelled : callable
        """
        rows: list[TrackRow] = []
        for at in range(0, len(ids), _ROWS_AT_ONCE):
            rows += reader.rows(ids[at : at + _ROWS_AT_ONCE])
            if cancelled():
                return None
        planned: dict[int, PlannedWrite] = {}
        unseen: list[TrackRow] = []
        for row in rows:
            quick = self._without_a_look(row, policy)
            if quick is None:
                unseen.append(row)
            else:
                planned[row.id] = quick
        if unseen:
            self._report(len(planned), len(rows))
            if not self._look(unseen, policy, pool(), planned, len(rows), cancelled):
                return None
        self._seen = {row.path: self._seen[row.path] for row in rows if row.path in self._seen}
        return tuple(planned[row.id] for row in rows)

    def _without_a_look(self, row: TrackRow, policy: TagPolicy) -> PlannedWrite | None:
        """Return a row's plan where the library, or an earlier look, says enough."""
        settled = is_settled(row, policy)
        if settled is not None:
            existing = tuple(row.existing_genre.split("; ")) if row.existing_genre else ()
            return PlannedWrite(row.id, row.path, row.title, row.artist, "", existing, existing, settled.sentence, None)
        seen = self._seen.get(row.path)
        return _planned(row, seen, policy) if seen is not None and _still(row.path, seen) else None

    def _look(
        self,
        rows: Sequence[TrackRow],
        policy: TagPolicy,
        pool: LimitedPool,
        planned: dict[int, PlannedWrite],
        total: int,
        cancelled: Callable[[], bool],
    ) -> bool:
        """Look at the files of `rows`; return whether that was done to the end."""
        waiting = deque(rows[at : at + _FILES_AT_ONCE] for at in range(0, len(rows), _FILES_AT_ONCE))
        flying: dict[Future[list[SeenFile]], Sequence[TrackRow]] = {}
        arrived: queue.SimpleQueue[Future[list[SeenFile]]] = queue.SimpleQueue()
        while (waiting or flying) and not cancelled():
            while waiting and len(flying) < _AHEAD * pool.workers:
                part = waiting.popleft()
                future = pool.schedule(look_at_files, ([row.path for row in part],))
                flying[future] = part
                future.add_done_callback(arrived.put)
            try:
                future = arrived.get(timeout=_LOOK_SECONDS)
            except queue.Empty:
                continue
            part = flying.pop(future)
            answers = _answers(future, len(part))
            if answers is None:  # one of them killed the process: each for itself, then
                waiting.extendleft([row] for row in part)
                continue
            for row, seen in zip(part, answers, strict=True):
                self._seen[row.path] = seen
                planned[row.id] = _planned(row, seen, policy)
            self._report(len(planned), total)
        return not (waiting or flying)


def _answers(future: Future[list[SeenFile]], files: int) -> list[SeenFile] | None:
    """Return what is known of the files of a piece; None where its process fell and it holds several."""
    try:
        return future.result()
    except MgcError as error:
        return [SeenFile("", (), None, error.sentence)] if files == 1 else None


def _planned(row: TrackRow, seen: SeenFile, policy: TagPolicy) -> PlannedWrite:
    names = (row.id, row.path, row.title, row.artist, seen.container)
    done = plan(seen.values, row, policy)
    after = seen.values if seen.problem else done.after
    return PlannedWrite(*names, seen.values, after, done.sentence, seen.state, seen.problem, seen.guard)


def _still(path: str, seen: SeenFile) -> bool:
    """Return whether a file is, as far as a look at its entry tells, the one that was seen."""
    if seen.state is None:
        return False
    try:
        found = os.stat(path)
    except OSError:
        return False
    state = seen.state
    return (found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino) == (
        state.size,
        state.mtime_ns,
        state.ctime_ns,
        state.inode,
    )
