"""What is said of two models: no more than the tracks can show."""

from __future__ import annotations

import pytest

from mgc_desktop.ui.models.comparison import Outcome, Score, compare, from_events


def score(name: str, accuracy: float, n: int = 125) -> Score:
    return Score(name, n, accuracy, max(0.0, accuracy - 0.08), min(1.0, accuracy + 0.07), accuracy - 0.02)


@pytest.mark.parametrize(
    ("new", "old", "n", "outcome", "recommended"),
    [
        (0.80, 0.55, 125, Outcome.BETTER, True),
        (0.50, 0.75, 125, Outcome.WORSE, False),
        (0.72, 0.66, 125, Outcome.NO_DIFFERENCE, True),
        (0.66, 0.72, 125, Outcome.NO_DIFFERENCE, False),
        (1.00, 0.67, 3, Outcome.NO_DIFFERENCE, True),
        (1.00, 0.00, 2, Outcome.NO_DIFFERENCE, True),
        (1.00, 0.00, 8, Outcome.BETTER, True),
        (0.72, 0.66, 5000, Outcome.BETTER, True),
    ],
)
def test_outcome(new: float, old: float, n: int, outcome: Outcome, recommended: bool) -> None:
    result = compare(score("new", new, n), score("old", old, n))
    assert result.outcome is outcome
    assert result.recommends_new is recommended


def test_sentences() -> None:
    better = compare(score("a", 0.8), score("b", 0.5)).sentence.replace("\N{NO-BREAK SPACE}", " ")
    assert better == "The new model is better: right on 80 % of 125 held-out tracks, the old on 50 %."
    assert compare(score("a", 0.5), score("b", 0.8)).sentence.startswith("The new model is worse")
    assert compare(score("a", 0.7), score("b", 0.7)).sentence.startswith("No difference can be told from 125 tracks")
    assert "125 tracks that it was not taught" in compare(score("a", 0.7), None).sentence


def test_the_words_of_the_training_process() -> None:
    figures = {"accuracy": 0.8, "low": 0.7, "high": 0.9, "macro_f1": 0.78}
    scores = {"new": {"name": "mine", **figures}, "old": {"name": "genres-1", **figures}}
    found = {"n": 60, **scores, "unknown_labels": ["fado"]}
    result = from_events({}, found, "mine")
    assert result is not None
    assert result.old is not None
    assert result.new.n == 60
    assert "never taught fado" in result.notes[0]


def test_no_comparison_is_no_comparison() -> None:
    figures = {"accuracy": 0.8, "low": 0.7, "high": 0.9, "macro_f1": 0.78, "n": 30}
    alone = from_events({"metrics": figures}, None, "mine")
    assert alone is not None
    assert (alone.outcome, alone.new.n, alone.recommends_new) == (Outcome.ALONE, 30, True)
    told = from_events({"metrics": figures}, {"error": "The old model is damaged."}, "mine")
    assert told is not None
    assert "The old model is damaged." in told.notes[0]
    assert from_events({"metrics": {}}, None, "mine") is None
