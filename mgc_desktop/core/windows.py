"""How much of a track is heard: the same for the library, the command line and the scores of training."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mgc_desktop.core.model_info import ModelInfo

# Three places: an intro or a quiet break does not decide, and seeking to three costs less than decoding the whole.
_COUNT = 3
# Of the model's longest window, where a track gives several: half as long costs half as much, and validation tracks
# were told apart as well (docs/decisions/0011-windows-of-a-track.md).
_SEVERAL_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class WindowRequest:
    """What a decoder is to cut from a track.

    Attributes
    ----------
    sample_rate : int
        Hz of the windows.
    window_seconds : float
        s of the one window of a short track; a track shorter than that gives all there is.
    several_seconds : float
        s of each window where a track gives several.
    count : int
        Windows of a long track; fewer where they would overlap by more than half a window.
    min_seconds : float
        A track shorter than this is refused.
    """

    sample_rate: int
    window_seconds: float
    several_seconds: float
    count: int
    min_seconds: float

    @classmethod
    def for_model(cls, info: ModelInfo) -> WindowRequest:
        """Return what is cut for a model."""
        several = max(info.min_seconds, info.window_seconds * _SEVERAL_SHARE)
        return cls(info.sample_rate, info.window_seconds, several, _COUNT, info.min_seconds)

    def places(self, duration: float) -> list[tuple[float, float]]:
        """Return (start, length) of each window in a track of `duration`, in s."""
        length = min(duration, self.window_seconds)
        starts = window_starts(duration, length, self.count)
        if len(starts) > 1:
            length = self.several_seconds
            starts = window_starts(duration, length, self.count)
        return [(start, length) for start in starts]


def window_starts(duration: float, window_seconds: float, count: int) -> list[float]:
    """Return where windows begin, in s: their centres cut the track into equal parts.

    >>> window_starts(240.0, 30.0, 3)
    [25.0, 105.0, 185.0]
    >>> window_starts(20.0, 30.0, 3)
    [0.0]
    """
    if duration <= window_seconds:
        return [0.0]
    used = max(1, min(count, math.floor(duration / window_seconds + 0.5)))
    last = duration - window_seconds
    return [min(max((i + 0.5) / used * duration - window_seconds / 2, 0.0), last) for i in range(used)]
