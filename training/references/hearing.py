"""How a reference hears tracks: as one vector each, from foreign teachers or from hand-crafted features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mgc_desktop.core.errors import TrainingError
from mgc_desktop.core.values import Samples
from mgc_desktop.core.windows import WindowRequest
from training.contender import Bench
from training.data.cache import FeatureCache, Features
from training.data.items import Item
from training.data.middle import middle
from training.data.segments import track_durations
from training.data.tracks import tracks_of
from training.foreign_teachers import SAMPLE_RATE, ForeignTeacher
from training.references.outputs import LEAST_SECONDS, MOST_SECONDS, KeptOutputs, Stretch
from training.systems import get_system

Vectors = NDArray[np.float32]


class Hearing(Protocol):
    """Sound to vectors."""

    @property
    def what(self) -> str:
        """What decides the vectors, in words that change with it."""

    @property
    def request(self) -> WindowRequest:
        """What is read of a track."""

    @property
    def pieces_cost(self) -> bool:
        """Whether a piece of a track has to be heard by itself."""

    def hear(self, paths: Sequence[Path]) -> dict[Path, str]:
        """Take tracks in; return a reason for each one that could not be read."""

    def durations(self) -> Mapping[Path, float]: ...

    def vectors(self, items: Sequence[Item]) -> Vectors:
        """Return a vector for each item, shape (n, D): tracks that were heard, or stretches of them."""

    def vector(self, samples: Samples) -> NDArray[np.float32]:
        """Return the vector of one sound at the rate of `request`, shape (D,)."""


class TaughtHearing:
    """What foreign teachers say."""

    request = middle(SAMPLE_RATE, MOST_SECONDS, LEAST_SECONDS)
    pieces_cost = True

    def __init__(self, teachers: Sequence[ForeignTeacher], bench: Bench) -> None:
        self.what = f"teachers {' '.join(teacher.sha256 for teacher in teachers)}"
        self._bench = bench
        self._outputs = KeptOutputs(bench.profile.feature_cache_dir, teachers)
        self._heard: dict[Stretch, NDArray[np.float32]] = {}
        self._durations: dict[Path, float] | None = None

    def hear(self, paths: Sequence[Path]) -> dict[Path, str]:
        return self._load([(path, 0.0, None) for path in paths])

    def durations(self) -> Mapping[Path, float]:
        if self._durations is None:
            found = track_durations([path for path, _, seconds in self._heard if seconds is None])
            self._durations = {path: min(seconds, MOST_SECONDS) for path, seconds in found.items()}
        return self._durations

    def vectors(self, items: Sequence[Item]) -> Vectors:
        wanted = [(item.path, item.start, item.seconds) for item in items]
        if bad := self._load([stretch for stretch in wanted if stretch not in self._heard]):
            path, why = next(iter(bad.items()))
            raise TrainingError(f"{path} could be heard before and cannot any more ({why}): give the command again.")
        return _joined([self._heard[stretch] for stretch in wanted])

    def vector(self, samples: Samples) -> NDArray[np.float32]:
        return self._outputs.vector(samples)

    def _load(self, stretches: Sequence[Stretch]) -> dict[Path, str]:
        bench = self._bench
        found, bad = self._outputs.load(stretches, bench.workers, bench.on_prepare, bench.should_stop)
        self._heard |= found
        return bad


class HandcraftedHearing:
    """Statistics over time of hand-crafted features: those of the system `cnn_handcrafted`, and from its cache."""

    pieces_cost = False

    def __init__(self, bench: Bench) -> None:
        system = get_system("cnn_handcrafted")
        self._config = system.frontend_config
        self._bench = bench
        self._cache = FeatureCache(bench.profile.feature_cache_dir, system, system.recipe.max_track_seconds)
        self._features: dict[Path, Features] = {}
        self.what = f"statistics of {self._config!r}"
        self.request = self._cache.request

    def hear(self, paths: Sequence[Path]) -> dict[Path, str]:
        bench = self._bench
        self._features, bad = self._cache.load_all(paths, bench.workers, bench.on_prepare, bench.should_stop)
        return bad

    def durations(self) -> Mapping[Path, float]:
        rate = self._config.sample_rate / self._config.hop
        return {path: (array.shape[1] - 1) / rate for path, array in self._features.items()}

    def vectors(self, items: Sequence[Item]) -> Vectors:
        tracks = tracks_of(items, self._features, self._config)
        return _joined([statistics(track.features) for track in tracks])

    def vector(self, samples: Samples) -> NDArray[np.float32]:
        return statistics(self._cache.features(samples))


def _joined(vectors: Sequence[NDArray[np.float32]]) -> Vectors:
    return np.stack(vectors) if vectors else np.zeros((0, 0), np.float32)


def statistics(features: Features) -> NDArray[np.float32]:
    """Return mean and deviation over time of each row (M, T), and of its step from frame to frame: shape (4 M,).

    After Tzanetakis and Cook 2002, "Musical genre classification of audio signals".
    """
    rows = features.astype(np.float32)
    steps = np.abs(np.diff(rows, axis=1)) if rows.shape[1] > 1 else np.zeros_like(rows)
    parts = [rows.mean(axis=1), rows.std(axis=1), steps.mean(axis=1), steps.std(axis=1)]
    return np.concatenate(parts).astype(np.float32)
