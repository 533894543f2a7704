"""The level of a recording in short blocks, and whether that is sound or silence."""

from __future__ import annotations

import math
from collections import deque
from enum import StrEnum

from mgc_desktop.core.ring import AudioRing
from mgc_desktop.engine.results import level_dbfs

_BLOCK_SECONDS = 0.1
_BLOCKS_KEPT = 60


class Presence(StrEnum):
    UNKNOWN = "unknown"  # too little was recorded
    SOUND = "sound"
    SILENCE = "silence"


class LevelTrack:
    """The level of a recording in blocks of 0.1 s, and whether that is sound or silence.

    A pause in music is no silence, and a click in a quiet room is no sound: either has to last.

    Parameters
    ----------
    ring : AudioRing
    start : int
        Frame to begin with.
    """

    SILENCE_SECONDS = 2.0
    _SOUND_BLOCKS, _SOUND_AMONG = 3, 5  # loud ones that are sound
    _CLICKS = 1  # loud blocks that silence may have
    _HYSTERESIS = 3.0  # dB by which sound after silence is louder than silence

    def __init__(self, ring: AudioRing, start: int) -> None:
        self._ring = ring
        self._block = max(1, round(_BLOCK_SECONDS * ring.sample_rate))
        self._next = start
        self._levels: deque[float] = deque(maxlen=_BLOCKS_KEPT)  # dB, oldest first
        self.presence = Presence.UNKNOWN
        self.since = start  # frame at which the sound, or the silence, began

    def restart(self, frame: int) -> None:
        """Forget what was before `frame`."""
        self._next = self.since = frame
        self._levels.clear()
        self.presence = Presence.UNKNOWN

    @property
    def level_dbfs(self) -> float:
        """RMS of the last second, dB re full scale."""
        newest = list(self._levels)[-10:]
        power = sum(10.0 ** (level / 10.0) for level in newest) / len(newest) if newest else 0.0
        return 10.0 * math.log10(power) if power > 0.0 else -math.inf

    def update(self, silence_dbfs: float) -> bool:
        """Take in what was recorded since; return whether sound began, or ended."""
        before = self.presence
        while self._ring.frames >= self._next + self._block:
            block, first = self._ring.read(self._next, self._next + self._block)
            if first > self._next:
                self.restart(first)
                continue
            self._next += self._block
            self._levels.append(level_dbfs(block))
            self._decide(silence_dbfs)
        return self.presence is not before

    def _decide(self, silence_dbfs: float) -> None:
        length = round(self.SILENCE_SECONDS / _BLOCK_SECONDS)
        levels = list(self._levels)[-length:]
        if self.presence is Presence.SOUND:
            loud = sum(level >= silence_dbfs for level in levels)
            if len(levels) == length and loud <= self._CLICKS:
                self.presence, self.since = Presence.SILENCE, self._next - length * self._block
            return
        least = silence_dbfs + (self._HYSTERESIS if self.presence is Presence.SILENCE else 0.0)
        recent = [level >= least for level in levels[-self._SOUND_AMONG :]]
        if sum(recent) >= self._SOUND_BLOCKS:
            self.presence = Presence.SOUND
            self.since = self._next - (len(recent) - recent.index(True)) * self._block
        elif len(levels) == length:
            self.presence = Presence.SILENCE

    def after_pause(self, frame: int, silence_dbfs: float) -> int:
        """Return the frame at which the last pause since `frame` ended, or `frame` where there was none."""
        for back, level in enumerate(reversed(self._levels)):
            end = self._next - back * self._block
            if end <= frame:
                break
            if level < silence_dbfs:
                return end
        return frame
