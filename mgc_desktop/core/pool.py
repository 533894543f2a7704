"""A pool of processes for untrusted work: limited in time and memory, and replaced one by one when they fall.

Every worker has a pipe of its own, so that one that is killed halfway through an answer of megabytes harms nobody
else. Pools whose workers share one pipe and one lock do not survive that.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import pickle
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

from mgc_desktop.core.errors import DecodeError
from mgc_desktop.core.pool_worker import Answer, serve

MEMORY_BYTES = 2 << 30  # a decoder's imports reserve 0.4 GiB of addresses, a task 60 to 250 MB more
TIMEOUT_SECONDS = 60.0  # a window is decoded in 10 to 100 ms, hours of an odd format in some seconds
MAX_WORKERS = 32  # Windows waits for no more than 63 things at once
_START_SECONDS = 60.0  # a worker starts in 0.1 s, on a machine's very first run in some seconds
_STOP_SECONDS = 2.0
_MAX_FALSE_STARTS = 3  # in a row, after which no other worker can be expected to start

_T = TypeVar("_T")


@dataclass(slots=True, eq=False)
class _Task:
    payload: bytes
    future: Future[Any]

    def fail(self, error: BaseException) -> None:
        with contextlib.suppress(InvalidStateError):  # cancelled meanwhile
            self.future.set_exception(error)

    def succeed(self, value: Any) -> None:
        with contextlib.suppress(InvalidStateError):
            self.future.set_result(value)


@dataclass(slots=True, eq=False)
class _Worker:
    process: BaseProcess
    connection: Connection
    deadline: float | None  # monotonic s by which it must have started, or have answered
    ready: bool = False
    task: _Task | None = None

    @property
    def idle(self) -> bool:
        return self.ready and self.task is None


class LimitedPool:
    """Runs functions in processes that may hang, crash or eat memory without harm to anything else.

    Processes start in the background with the first tasks (or `start`). Any thread may call any method. Workers end
    when this process does, also when it is killed.

    Parameters
    ----------
    workers : int
        How many processes at most.
    memory_bytes : int
        Address space that a worker may use beyond what it begins with (where the system can limit it).
    timeout_s : float
        s that a task may take.
    """

    def __init__(self, workers: int, memory_bytes: int = MEMORY_BYTES, timeout_s: float = TIMEOUT_SECONDS) -> None:
        self.workers = min(max(1, workers), MAX_WORKERS)
        self._timeout = timeout_s
        self._memory_bytes = memory_bytes
        self._lock = threading.Lock()
        self._queue: deque[_Task] = deque()
        self._wanted = 0  # workers to have ready even without tasks
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._bell: Connection | None = None  # wakes the dispatcher
        self._rung = False

    def start(self) -> None:
        """Start the processes ahead of the first task, in the background."""
        with self._lock:
            self._wanted = self.workers
            if not self._stopping:
                self._ring()

    def schedule(self, function: Callable[..., _T], args: Sequence[Any]) -> Future[_T]:
        """Run ``function(*args)`` in a worker as soon as one is free.

        Parameters
        ----------
        function
            A function of a module: workers import it by name.
        args
            Picklable values.

        Returns
        -------
        Future
            Its exception is always an `MgcError`: the one that the function raised, or a `DecodeError` whose sentence
            says how the worker fell. `cancel` works until it is done, and ends a task that is running. Callbacks run
            in the pool's own thread and must be quick.
        """
        task = _Task(pickle.dumps((function, tuple(args))), Future())
        with self._lock:
            if self._stopping:
                task.fail(_stopped())
                return task.future
            self._queue.append(task)
            self._ring()
        task.future.add_done_callback(self._note_cancelled)
        return task.future

    def pids(self) -> list[int]:
        """Return the process ids of the workers, for diagnosis and tests."""
        return [w.process.pid for w in self._crew if w.process.pid is not None]

    def stop(self) -> None:
        """End all workers at once; what is not done fails. Bounded in time, and may be called again."""
        with self._lock:
            self._stopping = True
            thread = self._thread
            if thread is not None:
                self._ring()
        if thread is not None and thread is not threading.current_thread():
            thread.join(_STOP_SECONDS + 1)

    def _note_cancelled(self, future: Future[Any]) -> None:
        if future.cancelled():
            with self._lock:
                if not self._stopping:
                    self._ring()

    def _ring(self) -> None:
        """Wake the dispatcher, or start it. The lock is held."""
        if self._thread is None:
            listener, self._bell = multiprocessing.Pipe(duplex=False)
            dispatcher = _Dispatcher(self, listener)
            self._thread = threading.Thread(target=dispatcher.run, name="decoder pool", daemon=True)
            self._thread.start()
        if not self._rung and self._bell is not None:
            self._rung = True
            self._bell.send_bytes(b"!")
