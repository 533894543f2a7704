"""The far side of `mgc_desktop.core.pool`: what runs in a worker process.

Imports little: the limits must stand before a task's own modules come in.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import signal
import sys
import threading
import traceback
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, NamedTuple

from mgc_desktop.core.errors import DecodeError, MgcError

_NICENESS = 5  # the window and the microphone go first


class Answer(NamedTuple):
    """What a worker sends back for a task."""

    value: Any
    error: MgcError | None
    leaving: bool = False  # the worker ends after this one


class _Outcome:
    """Records how a task ended, whatever it raised: a bug in one task must not cost the worker its life."""

    error: BaseException | None = None

    def __enter__(self) -> _Outcome:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self.error = error
        return True


def serve(connection: Connection, memory_bytes: int) -> None:
    """Run tasks from `connection` until it closes.

    A task is a pickled ``(function, args)``, its answer a pickled `Answer`. An empty message says that the worker is
    ready for its first task, and another that it has received one.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the parent's to handle
    threading.Thread(target=_die_with_parent, name="parent watch", daemon=True).start()
    _be_quiet()
    _limit(memory_bytes)
    leaving = False
    with contextlib.suppress(EOFError, OSError):  # the parent is gone, or has no use for this worker
        connection.send_bytes(b"")
        while not leaving:
            payload = connection.recv_bytes()
            connection.send_bytes(b"")
            message, leaving = _answer(payload)
            connection.send_bytes(message)


def _answer(payload: bytes) -> tuple[bytes, bool]:
    with _Outcome() as outcome:
        function, args = pickle.loads(payload)
        return pickle.dumps(Answer(function(*args), None), pickle.HIGHEST_PROTOCOL), False
    answer = _failure(outcome.error)
    return pickle.dumps(answer), answer.leaving


def _failure(error: BaseException | None) -> Answer:
    if isinstance(error, MgcError):
        return Answer(None, error)
    if isinstance(error, MemoryError):
        # What is left of the memory may be in pieces: a fresh worker takes over.
        sentence = "The file asked for more memory than a decoder may use; it is damaged, or made to do harm."
        return Answer(None, DecodeError(sentence, repr(error)), leaving=True)
    trace = "".join(traceback.format_exception(error)) if error is not None else ""
    return Answer(None, DecodeError("The file could not be read: its decoder failed; please report this file.", trace))


def _limit(memory_bytes: int) -> None:
    """Cap the address space at what is in use now plus `memory_bytes`, and step behind the other programs."""
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"  # the files are what runs in parallel; each thread would reserve memory as well
    if sys.platform == "win32":
        return
    import resource  # there is none on Windows

    with contextlib.suppress(OSError):
        os.nice(_NICENESS)
    # macOS knows the limits but refuses some values.
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        limit = _address_space() + memory_bytes
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _address_space() -> int:
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 1 << 30  # no /proc: a generous guess


def _be_quiet() -> None:
    # Codec libraries print notes of their own ("Illegal Audio-MPEG-Header"); they belong neither in a terminal nor
    # among the JSON lines on stdout.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    os.close(nowhere)


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
