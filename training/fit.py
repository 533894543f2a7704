"""Epochs until the recipe's end or until nothing gets better; the best averaged weights are kept, or the last."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from mgc_desktop.core.errors import TrainingError
from training.checkpoint import load_checkpoint, save_checkpoint, write_json
from training.data.batches import TrainBatches
from training.data.tracks import Track
from training.distributed import World
from training.learner import Learner, Validation
from training.report import Reporter

_STEP_EVENTS_PER_SECOND = 4
CHECKPOINT = "checkpoint"
BEST = "best"


class Fit:
    """One learner on one set of batches. Use `run`, once.

    Parameters
    ----------
    folder : Path or None
        Where checkpoints and the history go; None keeps the best weights in memory.
    resume : bool
        Go on after the last whole epoch in `folder`.
    to_the_end : bool
        Keep the last epoch, whatever the validation tracks say: where labels teach a last layer alone that is made anew
        in the end, they say nothing of what is below it; and a model to go on from may have learnt them.
    """

    def __init__(
        self,
        learner: Learner,
        batches: TrainBatches,
        valid: Sequence[Track],
        report: Reporter,
        *,
        folder: Path | None = None,
        resume: bool = False,
        to_the_end: bool = False,
        world: World | None = None,
    ) -> None:
        self.learner = learner
        self.history: list[dict[str, Any]] = []
        self._batches = batches
        self._valid = valid
        self._report = report
        self._folder = folder
        self._resume = resume
        self._chooses = bool(valid) and not to_the_end
        self._world = world or World()
        self._best_weights: dict[str, Tensor] | None = None

    def run(self) -> Validation:
        """Learn; leave the learner with the averaged weights that are kept, and return how they do in validation.

        Raises
        ------
        TrainingError
            Where the loss is no number, or the disk or the checkpoint does not allow it.
        Stopped
            Where it was asked to stop; the last whole epoch is kept.
        """
        recipe = self.learner.recipe
        first, best_epoch, best = self._restore()
        for epoch in range(first, recipe.epochs):
            if self._chooses and epoch - best_epoch > recipe.patience:
                self._report("note", sentence=f"No better since epoch {best_epoch + 1}: stopped early.")
                break
            began = time.monotonic()
            loss = self.learner.train_epoch(epoch, self._batches, self._on_step(epoch))
            now = self.learner.validate(self._valid)
            better = not self._chooses or now.loss < best or not math.isfinite(best)
            if better:
                best, best_epoch = now.loss, epoch
            row = self._row(epoch, loss, now, time.monotonic() - began, better)
            self.history.append(row)
            self._keep(epoch, best_epoch, best, better)
            self._report("epoch", **row)
        self._take_best()
        return self.learner.validate(self._valid)

    def _restore(self) -> tuple[int, int, float]:
        kept = load_checkpoint(self._folder / CHECKPOINT) if self._resume and self._folder is not None else None
        if kept is None:
            return 0, 0, math.inf
        parts, state = kept
        if state["labels"] != self.learner.labels:
            raise TrainingError("The run to resume had other labels: start again without --resume.")
        self.learner.restore(parts)
        self.history = state["history"]
        best = math.inf if state["best"] is None else float(state["best"])
        self._report("note", sentence=f"Going on after epoch {state['epoch'] + 1}.")
        return state["epoch"] + 1, state["best_epoch"], best

    def _keep(self, epoch: int, best_epoch: int, best: float, better: bool) -> None:
        parts = self.learner.parts()
        if self._folder is None:
            if better:
                self._best_weights = {name: value.detach().clone() for name, value in parts["averaged"].items()}
            return
        if self._world.first:
            if better:
                save_checkpoint(self._folder / BEST, epoch, {"averaged": parts["averaged"]}, {})
            state = {
                "labels": self.learner.labels,
                "best_epoch": best_epoch,
                "best": best if math.isfinite(best) else None,
                "history": self.history,
            }
            save_checkpoint(self._folder / CHECKPOINT, epoch, parts, state)
            write_json(self._folder / "history.json", self.history)
        self._world.wait()

    def _take_best(self) -> None:
        if self._folder is not None:
            kept = load_checkpoint(self._folder / BEST)
            self._best_weights = None if kept is None else kept[0]["averaged"]
        if self._best_weights is not None:
            self.learner.load_averaged(self._best_weights)

    def _on_step(self, epoch: int) -> Callable[[int, int], None]:
        last = [0.0]
        began = time.monotonic()

        def on_step(step: int, steps: int) -> None:
            now = time.monotonic()
            if now - last[0] < 1 / _STEP_EVENTS_PER_SECOND and step < steps:
                return
            last[0] = now
            left = (self.learner.recipe.epochs - epoch) * steps - step
            seconds_left = round((now - began) / step * left, 1)
            self._report("step", epoch=epoch + 1, step=step, steps=steps, seconds_left=seconds_left)

        return on_step

    def _row(self, epoch: int, loss: float, now: Validation, seconds: float, better: bool) -> dict[str, Any]:
        epochs = self.learner.recipe.epochs
        return {
            "epoch": epoch + 1,
            "epochs": epochs,
            "train_loss": round(loss, 4),
            "valid_loss": _number(now.loss),
            "valid_accuracy": _number(now.accuracy),
            "seconds": round(seconds, 2),
            "seconds_left": round(seconds * (epochs - epoch - 1), 1),
            "best": better,
        }


def _number(value: float) -> float | None:
    return round(value, 4) if math.isfinite(value) else None
