"""Every system of the table: learns, exports, loads, hears any length, and alone as in a batch."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from mgc_desktop.core.errors import UsageError
from mgc_desktop.core.values import Samples
from mgc_desktop.model.runtime import Runtime
from mgc_desktop.model.trust import TrustStore
from tests import synth
from training.export import Description, export
from training.scripted import Listener, script
from training.systems import SYSTEMS, System, get_system

_STEPS = 6
_CLIPS = 3  # of each of two kinds, to learn from; as many others to be tried on


@dataclass(frozen=True)
class Taught:
    system: System
    network: nn.Module
    right: float  # share of the clips that it was tried on


def clips(system: System, kind: int, first_seed: int, n: int) -> Samples:
    make = (synth.drums, synth.chords)[kind]
    seconds = max(system.recipe.crop_seconds[0], 2.0)
    made = [make(seconds, system.frontend_config.sample_rate, seed=first_seed + i) for i in range(n)]
    return np.stack(made)


def features(system: System, first_seed: int, n: int) -> tuple[Tensor, Tensor]:
    waves = np.concatenate([clips(system, kind, first_seed, n) for kind in (0, 1)])
    with torch.inference_mode():
        out = system.frontend(system.frontend_config)(torch.from_numpy(waves))
    return out.clone(), torch.arange(2).repeat_interleave(n)


@pytest.fixture(scope="module", params=list(SYSTEMS.values()), ids=list(SYSTEMS))
def taught(request: pytest.FixtureRequest) -> Taught:
    """Return a system after a few steps on drums against chords."""
    system: System = request.param
    torch.manual_seed(0)
    network = system.network(2)
    for module in network.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.momentum = 0.5  # so few steps have to be enough for the running statistics too
    optimizer = torch.optim.Adam(network.parameters(), lr=3e-3)
    x, y = features(system, 0, _CLIPS)
    for _ in range(_STEPS):
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(x), y).backward()
        optimizer.step()
    network.eval()
    x, y = features(system, 100, _CLIPS)
    with torch.inference_mode():
        right = (network(x).argmax(dim=1) == y).float().mean().item()
    return Taught(system, network, right)


def test_it_learns(taught: Taught) -> None:
    assert taught.right >= 5 / 6


def test_scripted_equals_eager_for_any_length(taught: Taught) -> None:
    config = taught.system.frontend_config
    frontend = taught.system.frontend(config)
    eager = Listener(frontend, taught.network).eval()
    scripted = script(frontend, taught.network)
    for seconds in (config.min_seconds, 4.3, config.window_seconds):
        wave = torch.from_numpy(synth.song(seconds, config.sample_rate)[None])
        with torch.inference_mode():
            logits = scripted(wave)
            assert logits.shape == (1, 2)
            assert torch.isfinite(logits).all()
            if seconds < config.window_seconds:
                assert torch.allclose(eager(wave), logits, atol=1e-4)
                assert torch.allclose(scripted.head(scripted.embed(wave)), logits, atol=1e-6)
                assert torch.allclose(scripted.features(wave), eager.features(wave), atol=1e-4)


def test_the_exported_model_passes_its_self_test_and_does_not_hang_on_the_batch(taught: Taught, tmp_path: Path) -> None:
    system, trust = taught.system, TrustStore(tmp_path / "trusted.json")
    thresholds = {"unsure": 0.0, "not_music": 1.0, "silence_dbfs": -60.0}
    description = Description("tried", ["chords", "drums"], 1.0, thresholds, {}, {})
    info = export(tmp_path / "model", system, taught.network, description, trust)
    assert (info.system, info.sample_rate) == (system.name, system.frontend_config.sample_rate)
    runtime = Runtime.load(tmp_path / "model", "cpu", trust=trust)
    waves = np.concatenate([clips(system, 0, 200, 2), clips(system, 1, 200, 1)])
    alone = np.concatenate([runtime.logits(wave[None]) for wave in waves])
    assert np.abs(runtime.logits(waves) - alone).max() < 1e-5
    with torch.inference_mode():
        eager = Listener(system.frontend(system.frontend_config), taught.network).eval()(torch.from_numpy(waves))
    assert np.abs(eager.numpy() - alone).max() < 1e-3


def test_a_softer_recording_gets_the_same_verdict(taught: Taught) -> None:
    config = taught.system.frontend_config
    listener = Listener(taught.system.frontend(config), taught.network).eval()
    wave = torch.from_numpy(synth.song(3.0, config.sample_rate) + synth.noise(3.0, config.sample_rate, 0.01))[None]
    with torch.inference_mode():
        assert torch.allclose(listener(wave), listener(wave * 0.25), atol=0.02)


def test_the_table_names_each_system_once_and_says_where_it_is_from() -> None:
    assert set(SYSTEMS) == {
        "crnn", "crnn_levelled", "crnn_pair", "cnn_mfcc", "rnn_mfcc", "cnn_handcrafted", "cnn_melmfcc", "cnn_lstm",
        "short_chunk",
    }  # fmt: skip
    for name, system in SYSTEMS.items():
        assert get_system(name) is system
        assert system.name == name
        assert system.source
        assert system.claim is None or 0 < system.claim.accuracy < 1
    claims = {name: system.claim.accuracy for name, system in SYSTEMS.items() if system.claim is not None}
    assert claims == {"cnn_mfcc": 0.77, "rnn_mfcc": 0.66, "cnn_handcrafted": 0.7293, "cnn_melmfcc": 0.94}


def test_decibels_are_decibels() -> None:
    for system in SYSTEMS.values():
        if system.domain == "decibels":
            config = system.frontend_config
            silence = system.frontend(config)(torch.zeros(1, config.sample_rate))
            assert torch.allclose(silence, torch.full_like(silence, -100.0))


def test_an_unknown_system_is_named_with_those_there_are() -> None:
    with pytest.raises(UsageError, match=r"no system called 'vgg'.*short_chunk"):
        get_system("vgg")


@pytest.mark.slow
def test_a_whole_window_is_heard_in_time(taught: Taught, tmp_path: Path) -> None:
    """Live verdicts come twice a second: a window has to take less, also on two cores that others use."""
    import time

    trust = TrustStore(tmp_path / "trusted.json")
    thresholds = {"unsure": 0.0, "not_music": 1.0, "silence_dbfs": -60.0}
    description = Description("tried", ["chords", "drums"], 1.0, thresholds, {}, {})
    export(tmp_path / "model", taught.system, taught.network, description, trust)
    config = taught.system.frontend_config
    runtime = Runtime.load(tmp_path / "model", "cpu", trust=trust, threads=min(2, os.cpu_count() or 1))
    wave = synth.song(config.window_seconds, config.sample_rate)
    seconds = []
    for _ in range(8):
        began = time.perf_counter()
        runtime.logits(wave[None])
        seconds.append(time.perf_counter() - began)
    assert min(seconds) < 0.5


def test_a_knob_is_turned_by_name() -> None:
    recipe = get_system("crnn_pair").recipe.told(["echo=0", "scenes=2", "crop_seconds=3,5", "crop_weights=1,1"])
    assert (recipe.echo, recipe.scenes, recipe.crop_seconds) == (0.0, 2, (3.0, 5.0))
    for text in ("volume=11", "scenes=many", "echo"):
        with pytest.raises(UsageError):
            recipe.told([text])
