"""Batches of random crops for training, and whole windows for validation."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from training.data.augment import augment
from training.data.cache import Features
from training.data.tracks import Targets, Track
from training.distributed import World
from training.frontends.config import FrontendConfig
from training.recipe import Recipe

_SMALLEST = 4  # crops in a batch, however long they are


class TrainBatches:
    """Random crops, balanced between labels. The same seed and epoch give the same batches, whatever went before.

    Of a run on several processes each gets its share of every batch: all of them draw alike.

    Parameters
    ----------
    targets : ndarray, shape (n, L + D)
        Probabilities to be learnt for each track, and what teachers say of it.
    echoes : int
        D.
    domain : str
        What the features are: see `training.systems.System`.
    """

    def __init__(
        self,
        tracks: Sequence[Track],
        targets: Targets,
        config: FrontendConfig,
        recipe: Recipe,
        *,
        domain: str = "decibels",
        echoes: int = 0,
        world: World | None = None,
    ) -> None:
        self._views = [track.views for track in tracks]
        # Pieces of one recording count as one: an epoch is as long however a protocol cuts the tracks.
        self._recordings = len({track.item.path for track in tracks})
        self._targets = targets
        self._domain = domain
        self._recipe = recipe
        self._world = world or World()
        # Variants that are faster are shorter: a track is as long as its shortest view.
        self._lengths = np.array([min(view.shape[1] for view in views) for views in self._views])
        self._weights = _balanced(targets[:, : targets.shape[1] - echoes], recipe.balance)
        self._rate = rate = config.sample_rate / config.hop
        # No crop is longer than the longest track, nor than the model's window.
        longest = min(int(self._lengths.max()), round(config.window_seconds * rate))
        shortest = round(config.min_seconds * rate) + 1
        self._crops = [min(max(round(s * rate), shortest), longest) for s in recipe.crop_seconds]
        self._crop_weights = np.array(recipe.crop_weights) / sum(recipe.crop_weights)

    @property
    def steps(self) -> int:
        return self._recipe.steps or max(1, math.ceil(self._recordings / self._recipe.batch_size))

    def epoch(self, number: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield (features (B, M, T), targets (B, L + D)) for one epoch."""
        rng = np.random.default_rng((self._recipe.seed, number))
        torch_rng = torch.Generator().manual_seed(int(rng.integers(2**62)))
        for _ in range(self.steps):
            frames = int(rng.choice(self._crops, p=self._crop_weights))
            chosen = self._choose(frames, rng)
            crops = np.stack([_crop(self._view(i, rng), frames, rng) for i in chosen])
            targets = torch.from_numpy(self._targets[chosen])
            x, y = augment(torch.from_numpy(crops), targets, self._recipe, torch_rng, self._domain)
            yield x[self._world.rank :: self._world.size], y[self._world.rank :: self._world.size]

    def _choose(self, frames: int, rng: np.random.Generator) -> NDArray[np.int64]:
        # Only tracks that are long enough: repeating short ones would teach that repetition is a genre.
        fits = np.flatnonzero(self._lengths >= frames)
        p = self._weights[fits] / self._weights[fits].sum()
        size = self._size(frames)
        return np.asarray(rng.choice(fits, size, replace=len(fits) < size, p=p))

    def _size(self, frames: int) -> int:
        """Return how many crops of a length make a batch."""
        recipe = self._recipe
        if not recipe.batch_seconds:
            return recipe.batch_size
        return min(recipe.batch_size, max(_SMALLEST, round(recipe.batch_seconds * self._rate / frames)))

    def _view(self, i: int, rng: np.random.Generator) -> Features:
        views = self._views[i]
        if len(views) == 1 or rng.random() >= self._recipe.variant_share:
            return views[0]
        return views[int(rng.integers(1, len(views)))]


def _balanced(targets: Targets, balance: float) -> NDArray[np.float64]:
    """Return how often each track is drawn, so that rare labels are heard more often than they occur."""
    counts = targets.sum(axis=0, dtype=np.float64)
    rarity = 1.0 / np.maximum(counts, 1.0) ** balance
    return np.asarray(targets @ rarity + 1e-9)


def _crop(features: Features, frames: int, rng: np.random.Generator) -> NDArray[np.float32]:
    start = int(rng.integers(features.shape[1] - frames + 1))
    return np.asarray(features[:, start : start + frames], np.float32)


def validation_batches(
    tracks: Sequence[Track], config: FrontendConfig, batch_size: int = 8
) -> Iterator[tuple[list[int], Tensor]]:
    """Yield (indices into tracks, features (B, M, T)) of the middle window of every track; equal lengths together."""
    longest = 1 + round(config.window_seconds * config.sample_rate) // config.hop
    by_length: dict[int, list[int]] = defaultdict(list)
    for i, track in enumerate(tracks):
        by_length[min(track.features.shape[1], longest)].append(i)
    for frames, indices in sorted(by_length.items()):
        for at in range(0, len(indices), batch_size):
            part = indices[at : at + batch_size]
            yield part, torch.from_numpy(np.stack([middle(tracks[i].features, frames) for i in part]))


def middle(features: Features, frames: int) -> NDArray[np.float32]:
    """Return the middle `frames` of features (M, T)."""
    start = (features.shape[1] - frames) // 2
    return np.asarray(features[:, start : start + frames], np.float32)
