"""Classifiers of one vector a track: what is free about them is chosen and calibrated within what they learn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from mgc_desktop.core.errors import TrainingError
from training.calibrate import fit_temperature
from training.data.dealing import deal
from training.data.items import Item
from training.data.tracks import labels_of

_INNER_FOLDS = 5
_STEPS = 5000  # of the solver, at most: it stops where it has arrived

Vectors = NDArray[np.float32]
Choice = dict[str, float]


@dataclass(frozen=True)
class Classifier:
    """A kind of classifier.

    Parameters
    ----------
    make : callable
        (a choice, length of a vector) -> a pipeline of scikit-learn that scales and decides.
    choices : tuple of dict
        Values for its free numbers, the simplest first: it is taken where two do equally well.
    size : callable
        Of a fitted pipeline: how many numbers, or vectors, it rests on.
    """

    make: Callable[[Choice, int], Pipeline]
    choices: tuple[Choice, ...]
    size: Callable[[Pipeline], int]


@dataclass(frozen=True)
class Fitted:
    """A classifier that has learnt: vectors (n, D) to logits (n, L)."""

    pipeline: Pipeline
    labels: list[str]
    choice: Choice
    temperature: float  # of the logits
    size: int

    def logits(self, vectors: Vectors) -> NDArray[np.float64]:
        return decisions(self.pipeline, vectors) if len(vectors) else np.zeros((0, len(self.labels)))


def fit(classifier: Classifier, items: Sequence[Item], vectors: Vectors, seed: int) -> Fitted:
    """Learn the (first) label of each item.

    Free numbers and temperature are read from grouped cross-validation within these items: what an item's own group
    says of it is never asked.

    Parameters
    ----------
    vectors : ndarray, shape (n, D)
        One an item.
    """
    labels = sorted({labels_of(item)[0] for item in items})
    truth = np.array([labels.index(labels_of(item)[0]) for item in items], np.int64)
    divisions = _divisions(items, seed)
    best, choice, held_logits, held_truth = -1.0, classifier.choices[0], np.zeros((0, len(labels))), truth[:0]
    for tried in classifier.choices if divisions else ():
        logits, answers = _out_of_fold(classifier, tried, vectors, truth, divisions)
        right = float((logits.argmax(axis=1) == answers).mean())
        if right > best:
            best, choice, held_logits, held_truth = right, tried, logits, answers
    pipeline = classifier.make(choice, vectors.shape[1]).fit(vectors, truth)
    return Fitted(pipeline, labels, choice, fit_temperature(held_logits, held_truth), classifier.size(pipeline))


def _divisions(items: Sequence[Item], seed: int) -> list[tuple[list[int], list[int]]]:
    """Return the indices that are learnt and held out in each inner fold; none where there are too few groups."""
    where = {id(item): i for i, item in enumerate(items)}
    try:
        made, _ = deal(items, lambda item: item.group, _INNER_FOLDS, seed)
    except TrainingError:
        return []
    return [([where[id(item)] for item in learnt], [where[id(item)] for item in held]) for learnt, held in made]


def _out_of_fold(
    classifier: Classifier,
    choice: Choice,
    vectors: Vectors,
    truth: NDArray[np.int64],
    divisions: Sequence[tuple[list[int], list[int]]],
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the logits of what is held out, all inner folds together, and its labels."""
    logits, answers = [], []
    for learnt, held in divisions:  # every label is among what is learnt, as `deal` sees to
        pipeline = classifier.make(choice, vectors.shape[1]).fit(vectors[learnt], truth[learnt])
        logits.append(decisions(pipeline, vectors[held]))
        answers.append(truth[held])
    return np.concatenate(logits), np.concatenate(answers)


def decisions(pipeline: Pipeline, vectors: Vectors) -> NDArray[np.float64]:
    """Return what a fitted pipeline decides as logits, shape (n, L)."""
    decided = np.asarray(pipeline.decision_function(vectors), np.float64)
    if decided.ndim == 1:  # two labels: one number, that says how much rather the second
        decided = np.stack([np.zeros_like(decided), decided], axis=1)
    return decided


def _logistic(choice: Choice, length: int) -> Pipeline:
    machine = LogisticRegression(C=choice["C"], class_weight="balanced", max_iter=_STEPS)
    return make_pipeline(StandardScaler(), machine)


def _coefficients(pipeline: Pipeline) -> int:
    last: Any = pipeline[-1]
    return int(last.coef_.size + last.intercept_.size)


def _support_vector_machine(choice: Choice, length: int) -> Pipeline:
    machine = SVC(kernel="rbf", C=choice["C"], gamma=choice["gamma"] / length, class_weight="balanced")
    return make_pipeline(StandardScaler(), machine)


def _support_vectors(pipeline: Pipeline) -> int:
    last: Any = pipeline[-1]
    return int(last.n_support_.sum())


# Held back strongly: a vector is about as long as there are tracks. Between 0.01 and 0.1 grouped cross-validation on
# `train` and `valid` of real music sees no difference; the simpler one is taken, once for all.
LOGISTIC = Classifier(_logistic, ({"C": 0.01},), _coefficients)

SUPPORT_VECTORS = Classifier(
    _support_vector_machine,
    # gamma in parts of one over the length of a vector, which is the usual one for scaled numbers.
    tuple({"C": c, "gamma": gamma} for c in (1.0, 3.0, 10.0, 30.0) for gamma in (0.25, 0.5, 1.0, 2.0)),
    _support_vectors,
)
