"""What a track sounds like on the whole, in some hundred numbers: timbre, how it varies, and its rhythm."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_N_MFCC = 20
_RANGE_DB = 80.0  # under the loudest band; below is noise of the codec
_ENVELOPES = 12  # groups of bands whose beat is looked at
_BEAT_FRAMES = 256  # 5.5 s
# Edges in bins of 0.18 Hz: from 0.2 Hz (bars) to 12 Hz (rolls), finer where tempi lie.
_BEAT_EDGES = (0, 1, 2, 3, 4, 6, 8, 11, 16, 22, 32, 45)
_BEAT_BINS = 64


def summary(power: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the summary of a mel power spectrogram, shape (T, M), as one row; the level of the track is not in it."""
    db = 10 * np.log10(np.maximum(power, 1e-10))
    db = np.maximum(db, db.max() - _RANGE_DB)
    db -= db.mean()
    coefficients = db @ _cosines(db.shape[1])
    spread = np.cov(coefficients.T) if len(db) > 1 else np.zeros((_N_MFCC, _N_MFCC))
    steps = np.diff(coefficients, axis=0).std(axis=0) if len(db) > 2 else np.zeros(_N_MFCC)
    parts = [
        coefficients.mean(axis=0),
        coefficients.std(axis=0),
        steps,
        spread[np.triu_indices(_N_MFCC)],
        _beat(db),
    ]
    return np.concatenate(parts).astype(np.float32)


def _cosines(n_mels: int) -> NDArray[np.float64]:
    """Return the orthonormal discrete cosine transform (DCT-II) that makes MFCC of bands."""
    n, k = np.arange(n_mels)[:, None] + 0.5, np.arange(_N_MFCC)[None]
    return np.asarray(np.cos(np.pi / n_mels * n * k) * np.sqrt(np.where(k == 0, 1, 2) / n_mels))


def _beat(db: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return how strongly groups of bands pulse, by tempo (log, shape (12 * 12,))."""
    envelopes = db.reshape(len(db), _ENVELOPES, -1).mean(axis=2)
    envelopes = envelopes - envelopes.mean(axis=0)
    if len(envelopes) < _BEAT_FRAMES:
        envelopes = np.pad(envelopes, ((0, _BEAT_FRAMES - len(envelopes)), (0, 0)))
    pieces = len(envelopes) // _BEAT_FRAMES
    stacked = envelopes[: pieces * _BEAT_FRAMES].reshape(pieces, _BEAT_FRAMES, _ENVELOPES)
    strength = np.abs(np.fft.rfft(stacked * np.hanning(_BEAT_FRAMES)[None, :, None], axis=1)).mean(axis=0)
    grouped = np.add.reduceat(strength[1 : 1 + _BEAT_BINS], _BEAT_EDGES, axis=0)
    return np.log(grouped + 1e-3).ravel()
