"""The numbers of the last minute, and the hop that a slow model gets."""

from __future__ import annotations

import pytest

from mgc_desktop.engine.live_statistics import HOP_SECONDS, LONGEST_HOP_SECONDS, HopPace, LiveStatistics


def test_the_numbers_are_those_of_the_last_minute() -> None:
    statistics = LiveStatistics()
    statistics.judged(0.0, 5000.0, 5000.0)
    for second in range(100, 160):
        statistics.judged(float(second), 40.0 + second % 2, 20.0)
    statistics.dropped = 3
    numbers = statistics.numbers(159.0, 0.5, 2, "cpu")
    assert numbers.verdict_ms == pytest.approx((40.5, 41.0))
    assert numbers.inference_ms == (20.0, 20.0)
    assert (numbers.windows, numbers.dropped, numbers.overruns, numbers.device) == (61, 3, 2, "cpu")


def test_nothing_judged_is_zero() -> None:
    numbers = LiveStatistics().numbers(1.0, 0.5, 0, "")
    assert numbers.verdict_ms == numbers.inference_ms == (0.0, 0.0)


def test_they_are_told_once_a_second() -> None:
    statistics = LiveStatistics()
    assert [statistics.due(0.25 * step) for step in range(9)] == [True, False, False, False] * 2 + [True]


def test_the_hop_doubles_while_the_model_is_late_and_comes_back() -> None:
    pace = HopPace()
    pace.late()
    assert not pace.is_slow  # once is no time
    pace.late()
    assert pace.seconds == 2 * HOP_SECONDS
    for _ in range(20):
        pace.late()
    assert pace.seconds == LONGEST_HOP_SECONDS
    for _ in range(30):
        pace.answered(0.02)
    assert pace.seconds == HOP_SECONDS
    assert not pace.is_slow


def test_an_answer_that_would_be_too_late_for_a_shorter_hop_keeps_the_longer_one() -> None:
    pace = HopPace()
    pace.late()
    pace.late()
    for _ in range(50):
        pace.answered(0.45)
    assert pace.seconds == 2 * HOP_SECONDS
