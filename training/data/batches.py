"""Batches of random crops for training, and whole windows for validation."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from training.data.augment import augment
from training.data.cache import Features
from training.data.manifest import Item
from training.frontends.log_mel import LogMelConfig
from training.recipe import Recipe


class TrainBatches:
    """Random crops, balanced between labels. The same seed and epoch give the same batches, whatever went before."""

    def __init__(
        self,
        items: Sequence[Item],
        features: Mapping[Path, Features],
        labels: Sequence[str],
        config: LogMelConfig,
        recipe: Recipe,
    ) -> None:
        self._features = [features[item.path] for item in items]
        self._targets = np.array([labels.index(item.label) for item in items])
        self._lengths = np.array([f.shape[1] for f in self._features])
        self._n_labels = len(labels)
        self._recipe = recipe
        counts = np.bincount(self._targets, minlength=self._n_labels)
        self._weights = 1.0 / np.maximum(counts, 1)[self._targets] ** recipe.balance
        rate = config.sample_rate / config.hop
        # No crop is longer than the longest track, nor than the model's window.
        longest = min(int(self._lengths.max()), round(config.window_seconds * rate))
        shortest = round(config.min_seconds * rate) + 1
        self._crops = [min(max(round(s * rate), shortest), longest) for s in recipe.crop_seconds]
        self._crop_weights = np.array(recipe.crop_weights) / sum(recipe.crop_weights)

    @property
    def steps(self) -> int:
        return max(1, math.ceil(len(self._features) / self._recipe.batch_size))

    def epoch(self, number: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield (features (B, M, T) dB, targets (B, L)) for one epoch."""
        rng = np.random.default_rng((self._recipe.seed, number))
        torch_rng = torch.Generator().manual_seed(int(rng.integers(2**62)))
        for _ in range(self.steps):
            frames = int(rng.choice(self._crops, p=self._crop_weights))
            chosen = self._choose(frames, rng)
            x = np.stack([_crop(self._features[i], frames, rng) for i in chosen])
            smooth = self._recipe.label_smoothing
            targets = np.full((len(chosen), self._n_labels), smooth / self._n_labels, np.float32)
            targets[np.arange(len(chosen)), self._targets[chosen]] += 1 - smooth
            yield augment(torch.from_numpy(x), torch.from_numpy(targets), self._recipe, torch_rng)

    def _choose(self, frames: int, rng: np.random.Generator) -> NDArray[np.int64]:
        # Only tracks that are long enough: repeating short ones would teach that repetition is a genre.
        fits = np.flatnonzero(self._lengths >= frames)
        p = self._weights[fits] / self._weights[fits].sum()
        size = self._recipe.batch_size
        return np.asarray(rng.choice(fits, size, replace=len(fits) < size, p=p))


def _crop(features: Features, frames: int, rng: np.random.Generator) -> NDArray[np.float32]:
    start = int(rng.integers(features.shape[1] - frames + 1))
    return np.asarray(features[:, start : start + frames], np.float32)


def validation_batches(
    items: Sequence[Item], features: Mapping[Path, Features], config: LogMelConfig, batch_size: int = 8
) -> Iterator[tuple[list[int], Tensor]]:
    """Yield (indices into items, features (B, M, T)) of the middle window of every track; equal lengths together."""
    longest = 1 + round(config.window_seconds * config.sample_rate) // config.hop
    by_length: dict[int, list[int]] = defaultdict(list)
    for i, item in enumerate(items):
        by_length[min(features[item.path].shape[1], longest)].append(i)
    for frames, indices in sorted(by_length.items()):
        for at in range(0, len(indices), batch_size):
            part = indices[at : at + batch_size]
            yield part, torch.from_numpy(np.stack([_middle(features[items[i].path], frames) for i in part]))


def _middle(features: Features, frames: int) -> NDArray[np.float32]:
    start = (features.shape[1] - frames) // 2
    return np.asarray(features[:, start : start + frames], np.float32)
