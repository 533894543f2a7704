"""The models that there are, with what each says of itself: shipped ones first."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mgc_desktop.core.errors import ModelError, UsageError
from mgc_desktop.core.model_figures import is_part, metrics_in_order
from mgc_desktop.core.model_info import ModelInfo
from mgc_desktop.core.paths import Profile, shipped_models_dir
from mgc_desktop.model.contract import INFO_FILE, read_description
from mgc_desktop.model.trust import list_models


@dataclass(frozen=True, slots=True)
class Figure:
    """How often a model was right, and on what."""

    accuracy: float  # 0..1
    low: float  # ends of the 95 % interval
    high: float
    n: int  # tracks
    what: str  # protocol or split


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """A model folder as the list shows it.

    Attributes
    ----------
    problem : str
        Why it cannot be used, or empty; the other values are then empty too.
    imported : bool
        It came from elsewhere: its figures are what its maker says.
    """

    folder: Path
    place: Path  # the same, with no link on the way
    name: str
    shipped: bool
    genres: tuple[str, ...] = ()
    figure: Figure | None = None
    data: str = ""  # what it was made from, in short
    size: int = 0  # bytes of the whole folder
    date: str = ""  # ISO, when it was made
    system: str = ""
    imported: bool = False
    problem: str = ""


def model_entries(profile: Profile) -> list[ModelEntry]:
    """Return all models. Reads files: not for the GUI thread.

    Raises
    ------
    ModelError
        Where a folder of models can't be read; one model that can't is in the list, with the reason.
    """
    try:
        folders = list_models((shipped_models_dir(),)), list_models((profile.models_dir,))
    except OSError as error:
        raise ModelError(f"The models could not be listed ({error.strerror}): check {error.filename}.") from error
    shipped = [_entry(folder, shipped=True) for folder in folders[0]]
    own = [_entry(folder, shipped=False) for folder in folders[1]]
    return shipped + sorted(own, key=lambda entry: entry.name.casefold())


def find_entry(profile: Profile, name: str) -> ModelEntry:
    """Return the model that a person calls `name`: its name or its folder's.

    Raises
    ------
    UsageError
        Where there is none, or more than one.
    """
    entries = model_entries(profile)
    found = [entry for entry in entries if entry.folder.name == name] or [e for e in entries if e.name == name]
    if len(found) == 1:
        return found[0]
    if found:
        folders = ", ".join(entry.folder.name for entry in found)
        raise UsageError(f"More than one model is called {name}: say which by its folder, one of {folders}.")
    raise UsageError(f"There is no model called {name}: choose one of {', '.join(e.folder.name for e in entries)}.")


def _entry(folder: Path, *, shipped: bool) -> ModelEntry:
    try:
        info = read_description(folder)
        size = sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
        made = (folder / INFO_FILE).stat().st_mtime
    except ModelError as error:
        return ModelEntry(folder, folder.resolve(), folder.name, shipped, problem=error.sentence)
    except OSError as error:
        return ModelEntry(
            folder, folder.resolve(), folder.name, shipped, problem=f"It could not be read ({error.strerror})."
        )
    date = info.made_with.get("date")
    return ModelEntry(
        folder,
        folder.resolve(),
        info.name,
        shipped,
        genres=info.genres,
        figure=figure_of(info),
        data=_data(info),
        size=size,
        date=date[:10] if isinstance(date, str) else time.strftime("%Y-%m-%d", time.localtime(made)),
        system=info.system,
        imported=info.imported,
    )


def figure_of(info: ModelInfo) -> Figure | None:
    """Return the score on the test split, else the first that there is; None where there is none that can be."""
    return next(
        (figure for name, said in metrics_in_order(info.metrics) if (figure := _figure(name, said)) is not None), None
    )


def _figure(name: str, said: Any) -> Figure | None:
    # A model from elsewhere may say anything here.
    if not isinstance(said, Mapping):
        return None
    shares = [said.get(key) for key in ("accuracy", "low", "high")]
    n = said.get("n")
    if not isinstance(n, int) or isinstance(n, bool) or not 0 < n < 10**9 or not all(map(is_part, shares)):
        return None
    accuracy, low, high = (float(share) for share in shares if share is not None)
    if not low <= accuracy <= high:
        return None
    what = next((word for key in ("protocol", "split") if isinstance(word := said.get(key), str) and word), name)
    return Figure(accuracy, low, high, n, what)


def _data(info: ModelInfo) -> str:
    tracks = info.data.get("tracks")
    counts = tracks.get("train") if isinstance(tracks, Mapping) else None
    learnt = f"{counts:,} tracks" if isinstance(counts, int) and not isinstance(counts, bool) else ""
    fingerprint = info.data.get("fingerprint")
    mark = fingerprint[:8] if isinstance(fingerprint, str) else ""
    return ", ".join(filter(None, (learnt, mark)))
