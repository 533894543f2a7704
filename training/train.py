"""A training run from data to model folder."""

from __future__ import annotations

import math
import os
import platform
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mgc_desktop import __version__
from mgc_desktop.core.errors import TrainingError
from mgc_desktop.core.model_info import NOT_MUSIC_LABEL
from mgc_desktop.core.paths import Profile
from mgc_desktop.model.devices import choose_device, device_name
from mgc_desktop.model.runtime import Runtime
from mgc_desktop.model.trust import TrustStore
from training.calibrate import fit_temperature, fit_thresholds
from training.card import write_card
from training.checkpoint import load_checkpoint, save_checkpoint, write_json
from training.compare import compare
from training.data.batches import TrainBatches
from training.data.cache import FeatureCache, Features
from training.data.manifest import Manifest, check_learnable, read_manifest
from training.data.splits import with_splits
from training.export import Description, add_metrics, export
from training.learner import Learner, Validation
from training.recipe import Recipe
from training.report import Reporter
from training.score import figures, hear
from training.systems import System, get_system

_STEP_EVENTS_PER_SECOND = 4
_SHOWN = 20  # left-out files named in the start event


@dataclass(frozen=True)
class TrainOptions:
    data: tuple[Path, ...]
    out: Path
    profile: Profile
    system: str = "crnn"
    recipe: Recipe = field(default_factory=Recipe)
    device: str = "auto"
    not_music: tuple[Path, ...] = ()  # lists of speech and noise, learnt as `_not_music`
    also_train: tuple[Path, ...] = ()  # more to learn from, of which nothing is scored
    resume: bool = False
    compare_with: Path | None = None
    name: str = ""
    command: str = ""


class Run:
    """One run. Use `Run(options, report, should_stop).run()`, once."""

    def __init__(self, options: TrainOptions, report: Reporter, should_stop: Callable[[], bool]) -> None:
        self.options = options
        self.recipe = options.recipe
        self.system: System = get_system(options.system)
        self.report = report
        self.should_stop = should_stop
        self.workers = options.recipe.workers or os.cpu_count() or 1
        self.trust = TrustStore(options.profile.trusted_file)
        self.began = time.monotonic()
        self.history: list[dict[str, Any]] = []

    def run(self) -> Path:
        """Train, export, score; return the model folder.

        Raises
        ------
        MgcError
            Where the data, the disk or the device do not allow it; what was learnt so far stays resumable.
        Stopped
            Where it was asked to stop.
        """
        options = self.options
        device = choose_device(options.device)
        manifest = read_manifest(options.data, options.not_music, options.also_train)
        check_learnable(manifest)
        manifest, features = self._features(manifest)
        check_learnable(manifest)
        manifest = with_splits(manifest, self.recipe.valid_share, self.recipe.test_share, self.recipe.seed)
        labels = _label_order(manifest)
        learner = Learner(self.system, labels, self.recipe, device, self.should_stop)
        self._say_start(manifest, labels, learner)
        self._make_out(manifest, labels)
        validation = self._learn(learner, manifest, features)
        folder = self._export(learner, manifest, validation)
        self._score(folder, manifest, device)
        return folder

    def _features(self, manifest: Manifest) -> tuple[Manifest, dict[Path, Features]]:
        cache = FeatureCache(self.options.profile.feature_cache_dir, self.system, self.recipe.max_track_seconds)

        def progress(done: int, total: int) -> None:
            self.report("prepare", done=done, total=total)

        features, bad = cache.load_all([item.path for item in manifest.items], self.workers, progress, self.should_stop)
        return manifest.without(bad), features

    def _say_start(self, manifest: Manifest, labels: list[str], learner: Learner) -> None:
        self.report(
            "start",
            system=self.system.name,
            device=device_name(learner.device),
            labels=labels,
            tracks={split: len(manifest.split(split)) for split in ("train", "valid", "test")},
            left_out=[{"path": path, "reason": reason} for path, reason in manifest.left_out[:_SHOWN]],
            left_out_count=len(manifest.left_out),
            epochs=self.recipe.epochs,
            parameters=learner.parameters,
        )

    def _make_out(self, manifest: Manifest, labels: list[str]) -> None:
        out = self.options.out
        try:
            out.mkdir(parents=True, exist_ok=True)
            write_json(
                out / "run.json",
                {
                    "system": self.system.name,
                    "recipe": self.recipe.as_dict(),
                    "labels": labels,
                    "tracks": manifest.counts(),
                    "left_out": manifest.left_out,
                    "data": manifest.fingerprint(),
                    "command": self.options.command,
                },
            )
        except OSError as error:
            raise TrainingError(f"The folder {out} could not be made ({error.strerror}): choose another.") from error

    def _learn(self, learner: Learner, manifest: Manifest, features: dict[Path, Features]) -> Validation:
        batches = TrainBatches(
            manifest.split("train"), features, learner.labels, self.system.frontend_config, self.recipe
        )
        valid = manifest.split("valid")
        first, best_epoch, best = self._resume(learner)
        validation: Validation | None = None
        for epoch in range(first, self.recipe.epochs):
            if epoch - best_epoch > self.recipe.patience and valid:
                self.report("note", sentence=f"No better since epoch {best_epoch + 1}: stopped early.")
                break
            began = time.monotonic()
            loss = learner.train_epoch(epoch, batches, self._on_step(epoch))
            now = learner.validate(valid, features)
            better = not valid or now.loss < best or not math.isfinite(best)
            if better:
                best, best_epoch, validation = now.loss, epoch, now
            row = self._row(epoch, loss, now, time.monotonic() - began, better)
            self.history.append(row)
            self._keep(learner, epoch, best_epoch, best, better)
            self.report("epoch", **row)
        return self._best(learner, manifest, features, validation)

    def _best(
        self, learner: Learner, manifest: Manifest, features: dict[Path, Features], validation: Validation | None
    ) -> Validation:
        kept = load_checkpoint(self.options.out / "best")
        if kept is not None:
            learner.load_averaged(kept[0]["averaged"])
        return validation if validation is not None else learner.validate(manifest.split("valid"), features)

    def _resume(self, learner: Learner) -> tuple[int, int, float]:
        kept = load_checkpoint(self.options.out / "checkpoint") if self.options.resume else None
        if kept is None:
            return 0, 0, math.inf
        parts, state = kept
        if state["labels"] != learner.labels:
            raise TrainingError("The run to resume had other labels: start again without --resume.")
        learner.restore(parts)
        self.history = state["history"]
        best = math.inf if state["best"] is None else float(state["best"])
        self.report("note", sentence=f"Going on after epoch {state['epoch'] + 1}.")
        return state["epoch"] + 1, state["best_epoch"], best

    def _keep(self, learner: Learner, epoch: int, best_epoch: int, best: float, better: bool) -> None:
        parts = learner.parts()
        if better:
            save_checkpoint(self.options.out / "best", epoch, {"averaged": parts["averaged"]}, {})
        state = {
            "labels": learner.labels,
            "best_epoch": best_epoch,
            "best": best if math.isfinite(best) else None,
            "history": self.history,
        }
        save_checkpoint(self.options.out / "checkpoint", epoch, parts, state)
        write_json(self.options.out / "history.json", self.history)

    def _on_step(self, epoch: int) -> Callable[[int, int], None]:
        last = [0.0]
        began = time.monotonic()

        def on_step(step: int, steps: int) -> None:
            now = time.monotonic()
            if now - last[0] < 1 / _STEP_EVENTS_PER_SECOND and step < steps:
                return
            last[0] = now
            left = (self.recipe.epochs - epoch) * steps - step
            seconds_left = round((now - began) / step * left, 1)
            self.report("step", epoch=epoch + 1, step=step, steps=steps, seconds_left=seconds_left)

        return on_step

    def _row(self, epoch: int, loss: float, now: Validation, seconds: float, better: bool) -> dict[str, Any]:
        return {
            "epoch": epoch + 1,
            "epochs": self.recipe.epochs,
            "train_loss": round(loss, 4),
            "valid_loss": _number(now.loss),
            "valid_accuracy": _number(now.accuracy),
            "seconds": round(seconds, 2),
            "seconds_left": round(seconds * (self.recipe.epochs - epoch - 1), 1),
            "best": better,
        }

    def _export(self, learner: Learner, manifest: Manifest, validation: Validation) -> Path:
        labels = learner.labels
        not_music = labels.index(NOT_MUSIC_LABEL) if NOT_MUSIC_LABEL in labels else None
        temperature = fit_temperature(validation.logits, validation.targets)
        thresholds = fit_thresholds(validation.logits, validation.targets, temperature, not_music)
        description = Description(
            name=self.options.name or self.options.out.name,
            labels=labels,
            temperature=temperature,
            thresholds=thresholds,
            data={
                "fingerprint": manifest.fingerprint(),
                "tracks": {s: len(manifest.split(s)) for s in ("train", "valid", "test")},
                "labels": manifest.counts(),
                "left_out": len(manifest.left_out),
                "licences": "see the source of the tracks; no audio is in this model",
            },
            made_with={
                "command": self.options.command,
                "recipe": self.recipe.as_dict(),
                "parameters": learner.parameters,
                "epochs_run": len(self.history),
                "seed": self.recipe.seed,
                "seconds": round(sum(row["seconds"] for row in self.history)),  # of training, over all resumes
                "date": datetime.now(UTC).date().isoformat(),
                "versions": {
                    "mgc-desktop": __version__,
                    "python": platform.python_version(),
                    "torch": torch.__version__,
                    "numpy": np.__version__,
                    "platform": sys.platform,
                },
            },
        )
        folder = self.options.out / "model"
        export(folder, self.system, learner.trained_network(), description, self.trust)
        return folder

    def _score(self, folder: Path, manifest: Manifest, device: torch.device) -> None:
        split = "test" if manifest.split("test") else "valid"
        items = manifest.split(split)
        if not items:
            self.report(
                "note", sentence="There are too few tracks to hold any out: how good the model is cannot be said."
            )
        runtime = Runtime.load(folder, device.type, trust=self.trust)

        def progress(done: int, total: int) -> None:
            self.report("score", done=done, total=total)

        hearing = hear(runtime, items, self.workers, progress, self.should_stop)
        metrics = {"split": split, **figures(hearing)}
        add_metrics(folder, {split: metrics})
        write_card(folder, hearing, metrics, self.history)
        comparison = None
        if self.options.compare_with is not None:
            comparison = compare(
                hearing, self.options.compare_with, device.type, self.trust, self.workers, self.should_stop
            )
        self.report(
            "done",
            model=str(folder),
            metrics=metrics,
            comparison=comparison,
            seconds=round(time.monotonic() - self.began, 1),
        )


def with_arguments(recipe: Recipe, **given: Any) -> Recipe:
    """Return the recipe with those arguments that are not None."""
    return replace(recipe, **{key: value for key, value in given.items() if value is not None})


def _label_order(manifest: Manifest) -> list[str]:
    genres = [label for label in manifest.labels if label != NOT_MUSIC_LABEL]
    return genres + ([NOT_MUSIC_LABEL] if NOT_MUSIC_LABEL in manifest.labels else [])


def _number(value: float) -> float | None:
    return round(value, 4) if math.isfinite(value) else None
