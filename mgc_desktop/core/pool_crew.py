"""The worker processes of `mgc_desktop.core.pool`, as its dispatcher thread sees them; no other thread touches them."""

from __future__ import annotations

import contextlib
import multiprocessing
import pickle
import threading
import time
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from mgc_desktop.core.errors import DecodeError
from mgc_desktop.core.pool_worker import Answer, serve

START_SECONDS = 60.0  # a worker starts in 0.1 s, on a machine's very first run in some seconds
_KILL_SECONDS = 2.0  # a killed process is gone within ms, unless a dead disk holds it
_HALF_SENT_SECONDS = 1.0  # over its time, for a worker that stopped in the middle of a message
_MAX_TRIES = 3
_MAX_FALSE_STARTS = 3  # in a row, after which no other worker can be expected to start


@dataclass(slots=True, eq=False)
class Task:
    """A pickled ``(function, args)`` and the future that waits for its result."""

    payload: bytes
    future: Future[Any]
    tries: int = 0

    def fail(self, sentence: str, detail: str = "") -> None:
        self.settle(Answer(None, DecodeError(sentence, detail)))

    def settle(self, answer: Answer) -> None:
        with contextlib.suppress(InvalidStateError):  # cancelled meanwhile
            if answer.error is not None:
                self.future.set_exception(answer.error)
            else:
                self.future.set_result(answer.value)


@dataclass(slots=True, eq=False)
class Worker:
    """A process with a pipe of its own."""

    process: BaseProcess
    pid: int
    connection: Connection
    deadline: float  # monotonic s by which it must have started, or have answered
    ready: bool = False
    task: Task | None = None
    begun: bool = False  # it has said that it received its task

    @property
    def idle(self) -> bool:
        return self.ready and self.task is None


class Crew:
    """Starts workers, gives them tasks, listens to them, and removes those that fall."""

    def __init__(self, memory_bytes: int, timeout_s: float) -> None:
        self.workers: list[Worker] = []
        self._returned: list[Task] = []
        self._memory_bytes = memory_bytes
        self._timeout = timeout_s
        self._context = multiprocessing.get_context("spawn")  # a fork of a threaded program may deadlock
        self._false_starts = 0

    @property
    def busy(self) -> int:
        return sum(worker.task is not None for worker in self.workers)

    @property
    def hopeless(self) -> bool:
        """Whether so many workers in a row failed to start that waiting tasks should be told."""
        return self._false_starts >= _MAX_FALSE_STARTS and not any(worker.ready for worker in self.workers)

    def forgive(self) -> None:
        """Let workers be started again after `hopeless`."""
        self._false_starts = 0

    def hire(self) -> None:
        """Start a worker; it reports when it is ready."""
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=serve, args=(theirs, self._memory_bytes), name="decoder", daemon=True)
        try:
            process.start()
        except OSError:  # no memory or process number left
            self._false_starts += 1
            ours.close()
            return
        finally:
            theirs.close()  # so that its death closes the pipe
        self.workers.append(Worker(process, process.pid or 0, ours, time.monotonic() + START_SECONDS))

    def give(self, worker: Worker, task: Task) -> None:
        """Hand a task to an idle worker; where that one turns out to be dead, the task is returned."""
        try:
            worker.connection.send_bytes(task.payload)
        except OSError:
            self.dismiss(worker)
            self._returned.append(task)
            return
        worker.task, worker.begun = task, False
        worker.deadline = time.monotonic() + self._timeout
        task.tries += 1

    def take_returned(self) -> list[Task]:
        """Return the tasks that were given to workers who died before they saw them."""
        returned, self._returned = self._returned, []
        return returned

    def seconds_left(self) -> float | None:
        """Return s until the next worker is late; None where none can be."""
        deadlines = [worker.deadline for worker in self.workers if not worker.idle]
        return max(0.0, min(deadlines) - time.monotonic()) if deadlines else None

    def look_after(self, worker: Worker) -> None:
        """Take a worker's message, or remove it where it died, is late, or works for nobody."""
        if worker.task is not None and worker.task.future.cancelled():
            self.dismiss(worker)
        elif worker.connection.poll():
            self._listen(worker)
        elif not worker.idle and time.monotonic() >= worker.deadline:
            self._too_late(worker)

    def _listen(self, worker: Worker) -> None:
        try:
            message = _receive(worker)
            if not message:
                worker.begun = worker.ready
                worker.ready, self._false_starts = True, 0
                return
            answer: Answer = pickle.loads(message)
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            if not worker.idle and time.monotonic() >= worker.deadline:
                self._too_late(worker)
            else:
                self._fallen(worker, error)
            return
        task, worker.task = worker.task, None
        if answer.leaving:
            self.dismiss(worker)
        if task is not None:
            task.settle(answer)

    def _fallen(self, worker: Worker, error: Exception) -> None:
        worker.process.join(_KILL_SECONDS)
        code, task = worker.process.exitcode, worker.task
        self._false_starts += not worker.ready
        self.dismiss(worker)
        if task is not None and not worker.begun and task.tries < _MAX_TRIES:
            self._returned.append(task)  # it was killed for another reason, before it saw the task
        elif task is not None:
            task.fail(
                "The decoder fell over this file, or was killed for lack of memory; the file is probably damaged.",
                f"exit code {code}; {error!r}",
            )

    def _too_late(self, worker: Worker) -> None:
        task = worker.task
        self._false_starts += not worker.ready
        self.dismiss(worker)
        if task is not None:
            task.fail(f"Reading the file took longer than {self._timeout:g} s and was stopped; it is probably damaged.")

    def dismiss(self, worker: Worker) -> None:
        """End a worker at once; its task is the caller's to settle."""
        self.workers.remove(worker)
        worker.process.kill()
        worker.connection.close()
        worker.process.join(_KILL_SECONDS)
        if worker.process.exitcode is not None:
            worker.process.close()

    def end(self) -> list[Task]:
        """End all workers and return the tasks they were at."""
        tasks = [worker.task for worker in self.workers if worker.task is not None]
        for worker in self.workers:
            worker.process.kill()  # all at once, so that waiting for one is waiting for all
        for worker in list(self.workers):
            self.dismiss(worker)
        return tasks + self.take_returned()


def _receive(worker: Worker) -> bytes:
    """Return a worker's message; one that stops in the middle of it is killed, so that nobody waits for the rest."""
    left = 0.0 if worker.idle else max(0.0, worker.deadline - time.monotonic())
    guard = threading.Timer(left + _HALF_SENT_SECONDS, worker.process.kill)
    guard.name, guard.daemon = "decoder guard", True
    guard.start()
    try:
        return worker.connection.recv_bytes()
    finally:
        guard.cancel()
