"""The last layer alone: new genres are learnt from a few tracks, and the old ones stay known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.numpy import save_file
from torch import Tensor, nn

from mgc_desktop.core.errors import ModelError, TrainingError
from mgc_desktop.core.model_info import ModelInfo, Thresholds
from training.data.manifest import Item, Manifest
from training.data.tracks import Track
from training.frontends.log_mel import LogMelConfig
from training.head import _SHARE, _raise_new, learn_head, remembered_accuracy
from training.memory import MAX_ROWS, MEMORY_FILE, Memory, _even_choice, hear, read_memory, remember, write_memory
from training.start import Start, choose_labels, covered, fitted_state

CONFIG = LogMelConfig()
SIZE = 6
CPU = torch.device("cpu")


class Mean(nn.Module):
    """An embedding that can be told in advance: the mean of each of six rows."""

    def __init__(self, labels: int) -> None:
        super().__init__()
        self.output = nn.Linear(SIZE, labels)

    def embed(self, features: Tensor) -> Tensor:
        return features.mean(dim=2)

    def forward(self, features: Tensor) -> Tensor:
        out: Tensor = self.output(self.embed(features))
        return out


def cloud(row: int, n: int, seed: int) -> NDArray[np.float32]:
    points = np.random.default_rng(seed).normal(0, 0.3, (n, SIZE)).astype(np.float32)
    points[:, row] += 2
    return points


def tracks(row: int, n: int, label: str) -> list[Track]:
    return [
        Track(Item(Path(f"{label}{i}.wav"), label, str(i), "train"), (np.repeat(x[:, None], 300, axis=1),))
        for i, x in enumerate(cloud(row, n, seed=row + 100).astype(np.float16))
    ]


@pytest.fixture
def start() -> Start:
    """A model that tells blues (row 0) from rock (row 1), and remembers both."""
    embeddings = np.concatenate([cloud(0, 60, 1), cloud(1, 60, 2)])
    labels = np.repeat([0, 1], 60)
    memory = Memory(embeddings, labels, np.tile(np.arange(60) >= 40, 2))
    state = {"output.weight": torch.eye(2, SIZE), "output.bias": torch.zeros(2)}
    return Start(info(("blues", "rock")), state, memory)


def info(labels: tuple[str, ...]) -> ModelInfo:
    return ModelInfo(
        Path("old"), "old", labels, "softmax", 12000, 29.12, 1.0, 1.0, Thresholds(0.4, 1.0, -60.0), "crnn", "0" * 64
    )


def network(start: Start, labels: list[str]) -> Mean:
    made = Mean(len(labels))
    made.load_state_dict(fitted_state(start, made, labels))
    return made


@pytest.mark.parametrize("c", [0.0, 0.2])
def test_a_new_genre_is_learnt_and_the_old_ones_stay(start: Start, c: float) -> None:
    labels = ["blues", "rock", "ska"]
    net = network(start, labels)
    memory = learn_head(net, start, tracks(2, 20, "ska"), labels, CONFIG, CPU, c)
    with torch.inference_mode():
        said = net.output(torch.from_numpy(cloud(2, 50, seed=9))).argmax(dim=1)
    assert (said == 2).float().mean() > 0.95
    right, n = remembered_accuracy(net.output, memory, [0, 1])
    assert n == 40
    assert right >= 39
    assert (memory.labels == 2).sum() == 20 * 1  # shorter than a part: whole windows only
    assert not memory.held_out[memory.labels == 2].any()


def test_what_was_said_of_what_is_remembered_counts_more_than_its_labels(start: Start) -> None:
    assert start.memory is not None
    mistaken = replace(start, memory=replace(start.memory, labels=1 - start.memory.labels))
    labels = ["blues", "rock", "ska"]
    net = network(mistaken, labels)
    learn_head(net, mistaken, tracks(2, 20, "ska"), labels, CONFIG, CPU, 0.2)
    with torch.inference_mode():
        said = [net.output(torch.from_numpy(cloud(place, 50, seed=9))).argmax(dim=1) for place in range(3)]
    assert all((each == place).float().mean() > 0.95 for place, each in enumerate(said))


def test_the_layer_is_as_sure_as_it_was(start: Start) -> None:
    assert start.memory is not None
    labels = ["blues", "rock", "ska"]
    net = network(start, labels)
    learn_head(net, start, tracks(2, 20, "ska"), labels, CONFIG, CPU, 0.2)
    old = nn.Linear(SIZE, 2)
    old.load_state_dict({part: start.state[f"output.{part}"] for part in ("weight", "bias")})
    known = torch.from_numpy(start.memory.embeddings)
    with torch.inference_mode():
        before, after = (float(layer(known).softmax(dim=1).amax(dim=1).mean()) for layer in (old, net.output))
    assert after == pytest.approx(before, abs=0.02)


def test_new_labels_are_raised_to_their_share_and_never_lowered() -> None:
    points = cloud(0, 400, seed=5)
    layer = nn.Linear(SIZE, 4)
    with torch.no_grad():
        layer.weight.copy_(torch.eye(4, SIZE))
        layer.bias.copy_(torch.tensor([0.0, 0.0, -6.0, 3.0]))
    before = layer(torch.from_numpy(points)).softmax(dim=1).mean(dim=0)
    assert before[2] < _SHARE < before[3]
    _raise_new(layer, points, [2, 3])
    after = layer(torch.from_numpy(points)).softmax(dim=1).mean(dim=0)
    assert after[2].item() == pytest.approx(_SHARE, abs=1e-4)
    assert layer.bias.tolist()[:2] == [0.0, 0.0]
    assert layer.bias[2] > -6.0
    assert layer.bias[3] == 3.0
    _raise_new(layer, points[:0], [2])  # nothing is remembered: nothing to compare with
    assert after[2].item() == pytest.approx(layer(torch.from_numpy(points)).softmax(dim=1).mean(dim=0)[2].item())


def test_a_genre_of_three_tracks_is_given_its_share_of_what_is_remembered(start: Start) -> None:
    assert start.memory is not None
    crowded = np.concatenate([cloud(0, 600, 1), cloud(1, 600, 2)])
    many = replace(start, memory=Memory(crowded, np.repeat([0, 1], 600), np.zeros(1200, bool)))
    labels = ["blues", "rock", "ska"]
    net = network(many, labels)
    learn_head(net, many, tracks(2, 3, "ska"), labels, CONFIG, CPU, 0.2)
    with torch.inference_mode():
        said = net.output(torch.from_numpy(crowded)).softmax(dim=1)
    assert float(said[:, 2].mean()) >= _SHARE - 1e-3
    assert (said.argmax(dim=1) == 2).float().mean() < 0.01


@pytest.mark.parametrize("c", [0.0, 0.2])
def test_the_data_s_own_genres_alone(start: Start, c: float) -> None:
    labels = ["blues", "ska"]
    net = network(start, labels)
    memory = learn_head(net, start, tracks(2, 20, "ska"), labels, CONFIG, CPU, c)
    assert set(memory.labels) == {0, 1}
    with torch.inference_mode():
        said = net.output(torch.from_numpy(cloud(2, 50, seed=9))).argmax(dim=1)
    assert (said == 1).float().mean() > 0.95


def test_what_nobody_remembers_cannot_be_kept(start: Start) -> None:
    forgetful = Start(start.info, start.state, None)
    labels = ["blues", "rock", "ska"]
    with pytest.raises(TrainingError, match="remembers no tracks of blues, rock"):
        learn_head(network(forgetful, labels), forgetful, tracks(2, 20, "ska"), labels, CONFIG, CPU)


def test_rows_of_labels_that_both_have_are_taken_over(start: Start) -> None:
    state = fitted_state(start, Mean(3), ["rock", "ska", "blues"])
    assert state["output.weight"][0].equal(start.state["output.weight"][1])
    assert state["output.weight"][2].equal(start.state["output.weight"][0])
    assert state["output.weight"][1].abs().sum() == 0


def items(*labels: str) -> Manifest:
    return Manifest(tuple(Item(Path(f"{i}-{label}.wav"), label, str(i), "") for i, label in enumerate(labels)))


def test_which_labels_are_learnt(start: Start) -> None:
    data = items("ska", "blues")
    assert choose_labels(data, start, "add")[0] == ["blues", "rock", "ska"]
    assert choose_labels(data, start, "only")[0] == ["blues", "ska"]
    assert choose_labels(data, None, "add")[0] == ["blues", "ska"]
    labels, kept = choose_labels(data, start, "keep")
    assert labels == ["blues", "rock"]
    assert [item.label for item in kept.items] == ["blues"]
    assert kept.left_out == (("0-ska.wav", "old has no genre ska"),)
    with pytest.raises(TrainingError, match="None of the tracks has a genre that old knows"):
        choose_labels(items("ska", "dub"), start, "keep")


def test_a_full_run_does_not_forget_in_silence() -> None:
    covered(items("blues", "rock"), ["blues", "rock", "_not_music"])
    with pytest.raises(TrainingError, match="no tracks of rock, which a full run would forget"):
        covered(items("blues"), ["blues", "rock"])


def test_a_memory_is_read_again(tmp_path: Path, start: Start) -> None:
    assert start.memory is not None
    write_memory(tmp_path, start.memory)
    again = read_memory(tmp_path, 2, SIZE)
    assert again is not None
    np.testing.assert_allclose(again.embeddings, start.memory.embeddings, atol=2e-3)
    np.testing.assert_array_equal(again.labels, start.memory.labels)
    np.testing.assert_array_equal(again.held_out, start.memory.held_out)
    assert read_memory(tmp_path / "elsewhere", 2, SIZE) is None


@pytest.mark.parametrize(
    "changed",
    [
        {"embeddings": np.zeros((3, SIZE + 1), np.float16)},
        {"embeddings": np.full((3, SIZE), np.nan, np.float16)},
        {"labels": np.array([0, 1, 7])},
        {"labels": np.array([0, -1, 1])},
        {"held_out": np.zeros(2, np.int64)},
    ],
    ids=["size", "nan", "label", "negative", "length"],
)
def test_a_memory_that_lies_is_refused(tmp_path: Path, changed: dict[str, NDArray[np.generic]]) -> None:
    parts: dict[str, NDArray[np.generic]] = {
        "embeddings": np.zeros((3, SIZE), np.float16),
        "labels": np.array([0, 1, 1]),
        "held_out": np.zeros(3, np.int64),
    }
    save_file({**parts, **changed}, str(tmp_path / MEMORY_FILE))
    with pytest.raises(ModelError, match="memory of the model"):
        read_memory(tmp_path, 2, SIZE)


def test_a_damaged_memory_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / MEMORY_FILE).write_bytes(b"\xff" * 100)
    with pytest.raises(ModelError, match="damaged"):
        read_memory(tmp_path, 2, SIZE)


def test_too_much_to_remember_keeps_the_rare() -> None:
    labels = np.repeat([0, 1], [MAX_ROWS * 2, 50])
    chosen = labels[_even_choice(labels, MAX_ROWS)]
    assert len(chosen) == MAX_ROWS
    assert (chosen == 1).sum() == 50


def test_a_memory_of_wide_embeddings_has_fewer_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.memory._MOST_BYTES", 20 * 2 * SIZE)
    learnt, held_out = [*tracks(0, 30, "blues"), *tracks(1, 10, "rock")], tracks(0, 6, "blues")
    memory = remember(Mean(2), hear(Mean(2), learnt, CONFIG), held_out, ["blues", "rock"], CONFIG, CPU)
    assert (memory.held_out.sum(), len(memory.labels)) == (6, 20)
    assert np.bincount(memory.labels[~memory.held_out]).tolist() == [7, 7]
