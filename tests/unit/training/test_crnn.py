"""The reference system: its front end against librosa, the network, scripted against eager, augmentation."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pytest
import torch

from training.data.augment import augment, mask, mixup
from training.frontends.log_mel import LogMel, LogMelConfig
from training.recipe import Recipe
from training.scripted import Listener, script
from training.systems import get_system
from training.torchaudio_cpu import import_torchaudio


def clip(seconds: float, seed: int = 0) -> torch.Tensor:
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * 12_000)) / 12_000
    wave = 0.3 * np.sin(2 * np.pi * (200 + 50 * seed) * t) + 0.05 * rng.standard_normal(t.size)
    return torch.from_numpy(wave.astype(np.float32))[None]


def test_log_mel_equals_librosa() -> None:
    import librosa

    wave = clip(5.0)
    ours = LogMel(LogMelConfig())(wave)[0].numpy()
    power = librosa.feature.melspectrogram(
        y=wave[0].numpy(), sr=12_000, n_fft=512, hop_length=256, n_mels=96, pad_mode="constant"
    )
    theirs = librosa.power_to_db(power, ref=1.0, top_db=None)
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).max() < 2e-3  # dB
    assert np.abs(10 ** (ours / 10) - power).max() / power.max() < 1e-5


def test_a_full_window_has_1366_frames() -> None:
    config = LogMelConfig()
    assert LogMel(config)(torch.zeros(1, round(config.window_seconds * config.sample_rate))).shape == (1, 96, 1366)


def test_torchaudio_is_usable_beside_this_torch() -> None:
    assert import_torchaudio().transforms.MelSpectrogram is not None
    assert import_torchaudio() is import_torchaudio()


@pytest.mark.parametrize("seconds", [1.0, 4.3, 29.12])
def test_scripted_equals_eager(seconds: float) -> None:
    system = get_system("crnn")
    torch.manual_seed(0)
    network = system.network(10).eval()
    eager = Listener(system.frontend(system.frontend_config), network).eval()
    scripted = script(system.frontend(system.frontend_config), network)
    wave = torch.cat([clip(seconds, 1), clip(seconds, 2)])
    with torch.inference_mode(), warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        for method in ("forward", "features", "embed"):
            assert torch.allclose(getattr(scripted, method)(wave), getattr(eager, method)(wave), atol=1e-5), method


def test_the_verdict_does_not_hang_on_the_level() -> None:
    system = get_system("crnn")
    listener = Listener(system.frontend(system.frontend_config), system.network(10).eval()).eval()
    wave = clip(5.0)
    with torch.inference_mode():
        assert torch.allclose(listener(wave), listener(wave * 0.1), atol=1e-4)


def test_no_parameter_is_left_without_a_gradient() -> None:
    network = get_system("crnn").network(4)
    network(torch.randn(2, 96, 100)).sum().backward()
    assert [name for name, p in network.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0] == []


def test_augmented_batches_keep_shape_and_targets_stay_probabilities() -> None:
    x = 10 * torch.randn(8, 96, 120) - 40
    y = torch.eye(5)[torch.arange(8) % 5]
    rng = torch.Generator().manual_seed(1)
    for _ in range(20):
        out, targets = augment(x, y, Recipe(), rng)
        assert out.shape == x.shape
        assert torch.isfinite(out).all()
        assert torch.allclose(targets.sum(dim=1), torch.ones(8))


def test_the_same_generator_state_augments_alike() -> None:
    x, y = torch.randn(4, 96, 60), torch.eye(4)
    first = augment(x, y, Recipe(), torch.Generator().manual_seed(3))[0]
    assert torch.equal(first, augment(x, y, Recipe(), torch.Generator().manual_seed(3))[0])


def test_mixtures_add_in_power() -> None:
    x = torch.stack([torch.zeros(4, 3), torch.full((4, 3), 10.0)])
    mixed, targets = mixup(x, torch.eye(2), 1.0, torch.Generator().manual_seed(0))
    share = targets[:, 1].numpy()[:, None, None]
    expected = 10 * np.log10(share * 10.0 + (1 - share))
    assert np.allclose(mixed.numpy(), np.broadcast_to(expected, mixed.shape), atol=1e-4)


def test_masks_hide_whole_stretches_at_the_mean() -> None:
    x = torch.randn(6, 96, 200)
    means = x.mean(dim=(1, 2), keepdim=True)
    out = mask(x, Recipe(), torch.Generator().manual_seed(0), level=means)
    changed = out != x
    assert 0 < changed.float().mean() < 0.6
    assert torch.allclose(out[changed], means.expand_as(x)[changed])


def test_rows_of_numbers_are_only_mixed_and_masked_each_at_its_own_mean() -> None:
    x = torch.randn(8, 13, 130) + torch.arange(13.0)[:, None] * 50
    y = torch.eye(4)[torch.arange(8) % 4]
    still = replace(Recipe(), mixup_share=0.0, time_masks=0, band_masks=0)
    assert torch.equal(augment(x, y, still, torch.Generator().manual_seed(0), "numbers")[0], x)
    masked = augment(x, y, replace(Recipe(), mixup_share=0.0), torch.Generator().manual_seed(0), "numbers")[0]
    changed = masked != x
    assert 0 < changed.float().mean() < 0.6
    assert torch.allclose(masked[changed], x.mean(dim=2, keepdim=True).expand_as(x)[changed])
    mixed, targets = augment(x, y, replace(still, mixup_share=1.0), torch.Generator().manual_seed(0), "numbers")
    assert torch.allclose(targets.sum(dim=1), torch.ones(8))
    assert (mixed - x).abs().mean(dim=(0, 2)).max() < 2  # rows stay with their own kind
