"""The figures of a hearing: what a model is worth, where, and on what it says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from mgc_desktop.core.intervals import wilson
from mgc_desktop.core.model_info import NOT_MUSIC_LABEL
from mgc_desktop.core.values import VerdictKind
from training.metrics import confusion, summarise
from training.score import Heard, Hearing, said

_THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)  # of confidence
_MOST_LABELS = 100  # of which every pair is counted: model.json is to stay small


def figures(hearing: Hearing) -> dict[str, Any]:
    """Return the figures of a hearing.

    Genres: n, accuracy, Wilson interval, macro F1 and recall, ECE over the tracks of genres, where *not music* on
    music counts as wrong and *unsure* counts as its best guess; `ece_by_chance` is the ECE of exact confidences;
    `given` says how it is at the shipped threshold for unsure, `risk_coverage` at others; `confusion` has what is no
    music as its last row and column; `sources` says the same by where tracks are from. Not music: the share refused,
    by kind too.
    """
    music, other = _music(hearing), [h for h in hearing.heard if h.item.label == NOT_MUSIC_LABEL]
    truth, answers = [h.item.label for h in music], [said(h.verdict) for h in music]
    result = summarise(truth, answers, np.array([h.verdict.confidence for h in music]), sorted(set(truth)))
    result["given"] = _at(music, hearing.info.thresholds.unsure)
    result["risk_coverage"] = [{"threshold": threshold, **_at(music, threshold)} for threshold in _THRESHOLDS]
    refused = sum(_refused(h) for h in music)
    result["refused_music"] = {"n": refused, "share": _share(refused, len(music))}
    labels, counts = confused(hearing)
    if len(labels) <= _MOST_LABELS:
        result["confusion"] = {"labels": labels, "counts": counts.tolist()}
    if sources := Counter(h.item.source for h in music if h.item.source):
        result["sources"] = {
            source: _accuracy([h for h in music if h.item.source == source]) for source, _ in sources.most_common()
        }
    if other:
        result["not_music"] = _refusals(other)
        if kinds := sorted({h.item.kind for h in other} - {""}):
            result["kinds"] = {kind: _refusals([h for h in other if h.item.kind == kind]) for kind in kinds}
    if hearing.failed:
        result["failed"] = len(hearing.failed)
    return result


def confused(hearing: Hearing) -> tuple[list[str], Any]:
    """Return the labels that occur, `_not_music` last, and counts, shape (L, L): rows truth, columns said."""
    truth, answers = [h.item.label for h in hearing.heard], [said(h.verdict) for h in hearing.heard]
    labels = sorted({*truth, *answers}, key=lambda label: (label == NOT_MUSIC_LABEL, label))
    return labels, confusion(truth, answers, labels)


def under_condition(clean: Hearing, changed: Hearing) -> dict[str, Any]:
    """Return how many tracks are told rightly under a condition, and the change in points on the same tracks."""
    before = {h.item.path: _right(h) for h in _music(clean)}
    after = [h for h in _music(changed) if h.item.path in before]
    lost = sum(before[h.item.path] and not _right(h) for h in after)
    won = sum(_right(h) and not before[h.item.path] for h in after)
    refused = sum(_refused(h) for h in after)
    points = round(100 * (won - lost) / len(after), 2) if after else 0.0
    return {**_accuracy(after), "points": points, "lost": lost, "won": won, "refused": _share(refused, len(after))}


def of_other_music(hearing: Hearing, in_genre: Hearing) -> dict[str, Any]:
    """Return how often music of none of the genres is given one, beside how often music of theirs is given a wrong one.

    Both are shares of all the tracks: a verdict that is *unsure* gives none.
    """
    given = [h.verdict.label for h in hearing.heard if h.verdict.kind is VerdictKind.GENRE]
    music = _music(in_genre)
    wrong = sum(h.verdict.kind is VerdictKind.GENRE and not _right(h) for h in music)
    return {
        "n": len(hearing.heard),
        "given": len(given),
        "given_share": _share(len(given), len(hearing.heard)),
        "most": dict(Counter(given).most_common()),
        "in_genre_wrong_share": _share(wrong, len(music)),
        "in_genre_n": len(music),
    }


def with_excerpts(tracks: Hearing, excerpts: Hearing) -> dict[str, Any]:
    """Return the recall of the genres that there are short excerpts of, over tracks and excerpts together."""
    heard: dict[str, list[Heard]] = {h.item.label: [] for h in excerpts.heard}
    for h in (*_music(tracks), *excerpts.heard):
        if h.item.label in heard:
            heard[h.item.label].append(h)
    return {label: _accuracy(heard[label]) for label in sorted(heard)}


def _music(hearing: Hearing) -> list[Heard]:
    return [h for h in hearing.heard if h.item.label != NOT_MUSIC_LABEL]


def _right(heard: Heard) -> bool:
    return said(heard.verdict) == heard.item.label


def _refused(heard: Heard) -> bool:
    return said(heard.verdict) == NOT_MUSIC_LABEL


def _at(music: Sequence[Heard], threshold: float) -> dict[str, Any]:
    """Return on how much music a genre is said at a threshold for unsure, and how much of that is right."""
    given = [h for h in music if not _refused(h) and h.verdict.confidence >= threshold]
    return {"coverage": _share(len(given), len(music)), **_accuracy(given)}


def _accuracy(heard: Sequence[Heard]) -> dict[str, Any]:
    right, n = sum(map(_right, heard)), len(heard)
    low, high = wilson(right, n)
    return {"n": n, "accuracy": _share(right, n), "low": round(low, 4), "high": round(high, 4)}


def _refusals(heard: Sequence[Heard]) -> dict[str, Any]:
    refused = sum(h.verdict.kind is not VerdictKind.GENRE for h in heard)
    return {"n": len(heard), "refused": _share(refused, len(heard))}


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0
