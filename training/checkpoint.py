"""Checkpoints of a run: safetensors and JSON, written whole or not at all; nothing is ever unpickled."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from mgc_desktop.core.errors import TrainingError

_STATE = "checkpoint.json"


def save_checkpoint(folder: Path, epoch: int, parts: Mapping[str, Mapping[str, Tensor]], state: dict[str, Any]) -> None:
    """Save named groups of tensors and a state after an epoch. The JSON names the file: it turns over atomically.

    Raises
    ------
    TrainingError
        Where the disk is full or the folder cannot be written.
    """
    name = f"checkpoint-{epoch:05d}.safetensors"
    tensors = {
        f"{part}/{key}": value.detach().cpu().contiguous().clone()
        for part, group in parts.items()
        for key, value in group.items()
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        beside = folder / f"{name}.new"
        save_file(tensors, str(beside))
        os.replace(beside, folder / name)
        write_json(folder / _STATE, {"epoch": epoch, "file": name, **state})
        for old in folder.glob("checkpoint-*.safetensors*"):
            if old.name != name:
                old.unlink()
    except (OSError, SafetensorError) as error:
        raise TrainingError(
            f"The checkpoint of epoch {epoch} could not be written to {folder}: free some space there and resume; "
            "the checkpoint before it is whole.",
            str(error),
        ) from error


def has_checkpoint(folder: Path) -> bool:
    """Return whether a folder holds a checkpoint."""
    return (folder / _STATE).exists()


def load_checkpoint(folder: Path) -> tuple[dict[str, dict[str, Tensor]], dict[str, Any]] | None:
    """Return (parts, state) of the last checkpoint, or None where there is none.

    Raises
    ------
    TrainingError
        Where it is damaged.
    """
    if not has_checkpoint(folder):
        return None
    try:
        state = json.loads((folder / _STATE).read_bytes())
        tensors = load_file(str(folder / Path(state["file"]).name))
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise TrainingError(
            f"The checkpoint in {folder} is damaged: start the run again without --resume.", str(error)
        ) from error
    parts: dict[str, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        part, _, name = key.partition("/")
        parts.setdefault(part, {})[name] = value
    return parts, state


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Flatten Adam's state to ``"index.name" -> tensor``."""
    state = optimizer.state_dict()["state"]
    return {f"{i}.{name}": value for i, group in state.items() for name, value in group.items()}


def restore_optimizer(optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Put back what `optimizer_tensors` took."""
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        index, _, name = key.partition(".")
        state.setdefault(int(index), {})[name] = value
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})


def write_json(path: Path, data: Any) -> None:
    """Write JSON beside `path`, then rename it over."""
    beside = path.with_name(path.name + ".new")
    beside.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", "utf-8")
    os.replace(beside, path)
