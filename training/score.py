"""Hear tracks with an exported model, exactly as the application does, and put figures on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mgc_desktop.audio.decode import read_windows
from mgc_desktop.core.errors import DecodeError
from mgc_desktop.core.model_info import NOT_MUSIC_LABEL, ModelInfo
from mgc_desktop.core.values import DecodedFile, Verdict, VerdictKind
from mgc_desktop.core.windows import WindowRequest
from mgc_desktop.model.runtime import Runtime
from mgc_desktop.model.verdict import judge
from training.data.decoding import decode_ahead
from training.data.manifest import Item
from training.metrics import summarise
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
    info = runtime.info
    request = WindowRequest.for_model(info)
    heard: list[Heard] = []
    failed: list[tuple[str, str]] = []
    jobs = [(item, (str(item.path), request)) for item in items]
    with closing(decode_ahead(read_windows, jobs, workers)) as decoded:
        for item, result in decoded:
            if should_stop():
                raise Stopped
            if isinstance(result, DecodeError):
                failed.append((str(item.path), result.sentence))
            else:
                heard.append(_listen(runtime, item, result))
            progress(len(heard) + len(failed), len(items))
    return Hearing(info, tuple(heard), tuple(failed))


def _listen(runtime: Runtime, item: Item, decoded: DecodedFile) -> Heard:
    logits = np.concatenate([runtime.logits(window.samples[None]) for window in decoded.windows])
    return Heard(item, judge(runtime.info, logits, decoded.level_dbfs), logits.mean(axis=0, dtype=np.float64))


def said(verdict: Verdict) -> str:
    """Return the one label that a verdict is counted as: its best genre, unless it refuses the sound."""
    if verdict.kind in {VerdictKind.NOT_MUSIC, VerdictKind.SILENCE} or verdict.label is None:
        return NOT_MUSIC_LABEL
    return verdict.label


def figures(hearing: Hearing) -> dict[str, Any]:
    """Return the figures of a hearing.

    Genres: n, accuracy, Wilson interval, macro F1 and recall, ECE over the tracks of genres, where *not music* on
    music counts as wrong and *unsure* counts as its best guess; `given` says how it is at the shipped threshold for
    unsure. Not music: the share refused.
    """
    music = [h for h in hearing.heard if h.item.label != NOT_MUSIC_LABEL]
    other = [h for h in hearing.heard if h.item.label == NOT_MUSIC_LABEL]
    truth, answers = [h.item.label for h in music], [said(h.verdict) for h in music]
    result = summarise(truth, answers, np.array([h.verdict.confidence for h in music]), sorted(set(truth)))
    given = [h for h in music if h.verdict.kind is VerdictKind.GENRE]
    result["given"] = {
        "n": len(given),
        "coverage": round(len(given) / len(music), 4) if music else 0.0,
        "accuracy": round(sum(h.verdict.label == h.item.label for h in given) / len(given), 4) if given else 0.0,
    }
    if other:
        refused = sum(h.verdict.kind is not VerdictKind.GENRE for h in other)
        result["not_music"] = {"n": len(other), "refused": round(refused / len(other), 4)}
    if hearing.failed:
        result["failed"] = len(hearing.failed)
    return result
