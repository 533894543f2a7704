"""Two models on the same held-out tracks: what can be said of them, and what cannot. No Qt."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

_Z = 1.96  # 95 %


class Outcome(Enum):
    BETTER = auto()
    WORSE = auto()
    NO_DIFFERENCE = auto()  # none that this many tracks can show
    ALONE = auto()  # there is nothing to compare with


@dataclass(frozen=True, slots=True)
class Score:
    """A model on `n` tracks. `low` and `high` are the 95 % interval of `accuracy`; all are shares, 0..1."""

    name: str
    n: int
    accuracy: float
    low: float
    high: float
    macro_f1: float

    @classmethod
    def from_json(cls, data: Mapping[str, Any], n: int = 0, name: str = "") -> Score | None:
        """Return the score in a JSON object of the training process, or None where it holds none."""
        try:
            return cls(
                str(data.get("name") or name),
                int(data.get("n") or n),
                float(data["accuracy"]),
                float(data["low"]),
                float(data["high"]),
                float(data["macro_f1"]),
            )
        except (KeyError, TypeError, ValueError):
            return None


@dataclass(frozen=True, slots=True)
class Comparison:
    new: Score
    old: Score | None
    outcome: Outcome
    sentence: str
    notes: tuple[str, ...] = ()

    @property
    def recommends_new(self) -> bool:
        """Whether "Use it" is what most people would want: the new one is not behind."""
        return self.new.n > 0 and (self.old is None or self._not_behind(self.old))

    def _not_behind(self, old: Score) -> bool:
        return self.outcome is not Outcome.WORSE and self.new.accuracy >= old.accuracy


def _points(share: float) -> str:
    return f"{100 * share:.0f}\N{NO-BREAK SPACE}%"


def difference_shows(new: Score, old: Score) -> bool:
    """Return whether `n` tracks can tell the two apart, at 95 %.

    The two are treated as if tried on different tracks: on the same tracks the test is then cautious, since what is
    hard for one is mostly hard for the other. One right and one wrong track are added to each, which keeps the
    interval honest for few tracks and for shares near 0 and 1 (Agresti and Caffo 2000).
    """
    if min(new.n, old.n) <= 0:
        return False
    shares = [((score.accuracy * score.n + 1) / (score.n + 2), score.n + 2) for score in (new, old)]
    spread = math.sqrt(sum(share * (1 - share) / n for share, n in shares))
    return abs(shares[0][0] - shares[1][0]) > _Z * spread


def compare(new: Score, old: Score | None, unknown: tuple[str, ...] = ()) -> Comparison:
    """Say in one sentence how the new model stands to the old.

    Parameters
    ----------
    unknown : tuple of str
        Labels of the held-out tracks that the old model cannot say.
    """
    if not new.n:
        sentence = "No track could be held out, so how good the new model is cannot be said: add tracks to know."
        return Comparison(new, None, Outcome.ALONE, sentence)
    if old is None:
        sentence = f"The new model is right on {_points(new.accuracy)} of {new.n} tracks that it was not taught."
        return Comparison(new, None, Outcome.ALONE, sentence)
    mine, theirs = _points(new.accuracy), _points(old.accuracy)
    if not difference_shows(new, old):
        sentence = f"No difference can be told from {new.n} tracks: the new is right on {mine}, the old on {theirs}."
        outcome = Outcome.NO_DIFFERENCE
    else:
        outcome = Outcome.BETTER if new.accuracy > old.accuracy else Outcome.WORSE
        word = "better" if outcome is Outcome.BETTER else "worse"
        sentence = f"The new model is {word}: right on {mine} of {new.n} held-out tracks, the old on {theirs}."
    notes = []
    if unknown:
        names = ", ".join(unknown)
        notes.append(f"The model in use was never taught {names}: tracks of these count as wrong for it.")
    return Comparison(new, old, outcome, sentence, tuple(notes))


def from_events(done: Mapping[str, Any], comparison: Mapping[str, Any] | None, name: str) -> Comparison | None:
    """Return the comparison in what the training process said last, or None where it gave no score."""
    found = comparison or {}
    n = int(found.get("n") or 0)
    metrics = done.get("metrics") or {}
    new = Score.from_json(found.get("new") or metrics, n or int(metrics.get("n") or 0), name)
    if new is None:
        return None
    old = Score.from_json(found["old"], n) if found.get("old") else None
    result = compare(new, old, tuple(str(label) for label in found.get("unknown_labels") or ()))
    if old is None and found.get("error"):
        note = f"It could not be compared with the model in use: {found['error']}"
        return Comparison(result.new, None, result.outcome, result.sentence, (note,))
    return result
