"""Audio files to mono float32: windows spread over a track by seeking, or a stretch of it for training.

Everything here opens untrusted bytes: the program calls it in limited processes (`mgc_desktop.core.pool`) only.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from contextlib import closing
from io import FileIO
from typing import TypeVar

import numpy as np
import soxr

from mgc_desktop.audio.av_reader import AvSource
from mgc_desktop.audio.extensions import AUDIO_EXTENSIONS
from mgc_desktop.audio.soundfile_reader import SoundfileSource, mp3_length_is_known
from mgc_desktop.audio.source import NO_AUDIO, HeaderLiesError, Mixdown, Source, open_audio
from mgc_desktop.core.errors import DecodeError
from mgc_desktop.core.values import AudioWindow, DecodedFile, Samples
from mgc_desktop.core.windows import WindowRequest

__all__ = ["AUDIO_EXTENSIONS", "level_dbfs", "load_audio", "read_windows", "readers_for"]

MAX_LOAD_SECONDS = 4 * 3600.0  # longest stretch held in memory as a whole (635 MB at 44.1 kHz)

_T = TypeVar("_T")


def read_windows(path: str, request: WindowRequest) -> DecodedFile:
    """Return windows spread evenly over a track, without decoding what lies between them.

    Parameters
    ----------
    path : str
        Any name the system allows, undecodable bytes as surrogates.
    request : WindowRequest
        Which windows.

    Returns
    -------
    DecodedFile
        Without tags. Windows are mono float32, no longer than was asked for.

    Raises
    ------
    DecodeError
    """

    def read(source: Source) -> DecodedFile:
        duration = source.frames / source.sample_rate
        if duration < request.min_seconds:
            raise _too_short(duration, request.min_seconds)
        windows = [
            AudioWindow(start, _read_mono(source, start, length, request.sample_rate))
            for start, length in request.places(duration)
        ]
        # A file that breaks off gives what it has.
        heard = [window for window in windows if window.samples.size >= request.min_seconds * request.sample_rate]
        if not heard:
            raise _too_short(max(w.samples.size for w in windows) / request.sample_rate, request.min_seconds)
        level = max(level_dbfs(window.samples) for window in heard)
        return DecodedFile(path, duration, source.sample_rate, source.channels, level, tuple(heard))

    return _with_source(path, read)


def load_audio(
    path: str | os.PathLike[str], *, sample_rate: int | None, offset: float = 0.0, seconds: float | None = None
) -> tuple[Samples, int]:
    """Return a stretch of a track as mono.

    Parameters
    ----------
    path : str or path
    sample_rate : int or None
        Hz wanted; None keeps the file's own.
    offset : float
        s from the beginning.
    seconds : float or None
        Length in s; None reads to the end, but no more than `MAX_LOAD_SECONDS`.

    Returns
    -------
    samples : float32[n]
        Fewer than asked for where the track ends before.
    rate : int
        Hz.

    Raises
    ------
    DecodeError
        Also where nothing lies behind `offset`.
    """

    def read(source: Source) -> tuple[Samples, int]:
        rate = sample_rate or source.sample_rate
        length = min(MAX_LOAD_SECONDS if seconds is None else seconds, source.frames / source.sample_rate - offset)
        samples = _read_mono(source, offset, length, rate) if length > 0 else np.empty(0, np.float32)
        if not samples.size:
            raise DecodeError(f"The track ends before {offset:.1f} s; ask for an earlier stretch of it.")
        return samples, rate

    return _with_source(os.fspath(path), read)


def level_dbfs(samples: Samples) -> float:
    """Return the RMS level in dB re full scale; -inf for digital silence."""
    power = float(np.dot(samples, samples)) / max(1, samples.size)
    return 10 * math.log10(power) if power > 0 else float("-inf")


def _with_source(path: str, use: Callable[[Source], _T]) -> _T:
    """Open the file with the reader that suits it, and with the next where that one fails."""
    failure: DecodeError | None = None
    with open_audio(path) as file:
        for make in readers_for(file):
            try:
                with closing(make(file)) as source:
                    return use(source)
            except HeaderLiesError as error:
                failure = failure or DecodeError(NO_AUDIO, f"the header promised more: {error}")
            except DecodeError as error:
                # The first reader to have got as far as the audio knows best what is wrong with it.
                failure = error if failure is None or failure.sentence == NO_AUDIO else failure
    raise failure or DecodeError(NO_AUDIO)


def readers_for(file: FileIO) -> tuple[Callable[[FileIO], Source], ...]:
    """Return what may open a file, the one that suits it best first."""
    head = file.read(64)
    if head[28:36] == b"OpusHead":
        return AvSource, SoundfileSource  # FFmpeg decodes Opus three times as fast
    if _may_be_mp3(head) and not mp3_length_is_known(file):
        return AvSource, SoundfileSource
    return SoundfileSource, AvSource


def _may_be_mp3(head: bytes) -> bool:
    return head[:3] == b"ID3" or (head[:1] == b"\xff" and head[1:2] >= b"\xe0")


def _read_mono(source: Source, start: float, seconds: float, sample_rate: int) -> Samples:
    """Read a stretch, mixed before it is resampled (half the work), trimmed to the exact number of samples."""
    # Two frames more than needed, so that rounding cannot cost the last sample.
    frames = math.ceil(seconds * source.sample_rate) + (2 if sample_rate != source.sample_rate else 0)
    first = round(start * source.sample_rate)
    mix = Mixdown(frames)
    source.read(first, mix)
    if mix.cancelled:
        mix = Mixdown(frames, channel=0)
        source.read(first, mix)
    samples = mix.samples()
    if sample_rate != source.sample_rate and samples.size:
        samples = soxr.resample(samples, source.sample_rate, sample_rate)
    # Copied, so that the longer buffer behind it is let go.
    return np.array(samples[: round(seconds * sample_rate)], np.float32)


def _too_short(seconds: float, least: float) -> DecodeError:
    return DecodeError(f"The file holds only {seconds:.1f} s of audio; at least {least:.1f} s are needed to judge it.")
