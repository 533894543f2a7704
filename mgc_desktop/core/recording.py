"""What is listened to, from its beginning on: sound on one axis of time, with the gaps in which nothing arrived."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from mgc_desktop.core.ring import AudioRing

KEPT_SECONDS = 600.0  # how far back a person can scroll, judge and save


@dataclass(frozen=True, slots=True)
class Gap:
    """Frames start..end, in which no input was there; the ring holds silence in their place."""

    start: int
    end: int


@dataclass(slots=True, eq=False)
class Recording:
    """One axis of time and what was recorded on it. It is readable after listening has ended.

    The capture's callback writes into `ring`; the listener's thread alone replaces `gaps` and sets the rest.

    Attributes
    ----------
    ring : AudioRing
        Mono, float32, the last ten minutes. Frame 0 is the beginning of listening.
    source : str
        What is listened to: the input's name, or a file's.
    started_at : float
        When frame 0 was heard, s since the epoch.
    gaps : tuple of Gap
        Oldest first.
    """

    ring: AudioRing
    source: str
    started_at: float = field(default_factory=time.time)
    gaps: tuple[Gap, ...] = ()

    @property
    def sample_rate(self) -> int:
        """Hz."""
        return self.ring.sample_rate

    @property
    def seconds(self) -> float:
        """How long it is by now, s."""
        return self.ring.frames / self.ring.sample_rate

    @property
    def kept_from(self) -> float:
        """The earliest moment that can still be read, s since the beginning."""
        return max(0, self.ring.frames - self.ring.capacity) / self.ring.sample_rate

    def gaps_between(self, start: float, end: float) -> list[tuple[float, float]]:
        """Return the gaps that reach into start..end, whole, s since the beginning."""
        rate = self.sample_rate
        first, last = start * rate, end * rate
        return [(gap.start / rate, gap.end / rate) for gap in self.gaps if gap.end > first and gap.start < last]
