"""Make confidence mean what it says: temperature, and the thresholds of the verdict rule."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

# The shortest list of validation tracks that a threshold is read from; below it, the defaults hold.
_ENOUGH = 30
_DEFAULT_UNSURE = 0.4
_WANTED_PRECISION = 0.9  # of the genres that are said without "unsure"
_WANTED_COVERAGE = 0.6  # of music that is named a genre, even where that cannot be had: less would be no help
_SILENCE_DBFS = -60.0
# How far log temperature strays from 0 by what is known before: a handful of validation tracks that are all right must
# not make every verdict a sure one.
_LOG_TEMPERATURE_SPREAD = 0.3


def fit_temperature(logits: NDArray[np.floating], targets: NDArray[np.integer]) -> float:
    """Return the most probable temperature given the validation tracks.

    Cross-entropy (Guo et al. 2017) with a normal prior on log temperature, whose weight fades as tracks are added.

    Parameters
    ----------
    logits : ndarray, shape (n, L)
    targets : ndarray, shape (n,)
    """
    if len(targets) == 0:
        return 1.0

    def loss(log_t: float) -> float:
        said = log_softmax(logits / np.exp(log_t), axis=1)[np.arange(len(targets)), targets]
        return float(-said.sum() + log_t**2 / (2 * _LOG_TEMPERATURE_SPREAD**2))

    return float(np.exp(minimize_scalar(loss, bounds=(np.log(0.2), np.log(5.0)), method="bounded").x))


def fit_thresholds(
    logits: NDArray[np.floating], targets: NDArray[np.integer], temperature: float, not_music: int | None
) -> dict[str, float]:
    """Return the thresholds of the verdict rule, read from validation tracks.

    `unsure` is the least confidence at which nine of ten genres said are right, as far as three of five tracks are
    still named one. How many are right is the mean of what was counted and what the confidence promises: a handful of
    tracks is a rough count. `not_music` is the least probability above which at most 2 % of music would be refused,
    and 0.5 at least.
    """
    thresholds = {"unsure": _DEFAULT_UNSURE, "not_music": 0.5 if not_music is not None else 1.0}
    thresholds["silence_dbfs"] = _SILENCE_DBFS
    music = targets != not_music if not_music is not None else np.ones(len(targets), bool)
    if music.sum() < _ENOUGH:
        return thresholds
    p = softmax(logits[music] / temperature, axis=1)
    if not_music is not None:
        thresholds["not_music"] = round(float(np.clip(np.quantile(p[:, not_music], 0.98), 0.5, 0.95)), 3)
        p = np.delete(p, not_music, axis=1)
    truth = np.array([t - (not_music is not None and t > not_music) for t in targets[music]])
    best, right = p.max(axis=1), p.argmax(axis=1) == truth
    order = np.argsort(-best)
    said = np.arange(1, len(order) + 1)
    precision = (np.cumsum(right[order]) + np.cumsum(best[order])) / (2 * said)
    good = said[precision >= _WANTED_PRECISION]
    least = math.ceil(_WANTED_COVERAGE * len(order))
    unsure = best[order][max(least, good[-1] if len(good) else 0) - 1]
    thresholds["unsure"] = round(float(max(unsure, 0.25)), 3)
    return thresholds
