"""Scenes of tracks with what foreign teachers say of them: what a network learns beside, or instead of, labels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mgc_desktop.core.errors import TrainingError
from mgc_desktop.core.model_info import NOT_MUSIC_LABEL
from training.data.cache import Changed, FeatureCache, Features
from training.data.scenes import Scene
from training.data.tracks import Targets, Track, labels_of
from training.data.variants import NONE
from training.foreign_teachers import ForeignTeacher
from training.frontends.teachers import TeacherConfig, TeacherOutputs
from training.tutoring import SHRINKAGE, Tutor

Progress = Callable[[int, int], None]
Said = Mapping[Path, NDArray[np.float32]]  # of a track: what teachers say, (D,)


@dataclass(frozen=True)
class TeacherFront:
    """The teachers as a front end of the feature cache."""

    teachers: Sequence[ForeignTeacher]

    @property
    def frontend_config(self) -> TeacherConfig:
        return TeacherConfig(files=tuple(teacher.sha256 for teacher in self.teachers))

    def frontend(self, config: TeacherConfig) -> TeacherOutputs:
        return TeacherOutputs(self.teachers)


@dataclass(frozen=True)
class Lessons:
    """Tracks to learn from, one a scene.

    Attributes
    ----------
    tracks : list of Track
        Two views each: what the teachers heard, and the same worn.
    targets : ndarray, shape (n, L + D), float32
        Probabilities of the labels, then what the teachers say, evened out over the tracks.
    echoes : int
        D.
    plain : list of Track
        Those whose scene is the track itself, with nobody beside it.
    said : dict of Path to ndarray, shape (D,)
        What the teachers say of these, as they say it.
    """

    tracks: list[Track]
    targets: Targets
    echoes: int
    plain: list[Track]
    said: Said


@dataclass(frozen=True)
class Schoolroom:
    """Where scenes are heard: by teachers, and by the network's own front end."""

    features: FeatureCache
    teachers: FeatureCache
    workers: int
    progress: Progress
    should_stop: Callable[[], bool]

    def hold(self, scenes: Sequence[Scene], labels: Sequence[str], teacher_share: float) -> Lessons:
        """Return the lessons of scenes; a scene that cannot be made is done without.

        Parameters
        ----------
        teacher_share : float
            Of the target of music that has a label; what has none is learnt from the teachers alone.

        Raises
        ------
        MgcError
            Where the cache cannot be written, or nothing can be heard.
        Stopped
            Where the run was asked to stop.
        """
        said = self._load(self.teachers, [_content(scene) for scene in scenes])
        heard = self._heard(scenes)
        whole = [scene for scene in scenes if _content(scene) in said and _views(scene) <= heard.keys()]
        if not whole:
            raise TrainingError("None of the tracks could be heard by the teachers: see what was left out.")
        vectors = np.stack([said[_content(scene)].reshape(-1) for scene in whole]).astype(np.float32)
        tracks = [_track(scene, heard) for scene in whole]
        judged = self._judged(whole, vectors, labels)
        genres = np.stack([_target(*told, labels, teacher_share) for told in zip(whole, judged, strict=True)])
        plain = np.array([scene.content == NONE for scene in whole])
        targets = np.concatenate([genres, _evened(vectors, plain)], axis=1).astype(np.float32)
        # Another scene of a track may by chance be the track as it is, too.
        as_it_is = {whole[i].item.path: i for i in reversed(np.flatnonzero(plain))}
        said_of = {path: vectors[i] for path, i in as_it_is.items()}
        return Lessons(tracks, targets, vectors.shape[1], [tracks[i] for i in sorted(as_it_is.values())], said_of)

    def examine(self, scenes: Sequence[Scene]) -> tuple[list[Track], Said]:
        """Return the tracks of scenes of their own, and what the teachers say of them, from which nothing is learnt."""
        said = self._load(self.teachers, [_content(scene) for scene in scenes])
        heard = self._heard(scenes)
        tracks = [_track(scene, heard) for scene in scenes if _views(scene) <= heard.keys()]
        return tracks, {path: vector.reshape(-1).astype(np.float32) for (path, _), vector in said.items()}

    def _heard(self, scenes: Sequence[Scene]) -> dict[Changed, Features]:
        return self._load(self.features, [*map(_content, scenes), *map(_worn, scenes)])

    def _load(self, cache: FeatureCache, wanted: Sequence[Changed]) -> dict[Changed, Features]:
        return cache.load_changed(wanted, self.workers, self.progress, self.should_stop)[0]

    def _judged(self, scenes: Sequence[Scene], vectors: NDArray[np.float32], labels: Sequence[str]) -> Targets:
        """Return the genres that can be read from what the teachers say, or NaN."""
        known = [i for i, s in enumerate(scenes) if s.content == NONE and s.item.label not in ("", NOT_MUSIC_LABEL)]
        tutor = Tutor.of([scenes[i].item for i in known], vectors[known]) if known else None
        if tutor is None:
            return np.full((len(scenes), len(labels)), np.nan, np.float32)
        return tutor.judge([scene.item for scene in scenes], vectors, labels)


def _content(scene: Scene) -> Changed:
    return scene.item.path, scene.content


def _worn(scene: Scene) -> Changed:
    return scene.item.path, scene.worn


def _views(scene: Scene) -> set[Changed]:
    return {_content(scene), _worn(scene)}


def _track(scene: Scene, heard: Mapping[Changed, Features]) -> Track:
    return Track(scene.item, (heard[_content(scene)], heard[_worn(scene)]))


def _target(scene: Scene, judged: NDArray[np.float32], labels: Sequence[str], teacher_share: float) -> Targets:
    """Return what is learnt of a scene: its labels by their power, and what is read from the teachers."""
    target = np.zeros(len(labels), np.float32)
    if scene.item.label == NOT_MUSIC_LABEL:
        target[labels.index(NOT_MUSIC_LABEL)] = 1.0
        return target
    for item, share in ((scene.item, scene.share), (scene.partner, 1 - scene.share)):
        named = [] if item is None else labels_of(item)
        for label in named:
            target[labels.index(label)] += share / len(named)
    if np.isnan(judged).any():
        return target
    share = teacher_share if target.any() else 1.0
    return np.asarray((1 - share) * target + share * judged, np.float32)


def _evened(vectors: NDArray[np.float32], plain: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return vectors (n, D), centred and turned so that what differs little between tracks counts, too.

    Numbers of teachers go together: most of what they say is one thing said often, and genres lie in the rest. Each
    axis of their covariance, shrunk as the tutor shrinks it, is brought to the same scale (whitening).

    Parameters
    ----------
    plain : ndarray, shape (n,)
        Which of them are of tracks as they are: centre, scale and axes are theirs.
    """
    own = (vectors[plain] if plain.any() else vectors).astype(np.float64)
    centre, spread = own.mean(axis=0), own.std(axis=0) + 1e-3
    scaled = (own - centre) / spread
    power, axes = np.linalg.eigh(scaled.T @ scaled / len(scaled))
    weights = 1.0 / np.sqrt((1 - SHRINKAGE) * np.maximum(power, 0.0) + SHRINKAGE)
    return np.asarray(((vectors - centre) / spread) @ axes * weights)
