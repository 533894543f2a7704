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


@pytest.mark.parametrize(
    ("verdict", "outcome", "start"),
    [
        ("better", Outcome.BETTER, "The new model is better"),
        ("worse", Outcome.WORSE, "The new model is worse"),
        ("no clear difference", Outcome.NO_DIFFERENCE, "No difference can be told"),
    ],
)
def test_a_test_over_the_same_tracks_decides(verdict: str, outcome: Outcome, start: str) -> None:
    shares = {"better": (0.8, 0.7), "worse": (0.7, 0.8), "no clear difference": (0.2, 0.9)}[verdict]
    scores = [{"accuracy": share, "low": 0.1, "high": 0.95, "macro_f1": 0.5} for share in shares]
    found = {"n": 60, "new": scores[0], "old": scores[1], "verdict": verdict, "sentence": "So it is: of 60 tracks, 9."}
    result = from_events({}, {**found, "remembered": {"n": 111, "new": 0.73, "old": 0.74}}, "mine")
    assert result is not None
    assert result.outcome is outcome
    assert result.sentence.startswith(start)
    assert result.notes[0] == "Of 60 tracks, 9."
    assert "111 tracks of the old genres" in result.notes[1]
    assert result.recommends_new is (verdict == "better")


def test_a_handful_of_tracks_is_named_as_such() -> None:
    sentence = compare(score("a", 2 / 3, 3), score("b", 1 / 3, 3)).sentence
    assert sentence == "3 tracks: too few to tell. The new model is right on 2 of them, the one in use on 1."
    assert compare(score("a", 1.0, 1), score("b", 0.0, 1)).sentence.startswith("1 track: too few to tell.")


def test_no_comparison_is_no_comparison() -> None:
    figures = {"accuracy": 0.8, "low": 0.7, "high": 0.9, "macro_f1": 0.78, "n": 30}
    alone = from_events({"metrics": figures}, None, "mine")
    assert alone is not None
    assert (alone.outcome, alone.new.n, alone.recommends_new) == (Outcome.ALONE, 30, True)
    told = from_events({"metrics": figures}, {"error": "The old model is damaged."}, "mine")
    assert told is not None
    assert "The old model is damaged." in told.notes[0]
    assert from_events({"metrics": {}}, None, "mine") is None
