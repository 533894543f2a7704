"""What every reader of audio files has in common: opening with care, limits, and the mix down to mono."""

from __future__ import annotations

import errno
import os
from io import FileIO
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mgc_desktop.core.errors import DecodeError
from mgc_desktop.core.files import NotRegularError, open_regular
from mgc_desktop.core.values import Samples

# Limits on what a header may claim before anything is allocated for it.
MAX_CHANNELS = 64
MIN_RATE, MAX_RATE = 1_000, 768_000  # Hz
MAX_SECONDS = 100 * 3600.0  # the longest audio books run to some 60 h

BLOCK_VALUES = 1 << 17  # float32 values decoded at a time (512 KiB: stays in the cache whatever the channels)
CLIP = 8.0  # float files may peak above full scale (+18 dB); beyond this it is damage
_MIN_TO_TELL = 4096  # frames: fewer may cancel by chance
_CANCELLED = 0.01  # the mix has under 1 % of a channel's power (-20 dB): the channels are in opposite phase

NO_AUDIO = "No audio could be read from the file; it is damaged or holds no audio: try to play it, or get it again."


class HeaderLiesError(Exception):
    """The file holds less than its header promised; another reader may know how much there is."""


class Sink(Protocol):
    """Takes decoded blocks until it has as many frames as it wants."""

    wanted: int  # frames
    filled: int

    @property
    def missing(self) -> int:
        """Frames still to come."""

    def push(self, block: NDArray[np.float32]) -> None:
        """Take (n, channels) float32; what is beyond the wanted number is dropped."""


class Source(Protocol):
    """An open audio file that can be read from any point. One thread uses it.

    Reading on from where the last read ended costs no seek, and leaves no seam.
    """

    sample_rate: int  # Hz
    channels: int
    frames: int  # of the whole track, as exactly as is cheaply known

    def read(self, start: int, into: Sink) -> None:
        """Fill `into` with frames from `start` on; fewer where the track ends before.

        Raises
        ------
        DecodeError, HeaderLiesError
        """

    def close(self) -> None: ...


class Mixdown:
    """Collects blocks of any number of channels as mono float32.

    Parameters
    ----------
    frames : int
        How many to collect.
    channel : int or None
        The one channel to take; None mixes all in equal parts.
    """

    def __init__(self, frames: int, channel: int | None = None) -> None:
        self.wanted = frames
        self.filled = 0
        # Grown as audio arrives: a header that promises hours must not cost memory.
        self._out = np.empty(min(frames, 1 << 21), np.float32)
        self._channel = channel
        self._mix_power = self._channel_power = 0.0

    @property
    def missing(self) -> int:
        """Frames still to come."""
        return self.wanted - self.filled

    def push(self, block: NDArray[np.float32]) -> None:
        """Take (n, channels) float32; what is beyond the wanted number is dropped."""
        block = block[: self.missing]
        count, channels = block.shape
        out = self._room(count)
        if self._channel is not None or channels == 1:
            out[:] = block[:, min(self._channel or 0, channels - 1)]
        else:
            np.dot(block, np.full(channels, 1 / channels, np.float32), out=out)
            # Every 16th frame tells well enough whether the channels cancel.
            self._mix_power += float(np.square(out[::16]).sum(dtype=np.float64))
            self._channel_power += float(np.square(block[::16, 0]).sum(dtype=np.float64))
        self.filled += count

    def _room(self, count: int) -> NDArray[np.float32]:
        if self.filled + count > self._out.size:
            grown = np.empty(min(self.wanted, max(2 * self._out.size, self.filled + count)), np.float32)
            grown[: self.filled] = self._out[: self.filled]
            self._out = grown
        return self._out[self.filled : self.filled + count]

    @property
    def cancelled(self) -> bool:
        """Whether the channels are in opposite phase, so that the mix is silent where the music is not."""
        return self.filled > _MIN_TO_TELL and self._mix_power < _CANCELLED * self._channel_power

    def samples(self) -> Samples:
        """Return what was collected, free of NaN, infinities and absurd peaks."""
        return tamed(self._out[: self.filled])


def tamed(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return `samples`, freed in place of NaN, infinities and absurd peaks."""
    if samples.size and not (samples.min() >= -CLIP and samples.max() <= CLIP):  # false for NaN as well
        np.nan_to_num(samples, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
        np.clip(samples, -CLIP, CLIP, out=samples)
    return samples


def check_header(sample_rate: int, channels: int) -> None:
    """Refuse what no music file has.

    Raises
    ------
    DecodeError
    """
    if not 1 <= channels <= MAX_CHANNELS or not MIN_RATE <= sample_rate <= MAX_RATE:
        raise DecodeError(
            f"The file claims {channels} channels at {sample_rate} Hz, as no music does; it is damaged: get it again.",
            f"limits: {MAX_CHANNELS} channels, {MIN_RATE} to {MAX_RATE} Hz",
        )


def open_audio(path: str) -> FileIO:
    """Open a regular file that is not empty.

    Raises
    ------
    DecodeError
        With one sentence for: gone, unreadable, not a regular file, empty.
    """
    try:
        file = open_regular(path)
    except (OSError, ValueError) as error:
        raise DecodeError(_why_not_opened(path, error), repr(error)) from error
    if os.fstat(file.fileno()).st_size == 0:
        file.close()
        raise DecodeError("The file is empty (0 bytes); get it again, or remove it.")
    return file


def _why_not_opened(path: str, error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        if os.path.islink(path):
            return "The symbolic link leads nowhere; put its target back, or remove the link."
        return "The file is not there (any more); it was moved or deleted: scan its folder again."
    if isinstance(error, PermissionError):
        return "The file may not be read by this user; change its permissions and try again."
    if isinstance(error, NotRegularError) or getattr(error, "errno", None) in (errno.ENXIO, errno.EISDIR, errno.ELOOP):
        return "This is no regular file but a folder, pipe, device or loop of links; choose a file."
    reason = getattr(error, "strerror", None) or str(error)
    return f"The file could not be opened ({reason}); check the disk it lies on and try again."
