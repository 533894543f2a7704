"""Which stretches of a track are heard."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mgc_desktop.core.windows import WindowRequest, window_starts


@given(st.floats(0.01, 1e5), st.floats(0.1, 60), st.integers(1, 20))
def test_windows_lie_in_order_within_the_track(duration: float, window: float, count: int) -> None:
    starts = window_starts(duration, window, count)
    assert 1 <= len(starts) <= count
    assert starts == sorted(starts)
    assert starts[0] >= 0
    assert starts[-1] <= max(0.0, duration - window)
    if duration >= count * window:
        assert len(starts) == count
        assert all(b - a >= window * (1 - 1e-9) for a, b in itertools.pairwise(starts))


def test_window_centres_cut_the_track_into_equal_parts() -> None:
    assert window_starts(240.0, 30.0, 3) == [25.0, 105.0, 185.0]
    assert window_starts(29.0, 29.12, 3) == [0.0]
    assert window_starts(40.0, 30.0, 3) == [5.0]


REQUEST = WindowRequest(12_000, 29.12, 14.56, 3, 1.0)


@pytest.mark.parametrize("duration", [2.0, 29.0, 30.0, 43.0])
def test_a_short_track_is_heard_in_one_long_window(duration: float) -> None:
    ((start, length),) = REQUEST.places(duration)
    assert length == min(duration, 29.12)
    assert start == pytest.approx((duration - length) / 2)


@pytest.mark.parametrize("duration", [44.0, 60.0, 240.0, 7200.0])
def test_a_long_track_is_heard_in_three_places(duration: float) -> None:
    places = REQUEST.places(duration)
    assert [length for _, length in places] == [14.56] * 3
    assert [start + 7.28 for start, _ in places] == pytest.approx([duration / 6, duration / 2, duration * 5 / 6])
