"""Where a run starts from: the weights and the labels of a model that is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from mgc_desktop.core.errors import ModelError, TrainingError
from mgc_desktop.core.model_info import NOT_MUSIC_LABEL, ModelInfo
from mgc_desktop.model.contract import WEIGHTS_FILE, read_info
from training.data.manifest import Manifest
from training.data.tracks import labels_of
from training.memory import Memory, read_memory
from training.options import ADD, KEEP, ONLY

HEAD = "output."  # the last layer, in the weights of every system


@dataclass(frozen=True)
class Start:
    """A model to start from."""

    info: ModelInfo
    state: dict[str, Tensor]
    memory: Memory | None


def read_start(folder: Path, system: str) -> Start:
    """Read the weights of a model folder; its TorchScript is not opened.

    Raises
    ------
    ModelError
        Where it is damaged.
    TrainingError
        Where it is of another system.
    """
    info = read_info(folder)
    if info.system != system:
        raise TrainingError(f"The model {info.name} is a {info.system}, not a {system}: add --system {info.system}.")
    try:
        state = load_file(str(folder / WEIGHTS_FILE))
        rows, size = state[f"{HEAD}weight"].shape
    except (OSError, KeyError, ValueError, SafetensorError) as error:
        raise ModelError(
            f"The weights of the model in {folder} could not be read: choose another model to start from.", str(error)
        ) from error
    if rows != len(info.labels):
        raise ModelError(f"The weights of the model in {folder} are of other labels: choose another to start from.")
    return Start(info, state, read_memory(folder, len(info.labels), size))


def choose_labels(manifest: Manifest, start: Start | None, choice: str) -> tuple[list[str], Manifest]:
    """Return the labels to learn, `_not_music` last, and the manifest less the tracks that have none of them.

    Raises
    ------
    TrainingError
        Where no track is left.
    """
    found = {label for item in manifest.items for label in labels_of(item)}
    if start is None or choice == ONLY:
        return _ordered(found), manifest
    known = list(start.info.labels)
    if choice == ADD:
        return _ordered({*known, *found}, known), manifest
    assert choice == KEEP
    strange = {
        item.path: f"{start.info.name} has no genre {item.label}"
        for item in manifest.items
        if not set(labels_of(item)) <= set(known)
    }
    kept = manifest.without(strange)
    if not kept.items:
        raise TrainingError(
            f"None of the tracks has a genre that {start.info.name} knows: choose to add new genres instead."
        )
    return known, kept


def fitted_state(start: Start, network: nn.Module, labels: Sequence[str]) -> dict[str, Tensor]:
    """Return the start's weights for a network of other labels: rows of labels that both have are taken over.

    Raises
    ------
    TrainingError
        Where the network has another shape.
    """
    fresh = network.state_dict()
    state = {name: value for name, value in start.state.items() if not name.startswith(HEAD)}
    for part in ("weight", "bias"):
        rows = fresh[HEAD + part].clone()
        for i, label in enumerate(labels):
            if label in start.info.labels:
                rows[i] = start.state[HEAD + part][start.info.labels.index(label)]
            elif part == "weight":
                rows[i] = 0.0
            else:
                # A new label begins as unlikely as the least likely one: it must earn what it says.
                rows[i] = start.state[HEAD + part].min()
        state[HEAD + part] = rows
    if {name: tuple(value.shape) for name, value in fresh.items()} != {
        name: tuple(value.shape) for name, value in state.items()
    }:
        raise TrainingError(f"The model {start.info.name} was made by another version of its system: start from none.")
    return state


def covered(manifest: Manifest, labels: Sequence[str]) -> Manifest:
    """Return the manifest where every label has tracks.

    Raises
    ------
    TrainingError
        Where some have none: in a full run they would be forgotten.
    """
    found = {label for item in manifest.items for label in labels_of(item)} | {NOT_MUSIC_LABEL}
    missing = [label for label in labels if label not in found]
    if missing:
        raise TrainingError(
            f"The data has no tracks of {', '.join(missing)}, which a full run would forget: learn the last layer only "
            "(quick), add tracks, or choose only the data's own genres."
        )
    return manifest


def _ordered(labels: set[str], first: Sequence[str] = ()) -> list[str]:
    genres = [label for label in first if label != NOT_MUSIC_LABEL]
    genres += sorted(label for label in labels if label not in first and label != NOT_MUSIC_LABEL)
    return genres + ([NOT_MUSIC_LABEL] if NOT_MUSIC_LABEL in labels else [])


def without_missing_not_music(labels: Sequence[str], manifest: Manifest) -> list[str]:
    """Return the labels less `_not_music` where a full run has nothing to learn it from."""
    found = {label for item in manifest.items for label in labels_of(item)}
    return [label for label in labels if label != NOT_MUSIC_LABEL or label in found]
