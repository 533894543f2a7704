"""What `model.json` of a model folder says, as a value (contract format 1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

NOT_MUSIC_LABEL = "_not_music"
LEFT_OUT = "left_out"  # among the metrics: of last layers without the artist that they judge; no split


@dataclass(frozen=True, slots=True)
class Thresholds:
    unsure: float  # best calibrated p under this: unsure
    not_music: float  # p[_not_music] over this: not music
    silence_dbfs: float  # level under this throughout: silence


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """Metadata of a checked model folder; see "The model contract" in docs/architecture.md."""

    folder: Path
    name: str
    labels: tuple[str, ...]
    activation: str  # "softmax" or "sigmoid"
    sample_rate: int  # Hz
    window_seconds: float  # longest window
    min_seconds: float  # shortest window
    temperature: float
    thresholds: Thresholds
    system: str
    sha256: str  # of model.pt
    metrics: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    made_with: Mapping[str, Any] = field(default_factory=dict)

    @property
    def genres(self) -> tuple[str, ...]:
        """Labels that are genres, in the model's order."""
        return tuple(label for label in self.labels if label != NOT_MUSIC_LABEL)

    @property
    def imported(self) -> bool:
        """Whether it came from elsewhere: its figures are then what its maker says."""
        return isinstance(self.made_with.get("imported"), Mapping)
