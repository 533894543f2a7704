"""What is to be written into the genre field of a file: the rule, apart from any file."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from mgc_desktop.core.errors import UsageError
from mgc_desktop.core.genre_names import display_name
from mgc_desktop.core.model_info import NOT_MUSIC_LABEL
from mgc_desktop.core.values import TrackRow, TrackState, VerdictKind
from mgc_desktop.engine.genre_words import same_key

POLICIES = ("fill", "replace", "append")
MIN_CONFIDENCE = 0.7
ALREADY_SO = "Says so already"  # the sentence of `Why.SAME`, by which a preview tells such files from those left alone
_MOST_NAMES_BYTES = 1 << 20

Names = Mapping[str, str]


class Why(StrEnum):
    """Why something is written into a file, or nothing."""

    CORRECTED = "corrected"  # the person set this genre
    VERDICT = "verdict"
    HAS_GENRE = "has a genre"  # and only empty fields are filled
    SAME = "same"  # it says so already
    BELOW_MINIMUM = "below minimum"
    UNSURE = "unsure"
    NOT_MUSIC = "not music"
    SILENCE = "silence"
    NOT_HEARD = "not heard"
    UNREADABLE = "unreadable"
    GONE = "gone"
    NOT_SET = "not set"  # only genres that a person set were asked for
    LEFT_OUT = "left out"  # by the person's own list of names


_NEVER = {
    Why.UNSURE: "Unsure: never written",
    Why.NOT_MUSIC: "Not music: never written",
    Why.SILENCE: "Silence: never written",
    Why.NOT_HEARD: "Not heard yet",
    Why.UNREADABLE: "Could not be read",
    Why.GONE: "The file is not there",
    Why.NOT_SET: "You set no genre",
}
_KINDS = {
    VerdictKind.UNSURE: Why.UNSURE,
    VerdictKind.NOT_MUSIC: Why.NOT_MUSIC,
    VerdictKind.SILENCE: Why.SILENCE,
    VerdictKind.ERROR: Why.UNREADABLE,
}


@dataclass(frozen=True, slots=True)
class TagPolicy:
    """What a person asks for.

    Attributes
    ----------
    policy : str
        "fill": only where the field is empty. "replace": in place of what is there. "append": beside it.
    min_confidence : float
        Least calibrated probability of a verdict that is written. What the person set has no minimum.
    names : Mapping[str, str]
        From labels to the names that the person uses; an empty name: never write that label. Labels that are not in
        it are written as `display_name` writes them.
    only_accepted : bool
        Write only what the person set or accepted.
    """

    policy: str = "fill"
    min_confidence: float = MIN_CONFIDENCE
    names: Names = field(default_factory=dict)
    only_accepted: bool = False

    def __post_init__(self) -> None:
        if self.policy not in POLICIES:
            raise UsageError(f"“{self.policy}” is no policy: choose fill, replace or append.")
        if not 0.0 <= self.min_confidence <= 1.0:
            raise UsageError(f"The least confidence {self.min_confidence:g} is not between 0 and 1: choose 0.7, say.")

    def name(self, label: str) -> str:
        """Return how a label is written into a file; empty where the person wants none."""
        if label in self.names:
            return self.names[label].strip()
        key = same_key(label)
        for known, name in self.names.items():
            if same_key(known) == key:
                return name.strip()
        return display_name(label)

    def as_json(self) -> dict[str, Any]:
        """Return what the journal keeps of it."""
        said: dict[str, Any] = {"policy": self.policy, "min_confidence": self.min_confidence}
        if self.names:
            said["names"] = dict(self.names)
        if self.only_accepted:
            said["only_accepted"] = True
        return said


@dataclass(frozen=True, slots=True)
class Planned:
    """What a file's genre field is to say. Nothing is to be done where it says so already."""

    after: tuple[str, ...]
    why: Why
    sentence: str  # the same for people, in a few words


def plan(existing: tuple[str, ...], row: TrackRow, policy: TagPolicy) -> Planned:
    """Return what to write into a file.

    The person's word beats the verdict and needs no confidence. What is unsure, no music, silent, not heard, not
    readable or gone is never written.

    Parameters
    ----------
    existing : tuple of str
        The values of the file's genre field.
    row : TrackRow
    policy : TagPolicy
    """
    label, why, sentence = _wanted(row, policy)
    if not label:
        return Planned(existing, why, sentence)
    name = policy.name(label)
    if not name:
        return Planned(existing, Why.LEFT_OUT, f"Your list of names leaves out {display_name(label)}")
    there = [value for value in existing if value.strip()]
    if existing == (name,) or (policy.policy != "replace" and same_key(name) in map(same_key, there)):
        return Planned(existing, Why.SAME, ALREADY_SO)
    if policy.policy == "fill" and there:
        return Planned(existing, Why.HAS_GENRE, "Has a genre already")
    return Planned((*there, name) if policy.policy == "append" else (name,), why, sentence)


def is_settled(row: TrackRow, policy: TagPolicy) -> Planned | None:
    """Return what is planned where the library alone can say that nothing is written; None where the file must."""
    existing = tuple(row.existing_genre.split("; ")) if row.existing_genre else ()
    planned = plan(existing, row, policy)
    return None if planned.why in (Why.CORRECTED, Why.VERDICT, Why.SAME) else planned


def _wanted(row: TrackRow, policy: TagPolicy) -> tuple[str, Why, str]:
    """Return the label to write, or an empty one, and why."""
    if row.state is TrackState.MISSING or row.offline:
        return "", Why.GONE, _NEVER[Why.GONE]
    if row.state is TrackState.FAILED:
        return "", Why.UNREADABLE, _NEVER[Why.UNREADABLE]
    if row.correction:
        if row.correction == NOT_MUSIC_LABEL:
            return "", Why.NOT_MUSIC, _NEVER[Why.NOT_MUSIC]
        return row.correction, Why.CORRECTED, "You set it"
    return _verdict(row, policy)


def _verdict(row: TrackRow, policy: TagPolicy) -> tuple[str, Why, str]:
    if policy.only_accepted:
        return "", Why.NOT_SET, _NEVER[Why.NOT_SET]
    if row.state is not TrackState.DONE or row.kind is None:
        return "", Why.NOT_HEARD, _NEVER[Why.NOT_HEARD]
    never = _KINDS.get(row.kind)
    if row.label == NOT_MUSIC_LABEL:
        never = never or Why.NOT_MUSIC
    if never is not None or not row.label or row.confidence is None:
        never = never or Why.UNSURE
        return "", never, _NEVER[never]
    if row.confidence < policy.min_confidence:
        said = f"{_percent(row.label, int(100 * row.confidence))} is less than {100 * policy.min_confidence:g} %"
        return "", Why.BELOW_MINIMUM, said
    most = 99 if row.confidence < 1 else 100
    return row.label, Why.VERDICT, _percent(row.label, min(round(100 * row.confidence), most))


def _percent(label: str, percent: int) -> str:
    # Rounded as the table has it, but down where it is too little: 69.9 % is not 70 %.
    return f"{display_name(label)} {percent} %"


def read_names(path: str | Path) -> Names:
    """Return a person's own names of labels, from a JSON object or a CSV of two columns, label and name.

    Raises
    ------
    UsageError
        Where the file cannot be read as either.
    """
    file = Path(path)
    try:
        with file.open("rb") as stream:
            raw = stream.read(_MOST_NAMES_BYTES + 1)
        text = raw.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The names in {file} could not be read ({error}): choose a UTF-8 text file.") from error
    if len(raw) > _MOST_NAMES_BYTES:
        raise UsageError(f"The file {file} is too large for a list of names: choose one of at most 1 MB.")
    return _from_json(file, text) if text.lstrip().startswith(("{", "[")) else _from_csv(file, text)


def _from_json(file: Path, text: str) -> Names:
    try:
        said = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"The names in {file} are no JSON ({error}): write an object of labels and names.") from error
    if not isinstance(said, dict) or not all(isinstance(name, str) for name in said.values()):
        raise UsageError(f'The names in {file} are no object of texts: write {{"hiphop": "Hip-Hop"}}, say.')
    return {label: _one_line(name) for label, name in said.items()}


def _from_csv(file: Path, text: str) -> Names:
    names: dict[str, str] = {}
    try:
        for number, cells in enumerate(csv.reader(text.splitlines()), 1):
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != 2:
                raise UsageError(f"Line {number} of {file} has not two cells: write label,name in each.")
            label, name = (cell.strip() for cell in cells)
            if number > 1 or (label.lower(), name.lower()) != ("label", "name"):
                names[label] = _one_line(name)
    except csv.Error as error:
        raise UsageError(f"The names in {file} are no CSV ({error}): write label,name in each line.") from error
    return names


def _one_line(name: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in name).split())
