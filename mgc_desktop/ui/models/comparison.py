"""Two models on the same held-out tracks: what can be said of them, and what cannot. No Qt."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Any

FEW_TO_TELL = 10  # tracks: on fewer, no test can tell two models apart
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


def compare(
    new: Score, old: Score | None, unknown: tuple[str, ...] = (), paired: tuple[Outcome, str] | None = None
) -> Comparison:
    """Say in one sentence how the new model stands to the old.

    Parameters
    ----------
    unknown : tuple of str
        Labels of the held-out tracks that the old model cannot say.
    paired : tuple of Outcome and str, optional
        What a test over the same tracks came to, and its sentence; else the scores alone are compared.
    """
    if not new.n:
        sentence = "No track could be held out, so how good the new model is cannot be said: add tracks to know."
        return Comparison(new, None, Outcome.ALONE, sentence)
    if old is None:
        sentence = f"The new model is right on {_points(new.accuracy)} of {new.n} tracks that it was not taught."
        return Comparison(new, None, Outcome.ALONE, sentence)
    outcome = paired[0] if paired is not None else _by_scores(new, old)
    notes = [paired[1]] if paired is not None and paired[1] else []
    if unknown:
        names = ", ".join(unknown)
        notes.append(f"The model in use was never taught {names}: tracks of these count as wrong for it.")
    return Comparison(new, old, outcome, _sentence(new, old, outcome), tuple(notes))


def _by_scores(new: Score, old: Score) -> Outcome:
    if not difference_shows(new, old):
        return Outcome.NO_DIFFERENCE
    return Outcome.BETTER if new.accuracy > old.accuracy else Outcome.WORSE


def _sentence(new: Score, old: Score, outcome: Outcome) -> str:
    if outcome is Outcome.NO_DIFFERENCE and new.n < FEW_TO_TELL:
        right = [round(score.accuracy * new.n) for score in (new, old)]
        tracks = f"{new.n} {'track' if new.n == 1 else 'tracks'}"
        return f"{tracks}: too few to tell. The new model is right on {right[0]} of them, the one in use on {right[1]}."
    mine, theirs = _points(new.accuracy), _points(old.accuracy)
    if outcome is Outcome.NO_DIFFERENCE:
        return f"No difference can be told from {new.n} tracks: the new is right on {mine}, the old on {theirs}."
    word = "better" if outcome is Outcome.BETTER else "worse"
    return f"The new model is {word}: right on {mine} of {new.n} held-out tracks, the old on {theirs}."


def from_events(done: Mapping[str, Any], comparison: Mapping[str, Any] | None, name: str) -> Comparison | None:
    """Return the comparison in what the training process said last, or None where it gave no score."""
    found = comparison or {}
    n = int(found.get("n") or 0)
    metrics = done.get("metrics") or {}
    new = Score.from_json(found.get("new") or metrics, n or int(metrics.get("n") or 0), name)
    if new is None:
        return None
    old = Score.from_json(found["old"], n) if found.get("old") else None
    unknown = tuple(str(label) for label in found.get("unknown_labels") or ())
    result = compare(new, old, unknown, _paired(found))
    result = replace(result, notes=(*result.notes, *_remembered(found.get("remembered"))))
    if old is None and found.get("error"):
        note = f"It could not be compared with the model in use: {found['error']}"
        return replace(result, notes=(*result.notes, note))
    return result


_VERDICTS = {"better": Outcome.BETTER, "worse": Outcome.WORSE, "no clear difference": Outcome.NO_DIFFERENCE}


def _paired(found: Mapping[str, Any]) -> tuple[Outcome, str] | None:
    outcome = _VERDICTS.get(str(found.get("verdict")))
    if outcome is None:
        return None
    # What it comes to is said in our own words: here, what it was judged by.
    reason = str(found.get("sentence") or "").partition(": ")[2]
    return outcome, reason[:1].upper() + reason[1:]


def _remembered(found: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Return what a quick run says of the tracks that the model in use was once tried on."""
    try:
        n, new, old = int((found or {})["n"]), float((found or {})["new"]), float((found or {})["old"])
    except (KeyError, TypeError, ValueError):
        return ()
    return (
        f"Of {n} tracks of the old genres that it remembers, it is right on {_points(new)}; before, {_points(old)}.",
    )
