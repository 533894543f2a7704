"""The verdict rule: one function, used by files, live, command line and training."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mgc_desktop.core.model_info import NOT_MUSIC_LABEL, ModelInfo
from mgc_desktop.core.rivals import CLOSE
from mgc_desktop.core.values import Verdict, VerdictKind


def probabilities(info: ModelInfo, logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the calibrated probabilities of a track or moment.

    Parameters
    ----------
    info : ModelInfo
        Whose activation and temperature to use.
    logits : ndarray, shape (k, L)
        One row a window.

    Returns
    -------
    ndarray, shape (L,), float64
        ``activation(mean over windows of logits / temperature)``. Adds up to 1 for softmax.
    """
    mean = np.asarray(logits, np.float64).reshape(-1, len(info.labels)).mean(axis=0) / info.temperature
    if info.activation == "sigmoid":
        return np.asarray(1.0 / (1.0 + np.exp(-mean)))
    powers = np.exp(mean - mean.max())
    return np.asarray(powers / powers.sum())


def judge_probabilities(info: ModelInfo, p: NDArray[np.floating], level_dbfs: float) -> Verdict:
    """Apply the rule to probabilities that are at hand already (live smoothing works on those).

    Parameters
    ----------
    p : ndarray, shape (L,)
        Calibrated probabilities in the order of `info.labels`.
    level_dbfs : float
        RMS level of the loudest window, dB re full scale.
    """
    by_label = {label: float(value) for label, value in zip(info.labels, p, strict=True)}
    genres = sorted(info.genres, key=lambda label: -by_label[label])
    best = genres[0]
    rival = genres[1] if len(genres) > 1 else None
    second = by_label[rival] if rival else 0.0
    if level_dbfs < info.thresholds.silence_dbfs:
        return silence_verdict(info)
    if by_label.get(NOT_MUSIC_LABEL, 0.0) > info.thresholds.not_music:
        refused, kind = by_label[NOT_MUSIC_LABEL], VerdictKind.NOT_MUSIC
        return Verdict(kind, NOT_MUSIC_LABEL, refused, best, by_label[best], by_label, info.name, "speech or noise")
    kind, reason = VerdictKind.GENRE, ""
    if by_label[best] < info.thresholds.unsure:
        kind = VerdictKind.UNSURE
        close = rival is not None and by_label[best] - second < CLOSE
        reason = f"between {best} and {rival}" if close else f"a weak guess at {best}"
    return Verdict(kind, best, by_label[best], rival, second, by_label, info.name, reason)


def judge(info: ModelInfo, logits: NDArray[np.floating], level_dbfs: float) -> Verdict:
    """Return what is said of a track or moment.

    Quieter than `silence_dbfs` throughout: *silence*. ``p[_not_music]`` over its threshold: *not music*.
    Best p under `unsure`: *unsure*, with the best guess still named. Else the genre.

    Parameters
    ----------
    info : ModelInfo
    logits : ndarray, shape (k, L)
        One row a window.
    level_dbfs : float
        RMS level of the loudest window, dB re full scale; -inf for digital silence.
    """
    return judge_probabilities(info, probabilities(info, logits), level_dbfs)


def silence_verdict(info: ModelInfo) -> Verdict:
    """Return the verdict for sound under the model's silence level; the probabilities are all 0."""
    return Verdict(VerdictKind.SILENCE, None, 0.0, None, 0.0, dict.fromkeys(info.labels, 0.0), info.name, "too quiet")


def error_verdict(model_name: str, sentence: str) -> Verdict:
    """Return the verdict for a file that could not be heard; `sentence` says why."""
    return Verdict(VerdictKind.ERROR, None, 0.0, None, 0.0, {}, model_name, sentence)
