"""What the metrics in model.json say, as values. They may come from elsewhere: what cannot be is left out."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from mgc_desktop.core.confusion import Confusion
from mgc_desktop.core.intervals import wilson
from mgc_desktop.core.model_info import LEFT_OUT, ModelInfo

_MOST = 60  # entries of a table; ours have a dozen
_MOST_LETTERS = 80
_SAME = 0.005  # two thresholds that lie so near are one
# Control characters, line ends of every kind, and what turns the direction of writing round.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+")


@dataclass(frozen=True, slots=True)
class Share:
    """A share of `n` tracks, 0..1. `n` is 0 and the ends of the 95 % interval are None where they are not known."""

    value: float
    n: int = 0
    low: float | None = None
    high: float | None = None

    @classmethod
    def of(cls, value: float, n: int) -> Share:
        """Return a share of `n` tracks with its Wilson interval."""
        return cls(value, n, *wilson(value * n, n)) if n else cls(value)


@dataclass(frozen=True, slots=True)
class Condition:
    """How often it is right where the sound is changed; `points` is the change against the clean sound, in points."""

    name: str
    right: Share
    points: float | None = None


@dataclass(frozen=True, slots=True)
class RiskPoint:
    """At this threshold: which share of tracks gets a verdict, and how many of these verdicts are right."""

    threshold: float
    coverage: float
    right: Share


@dataclass(frozen=True, slots=True)
class OtherMusic:
    """What it says of music whose genre it does not know."""

    given: Share  # that gets a genre all the same
    most: tuple[tuple[str, int], ...] = ()  # the genres that it gets, with their tracks
    wrong_of_own: float | None = None  # share of music of its own genres that gets a wrong genre, firmly


@dataclass(frozen=True, slots=True)
class LeftOut:
    """How often last layers are right that never heard the artist; the calibration error, and of the surest 60 %."""

    kind: str
    right: Share
    calibration_error: float | None = None
    surest: float | None = None


@dataclass(frozen=True, slots=True)
class Timing:
    """How long it takes for one window, and on what."""

    window_ms: float
    window_seconds: float
    threads: int
    device: str
    model_bytes: int  # of model.pt; 0: not said


@dataclass(frozen=True, slots=True)
class Figures:
    """What a model is worth on tracks that it had not learnt from; whatever was not measured is None or empty."""

    what: str  # protocol or split
    right: Share
    macro_f1: float | None = None
    macro_recall: float | None = None
    calibration_error: float | None = None
    error_by_chance: float | None = None  # calibration error of exact confidences on as many tracks
    given: RiskPoint | None = None  # at the threshold that it ships with
    recalls: tuple[tuple[str, Share], ...] = ()
    recalls_with_excerpts: tuple[tuple[str, Share], ...] = ()  # the same with short excerpts of further tracks
    confusion: Confusion | None = None
    refused_music: Share | None = None
    refused_other: Share | None = None  # of speech and noise
    kinds: tuple[tuple[str, Share], ...] = ()  # the same by kind
    sources: tuple[tuple[str, Share], ...] = ()
    conditions: tuple[Condition, ...] = ()
    risk: tuple[RiskPoint, ...] = ()
    other_music: OtherMusic | None = None
    timing: Timing | None = None
    left_out: tuple[LeftOut, ...] = ()

    @property
    def points(self) -> tuple[RiskPoint, ...]:
        """What is known at each threshold, the lowest first; the one that it ships with is among them."""
        given = self.given
        if given is None or any(abs(point.threshold - given.threshold) < _SAME for point in self.risk):
            return self.risk
        return tuple(sorted((*self.risk, given), key=lambda point: point.threshold))

    def ships_with(self, point: RiskPoint) -> bool:
        """Return whether this is the threshold that the model ships with."""
        return self.given is not None and abs(point.threshold - self.given.threshold) < _SAME

    def at(self, confidence: float) -> RiskPoint | None:
        """Return what is known of verdicts that are at least so confident: the nearest threshold below."""
        below = [point for point in self.points if point.threshold <= confidence and point.right.n > 0]
        return max(below, key=lambda point: point.threshold, default=None)


def figures_of(metrics: Mapping[str, Any], unsure: float = 0.0) -> Figures | None:
    """Return the figures on the test split, else the first that there are; None where there are none that can be.

    Parameters
    ----------
    unsure : float
        The threshold under which the model says *unsure*.
    """
    named = metrics_in_order(metrics)
    found = next((figures for name, said in named if (figures := _figures(name, said, unsure)) is not None), None)
    return replace(found, left_out=left_out_of(metrics)) if found is not None else None


def metrics_in_order(metrics: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return what there is with its name, the test split first: the others are in the order of model.json."""
    return sorted(metrics.items(), key=lambda item: item[0] != "test")


def left_out_of(metrics: Mapping[str, Any]) -> tuple[LeftOut, ...]:
    """Return what is said of last layers that never heard the artist; empty where nothing is that can be."""
    said = metrics.get(LEFT_OUT)
    return tuple(_left_out(said.get("kinds"))) if isinstance(said, Mapping) else ()


def confusion_of(info: ModelInfo | None) -> Confusion | None:
    """Return what a model took for what on tracks that it had not learnt from, where it says so."""
    figures = figures_of(info.metrics) if info is not None else None
    return figures.confusion if figures is not None else None


def _figures(name: str, said: Any, unsure: float) -> Figures | None:
    if not isinstance(said, Mapping):
        return None
    right = as_share(said)
    if right is None or right.low is None or not right.n:
        return None
    what = next((word for key in ("protocol", "split") if isinstance(word := said.get(key), str) and word), name)
    confusion = Confusion.from_json(said.get("confusion"))
    return Figures(
        clean(what),
        right,
        macro_f1=_part(said.get("macro_f1")),
        macro_recall=_part(said.get("macro_recall")),
        calibration_error=_part(said.get("ece")),
        error_by_chance=_by_chance(said.get("ece_by_chance")),
        given=_given(said.get("given"), unsure),
        recalls=tuple(_recalls(said.get("recall"), confusion)),
        recalls_with_excerpts=tuple(_named_shares(said.get("also"), "accuracy")),
        confusion=confusion,
        refused_music=_refused_music(said.get("refused_music"), right.n),
        refused_other=as_share(said.get("not_music"), "refused"),
        kinds=tuple(_named_shares(said.get("kinds"), "refused")),
        sources=tuple(_named_shares(said.get("sources"), "accuracy")),
        conditions=tuple(_conditions(said.get("conditions"))),
        risk=tuple(sorted(_risk(said.get("risk_coverage")), key=lambda point: point.threshold)),
        other_music=_other_music(said.get("other_music")),
        timing=_timing(said.get("timing")),
    )


def is_part(value: Any) -> bool:
    """Return whether a value is a number from 0 to 1."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and 0 <= value <= 1


def clean(text: object) -> str:
    """Return a name from elsewhere as one short line that shows nothing but letters."""
    line = printable(str(text))
    return line if len(line) <= _MOST_LETTERS else line[: _MOST_LETTERS - 1] + "…"


def printable(text: str) -> str:
    """Return a text from elsewhere as one line, without what steers how it is shown."""
    return " ".join(_UNPRINTABLE.sub(" ", text).split())


def as_share(said: Any, key: str = "accuracy") -> Share | None:
    """Return the share that an object gives under `key`, with its interval: its own, or the one of its `n`."""
    value = _part(said.get(key)) if isinstance(said, Mapping) else None
    if value is None:
        return None
    n, low, high = _count(said.get("n")), _part(said.get("low")), _part(said.get("high"))
    if low is None or high is None or not low <= value <= high:
        return Share.of(value, n)
    return Share(value, n, low, high)


def _part(value: Any) -> float | None:
    return float(value) if is_part(value) else None


def _by_chance(said: Any) -> float | None:
    return _part(said.get("mean")) if isinstance(said, Mapping) else None


def _count(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**9 else 0


def _entries(said: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(said, Mapping):
        for place, (name, value) in enumerate(said.items()):
            if place < _MOST:
                yield clean(name), value


def _named_shares(said: Any, key: str) -> Iterator[tuple[str, Share]]:
    for name, value in _entries(said):
        share = as_share(value, key)
        if share is not None:
            yield name, share


def _recalls(said: Any, confusion: Confusion | None) -> Iterator[tuple[str, Share]]:
    # A plain share says nothing of its tracks; the matrix of the same tracks does.
    counts = {label: confusion.tracks(row) for row, label in enumerate(confusion.labels)} if confusion else {}
    for label, value in _entries(said):
        if is_part(value):
            yield label, Share.of(float(value), counts.get(label, 0))


def _given(said: Any, unsure: float) -> RiskPoint | None:
    right = as_share(said)
    coverage = _part(said.get("coverage")) if isinstance(said, Mapping) else None
    return RiskPoint(unsure, coverage, right) if right is not None and coverage is not None else None


def _risk(said: Any) -> Iterator[RiskPoint]:
    for point in said[:_MOST] if isinstance(said, list | tuple) else ():
        right = as_share(point)
        if right is not None and is_part(point.get("threshold")) and is_part(point.get("coverage")):
            yield RiskPoint(float(point["threshold"]), float(point["coverage"]), right)


def _conditions(said: Any) -> Iterator[Condition]:
    for name, value in _entries(said):
        right = as_share(value)
        if right is not None:
            points = value.get("points")
            known = isinstance(points, int | float) and not isinstance(points, bool) and abs(points) <= 100
            yield Condition(name, right, float(points) if known else None)


def _left_out(said: Any) -> Iterator[LeftOut]:
    for kind, value in _entries(said):
        right = as_share(value)
        if right is not None:
            yield LeftOut(kind, right, _part(value.get("ece")), _part(value.get("surest")))


def _refused_music(said: Any, tracks: int) -> Share | None:
    share = _part(said.get("share")) if isinstance(said, Mapping) else None  # its n are those that were refused
    return Share.of(share, tracks) if share is not None else None


def _timing(said: Any) -> Timing | None:
    if not isinstance(said, Mapping):
        return None
    numbers = [said.get(key) for key in ("window_ms", "window_seconds")]
    if not all(isinstance(n, int | float) and not isinstance(n, bool) and 0 < n < 1e7 for n in numbers):
        return None
    window_ms, seconds = (float(n) for n in numbers if n is not None)
    threads, size = _count(said.get("threads")), _count(said.get("model_bytes"))
    return Timing(window_ms, seconds, threads, clean(said.get("device") or ""), size)


def _other_music(said: Any) -> OtherMusic | None:
    given = as_share(said, "given_share")
    if given is None:
        return None
    most = [(label, _count(number)) for label, number in _entries(said.get("most")) if _count(number)]
    most.sort(key=lambda pair: -pair[1])
    return OtherMusic(given, tuple(most), _part(said.get("in_genre_wrong_share")))
