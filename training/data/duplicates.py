"""Recordings that are in the data more than once: the same file, or the same sound in another file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from training.data.fingerprint import find_matches
from training.data.items import Item
from training.data.listening import Sound

_AS_LONG = 0.9  # of the longest copy: such a copy is as good as it
_KEEP_FIRST = ("test", "valid", "train", "")  # of copies alike: what is held out stays comparable


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Two items that hold one recording.

    Attributes
    ----------
    kind : "exact" or "near"
        The same bytes, or sound that is the same to the fingerprint.
    shift, overlap : float
        s; where `other` begins in `item`, and how much they have in common.
    difference : float
        Share of the fingerprint's bits that differ.
    """

    item: Item
    other: Item
    kind: Literal["exact", "near"]
    shift: float
    overlap: float
    difference: float

    @property
    def across(self) -> tuple[str, ...]:
        """Return what the two are on different sides of: "splits", "labels"."""
        splits = {self.item.split, self.other.split} - {""}
        return ("splits",) * (len(splits) > 1) + ("labels",) * (self.item.label != self.other.label)


def find_duplicates(items: Sequence[Item], sounds: Mapping[Path, Sound]) -> list[Duplicate]:
    """Return the pairs among items that hold one recording: of copies of one file, the first stands for all."""
    first: dict[str, Item] = {}
    found: list[Duplicate] = []
    for item in items:
        sound = sounds[item.path]
        before = first.setdefault(sound.digest, item)
        if before is not item:
            found.append(Duplicate(before, item, "exact", 0.0, sound.seconds, 0.0))
    alone = list(first.values())
    for match in find_matches([sounds[item.path].print for item in alone]):
        pair = alone[match.a], alone[match.b]
        found.append(Duplicate(*pair, "near", match.shift, match.overlap, match.difference))
    return found


def left_out_for(duplicates: Iterable[Duplicate], sounds: Mapping[Path, Sound]) -> dict[Path, str]:
    """Return which tracks are to be left out, and why, so that each recording is there once and under one label."""
    reasons: dict[Path, str] = {}
    for copies in _recordings(duplicates):
        labels = sorted({item.label for item in copies})
        if len(labels) > 1:
            text = f"one recording under {' and '.join(labels)}: one of the labels is wrong"
            reasons |= {item.path: f"{text} (see {_another(copies, item).path.name})" for item in copies}
            continue
        kept = _kept(copies, sounds)
        for item in copies:
            if item is not kept:
                where = f", which is in {kept.split}" if kept.split and item.split != kept.split else ""
                reasons[item.path] = f"the same recording as {kept.path.name}{where}"
    return reasons


def _another(copies: Sequence[Item], item: Item) -> Item:
    return next(copy for copy in copies if copy.label != item.label)


def _kept(copies: Sequence[Item], sounds: Mapping[Path, Sound]) -> Item:
    longest = max(sounds[item.path].seconds for item in copies)
    as_long = [item for item in copies if sounds[item.path].seconds >= _AS_LONG * longest]
    return min(as_long, key=lambda item: _KEEP_FIRST.index(item.split))


def _recordings(duplicates: Iterable[Duplicate]) -> list[list[Item]]:
    """Return sets of items that are linked by being alike."""
    links: dict[Item, list[Item]] = defaultdict(list)
    for duplicate in duplicates:
        links[duplicate.item].append(duplicate.other)
        links[duplicate.other].append(duplicate.item)
    recordings: list[list[Item]] = []
    done: set[Item] = set()
    for item in links:
        if item in done:
            continue
        copies, waiting = [], [item]
        done.add(item)
        while waiting:
            copies.append(waiting.pop())
            new = [other for other in links[copies[-1]] if other not in done]
            done.update(new)
            waiting += dict.fromkeys(new)
        recordings.append(copies)
    return recordings
