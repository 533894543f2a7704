"""From stretches of a file to the windows that the model hears of them; read in a limited process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from typing import TYPE_CHECKING

import numpy as np

from mgc_desktop.core.errors import DecodeError
from mgc_desktop.core.model_info import ModelInfo
from mgc_desktop.core.values import AudioWindow, Samples
from mgc_desktop.engine.span_cut import Cut, SpanError, windows_of

if TYPE_CHECKING:
    from mgc_desktop.core.pool import LimitedPool

MOST_SECONDS = 600.0  # as much as is kept of what is listened to
TOO_LONG = f"The selection is too long: select at most {MOST_SECONDS / 60:.0f} minutes."
_WORKER_SECONDS = 30.0

Stretches = tuple[tuple[float, float], ...]


class TrackSounds:
    """Reads stretches of files, in a process that begins with the first one. One thread uses it."""

    def __init__(self) -> None:
        self._pool: LimitedPool | None = None

    def cut(
        self, path: str, stretches: Stretches, info: ModelInfo, wait: Callable[[], bool], look_seconds: float
    ) -> Cut | None:
        """Return the windows of stretches of a file; None where nobody waits for them any more.

        Parameters
        ----------
        path : str
        stretches : tuple of (float, float)
            From where to where, s, in order; one that is too long for the model at once is cut into equal parts.
        info : ModelInfo
        wait : callable
            Whether somebody still wants it, asked every `look_seconds`.

        Raises
        ------
        SpanError, DecodeError
        """
        seconds = sum(end - start for start, end in stretches)
        if seconds < info.min_seconds:
            raise SpanError(f"The selection is too short: select at least {info.min_seconds:g} s of sound.")
        if seconds > MOST_SECONDS:
            raise SpanError(TOO_LONG)
        found = self._read(path, stretches, info.sample_rate, wait, look_seconds)
        if found is None:
            return None
        windows = tuple(
            AudioWindow(start + window.start, window.samples)
            for (start, _), samples in zip(stretches, found, strict=True)
            for window in windows_of(0, samples, info.sample_rate, info)
        )
        if not windows:
            raise SpanError("The track has no sound there that is long enough: select another place.")
        last = windows[-1]
        return Cut(windows[0].start, last.start + len(last.samples) / info.sample_rate, info, windows)

    def _read(
        self, path: str, stretches: Stretches, rate: int, wait: Callable[[], bool], look_seconds: float
    ) -> list[Samples] | None:
        if self._pool is None:
            from mgc_desktop.core.pool import LimitedPool  # here: most starts ask about no track

            self._pool = LimitedPool(1, timeout_s=_WORKER_SECONDS)
        future = self._pool.schedule(read_stretches, (path, stretches, rate))
        while wait():
            try:
                return future.result(timeout=look_seconds)
            except TimeoutError:
                continue
            except CancelledError:
                return None
        future.cancel()  # ends the process that reads
        return None

    def stop(self) -> None:
        """End the process."""
        if self._pool is not None:
            self._pool.stop()


def read_stretches(path: str, stretches: Sequence[tuple[float, float]], rate: int) -> list[Samples]:
    """Return each stretch of a file as mono at `rate` Hz; run it in a `mgc_desktop.core.pool.LimitedPool`.

    Where the file ends before, a stretch is shorter, or empty.

    Raises
    ------
    DecodeError
        Where nothing of it can be read.
    """
    from mgc_desktop.audio.decode import load_audio  # here: the window's process never reads a file

    found: list[Samples] = []
    failure: DecodeError | None = None
    for start, end in stretches:
        try:
            found.append(load_audio(path, sample_rate=rate, offset=start, seconds=end - start)[0])
        except DecodeError as error:
            failure = error
            found.append(np.empty(0, np.float32))
    if failure is not None and not any(len(samples) for samples in found):
        raise failure
    return found
