"""Read one source of tracks: a folder of genre folders, or a list in CSV."""

from __future__ import annotations

import csv
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from mgc_desktop.audio.decode import AUDIO_EXTENSIONS
from mgc_desktop.core.errors import TrainingError
from training.data.gtzan import gtzan_name
from training.data.items import SPLITS, Item, Manifest

_ROOM_STEP = 3  # one room response in so many is kept for trying models


def read_folder(root: Path) -> Manifest:
    """Read a folder of genre folders.

    A sub-folder (an artist, an album) is a group; tracks that lie in the genre folder stand for themselves.
    """
    items: list[Item] = []
    left_out: list[tuple[str, str]] = []
    try:
        folders = sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))
    except OSError as error:
        raise TrainingError(f"The folder {root} could not be read ({error.strerror}): choose another.") from error
    for folder in folders:
        tracks = sorted(path for path in folder.rglob("*") if _is_track(path))
        if not tracks:
            left_out.append((str(folder), "no audio in this genre folder"))
        items += [_folder_item(path, folder) for path in tracks]
    if not items:
        raise TrainingError(
            f"The folder {root} has no genre folders with audio in them: put the tracks of each genre into a folder "
            "named after it."
        )
    return Manifest(tuple(items), tuple(left_out))


def _is_track(path: Path) -> bool:
    # Archives made on macOS bring a ._track.wav beside each track, which is no audio.
    return path.suffix.lower() in AUDIO_EXTENSIONS and not path.name.startswith(".") and path.is_file()


def _folder_item(path: Path, folder: Path) -> Item:
    name = gtzan_name(path.name)
    group = path if path.parent == folder else path.parent
    return Item(path, folder.name, str(group), "", gtzan=name if name.startswith(f"{folder.name}.") else "")


def read_csv(path: Path, *, label: str | None = None, anywhere: bool = False) -> Manifest:
    """Read a list with the columns path and label, and perhaps group, split, kind, source, licence and original.

    Parameters
    ----------
    label : str, optional
        The label of all rows, whatever they say.
    anywhere : bool
        Whether paths may lead out of the list's own folder: the person has named this list as one of theirs.
    """
    rows, columns = _rows(path)
    if not columns >= ({"path"} if label else {"path", "label"}):
        raise TrainingError(f"The list {path} lacks a column: it needs path and label, and may have group and split.")
    items: list[Item] = []
    left_out: list[tuple[str, str]] = []
    root = Path(os.path.abspath(path.parent)) if anywhere else path.parent.resolve()
    for row in rows:
        if row.get("kind") == "rir":
            continue
        item, reason = _row_item(root, {**row, "label": label} if label else row, anywhere)
        if item is None:
            left_out.append((row.get("path") or "", reason))
        else:
            items.append(item)
    return Manifest(tuple(items), tuple(left_out))


def read_sounds(lists: Sequence[Path], *, room_responses: bool, split: str = "train", but: str = "") -> list[Path]:
    """Return the sounds of lists with the columns path, kind and perhaps split: room responses, or all others.

    Parameters
    ----------
    split : str
        Only rows of this split, or of none, are taken: by default what may be trained on; "" takes all.
    but : str
        A kind that is passed over.
    """
    found = []
    for path in lists:
        root = path.parent.resolve()
        for row in _rows(path)[0]:
            target, kind = root / (row.get("path") or ""), row.get("kind") or ""
            wanted = (kind == "rir") == room_responses and (not but or kind != but)
            wanted = wanted and (not split or (row.get("split") or split) == split)
            if wanted and target.resolve().is_relative_to(root) and target.is_file():
                found.append(target)
    return found


def read_rooms(lists: Sequence[Path], *, held_out: bool) -> list[Path]:
    """Return the room responses of lists that may be trained on, or those that are kept for trying a model.

    Where the lists themselves keep none in the split "test", a third of them is kept, told by their names: so a model
    is never tried in a room that it has learnt from, whatever list it was trained with.
    """
    test = read_sounds(lists, room_responses=True, split="test")
    learnt = read_sounds(lists, room_responses=True)
    if test and set(test) != set(learnt):  # rows without a split are in every one
        return test if held_out else learnt
    order = sorted(learnt, key=lambda path: hashlib.sha256(path.name.encode("utf-8", "surrogateescape")).digest())
    kept = set(order[: len(order) // _ROOM_STEP])
    return [path for path in learnt if (path in kept) == held_out] or learnt


def _rows(path: Path) -> tuple[list[dict[str, str]], set[str]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.DictReader(stream)
            return list(reader), set(reader.fieldnames or ())
    except OSError as error:
        raise TrainingError(f"The list {path} could not be read ({error.strerror}): choose another file.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise TrainingError(f"The list {path} is not a CSV file in UTF-8: save it again as CSV.", str(error)) from error


def _row_item(root: Path, row: dict[str, str], anywhere: bool) -> tuple[Item | None, str]:
    label, split, group = ((row.get(name) or "").strip() for name in ("label", "split", "group"))
    target = root / (row.get("path") or "")
    if not label:
        return None, "no label"
    # A list is data from elsewhere: it may not reach out of its own folder.
    if not anywhere and not target.resolve().is_relative_to(root):
        return None, "outside the folder of the list"
    if not target.is_file():
        return None, "missing"
    if split and split not in SPLITS:
        return None, f"unknown split {split!r}"
    name = gtzan_name(target.name) or gtzan_name((row.get("original") or "").strip())
    source, kind, licence = ((row.get(column) or "").strip() for column in ("source", "kind", "licence"))
    item = Item(target, label, group or str(target), split, gtzan=name, source=source, kind=kind, licence=licence)
    return item, ""
