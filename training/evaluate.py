"""Score a model folder on data."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mgc_desktop.core.errors import TrainingError
from mgc_desktop.core.paths import Profile
from mgc_desktop.model.runtime import Runtime
from mgc_desktop.model.trust import TrustStore
from training.data.manifest import read_manifest
from training.score import figures, hear


@dataclass(frozen=True)
class EvaluateOptions:
    model: Path
    data: tuple[Path, ...]
    profile: Profile
    not_music: tuple[Path, ...] = ()
    library: tuple[Path, ...] = ()
    split: str = ""  # "" takes every track
    device: str = "auto"


def evaluate(options: EvaluateOptions, progress: Callable[[int, int], None]) -> dict[str, Any]:
    """Return the figures of a model on the data, and which files could not be read.

    Raises
    ------
    TrainingError
        Where the data cannot be read or has no track in the split.
    ModelError
        Where the model cannot be loaded.
    """
    manifest = read_manifest(options.data, options.not_music, library=options.library)
    items = manifest.split(options.split) if options.split else manifest.items
    if not items:
        raise TrainingError(
            f"There is no track in the split {options.split!r}: leave --split out to score every track."
        )
    runtime = Runtime.load(options.model, options.device, trust=TrustStore(options.profile.trusted_file))
    hearing = hear(runtime, items, os.cpu_count() or 1, progress)
    return {
        "model": runtime.info.name,
        "split": options.split or "all",
        **figures(hearing),
        "device": runtime.device_name,
        "unreadable": [{"path": path, "sentence": sentence} for path, sentence in hearing.failed],
        "left_out": [{"path": path, "reason": reason} for path, reason in manifest.left_out],
    }
