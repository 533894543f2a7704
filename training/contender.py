"""What a comparison asks of a system, whatever kind it is of."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import softmax

from mgc_desktop.core.paths import Profile
from mgc_desktop.model.devices import device_name
from training.data.items import Item, Manifest
from training.protocols import Fold
from training.report import Reporter
from training.trials import Trials

_TIMED = 5  # windows, after one to warm up


@dataclass(frozen=True)
class Bench:
    """What the contenders of a comparison share.

    Attributes
    ----------
    conditions : tuple of str
        Names of what tracks are tried under besides, as `trials` makes it.
    """

    profile: Profile
    device: torch.device
    workers: int  # decoder processes
    report: Reporter
    should_stop: Callable[[], bool]
    trials: Trials
    conditions: tuple[str, ...] = ()

    def on_prepare(self, done: int, total: int) -> None:
        self.report("prepare", done=done, total=total)


class Contender(Protocol):
    """A system of a comparison: it hears the data once, then learns and is tried fold by fold."""

    @property
    def name(self) -> str: ...

    @property
    def hears(self) -> str:
        """What it makes of sound: with other words here, results are not taken for its own."""

    def hear(self, manifest: Manifest) -> Manifest:
        """Take the data in, and return it less what could not be read."""

    def durations(self) -> Mapping[Path, float]:
        """Return the s of each track that pieces may be cut from."""

    def settings(self, seed: int) -> dict[str, Any]:
        """Return all that it is free to choose, and what it chose: a result stands for these."""

    def try_on(self, fold: Fold, seed: int) -> dict[str, Any]:
        """Learn the fold's training part, and return what it says of the test part (`answers`) and what that took."""


def answers(
    items: Sequence[Item],
    logits: NDArray[np.floating],
    labels: Sequence[str],
    temperature: float,
    missed: Sequence[Item] = (),
) -> dict[str, list[Any]]:
    """Return truth and what was said, track by track.

    Parameters
    ----------
    logits : ndarray, shape (len(items), L)
    missed : sequence of Item
        Tracks of labels that could not be learnt, for want of tracks: they count as wrong.
    """
    p = softmax(logits / temperature, axis=1)
    return {
        "truth": [item.label for item in (*items, *missed)],
        "said": [labels[i] for i in logits.argmax(axis=1)] + [""] * len(missed),
        "confidence": [round(float(value), 4) for value in p.max(axis=1)] + [0.0] * len(missed),
        "tracks": [item.path.name for item in (*items, *missed)],
    }


def median_ms(work: Callable[[], object]) -> float:
    """Return the median time that some work takes, in ms."""
    times = []
    for _ in range(_TIMED + 1):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return 1000 * float(np.median(times[1:]))


def machine(device: torch.device) -> dict[str, Any]:
    """Return what the times of a result were taken on."""
    return {"device": device_name(device), "threads": torch.get_num_threads()}
