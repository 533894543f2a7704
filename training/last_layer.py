"""The last layer, fitted when all below it has been learnt: by labels that taught nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from mgc_desktop.core.model_info import NOT_MUSIC_LABEL
from training.crossing import Crossed, Judge, Numbers, Vectors, crossed
from training.data.tracks import Targets, Track, one_of_each
from training.frontends.config import FrontendConfig
from training.learner import Validation
from training.memory import Heard
from training.regression import scaled_layer
from training.stop import Stopped
from training.tutoring import Tutor

TUTOR_SHARE = 0.5  # of the target of music that the teachers have heard: a tenth of the labels are doubtful
SHORTER = (5.0, 3.0)  # s of parts beside those of 10 s: without them 3 points fewer are right after 3 s, one after 5 s
DIVISIONS = 4  # of the artists into fifths: two differ by two points in how many are right
_WHOLE_SECONDS = 8.0  # verdicts are tried on what is this long, where there is any: excerpts teach alone


@dataclass(frozen=True)
class Lesson:
    """What the last layer learns from.

    Attributes
    ----------
    heard : Heard
    said : mapping of Path to ndarray, shape (D,)
        What teachers say of tracks as they are.
    labels : sequence of str
    taught : ndarray, shape (n,), bool, or None
        Which of what was heard is learnt; all is judged. None: all of it.
    tutor_share : float
        Of the target of music that the teachers have heard.
    """

    heard: Heard
    said: Mapping[Path, NDArray[np.float32]]
    labels: Sequence[str]
    taught: NDArray[np.bool_] | None = None
    tutor_share: float = TUTOR_SHARE

    @property
    def truth(self) -> Numbers:
        return one_of_each(self.heard.tracks, self.labels)

    def fit(self, learnt: Numbers, c: float) -> nn.Linear:
        """Return the layer fitted to those of what was heard; a track weighs one, however much of it that is."""
        chosen = learnt if self.taught is None else learnt[self.taught[learnt]]
        tracks = [self.heard.tracks[i] for i in chosen]
        return scaled_layer(self.heard.vectors[chosen], _targets(tracks, self), _weights(tracks), c)

    def cross(self, c: float, seed: int) -> Crossed | None:
        """Return what layers say of all that was heard, each of artists that it never heard; None if these are too few.

        Parameters
        ----------
        seed : int
            Of the division of the artists.
        """
        truth, groups = self.truth, np.array([track.item.group for track in self.heard.tracks], object)
        if len(set(truth)) < len(self.labels):
            return None
        return crossed(self.heard.vectors, truth, groups, lambda learnt: _judge(self.fit(learnt, c)), seed)

    def divisions(self, c: float, should_stop: Callable[[], bool]) -> list[Crossed]:
        """Return what `cross` does for each division of the artists; nothing where these or the labels are too few.

        Raises
        ------
        Stopped
            Where the run was asked to stop.
        """
        found: list[Crossed] = []
        for seed in range(DIVISIONS):
            if should_stop():
                raise Stopped
            one = self.cross(c, seed)
            if one is None:
                return []
            found.append(one)
        return found

    def asked(self, judged: NDArray[np.bool_], config: FrontendConfig) -> Numbers:
        """Return which tracks verdicts are tried on: those of the judged ones that are long enough."""
        tracks = self.heard.wholes
        judged, whole = judged[: len(tracks)], _WHOLE_SECONDS * config.sample_rate / config.hop
        long = judged & np.array([track.features.shape[1] >= whole for track in tracks])
        return np.flatnonzero(long if long.any() else judged)


def fit_last_layer(
    network: nn.Module,
    lesson: Lesson,
    found: Sequence[Crossed],
    config: FrontendConfig,
    c: float,
) -> Validation | None:
    """Make the network's ``output`` softmax regression of what it made of tracks, worn ones, and parts of them.

    What is below has not learnt by labels: so it costs seconds to fit the layer without the tracks of some artists, and
    each track can be judged by one that never heard its artist. The tutor, too, is then one that never heard it.

    Parameters
    ----------
    found : sequence of Crossed
        What `Lesson.divisions` gives.
    c : float
        Of the regression; a track weighs one, however many views and parts of it there are.

    Returns
    -------
    Validation or None
        What is so said of the tracks as they are, once for each division of the artists, less short ones and those that
        only their own artist could judge. None where there are too few labels or artists: the layer stays as it is.
    """
    asked = [lesson.asked(one.judged, config) for one in found]
    if not any(len(tracks) for tracks in asked):
        return None
    logits = np.concatenate([one.logits[tracks] for one, tracks in zip(found, asked, strict=True)]).astype(np.float32)
    targets = lesson.truth[np.concatenate(asked)]
    network.output.load_state_dict(lesson.fit(np.arange(len(lesson.heard.tracks)), c).state_dict())  # type: ignore[union-attr]
    loss = functional.cross_entropy(torch.from_numpy(logits), torch.from_numpy(targets)).item()
    return Validation(loss, float((logits.argmax(axis=1) == targets).mean()), logits, targets)


def _judge(layer: nn.Linear) -> Judge:
    def judge(vectors: Vectors) -> NDArray[np.float64]:
        with torch.inference_mode():
            return np.asarray(layer(torch.from_numpy(vectors)).numpy(), np.float64)

    return judge


def _targets(heard: Sequence[Track], lesson: Lesson) -> Targets:
    """Return what is to be said of each: the label, and what can be read from the teachers by the same tracks alone."""
    targets = np.eye(len(lesson.labels), dtype=np.float32)[one_of_each(heard, lesson.labels)]
    known = {t.item.path: t.item for t in heard if t.item.path in lesson.said and t.item.label != NOT_MUSIC_LABEL}
    items = list(known.values())
    tutor = Tutor.of(items, np.stack([lesson.said[path] for path in known])) if known else None
    if tutor is None:
        return targets
    judged = dict(zip(known, tutor.judge(items, np.stack([lesson.said[p] for p in known]), lesson.labels), strict=True))
    for target, track in zip(targets, heard, strict=True):
        if track.item.path in judged:
            target *= 1 - lesson.tutor_share
            target += lesson.tutor_share * judged[track.item.path]
    return targets


def _weights(heard: Sequence[Track]) -> NDArray[np.float64]:
    """Return what each counts, shape (n,): all that is heard of a recording one together."""
    _, which, count = np.unique([str(track.item.path) for track in heard], return_inverse=True, return_counts=True)
    return np.asarray(1.0 / count[which])
