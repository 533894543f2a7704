"""A first look at what is to be learnt from: which genres, how many tracks each, and what is missing. No Qt.

It looks at names only and answers at once; the check that opens every track is `mgc_desktop.engine.preparation`.
"""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

FEW_TRACKS = 10  # under this, what a genre's score says is chance
_LEAST_FOR_SPLITS = 3  # tracks (or groups) that it takes to try a genre on tracks that were not learned


@dataclass(frozen=True, slots=True)
class Source:
    """What is learnt from: a folder or list (or none: empty), the library's corrections, labelled spans of sessions."""

    data: str
    corrections: bool = False
    sessions: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """What the model in use has been taught.

    Attributes
    ----------
    labels : tuple of str
        Empty where there is no model, or it could not be asked.
    remembers : bool
        Whether it remembers tracks of its labels, so that they need not be there.
    """

    labels: tuple[str, ...] = ()
    remembers: bool = True


@dataclass(frozen=True, slots=True)
class DataCheck:
    """What a source holds.

    Attributes
    ----------
    source : Source
    counts : Mapping[str, int]
        Number of tracks by genre; 0 for a genre folder without audio.
    loose : int
        Audio files beside the genre folders.
    corrected, labelled : int
        Tracks among them that are corrections, and that are labelled spans of sessions.
    trouble : str
        The sentence that says why it could not be read, or empty.
    """

    source: Source
    counts: Mapping[str, int] = field(default_factory=dict)
    loose: int = 0
    corrected: int = 0
    labelled: int = 0
    trouble: str = ""

    @property
    def genres(self) -> dict[str, int]:
        """Number of tracks by genre, empty ones left out."""
        return {genre: number for genre, number in sorted(self.counts.items()) if number}

    @property
    def tracks(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a check means for what is to be learnt. `blocker` is what must be seen to first, or empty."""

    blocker: str = ""
    warnings: tuple[str, ...] = ()


def look_at(data: str, extensions: frozenset[str], stopped: Callable[[], bool] = lambda: False) -> DataCheck:
    """Look at names only: no file is opened but a list.

    Parameters
    ----------
    data : str
        A folder of genre folders, or a CSV with the columns path and label.
    extensions : frozenset of str
        Which files count as audio: lower-case, with the dot.
    stopped : callable
        Asked between folders; the look ends early when it says so.
    """
    source = Source(data)
    try:
        if os.path.isdir(data):
            counts, loose = _count_folder(data, extensions, stopped)
        elif os.path.isfile(data):
            counts, loose = _count_list(data), 0
        else:
            return DataCheck(source, trouble=f"{data} does not exist: choose a folder with a folder for each genre.")
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        why = getattr(error, "strerror", None) or str(error)
        return DataCheck(source, trouble=f"{data} could not be read ({why}): choose another.")
    return DataCheck(source, counts, loose)


def judge(check: DataCheck, known: Known, labels: str, *, in_full: bool) -> Judgement:
    """Say what is in the way, and what will make the model worse or is left out.

    Parameters
    ----------
    labels : str
        What is learnt: "keep", "add" or "only" (`mgc_desktop.engine.train_request.LABEL_CHOICES`).
    in_full : bool
        Whether all of the model is learnt, and not its last layer alone.
    """
    if check.trouble:
        return Judgement(check.trouble)
    genres = check.genres
    unknown = [genre for genre in genres if genre not in known.labels] if known.labels else []
    learnt = {genre: n for genre, n in genres.items() if labels != "keep" or genre not in unknown}
    warnings = _warnings_of_names(check, known)
    if labels == "keep" and unknown and learnt:
        lost = sum(genres[genre] for genre in unknown)
        warnings.append(f"{_names(unknown)}, {_tracks(lost)}: left out, as the model in use has no such genre.")
    few = [genre for genre, number in learnt.items() if number < FEW_TRACKS]
    if few:
        warnings.append(f"Few tracks for {_names(few)}: {FEW_TRACKS} of each and more make a model worth having.")
    blocker = _blocker(check, learnt, labels)
    absent = [label for label in known.labels if label not in genres] if labels != "only" else []
    if absent and in_full and not blocker:
        warnings.append(f"No tracks of {_names(absent)}: learnt in full, the model forgets what they sound like.")
    elif absent and not in_full and not known.remembers and not blocker:
        blocker = (
            f"The model in use remembers no tracks of {_names(absent)}: add some, choose Full, or your genres only."
        )
    return Judgement(blocker, tuple(warnings))


def _blocker(check: DataCheck, learnt: Mapping[str, int], labels: str) -> str:
    if not check.genres:
        if not check.source.data:
            if check.source.corrections:
                return "No track in the library was corrected yet: correct some, or choose a folder."
            return "No span of a session was labelled yet: press 1 to 0 in the live picture while you listen."
        return "There are no genre folders with audio: put the tracks of each genre into a folder named after it."
    if not learnt:
        return f"The model in use has no genre of these ({_names(list(check.genres))}): choose to add them."
    if labels == "only" and len(learnt) < 2:
        return f"There is one genre only ({next(iter(learnt))}): it takes at least two to tell apart."
    if max(learnt.values()) < _LEAST_FOR_SPLITS:
        return "There are too few tracks: each genre needs some to learn from and some to be tried on."
    return ""


def _warnings_of_names(check: DataCheck, known: Known) -> list[str]:
    warnings = []
    empty = sorted(genre for genre, number in check.counts.items() if not number)
    if empty:
        warnings.append(f"No audio in {_names(empty)}: left out.")
    if check.loose:
        warnings.append(f"{check.loose:,} audio files lie beside the genre folders and will be left out.")
    lower = {label.lower(): label for label in known.labels}
    for genre in check.genres:
        meant = lower.get(genre.lower())
        if meant is not None and meant != genre:
            warnings.append(f"{genre} is written {meant} in the model in use: as it is, it counts as another genre.")
    return warnings


def _tracks(number: int) -> str:
    return f"{number:,} {'track' if number == 1 else 'tracks'}"


def _names(labels: list[str]) -> str:
    genres = ["what is no music" if label == "_not_music" else label for label in labels]
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
