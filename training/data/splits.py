"""Divide groups between training, validation and test where the data brings no split."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import numpy as np

from mgc_desktop.core.errors import TrainingError
from training.data.manifest import Item, Manifest


def with_splits(manifest: Manifest, valid_share: float, test_share: float, seed: int) -> Manifest:
    """Return the manifest with a split for every item.

    Items that bring a split keep it. Of the others, whole groups are dealt label by label, so that each label with
    three groups or more has one in each split; the same seed deals the same way.

    Raises
    ------
    TrainingError
        Where nothing is left to train on, or a label has no training track.
    """
    undecided = [item for item in manifest.items if not item.split]
    dealt = _deal(undecided, valid_share, test_share, seed) if undecided else {}
    items = tuple(item if item.split else replace(item, split=dealt[item.group]) for item in manifest.items)
    result = replace(manifest, items=items)
    trained = {item.label for item in result.split("train")}
    missing = [label for label in result.labels if label not in trained]
    if missing:
        raise TrainingError(f"There is no track to train on for {', '.join(missing)}: add tracks or leave it out.")
    return result


def _deal(items: list[Item], valid_share: float, test_share: float, seed: int) -> dict[str, str]:
    rng = np.random.default_rng(seed)
    by_label: dict[str, list[str]] = defaultdict(list)
    for item in items:
        if item.group not in by_label[item.label]:
            by_label[item.label].append(item.group)
    dealt: dict[str, str] = {}
    for label in sorted(by_label):
        # A group with tracks of several labels goes where its first label sent it.
        groups = [group for group in sorted(by_label[label]) if group not in dealt]
        groups = [groups[i] for i in rng.permutation(len(groups))]
        n_test, n_valid = _share(len(groups), test_share), _share(len(groups), valid_share)
        if len(groups) < 3:
            n_test = n_valid = 0
        for i, group in enumerate(groups):
            dealt[group] = "test" if i < n_test else "valid" if i < n_test + n_valid else "train"
    return dealt


def _share(n: int, share: float) -> int:
    return 0 if share <= 0 else max(1, round(n * share))
