"""Rate and time left, against a clock that the test moves."""

from __future__ import annotations

import pytest

from mgc_desktop.engine.pace import Pace


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_no_rate_is_said_before_it_can_be_known() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.restart(0)
    clock.now += 0.5
    assert pace.rate(10) is None
    clock.now += 1.0
    assert pace.rate(0) is None


def test_rate_and_time_left() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.restart(0)
    for done in range(1, 101):
        clock.now += 0.1
        pace.mark(done)
    assert pace.rate(100) == pytest.approx(10.0)
    assert pace.seconds_left(100, 300) == pytest.approx(20.0)


def test_the_far_past_is_forgotten() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.restart(0)
    for done in range(100):  # one a second
        clock.now += 1.0
        pace.mark(done)
    for done in range(100, 300):  # ten a second
        clock.now += 0.1
        pace.mark(done)
    rate = pace.rate(299)
    assert rate is not None
    assert rate == pytest.approx(10.0, rel=0.1)


def test_a_pause_does_not_count() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.restart(0)
    clock.now += 2.0
    pace.mark(20)
    clock.now += 1000.0
    pace.restart(20)
    clock.now += 2.0
    assert pace.rate(40) == pytest.approx(10.0)


def test_reports_are_due_ten_times_a_second() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.restart(0)
    due = 0
    for _ in range(1000):
        clock.now += 0.001
        due += pace.due()
    assert 9 <= due <= 11
