"""What a decoder process does to the sound of a track for a variant. Imports no torch."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soxr
from numpy.typing import NDArray

from mgc_desktop.audio.decode import load_audio
from mgc_desktop.core.errors import DecodeError
from mgc_desktop.core.values import Samples
from training.data.variants import EQUAL_HZ, Change

_FRAME = 1024  # samples of the phase vocoder: 85 ms at 12 kHz, 46 ms at 22.05 kHz
_LEAST = 1e-4  # change of tempo or pitch that is made at all
_SILENT = 1e-6  # RMS
_SOUNDS = 64  # background sounds and rooms kept by a process
_STEEPNESS = 8  # order of the low-pass: it falls by 48 dB an octave


def changed(samples: Samples, sample_rate: int, change: Change) -> Samples:
    """Return a changed copy of mono sound; its level stays but for what noise adds and a low-pass takes.

    Raises
    ------
    DecodeError
        Where a sound that the change needs cannot be read.
    """
    out = bent(samples, change.pitch, change.speed)
    if change.mix is not None:
        out = mixed(out, sound(change.mix, sample_rate), change.mix_db, change.mix_start)
    if change.room is not None:
        out = in_room(out, sound(change.room, sample_rate))
    if change.noise is not None:
        out = in_noise(out, sound(change.noise, sample_rate), change.snr_db, change.noise_start)
    if change.equal or change.high_pass is not None:
        out = equalised(out, sample_rate, change.equal, change.high_pass)
    if change.low_pass is not None:
        out = low_passed(out, sample_rate, change.low_pass)
    return out


def bent(samples: Samples, pitch: float, speed: float) -> Samples:
    """Raise by `pitch` semitones and play at `speed`, each without the other.

    One pass of a phase vocoder changes the tempo so that resampling, which moves pitch and tempo together, does the
    rest.
    """
    ratio = 2.0 ** (pitch / 12)
    out = samples
    if abs(speed / ratio - 1) > _LEAST:
        out = stretched(out, speed / ratio)
    if abs(ratio - 1) > _LEAST:
        out = np.asarray(soxr.resample(out, ratio, 1.0), np.float32)
    length = round(len(samples) / speed)
    return np.asarray(np.pad(out[:length], (0, max(0, length - len(out)))), np.float32)


def stretched(samples: Samples, rate: float) -> Samples:
    """Play at `rate` times the tempo without changing the pitch: a phase vocoder (Flanagan and Golden 1966).

    As `librosa.effects.time_stretch`, whose first call takes a process some seconds of compiling.
    """
    hop = _FRAME // 4
    window = np.hanning(_FRAME + 1)[:-1].astype(np.float32)
    padded = np.pad(samples, (_FRAME // 2, _FRAME))
    spectrum = np.fft.rfft(np.lib.stride_tricks.sliding_window_view(padded, _FRAME)[::hop] * window, axis=1)
    steps = np.arange(0, len(spectrum) - 1, rate)
    at = steps.astype(np.int64)
    share = (steps - at).astype(np.float32)[:, None]
    loudness = np.abs(spectrum)
    loudness = (1 - share) * loudness[at] + share * loudness[at + 1]
    # How far each bin's phase moves within a hop: what its frequency says, and the difference that is heard.
    expected = 2 * np.pi * hop / _FRAME * np.arange(spectrum.shape[1])
    phase = np.angle(spectrum).astype(np.float64)
    heard = phase[at + 1] - phase[at] - expected
    moved = expected + heard - 2 * np.pi * np.round(heard / (2 * np.pi))
    turned = np.cumsum(np.concatenate([phase[:1], moved[:-1]]), axis=0) % (2 * np.pi)
    frames = np.fft.irfft(loudness * np.exp(1j * turned.astype(np.float32)), _FRAME, axis=1) * window
    out = np.zeros((len(frames) + 3, hop), np.float32)
    for part in range(4):
        out[part : part + len(frames)] += frames[:, part * hop : (part + 1) * hop]
    # Four overlapping windows, each used twice, add up to 1.5.
    whole = out.ravel()[_FRAME // 2 :] / np.float32(1.5)
    return np.asarray(whole[: round(len(samples) / rate)], np.float32)


def in_room(samples: Samples, response: Samples) -> Samples:
    """Play it in a room, from the moment when the sound itself arrives; as long and as loud as before."""
    size = _transform_size(len(samples) + len(response))
    wet = np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(response, size), size)
    arrival = int(np.argmax(np.abs(response)))
    wet = wet[arrival : arrival + len(samples)]
    return np.asarray(wet * (_rms(samples) / max(_rms(wet), _SILENT)), np.float32)


def in_noise(samples: Samples, noise: Samples, snr_db: float, start: float = 0.0) -> Samples:
    """Add a background, `snr_db` under the music over the whole stretch; `start` is a share of the background."""
    behind = np.resize(np.roll(noise, -int(start * len(noise))), len(samples))
    level = _rms(samples) * 10 ** (-snr_db / 20)
    return np.asarray(samples + behind * (level / max(_rms(behind), _SILENT)), np.float32)


def mixed(samples: Samples, other: Samples, over_db: float, start: float = 0.0) -> Samples:
    """Add another track, `over_db` under this one over the whole stretch; the sum is as loud as the track was."""
    both = in_noise(samples, other, over_db, start)
    return np.asarray(both * (_rms(samples) / max(_rms(both), _SILENT)), np.float32)


def equalised(samples: Samples, sample_rate: int, gains: Sequence[float], high_pass: float | None = None) -> Samples:
    """Raise and lower stretches of the spectrum, and take away what is below `high_pass` Hz.

    Parameters
    ----------
    gains : sequence of float
        dB at points that lie evenly in octaves from `EQUAL_HZ` to half the sample rate; in between, straight lines.
    """
    size = _transform_size(len(samples) + sample_rate // 10)
    hertz = np.maximum(np.fft.rfftfreq(size, 1 / sample_rate), 1.0)
    gain = np.ones_like(hertz)
    if len(gains):
        octave = np.log2(np.maximum(hertz, EQUAL_HZ) / EQUAL_HZ)
        gain *= 10 ** (np.interp(octave, np.linspace(0, np.log2(sample_rate / 2 / EQUAL_HZ), len(gains)), gains) / 20)
    if high_pass is not None:
        gain /= np.sqrt(1 + (high_pass / hertz) ** _STEEPNESS)
    return np.asarray(np.fft.irfft(np.fft.rfft(samples, size) * gain, size)[: len(samples)], np.float32)


def low_passed(samples: Samples, sample_rate: int, cut: float) -> Samples:
    """Take away what is above `cut` Hz, as a Butterworth filter does, without its delays."""
    size = _transform_size(len(samples) + sample_rate // 10)  # room for the ringing, which would come in at the front
    frequencies = np.fft.rfftfreq(size, 1 / sample_rate)
    gain = 1 / np.sqrt(1 + (frequencies / cut) ** (2 * _STEEPNESS))
    return np.asarray(np.fft.irfft(np.fft.rfft(samples, size) * gain, size)[: len(samples)], np.float32)


def _transform_size(least: int) -> int:
    return 1 << (least - 1).bit_length()


@functools.lru_cache(_SOUNDS)
def sound(path: Path, sample_rate: int) -> Samples:
    """Return a background sound or a room response; kept, since many tracks share them. Nobody writes to it.

    Raises
    ------
    DecodeError
        Where it cannot be read, or is silent.
    """
    try:
        samples, _ = load_audio(path, sample_rate=sample_rate)
    except DecodeError as error:
        raise DecodeError(f"The background sound {path} could not be used: {error.sentence}", error.detail) from error
    if _rms(samples) < _SILENT:
        raise DecodeError(f"The background sound {path} is silent: take it out of its list.")
    return samples


def _rms(samples: NDArray[np.floating[Any]]) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))
