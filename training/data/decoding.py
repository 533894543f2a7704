"""Tracks decoded in limited processes, a few ahead of whoever uses them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future
from typing import Any, TypeVar

from mgc_desktop.core.errors import DecodeError, WorkerError
from mgc_desktop.core.pool import LimitedPool

_DECODER_BYTES = 3_000_000_000
_DECODER_SECONDS = 60.0
_AHEAD = 3  # tracks in flight for each process

_K = TypeVar("_K")
_T = TypeVar("_T")


def decode_ahead(
    function: Callable[..., _T], jobs: Iterable[tuple[_K, tuple[Any, ...]]], workers: int
) -> Generator[tuple[_K, _T | DecodeError], None, None]:
    """Yield (key, result or error) of ``function(*arguments)`` for each (key, arguments) of `jobs`, in their order.

    Jobs are drawn as the processes have room for them. The processes end with the generator: close it.

    Raises
    ------
    WorkerError
        Where no process can be started: a run that went on would learn from the tracks before, and from no other.
    """
    source, waiting = iter(jobs), deque[tuple[_K, Future[_T]]]()
    job = next(source, None)
    if job is None:
        return
    pool = LimitedPool(workers=workers, memory_bytes=_DECODER_BYTES, timeout_s=_DECODER_SECONDS)
    try:
        while job is not None or waiting:
            while job is not None and len(waiting) < _AHEAD * workers:
                waiting.append((job[0], pool.schedule(function, job[1])))
                job = next(source, None)
            key, future = waiting.popleft()
            try:
                yield key, future.result()
            except WorkerError:
                raise
            except DecodeError as error:
                yield key, error
    finally:
        pool.stop()
