"""Hear tracks with an exported model, exactly as the application does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mgc_desktop.core.errors import DecodeError
from mgc_desktop.core.model_info import NOT_MUSIC_LABEL, ModelInfo
from mgc_desktop.core.values import DecodedFile, Verdict, VerdictKind
from mgc_desktop.core.windows import WindowRequest
from mgc_desktop.model.runtime import Runtime
from mgc_desktop.model.steady import allow_for_steadiness
from mgc_desktop.model.verdict import judge
from training.data.conditions import AS_IT_IS, Condition, read_under
from training.data.decoding import decode_ahead
from training.data.manifest import Item
from training.stop import Stopped


@dataclass(frozen=True, slots=True)
class Heard:
    """One track: what it is, what was said, and the mean logits it was said from."""

    item: Item
    verdict: Verdict
    logits: NDArray[np.float64]  # (L,)


@dataclass(frozen=True, slots=True)
class Hearing:
    info: ModelInfo
    heard: tuple[Heard, ...]
    failed: tuple[tuple[str, str], ...]  # (path, sentence)


Trial = Sequence[tuple[Item, Condition]]  # tracks, and what is done to the sound of each before it is heard


def hear(
    runtime: Runtime,
    items: Sequence[Item],
    workers: int,
    progress: Callable[[int, int], None],
    should_stop: Callable[[], bool] = lambda: False,
) -> Hearing:
    """Return the verdict on every track; files that cannot be read are listed, not counted.

    Raises
    ------
    Stopped
        Where the run was asked to stop.
    """
    return hear_each(runtime, [[(item, AS_IT_IS) for item in items]], workers, progress, should_stop)[0]


def hear_each(
    runtime: Runtime,
    trials: Sequence[Trial],
    workers: int,
    progress: Callable[[int, int], None],
    should_stop: Callable[[], bool] = lambda: False,
) -> list[Hearing]:
    """Return a hearing for each trial; the processes that decode are started once for all.

    Raises
    ------
    Stopped
        Where the run was asked to stop.
    """
    request = WindowRequest.for_model(runtime.info)
    heard: list[list[Heard]] = [[] for _ in trials]
    failed: list[list[tuple[str, str]]] = [[] for _ in trials]
    jobs = [
        ((number, item), (str(item.path), request, condition))
        for number, trial in enumerate(trials)
        for item, condition in trial
    ]
    with closing(decode_ahead(read_under, jobs, workers)) as decoded:
        for done, ((number, item), result) in enumerate(decoded, 1):
            if should_stop():
                raise Stopped
            if isinstance(result, DecodeError):
                failed[number].append((str(item.path), result.sentence))
            else:
                heard[number].append(_listen(runtime, item, result))
            progress(done, len(jobs))
    return [Hearing(runtime.info, tuple(rows), tuple(bad)) for rows, bad in zip(heard, failed, strict=True)]


def _listen(runtime: Runtime, item: Item, decoded: DecodedFile) -> Heard:
    rows = []
    for window in decoded.windows:
        wave = window.samples[None]
        rows.append(allow_for_steadiness(runtime.info, wave, runtime.logits(wave)))
    logits = np.concatenate(rows)
    return Heard(item, judge(runtime.info, logits, decoded.level_dbfs), logits.mean(axis=0, dtype=np.float64))


def said(verdict: Verdict) -> str:
    """Return the one label that a verdict is counted as: its best genre, unless it refuses the sound."""
    if verdict.kind in {VerdictKind.NOT_MUSIC, VerdictKind.SILENCE} or verdict.label is None:
        return NOT_MUSIC_LABEL
    return verdict.label
