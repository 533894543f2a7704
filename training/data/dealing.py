"""Deal tracks into parts with the labels in proportion, and what belongs together on one side."""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np

from mgc_desktop.core.errors import TrainingError
from training.data.items import Item

Unit = Callable[[Item], str]
Division = tuple[list[Item], list[Item]]  # learnt from, held out


def deal(items: Sequence[Item], unit: Unit, k: int, seed: int) -> tuple[list[Division], list[str]]:
    """Return k divisions whose held-out parts cover the items once, and sentences on what could not be.

    Parameters
    ----------
    unit : callable
        Names what an item must stay together with.

    Raises
    ------
    TrainingError
        Where there are not even two units.
    """
    alone = {label for label, n in _units_by_label(items, unit).items() if n < 2}
    kept = {unit(item) for item in items if item.label in alone}
    dealt = [item for item in items if unit(item) not in kept]
    units = {unit(item) for item in dealt}
    if len(units) < 2:
        raise TrainingError("There are too few tracks to hold any out: add tracks of other artists or albums.")
    k = min(k, len(units))
    notes = [f"All in one group, and so learnt but never tested: {', '.join(sorted(alone))}."] if alone else []
    few = {label: n for label, n in _units_by_label(dealt, unit).items() if n < k}
    if few:
        counted = ", ".join(f"{label} ({n})" for label, n in sorted(few.items()))
        notes.append(f"Too few to be tested in each of {k} folds: {counted}.")
    divisions = [_keep_labels(items, dealt, held, unit) for held in _held_parts(dealt, unit, k, seed)]
    return [division for division in divisions if division[1]], notes


def held_out(items: Sequence[Item], unit: Unit, parts: int, seed: int) -> Division:
    """Return what to learn from, and one part in `parts` for validation: none where there is too little."""
    try:
        return deal(items, unit, parts, seed)[0][0]
    except TrainingError:
        return list(items), []


def _held_parts(items: Sequence[Item], unit: Unit, k: int, seed: int) -> list[set[int]]:
    """Return the indices of each held-out part."""
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    labels, names = [item.label for item in items], [unit(item) for item in items]
    # The grouped splitter tries every group in every fold: for thousands of pieces the plain one, which deals alike.
    splitter = StratifiedKFold if len(set(names)) == len(names) else StratifiedGroupKFold
    largest = max(np.unique(labels, return_counts=True)[1])
    if largest < k:  # scikit-learn refuses; labels this small are dealt without regard to them
        labels = [""] * len(items)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # small labels are told in `deal`, by name
        parts = splitter(k, shuffle=True, random_state=seed).split(np.zeros(len(items)), labels, names)
        return [set(held.tolist()) for _, held in parts if len(held)]


def _keep_labels(items: Sequence[Item], dealt: Sequence[Item], held: set[int], unit: Unit) -> Division:
    """Return (learnt, held), where units of a label that is held out altogether are learnt after all."""
    names = {unit(dealt[i]) for i in held}
    learnt = {item.label for item in items if unit(item) not in names}
    for item in sorted((dealt[i] for i in held), key=unit):
        if item.label not in learnt:
            names.discard(unit(item))
            learnt |= {other.label for other in dealt if unit(other) == unit(item)}
    return [item for item in items if unit(item) not in names], [item for item in dealt if unit(item) in names]


def _units_by_label(items: Sequence[Item], unit: Unit) -> dict[str, int]:
    units: dict[str, set[str]] = defaultdict(set)
    for item in items:
        units[item.label].add(unit(item))
    return {label: len(names) for label, names in units.items()}
