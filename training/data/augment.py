"""Changes that music survives, made to log-mel features: level, tilt, bandwidth, mixtures, masks."""

from __future__ import annotations

import torch
from torch import Tensor

from training.recipe import Recipe

_LOWEST_CUT = 0.4  # of the bands: a low-pass at about 2 kHz
_CUT_DB = 60.0


def _uniform(shape: tuple[int, ...], low: float, high: float, rng: torch.Generator) -> Tensor:
    return torch.rand(shape, generator=rng) * (high - low) + low


def augment(features: Tensor, targets: Tensor, recipe: Recipe, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Return a changed copy of a batch.

    Parameters
    ----------
    features : Tensor, shape (B, M, T), float32
        dB.
    targets : Tensor, shape (B, L), float32
        Probabilities.
    """
    x = features - features.mean(dim=(1, 2), keepdim=True)
    x = equalise(x, recipe, rng)
    if torch.rand((), generator=rng).item() < recipe.mixup_share and recipe.mixup > 0:
        x, targets = mixup(x, targets, recipe.mixup, rng)
    return mask(x, recipe, rng), targets


def equalise(x: Tensor, recipe: Recipe, rng: torch.Generator) -> Tensor:
    """Change gain and tilt, and take the highest bands from some items."""
    batch, bands, _ = x.shape
    slope = torch.linspace(-0.5, 0.5, bands)[None, :, None]
    x = x + _uniform((batch, 1, 1), -recipe.gain_db, recipe.gain_db, rng)
    x = x + slope * _uniform((batch, 1, 1), -recipe.tilt_db, recipe.tilt_db, rng)
    cut = _uniform((batch, 1, 1), _LOWEST_CUT * bands, bands, rng)
    chosen = torch.rand((batch, 1, 1), generator=rng) < recipe.lowpass_share
    above = torch.arange(bands)[None, :, None] > cut
    return x - _CUT_DB * (above & chosen)


def mixup(x: Tensor, targets: Tensor, alpha: float, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Add each item to another one as sound adds, in power; targets mix in proportion. x is levelled dB."""
    batch = len(x)
    share = torch._sample_dirichlet(torch.full((batch, 2), alpha), generator=rng)[:, :1]
    other = torch.randperm(batch, generator=rng)
    weight = share[:, :, None]
    power = weight * torch.pow(10.0, x / 10) + (1 - weight) * torch.pow(10.0, x[other] / 10)
    return 10 * torch.log10(power.clamp(min=1e-12)), share * targets + (1 - share) * targets[other]


def mask(x: Tensor, recipe: Recipe, rng: torch.Generator) -> Tensor:
    """Flatten stretches of time and of bands to the mean of their item (SpecAugment, Park et al. 2019)."""
    batch, bands, frames = x.shape
    mean = x.mean(dim=(1, 2), keepdim=True)
    hidden = torch.zeros((batch, bands, frames), dtype=torch.bool)
    for _ in range(recipe.time_masks):
        hidden |= _stretch(batch, frames, int(frames * recipe.time_mask_share), rng)[:, None, :]
    for _ in range(recipe.band_masks):
        hidden |= _stretch(batch, bands, recipe.band_mask, rng)[:, :, None]
    return torch.where(hidden, mean, x)


def _stretch(batch: int, size: int, longest: int, rng: torch.Generator) -> Tensor:
    length = torch.randint(0, max(1, longest) + 1, (batch, 1), generator=rng)
    start = (torch.rand((batch, 1), generator=rng) * (size - length).clamp(min=1)).long()
    position = torch.arange(size)[None]
    return (position >= start) & (position < start + length)
