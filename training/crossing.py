"""Judges that are tried by groups: none of them judges a track whose artist it has heard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold

_FOLDS = 5

Vectors = NDArray[np.float32]
Numbers = NDArray[np.int64]
Judge = Callable[[Vectors], NDArray[np.float64]]  # vectors (n, D) to logits (n, L)
Fit = Callable[[Numbers], Judge]  # from the vectors with these indices


@dataclass(frozen=True)
class Crossed:
    """Judges that were fitted without a fifth of the groups each. Use `crossed`.

    Attributes
    ----------
    folds : tuple of Judge
    fold_of : dict
        Of a group: the number of the fold that never heard it; -1 where that one misses a label, too.
    logits : ndarray, shape (n, L)
        Of each vector, by the fold that never heard its group; NaN where there is none.
    """

    folds: tuple[Judge, ...]
    fold_of: dict[str, int]
    logits: NDArray[np.float64]

    @property
    def judged(self) -> NDArray[np.bool_]:
        """Return which vectors have logits, shape (n,)."""
        return np.asarray(np.isfinite(self.logits).all(axis=1))


def crossed(
    vectors: Vectors, truth: Numbers, groups: NDArray[Any], fit: Fit, seed: int | None = None
) -> Crossed | None:
    """Fit and try by groups; None where there are too few groups or labels.

    Parameters
    ----------
    vectors : ndarray, shape (n, D)
    truth : ndarray, shape (n,)
        Numbers of labels, 0 to L - 1, each of which occurs.
    groups : ndarray, shape (n,), object
    seed : int or None
        Of a division at random; None divides so that the folds are alike in size.
    """
    n_labels = len(set(truth))
    if n_labels < 2 or len(set(groups)) < _FOLDS:
        return None
    divided = GroupKFold(_FOLDS, shuffle=seed is not None, random_state=seed)
    folds, fold_of = [], {}
    logits = np.full((len(truth), n_labels), np.nan)
    for number, (learnt, held) in enumerate(divided.split(vectors, truth, groups)):
        judge = fit(learnt)
        folds.append(judge)
        whole = len(set(truth[learnt])) == n_labels  # else a genre is of one artist: nobody else can judge it
        fold_of.update(dict.fromkeys(groups[held], number if whole else -1))
        if whole:
            logits[held] = judge(vectors[held])
    return Crossed(tuple(folds), fold_of, logits)
