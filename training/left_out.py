"""What last layers are worth that never heard the artist whom they judge: finer figures than a test split gives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from sklearn.metrics import recall_score

from mgc_desktop.core.intervals import wilson
from mgc_desktop.core.model_info import NOT_MUSIC_LABEL
from training.calibrate import fit_temperature
from training.crossing import Crossed
from training.frontends.config import FrontendConfig
from training.last_layer import Lesson
from training.memory import WHOLE, WORN, part
from training.metrics import expected_calibration_error

COLUMNS = (WHOLE, WORN, part(10.0), part(5.0), part(3.0))  # kinds of what is judged
SUREST = 0.6  # share of the tracks of which it is told how many are right
_OF_KIND = ("accuracy", "ece", "surest")


def figures_of(lesson: Lesson, found: Sequence[Crossed], config: FrontendConfig) -> dict[str, Any] | None:
    """Return what layers that never heard the artist are worth: means over the divisions of the artists.

    Parameters
    ----------
    found : sequence of Crossed
        What `Lesson.divisions` gives.

    Returns
    -------
    dict or None
        ``divisions``, how many; ``n`` tracks of music; ``macro_recall`` of these as they are; ``not_music``, how many
        clips of that are said to be so; ``kinds``, for each of `COLUMNS` that there are: ``n``, ``accuracy`` with
        ``low`` and ``high`` (Wilson, of the tracks: parts of one are no further witnesses), ``ece``, and ``surest``,
        how many of the surest `SUREST` are right. One temperature serves all kinds, fitted to the same verdicts on
        tracks as they are. None where there is nothing of that kind; and in place of all where no music could be
        judged, as there are too few artists.
    """
    told = [_of_division(lesson, one, config) for one in found]
    if not any(one["n"] for one in told):
        return None
    mean = {name: _rounded_mean([one[name] for one in told]) for name in told[0]}
    n = round(mean.pop("n") or 0)
    kinds: dict[str, dict[str, Any]] = {}
    for kind in COLUMNS:
        accuracy, ece, surest = (mean.pop(f"{kind} {name}") for name in _OF_KIND)
        if accuracy is not None:
            low, high = wilson(accuracy * n, n)
            interval = {"low": round(low, 4), "high": round(high, 4)}
            kinds[kind] = {"n": n, "accuracy": accuracy, **interval, "ece": ece, "surest": surest}
    return {"divisions": len(told), "n": n, **mean, "kinds": kinds}


def _of_division(lesson: Lesson, found: Crossed, config: FrontendConfig) -> dict[str, float]:
    """Return the figures of one division of the artists."""
    truth, said = lesson.truth, found.logits.argmax(axis=1)
    music = is_music(lesson)
    asked = lesson.asked(found.judged, config)
    of_music = asked[music[asked]]
    paths = {lesson.heard.tracks[i].item.path for i in of_music}
    of_them = music & found.judged & np.array([track.item.path in paths for track in lesson.heard.tracks])
    temperature = fit_temperature(found.logits[asked], truth[asked])
    figures = {"n": float(len(of_music))}
    for kind in COLUMNS:
        chosen = of_them & (lesson.heard.kinds == kind)
        confidence = softmax(found.logits[chosen] / temperature, axis=1).max(axis=1)
        of_kind = _of_kind(confidence, said[chosen] == truth[chosen])
        figures |= {f"{kind} {name}": value for name, value in zip(_OF_KIND, of_kind, strict=True)}
    others = asked[~music[asked]]
    figures["not_music"] = _mean(said[others] == truth[others])
    genres = np.unique(truth[of_music])
    if len(genres):
        figures["macro_recall"] = recall_score(truth[of_music], said[of_music], labels=genres, average="macro")
    return {"macro_recall": float("nan"), **figures}


def _of_kind(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> tuple[float, float, float]:
    """Return how many are right, how far confidence and that lie apart, and how many of the surest are right."""
    if not len(right):
        return (float("nan"),) * 3
    surest = np.argsort(-confidence, kind="stable")[: round(SUREST * len(right))]
    return _mean(right), expected_calibration_error(confidence, right), _mean(right[surest])


def is_music(lesson: Lesson) -> NDArray[np.bool_]:
    """Return which stretches that were heard are of music, shape (n,)."""
    return np.array([track.item.label != NOT_MUSIC_LABEL for track in lesson.heard.tracks])


def _mean(right: NDArray[np.bool_]) -> float:
    return float(right.mean()) if len(right) else float("nan")


def _rounded_mean(figures: Sequence[float]) -> float | None:
    known = [figure for figure in figures if not np.isnan(figure)]
    return round(float(np.mean(known)), 4) if known else None
