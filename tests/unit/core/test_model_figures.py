"""What is taken from the metrics of a model, and what is left."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mgc_desktop.core.confusion import Confusion
from mgc_desktop.core.intervals import wilson
from mgc_desktop.core.model_figures import clean, figures_of
from tests.model_figures import CONFUSION, FULL

OLD = {"test": {"split": "test", "n": 125, "accuracy": 0.6, "low": 0.51, "high": 0.68, "recall": {"jazz": 0.65}}}

anything = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**10) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*FULL, "n", "accuracy"]), inner, max_size=4)
    ),
    max_leaves=12,
)


def test_the_interval_of_a_share() -> None:
    assert wilson(75, 125) == pytest.approx((0.5124, 0.6817), abs=1e-4)
    assert wilson(10, 10)[1] == pytest.approx(1.0)
    assert wilson(0, 0) == (0.0, 1.0)


def test_all_that_a_model_says_is_taken() -> None:
    figures = figures_of({"valid": {"n": 3}, "test": FULL}, 0.6)
    assert figures is not None
    assert (figures.what, figures.right.n) == ("test", 43)
    assert (figures.calibration_error, figures.error_by_chance) == (0.043, 0.031)
    assert figures.right.low == pytest.approx(0.6907)
    assert figures.given is not None
    assert (figures.given.threshold, figures.given.coverage) == (0.6, 0.7)
    recalls = dict(figures.recalls)
    assert recalls["pop"].n == 17  # by the matrix of the same tracks
    assert recalls["pop"].low == pytest.approx(wilson(12, 17)[0], abs=1e-3)
    assert figures.refused_music is not None
    assert figures.refused_music.n == 43  # of all music, not of what was refused
    assert figures.confusion is not None
    assert figures.confusion.taken_for("rock") == (("pop", 5), ("jazz", 1))
    assert [name for name, _ in figures.sources] == ["gtzan", "emotify"]
    assert [(one.name, one.points) for one in figures.conditions] == [("microphone", -7.0), ("window-5s", 0.0)]
    assert figures.other_music is not None
    assert figures.other_music.most[0] == ("pop", 5)
    assert figures.timing is not None
    assert figures.timing.threads == 2
    assert dict(figures.recalls_with_excerpts)["jazz"].n == 40


def test_what_is_known_with_artists_left_out() -> None:
    kinds: dict[str, object] = {
        "whole": {"n": 571, "accuracy": 0.743, "low": 0.705, "high": 0.777, "ece": 0.035, "surest": 0.897},
        "5 s": {"n": 571, "accuracy": 0.665},
        "worn": {"accuracy": 7},
        "10 s": "much",
    }
    figures = figures_of({"left_out": {"n": 571, "kinds": kinds}, "test": FULL}, 0.6)
    assert figures is not None
    assert figures.what == "test"
    whole, short = figures.left_out
    assert (whole.kind, whole.right.n, whole.calibration_error, whole.surest) == ("whole", 571, 0.035, 0.897)
    assert (short.kind, short.calibration_error, short.surest) == ("5 s", None, None)
    nothings: list[object] = [{}, {"kinds": []}, [], "x", None]
    for nothing in nothings:
        found = figures_of({"left_out": nothing, "test": FULL})
        assert found is not None
        assert found.left_out == ()
    assert figures_of({"left_out": {"n": 571, "kinds": kinds}}) is None  # beside what was held out, not in its place


def test_a_model_of_before_says_less() -> None:
    figures = figures_of(OLD, 0.5)
    assert figures is not None
    assert dict(figures.recalls)["jazz"].low is None
    assert [figures.confusion, figures.timing, figures.other_music, figures.given] == [None] * 4
    assert not any([figures.risk, figures.sources, figures.conditions, figures.kinds])
    assert figures_of({}) is None


@pytest.mark.parametrize(("confidence", "threshold"), [(0.29, None), (0.3, 0.3), (0.79, 0.6), (0.99, 0.8)])
def test_a_confidence_is_looked_up_at_the_threshold_below(confidence: float, threshold: float | None) -> None:
    figures = figures_of({"test": FULL}, 0.6)
    assert figures is not None
    point = figures.at(confidence)
    assert (point.threshold if point is not None else None) == threshold


def test_the_shipped_threshold_is_among_the_others() -> None:
    for threshold, thresholds in ((0.6, [0.3, 0.6, 0.8]), (0.55, [0.3, 0.55, 0.6, 0.8])):
        figures = figures_of({"test": FULL}, threshold)
        assert figures is not None
        assert [point.threshold for point in figures.points] == thresholds
        assert [point.threshold for point in figures.points if figures.ships_with(point)] == [threshold]


def test_without_a_table_the_shipped_threshold_is_what_is_known() -> None:
    figures = figures_of({"test": OLD["test"] | {"given": {"n": 89, "coverage": 0.71, "accuracy": 0.69}}}, 0.5)
    assert figures is not None
    assert figures.at(0.49) is None
    point = figures.at(0.9)
    assert point is not None
    assert (point.threshold, point.right.n) == (0.5, 89)


@given(anything, anything)
def test_nothing_that_a_stranger_says_does_harm(one: Any, other: Any) -> None:
    said = FULL | (one if isinstance(one, dict) else {}) | {"confusion": other}
    figures = figures_of({"test": said}, 0.6)
    assert figures is None or (0 <= figures.right.value <= 1 and figures.right.n > 0)
    figures_of({"test": one, "other": other})


@pytest.mark.parametrize(
    "change",
    [
        {"labels": ["jazz"]},
        {"labels": ["jazz", "jazz", "rock", "_not_music"]},
        {"counts": [[1, 2]] * 4},
        {"counts": [[-1, 0, 0, 0]] * 4},
        {"counts": [[0.5, 0, 0, 0]] * 4},
        {"counts": None},
    ],
)
def test_a_matrix_that_cannot_be_is_none(change: dict[str, Any]) -> None:
    assert Confusion.from_json(CONFUSION | change) is None


def test_names_from_elsewhere_are_one_short_line() -> None:
    assert clean("a\n\u202eb\x1b[2J  c") == "a b [2J c"
    assert len(clean("x" * 1000)) == 80
