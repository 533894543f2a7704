"""What a network learns from and is tried on: features of a track, or of a segment of it, and its target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.data.cache import Features
from training.data.manifest import Item
from training.frontends.config import FrontendConfig

SEPARATOR = ";"  # between the genres of a track that has several
Targets = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Track:
    """An item with its features.

    Attributes
    ----------
    views : tuple of ndarray, each of shape (M, T)
        As recorded, then its variants (pitched, faster, in noise); lengths may differ.
    """

    item: Item
    views: tuple[Features, ...]

    @property
    def features(self) -> Features:
        return self.views[0]


def tracks_of(
    items: Sequence[Item],
    features: Mapping[Path, Features],
    config: FrontendConfig,
    variants: Mapping[Path, Sequence[Features]] | None = None,
) -> list[Track]:
    """Return the items with their features; a segment gets the frames that lie in it, and no variants."""
    tracks = []
    for item in items:
        if item.seconds is None:
            views = (features[item.path], *(variants or {}).get(item.path, ()))
        else:
            views = (_segment(features[item.path], item.start, item.seconds, config),)
        tracks.append(Track(item, views))
    return tracks


def _segment(features: Features, start: float, seconds: float, config: FrontendConfig) -> Features:
    rate = config.sample_rate / config.hop
    first = min(round(start * rate), max(0, features.shape[1] - 1))
    return features[:, first : first + 1 + round(seconds * rate)]


def labels_of(item: Item) -> list[str]:
    """Return the genres of a track: several where the label lists them with semicolons."""
    return [label.strip() for label in item.label.split(SEPARATOR) if label.strip()]


def one_of_each(tracks: Sequence[Track], labels: Sequence[str]) -> NDArray[np.int64]:
    """Return the index of each track's (first) label."""
    return np.array([labels.index(labels_of(track.item)[0]) for track in tracks], np.int64)


def hard_targets(tracks: Sequence[Track], labels: Sequence[str]) -> Targets:
    """Return what the labels say, shape (n, L): 1 for each genre of a track. Nothing for one without a label."""
    index = {label: i for i, label in enumerate(labels)}
    targets = np.zeros((len(tracks), len(labels)), np.float32)
    for row, track in zip(targets, tracks, strict=True):
        for label in labels_of(track.item):
            row[index[label]] = 1.0
    return targets


def learning_targets(
    hard: Targets, smoothing: float, taught: Targets | None = None, teacher_share: float = 0.0
) -> Targets:
    """Return what is learnt, shape (n, L): labels, smoothed, mixed with what teachers say.

    Parameters
    ----------
    hard : ndarray, shape (n, L)
        Rows of zeros have no label; they are learnt from the teachers alone.
    smoothing : float
        Share of a label that is spread over all (Szegedy et al. 2016). Not for several genres a track.
    taught : ndarray, shape (n, L), optional
        Probabilities of the teachers; rows of NaN where none has heard the track.
    teacher_share : float
        Of the target of a labelled track (Hinton et al. 2015).
    """
    targets: Targets = hard * (1 - smoothing) + smoothing / hard.shape[1] if smoothing else hard.copy()
    if taught is None:
        return targets
    heard = np.logical_not(np.isnan(taught).any(axis=1)).reshape(-1)
    share = np.where(hard.any(axis=1), teacher_share, 1.0)[:, None].astype(np.float32)
    mixed = (1 - share) * targets + share * np.nan_to_num(taught)
    return np.asarray(np.where(heard[:, None], mixed, targets), np.float32)
