"""Blocks of known teachers, and a network that learns to see what they see."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from mgc_desktop.core.errors import TrainingError
from mgc_desktop.core.paths import Profile
from training.data.items import Item
from training.data.tracks import Track
from training.distributed import World
from training.foreign_teachers import ForeignTeacher, KnownTeacher
from training.hinting import Hinting, hint_blocks, take_hints
from training.hints import BroadBlocks, FineBlocks, TeacherBlocks, blocks_of
from training.learner import Learner
from training.options import TrainOptions
from training.recipe import Recipe
from training.stop import Stopped
from training.systems import get_system

LABELS = ["quiet", "loud"]


def fine_tensors(seed: int = 0) -> dict[str, torch.Tensor]:
    """Return weights as the file of the CRNN names them."""
    rng = torch.Generator().manual_seed(seed)
    tensors = {"s0": torch.full((1440,), 0.9), "b0": torch.full((1440,), -0.1)}
    for i, (inputs, outputs) in enumerate([(1, 64), (64, 128), (128, 128), (128, 128)], 1):
        tensors[f"w{i}"] = torch.randn((outputs, inputs, 3, 3), generator=rng) / (3 * inputs**0.5)
        tensors[f"s{i}"] = 0.5 + torch.rand(outputs, generator=rng)
        tensors[f"h{i}"] = 0.1 * torch.randn(outputs, generator=rng)
    return tensors


def broad_tensors(seed: int = 0) -> dict[str, torch.Tensor]:
    """Return weights as the file of the compact CNN names them."""
    rng = torch.Generator().manual_seed(seed)
    tensors = {"s": 0.5 + torch.rand((5, 32), generator=rng), "b": 0.1 * torch.randn((5, 32), generator=rng)}
    for i, inputs in enumerate([1, 32, 32, 32, 32], 1):
        tensors[f"w{i}"] = torch.randn((32, inputs, 3, 3), generator=rng) / (3 * inputs**0.5)
    return tensors


def features(seed: int, frames: int = 200) -> np.ndarray[tuple[int, ...], np.dtype[np.float16]]:
    rng = np.random.default_rng(seed)
    lines = -40 + 15 * np.sin(np.arange(frames) / (3 + seed))[None] * np.sin(np.arange(96) / (5 + seed))[:, None]
    return np.asarray(lines + 3 * rng.standard_normal((96, frames)), np.float16)


def tracks(n: int = 8) -> list[Track]:
    return [Track(Item(Path(str(i)), "quiet", str(i), "train"), (features(i), features(i) - 6)) for i in range(n)]


def learner(steps: int = 0, seed: int = 1) -> Learner:
    recipe = Recipe(hint_steps=steps, precision="float32", seed=seed)
    return Learner(get_system("crnn_pair"), LABELS, recipe, torch.device("cpu"))


def hinting(chosen: Learner, reports: list[dict[str, Any]] | None = None, stop: bool = False) -> Hinting:
    blocks: dict[str, TeacherBlocks] = {"fine": FineBlocks(fine_tensors()), "broad": BroadBlocks(broad_tensors())}
    said = reports if reports is not None else []
    return Hinting(chosen, blocks, tracks(), lambda _, **data: said.append(data), lambda: stop)


def test_blocks_give_what_the_file_computes_block_by_block() -> None:
    """Against the steps as the published network takes them: scale and shift after each convolution, ELU, pooling."""
    tensors = broad_tensors()
    x = torch.from_numpy(features(1).astype(np.float32))[None]
    top = x.amax(dim=(1, 2), keepdim=True)
    maps = BroadBlocks(tensors)(x, top)
    h = (x - top - 7.88238525390625).clamp(-80, 0)[:, None]
    for i, pool in enumerate([(2, 4), (3, 4), (2, 5), (2, 4), (4, 4)]):
        scaled = functional.conv2d(h, tensors[f"w{i + 1}"], padding=1) * tensors["s"][i].view(1, -1, 1, 1)
        h = functional.max_pool2d(functional.elu(scaled + tensors["b"][i].view(1, -1, 1, 1)), pool, ceil_mode=True)
        assert torch.allclose(maps[i], h, atol=1e-4)
    assert BroadBlocks(tensors).strides == [4, 16, 80, 320, 1280]


def test_the_fine_blocks_see_twice_the_decibels_and_the_upper_forty_of_them() -> None:
    blocks = FineBlocks(fine_tensors())
    x = torch.tensor([[[-10.0, -30.0, -90.0]]])
    seen = blocks.picture(x, torch.tensor([[[-10.0]]]))
    expected = (torch.tensor([[[-20.0, -60.0, -100.0]]]) + 32) / 17 * 0.9 - 0.1
    assert torch.allclose(seen, expected, atol=1e-5)
    assert blocks.channels == [64, 128, 128, 128]
    assert blocks.strides == [2, 6, 24, 96]


def test_blocks_are_found_by_what_a_file_is() -> None:
    def teacher(blocks: str, tensors: dict[str, torch.Tensor]) -> ForeignTeacher:
        found = ForeignTeacher("name", blocks, None, torch.device("cpu"), tensors)
        found.about = KnownTeacher("what", "source", "MIT", blocks)
        return found

    unknown = ForeignTeacher("mine", "0", None, torch.device("cpu"))
    found = blocks_of([teacher("fine", fine_tensors()), teacher("broad", broad_tensors()), teacher("", {}), unknown])
    assert {name: type(part) for name, part in found.items()} == {"fine": FineBlocks, "broad": BroadBlocks}


def test_a_network_comes_to_see_what_its_teachers_see() -> None:
    reports: list[dict[str, Any]] = []
    chosen = learner(steps=100)
    before = {name: value.clone() for name, value in chosen.fresh.state_dict().items()}
    hinting(chosen, reports).run()
    assert [row["step"] for row in reports] == [50, 100]
    assert reports[-1]["unexplained"] < 0.75 * reports[0]["unexplained"]
    after = chosen.fresh.state_dict()
    moved = {name.split(".")[0] for name, value in after.items() if not torch.equal(value, before[name])}
    assert moved == {"fine", "broad"}  # the GRU and the last layer have not been taught anything yet
    averaged = chosen.trained_network().state_dict()
    assert all(torch.equal(value, averaged[name]) for name, value in after.items())


def test_a_network_from_a_model_keeps_its_norms_from_the_first_step_on() -> None:
    blocks: dict[str, TeacherBlocks] = {"broad": BroadBlocks(broad_tensors())}
    moved = []
    for settled in (True, False):
        chosen = learner(steps=3)
        network: Any = chosen.fresh
        mean, weight = network.broad[0].norm.running_mean.clone(), network.broad[0].conv.weight.clone()
        Hinting(chosen, blocks, tracks(), lambda *_, **__: None, lambda: False, settled=settled).run()
        assert not torch.equal(network.broad[0].conv.weight, weight)
        moved.append(not torch.equal(network.broad[0].norm.running_mean, mean))
    assert moved == [False, True]


def test_going_on_from_a_model_takes_fewer_and_smaller_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = get_system("crnn_pair").recipe
    assert 0 < recipe.tuned().hint_steps < recipe.hint_steps
    assert recipe.tuned().hint_lr < recipe.hint_lr
    blocks: dict[str, TeacherBlocks] = {"broad": BroadBlocks(broad_tensors())}
    monkeypatch.setattr("training.hinting.blocks_of", lambda _: blocks)
    settled = []
    monkeypatch.setattr(Hinting, "run", lambda hints: settled.append(hints._settles == 0))
    how: tuple[Any, ...] = (lambda *_, **__: None, lambda: False, World())
    for init in (None, tmp_path / "model"):
        chosen = replace(options(tmp_path), init=init)
        assert hint_blocks(chosen, learner().fresh)
        take_hints(learner(20), blocks, tracks(), chosen, *how)
    assert settled == [False, True]


def test_a_stop_leaves_nothing_half_taught() -> None:
    chosen = learner(steps=100)
    before = {name: value.clone() for name, value in chosen.trained_network().state_dict().items()}
    with pytest.raises(Stopped):
        hinting(chosen, stop=True).run()
    assert all(torch.equal(value, before[name]) for name, value in chosen.trained_network().state_dict().items())


def test_a_loss_that_is_no_number_is_said() -> None:
    chosen = learner(steps=3)
    with torch.no_grad():
        next(chosen.fresh.fine.parameters()).fill_(float("nan"))  # type: ignore[union-attr]
    with pytest.raises(TrainingError, match=r"hints became no number: give a lower --knob hint_lr\."):
        hinting(chosen).run()


def test_norms_stay_as_they_are_in_epochs_after_hints() -> None:
    chosen = learner()
    chosen.steady_norms = True
    network: Any = chosen.fresh
    averaged: Any = chosen.averaged.module
    norm = network.fine[0].norm

    class Batches:
        steps = 1

        def epoch(self, number: int) -> Any:
            x = torch.from_numpy(np.stack([features(i).astype(np.float32) for i in range(4)]))
            yield x, torch.eye(2)[[0, 1, 0, 1]]

    mean = norm.running_mean.clone()
    chosen.train_epoch(0, Batches(), lambda *_: None)  # type: ignore[arg-type]
    assert torch.equal(norm.running_mean, mean)
    assert torch.equal(averaged.fine[0].norm.running_mean, mean)


def options(tmp_path: Path, *, resume: bool = False) -> TrainOptions:
    profile = Profile.open(tmp_path / "profile")
    return TrainOptions((), tmp_path / "run", profile, "crnn_pair", Recipe(hint_steps=20), resume=resume)


def test_hints_are_for_networks_and_teachers_whose_blocks_are_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crnn = get_system("crnn").network(2)
    assert not hint_blocks(options(tmp_path), crnn)
    assert not hint_blocks(options(tmp_path), learner().fresh)  # no teacher is given
    monkeypatch.setattr("training.hinting.blocks_of", lambda _: {"broad": BroadBlocks(broad_tensors())})
    assert hint_blocks(options(tmp_path), learner().fresh)


def test_what_was_taught_is_kept_for_a_run_that_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks: dict[str, TeacherBlocks] = {"broad": BroadBlocks(broad_tensors())}
    first, again, fresh = learner(20), learner(20, seed=2), learner(20, seed=2)
    how: tuple[Any, ...] = (lambda *_, **__: None, lambda: False, World())
    take_hints(first, blocks, tracks(), options(tmp_path), *how)
    monkeypatch.setattr(Hinting, "run", lambda _: pytest.fail("it was taught twice"))
    take_hints(again, blocks, tracks(), options(tmp_path, resume=True), *how)
    taught, kept = first.fresh.state_dict(), again.fresh.state_dict()
    assert all(torch.equal(taught[name], value) for name, value in kept.items())
    assert not all(torch.equal(taught[name], value) for name, value in fresh.fresh.state_dict().items())
