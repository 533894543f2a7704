"""Quick retraining, each of the shipped model's genres in turn as the new one: from its memory, without any sound."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from mgc_desktop.core.model_info import NOT_MUSIC_LABEL
from mgc_desktop.engine.choice import shipped_model
from mgc_desktop.model.contract import read_info
from training.data.items import Item
from training.data.tracks import Track
from training.head import learn_head, remembered, remembered_accuracy
from training.memory import Memory
from training.regression import scaled_layer
from training.start import HEAD, Start, fitted_state, read_start
from training.systems import get_system

LEARNT = 60  # stretches: some 20 tracks, each as a whole and in parts
C = 0.1


class Remembering(nn.Module):
    """A network that is given embeddings in place of features."""

    def __init__(self, size: int, n_labels: int) -> None:
        super().__init__()
        self.output = nn.Linear(size, n_labels)

    def embed(self, features: Tensor) -> Tensor:
        return features.mean(dim=2)


def without(start: Start, genre: str) -> Start:
    """Return the model as it would be had it never known a genre."""
    assert start.memory is not None
    labels = [label for label in start.info.labels if label != genre]
    kept = start.memory.labels != start.info.labels.index(genre)
    number = np.array([labels.index(label) if label in labels else -1 for label in start.info.labels])
    memory = Memory(start.memory.embeddings[kept], number[start.memory.labels[kept]], start.memory.held_out[kept])
    learnt = ~memory.held_out
    y = memory.labels[learnt]
    weights = 1.0 / np.sqrt(np.bincount(y))[y]
    targets = np.eye(len(labels), dtype=np.float32)[y]
    layer = scaled_layer(memory.embeddings[learnt], targets, weights / (3 * weights.mean()), C)
    state = {HEAD + part: value.detach() for part, value in layer.state_dict().items()}
    return Start(replace(start.info, labels=tuple(labels)), state, memory)


def test_each_genre_in_turn_is_learnt_anew_and_the_others_stay() -> None:
    system = get_system(read_info(shipped_model()).system)
    full = read_start(shipped_model(), system.name)
    assert full.memory is not None
    memory, labels = full.memory, list(full.info.labels)
    size, music = memory.embeddings.shape[1], [label for label in labels if label != NOT_MUSIC_LABEL]
    recognised, tried, before, after, n = 0, 0, 0.0, 0.0, 0
    for number, genre in enumerate(music):
        start = without(full, genre)
        own = np.flatnonzero((memory.labels == labels.index(genre)) & ~memory.held_out)
        chosen = np.random.default_rng(number).choice(own, min(LEARNT, len(own)), replace=False)
        tracks = [
            Track(
                Item(Path(str(i)), genre, str(i), "train"),
                (np.repeat(memory.embeddings[i][:, None], 40, axis=1).astype(np.float16),),
            )
            for i in chosen
        ]
        anew = [*start.info.labels, genre]
        network = Remembering(size, len(anew))
        network.load_state_dict(fitted_state(start, network, anew))
        learnt = learn_head(network, start, tracks, anew, system.frontend_config, torch.device("cpu"), C)
        others = remembered(start, network.output, learnt, anew)
        assert others is not None
        before, after, n = before + others["n"] * others["old"], after + others["n"] * others["new"], n + others["n"]
        is_new = memory.labels == labels.index(genre)
        own_memory = Memory(memory.embeddings[is_new], np.full(is_new.sum(), len(anew) - 1), memory.held_out[is_new])
        right, count = remembered_accuracy(network.output, own_memory, [len(anew) - 1])
        recognised, tried = recognised + right, tried + count
    sys.stderr.write(
        f"\neach of {len(music)} genres as the new one: {recognised / tried:.3f} of its {tried} held-out tracks; "
        f"the others {before / n:.3f} -> {after / n:.3f}\n"
    )
    assert recognised >= 0.5 * tried
    assert after >= before - 0.02 * n
