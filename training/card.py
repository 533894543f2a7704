"""What a model says of itself: card.md and confusion.png, made from its figures."""

from __future__ import annotations

from typing import Any

import numpy as np

from mgc_desktop.core.model_info import NOT_MUSIC_LABEL, ModelInfo
from training.card_text import card_text


def write_card(info: ModelInfo, metrics: dict[str, Any]) -> None:
    """Write `card.md` and `confusion.png` into the model's folder.

    Parameters
    ----------
    metrics : dict
        As `training.figures.figures` gives them, with ``split``, and perhaps what `evaluate` adds.

    Raises
    ------
    OSError
        Where they cannot be written.
    """
    if "confusion" in metrics:
        _draw(info, metrics)
    (info.folder / "card.md").write_text(card_text(info, metrics), "utf-8")


def _draw(info: ModelInfo, metrics: dict[str, Any]) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # heavy, and only a finished run draws
    from matplotlib.figure import Figure

    labels = metrics["confusion"]["labels"] or list(info.labels)
    names = ["not music" if label == NOT_MUSIC_LABEL else label for label in labels]
    counts = np.zeros((len(labels), len(labels)), np.int64)
    if metrics["confusion"]["labels"]:
        counts += np.asarray(metrics["confusion"]["counts"], np.int64)
    figure = Figure(figsize=(6.4, 5.8), layout="constrained")
    axes = figure.subplots()
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(names)), names, rotation=45, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel("said")
    axes.set_ylabel("is")
    axes.set_title(f"{metrics['split']}: {metrics['n']} tracks, accuracy {metrics['accuracy']:.3f}")
    for i, j in zip(*np.nonzero(counts), strict=True):
        axes.text(j, i, str(counts[i, j]), ha="center", va="center", color="white" if shares[i, j] > 0.5 else "black")
    with (info.folder / "confusion.png").open("wb") as stream:
        FigureCanvasAgg(figure).print_png(stream)
