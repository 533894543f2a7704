"""Linear discriminants as the last layer: the same numbers, judged by artists left out, fitted anew for new genres."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from training.data.items import Item
from training.data.tracks import Track
from training.discriminants import crossed, discriminants, put_into
from training.echo import Echoing
from training.frontends.log_mel import LogMelConfig
from training.last_layer import fit_last_layer
from training.references.classifiers import decisions

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


@pytest.mark.parametrize("labels", [2, 3])
def test_a_layer_says_what_its_discriminants_say(labels: int) -> None:
    vectors, truth = points(90, labels, 1)
    fitted = discriminants(0.3).fit(vectors, truth)
    layer = nn.Linear(6, labels)
    put_into(layer, fitted)
    with torch.inference_mode():
        said = layer(torch.from_numpy(vectors)).numpy()
    np.testing.assert_allclose(said, decisions(fitted, vectors), atol=1e-3)


def test_nobody_is_judged_by_what_was_learnt_from_them() -> None:
    vectors, truth = points(60, 3, 1)
    groups = np.array([str(i % 10) for i in range(60)], object)
    vectors[groups == "3"] = 9.0  # whoever had heard these would know them
    truth[groups == "3"] = 2
    found = crossed(vectors, truth, groups)
    assert found is not None
    assert found.judged.all()
    fold = found.folds[found.fold_of["3"]]
    np.testing.assert_allclose(found.logits[groups == "3"], decisions(fold, vectors[groups == "3"]))
    others = groups != "3"
    without = np.array([found.fold_of[group] != found.fold_of["3"] for group in groups])
    np.testing.assert_allclose(
        decisions(discriminants().fit(vectors[without], truth[without]), vectors[~others]),
        found.logits[~others],
    )


def test_a_genre_of_one_artist_is_judged_by_nobody() -> None:
    vectors, truth = points(60, 3, 1)
    groups = np.array([str(i % 10) if label else "alone" for i, label in enumerate(truth)], object)
    found = crossed(vectors, truth, groups)
    assert found is not None
    assert found.fold_of["alone"] == -1
    assert not found.judged[truth == 0].any()
    assert found.judged.any()


def test_too_few_artists_leave_the_layer_as_it_is() -> None:
    network = Mean(3)
    before = network.output.weight.detach().clone()
    assert fit_last_layer(network, tracks(30, artists=1), LABELS, CONFIG, 0.3) is None
    assert fit_last_layer(network, tracks(30), [*LABELS, "ska"], CONFIG, 0.3) is None
    assert torch.equal(network.output.weight, before)


def test_the_last_layer_is_fitted_and_tried_on_whole_tracks() -> None:
    network = Mean(3)
    long, short = tracks(60), tracks(30, seed=2, frames=SHORT)
    found = fit_last_layer(network, [*short, *long], LABELS, CONFIG, 0.3)
    assert found is not None
    assert len(found.targets) == len(long)
    assert found.targets.tolist() == [LABELS.index(track.item.label) for track in long]
    assert found.accuracy > 0.9
    assert found.loss > 0
    vectors, truth = points(60, 3, seed=5)
    with torch.inference_mode():
        assert (network.output(torch.from_numpy(vectors)).argmax(dim=1).numpy() == truth).mean() > 0.9


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
