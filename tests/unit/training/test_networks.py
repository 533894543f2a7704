"""Networks: pieces and their mean, level, gradients, the last layer; the same for every system."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from training.networks.chunks import average, cut
from training.networks.level import Scaled, levelled
from training.systems import SYSTEMS, System

every_system = pytest.mark.parametrize("system", SYSTEMS.values(), ids=SYSTEMS.keys())


def count(frames: int) -> Tensor:
    """Return features (1, 2, frames) whose first row numbers the frames."""
    return torch.stack([torch.arange(float(frames)), torch.zeros(frames)])[None]


def test_pieces_cover_a_window_and_the_last_ends_with_it() -> None:
    pieces = cut(count(10), 4)
    assert pieces[:, 0].tolist() == [[0, 1, 2, 3], [4, 5, 6, 7], [6, 7, 8, 9]]
    assert cut(count(8), 4)[:, 0].tolist() == [[0, 1, 2, 3], [4, 5, 6, 7]]


def test_what_is_shorter_than_a_piece_is_repeated() -> None:
    assert cut(count(3), 8)[0, 0].tolist() == [0, 1, 2, 0, 1, 2, 0, 1]


def test_the_mean_is_taken_over_the_pieces_of_each_window() -> None:
    windows = torch.cat([count(10), 100 + count(10)])
    means = average(cut(windows, 4).mean(dim=2), 2)
    assert torch.allclose(means[:, 0], torch.tensor([14.5 / 3, 100 + 14.5 / 3]))  # of 1.5, 5.5 and 7.5


def test_the_level_is_taken_out_and_what_is_far_below_the_loudest_is_floored() -> None:
    x = torch.tensor([[[0.0, -20.0, -300.0]]])
    out = levelled(x, 80.0)
    assert torch.allclose(out, levelled(x - 7.0, 80.0), atol=1e-6)
    assert torch.allclose(out * 20.0, torch.tensor([[[0.0, -20.0, -80.0]]]) + 100.0 / 3, atol=1e-4)


def test_rows_are_scaled_by_what_the_data_says() -> None:
    scaled = Scaled((0.0, 120.0), (70.0, 55.0))
    rows = torch.stack([-400 + 30 * torch.randn(16, 50), 50 + 10 * torch.randn(16, 50)], dim=1)
    for _ in range(60):
        scaled(rows)
    scaled.eval()
    out = scaled(rows)
    assert torch.allclose(out.mean(dim=(0, 2)), torch.zeros(2), atol=0.05)
    assert torch.allclose(out.std(dim=(0, 2)), torch.ones(2), atol=0.05)
    louder = rows + torch.tensor([120.0, 0.0])[None, :, None]  # a louder recording moves the first MFCC alone
    assert torch.allclose(scaled(louder), out, atol=1e-4)
    assert not [name for name in scaled.state_dict() if not name.startswith("norm.")]


def music_like(system: System, batch: int, frames: int) -> Tensor:
    """Return random features of the right number of rows."""
    rate = system.frontend_config.sample_rate
    rows = system.frontend(system.frontend_config)(torch.zeros(1, rate)).shape[1]
    return torch.randn(batch, rows, frames) * 10 - 20


@every_system
def test_no_parameter_is_left_without_a_gradient(system: System) -> None:
    torch.manual_seed(0)
    network = system.network(4)
    network(music_like(system, 4, 150)).square().sum().backward()
    assert [name for name, p in network.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0] == []


@every_system
def test_it_learns_in_bfloat16_too_and_what_is_exported_stays_float32(system: System) -> None:
    torch.manual_seed(0)
    network: Any = system.network(4)
    features = music_like(system, 2, 150)
    with torch.autocast("cpu", torch.bfloat16):
        logits = network(features)
    logits.float().square().sum().backward()
    assert all(torch.isfinite(p.grad).all() for p in network.parameters())
    assert {p.dtype for p in network.parameters()} == {torch.float32}
    network.eval()
    with torch.inference_mode():
        plain = network(features)
        with torch.autocast("cpu", torch.bfloat16):
            assert torch.allclose(network(features).float(), plain, atol=0.05)


@every_system
def test_the_head_is_the_last_layer_and_linear(system: System) -> None:
    network: Any = system.network(4).eval()
    assert isinstance(network.output, nn.Linear)
    assert {"output.weight", "output.bias"} <= set(network.state_dict())
    with torch.inference_mode():
        embedding = network.embed(music_like(system, 2, 100))
        assert embedding.shape == (2, network.output.in_features)
        expected = embedding @ network.output.weight.T + network.output.bias
        assert torch.allclose(network.head(embedding), expected, atol=1e-6)


@pytest.mark.parametrize("name", ["cnn_mfcc", "rnn_mfcc", "cnn_handcrafted", "cnn_melmfcc", "short_chunk"])
def test_a_window_is_the_mean_of_its_pieces(name: str) -> None:
    torch.manual_seed(0)
    system = SYSTEMS[name]
    network: Any = system.network(4).eval()
    size = network.chunk
    features = music_like(system, 2, 2 * size + 40)
    with torch.inference_mode():
        parts = (features[..., :size], features[..., size : 2 * size], features[..., -size:])
        expected = torch.stack([network.embed(part) for part in parts]).mean(dim=0)
        assert torch.allclose(network.embed(features), expected, atol=1e-5)


@every_system
def test_crops_of_the_recipe_are_what_the_network_looks_at(system: System) -> None:
    rate = system.frontend_config.sample_rate / system.frontend_config.hop
    chunk = getattr(system.network(2), "chunk", None)
    if chunk is None:
        assert min(system.recipe.crop_seconds) >= system.frontend_config.min_seconds
    else:
        assert [round(seconds * rate) for seconds in system.recipe.crop_seconds] == [chunk]


def test_an_equaliser_does_not_show_in_the_fourth_picture() -> None:
    torch.manual_seed(0)
    system = SYSTEMS["crnn_levelled"]
    network: Any = system.network(4)
    features = music_like(system, 2, 150).clamp(-50.0, 10.0)  # all of it above the floor
    gains = torch.linspace(-6.0, 6.0, features.shape[1])[:, None]

    def pictures(heard: Tensor) -> Tensor:
        seen: Tensor = network.pictures(heard, *network.levels(heard))
        return seen

    plain, equalised = pictures(features), pictures(features + gains)
    assert plain.shape == (2, 4, *features.shape[1:])
    assert torch.allclose(plain[:, 3].mean(dim=2), torch.zeros(()), atol=1e-5)
    assert torch.allclose(equalised[:, 3], plain[:, 3], atol=1e-4)
    assert not torch.allclose(equalised[:, 0], plain[:, 0], atol=0.1)
    with_three: Any = SYSTEMS["crnn_pair"].network(4)
    assert with_three.pictures(features, *network.levels(features)).shape[1] == 3
