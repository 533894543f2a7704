"""Labels that look wrong: a simple model that has not seen a track, nor its artist, is sure that it is something else.

Confident learning in its plainest form (Northcutt et al. 2021, "Confident Learning"): cross-validated probabilities of
a logistic regression on summaries of the tracks. With one label in sixteen of 696 real tracks set wrong at random, it
named a sixth of those, and nearly nine in ten of the tracks that it named were among them: a short list to listen to.
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
_STRENGTH = 0.01  # C: strong, since there are as many numbers a track as there are tracks
_SURE = 0.6  # the other label has at least this
_NO_WAY = 0.01  # and the given one at most this
_ENOUGH_GROUPS = 5  # a label; with fewer, the model hardly knows it


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
    known = _known_labels(items)
    asked = [item for item in items if item.label in known]
    if len(known) < 2:
        return []
    try:
        divisions, _ = deal(asked, lambda item: item.group, _FOLDS, seed)
    except TrainingError:
        return []
    suspects = [found for learnt, held in divisions for found in _disagreements(learnt, held, summaries)]
    return sorted(suspects, key=lambda suspect: -suspect.probability)


def _known_labels(items: Sequence[Item]) -> set[str]:
    groups: dict[str, set[str]] = {}
    for item in items:
        groups.setdefault(item.label, set()).add(item.group)
    return {
        label
        for label, names in groups.items()
        if len(names) >= _ENOUGH_GROUPS and label != NOT_MUSIC_LABEL and ";" not in label
    }


def _disagreements(
    learnt: Sequence[Item], held: Sequence[Item], summaries: Mapping[Path, NDArray[np.float32]]
) -> list[Suspect]:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(C=_STRENGTH, max_iter=1000, class_weight="balanced"))
    model.fit(np.stack([summaries[item.path] for item in learnt]), [item.label for item in learnt])
    probabilities = model.predict_proba(np.stack([summaries[item.path] for item in held]))
    labels = model.classes_.tolist()
    found = []
    for item, p in zip(held, probabilities, strict=True):
        rather = int(p.argmax())
        if p[rather] >= _SURE and p[labels.index(item.label)] <= _NO_WAY:
            found.append(Suspect(item, labels[rather], float(p[rather])))
    return found
