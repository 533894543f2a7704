"""Figures as a model's metrics hold them, small and of every kind."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mgc_desktop.core.model_info import ModelInfo, Thresholds

CONFUSION: dict[str, Any] = {
    "labels": ["jazz", "pop", "rock", "_not_music"],
    "counts": [[9, 0, 1, 0], [0, 12, 5, 0], [0, 2, 13, 1], [1, 0, 0, 39]],
}


def share(value: float, n: int, half: float = 0.1) -> dict[str, Any]:
    return {"n": n, "accuracy": value, "low": max(0.0, value - half), "high": min(1.0, value + half)}


# 43 tracks of genres, 34 of them right.
FULL: dict[str, Any] = {
    "split": "test",
    **share(0.7907, 43),
    "macro_f1": 0.78,
    "macro_recall": 0.81,
    "ece": 0.043,
    "ece_by_chance": {"mean": 0.031, "most": 0.06},
    "recall": {"jazz": 0.9, "pop": 0.7059, "rock": 0.8125},
    "given": {"coverage": 0.7, **share(0.9, 30)},
    "not_music": {"n": 40, "refused": 0.975},
    "confusion": CONFUSION,
    "refused_music": {"n": 1, "share": 0.0233},
    "sources": {"gtzan": share(0.7, 20), "emotify": share(0.87, 23)},
    "risk_coverage": [
        {"threshold": 0.3, "coverage": 1.0, **share(0.79, 43)},
        {"threshold": 0.6, "coverage": 0.7, **share(0.9, 30)},
        {"threshold": 0.8, "coverage": 0.4, **share(0.94, 17)},
    ],
    "conditions": {"microphone": {**share(0.72, 43), "points": -7.0}, "window-5s": {**share(0.79, 43), "points": 0.0}},
    "other_music": {
        "n": 20,
        "given": 8,
        "given_share": 0.4,
        "most": {"pop": 5, "rock": 3},
        "in_genre_wrong_share": 0.07,
    },
    "kinds": {"speech": {"n": 20, "refused": 1.0}, "noise": {"n": 20, "refused": 0.95}},
    "also": {"jazz": share(0.85, 40)},
    "timing": {"window_ms": 23.4, "window_seconds": 29.12, "threads": 2, "device": "cpu", "model_bytes": 812_345},
}


def model_info(metrics: Mapping[str, Any], **changes: Any) -> ModelInfo:
    """Return what a model of three genres says of itself."""
    said: dict[str, Any] = {
        "folder": Path("/models/mine"),
        "name": "mine",
        "labels": ("jazz", "pop", "rock", "_not_music"),
        "activation": "softmax",
        "sample_rate": 12_000,
        "window_seconds": 29.12,
        "min_seconds": 1.0,
        "temperature": 0.8,
        "thresholds": Thresholds(0.6, 0.5, -60.0),
        "system": "crnn",
        "sha256": "0" * 64,
        "metrics": metrics,
    }
    return ModelInfo(**(said | changes))
