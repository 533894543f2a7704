"""Reading tags and digests of many files before any is heard: some dozens a task, in the decoder processes."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import CancelledError, Future
from typing import Any, NamedTuple

from mgc_desktop.core.errors import MgcError, WorkerError
from mgc_desktop.library.identity import FileFacts, FileStamp, stamp

log = logging.getLogger(__name__)

BATCH_FILES = 48  # a task costs 0.3 ms to hand over, a file 0.5 ms to read
BATCH_SECONDS = 5.0  # on a slow disk a task ends after these, and the rest of it is another one
_AHEAD = 2  # tasks for each process: one in work, one that waits

Schedule = Callable[[Callable[..., Any], Sequence[Any]], Future[Any]]


class Wanted(NamedTuple):
    """A track whose file is to be read, and the model whose verdict will do (empty: any)."""

    track: int
    path: str
    model_sha: str = ""


Facts = list[tuple[Wanted, FileFacts]]


class Reading:
    """Takes tracks in, gives the facts of their files out. Owned by one thread.

    A file that kills or hangs the process that reads it is found by giving each file of its task to a process alone.

    Parameters
    ----------
    schedule : callable
        `Pipeline.schedule`.
    workers : int
        How many processes there are.
    post : callable
        Takes a call to be made in the owner's thread, from any thread.
    done : callable
        Gets facts, in the owner's thread.
    stuck : callable
        Called in the owner's thread where no process can be started: what was to be read waits for the next `pump`.
    """

    def __init__(
        self,
        schedule: Schedule,
        workers: int,
        post: Callable[[Callable[[], None]], None],
        done: Callable[[Facts], None],
        stuck: Callable[[], None],
    ) -> None:
        self._schedule = schedule
        self._most = workers * _AHEAD
        self._post = post
        self._done = done
        self._stuck = stuck
        self._waiting: deque[Wanted] = deque()
        self._alone: deque[Wanted] = deque()  # of a task whose process fell: each has one for itself
        self._paths: set[str] = set()  # of everything that is here
        self._tasks = 0
        self._round = 0  # of asking: what was scheduled before `clear` is of no interest
        self.read = 0  # files since it was idle
        self.total = 0

    @property
    def busy(self) -> bool:
        return bool(self._tasks or self._waiting or self._alone)

    def put(self, tracks: Iterable[Wanted]) -> None:
        """Take tracks in; those that are here already are passed over."""
        if not self.busy:
            self.read = self.total = 0
        for wanted in tracks:
            if wanted.path not in self._paths:
                self._paths.add(wanted.path)
                self._waiting.append(wanted)
                self.total += 1

    def clear(self) -> None:
        """Drop everything."""
        self._waiting.clear()
        self._alone.clear()
        self._paths.clear()
        self._round += 1
        self._tasks = 0

    def drop_under(self, stem: str) -> None:
        """Drop what has not begun of paths that begin with `stem`."""
        for name in ("_waiting", "_alone"):
            left = deque(wanted for wanted in getattr(self, name) if not wanted.path.startswith(stem))
            setattr(self, name, left)
        self._paths = {path for path in self._paths if not path.startswith(stem)}

    def pump(self) -> None:
        """Give the processes as much as they can take."""
        while self._tasks < self._most and (self._waiting or self._alone):
            # All processes but one go on with the others: what fell once may hang the next time.
            alone = bool(self._alone) and (not self._waiting or self._tasks == 0)
            source, count = (self._alone, 1) if alone else (self._waiting, BATCH_FILES)
            self._begin([source.popleft() for _ in range(min(count, len(source)))])

    def _begin(self, task: list[Wanted]) -> None:
        from mgc_desktop.library.facts import read_facts  # here: it brings the library that reads tags

        self._tasks += 1
        asked = self._round
        future = self._schedule(read_facts, ([wanted.path for wanted in task], BATCH_SECONDS))
        future.add_done_callback(lambda finished: self._post(lambda: self._land(task, asked, finished)))

    def _land(self, task: list[Wanted], asked: int, future: Future[Any]) -> None:
        if asked != self._round:
            return
        self._tasks -= 1
        try:
            facts: list[FileFacts] = future.result()
        except CancelledError:
            return
        except WorkerError:
            self._waiting.extendleft(reversed(task))
            self._stuck()
            return
        except MgcError as error:
            log.info("Reading %d files from %r on: %s (%s)", len(task), task[0].path, error.sentence, error.detail)
            if len(task) > 1:
                self._alone.extend(task)
                return
            facts = [FileFacts(task[0].path, _stamp(task[0].path), trouble=error.sentence)]
        self._waiting.extendleft(reversed(task[len(facts) :]))
        self._paths.difference_update(read.path for read in facts)
        self.read += len(facts)
        self._done(list(zip(task, facts, strict=False)))


def _stamp(path: str) -> FileStamp | None:
    try:
        return stamp(path)
    except (OSError, ValueError):
        return None
