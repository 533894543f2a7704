"""Changes that music survives, made to log-mel features: level, tilt, bandwidth, mixtures, masks."""

from __future__ import annotations

import torch
from torch import Tensor

from training.recipe import Recipe

_LOWEST_CUT = 0.4  # of the bands: a low-pass at about 2 kHz
_CUT_DB = 60.0
_ROWS_FOR_A_BAND = 8  # a mask hides no more than an eighth of the rows: an MFCC has 13 in all


def _uniform(shape: tuple[int, ...], low: float, high: float, rng: torch.Generator) -> Tensor:
    return torch.rand(shape, generator=rng) * (high - low) + low


def augment(
    features: Tensor, targets: Tensor, recipe: Recipe, rng: torch.Generator, domain: str = "decibels"
) -> tuple[Tensor, Tensor]:
    """Return a changed copy of a batch.

    Parameters
    ----------
    features : Tensor, shape (B, M, T), float32
        dB for the domain "decibels"; any rows of numbers for "numbers", which are only mixed and masked.
    targets : Tensor, shape (B, L), float32
        Probabilities.
    """
    sound = domain == "decibels"
    x = equalise(features - features.mean(dim=(1, 2), keepdim=True), recipe, rng) if sound else features
    if torch.rand((), generator=rng).item() < recipe.mixup_share and recipe.mixup > 0:
        x, targets = mixup(x, targets, recipe.mixup, rng) if sound else blend(x, targets, recipe.mixup, rng)
    return mask(x, recipe, rng, level=x.mean(dim=(1, 2) if sound else 2, keepdim=True)), targets


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
    share, other = _partners(len(x), alpha, rng)
    weight = share[:, :, None]
    power = weight * torch.pow(10.0, x / 10) + (1 - weight) * torch.pow(10.0, x[other] / 10)
    return 10 * torch.log10(power.clamp(min=1e-12)), share * targets + (1 - share) * targets[other]


def blend(x: Tensor, targets: Tensor, alpha: float, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Mix each item with another one, number by number (mixup, Zhang et al. 2018)."""
    share, other = _partners(len(x), alpha, rng)
    weight = share[:, :, None]
    return weight * x + (1 - weight) * x[other], share * targets + (1 - share) * targets[other]


def _partners(batch: int, alpha: float, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    share = torch._sample_dirichlet(torch.full((batch, 2), alpha), generator=rng)[:, :1]
    return share, torch.randperm(batch, generator=rng)


def mask(x: Tensor, recipe: Recipe, rng: torch.Generator, level: Tensor) -> Tensor:
    """Flatten stretches of time and of rows to `level` (SpecAugment, Park et al. 2019).

    Parameters
    ----------
    level : Tensor, shape (B, 1, 1) or (B, M, 1)
        The mean over an item's decibels; of other features, whose rows have scales of their own, that of each row.
    """
    batch, rows, frames = x.shape
    hidden = torch.zeros((batch, rows, frames), dtype=torch.bool)
    for _ in range(recipe.time_masks):
        hidden |= _stretch(batch, frames, int(frames * recipe.time_mask_share), rng)[:, None, :]
    for _ in range(recipe.band_masks):
        hidden |= _stretch(batch, rows, min(recipe.band_mask, rows // _ROWS_FOR_A_BAND), rng)[:, :, None]
    return torch.where(hidden, level, x)


def _stretch(batch: int, size: int, longest: int, rng: torch.Generator) -> Tensor:
    length = torch.randint(0, max(1, longest) + 1, (batch, 1), generator=rng)
    start = (torch.rand((batch, 1), generator=rng) * (size - length).clamp(min=1)).long()
    position = torch.arange(size)[None]
    return (position >= start) & (position < start + length)
