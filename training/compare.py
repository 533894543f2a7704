"""Systems side by side under several protocols: each is trained and tried fold by fold, and one table says it all.

Every finished fold is a file of results, so that a comparison that was stopped goes on where it was, and two of them
may share the work on one folder.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.special import softmax

from mgc_desktop.core.errors import TrainingError
from mgc_desktop.core.model_info import NOT_MUSIC_LABEL
from mgc_desktop.core.paths import Profile
from mgc_desktop.model.devices import choose_device, device_name
from training.calibrate import fit_temperature
from training.checkpoint import write_json
from training.data.batches import TrainBatches
from training.data.cache import FeatureCache, Features
from training.data.manifest import Manifest, check_learnable, read_manifest
from training.data.segments import cut
from training.data.tracks import Track, hard_targets, labels_of, learning_targets, tracks_of
from training.data.variants import Variety, changes_for
from training.fit import Fit
from training.learner import Learner
from training.protocols import Fold, folds
from training.recipe import Recipe
from training.report import Reporter
from training.systems import System, get_system
from training.train import versions, with_arguments

_TIMED = 5  # windows, after one to warm up


@dataclass(frozen=True)
class CompareOptions:
    """The choices of a comparison; see the command line."""

    data: tuple[Path, ...]
    out: Path
    profile: Profile
    systems: tuple[str, ...]
    protocols: tuple[str, ...]
    not_music: tuple[Path, ...] = ()
    library: tuple[Path, ...] = ()
    k: int = 5
    epochs: int | None = None
    patience: int | None = None
    seeds: tuple[int, ...] = (1,)  # each trains anew, on the same folds
    device: str = "auto"
    where_possible: bool = False  # pass over a protocol that the data does not allow


@dataclass(frozen=True)
class _Heard:
    """The data as a system's front end hears it."""

    system: System
    manifest: Manifest
    cache: FeatureCache
    features: dict[Path, Features]


class Comparing:
    """One comparison. Use `run`, once."""

    def __init__(self, options: CompareOptions, report: Reporter, should_stop: Callable[[], bool]) -> None:
        self._options = options
        self._report = report
        self._should_stop = should_stop
        self._device = choose_device(options.device)
        self._workers = os.cpu_count() or 1

    def run(self) -> list[dict[str, Any]]:
        """Train and try what is not there yet; return the results of all folds that were asked for.

        Raises
        ------
        MgcError
            Where the data or the disk does not allow it.
        Stopped
            Where it was asked to stop; finished folds are kept.
        """
        options = self._options
        manifest = read_manifest(options.data, options.not_music, library=options.library)
        check_learnable(manifest)
        systems = [get_system(name) for name in options.systems]
        results = []
        for system in systems:
            heard = self._heard(system, manifest)
            for protocol in options.protocols:
                for fold in self._folds(protocol, heard):
                    results += [self._result(heard, protocol, fold, seed) for seed in options.seeds]
        return results

    def _folds(self, protocol: str, heard: _Heard) -> list[Fold]:
        # Pieces are cut from what the cache holds of a track: its middle, where it is long.
        config = heard.system.frontend_config
        durations = {
            path: (array.shape[1] - 1) * config.hop / config.sample_rate for path, array in heard.features.items()
        }
        options = self._options
        try:
            return folds(protocol, heard.manifest, k=options.k, seed=options.seeds[0], durations=durations)
        except TrainingError as error:
            if not self._options.where_possible:
                raise
            self._report("note", sentence=f"{protocol} is passed over: {error.sentence}")
            return []

    def _heard(self, system: System, manifest: Manifest) -> _Heard:
        cache = FeatureCache(self._options.profile.feature_cache_dir, system, system.recipe.max_track_seconds)
        paths = [item.path for item in manifest.items]
        features, bad = cache.load_all(paths, self._workers, self._on_prepare, self._should_stop)
        kept = manifest.without(bad)
        check_learnable(kept)
        return _Heard(system, kept, cache, features)

    def _variants(self, heard: _Heard, recipe: Recipe, fold: Fold) -> dict[Path, list[Features]]:
        """Return the changed copies that the recipe wants of whole tracks; pieces of tracks have none."""
        whole = [item for item in fold.train if item.seconds is None and item.label != NOT_MUSIC_LABEL]
        if not recipe.variants or not whole:
            return {}
        changes = changes_for(whole, Variety(count=recipe.variants), recipe.seed)
        return heard.cache.load_variants(changes, self._workers, self._on_prepare, self._should_stop)

    def _on_prepare(self, done: int, total: int) -> None:
        self._report("prepare", done=done, total=total)

    def _result(self, heard: _Heard, protocol: str, fold: Fold, seed: int) -> dict[str, Any]:
        options, system, manifest = self._options, heard.system, heard.manifest
        recipe = with_arguments(system.recipe, epochs=options.epochs, patience=options.patience, seed=seed)
        key = _key(system, recipe, protocol, fold, manifest)
        path = self._options.out / "folds" / f"{system.name}--{protocol}--{key}.json"
        if path.exists():
            return _read(path)
        counts = f"{len(fold.train)} to learn from, {len(fold.test)} to try"
        self._report("note", sentence=f"{system.name}, {protocol}, {fold.name}, seed {seed}: {counts}.")
        result = self._try(heard, recipe, fold)
        result |= {
            "system": system.name,
            "protocol": protocol,
            "fold": fold.name,
            "seed": seed,
            "notes": list(fold.notes),
        }
        result |= {"data": manifest.fingerprint(), "recipe": recipe.as_dict(), "versions": versions()}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_json(path, result)
        except OSError as error:
            raise TrainingError(
                f"The results could not be written to {path.parent} ({error.strerror}): free some space and give the "
                "same command again, which goes on where it was."
            ) from error
        return result

    def _try(self, heard: _Heard, recipe: Recipe, fold: Fold) -> dict[str, Any]:
        system, features = heard.system, heard.features
        config = system.frontend_config
        train = tracks_of(fold.train, features, config, self._variants(heard, recipe, fold))
        labels = sorted({label for track in train for label in labels_of(track.item)})
        valid, test = (
            tracks_of([item for item in part if item.label in labels], features, config)
            for part in (fold.valid, fold.test)
        )
        learner = Learner(system, labels, recipe, self._device, self._should_stop)
        targets = learning_targets(hard_targets(train, labels), recipe.label_smoothing)
        batches = TrainBatches(train, targets, config, recipe, domain=system.domain)
        fit = Fit(learner, batches, valid, self._report)
        began = time.monotonic()
        validation = fit.run()
        seconds = time.monotonic() - began
        temperature = fit_temperature(validation.logits, validation.targets)
        said = learner.validate(test)
        p = softmax(said.logits / temperature, axis=1)
        # What could not be learnt, for want of tracks, is counted as wrong.
        missed = [item for item in fold.test if item.label not in labels]
        return {
            "truth": [track.item.label for track in test] + [item.label for item in missed],
            "said": [labels[i] for i in said.logits.argmax(axis=1)] + [""] * len(missed),
            "confidence": [round(float(value), 4) for value in p.max(axis=1)] + [0.0] * len(missed),
            "tracks": [track.item.path.name for track in test] + [item.path.name for item in missed],
            "pieces": _pieces(learner, system, test),
            "parameters": learner.parameters,
            "epochs": len(fit.history),
            "train_seconds": round(seconds, 1),
            "inference_ms": round(_inference_ms(system, learner), 1),
            "device": device_name(self._device),
            "threads": torch.get_num_threads(),
        }


def _pieces(learner: Learner, system: System, tracks: Sequence[Track]) -> dict[str, int]:
    """Return how many pieces of the tracks are right and of how many, as the leaky protocol counts.

    A track is easier than a piece of it: only pieces may stand beside pieces.
    """
    config = system.frontend_config
    features = {track.item.path: track.features for track in tracks}
    durations = {path: (array.shape[1] - 1) * config.hop / config.sample_rate for path, array in features.items()}
    whole = [track.item for track in tracks if track.item.seconds is None]
    pieces = tracks_of(cut(whole, durations)[0], features, config)
    said = learner.validate(pieces)
    return {"right": int((said.logits.argmax(axis=1) == said.targets).sum()), "n": len(pieces)}


def _inference_ms(system: System, learner: Learner) -> float:
    """Return the median time of one whole window from sound to logits, in ms."""
    config = system.frontend_config
    frontend = system.frontend(config).eval().to(learner.device)
    network = learner.averaged.module.eval()
    clip = torch.randn(1, round(config.window_seconds * config.sample_rate), device=learner.device) * 0.1
    times = []
    with torch.inference_mode():
        for _ in range(_TIMED + 1):
            began = time.perf_counter()
            network(frontend(clip)).cpu()
            times.append(time.perf_counter() - began)
    return 1000 * float(np.median(times[1:]))


def _key(system: System, recipe: Recipe, protocol: str, fold: Fold, manifest: Manifest) -> str:
    """Return a digest of all that decides a fold's result, so that none is taken for another."""
    parts = [[(i.path.name, i.label, i.start) for i in part] for part in (fold.train, fold.valid, fold.test)]
    told = [system.name, repr(system.frontend_config), recipe.as_dict(), protocol, fold.name, parts]
    told.append(manifest.fingerprint())
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _read(path: Path) -> dict[str, Any]:
    try:
        result: dict[str, Any] = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise TrainingError(f"The result {path} cannot be read: remove it and give the same command again.") from error
    return result
