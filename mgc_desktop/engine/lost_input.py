"""An input that went away in the middle of a recording: when to look for it, and what takes the place of its sound."""

from __future__ import annotations

from collections.abc import Callable

from mgc_desktop.audio import hotplug
from mgc_desktop.core.clock import Clock
from mgc_desktop.core.recording import Gap, Recording

_PAUSES = (0.5, 1.0, 2.0)  # s between two looks for it; the last one again and again


class LostInput:
    """Watches for news of inputs until `stop`, and fills the gap by the clock. The listener's thread alone.

    Parameters
    ----------
    recording : Recording
        That goes on when it is back.
    last_arrival : float
        When its newest sample came, s of `clock`.
    clock : Clock
    on_news : callable
        Called in another thread when something was plugged in or out.
    """

    def __init__(self, recording: Recording, last_arrival: float, clock: Clock, on_news: Callable[[], None]) -> None:
        self._recording, self._last_arrival, self._clock = recording, last_arrival, clock
        self._start = recording.ring.frames
        self._skipped = 0
        self._tries = 0
        self._watching = hotplug.watch(on_news)

    def next_pause(self, *, at_once: bool) -> float:
        """Return how long to wait for news before the next look, s; `at_once`: the first one needs no waiting."""
        pause = 0.0 if at_once and self._tries == 0 else _PAUSES[min(self._tries, len(_PAUSES) - 1)]
        self._tries += 1
        return pause

    def fill_gap(self, on: bool) -> None:
        """Have the ring put silence before the next block, as long as it is late; or no more."""
        self._recording.ring.skip_before_next(self._late if on else None)

    def gap(self) -> Gap:
        """Add what was missed to the recording's gaps, and return it; the input is back."""
        gap = Gap(self._start, self._start + self._skipped)
        self._recording.gaps = (*self._recording.gaps, gap)
        return gap

    def stop(self) -> None:
        """Watch for news no more. Idempotent."""
        self._watching.stop()

    def _late(self, block: int) -> int:
        """Return by how many frames a block that comes now begins late."""
        since = self._clock.now() - self._last_arrival
        self._skipped = max(0, round(since * self._recording.sample_rate) - block)
        return self._skipped
