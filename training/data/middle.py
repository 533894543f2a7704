"""What a decoder process does for training. Imports no torch, which would cost each of them seconds and memory."""

from __future__ import annotations

from mgc_desktop.audio.decode import load_audio
from mgc_desktop.core.errors import DecodeError
from mgc_desktop.core.values import Samples


def load_middle(path: str, sample_rate: int, max_seconds: float, min_seconds: float) -> Samples:
    """Return the middle `max_seconds` of a track as mono float32; runs in a decoder process.

    Raises
    ------
    DecodeError
        Where it cannot be decoded, or is shorter than `min_seconds`.
    """
    samples, _ = load_audio(path, sample_rate=sample_rate)
    if len(samples) < min_seconds * sample_rate:
        raise DecodeError(f"{path} is shorter than {min_seconds:g} s, too short to learn from.")
    surplus = max(0, len(samples) - round(max_seconds * sample_rate))
    return samples[surplus // 2 : len(samples) - (surplus - surplus // 2)]
