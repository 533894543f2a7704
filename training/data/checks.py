"""What is wrong with single tracks, and with how they are divided."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mgc_desktop.core.model_info import NOT_MUSIC_LABEL
from training.data.gtzan import filtered_split
from training.data.items import Manifest
from training.data.listening import Sound

SILENCE_DBFS = -60.0  # under this a model says silence
MIN_SECONDS = 1.0  # the least that any system is given
_MOSTLY_QUIET = 0.8  # of a track
_CLIPPED = 1e-3  # of the samples; mastered music has a tenth of that at most
_FEW_GROUPS = 3  # one each to learn from, to validate and to test


@dataclass(frozen=True, slots=True)
class Warned:
    """One thing to look at. `kind` is a word for programs, `sentence` is for people; `other` is a second track."""

    path: str
    kind: str
    sentence: str
    other: str = ""


def unusable(sound: Sound) -> str:
    """Return why a track cannot be learnt from, or ""."""
    if sound.seconds < MIN_SECONDS:
        return f"too short ({sound.seconds:.1f} s; it takes {MIN_SECONDS:g} s)"
    if sound.level < SILENCE_DBFS:
        return "silent"
    return ""


def track_warnings(manifest: Manifest, sounds: Mapping[Path, Sound]) -> list[Warned]:
    """Return what is doubtful about single tracks that are used."""
    found = []
    for item in manifest.items:
        sound = sounds[item.path]
        if sound.clipped >= _CLIPPED:
            text = f"Clipped: {sound.clipped:.1%} of its samples are cut off at the top."
            found.append(Warned(str(item.path), "clipped", text))
        if sound.quiet >= _MOSTLY_QUIET and item.label != NOT_MUSIC_LABEL:
            found.append(Warned(str(item.path), "mostly_silent", f"Silent for {sound.quiet:.0%} of its length."))
    return [*found, *_known_faults(manifest)]


def _known_faults(manifest: Manifest) -> list[Warned]:
    named = [item for item in manifest.items if item.gtzan]
    if not named:
        return []  # and torchaudio, which has the list, is not loaded
    text = "A known fault of GTZAN (repeated, mislabelled or damaged): the fault-filtered split leaves it out."
    return [Warned(str(i.path), "known_fault", text) for i in named if i.gtzan not in filtered_split()]


def division_warnings(manifest: Manifest) -> list[Warned]:
    """Return what is doubtful about groups and splits."""
    groups: dict[str, set[str]] = defaultdict(set)
    splits: dict[str, dict[str, Path]] = defaultdict(dict)
    for item in manifest.items:
        groups[item.label].add(item.group)
        if item.split:
            splits[item.group].setdefault(item.split, item.path)
    found = []
    for group, paths in splits.items():
        if len(paths) > 1:
            first, second, *_ = paths.values()
            text = f"The group {group} is in {' and '.join(paths)}: what was learnt of it flatters the score."
            found.append(Warned(str(first), "group_across_splits", text, str(second)))
    for label, names in sorted(groups.items()):
        if len(names) < _FEW_GROUPS:
            few = f"{label} has tracks of {len(names)} artists, albums or sessions only"
            text = f"{few}: too few to hold any out for a score."
            found.append(Warned("", "few_groups", text))
    return found
