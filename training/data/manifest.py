"""What to learn from: a folder of genre folders, or a CSV with path, label and optionally group and split."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mgc_desktop.audio.decode import AUDIO_EXTENSIONS
from mgc_desktop.core.errors import TrainingError
from mgc_desktop.core.model_info import NOT_MUSIC_LABEL

SPLITS = ("train", "valid", "test")


@dataclass(frozen=True, slots=True)
class Item:
    """One track to learn from or to be tried on. `group` is what must not be split between training and test."""

    path: Path
    label: str
    group: str
    split: str  # one of SPLITS, or "" where the data brings none


@dataclass(frozen=True, slots=True)
class Manifest:
    items: tuple[Item, ...]
    left_out: tuple[tuple[str, str], ...] = ()  # (path, reason)

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(sorted({item.label for item in self.items}))

    def split(self, name: str) -> tuple[Item, ...]:
        return tuple(item for item in self.items if item.split == name)

    def counts(self) -> dict[str, int]:
        """Return the number of tracks a label."""
        return dict(sorted(Counter(item.label for item in self.items).items()))

    def fingerprint(self) -> str:
        """Return a digest over names, sizes, labels, groups and splits: the same data, the same fingerprint."""
        rows = sorted(
            f"{item.path.name}\0{item.path.stat().st_size}\0{item.label}\0{item.group}\0{item.split}"
            for item in self.items
        )
        return hashlib.sha256("\n".join(rows).encode("utf-8", "surrogateescape")).hexdigest()

    def without(self, bad: dict[Path, str]) -> Manifest:
        """Return the manifest less the tracks in `bad`, which gives a reason for each path."""
        kept = tuple(item for item in self.items if item.path not in bad)
        reasons = tuple((str(item.path), bad[item.path]) for item in self.items if item.path in bad)
        return replace(self, items=kept, left_out=self.left_out + reasons)


def read_manifest(data: Sequence[Path], not_music: Sequence[Path] = (), also_train: Sequence[Path] = ()) -> Manifest:
    """Read folders and CSV files into one manifest.

    Parameters
    ----------
    not_music : sequence of Path
        CSV files of speech and noise; every row counts as `_not_music`, whatever its label, but room responses
        (`kind` rir) are no sound to hear by themselves and are passed over.
    also_train : sequence of Path
        Folders or CSV files of which only what may be trained on is taken: no track of them is in a score.

    Raises
    ------
    TrainingError
        Where one is missing, is neither, or holds nothing to learn from.
    """
    manifests = [_read_one(Path(path)) for path in data]
    manifests += [_read_csv(Path(path), NOT_MUSIC_LABEL) for path in not_music]
    manifests += [_train_only(_read_one(Path(path))) for path in also_train]
    items = {item.path: item for manifest in manifests for item in manifest.items}
    left_out = tuple(row for manifest in manifests for row in manifest.left_out)
    return Manifest(tuple(items.values()), left_out)


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
        return _read_folder(path)
    if path.is_file():
        return _read_csv(path)
    raise TrainingError(f"The training data {path} does not exist: name a folder of genre folders, or a CSV file.")


def _train_only(manifest: Manifest) -> Manifest:
    return replace(manifest, items=tuple(replace(i, split="train") for i in manifest.items if i.split in {"", "train"}))


def _read_folder(root: Path) -> Manifest:
    items: list[Item] = []
    left_out: list[tuple[str, str]] = []
    try:
        folders = sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))
    except OSError as error:
        raise TrainingError(f"The folder {root} could not be read ({error.strerror}): choose another.") from error
    for folder in folders:
        tracks = sorted(
            path for path in folder.rglob("*") if path.suffix.lower() in AUDIO_EXTENSIONS and path.is_file()
        )
        if not tracks:
            left_out.append((str(folder), "no audio in this genre folder"))
        # A sub-folder (an artist, an album) is a group; tracks that lie in the genre folder stand for themselves.
        items += [Item(path, folder.name, str(path.parent if path.parent != folder else path), "") for path in tracks]
    if not items:
        raise TrainingError(
            f"The folder {root} has no genre folders with audio in them: put the tracks of each genre into a folder "
            "named after it."
        )
    return Manifest(tuple(items), tuple(left_out))


def _read_csv(path: Path, label: str | None = None) -> Manifest:
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.DictReader(stream)
            rows = list(reader)
            columns = set(reader.fieldnames or ())
    except OSError as error:
        raise TrainingError(f"The list {path} could not be read ({error.strerror}): choose another file.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise TrainingError(f"The list {path} is not a CSV file in UTF-8: save it again as CSV.", str(error)) from error
    if not columns >= ({"path"} if label else {"path", "label"}):
        raise TrainingError(f"The list {path} lacks a column: it needs path and label, and may have group and split.")
    items: list[Item] = []
    left_out: list[tuple[str, str]] = []
    root = path.parent.resolve()
    for row in rows:
        if row.get("kind") == "rir":
            continue
        item, reason = _row_item(root, {**row, "label": label} if label else row)
        if item is None:
            left_out.append((row.get("path") or "", reason))
        else:
            items.append(item)
    return Manifest(tuple(items), tuple(left_out))


def _row_item(root: Path, row: dict[str, str]) -> tuple[Item | None, str]:
    label, split = (row.get("label") or "").strip(), (row.get("split") or "").strip()
    target = root / (row.get("path") or "")
    if not label:
        return None, "no label"
    # A list is data from elsewhere: it may not reach out of its own folder.
    if not target.resolve().is_relative_to(root):
        return None, "outside the folder of the list"
    if not target.is_file():
        return None, "missing"
    if split and split not in SPLITS:
        return None, f"unknown split {split!r}"
    return Item(target, label, (row.get("group") or "").strip() or str(target), split), ""
