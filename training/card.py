"""What a model says of itself: card.md and confusion.png, made from what was heard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from mgc_desktop.core.errors import TrainingError
from mgc_desktop.core.model_info import NOT_MUSIC_LABEL
from training.metrics import confusion
from training.score import Hearing, said


def write_card(folder: Path, hearing: Hearing, metrics: dict[str, Any], history: list[dict[str, Any]]) -> None:
    """Write `card.md` and `confusion.png` into a model folder.

    Raises
    ------
    TrainingError
        Where they cannot be written.
    """
    labels = sorted({*hearing.info.labels, *(h.item.label for h in hearing.heard)} - {NOT_MUSIC_LABEL})
    labels.append(NOT_MUSIC_LABEL)
    counts = confusion([h.item.label for h in hearing.heard], [said(h.verdict) for h in hearing.heard], labels)
    shown = [i for i in range(len(labels)) if counts[i].any() or counts[:, i].any()] or list(range(len(labels)))
    try:
        _draw(folder / "confusion.png", counts[np.ix_(shown, shown)], [_name(labels[i]) for i in shown], metrics)
        (folder / "card.md").write_text(_text(hearing, metrics, history), "utf-8")
    except OSError as error:
        raise TrainingError(
            f"The card could not be written to {folder} ({error.strerror}): free some space and resume the run."
        ) from error


def _name(label: str) -> str:
    return "not music" if label == NOT_MUSIC_LABEL else label


def _draw(path: Path, counts: Any, names: list[str], metrics: dict[str, Any]) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # heavy, and only a finished run draws
    from matplotlib.figure import Figure

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
    FigureCanvasAgg(figure).print_png(str(path))


def _text(hearing: Hearing, metrics: dict[str, Any], history: list[dict[str, Any]]) -> str:
    info = hearing.info
    made, data = info.made_with, info.data
    lines = [
        f"# {info.name}",
        "",
        f"A `{info.system}` of {made.get('parameters', 0):,} parameters that tells apart: {', '.join(info.genres)}.",
        f"It hears mono sound at {info.sample_rate} Hz, {info.min_seconds:g} to {info.window_seconds:g} s at a time.",
        "",
        f"## What it is worth ({metrics['split']} split, {metrics['n']} tracks)",
        "",
        "No artist or album (group) of these tracks was in training. Intervals are 95 % (Wilson).",
        "",
        "| figure | value |",
        "|---|---|",
        f"| accuracy | {metrics['accuracy']:.3f} [{metrics['low']:.3f}, {metrics['high']:.3f}] |",
        f"| macro F1 | {metrics['macro_f1']:.3f} |",
        f"| macro recall | {metrics['macro_recall']:.3f} |",
        f"| expected calibration error | {metrics['ece']:.3f} |",
        f"| verdicts given, not *unsure* | {metrics['given']['coverage']:.0%} of tracks, "
        f"{metrics['given']['accuracy']:.0%} of them right |",
    ]
    if "not_music" in metrics:
        other = metrics["not_music"]
        lines.append(f"| speech and noise refused | {other['refused']:.0%} of {other['n']} |")
    lines += ["", "| genre | recall |", "|---|---|"]
    lines += [f"| {label} | {value:.2f} |" for label, value in metrics["recall"].items()]
    if not metrics["n"]:
        lines += ["", "No track was held out: how good it is cannot be said."]
    weak = [label for label, value in metrics["recall"].items() if value < 0.5]
    lines += ["", f"Weak on: {', '.join(weak)}." if weak else "", ""]
    lines += [
        "## How it was made",
        "",
        f"{data['tracks']['train']} tracks to learn from, {data['tracks']['valid']} to choose by; "
        f"{made.get('epochs_run', len(history))} epochs, seed {made.get('seed')}, {made.get('date')}.",
        f"Command: `{made.get('command')}`.",
        f"Temperature {info.temperature:g}; unsure under {info.thresholds.unsure:g}; "
        f"not music over {info.thresholds.not_music:g}; silence under {info.thresholds.silence_dbfs:g} dBFS.",
        f"Data: {data['licences']}; fingerprint `{data['fingerprint'][:16]}`.",
        "",
        "![Confusion matrix](confusion.png)",
        "",
    ]
    return "\n".join(lines)
