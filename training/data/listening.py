"""What is heard of a track when data is checked. Runs in decoder processes: no torch here."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import soxr
from numpy.typing import NDArray

from mgc_desktop.audio.decode import level_dbfs, load_audio
from mgc_desktop.core.errors import DecodeError
from mgc_desktop.core.values import Samples
from training.data.fingerprint import Fingerprint, fingerprint
from training.data.spectrum import SAMPLE_RATE, mel_power
from training.data.summary import summary

_MAX_SECONDS = 120.0  # from the middle, which is what training learns from
_PIECE = 0.1  # s over which silence is judged
_AT_THE_TOP = 0.98  # of the highest sample
_FLAT = 1e-3  # of the highest sample: steps smaller than this are none
_RUN = 3  # samples: fewer at the top are a peak


@dataclass(frozen=True, slots=True)
class Sound:
    """What checking a track has shown.

    Attributes
    ----------
    seconds : float
    digest : str
        SHA-256 of the file.
    level : float
        RMS in dB re full scale.
    quiet : float
        Share of the track under -60 dBFS.
    clipped : float
        Share of the samples in flat runs at the highest level, of either sign.
    print : Fingerprint
    summary : ndarray, float32
    """

    seconds: float
    digest: str
    level: float
    quiet: float
    clipped: float
    print: Fingerprint
    summary: NDArray[np.float32]


def listen(path: str, silence_dbfs: float) -> Sound:
    """Decode a track and return what it shows.

    Raises
    ------
    DecodeError
        Where it cannot be read.
    """
    try:
        with open(path, "rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise DecodeError(f"The file could not be read ({error.strerror}); check that it is there.") from error
    samples, rate = load_audio(path, sample_rate=None)
    surplus = max(0, len(samples) - round(_MAX_SECONDS * rate))
    middle = samples[surplus // 2 : len(samples) - (surplus - surplus // 2)]
    power = mel_power(soxr.resample(middle, rate, SAMPLE_RATE))
    return Sound(
        seconds=len(samples) / rate,
        digest=digest,
        level=level_dbfs(samples),
        quiet=quiet_share(samples, rate, silence_dbfs),
        clipped=clipped_share(samples),
        print=fingerprint(power),
        summary=summary(power),
    )


def quiet_share(samples: Samples, rate: int, silence_dbfs: float) -> float:
    """Return the share of pieces of a tenth of a second that are quieter than `silence_dbfs`."""
    length = max(1, round(_PIECE * rate))
    pieces = len(samples) // length
    if not pieces:
        return float(level_dbfs(samples) < silence_dbfs)
    stacked = samples[: pieces * length].reshape(pieces, length)
    power = np.einsum("pn,pn->p", stacked, stacked) / length
    return float((power < 10 ** (silence_dbfs / 10)).mean())


def clipped_share(samples: Samples) -> float:
    """Return the share of samples in flat runs at the top: what a converter or an editor has cut off.

    Peaks over full scale, as lossy codecs make of loud masters, are no runs and do not count.
    """
    top = float(np.abs(samples).max(initial=0.0))
    if top == 0:
        return 0.0
    high = np.abs(samples) >= _AT_THE_TOP * top
    level = high[1:] & high[:-1] & (np.abs(np.diff(samples)) <= _FLAT * top)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], level, [False]])))
    runs = edges[1::2] - edges[::2] + 1  # n steps between n + 1 samples
    return float(runs[runs >= _RUN].sum()) / len(samples)
