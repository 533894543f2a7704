"""Genres read from what teachers say, and a network that learns to say it too."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from training.data.batches import TrainBatches
from training.data.items import Item
from training.data.tracks import Track
from training.learner import Learner
from training.systems import get_system
from training.tutoring import Tutor

SYSTEM = get_system("cnn_mfcc")
LABELS = ["jazz", "metal", "reggae"]


def items_and_vectors(n: int, seed: int, artists: int = 20) -> tuple[list[Item], NDArray[np.float32]]:
    """Return items of three genres; each genre lies at its own place, each artist a little beside it."""
    rng = np.random.default_rng(seed)
    items = [Item(Path(f"{i}.wav"), LABELS[i % 3], f"{LABELS[i % 3]}{i % artists}", "train") for i in range(n)]
    places = {label: rng.normal(0, 2, 8) for label in LABELS}
    beside = {item.group: rng.normal(0, 0.3, 8) for item in items}
    vectors = [places[item.label] + beside[item.group] + rng.normal(0, 1.0, 8) for item in items]
    return items, np.array(vectors, np.float32)


def test_a_tutor_says_what_is_likely() -> None:
    items, vectors = items_and_vectors(300, 1)
    tutor = Tutor.of(items, vectors)
    assert tutor is not None
    said = tutor.judge(items, vectors, ["_other", *LABELS])
    assert said.dtype == np.float32
    assert said.sum(axis=1) == pytest.approx(1.0, abs=1e-5)
    assert not said[:, 0].any()
    right = said.argmax(axis=1) == [1 + LABELS.index(item.label) for item in items]
    assert right.mean() > 0.85
    assert said.max(axis=1).mean() == pytest.approx(right.mean(), abs=0.06)


def test_no_track_is_judged_by_its_own_artist() -> None:
    items, vectors = items_and_vectors(120, 2)
    group = items[0].group
    own = np.array([item.group == group for item in items])
    tutor = Tutor.of(items, vectors)
    # Were the tutor of this artist to know the labels of their tracks, other ones would change what it says of them.
    renamed = [replace(item, label="metal") if mine else item for item, mine in zip(items, own, strict=True)]
    other = Tutor.of(renamed, vectors)
    assert tutor is not None
    assert other is not None
    picked, chosen = [item for item in items if item.group == group], vectors[own]
    judges = [one.folds[one.fold_of[group]] for one in (tutor, other)]
    first, second = (judge(chosen) for judge in judges)
    assert first == pytest.approx(second)
    assert len(tutor.judge(picked, chosen, LABELS)) == own.sum()


def test_too_few_artists_make_no_tutor() -> None:
    items, vectors = items_and_vectors(30, 3, artists=3)
    assert Tutor.of([replace(item, group=item.label) for item in items], vectors) is None


def test_a_network_learns_to_echo_and_exports_none_of_it() -> None:
    rng = np.random.default_rng(5)
    level = rng.normal(0, 30, 48)
    tracks = []
    for i, value in enumerate(level):
        features = rng.normal(0, 3, (13, 160))
        features[1] += value
        tracks.append(Track(Item(Path(f"{i}.wav"), "jazz", str(i), "train"), (features.astype(np.float16),)))
    labels = np.eye(2, dtype=np.float32)[(level > 0).astype(int)]
    echo = np.stack([level / 30, -level / 30, np.zeros(48)], axis=1)
    targets = np.concatenate([labels, echo], axis=1).astype(np.float32)
    recipe = replace(SYSTEM.recipe, batch_size=16, ema=0.5, epochs=30)
    learner = Learner(SYSTEM, ["low", "high"], recipe, torch.device("cpu"), echoes=3)
    batches = TrainBatches(tracks, targets, SYSTEM.frontend_config, recipe, domain=SYSTEM.domain, echoes=3)
    losses = [learner.train_epoch(epoch, batches, lambda done, total: None) for epoch in range(30)]
    assert losses[-1] < 0.5 * losses[0]
    with torch.inference_mode():
        x = torch.from_numpy(np.stack([track.features[:, :130].astype(np.float32) for track in tracks]))
        said = learner.averaged.module.eval()(x)[:, 2:].numpy()
    assert np.corrcoef(said[:, 0], level)[0, 1] > 0.9
    network = learner.trained_network()
    assert not any("echo" in name for name in network.state_dict())
    assert learner.parameters == sum(p.numel() for p in network.parameters())
    assert network(x).shape == (48, 2)
