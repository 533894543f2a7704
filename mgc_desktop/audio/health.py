"""Whether what arrives is sound at all: nothing but zeros, clipping, or input that the system lost."""

from __future__ import annotations

import sys
from collections import deque

import numpy as np

from mgc_desktop.audio.devices import InputDevice
from mgc_desktop.audio.pulse import list_sources
from mgc_desktop.core.ring import AudioRing

MUTED, CLIPPING, OVERRUNS = "muted", "clipping", "overruns"
MUTED_SECONDS = 2.0
CLIPPING_SECONDS = 2.0
CLIPPING_SHARE = 0.001  # of the frames of a microphone
MONITOR_CLIPPING_SHARE = 0.1  # of those of what is played: every third record is cut off in 0.1 % of some two seconds
OVERRUN_SECONDS = 5.0  # of sound without another one, until it is over


class InputHealth:
    """Looks at what a ring takes in; the one who listens asks it once a hop.

    It counts frames and reads no clock, so that sound may come as fast as it likes.

    Parameters
    ----------
    ring : AudioRing
    device : InputDevice, optional
        Where the sound comes from, for the sentences.
    name : str
        What to call it where there is no device.
    """

    def __init__(self, ring: AudioRing, device: InputDevice | None = None, name: str = "the input") -> None:
        self._ring = ring
        self._device = device
        self._name = device.name if device is not None else name
        self._next = ring.frames
        self._zeros = 0  # frames since the last sample that was not zero
        self._muted_sentence = ""
        self._clipped = ring.clipped
        self._recent: deque[tuple[int, int]] = deque()  # frames and clipped frames of each look
        self._overruns = 0
        self._lost_at: int | None = None  # frame of the last overrun

    def look(self, overruns: int = 0) -> dict[str, str]:
        """Take in what came since the last look.

        Parameters
        ----------
        overruns : int
            How often input was lost since the beginning.

        Returns
        -------
        dict of str to str
            What is wrong now ("muted", "clipping", "overruns"), each with one sentence: what, why, what to do.
        """
        samples, self._next, _ = self._ring.read_from(self._next, self._ring.capacity)
        wrong = {}
        if self._is_muted(samples):
            wrong[MUTED] = self._muted_sentence = self._muted_sentence or self._why_muted()
        else:
            self._muted_sentence = ""
        if self._is_clipping(len(samples)):
            wrong[CLIPPING] = self._why_clipping()
        if self._has_lost(overruns):
            wrong[OVERRUNS] = (
                f"The computer was too busy to take in all the sound of {self._name}, so pieces are missing: "
                "close other programs that work hard."
            )
        return wrong

    def _is_muted(self, samples: np.ndarray) -> bool:
        sounding = np.flatnonzero(samples[::-1])
        self._zeros = int(sounding[0]) if len(sounding) else self._zeros + len(samples)
        return self._zeros >= MUTED_SECONDS * self._ring.sample_rate

    def _is_clipping(self, frames: int) -> bool:
        clipped = self._ring.clipped
        self._recent.append((frames, clipped - self._clipped))
        self._clipped = clipped
        length = round(CLIPPING_SECONDS * self._ring.sample_rate)
        while sum(count for count, _ in self._recent) - self._recent[0][0] >= length:
            self._recent.popleft()
        is_played = self._device is not None and self._device.is_monitor
        share = MONITOR_CLIPPING_SHARE if is_played else CLIPPING_SHARE
        return sum(count for _, count in self._recent) > share * length

    def _has_lost(self, overruns: int) -> bool:
        if overruns > self._overruns:
            self._lost_at = self._next
        self._overruns = overruns
        return self._lost_at is not None and self._next - self._lost_at < OVERRUN_SECONDS * self._ring.sample_rate

    def _why_muted(self) -> str:
        source = self._device.source if self._device is not None else ""
        if source and any(found.name == source and found.is_muted for found in list_sources()):
            return f"{self._name} is muted: switch it on in the system's sound settings."
        if self._device is not None and self._device.is_monitor:
            return f"Nothing is played that {self._name} could hear: play some music, or choose a microphone."
        place = {
            "darwin": " and that this program may use it (System Settings > Privacy & Security > Microphone)",
            "win32": " and that programs may use it (Settings > Privacy & security > Microphone)",
        }.get(sys.platform, " and that it is the right one")
        return f"Only digital silence arrives from {self._name}: see that it is not muted{place}."

    def _why_clipping(self) -> str:
        if self._device is not None and self._device.is_monitor:
            return (
                f"The sound of {self._name} is cut off at full scale: turn the volume down in the program that plays."
            )
        return f"The input level of {self._name} is too high and the sound is cut off: turn it down."
