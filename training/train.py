"""A training run from data to model folder."""

from __future__ import annotations

import json
import platform
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from mgc_desktop import __version__
from mgc_desktop.core.errors import TrainingError
from mgc_desktop.core.model_info import NOT_MUSIC_LABEL, ModelInfo
from mgc_desktop.model.devices import choose_device, device_name
from mgc_desktop.model.trust import TrustStore
from training.calibrate import fit_temperature, fit_thresholds
from training.checkpoint import write_json
from training.data.batches import TrainBatches
from training.data.manifest import Manifest
from training.distributed import World, local_device
from training.export import Description, export
from training.fit import Fit
from training.gather import Gathered, Gatherer
from training.head import learn_head, remembered
from training.hinting import hint_blocks, take_hints
from training.last_layer import SHORTER, Lesson, fit_last_layer
from training.learner import Learner, Validation
from training.left_out import figures_of
from training.memory import Memory, hear, remember
from training.options import TrainOptions
from training.outcome import Held, Outcome, write_left_out
from training.recipe import Recipe
from training.report import Reporter
from training.start import fitted_state
from training.systems import System, get_system

_SHOWN = 20  # left-out files named in the start event
_CALIBRATED = 10  # validation tracks; a last layer learnt on fewer keeps the temperature it had


class Run:
    """One run. Use `Run(options, report, should_stop).run()`, once."""

    def __init__(
        self,
        options: TrainOptions,
        report: Reporter,
        should_stop: Callable[[], bool],
        world: World | None = None,
    ) -> None:
        self.options = options
        self.recipe = options.recipe
        self.system: System = get_system(options.system)
        self.world = world or World()
        self.report = report
        self.should_stop = should_stop
        self.trust = TrustStore(options.profile.trusted_file)
        self.began = time.monotonic()
        self.history: list[dict[str, Any]] = []
        self.last_layer: dict[str, Any] = {}
        self.left_out: dict[str, Any] | None = None

    def run(self) -> Path | None:
        """Train, export, score; return the model folder, in all but the first of several processes None.

        Raises
        ------
        MgcError
            Where the data, the disk or the device do not allow it; what was learnt so far stays resumable.
        Stopped
            Where it was asked to stop.
        """
        device = local_device(choose_device(self.options.device))
        gatherer = Gatherer(self.options, self.system, self.report, self.should_stop, self.trust)
        data = gatherer.gather()
        learner = self._learner(data, device)
        self._say_start(data, learner)
        if self.world.first:
            self._make_out(data)
        self.world.wait()
        memory = self._quick(learner, data) if self.options.head_only else None
        validation = self._full(learner, data) if memory is None else learner.validate([])
        return self._finish(learner, data, validation, memory) if self.world.first else None

    def _learner(self, data: Gathered, device: torch.device) -> Learner:
        learner = Learner(
            self.system,
            data.labels,
            self.recipe,
            device,
            self.should_stop,
            activation="sigmoid" if self.options.multi_label else "softmax",
            echoes=data.echoes,
            world=self.world,
        )
        if data.start is not None:
            learner.start_from(fitted_state(data.start, learner.fresh, data.labels))
        return learner

    def _full(self, learner: Learner, data: Gathered) -> Validation:
        config = self.system.frontend_config
        batches = TrainBatches(
            data.train,
            data.targets,
            config,
            self.recipe,
            domain=self.system.domain,
            echoes=data.echoes,
            world=self.world,
        )
        blocks = hint_blocks(self.options, learner.fresh)
        if blocks:
            take_hints(learner, blocks, data.train, self.options, self.report, self.should_stop, self.world)
            learner.steady_norms = True
        fit = Fit(
            learner,
            batches,
            data.valid,
            self.report,
            folder=self.options.out,
            resume=self.options.resume,
            to_the_end=self._fits(data),
            world=self.world,
        )
        validation = fit.run()
        self.history = fit.history
        self._note_digests(learner)
        return validation

    def _note_digests(self, learner: Learner) -> None:
        """Write the digest of every process's parameters into run.json: they are to be one and the same."""
        digests = self.world.gather(learner.digest())
        if self.world.first:
            path = self.options.out / "run.json"
            write_json(path, {**json.loads(path.read_bytes()), "digests": digests})

    def _quick(self, learner: Learner, data: Gathered) -> Memory:
        assert data.start is not None
        tracks = [*data.train, *data.valid]
        network, config = learner.averaged.module, self.system.frontend_config
        c = self.recipe.last_c
        return learn_head(network, data.start, tracks, data.labels, config, learner.device, c)

    def _finish(self, learner: Learner, data: Gathered, validation: Validation, memory: Memory | None) -> Path:
        network, config = learner.trained_network(), self.system.frontend_config
        if memory is None:
            fits = self._fits(data)
            learnt = data.remembered
            learnt += data.valid if fits and data.test else []  # without a test split they are what it is tried on
            heard = hear(network, learnt, config, SHORTER if fits else (), self._on_hear, self.should_stop)
            if fits:
                validation = self._last_layer(network, Lesson(heard, data.said, data.labels)) or validation
            memory = remember(network, heard, data.test, data.labels, config, torch.device("cpu"))
        folder = self.options.out / "model"
        info = export(folder, self.system, network, self._description(data, learner, validation), self.trust, memory)
        if self.left_out is not None:
            write_left_out(info, self.left_out)
        split = "test" if data.test else "valid"
        known = None
        if self.options.head_only and data.start is not None:
            known = remembered(data.start, network.output, memory, data.labels)  # type: ignore[arg-type]
        outcome = Outcome(self.options, self.report, self.should_stop, self.trust, learner.device)
        held = Held(split, data.manifest.split(split))
        outcome.tell(folder, held, self.history, lambda: time.monotonic() - self.began, known)
        return folder

    def _fits(self, data: Gathered) -> bool:
        """Tell whether the last layer is fitted in the end.

        Without teachers the labels have taught what is below, too: no artist could be left out any more.
        """
        return bool(data.said) and not self.options.multi_label

    def _last_layer(self, network: nn.Module, lesson: Lesson) -> Validation | None:
        """Fit the last layer to what is learnt and to the validation tracks."""
        config, c = self.system.frontend_config, self.recipe.last_c
        divisions = lesson.divisions(c, self.should_stop)
        found = fit_last_layer(network, lesson, divisions, config, c)
        if found is not None:
            self.left_out = figures_of(lesson, divisions, config)
            self.last_layer = {"verdicts": len(found.targets), "accuracy": round(found.accuracy, 4)}
            self.report(
                "note",
                sentence=f"The last layer was fitted to {len(lesson.heard.wholes)} tracks: {found.accuracy:.1%} of "
                f"{len(found.targets)} verdicts on whole ones are right where the artist was left out.",
            )
        return found

    def _on_hear(self, done: int, total: int) -> None:
        self.report("hear", done=done, total=total)

    def _say_start(self, data: Gathered, learner: Learner) -> None:
        left_out = data.manifest.left_out
        self.report(
            "start",
            system=self.system.name,
            device=device_name(learner.device),
            labels=data.labels,
            tracks={split: len(data.manifest.split(split)) for split in ("train", "valid", "test")},
            left_out=[{"path": path, "reason": reason} for path, reason in left_out[:_SHOWN]],
            left_out_count=len(left_out),
            epochs=0 if self.options.head_only else self.recipe.epochs,
            parameters=learner.parameters,
        )

    def _make_out(self, data: Gathered) -> None:
        out = self.options.out
        try:
            out.mkdir(parents=True, exist_ok=True)
            write_json(
                out / "run.json",
                {
                    "system": self.system.name,
                    "recipe": self.recipe.as_dict(),
                    "labels": data.labels,
                    "tracks": data.manifest.counts(),
                    "left_out": data.manifest.left_out,
                    "data": data.manifest.fingerprint(),
                    "command": self.options.command,
                    "processes": self.world.size,
                    "versions": versions(),
                },
            )
        except OSError as error:
            raise TrainingError(f"The folder {out} could not be made ({error.strerror}): choose another.") from error

    def _description(self, data: Gathered, learner: Learner, validation: Validation) -> Description:
        temperature, thresholds = self._calibration(data, validation)
        return Description(
            name=self.options.name or self.options.out.name,
            labels=data.labels,
            temperature=temperature,
            thresholds=thresholds,
            data=_about(data.manifest),
            made_with={
                "command": self.options.command,
                "recipe": self.recipe.as_dict(),
                "parameters": learner.parameters,
                "epochs_run": len(self.history),
                "from": data.start.info.name if data.start else "",
                "head_only": self.options.head_only,
                "last_layer": self.last_layer,
                "seed": self.recipe.seed,
                "seconds": round(sum(row["seconds"] for row in self.history)),  # of training, over all resumes
                "date": datetime.now(UTC).date().isoformat(),
                "versions": versions(),
            },
            activation=learner.activation,
        )

    def _calibration(self, data: Gathered, validation: Validation) -> tuple[float, dict[str, float]]:
        start = data.start
        if start is not None and len(validation.targets) < _CALIBRATED:
            return _taken_over(start.info)
        labels = data.labels
        not_music = labels.index(NOT_MUSIC_LABEL) if NOT_MUSIC_LABEL in labels else None
        temperature = fit_temperature(validation.logits, validation.targets)
        return temperature, fit_thresholds(validation.logits, validation.targets, temperature, not_music)


def _taken_over(info: ModelInfo) -> tuple[float, dict[str, float]]:
    """Return the temperature and thresholds of a model."""
    t = info.thresholds
    return info.temperature, {"unsure": t.unsure, "not_music": t.not_music, "silence_dbfs": t.silence_dbfs}


def versions() -> dict[str, str]:
    """Return what a run was made with."""
    return {
        "mgc-desktop": __version__,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "platform": sys.platform,
    }


def _about(manifest: Manifest) -> dict[str, Any]:
    return {
        "fingerprint": manifest.fingerprint(),
        "tracks": {split: len(manifest.split(split)) for split in ("train", "valid", "test")},
        "labels": manifest.counts(),
        "left_out": len(manifest.left_out),
        "sources": manifest.sources(),
        "licences": "see the source of the tracks; no audio is in this model",
    }


def with_arguments(recipe: Recipe, **given: Any) -> Recipe:
    """Return the recipe with those arguments that are not None."""
    return replace(recipe, **{key: value for key, value in given.items() if value is not None})
