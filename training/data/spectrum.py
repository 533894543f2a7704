"""The mel spectrogram by which data is checked, with numpy alone: decoder processes load no torch.

The numbers are those of the reference system's front end, written once more because fingerprints must not change when
a system does.
"""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from mgc_desktop.core.mel import hann, mel_filterbank
from mgc_desktop.core.values import Samples

SAMPLE_RATE = 12_000  # Hz
N_FFT = 512  # samples
HOP = 256  # samples
N_MELS = 96


@functools.cache
def _filters() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    window = hann(N_FFT).astype(np.float32)
    return window, np.ascontiguousarray(mel_filterbank(SAMPLE_RATE, N_FFT, N_MELS, 0.0, SAMPLE_RATE / 2).T)


def mel_power(samples: Samples) -> NDArray[np.float32]:
    """Return the mel power spectrogram of mono sound at `SAMPLE_RATE`, shape (1 + N // HOP, N_MELS)."""
    window, filters = _filters()
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(samples, N_FFT // 2), N_FFT)[::HOP]
    power = np.abs(np.fft.rfft(frames * window, axis=1)).astype(np.float32) ** 2
    return np.asarray(power @ filters)
