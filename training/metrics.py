"""Figures of a classifier, each with what it needs to be believed."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import f1_score, recall_score

from mgc_desktop.core.intervals import wilson


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


def summarise(truth: list[str], said: list[str], confidence: NDArray[np.floating], labels: list[str]) -> dict[str, Any]:
    """Return n, accuracy with its Wilson interval, macro F1 and recall, ECE, recall by label.

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
    recalls = recall_score(truth, said, labels=present, average=None, zero_division=0) if present else []
    return {
        "n": n,
        "accuracy": round(hits / n, 4) if n else 0.0,
        "low": round(low, 4),
        "high": round(high, 4),
        "macro_f1": _rounded(f1_score(truth, said, labels=present, average="macro", zero_division=0)) if present else 0,
        "macro_recall": _rounded(np.mean(recalls)) if present else 0.0,
        "ece": _rounded(expected_calibration_error(np.asarray(confidence), right)),
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
