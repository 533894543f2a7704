"""What foreign teachers make of scenes: numbers to be echoed, and genres that are read from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from training.calibrate import fit_temperature
from training.crossing import Judge, Numbers, Vectors, crossed
from training.data.items import Item
from training.data.tracks import labels_of
from training.references.classifiers import decisions

SHRINKAGE = 0.3  # of the covariance: there are about as many numbers as tracks


@dataclass(frozen=True)
class Tutor:
    """Reads genres from what teachers say; no track is judged by what was learnt from its own group.

    Linear discriminants with a shrunk covariance: over grouped folds of the tracks at hand they are right more often
    than logistic regression, and they need no steps. Use `Tutor.of`.
    """

    labels: list[str]
    whole: Judge
    folds: tuple[Judge, ...]
    fold_of: dict[str, int]  # group -> the fold that never heard it
    temperature: float

    @classmethod
    def of(cls, items: Sequence[Item], vectors: Vectors) -> Tutor | None:
        """Learn the (first) label of each item from its vector; None where there are too few groups or labels.

        Parameters
        ----------
        vectors : ndarray, shape (n, D)
            One an item.
        """
        labels = sorted({labels_of(item)[0] for item in items})
        truth = np.array([labels.index(labels_of(item)[0]) for item in items], np.int64)
        groups = np.array([item.group for item in items], object)

        def fit(learnt: Numbers) -> Judge:
            return partial(decisions, _discriminants().fit(vectors[learnt], truth[learnt]))

        found = crossed(vectors, truth, groups, fit)
        if found is None:
            return None
        temperature = fit_temperature(found.logits[found.judged], truth[found.judged])
        return cls(labels, fit(np.arange(len(items))), found.folds, found.fold_of, temperature)

    def judge(self, items: Sequence[Item], vectors: Vectors, labels: Sequence[str]) -> NDArray[np.float32]:
        """Return probabilities (n, len(labels)) of what is heard; labels that it does not know get nothing.

        Parameters
        ----------
        vectors : ndarray, shape (n, D)
            Of the items, or of scenes of them.
        """
        columns = [labels.index(label) for label in self.labels]
        out = np.zeros((len(items), len(labels)), np.float32)
        which = np.array([self.fold_of.get(item.group, -1) for item in items])
        for number in sorted(set(which)):
            chosen = np.flatnonzero(which == number)
            judge = self.whole if number < 0 else self.folds[number]
            out[chosen[:, None], columns] = softmax(judge(vectors[chosen]) / self.temperature, axis=1)
        return out


def _discriminants() -> Pipeline:
    return make_pipeline(StandardScaler(), LinearDiscriminantAnalysis(solver="lsqr", shrinkage=SHRINKAGE))
