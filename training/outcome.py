"""What a finished run tells and keeps: scores on held-out tracks, files in the run's folder, the old model beside."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mgc_desktop.core.cells import safe_cell
from mgc_desktop.core.errors import TrainingError
from mgc_desktop.core.model_figures import metrics_in_order
from mgc_desktop.core.model_info import LEFT_OUT, ModelInfo
from mgc_desktop.model.contract import read_info
from mgc_desktop.model.runtime import Runtime
from mgc_desktop.model.trust import TrustStore
from training.card import write_card
from training.checkpoint import write_json
from training.data.manifest import Item
from training.export import add_metrics
from training.figures import figures
from training.metrics import confusion
from training.options import TrainOptions
from training.report import Reporter
from training.score import Hearing, hear, said
from training.versus import Comparison, compare

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Held:
    """The tracks that a model is tried on, and the name of their split."""

    split: str
    items: tuple[Item, ...]


class Outcome:
    """Hears the held-out tracks with the new model and with the old one."""

    def __init__(
        self,
        options: TrainOptions,
        report: Reporter,
        should_stop: Callable[[], bool],
        trust: TrustStore,
        device: torch.device,
    ) -> None:
        self._options = options
        self._report = report
        self._should_stop = should_stop
        self._trust = trust
        self._workers = options.recipe.workers or os.cpu_count() or 1
        self._device = device.type

    def tell(
        self,
        folder: Path,
        held: Held,
        history: list[dict[str, Any]],
        seconds: Callable[[], float],
        remembered: dict[str, Any] | None = None,
    ) -> None:
        """Score the model in `folder`, write its card and the run's files, and report ``done``."""
        if not held.items:
            self._report(
                "note", sentence="There are too few tracks to hold any out: how good the model is cannot be said."
            )
        runtime = Runtime.load(folder, self._device, trust=self._trust)
        hearing = hear(runtime, held.items, self._workers, self._on_score, self._should_stop)
        metrics = {"split": held.split, **figures(hearing)}
        write_figures(hearing.info, metrics)
        old = self._old(hearing)
        write_run_files(self._options.out, hearing, history)
        labels, counts = matrix(hearing, None if old is None else old.hearing)
        comparison = None if old is None else old.as_event()
        if comparison is not None and remembered is not None:
            comparison["remembered"] = remembered
        self._report(
            "done",
            model=str(folder),
            metrics=metrics,
            comparison=comparison,
            confusion={
                "labels": labels,
                "new": counts.tolist(),
                "old": None if old is None or old.hearing is None else matrix(old.hearing, hearing)[1].tolist(),
            },
            predictions=predictions(hearing, None if old is None else old.hearing),
            seconds=round(seconds(), 1),
        )

    def _old(self, hearing: Hearing) -> Comparison | None:
        folder = self._options.compare_with
        if folder is None:
            return None
        return compare(hearing, folder, self._device, self._trust, self._workers, self._should_stop)

    def _on_score(self, done: int, total: int) -> None:
        self._report("score", done=done, total=total)


def write_figures(info: ModelInfo, metrics: dict[str, Any]) -> None:
    """Put figures into a model's folder: model.json, `card.md` and `confusion.png`.

    Parameters
    ----------
    metrics : dict
        As `training.figures.figures` gives them, and their ``split``.

    Raises
    ------
    TrainingError
        Where they cannot be written.
    """
    _write(info, {metrics["split"]: metrics}, metrics)


def write_left_out(info: ModelInfo, figures: dict[str, Any]) -> None:
    """Put what last layers without the artist are worth (`training.left_out`) into a model's folder.

    Raises
    ------
    TrainingError
        Where it cannot be written.
    """
    tried = next(
        (said for _, said in metrics_in_order(info.metrics) if isinstance(said, dict) and "split" in said), None
    )
    _write(info, {LEFT_OUT: figures}, tried)


def _write(info: ModelInfo, told: dict[str, Any], on_card: dict[str, Any] | None) -> None:
    try:
        add_metrics(info.folder, told)
        if on_card is not None:
            write_card(read_info(info.folder), on_card)
    except OSError as error:
        raise TrainingError(
            f"The figures could not be written to {info.folder} ({error.strerror}): free some space there, or see "
            "to it that you may write in it, and give the command again.",
            repr(error),
        ) from error


def matrix(hearing: Hearing, other: Hearing | None) -> tuple[list[str], Any]:
    """Return the labels that occur in either hearing and the counts of the first; rows truth, columns said."""
    rows = [*hearing.heard, *(other.heard if other else ())]
    labels = sorted({h.item.label for h in rows} | {said(h.verdict) for h in rows})
    counts = confusion([h.item.label for h in hearing.heard], [said(h.verdict) for h in hearing.heard], labels)
    return labels, counts


def predictions(new: Hearing, old: Hearing | None) -> list[dict[str, Any]]:
    """Return what each model said of each held-out track."""
    before = {h.item.path: h.verdict for h in old.heard} if old else {}
    rows = []
    for h in new.heard:
        row: dict[str, Any] = {"path": str(h.item.path), "label": h.item.label, "new": said(h.verdict)}
        row["new_confidence"] = round(h.verdict.confidence, 4)
        verdict = before.get(h.item.path)
        row["old"] = None if verdict is None else said(verdict)
        row["old_confidence"] = None if verdict is None else round(verdict.confidence, 4)
        rows.append(row)
    return rows


def write_run_files(out: Path, hearing: Hearing, history: Sequence[dict[str, Any]]) -> None:
    """Write predictions.csv, confusion.csv and curves.png into the run's folder.

    Raises
    ------
    TrainingError
        Where they cannot be written.
    """
    labels, counts = matrix(hearing, None)
    try:
        with (out / "confusion.csv").open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream).writerows(
                [
                    ["is \\ said", *map(safe_cell, labels)],
                    *([safe_cell(label), *row] for label, row in zip(labels, counts, strict=True)),
                ]
            )
        with (out / "predictions.csv").open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            writer.writerow(["path", "label", "said", "verdict", "confidence", *map(safe_cell, hearing.info.labels)])
            for h in hearing.heard:
                p = [round(h.verdict.probabilities.get(label, 0.0), 4) for label in hearing.info.labels]
                verdict = h.verdict
                row = [
                    safe_cell(h.item.path.name),
                    safe_cell(h.item.label),
                    safe_cell(said(verdict)),
                    verdict.kind.value,
                    round(verdict.confidence, 4),
                ]
                writer.writerow([*row, *p])
        if history:
            _draw_curves(out / "curves.png", history)
        write_json(out / "history.json", list(history))
    except OSError as error:
        raise TrainingError(
            f"The results could not be written to {out} ({error.strerror}): free some space and resume the run."
        ) from error


def _draw_curves(path: Path, history: Sequence[dict[str, Any]]) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # heavy, and only a finished run draws
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 4.2), layout="constrained")
    loss = figure.subplots()
    epochs = [row["epoch"] for row in history]
    loss.plot(epochs, [row["train_loss"] for row in history], label="training loss")
    valid = np.array([np.nan if row["valid_loss"] is None else row["valid_loss"] for row in history])
    loss.plot(epochs, valid, label="validation loss")
    loss.set_xlabel("epoch")
    loss.set_ylabel("cross-entropy")
    share = loss.twinx()
    right = np.array([np.nan if row["valid_accuracy"] is None else row["valid_accuracy"] for row in history])
    share.plot(epochs, right, color="tab:green", label="validation accuracy")
    share.set_ylim(0, 1)
    share.set_ylabel("accuracy")
    lines = [*loss.get_lines(), *share.get_lines()]
    loss.legend(lines, [str(line.get_label()) for line in lines], loc="lower left")
    FigureCanvasAgg(figure).print_png(str(path))
