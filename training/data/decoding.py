"""Tracks decoded in limited processes, a few ahead of whoever uses them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future
from typing import Any, TypeVar

from mgc_desktop.core.errors import DecodeError
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

    The processes end with the generator: close it.
    """
    queue, waiting = deque(jobs), deque[tuple[_K, Future[_T]]]()
    if not queue:
        return
    pool = LimitedPool(workers=workers, memory_bytes=_DECODER_BYTES, timeout_s=_DECODER_SECONDS)
    try:
        while queue or waiting:
            while queue and len(waiting) < _AHEAD * workers:
                key, arguments = queue.popleft()
                waiting.append((key, pool.schedule(function, arguments)))
            key, future = waiting.popleft()
            try:
                yield key, future.result()
            except DecodeError as error:
                yield key, error
    finally:
        pool.stop()
