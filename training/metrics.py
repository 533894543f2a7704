"""Figures of a classifier, each with what it needs to be believed."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import f1_score, recall_score

from mgc_desktop.core.intervals import wilson

_MOST_DRAWN = 4_000_000  # numbers at once, 32 MB


def expected_calibration_error(confidence: NDArray[np.floating], right: NDArray[np.bool_], bins: int = 10) -> float:
    """Return the mean gap between confidence and accuracy over equal-width bins, weighted by their size."""
    if len(confidence) == 0:
        return 0.0
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [
        abs(confidence[which == b].mean() - right[which == b].mean()) * (which == b).sum()
        for b in range(bins)
        if (which == b).any()
    ]
    return float(sum(gaps) / len(confidence))


def calibration_error_by_chance(confidence: NDArray[np.floating], bins: int = 10) -> tuple[float, float]:
    """Return the calibration error of exact confidences on as many tracks: the mean, and what 95 of 100 stay under.

    The fewer the tracks, the further each bin is off by luck. Every draw is right with the confidence given (the
    consistency resampling of Broecker and Smith 2007, doi:10.1175/WAF993.1); the draws are always the same ones.
    """
    if len(confidence) == 0:
        return 0.0, 0.0
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    draws = int(np.clip(_MOST_DRAWN // len(confidence), 100, 2000))
    draw = np.random.default_rng(0).random((draws, len(confidence)))
    over = confidence - (draw < confidence)  # (draws, n): added up over a bin, the gap times its size
    gaps = np.stack([np.abs(over[:, which == b].sum(axis=1)) for b in range(bins)]).sum(axis=0) / len(confidence)
    return float(gaps.mean()), float(np.quantile(gaps, 0.95))


def summarise(truth: list[str], said: list[str], confidence: NDArray[np.floating], labels: list[str]) -> dict[str, Any]:
    """Return n, accuracy with its Wilson interval, macro F1 and recall, ECE beside that by chance, recall by label.

    Parameters
    ----------
    truth, said : list of str
        One label a track; what was said may be a label outside `labels` (it is wrong then).
    confidence : ndarray, shape (n,)
    labels : list of str
        The labels to average over.
    """
    right = np.array([t == s for t, s in zip(truth, said, strict=True)], bool)
    n, hits = len(truth), int(right.sum())
    low, high = wilson(hits, n)
    present = [label for label in labels if label in truth]
    confidence = np.asarray(confidence)
    by_chance, most_by_chance = calibration_error_by_chance(confidence)
    recalls = recall_score(truth, said, labels=present, average=None, zero_division=0) if present else []
    return {
        "n": n,
        "accuracy": round(hits / n, 4) if n else 0.0,
        "low": round(low, 4),
        "high": round(high, 4),
        "macro_f1": _rounded(f1_score(truth, said, labels=present, average="macro", zero_division=0)) if present else 0,
        "macro_recall": _rounded(np.mean(recalls)) if present else 0.0,
        "ece": _rounded(expected_calibration_error(confidence, right)),
        "ece_by_chance": {"mean": _rounded(by_chance), "most": _rounded(most_by_chance)},
        "recall": {label: _rounded(value) for label, value in zip(present, recalls, strict=True)},
    }


def confusion(truth: list[str], said: list[str], labels: list[str]) -> NDArray[np.int64]:
    """Return counts, rows: truth, columns: said, both in the order of `labels`."""
    number = {label: i for i, label in enumerate(labels)}
    counts = np.zeros((len(labels), len(labels)), np.int64)
    np.add.at(counts, ([number[label] for label in truth], [number[label] for label in said]), 1)
    return counts


def _rounded(value: Any) -> float:
    return round(float(value), 4)
