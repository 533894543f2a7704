"""What a picture of mel bands over time shows: the same for what is listened to and for a track."""

from __future__ import annotations

import math

N_MELS = 128  # bands; about as many as the panel has rows
LOWEST_HZ = 40.0
HIGHEST_HZ = 12_000.0  # there is little music above, and a microphone's hiss
WINDOW_SECONDS = 0.046  # of the transform: tells the notes of a bass apart, and a click to 1/20 s
FLOOR_DB = -120.0
CODES_PER_DB = 2.0  # of a picture that is kept as bytes: steps of 0.5 dB from -120 to +7.5 dB re full scale


def highest_hz(sample_rate: int, wanted: float = HIGHEST_HZ) -> float:
    """Return the upper edge of the picture, Hz: what is wanted, or as far as the sound reaches."""
    return min(wanted, sample_rate / 2)


def transform_length(sample_rate: int) -> int:
    """Return the length of the transform, samples: the power of two nearest to `WINDOW_SECONDS`."""
    return int(2 ** round(math.log2(WINDOW_SECONDS * sample_rate)))
