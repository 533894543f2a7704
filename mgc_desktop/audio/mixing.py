"""Many channels to one: which of a stream's channels are an input's, and what is recorded of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mgc_desktop.core.ring import FULL_SCALE
from mgc_desktop.core.values import Samples

MOST_CHANNELS = 32  # of a stream through a sound server
_HEARD_PEAK = 1e-4  # -80 dB re full scale: above the noise of an open preamplifier with nothing connected
_ALSA_ORDER = (
    "front-left",
    "front-right",
    "rear-left",
    "rear-right",
    "front-center",
    "lfe",
    "side-left",
    "side-right",
)


@dataclass(frozen=True, slots=True)
class Layout:
    """How many channels a stream is opened with, and which of them, from 0, are the input's, in its order."""

    channels: int
    columns: tuple[int, ...]


def plain_layout(channels: int) -> Layout:
    """Return the layout of a stream that has what the device has."""
    return Layout(channels, tuple(range(channels)))


def server_layout(positions: Sequence[str]) -> Layout | None:
    """Return the smallest stream in which a sound server leaves every channel of an input by itself.

    A server connects channels by their names, and mixes into others what finds no namesake; ALSA's bridge to it names
    the channels by their number alone. So a stream may need more channels than the input has: an interface of 18
    whose channels are called aux0 to aux17 is found behind the eight of a surround system.

    Parameters
    ----------
    positions : sequence of str
        What the server calls the input's channels.

    Returns
    -------
    Layout or None
        None: there is no such stream.
    """
    for channels in range(max(1, len(positions)), MOST_CHANNELS + 1):
        names = bridge_positions(channels)
        if set(positions) <= set(names):
            return Layout(channels, tuple(names.index(name) for name in positions))
    return None


def bridge_positions(channels: int) -> list[str]:
    """Return what ALSA's bridge to a sound server calls the channels of a stream."""
    if channels == 1:
        return ["mono"]
    named = next(count for count in (8, 6, 5, 4, 2) if count <= channels)
    return [*_ALSA_ORDER[:named], *(f"aux{number}" for number in range(channels - named))]


class Mixer:
    """Makes one channel of a stream's blocks. It belongs to one thread: PortAudio's own.

    One channel is taken as it is. Two are averaged, as those of a file are. Of more, those are averaged that have been
    heard by now: an interface with eighteen inputs and one guitar would else be 25 dB too quiet.

    Parameters
    ----------
    columns : sequence of int
        Which of the stream's channels to mix, from 0.
    """

    def __init__(self, columns: Sequence[int]) -> None:
        self._columns = list(columns)
        self._first = self._columns[0]
        self._is_all = self._columns == list(range(len(self._columns)))
        self._heard = np.zeros(len(self._columns), np.bool_)

    def mono(self, block: NDArray[np.float32]) -> tuple[Samples, int]:
        """Return what is recorded of a block, float32[frames, channels].

        Returns
        -------
        samples : float32[frames]
        clipped : int
            Frames at full scale in any of the channels: a mix would hide them.
        """
        if len(self._columns) == 1:
            samples = block[:, self._first]
            return samples, int(np.count_nonzero(np.abs(samples) >= FULL_SCALE))
        mixed = block if self._is_all and block.shape[1] == len(self._columns) else block[:, self._columns]
        loudness = np.abs(mixed)
        clipped = int(np.count_nonzero((loudness >= FULL_SCALE).any(axis=1))) if loudness.size else 0
        if mixed.shape[1] <= 2:
            return mixed.mean(axis=1), clipped
        if not self._heard.all() and len(mixed):
            self._heard |= loudness.max(axis=0) > _HEARD_PEAK
        return mixed.sum(axis=1) / np.float32(max(1, int(self._heard.sum()))), clipped
