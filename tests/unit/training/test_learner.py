"""The learner: a loss that is none, a start, an end when nothing gets better."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mgc_desktop.core.errors import TrainingError
from training.data.batches import TrainBatches
from training.data.manifest import Item
from training.data.tracks import Track, hard_targets
from training.fit import Fit
from training.learner import Learner
from training.report import SilentReporter
from training.stop import Stopped
from training.systems import get_system

SYSTEM = get_system("cnn_mfcc")
LABELS = ["high", "low"]
RECIPE = replace(SYSTEM.recipe, batch_size=8, epochs=40, patience=3, ema=0.5, seed=3)


def tracks(n: int, seed: int, level: float = 30.0) -> list[Track]:
    rng = np.random.default_rng(seed)
    made = []
    for i in range(n):
        features = rng.normal(0, 10, (13, 160))
        features[1] += level if i % 2 else -level
        item = Item(Path(f"{i}.wav"), LABELS[1 - i % 2], str(i), "train")
        made.append(Track(item, (features.astype(np.float16),)))
    return made


def learner_for(**options: Any) -> Learner:
    return Learner(SYSTEM, LABELS, RECIPE, torch.device("cpu"), **options)


def batches_of(train: list[Track]) -> TrainBatches:
    return TrainBatches(train, hard_targets(train, LABELS), SYSTEM.frontend_config, RECIPE, domain=SYSTEM.domain)


def test_it_learns_and_stops_when_nothing_gets_better(tmp_path: Path) -> None:
    learner = learner_for()
    fit = Fit(learner, batches_of(tracks(24, 1)), tracks(16, 2), SilentReporter(), folder=tmp_path)
    validation = fit.run()
    assert validation.accuracy == 1.0
    assert len(fit.history) <= RECIPE.epochs
    best = [row for row in fit.history if row["best"]][-1]
    assert validation.loss == pytest.approx(best["valid_loss"], abs=1e-3)  # the best weights, not the last
    assert len(fit.history) == min(RECIPE.epochs, best["epoch"] + RECIPE.patience)


def test_where_labels_teach_the_last_layer_alone_the_last_epoch_is_kept(tmp_path: Path) -> None:
    learner = learner_for()
    learner.recipe = replace(RECIPE, epochs=8)
    wrong = [
        Track(replace(track.item, label=LABELS[track.item.label == "high"]), track.views) for track in tracks(16, 2)
    ]
    fit = Fit(learner, batches_of(tracks(24, 1)), wrong, SilentReporter(), folder=tmp_path, to_the_end=True)
    validation = fit.run()
    assert len(fit.history) == 8  # however much the validation tracks get worse
    losses = [row["valid_loss"] for row in fit.history]
    assert losses[-1] > min(losses)
    assert validation.loss == pytest.approx(losses[-1], abs=1e-3)


def test_a_loss_that_is_no_number_names_its_step() -> None:
    bad = tracks(8, 1)
    bad[3].features[:] = np.nan
    with pytest.raises(TrainingError, match=r"no number in epoch 1, step 1: resume with a lower --lr"):
        learner_for().train_epoch(0, batches_of(bad), lambda *_: None)


def test_several_genres_are_learnt_one_by_one() -> None:
    learner = learner_for(activation="sigmoid")
    data = tracks(16, 1)
    for epoch in range(12):
        learner.train_epoch(epoch, batches_of(data), lambda *_: None)
    validation = learner.validate(data)
    p = 1 / (1 + np.exp(-validation.logits))
    assert ((p > 0.5) == hard_targets(data, LABELS)).all()


def test_it_stops_between_two_steps() -> None:
    asked = iter([False, True])
    learner = learner_for(should_stop=lambda: next(asked))
    with pytest.raises(Stopped):
        learner.train_epoch(0, batches_of(tracks(24, 1)), lambda *_: None)


def test_same_weights_same_digest() -> None:
    first, second = learner_for(), learner_for()
    assert first.digest() == second.digest()
    second.start_from({name: value + 1 for name, value in first.network.state_dict().items()})
    assert first.digest() != second.digest()
