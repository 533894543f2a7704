"""Sound in which nothing changes is no music: the hum of a machine, a fan, a tone, the noise of an open input.

Models that were taught on speech and on noises of the world name a genre for a bare hum with confidence. How steady a
sound is can be measured without them (docs/decisions/0018-steady-sound.md).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mgc_desktop.core.mel_scale import hz_to_mel, mel_to_hz
from mgc_desktop.core.model_info import NOT_MUSIC_LABEL, ModelInfo
from mgc_desktop.core.values import Samples

STEADY_DB = 0.6  # music of three seconds: 0.85 at least, over 2148 places; white noise: 0.45, a hum: 0.01
_BLOCK_SECONDS = 0.5  # in which bands are compared
_BEAT_SECONDS = 0.1  # in which loudness is: a loop may be the same from half second to half second
_LEAST_BLOCKS = 5  # one chord can be held for as long as less
_BANDS = 20
_HEARD_DB = 40.0  # below the loudest band: what is softer does not count
_SURE = 0.95  # that it is no music


def change_db(window: Samples, sample_rate: int) -> float:
    """Return how much a window changes in itself, dB; inf where it is short.

    Parameters
    ----------
    window : float32[N]
    sample_rate : int
        Hz.

    Returns
    -------
    float
        The largest of these standard deviations: of the level in a tenth of a second; of the level of a band in half a
        second, as the median over the bands that can be heard, and as the mean by their power.
    """
    length = round(_BLOCK_SECONDS * sample_rate)
    if len(window) < _LEAST_BLOCKS * length:
        return math.inf
    beats = _blocks(window, round(_BEAT_SECONDS * sample_rate))
    level = float(_spread(np.square(beats).mean(axis=1, keepdims=True))[0])
    if level > STEADY_DB:
        return level  # so is most music, and the rest costs some milliseconds
    blocks = _blocks(window, length) * np.hanning(length).astype(np.float32)
    power = np.square(np.abs(np.fft.rfft(blocks, axis=1)))
    bands = np.add.reduceat(power, _first_bins(length, sample_rate), axis=1)
    mean = bands.mean(axis=0)
    heard = mean > mean.max() * 10 ** (-_HEARD_DB / 10)
    if not heard.any():
        return 0.0
    spread, share = _spread(bands[:, heard]), mean[heard] / mean[heard].sum()
    return float(max(level, np.median(spread), share @ spread))


def _blocks(window: Samples, length: int) -> Samples:
    count = len(window) // length
    return window[: count * length].reshape(count, length)


def allow_for_steadiness(info: ModelInfo, windows: Samples, logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the logits of windows, (B, L), with *not music* put first where nothing changes in a window.

    Parameters
    ----------
    info : ModelInfo
        A model without a label for what is no music is left alone.
    windows : float32[B, N]
    logits : float32[B, L]
    """
    if NOT_MUSIC_LABEL not in info.labels:
        return logits
    place = info.labels.index(NOT_MUSIC_LABEL)
    silent = 10 ** (info.thresholds.silence_dbfs / 10)
    changed = logits
    for row, window in enumerate(windows):
        if np.mean(np.square(window)) > silent and change_db(window, info.sample_rate) < STEADY_DB:
            changed = logits.copy() if changed is logits else changed
            changed[row, place] = max(logits[row, place], _least(info, logits[row], place))
    return changed


def _least(info: ModelInfo, logits: NDArray[np.float32], place: int) -> float:
    """Return the logit at which *not music* is as sure as `_SURE`."""
    odds = math.log(_SURE / (1 - _SURE))
    if info.activation == "sigmoid":
        return odds * info.temperature
    others = np.delete(logits.astype(np.float64), place) / info.temperature
    return float((others.max() + np.log(np.exp(others - others.max()).sum()) + odds) * info.temperature)


def _spread(power: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the standard deviation over blocks in dB, float64[bands], of power (blocks, bands)."""
    return np.asarray(np.std(10 * np.log10(np.maximum(power, 1e-12).astype(np.float64)), axis=0))


def _first_bins(length: int, sample_rate: int) -> NDArray[np.intp]:
    """Return the first bin of each band: equally wide in mel, none of them empty."""
    top = hz_to_mel(sample_rate / 2)
    edges = [mel_to_hz(top * band / _BANDS) * length / sample_rate for band in range(_BANDS)]
    return np.unique(np.round(edges).astype(np.intp))
