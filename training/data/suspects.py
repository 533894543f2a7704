"""Labels that look wrong: a simple model that has not seen a track, nor its artist, is sure that it is something else.

Confident learning in its plainest form (Northcutt et al. 2021, "Confident Learning"): cross-validated probabilities of
a logistic regression on summaries of the tracks. With one label in sixteen of 696 real tracks set wrong at random, it
named a fifth of those, and four in five of the tracks that it named were among them: a short list to listen to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mgc_desktop.core.errors import TrainingError
from mgc_desktop.core.model_info import NOT_MUSIC_LABEL
from training.data.dealing import deal
from training.data.items import Item

_FOLDS = 5
_REPEATS = 3  # cross-validations with other folds, whose mean counts
_STRENGTH = 0.01  # C: strong, since there are as many numbers a track as there are tracks
_SURE = 0.4  # the other label has at least this,
_TIMES = 50  # and so many times what the given one has
_ENOUGH_GROUPS = 5  # a label; with fewer, the model hardly knows it
LEAST_SECONDS = 5.0  # of a track that is asked about: a shorter one tells too little of itself


@dataclass(frozen=True, slots=True)
class Suspect:
    """A track whose label looks wrong. `rather` is the other label, `probability` what the model gives it."""

    item: Item
    rather: str
    probability: float


def find_suspects(items: Sequence[Item], summaries: Mapping[Path, NDArray[np.float32]], seed: int = 1) -> list[Suspect]:
    """Return the tracks on whose labels a cross-validated model firmly disagrees, the surest first.

    Nothing where there are too few tracks to tell; speech and noise and tracks of several genres are not asked about.
    """
    known = sorted(_known_labels(items))
    if len(known) < 2:
        return []
    asked = [item for item in items if item.label in known]
    said = {item: np.zeros(len(known)) for item in asked}
    for repeat in range(_REPEATS):
        try:
            divisions, _ = deal(asked, lambda item: item.group, _FOLDS, seed + repeat)
        except TrainingError:
            return []
        for learnt, held in divisions:
            for item, p in zip(held, _probabilities(learnt, held, summaries, known), strict=True):
                said[item] += p / _REPEATS
    suspects = [found for item, p in said.items() if (found := _suspect(item, p, known))]
    return sorted(suspects, key=lambda suspect: -suspect.probability)


def _suspect(item: Item, p: NDArray[np.float64], known: Sequence[str]) -> Suspect | None:
    rather = int(p.argmax())
    if p[rather] < _SURE or p[rather] < _TIMES * p[known.index(item.label)]:
        return None
    return Suspect(item, known[rather], float(p[rather]))


def _known_labels(items: Sequence[Item]) -> set[str]:
    groups: dict[str, set[str]] = {}
    for item in items:
        groups.setdefault(item.label, set()).add(item.group)
    return {
        label
        for label, names in groups.items()
        if len(names) >= _ENOUGH_GROUPS and label != NOT_MUSIC_LABEL and ";" not in label
    }


def _probabilities(
    learnt: Sequence[Item], held: Sequence[Item], summaries: Mapping[Path, NDArray[np.float32]], known: Sequence[str]
) -> NDArray[np.float64]:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(C=_STRENGTH, max_iter=1000, class_weight="balanced"))
    model.fit(np.stack([summaries[item.path] for item in learnt]), [item.label for item in learnt])
    probabilities = np.zeros((len(held), len(known)))
    columns = [known.index(label) for label in model.classes_]
    probabilities[:, columns] = model.predict_proba(np.stack([summaries[item.path] for item in held]))
    return probabilities
