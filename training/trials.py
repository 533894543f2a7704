"""The same tracks under conditions: which can be had, and what each track gets."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from mgc_desktop.core.errors import TrainingError, UsageError
from mgc_desktop.core.model_info import NOT_MUSIC_LABEL
from training.data.conditions import AS_IT_IS, CONDITIONS, MICROPHONE, condition_for
from training.data.manifest import Item
from training.data.sources import read_rooms, read_sounds
from training.score import Trial

ALL = "all"


class Trials:
    """Makes trials; `notes` says what was done otherwise than asked.

    Parameters
    ----------
    name : str
        Of what is tried.
    seconds : tuple of float
        The least and the most s that it hears at a time.
    split : str
        Of the tracks, and of the noises; "" for all.
    rooms, noise : sequence of Path
        Lists of room responses and of background noise.
    """

    def __init__(
        self,
        name: str,
        seconds: tuple[float, float],
        split: str,
        rooms: Sequence[Path],
        noise: Sequence[Path],
    ) -> None:
        self.notes: list[str] = []
        self._name = name
        self._least, self._most = seconds
        self._split = split
        self._room_lists = rooms
        self._noise_lists = noise

    def names(self, asked: tuple[str, ...]) -> tuple[str, ...]:
        """Return the names of the conditions to try; where all are asked for, those that can be had.

        Raises
        ------
        UsageError
            Where one that was asked for by name cannot be had.
        """
        if asked != (ALL,):
            for name in asked:
                if why := self._hindrance(name):
                    raise UsageError(why)
            return asked
        hindered = {name: why for name in CONDITIONS if (why := self._hindrance(name))}
        self.notes += hindered.values()
        return tuple(name for name in CONDITIONS if name not in hindered)

    def under(self, name: str, items: Sequence[Item]) -> Trial:
        """Return the music among the tracks, under a condition.

        Raises
        ------
        TrainingError
            Where the lists name no sounds for the microphone.
        """
        rooms, noises = (self._rooms, self._noises) if name == MICROPHONE else ([], [])
        music = [item for item in items if item.label != NOT_MUSIC_LABEL]
        return [(item, condition_for(name, item.path, rooms, noises)) for item in music]

    def key(self, names: Sequence[str]) -> list[str]:
        """Return what decides trials under these, in words that change with it.

        Raises
        ------
        TrainingError
            Where the lists name no sounds for the microphone.
        """
        sounds = [*self._rooms, *self._noises] if MICROPHONE in names else []
        return [*names, *(path.name for path in sounds)]

    def _hindrance(self, name: str) -> str:
        """Return why a condition cannot be had, in a sentence, or ""."""
        if name not in CONDITIONS:
            return f"There is no condition {name!r}: choose from {', '.join(CONDITIONS)}, or all."
        if name == MICROPHONE and not (self._room_lists and self._noise_lists):
            return "The condition microphone needs sounds to be made of: add --rooms LIST and --noise LIST."
        seconds = CONDITIONS[name].seconds
        if seconds is not None and not self._least <= seconds <= self._most:
            hears = f"hears {self._least:g} to {self._most:g} s at a time"
            return f"The condition {name} cannot be tried on {self._name}, which {hears}: leave it out."
        return ""

    @cached_property
    def _rooms(self) -> list[Path]:
        rooms = read_rooms(self._room_lists, held_out=True)
        if rooms and rooms == read_rooms(self._room_lists, held_out=False):
            self.notes.append("There are too few rooms to keep one: the microphone stands in those that may be learnt.")
        return _needed(rooms, "room responses (kind rir)", "--rooms")

    @cached_property
    def _noises(self) -> list[Path]:
        noises = read_sounds(self._noise_lists, room_responses=False, split=self._split, but="speech")
        return _needed(noises, "noise", "--noise")


def as_they_are(items: Sequence[Item]) -> Trial:
    return [(item, AS_IT_IS) for item in items]


def _needed(sounds: list[Path], what: str, option: str) -> list[Path]:
    if not sounds:
        raise TrainingError(f"The lists of {option} name no {what} of this split that is there: choose another list.")
    return sounds
