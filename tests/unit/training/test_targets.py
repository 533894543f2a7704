"""What is learnt of each track: labels, several of them, teachers, pieces, variants."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from training.data.batches import TrainBatches
from training.data.manifest import Item
from training.data.tracks import Track, hard_targets, labels_of, learning_targets, tracks_of
from training.distributed import World
from training.frontends.log_mel import LogMelConfig
from training.recipe import Recipe

CONFIG = LogMelConfig()
LABELS = ["blues", "jazz", "rock"]
RATE = CONFIG.sample_rate / CONFIG.hop


def track(label: str, frames: int = 300, views: int = 1, name: str = "a") -> Track:
    item = Item(Path(f"{name}.wav"), label, name, "train")
    return Track(item, tuple(np.full((96, frames), 10.0 * i, np.float16) for i in range(views)))


def test_a_track_may_have_several_genres() -> None:
    tracks = [track("rock; blues"), track("jazz"), track("")]
    assert labels_of(tracks[0].item) == ["rock", "blues"]
    assert hard_targets(tracks, LABELS).tolist() == [[1, 0, 1], [0, 1, 0], [0, 0, 0]]


def test_smoothing_keeps_probabilities() -> None:
    smooth = learning_targets(hard_targets([track("jazz")], LABELS), 0.3)
    np.testing.assert_allclose(smooth, [[0.1, 0.8, 0.1]], rtol=1e-6)


def test_a_teacher_is_heard_beside_the_label_and_alone_where_there_is_none() -> None:
    hard = hard_targets([track("jazz"), track(""), track("rock")], LABELS)
    taught = np.array([[0.5, 0.5, 0.0], [0.2, 0.3, 0.5], [np.nan] * 3], np.float32)
    mixed = learning_targets(hard, 0.0, taught, teacher_share=0.5)
    wanted = np.array([[0.25, 0.75, 0.0], [0.2, 0.3, 0.5], [0.0, 0.0, 1.0]])
    np.testing.assert_allclose(mixed, wanted, rtol=1e-6)


def test_a_piece_of_a_track_has_the_frames_that_lie_in_it() -> None:
    ramp = np.tile(np.arange(600, dtype=np.float16), (96, 1))
    items = [Item(Path("a.wav"), "jazz", "a", "train", start, 3.0) for start in (0.0, 3.0)]
    first, second = tracks_of(items, {Path("a.wav"): ramp}, CONFIG)
    assert first.features.shape[1] == 1 + round(3 * RATE)
    assert second.features[0, 0] == round(3 * RATE)


def test_pieces_make_an_epoch_no_longer() -> None:
    whole = [track("jazz", name=str(i)) for i in range(40)]
    pieces = [track("jazz", name=str(i)) for i in range(40) for _ in range(10)]
    recipe = Recipe(batch_size=8)
    steps = [TrainBatches(t, hard_targets(t, LABELS), CONFIG, recipe).steps for t in (whole, pieces)]
    assert steps == [5, 5]


def test_crops_come_from_the_track_and_from_its_variants() -> None:
    quiet = Recipe(batch_size=64, crop_seconds=(2.0,), crop_weights=(1.0,), mixup=0.0, time_masks=0, band_masks=0)
    tracks = [track("jazz", views=3, name=str(i)) for i in range(64)]
    batches = TrainBatches(tracks, hard_targets(tracks, LABELS), CONFIG, quiet, domain="numbers")
    x, _ = next(iter(batches.epoch(0)))
    values, counts = np.unique(x.numpy()[:, 0, 0], return_counts=True)
    assert values.tolist() == [0.0, 10.0, 20.0]
    assert counts[0] > counts[1:].max()  # half of them are as recorded


def test_a_batch_of_long_crops_is_smaller_where_it_is_counted_in_seconds() -> None:
    tracks = [track("jazz", name=str(i)) for i in range(64)]
    targets = hard_targets(tracks, LABELS)
    for seconds, expected in ((0.0, 32), (1000.0, 32), (32.0, 16), (1.0, 4)):
        recipe = Recipe(crop_seconds=(2.0,), crop_weights=(1.0,), batch_seconds=seconds)
        x, y = next(iter(TrainBatches(tracks, targets, CONFIG, recipe).epoch(0)))
        assert (len(x), len(y)) == (expected, expected)


@pytest.mark.parametrize("size", [2, 3])
def test_processes_share_each_batch(size: int) -> None:
    tracks = [track("jazz" if i % 2 else "rock", name=str(i)) for i in range(12)]
    targets = hard_targets(tracks, LABELS)
    recipe = Recipe(batch_size=6)
    whole = next(iter(TrainBatches(tracks, targets, CONFIG, recipe).epoch(3)))
    for rank in range(size):
        part = next(iter(TrainBatches(tracks, targets, CONFIG, recipe, world=World(rank, size)).epoch(3)))
        np.testing.assert_array_equal(part[0], whole[0][rank::size])
        np.testing.assert_array_equal(part[1], whole[1][rank::size])


def test_rare_genres_are_drawn_more_often_than_they_occur() -> None:
    tracks = [track("rock", name=str(i)) for i in range(90)] + [track("jazz", name=f"j{i}") for i in range(10)]
    targets = hard_targets(tracks, LABELS)
    shares = []
    for balance in (0.0, 1.0):
        recipe = Recipe(balance=balance, mixup=0.0, batch_size=10)
        drawn = torch.cat([y for _, y in TrainBatches(tracks, targets, CONFIG, recipe).epoch(0)])
        shares.append(float(drawn[:, 1].mean()))
    assert shares[0] < 0.2 < 0.35 < shares[1] < 0.6
