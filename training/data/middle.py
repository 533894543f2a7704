"""What a decoder process does for training. Imports no torch, which would cost each of them seconds and memory."""

from __future__ import annotations

from mgc_desktop.audio.decode import read_windows
from mgc_desktop.core.errors import DecodeError
from mgc_desktop.core.values import Samples
from mgc_desktop.core.windows import WindowRequest
from training.data.variants import NONE, Change
from training.data.waveform import changed

VERSION = 2  # of what is read from a file: one more where that changes, so that no old features are used


def middle(sample_rate: int, max_seconds: float, min_seconds: float) -> WindowRequest:
    """Return what is to be read of a track: the middle `max_seconds` of it."""
    return WindowRequest(sample_rate, max_seconds, max_seconds, 1, min_seconds)


def load_middle(path: str, sample_rate: int, max_seconds: float, min_seconds: float, change: Change = NONE) -> Samples:
    """Return the middle `max_seconds` of a track as mono float32, changed; runs in a decoder process.

    What lies before and behind is not decoded where the format allows that.

    Raises
    ------
    DecodeError
        Where it cannot be decoded, or is shorter than `min_seconds`.
    """
    samples = read_windows(path, middle(sample_rate, max_seconds, min_seconds)).windows[0].samples
    if change == NONE:
        return samples
    samples = changed(samples, sample_rate, change)
    if len(samples) < min_seconds * sample_rate:
        raise DecodeError(f"{path} is shorter than {min_seconds:g} s when played faster, too short to learn from.")
    surplus = max(0, len(samples) - round(max_seconds * sample_rate))
    return samples[surplus // 2 : len(samples) - (surplus - surplus // 2)]
