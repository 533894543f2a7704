"""How data is split and scored, by name: each protocol turns one manifest into folds.

Speech and noise (`_not_music`) is only ever learnt here: a table of systems compares what they say of music.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mgc_desktop.core.errors import TrainingError, UsageError
from mgc_desktop.core.model_info import NOT_MUSIC_LABEL
from training.data.dealing import deal, held_out
from training.data.gtzan import filtered_split
from training.data.items import Item, Manifest
from training.data.segments import cut

_VALID_PARTS = 8  # one part in eight of what may be trained on judges the epochs
_NO_GROUPS = "The data names no artists or albums: each track is a group of its own, and artists may be on both sides."
_PARTS_OF_ONE = 10  # where there is one fold: a tenth is the test


@dataclass(frozen=True)
class Fold:
    """One division of the data. `notes` are sentences on what could not be done as the protocol has it."""

    name: str
    train: tuple[Item, ...]
    valid: tuple[Item, ...]
    test: tuple[Item, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Protocol:
    """One way to split. `leaky`: parts of one recording are on both sides."""

    name: str
    leaky: bool
    says: str  # one sentence, for the table and the model's card
    make: Callable[[Manifest, int, int, Mapping[Path, float] | None], list[Fold]]


def folds(
    name: str, manifest: Manifest, *, k: int = 5, seed: int = 1, durations: Mapping[Path, float] | None = None
) -> list[Fold]:
    """Return the folds of a protocol; the same seed deals the same way.

    Parameters
    ----------
    name : str
        One of `PROTOCOLS`.
    k : int
        Folds of the protocols that deal; 1 gives one fold with a tenth to test. The others have one fold.
    durations : mapping, optional
        s that each track lasts, where the caller knows; else `segment-random` looks into the files.

    Raises
    ------
    UsageError
        Where there is no such protocol, or `k` is no number of folds.
    TrainingError
        Where the data does not have what the protocol needs.
    """
    protocol = get_protocol(name)
    if k < 1:
        raise UsageError(f"{k} folds cannot be made: choose 5, or 1 for a single division.")
    made = protocol.make(manifest, k, seed, durations)
    for fold in made:
        if len({item.label for item in fold.train} - {NOT_MUSIC_LABEL}) < 2 or not fold.test:
            raise TrainingError(
                f"The protocol {name} leaves too few tracks to learn and to test on: "
                "it needs two genres with tracks of several artists or albums each."
            )
    return made


def _given(manifest: Manifest, k: int, seed: int, durations: Mapping[Path, float] | None) -> list[Fold]:
    if not manifest.split("train") or not (manifest.split("test") or manifest.split("valid")):
        raise TrainingError(
            "The data brings no split of its own: add a column split with train, valid and test, "
            "or choose the protocol grouped-kfold."
        )
    return [_by_name("given", manifest.items, {id(item): item.split for item in manifest.items}, seed)]


def _fault_filtered(manifest: Manifest, k: int, seed: int, durations: Mapping[Path, float] | None) -> list[Fold]:
    named = [item for item in manifest.items if item.gtzan]
    if not named:
        raise TrainingError(
            "The data holds no track of GTZAN, for which the fault-filtered split was made: files are to be called "
            "blues.00000.wav and so on, or a list is to say so in a column original."
        )
    splits = filtered_split()
    chosen = {id(item): splits.get(item.gtzan, "") for item in named}
    chosen |= {id(item): "train" for item in manifest.items if item.label == NOT_MUSIC_LABEL}
    return [_by_name("fault-filtered", manifest.items, chosen, seed)]


def _by_name(name: str, items: Sequence[Item], splits: Mapping[int, str], seed: int) -> Fold:
    """Return a fold by the split of each item, by its id; what has none is left out."""
    train = [item for item in items if splits.get(id(item)) == "train"]
    music = [item for item in items if item.label != NOT_MUSIC_LABEL]
    valid = [item for item in music if splits.get(id(item)) == "valid"]
    test = [item for item in music if splits.get(id(item)) == "test"]
    notes = []
    if not test:
        test, valid = valid, []
        notes.append("There is no test split: the tracks for validation are the test.")
    if not valid:
        spoken, learnt = _music_and_other(train)
        learnt_music, valid = held_out(spoken, _group, _VALID_PARTS, seed)
        train = [*learnt_music, *learnt]
    unused = sum(not splits.get(id(item)) for item in music)
    if unused:
        notes.append(f"{unused} of {len(music)} tracks are in none of its splits and are left out.")
    return Fold(name, tuple(train), tuple(valid), tuple(test), tuple(notes))


def _music_and_other(items: Sequence[Item]) -> tuple[list[Item], list[Item]]:
    music = [item for item in items if item.label != NOT_MUSIC_LABEL]
    return music, [item for item in items if item.label == NOT_MUSIC_LABEL]


def _group(item: Item) -> str:
    return item.group


def _track(item: Item) -> str:
    return str(item.path)


def _stretch(item: Item) -> str:
    return f"{item.path}@{item.start}"


def _kfold(unit: Callable[[Item], str]) -> Callable[[Manifest, int, int, Mapping[Path, float] | None], list[Fold]]:
    def make(manifest: Manifest, k: int, seed: int, durations: Mapping[Path, float] | None) -> list[Fold]:
        music, other = _music_and_other(manifest.items)
        alone = unit is _group and len({item.group for item in music}) == len(music)
        return _dealt(music, other, unit, k, seed, [_NO_GROUPS] if alone else [])

    return make


def _segments(manifest: Manifest, k: int, seed: int, durations: Mapping[Path, float] | None) -> list[Fold]:
    music, other = _music_and_other(manifest.items)
    pieces, notes = cut(music, durations)
    return _dealt(pieces, other, _stretch, k, seed, notes)


def _dealt(
    music: Sequence[Item],
    other: Sequence[Item],
    unit: Callable[[Item], str],
    k: int,
    seed: int,
    notes: Sequence[str] = (),
) -> list[Fold]:
    made = []
    parts, said = deal(music, unit, k if k > 1 else _PARTS_OF_ONE, seed)
    for number, (learnt, test) in enumerate(parts if k > 1 else parts[:1]):
        train, valid = held_out(learnt, unit, _VALID_PARTS, seed)
        name = f"fold {number + 1} of {len(parts)}" if k > 1 else "one division"
        made.append(Fold(name, (*train, *other), tuple(valid), tuple(test), (*notes, *said)))
    return made


PROTOCOLS: dict[str, Protocol] = {
    protocol.name: protocol
    for protocol in (
        Protocol("given", False, "The split that the data itself brings.", _given),
        Protocol(
            "fault-filtered",
            False,
            "GTZAN's fault-filtered split: repetitions and damaged tracks left out, every artist on one side.",
            _fault_filtered,
        ),
        Protocol(
            "grouped-kfold",
            False,
            "Cross-validation by groups: all tracks of an artist or album are on one side.",
            _kfold(_group),
        ),
        Protocol(
            "track-kfold",
            False,
            "Cross-validation by tracks: tracks are whole, but an artist may be on both sides, which flatters.",
            _kfold(_track),
        ),
        Protocol(
            "segment-random",
            True,
            "LEAKY, only for comparison: tracks are cut into 3 s pieces and dealt at random, so that pieces of one "
            "recording are on both sides.",
            _segments,
        ),
    )
}


def get_protocol(name: str) -> Protocol:
    """Return a protocol of the table.

    Raises
    ------
    UsageError
        Where there is none of that name.
    """
    try:
        return PROTOCOLS[name]
    except KeyError:
        raise UsageError(f"There is no protocol called {name!r}: choose one of {', '.join(PROTOCOLS)}.") from None
