"""Which seconds are played to a person who has to decide."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mgc_desktop.core.values import WindowScores
from mgc_desktop.engine.telling import TELLING_SECONDS, TellingPart, telling_part


def timeline(*scores: tuple[float, float], length: float = 14.5) -> list[WindowScores]:
    """Return a window every 40 s with the probabilities of rock and metal."""
    return [
        WindowScores(40.0 * place, 40.0 * place + length, {"rock": rock, "metal": metal, "pop": 1 - rock - metal})
        for place, (rock, metal) in enumerate(scores)
    ]


def test_the_window_that_best_separates_the_rivals_is_played() -> None:
    part = telling_part(timeline((0.4, 0.35), (0.45, 0.4), (0.7, 0.1)), "rock", "metal", 120.0)
    assert part == TellingPart(80 + 7.25 - 4, 80 + 7.25 + 4)
    assert part.seconds == TELLING_SECONDS


def test_a_window_that_speaks_for_the_rival_tells_as_much() -> None:
    assert telling_part(timeline((0.1, 0.8), (0.5, 0.4), (0.5, 0.3)), "rock", "metal", 120.0).start == 3.25


def test_of_equal_windows_the_one_in_the_middle_is_played() -> None:
    assert telling_part(timeline((0.5, 0.3), (0.5, 0.3), (0.5, 0.3)), "rock", "metal", 95.0).start == 43.25


def test_without_a_rival_the_surest_window_is_played() -> None:
    assert telling_part(timeline((0.2, 0.3), (0.3, 0.3), (0.6, 0.1)), "rock", None, 120.0).start == 83.25


@pytest.mark.parametrize(
    ("windows", "duration", "start", "end"),
    [
        (timeline((0.5, 0.4), length=29.12), 240.0, 116.0, 124.0),  # one window: the middle of the track
        ([], 60.0, 26.0, 34.0),
        (timeline((0.5, 0.4), length=5.0), 5.0, 0.0, 5.0),  # shorter than what is wanted: all of it
        ([], None, 0.0, 0.0),
    ],
)
def test_the_middle_is_played_where_there_is_nothing_to_choose(
    windows: list[WindowScores], duration: float | None, start: float, end: float
) -> None:
    assert telling_part(windows, "rock", "metal", duration) == TellingPart(start, end)


_SPAN = st.tuples(st.floats(0, 3600), st.floats(0.1, 60), st.floats(0, 1), st.floats(0, 1))


@given(st.lists(_SPAN, max_size=6), st.none() | st.floats(0, 4000), st.floats(0.5, 30))
def test_the_part_lies_within_the_track(
    spans: list[tuple[float, float, float, float]], duration: float | None, seconds: float
) -> None:
    windows = [WindowScores(at, at + length, {"a": a, "b": b}) for at, length, a, b in spans]
    part = telling_part(windows, "a", "b", duration, seconds)
    assert 0 <= part.start <= part.end <= max([duration or 0, *(window.end for window in windows)])
    assert part.seconds <= seconds + 1e-6
