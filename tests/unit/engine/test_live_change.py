"""When the newest seconds are something else than what was before."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from mgc_desktop.engine.live_change import ChangeWatch, divergence

Probabilities = NDArray[np.float64]
_ROCK, _JAZZ = np.array([0.9, 0.05, 0.05]), np.array([0.05, 0.9, 0.05])


def test_the_divergence_is_between_nothing_and_one_bit() -> None:
    assert divergence(_ROCK, _ROCK) == pytest.approx(0.0)
    assert divergence(np.array([1.0, 0.0]), np.array([0.0, 1.0])) == pytest.approx(1.0)
    assert divergence(_ROCK, _JAZZ) == pytest.approx(divergence(_JAZZ, _ROCK))
    assert divergence(10 * _ROCK, _JAZZ) == pytest.approx(divergence(_ROCK, _JAZZ))  # labels that are independent


def _glances(glances: list[Probabilities], *, hop: float = 0.5, window: Probabilities = _ROCK) -> list[bool]:
    """Listen to ten seconds of `window`, then take the glances; return whether each says that something else plays."""
    watch = ChangeWatch()
    for step in range(round(10.0 / hop)):
        watch.remember(window, hop * step)
        assert not watch.has_changed(window, hop * step)
    said = []
    for step, glance in enumerate(glances):
        # The whole window turns to what is new, more and more.
        mixed = window + (glance - window) * min(1.0, step / 8.0)
        watch.remember(mixed, 10.0 + hop * step)
        said.append(watch.has_changed(glance, 10.0 + hop * step))
    return said


def test_a_disagreement_has_to_last() -> None:
    assert _glances([_JAZZ] * 5) == [False, False, False, True, True]


def test_it_is_with_what_was_before_and_not_with_what_is_half_new() -> None:
    doubts = np.array([0.2, 0.4, 0.4])
    assert not any(_glances([doubts] * 3))
    assert _glances([doubts] * 3 + [_JAZZ] * 10)[-1]


def test_one_glance_that_agrees_begins_the_count_anew() -> None:
    assert not any(_glances([_JAZZ, _JAZZ, _JAZZ, _ROCK, _JAZZ, _JAZZ, _JAZZ]))


def test_doubts_are_no_change() -> None:
    assert not any(_glances([np.array([0.3, 0.4, 0.3])] * 20))


def test_long_hops_need_no_more_sound_than_short_ones() -> None:
    assert _glances([_JAZZ] * 2, hop=4.0) == [False, True]


def test_another_model_has_nothing_to_compare_with() -> None:
    watch = ChangeWatch()
    watch.remember(_ROCK, 0.0)
    watch.remember(np.array([0.5, 0.5]), 5.0)
    assert not watch.has_changed(np.array([0.9, 0.1]), 5.0)


def test_without_a_past_nothing_has_changed() -> None:
    assert not ChangeWatch().has_changed(_ROCK, 1.0)


def test_short_windows_need_no_glance() -> None:
    watch = ChangeWatch()
    assert not watch.wants(5.0)
    assert watch.wants(20.0)
