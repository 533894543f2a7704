"""A quick look into a training folder: which genres it has, how many files each, and what is missing."""

from __future__ import annotations

import csv
import os
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

FEW_TRACKS = 10  # under this, what a genre's score says is chance
_LEAST_FOR_SPLITS = 3  # tracks (or groups) that it takes to try a genre on tracks that were not learned


@dataclass(frozen=True, slots=True)
class DataCheck:
    """What a folder or list holds.

    Attributes
    ----------
    data : str
        The folder or CSV.
    genres : Mapping[str, int]
        Number of files by genre, empty ones left out.
    blocker : str
        The sentence that says why it cannot be learned from, or empty.
    warnings : tuple of str
        What will make the model worse, or is left out.
    """

    data: str
    genres: Mapping[str, int]
    blocker: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def files(self) -> int:
        return sum(self.genres.values())


def check_data(data: str, extensions: frozenset[str], stopped: Callable[[], bool] = lambda: False) -> DataCheck:
    """Look at names only: no file is opened but a list.

    Parameters
    ----------
    data : str
        A folder of genre folders, or a CSV with the columns path and label.
    extensions : frozenset of str
        Which files count as audio: lower-case, with the dot.
    stopped : callable
        Asked between folders; the check ends early when it says so.
    """
    try:
        if os.path.isdir(data):
            counts, loose = _count_folder(data, extensions, stopped)
        elif os.path.isfile(data):
            counts, loose = _count_list(data), 0
        else:
            return DataCheck(data, {}, f"{data} does not exist: choose a folder with a folder for each genre.")
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        why = getattr(error, "strerror", None) or str(error)
        return DataCheck(data, {}, f"{data} could not be read ({why}): choose another.")
    return _judge(data, counts, loose)


def _judge(data: str, counts: Mapping[str, int], loose: int) -> DataCheck:
    genres = {genre: number for genre, number in sorted(counts.items()) if number}
    empty = sorted(genre for genre, number in counts.items() if not number)
    warnings: list[str] = []
    if empty:
        warnings.append(f"No audio in {_names(empty)}: left out.")
    if loose:
        warnings.append(f"{loose:,} audio files lie beside the genre folders and will be left out.")
    few = [genre for genre, number in genres.items() if number < FEW_TRACKS]
    if few:
        warnings.append(f"Few tracks for {_names(few)}: {FEW_TRACKS} of each and more make a model worth having.")
    if not genres:
        blocker = "There are no genre folders with audio: put the tracks of each genre into a folder named after it."
    elif len(genres) < 2:
        blocker = f"There is one genre only ({next(iter(genres))}): it takes at least two to tell apart."
    elif max(genres.values()) < _LEAST_FOR_SPLITS:
        blocker = "There are too few tracks: each genre needs some to learn from and some to be tried on."
    else:
        blocker = ""
    return DataCheck(data, genres, blocker, tuple(warnings))


def _names(genres: list[str]) -> str:
    if len(genres) > 4:
        return f"{', '.join(genres[:3])} and {len(genres) - 3} more"
    return " and ".join(filter(None, [", ".join(genres[:-1]), genres[-1]]))


def _is_audio(name: str, extensions: frozenset[str]) -> bool:
    return os.path.splitext(name)[1].lower() in extensions


def _count_folder(root: str, extensions: frozenset[str], stopped: Callable[[], bool]) -> tuple[dict[str, int], int]:
    counts: dict[str, int] = {}
    loose = 0
    with os.scandir(root) as entries:
        for entry in sorted(entries, key=lambda e: e.name):
            if entry.is_dir() and not entry.name.startswith("."):
                counts[entry.name] = 0
                for _, _, files in os.walk(entry.path):
                    if stopped():
                        return counts, loose
                    counts[entry.name] += sum(_is_audio(name, extensions) for name in files)
            else:
                loose += _is_audio(entry.name, extensions)
    return counts, loose


def _count_list(path: str) -> dict[str, int]:
    with open(path, newline="", encoding="utf-8-sig") as stream:
        rows = csv.DictReader(stream)
        if not {"path", "label"} <= set(rows.fieldnames or ()):
            raise csv.Error("it lacks the columns path and label")
        return dict(Counter(label for row in rows if (label := (row["label"] or "").strip())))


class DataChecker(QObject):
    """Runs `check_data` in a thread; only the answer to the last question is delivered."""

    checked = Signal(object)  # DataCheck

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._generation = 0
        self._thread: threading.Thread | None = None
        self._arrived.connect(self._deliver)

    _arrived = Signal(int, object)

    def check(self, data: str) -> None:
        """Look at `data` and emit `checked`."""
        self._generation += 1
        self._thread = threading.Thread(
            target=self._run, args=(self._generation, data), name="data-check", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """End a check that is under way, and wait for its thread."""
        self._generation += 1
        if self._thread is not None:
            self._thread.join(2.0)

    def _run(self, generation: int, data: str) -> None:
        # Imported here: the readers of audio files are loaded in the thread that needs their list of extensions.
        from mgc_desktop.audio.decode import AUDIO_EXTENSIONS

        result = check_data(data, AUDIO_EXTENSIONS, lambda: generation != self._generation)
        self._arrived.emit(generation, result)

    def _deliver(self, generation: int, result: DataCheck) -> None:
        if generation == self._generation:
            self.checked.emit(result)
