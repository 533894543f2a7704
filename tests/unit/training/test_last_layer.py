"""The last layer fitted at the end: the same numbers, tried by artists left out, and labels that reach no deeper."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor, nn
from torch.nn import functional

from training.crossing import Judge, Numbers, crossed
from training.data.items import Item
from training.data.tracks import Track
from training.echo import Echoing
from training.frontends.log_mel import LogMelConfig
from training.last_layer import SHORTER, Lesson, fit_last_layer
from training.learner import Validation
from training.memory import WHOLE, hear, part, parts_of, remember
from training.regression import fit_layer, scaled_layer
from training.stop import Stopped

CONFIG = LogMelConfig()
LABELS = ["jazz", "metal", "reggae"]
LONG, SHORT = 500, 120  # frames: 10.7 and 2.6 s


class Mean(nn.Module):
    """An embedding that can be told in advance: the mean of each row."""

    def __init__(self, labels: int) -> None:
        super().__init__()
        self.output = nn.Linear(6, labels)

    def embed(self, features: Tensor) -> Tensor:
        return features.mean(dim=2)

    def head(self, embedding: Tensor) -> Tensor:
        out: Tensor = self.output(embedding)
        return out

    def dropout(self, embedding: Tensor) -> Tensor:
        return embedding


def lesson(network: nn.Module, tracks: list[Track], said: dict[Path, NDArray[np.float32]], labels: list[str]) -> Lesson:
    return Lesson(hear(network, tracks, CONFIG, SHORTER), said, labels)


def points(n: int, labels: int, seed: int, spread: float = 0.5) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    rng = np.random.default_rng(seed)
    truth = np.arange(n) % labels
    vectors = rng.normal(0, spread, (n, 6))
    vectors[np.arange(n), truth] += 2
    return (vectors * np.arange(1, 7) + 3).astype(np.float32), truth


def tracks(n: int, seed: int = 1, artists: int = 12, frames: int = LONG) -> list[Track]:
    vectors, truth = points(n, 3, seed)
    return [
        Track(
            Item(Path(f"{i}.wav"), LABELS[label], f"{LABELS[label]}{i % artists}", "train"),
            (np.repeat(x[:, None], frames, axis=1), np.repeat(x[:, None] + 0.2, frames, axis=1)),
        )
        for i, (x, label) in enumerate(zip(vectors, truth, strict=True))
    ]


def fit_to(vectors: NDArray[np.float32], truth: NDArray[np.int64]) -> Callable[[Numbers], Judge]:
    def fit(learnt: Numbers) -> Judge:
        pipeline = make_pipeline(StandardScaler(), LogisticRegression(C=0.2)).fit(vectors[learnt], truth[learnt])
        return lambda asked: np.asarray(pipeline.decision_function(asked))

    return fit


@pytest.mark.parametrize("c", [0.05, 1.0])
def test_a_layer_is_the_softmax_regression_of_scikit_learn(c: float) -> None:
    vectors, truth = points(90, 3, 1, spread=1.5)
    weights = np.random.default_rng(1).uniform(0.2, 1.0, 90)
    layer = scaled_layer(vectors, np.eye(3, dtype=np.float32)[truth], weights, c)
    pipeline = make_pipeline(StandardScaler(), LogisticRegression(C=c, max_iter=1000))
    pipeline.fit(vectors, truth, logisticregression__sample_weight=weights)
    with torch.inference_mode():
        said = layer(torch.from_numpy(vectors)).softmax(dim=1).numpy()
    np.testing.assert_allclose(said, pipeline.predict_proba(vectors), atol=0.02)


def test_a_layer_is_pulled_to_where_it_began() -> None:
    vectors, truth = points(90, 3, 1)
    targets = np.eye(3, dtype=np.float32)[truth]
    layer, before = nn.Linear(6, 3), nn.Linear(6, 3)
    layer.load_state_dict(before.state_dict())
    fit_layer(layer, vectors, targets, np.ones(90), 1e-6)
    assert torch.allclose(layer.weight, before.weight, atol=1e-2)
    fit_layer(layer, vectors, targets, np.ones(90), 10.0)
    assert not torch.allclose(layer.weight, before.weight, atol=1e-2)


def test_nobody_is_judged_by_what_was_learnt_from_them() -> None:
    vectors, truth = points(60, 3, 1)
    groups = np.array([str(i % 10) for i in range(60)], object)
    vectors[groups == "3"] = 9.0  # whoever had heard these would know them
    truth[groups == "3"] = 2
    found = crossed(vectors, truth, groups, fit_to(vectors, truth))
    assert found is not None
    assert found.judged.all()
    fold = found.folds[found.fold_of["3"]]
    np.testing.assert_allclose(found.logits[groups == "3"], fold(vectors[groups == "3"]))
    others = groups != "3"
    without = np.array([found.fold_of[group] != found.fold_of["3"] for group in groups])
    np.testing.assert_allclose(
        fit_to(vectors, truth)(np.flatnonzero(without))(vectors[~others]),
        found.logits[~others],
    )


def test_a_genre_of_one_artist_is_judged_by_nobody() -> None:
    vectors, truth = points(60, 3, 1)
    groups = np.array([str(i % 10) if label else "alone" for i, label in enumerate(truth)], object)
    found = crossed(vectors, truth, groups, fit_to(vectors, truth))
    assert found is not None
    assert found.fold_of["alone"] == -1
    assert not found.judged[truth == 0].any()
    assert found.judged.any()


def fitted(network: Mean, lesson: Lesson, c: float) -> Validation | None:
    return fit_last_layer(network, lesson, lesson.divisions(c, lambda: False), CONFIG, c)


def test_too_few_artists_leave_the_layer_as_it_is() -> None:
    network = Mean(3)
    before = network.output.weight.detach().clone()
    assert fitted(network, lesson(network, tracks(30, artists=1), {}, LABELS), 0.2) is None
    assert fitted(network, lesson(network, tracks(30), {}, [*LABELS, "ska"]), 0.2) is None
    assert torch.equal(network.output.weight, before)


def test_the_last_layer_is_fitted_and_tried_on_whole_tracks() -> None:
    network = Mean(3)
    long, short = tracks(60), tracks(30, seed=2, frames=SHORT)
    found = fitted(network, lesson(network, [*short, *long], {}, LABELS), 0.2)
    assert found is not None
    assert found.targets.tolist() == 4 * [LABELS.index(track.item.label) for track in long]  # by four divisions
    assert found.accuracy > 0.9
    assert found.loss > 0
    vectors, truth = points(60, 3, seed=5)
    with torch.inference_mode():
        assert (network.output(torch.from_numpy(vectors)).argmax(dim=1).numpy() == truth).mean() > 0.9


def test_what_can_be_read_from_the_teachers_is_learnt_beside_the_labels() -> None:
    """Every sixth label is wrong; the teachers know better."""
    plain = tracks(120, seed=3, artists=30)
    wrong = [
        replace(track, item=replace(track.item, label=LABELS[(LABELS.index(track.item.label) + 1) % 3]))
        if i % 6 == 0
        else track
        for i, track in enumerate(plain)
    ]
    rng = np.random.default_rng(1)
    said = {
        track.item.path: (np.eye(3)[LABELS.index(track.item.label)] + rng.normal(0, 0.1, 3)).astype(np.float32)
        for track in plain
    }
    alone, taught = Mean(3), Mean(3)
    assert fitted(alone, lesson(alone, wrong, {}, LABELS), 10.0)
    assert fitted(taught, lesson(taught, wrong, said, LABELS), 10.0)
    vectors, truth = points(300, 3, seed=5)
    losses = [
        functional.cross_entropy(network.output(torch.from_numpy(vectors)), torch.from_numpy(truth)).item()
        for network in (alone, taught)
    ]
    assert losses[1] < losses[0]


def test_everything_is_heard_once_for_the_layer_and_for_the_memory() -> None:
    network, asked = Mean(3), 0
    embed = network.embed

    def counted(features: Tensor) -> Tensor:
        nonlocal asked
        asked += len(features)
        return embed(features)

    network.embed = counted  # type: ignore[method-assign]
    music, told = tracks(30), []
    heard = hear(network, music, CONFIG, SHORTER, lambda done, total: told.append((done, total)))
    assert asked == len(heard.tracks) == len(heard.vectors)
    assert told[-1] == (asked, asked)
    assert told == sorted(told)
    memorable = np.isin(heard.kinds, [WHOLE, part(10.0), part(10.0, worn=True)])
    assert len(heard.wholes) == 30
    assert memorable.sum() == 30 + len(parts_of(music, CONFIG))
    # Two views: each as a whole, and two parts of each length of each.
    assert len(heard.tracks) == 2 * 30 * (1 + 2 * 3)
    memory = remember(network, heard, [], LABELS, CONFIG, torch.device("cpu"))
    assert asked == len(heard.tracks)
    np.testing.assert_array_equal(memory.embeddings, heard.vectors[memorable])


def test_hearing_and_fitting_can_be_stopped() -> None:
    network = Mean(3)
    with pytest.raises(Stopped):
        hear(network, tracks(30), CONFIG, SHORTER, should_stop=lambda: True)
    with pytest.raises(Stopped):
        lesson(network, tracks(30), {}, LABELS).divisions(0.2, lambda: True)


@pytest.mark.parametrize("reach", [0.0, 0.25, 1.0])
def test_labels_teach_below_the_last_layer_as_far_as_they_reach(reach: float) -> None:
    class Scaled(Mean):
        def __init__(self) -> None:
            super().__init__(3)
            self.scale = nn.Parameter(torch.ones(6))

        def embed(self, features: Tensor) -> Tensor:
            return features.mean(dim=2) * self.scale

    def gradient(part: slice, reach: float) -> tuple[Tensor, Tensor]:
        torch.manual_seed(1)
        network = Scaled()
        answer = Echoing(network, 4, reach)(torch.ones(2, 6, 5))
        answer[:, part].square().sum().backward()
        assert network.scale.grad is not None
        return answer.detach(), network.scale.grad

    labels, echoes = slice(0, 3), slice(3, 7)
    answer, whole = gradient(labels, 1.0)
    again, reached = gradient(labels, reach)
    assert torch.allclose(answer, again)
    assert torch.allclose(reached, reach * whole)
    assert torch.allclose(gradient(echoes, reach)[1], gradient(echoes, 1.0)[1])
