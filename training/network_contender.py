"""A network of the table in a comparison: it is trained by its recipe on each fold."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from mgc_desktop.core.model_info import NOT_MUSIC_LABEL
from mgc_desktop.core.values import Samples
from training.calibrate import fit_temperature
from training.contender import Bench, answers, machine, median_ms
from training.data.batches import TrainBatches
from training.data.cache import FeatureCache, Features
from training.data.items import Item, Manifest
from training.data.segments import cut
from training.data.tracks import Track, hard_targets, labels_of, learning_targets, tracks_of
from training.data.variants import Variety, changes_for
from training.fit import Fit
from training.learner import Learner, Validation
from training.protocols import Fold
from training.recipe import Recipe
from training.systems import System
from training.train import with_arguments
from training.under_conditions import right_under


class NetworkContender:
    """A system of the table.

    Parameters
    ----------
    epochs, patience : int or None
        Instead of those of its recipe.
    """

    def __init__(self, system: System, bench: Bench, epochs: int | None = None, patience: int | None = None) -> None:
        self.name = system.name
        self.hears = repr(system.frontend_config)
        self._system = system
        self._bench = bench
        self._epochs = epochs
        self._patience = patience
        self._cache = FeatureCache(bench.profile.feature_cache_dir, system, system.recipe.max_track_seconds)
        self._features: dict[Path, Features] = {}

    def hear(self, manifest: Manifest) -> Manifest:
        bench = self._bench
        paths = [item.path for item in manifest.items]
        self._features, bad = self._cache.load_all(paths, bench.workers, bench.on_prepare, bench.should_stop)
        return manifest.without(bad)

    def durations(self) -> Mapping[Path, float]:
        # Pieces are cut from what the cache holds of a track: its middle, where it is long.
        return _durations(self._system, self._features)

    def settings(self, seed: int) -> dict[str, Any]:
        return self._recipe(seed).as_dict()

    def try_on(self, fold: Fold, seed: int) -> dict[str, Any]:
        system, recipe, bench = self._system, self._recipe(seed), self._bench
        config = system.frontend_config
        train = tracks_of(fold.train, self._features, config, self._variants(recipe, fold))
        labels = sorted({label for track in train for label in labels_of(track.item)})
        valid, test = (
            tracks_of([item for item in part if item.label in labels], self._features, config)
            for part in (fold.valid, fold.test)
        )
        learner = Learner(system, labels, recipe, bench.device, bench.should_stop)
        targets = learning_targets(hard_targets(train, labels), recipe.label_smoothing)
        batches = TrainBatches(train, targets, config, recipe, domain=system.domain)
        fit = Fit(learner, batches, valid, bench.report)
        began = time.monotonic()
        validation = fit.run()
        seconds = time.monotonic() - began
        temperature = fit_temperature(validation.logits, validation.targets)
        said = learner.validate(test)
        missed = [item for item in fold.test if item.label not in labels]
        return {
            **answers([track.item for track in test], said.logits, labels, temperature, missed),
            "pieces": _pieces(learner, system, test),
            "conditions": self._right_under(learner, labels, test, said),
            "parameters": learner.parameters,
            "epochs": len(fit.history),
            "train_seconds": round(seconds, 1),
            "inference_ms": round(_inference_ms(system, learner), 1),
            **machine(bench.device),
        }

    def _right_under(
        self, learner: Learner, labels: Sequence[str], tracks: Sequence[Track], said: Validation
    ) -> dict[str, dict[str, int]]:
        before = [(track.item, labels[i]) for track, i in zip(tracks, said.logits.argmax(axis=1), strict=True)]

        def say(item: Item, samples: Samples) -> str:
            heard = learner.validate([Track(item, (self._cache.features(samples),))])
            return labels[int(heard.logits.argmax())]

        return right_under(self._bench, before, self._cache.request, say)

    def _recipe(self, seed: int) -> Recipe:
        return with_arguments(self._system.recipe, epochs=self._epochs, patience=self._patience, seed=seed)

    def _variants(self, recipe: Recipe, fold: Fold) -> dict[Path, list[Features]]:
        """Return the changed copies that the recipe wants of whole tracks; pieces of tracks have none."""
        whole = [item for item in fold.train if item.seconds is None and item.label != NOT_MUSIC_LABEL]
        if not recipe.variants or not whole:
            return {}
        bench = self._bench
        changes = changes_for(whole, Variety(count=recipe.variants), recipe.seed)
        return self._cache.load_variants(changes, bench.workers, bench.on_prepare, bench.should_stop)


def _durations(system: System, features: Mapping[Path, Features]) -> dict[Path, float]:
    config = system.frontend_config
    return {path: (array.shape[1] - 1) * config.hop / config.sample_rate for path, array in features.items()}


def _pieces(learner: Learner, system: System, tracks: Sequence[Track]) -> dict[str, int]:
    """Return how many pieces of the tracks are right and of how many, as the leaky protocol counts.

    A track is easier than a piece of it: only pieces may stand beside pieces.
    """
    features = {track.item.path: track.features for track in tracks}
    whole = [track.item for track in tracks if track.item.seconds is None]
    pieces = tracks_of(cut(whole, _durations(system, features))[0], features, system.frontend_config)
    said = learner.validate(pieces)
    return {"right": int((said.logits.argmax(axis=1) == said.targets).sum()), "n": len(pieces)}


def _inference_ms(system: System, learner: Learner) -> float:
    """Return the median time of one whole window from sound to logits, in ms."""
    config = system.frontend_config
    frontend = system.frontend(config).eval().to(learner.device)
    network = learner.averaged.module.eval()
    clip = torch.randn(1, round(config.window_seconds * config.sample_rate), device=learner.device) * 0.1
    with torch.inference_mode():
        return median_ms(lambda: network(frontend(clip)).cpu())
