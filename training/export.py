"""Write a model folder: the one contract between training and application (format 1)."""

from __future__ import annotations

import os
import shutil
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

from mgc_desktop.core.errors import ModelError, TrainingError
from mgc_desktop.core.model_info import ModelInfo
from mgc_desktop.model.contract import (
    INFO_FILE,
    MODEL_FILE,
    WEIGHTS_FILE,
    file_sha256,
    read_info,
    self_test_clip,
)
from mgc_desktop.model.schema import FORMAT
from mgc_desktop.model.trust import TrustStore
from training.checkpoint import write_json
from training.memory import Memory, write_memory
from training.scripted import script
from training.systems import System

_SELF_TEST = {"seconds": 5.0, "seed": 7, "tolerance": 1e-3}


@dataclass(frozen=True)
class Description:
    """What goes into model.json beside what the system says of itself."""

    name: str
    labels: list[str]
    temperature: float
    thresholds: dict[str, float]
    data: dict[str, Any]
    made_with: dict[str, Any]
    activation: str = "softmax"


def export(
    folder: Path,
    system: System,
    network: nn.Module,
    description: Description,
    trust: TrustStore,
    memory: Memory | None = None,
) -> ModelInfo:
    """Write `model.pt`, `weights.safetensors` and `model.json`, and make the digest known to the profile.

    With a memory also `memory.safetensors`, so that the last layer can be learnt anew in seconds.

    The folder is built beside and renamed, so that there is never half a model. Metrics are added by `add_metrics`.

    Raises
    ------
    TrainingError
        Where the folder cannot be written.
    """
    beside = folder.with_name(folder.name + ".new")
    try:
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(parents=True)
        _write(beside, system, network, description)
        if memory is not None:
            write_memory(beside, memory)
        if folder.exists():
            shutil.rmtree(folder)
        os.replace(beside, folder)
    except OSError as error:
        raise TrainingError(
            f"The model could not be written to {folder} ({error.strerror}): free some space and run it again with "
            "--resume, which goes straight to this step."
        ) from error
    info = read_info(folder)
    trust.add(info.sha256, info.name)
    return info


def add_metrics(folder: Path, metrics: dict[str, Any]) -> None:
    """Put figures by protocol into model.json, which is turned over atomically."""
    import json

    path = folder / INFO_FILE
    data = json.loads(path.read_bytes())
    data["metrics"] = {**data["metrics"], **metrics}
    write_json(path, data)


def _write(folder: Path, system: System, network: nn.Module, description: Description) -> None:
    config = system.frontend_config
    scripted = script(system.frontend(config), network)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        scripted.save(str(folder / MODEL_FILE))
    state = {key: value.detach().cpu().contiguous() for key, value in network.state_dict().items()}
    save_file(state, str(folder / WEIGHTS_FILE))
    clip = self_test_clip(config.sample_rate, float(_SELF_TEST["seconds"]), int(_SELF_TEST["seed"]))
    with torch.inference_mode():
        logits = scripted(torch.from_numpy(clip[None]))[0].numpy().astype(np.float64)
    if not np.isfinite(logits).all():
        raise ModelError("The trained model answers with numbers that are none: train it again with a lower --lr.")
    write_json(
        folder / INFO_FILE,
        {
            "format": FORMAT,
            "name": description.name,
            "labels": description.labels,
            "activation": description.activation,
            "sample_rate": config.sample_rate,
            "window_seconds": config.window_seconds,
            "min_seconds": config.min_seconds,
            "temperature": round(description.temperature, 4),
            "thresholds": description.thresholds,
            "system": system.name,
            "sha256": file_sha256(folder / MODEL_FILE),
            "self_test": {**_SELF_TEST, "logits": [round(float(x), 5) for x in logits]},
            "metrics": {},
            "data": description.data,
            "made_with": description.made_with,
        },
    )
