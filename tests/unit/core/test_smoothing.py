"""The headline that holds, and the probabilities under it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mgc_desktop.core.smoothing import VerdictSmoother
from mgc_desktop.core.values import Verdict, VerdictKind


def _verdict(kind: VerdictKind = VerdictKind.GENRE, **probabilities: float) -> Verdict:
    first, second = sorted(probabilities, key=lambda label: -probabilities[label])[:2]
    if kind is VerdictKind.SILENCE:
        return Verdict(kind, None, 0.0, None, 0.0, dict.fromkeys(probabilities, 0.0), "m", "too quiet")
    return Verdict(kind, first, probabilities[first], second, probabilities[second], probabilities, "m")


@given(
    rows=st.lists(st.lists(st.floats(0, 1), min_size=3, max_size=3).filter(lambda row: sum(row) > 0), min_size=1),
)
def test_averages_are_probabilities(rows: list[list[float]]) -> None:
    smoother = VerdictSmoother()
    for index, row in enumerate(rows):
        averaged = smoother.average(np.array(row) / sum(row), 0.5 * index)
        assert averaged.sum() == pytest.approx(1.0)
        assert np.all(averaged >= 0)


def test_the_first_window_counts_fully_and_a_change_comes_through_in_time() -> None:
    smoother = VerdictSmoother(time_constant=2.0)
    before, after = np.array([0.9, 0.1]), np.array([0.1, 0.9])
    np.testing.assert_allclose(smoother.average(before, 0.0), before)
    shares = [smoother.average(after, 0.5 * step)[1] for step in range(1, 21)]
    assert shares == sorted(shares)
    assert shares[0] < 0.5 < shares[3]
    assert shares[-1] == pytest.approx(0.9, abs=0.01)


def test_independent_labels_are_not_made_to_add_up() -> None:
    smoother = VerdictSmoother()
    averaged = smoother.average(np.array([0.9, 0.8]), 0.0, normalised=False)
    np.testing.assert_allclose(averaged, [0.9, 0.8])


def test_a_headline_that_wins_for_a_moment_is_not_shown() -> None:
    smoother = VerdictSmoother(hold_seconds=1.2)
    assert smoother.hold(_verdict(rock=0.6, metal=0.4), 0.0).label == "rock"
    held = smoother.hold(_verdict(rock=0.45, metal=0.55), 0.5)
    assert (held.label, held.confidence) == ("rock", 0.45)
    assert (held.runner_up, held.runner_up_confidence) == ("metal", 0.55)
    assert smoother.hold(_verdict(rock=0.55, metal=0.45), 1.0).label == "rock"
    assert smoother.hold(_verdict(rock=0.45, metal=0.55), 1.5).label == "rock"  # counts anew
    assert smoother.hold(_verdict(rock=0.45, metal=0.55), 2.5).label == "rock"


def test_a_headline_that_lasts_is_shown() -> None:
    smoother = VerdictSmoother(hold_seconds=1.2)
    smoother.hold(_verdict(rock=0.6, metal=0.4), 0.0)
    shown = [smoother.hold(_verdict(rock=0.4, metal=0.6), 0.5 * step).label for step in range(1, 6)]
    assert shown == ["rock", "rock", "rock", "metal", "metal"]


def test_the_numbers_move_under_a_headline_that_stays() -> None:
    smoother = VerdictSmoother()
    smoother.hold(_verdict(rock=0.6, metal=0.4), 0.0)
    assert smoother.hold(_verdict(rock=0.7, metal=0.3), 0.5).confidence == 0.7


def test_unsure_does_not_flicker_either() -> None:
    smoother = VerdictSmoother(hold_seconds=1.2)
    smoother.hold(_verdict(rock=0.6, metal=0.4), 0.0)
    held = smoother.hold(_verdict(VerdictKind.UNSURE, rock=0.49, metal=0.41), 0.5)
    assert (held.kind, held.label, held.confidence) == (VerdictKind.GENRE, "rock", 0.49)


def test_silence_is_shown_at_once_and_so_is_what_follows() -> None:
    smoother = VerdictSmoother()
    smoother.hold(_verdict(rock=0.6, metal=0.4), 0.0)
    assert smoother.hold(_verdict(VerdictKind.SILENCE, rock=0.0, metal=0.0), 0.5).kind is VerdictKind.SILENCE
    assert smoother.hold(_verdict(rock=0.4, metal=0.6), 1.0).label == "metal"


def test_a_model_with_other_labels_shows_its_own_at_once() -> None:
    smoother = VerdictSmoother()
    smoother.hold(_verdict(rock=0.6, metal=0.4), 0.0)
    assert smoother.hold(_verdict(techno=0.6, house=0.4), 0.5).label == "techno"


def test_a_headline_that_wins_no_more_gives_way_though_its_rivals_take_turns() -> None:
    smoother = VerdictSmoother(hold_seconds=1.2)
    smoother.hold(_verdict(rock=0.6, metal=0.4, pop=0.0), 0.0)
    rivals = [_verdict(rock=0.2, metal=0.5, pop=0.3), _verdict(rock=0.2, metal=0.3, pop=0.5)]
    shown = [smoother.hold(rivals[step % 2], 0.5 * step).label for step in range(1, 8)]
    assert shown[:4] == ["rock"] * 4
    assert "rock" not in shown[5:]
