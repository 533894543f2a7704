"""Linear discriminants: genres read from numbers that were learnt without them, and tried by artists left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn

from training.references.classifiers import decisions

_FOLDS = 5
SHRINKAGE = 0.3  # of the covariance: there are about as many numbers as tracks

Vectors = NDArray[np.float32]
Numbers = NDArray[np.int64]


def discriminants(shrinkage: float = SHRINKAGE) -> Pipeline:
    """Return linear discriminants of scaled numbers, yet to be fitted.

    Over grouped folds of some 600 tracks they are right more often than logistic regression, and they need no steps.
    """
    return make_pipeline(StandardScaler(), LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage))


@dataclass(frozen=True)
class Crossed:
    """Discriminants that were fitted without a fifth of the groups each. Use `crossed`.

    Attributes
    ----------
    fold_of : dict
        Of a group: the number of the fold that never heard it; -1 where that one misses a label, too.
    logits : ndarray, shape (n, L)
        Of each vector, by the fold that never heard its group; NaN where there is none.
    """

    folds: tuple[Pipeline, ...]
    fold_of: dict[str, int]
    logits: NDArray[np.float64]

    @property
    def judged(self) -> NDArray[np.bool_]:
        """Return which vectors have logits, shape (n,)."""
        return np.asarray(np.isfinite(self.logits).all(axis=1))


def crossed(vectors: Vectors, truth: Numbers, groups: NDArray[Any], shrinkage: float = SHRINKAGE) -> Crossed | None:
    """Fit and try discriminants by groups; None where there are too few groups or labels.

    Parameters
    ----------
    vectors : ndarray, shape (n, D)
    truth : ndarray, shape (n,)
        Numbers of labels, 0 to L - 1, each of which occurs.
    groups : ndarray, shape (n,), object
    """
    n_labels = len(set(truth))
    if n_labels < 2 or len(set(groups)) < _FOLDS:
        return None
    folds, fold_of = [], {}
    logits = np.full((len(truth), n_labels), np.nan)
    for number, (learnt, held) in enumerate(GroupKFold(_FOLDS).split(vectors, truth, groups)):
        fitted = discriminants(shrinkage).fit(vectors[learnt], truth[learnt])
        folds.append(fitted)
        whole = len(set(truth[learnt])) == n_labels  # else a genre is of one artist: nobody else can judge it
        fold_of.update(dict.fromkeys(groups[held], number if whole else -1))
        if whole:
            logits[held] = decisions(fitted, vectors[held])
    return Crossed(tuple(folds), fold_of, logits)


def put_into(layer: nn.Linear, fitted: Pipeline) -> None:
    """Give a linear layer the weights of fitted discriminants over all its outputs."""
    scaler, machine = fitted
    weight, bias = np.asarray(machine.coef_), np.asarray(machine.intercept_)
    if len(weight) == 1:  # two labels: one number, that says how much rather the second
        weight, bias = np.concatenate([0 * weight, weight]), np.concatenate([0 * bias, bias])
    weight = weight / scaler.scale_
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(weight))
        layer.bias.copy_(torch.from_numpy(bias - weight @ scaler.mean_))
