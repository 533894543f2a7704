"""What to learn from: folders of genre folders, lists in CSV, and the library's corrections, as one manifest."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mgc_desktop.core.errors import TrainingError
from mgc_desktop.core.model_info import NOT_MUSIC_LABEL
from training.data.gtzan import read_artists
from training.data.items import SPLITS, Item, Manifest
from training.data.sources import read_csv, read_folder

__all__ = ["SPLITS", "Item", "Manifest", "check_learnable", "read_manifest"]


def read_manifest(
    data: Sequence[Path],
    not_music: Sequence[Path] = (),
    also_train: Sequence[Path] = (),
    library: Sequence[Path] = (),
    artists: Path | None = None,
) -> Manifest:
    """Read folders and CSV files into one manifest; of a track that is named twice, the last word counts.

    Parameters
    ----------
    not_music : sequence of Path
        CSV files of speech and noise; every row counts as `_not_music`, whatever its label, but room responses
        (`kind` rir) are no sound to hear by themselves and are passed over.
    also_train : sequence of Path
        Folders or CSV files of which only what may be trained on is taken: no track of them is in a score.
    library : sequence of Path
        CSV files that the person's own library wrote (path, label, group): their paths may lie anywhere.
    artists : Path, optional
        Sturm's index of GTZAN's artists, which are then the groups of its tracks.

    Raises
    ------
    TrainingError
        Where one is missing, is neither, or holds nothing to learn from.
    """
    manifests = [_read_one(Path(path)) for path in data]
    manifests += [read_csv(Path(path), label=NOT_MUSIC_LABEL) for path in not_music]
    manifests += [_train_only(_read_one(Path(path))) for path in also_train]
    manifests += [read_csv(Path(path), anywhere=True) for path in library]
    items: dict[str, Item] = {}
    for item in (item for manifest in manifests for item in manifest.items):
        place = os.path.realpath(item.path)
        items[place] = _corrected(items[place], item) if place in items else item
    left_out = tuple(row for manifest in manifests for row in manifest.left_out)
    manifest = Manifest(tuple(items.values()), left_out)
    return _with_artists(manifest, read_artists(artists)) if artists else manifest


def check_learnable(manifest: Manifest) -> None:
    """Raise TrainingError where there is nothing to tell apart."""
    labels = manifest.labels
    if not labels:
        raise TrainingError("There is no readable audio in the training data: put tracks into one folder a genre.")
    if len(labels) < 2:
        raise TrainingError(
            f"The training data has one genre only ({labels[0]}), and nothing to tell it from: add a second folder."
        )


def _read_one(path: Path) -> Manifest:
    if path.is_dir():
        return read_folder(path)
    if path.is_file():
        return read_csv(path)
    raise TrainingError(f"The training data {path} does not exist: name a folder of genre folders, or a CSV file.")


def _train_only(manifest: Manifest) -> Manifest:
    return replace(manifest, items=tuple(replace(i, split="train") for i in manifest.items if i.split in {"", "train"}))


def _corrected(before: Item, after: Item) -> Item:
    """Return `after` with what the list of `before` knew of the track, where it brings nothing of its own."""
    return replace(
        after,
        group=before.group if after.group == str(after.path) else after.group,
        split=after.split or before.split,
        gtzan=after.gtzan or before.gtzan,
        source=after.source or before.source,
        kind=after.kind or before.kind,
        licence=after.licence or before.licence,
    )


def _with_artists(manifest: Manifest, artists: dict[str, str]) -> Manifest:
    items = tuple(replace(item, group=artists.get(item.gtzan, item.group)) for item in manifest.items)
    return replace(manifest, items=items)
