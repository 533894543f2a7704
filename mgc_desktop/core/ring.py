"""A ring of mono audio with one writer that never waits, and readers that notice when they were lapped."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mgc_desktop.core.values import Samples

FULL_SCALE = 0.9999  # a converter that clips stays there


class AudioRing:
    """The last seconds of a microphone, written by the PortAudio callback and read by any thread.

    There is no lock: the writer announces how far it is about to write, copies, and raises the frame counter last.
    A reader copies first and then drops what was announced over meanwhile, so it never returns a torn copy.

    Memory is taken as it is written for the first time, at every rate: ten minutes are 106 MB at 44.1 kHz, and 461 MB
    at 192 kHz.

    Parameters
    ----------
    seconds : float
        How much is kept, s.
    sample_rate : int
        Hz.

    Attributes
    ----------
    clipped : int
        Frames at full scale since the beginning; a little ahead of `frames`.
    """

    def __init__(self, seconds: float, sample_rate: int) -> None:
        if seconds <= 0 or sample_rate <= 0:
            raise ValueError(f"a ring needs a length and a rate, not {seconds} s at {sample_rate} Hz")
        self.sample_rate = sample_rate
        self.capacity = max(1, round(seconds * sample_rate))
        self.clipped = 0
        self._samples = np.zeros(self.capacity, np.float32)
        self._announced = 0  # everything older than this less the capacity may be overwritten at any moment
        self._frames = 0
        self._skip_first: Callable[[int], int] | None = None

    @property
    def frames(self) -> int:
        """Frames written since the beginning; all of them can be seen by the reader that sees the number."""
        return self._frames

    def write(self, block: Samples, clipped: int | None = None) -> None:
        """Append a block; called by one thread only.

        Parameters
        ----------
        block : float32[n]
            Mono samples in -1..1. Of a block longer than the ring only the end is kept, though all of it is counted.
        clipped : int, optional
            How many of its frames were at full scale before they were mixed; None: look.
        """
        self.clipped += int(np.count_nonzero(np.abs(block) >= FULL_SCALE)) if clipped is None else clipped
        skip_first, self._skip_first = self._skip_first, None
        if skip_first is not None:
            self.skip(skip_first(len(block)))
        end = self._frames + len(block)
        self._announced = end
        kept = block[-self.capacity :]
        at = (end - len(kept)) % self.capacity
        first = min(len(kept), self.capacity - at)
        self._samples[at : at + first] = kept[:first]
        self._samples[: len(kept) - first] = kept[first:]
        self._frames = end

    def skip(self, frames: int) -> None:
        """Append silence in place of sound that did not arrive; called by the writer, or while nobody writes.

        Parameters
        ----------
        frames : int
        """
        end = self._frames + frames
        self._announced = end
        kept = min(frames, self.capacity)
        at = (end - kept) % self.capacity
        first = min(kept, self.capacity - at)
        self._samples[at : at + first] = 0
        self._samples[: kept - first] = 0
        self._frames = end

    def skip_before_next(self, frames: Callable[[int], int] | None) -> None:
        """Have silence put before the next block; called while nobody writes.

        Parameters
        ----------
        frames : callable or None
            Gets the length of that block when it comes, in the writer's thread, and says how many frames to skip.
        """
        self._skip_first = frames

    def read(self, start: int, end: int) -> tuple[Samples, int]:
        """Return what is kept of the frames start..end.

        Returns
        -------
        samples : float32[n]
            A copy; without what is not written yet, or not kept any more.
        first : int
            Frame of the first sample.
        """
        return self._copy(start, min(end, self._frames))

    def read_last(self, count: int) -> tuple[Samples, int]:
        """Return up to `count` of the newest samples.

        Returns
        -------
        samples : float32[n]
            A copy; shorter than `count` where less was written, or where the writer lapped its beginning.
        end_frame : int
            Frame after the last sample.
        """
        end = self._frames
        samples, first = self._copy(end - count, end)
        return samples, first + len(samples)

    def read_from(self, frame: int, max_frames: int) -> tuple[Samples, int, int]:
        """Return up to `max_frames` samples from `frame` on, as one who reads everything once does.

        Returns
        -------
        samples : float32[n]
            A copy, empty where nothing new was written.
        next_frame : int
            Where to read on.
        lost : int
            Frames between `frame` and the first sample returned, which were overwritten before they could be read.
        """
        oldest = max(frame, self._announced - self.capacity, 0)
        samples, first = self._copy(oldest, min(oldest + max_frames, self._frames))
        return samples, first + len(samples), first - frame

    def _copy(self, start: int, end: int) -> tuple[Samples, int]:
        """Copy what is left of start..end; return it and the frame it begins at."""
        start = max(start, self._announced - self.capacity, 0)
        count = max(0, end - start)
        at = start % self.capacity
        first = min(count, self.capacity - at)
        samples = np.empty(count, np.float32)
        samples[:first] = self._samples[at : at + first]
        samples[first:] = self._samples[: count - first]
        lapped = min(count, max(0, self._announced - self.capacity - start))
        return samples[lapped:], start + lapped
