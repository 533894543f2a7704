"""A pool of processes for untrusted work: limited in time and memory, and replaced one by one when they fall.

Every worker has a pipe of its own, so that one that is killed halfway through an answer of megabytes harms nobody
else. Pools whose workers share one pipe and one lock do not survive that.
"""

from __future__ import annotations

import multiprocessing
import pickle
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from multiprocessing.connection import Connection, wait
from typing import Any, TypeVar

from mgc_desktop.core.errors import WorkerError
from mgc_desktop.core.pool_crew import Crew, Task
from mgc_desktop.core.pool_worker import Answer

MEMORY_BYTES = 2 << 30  # a decoder's imports reserve 0.4 GiB of addresses, a task 60 to 250 MB more
TIMEOUT_SECONDS = 60.0  # a window is decoded in 10 to 100 ms, hours of an odd format in some seconds
MAX_WORKERS = 32  # Windows waits for no more than 63 things at once
_STOP_SECONDS = 5.0
_NO_WORKER = "No decoder process could be started; free some memory, or install the program again."
_STOPPED = "Reading was stopped before this file was done; start again to go on."

_T = TypeVar("_T")


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
        self._crew = Crew(memory_bytes, timeout_s)
        self._lock = threading.Lock()
        self._queue: deque[Task] = deque()
        self._wanted = 0  # workers to have ready even without tasks
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._bell: Connection | None = None  # wakes the dispatcher
        self._rung = False

    def start(self) -> None:
        """Start the processes ahead of the first task, in the background."""
        with self._lock:
            if not self._stopping:
                self._wanted = self.workers
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
            Its exception is always an `MgcError`: the one that the function raised, a `DecodeError` whose sentence
            says how the worker fell, or a `WorkerError` where none could be started. `cancel` works until it is done,
            and ends a task that is running. Callbacks run in the pool's own thread and must be quick.
        """
        task = Task(pickle.dumps((function, tuple(args))), Future())
        with self._lock:
            if not self._stopping:
                self._queue.append(task)
                self._ring()
        if self._stopping:
            task.fail(_STOPPED)
        task.future.add_done_callback(self._note_cancelled)
        return task.future

    def pids(self) -> list[int]:
        """Return the process ids of the workers, for diagnosis."""
        return [worker.pid for worker in list(self._crew.workers)]

    def stop(self) -> None:
        """End all workers at once; what is not done fails. Bounded in time, and may be called again."""
        with self._lock:
            self._stopping = True
            thread = self._thread
            if thread is not None:
                self._ring()
        if thread is not None and thread is not threading.current_thread():
            thread.join(_STOP_SECONDS)

    def _note_cancelled(self, future: Future[Any]) -> None:
        if future.cancelled():
            future.set_running_or_notify_cancel()  # for those who wait on several futures
            with self._lock:
                if not self._stopping:
                    self._ring()

    def _ring(self) -> None:
        """Wake the dispatcher, or start it. The lock is held."""
        if self._thread is None:
            listener, self._bell = multiprocessing.Pipe(duplex=False)
            self._thread = threading.Thread(target=self._dispatch, args=(listener,), name="decoder pool", daemon=True)
            self._thread.start()
        if not self._rung and self._bell is not None:
            self._rung = True
            self._bell.send_bytes(b"!")

    # The dispatcher thread's part.

    def _dispatch(self, listener: Connection) -> None:
        try:
            while not self._stopping:
                self._assign()
                sources = [listener, *(worker.connection for worker in self._crew.workers)]
                if listener in wait(sources, self._crew.seconds_left()):
                    with self._lock:
                        listener.recv_bytes()
                        self._rung = False
                for worker in list(self._crew.workers):
                    self._crew.look_after(worker)
        finally:
            self._end(listener)

    def _assign(self) -> None:
        """Give waiting tasks to idle workers, and start workers for those that are left."""
        for worker in [worker for worker in self._crew.workers if worker.idle]:
            task = self._next_task()
            if task is None:
                break
            self._crew.give(worker, task)
        if self._crew.hopeless:
            self._give_up()
        with self._lock:
            self._queue.extendleft(self._crew.take_returned())
            wanted = min(self.workers, max(self._wanted, self._crew.busy + len(self._queue)))
        for _ in range(wanted - len(self._crew.workers)):
            self._crew.hire()

    def _next_task(self) -> Task | None:
        with self._lock:
            self._queue.extendleft(self._crew.take_returned())
            while self._queue:
                task = self._queue.popleft()
                if not task.future.done():
                    return task
        return None

    def _give_up(self) -> None:
        self._crew.forgive()
        with self._lock:
            self._wanted = 0
            tasks, self._queue = self._queue, deque()
        for task in tasks:
            task.settle(Answer(None, WorkerError(_NO_WORKER)))

    def _end(self, listener: Connection) -> None:
        with self._lock:
            self._stopping = True  # also where a bug ended this thread: nobody may wait for it in vain
            tasks, self._queue = list(self._queue), deque()
            if self._bell is not None:
                self._bell.close()
                self._bell = None
            listener.close()
        for task in self._crew.end() + tasks:
            task.fail(_STOPPED)
