"""Which of two models is better, and whether it can be said at all."""

from __future__ import annotations

import pytest

from training.versus import judged


@pytest.mark.parametrize(
    ("won", "lost", "both", "verdict"),
    [
        (20, 5, 50, "better"),
        (5, 20, 50, "worse"),
        (12, 9, 50, "no clear difference"),
        (0, 0, 50, "no clear difference"),
        (7, 0, 0, "no clear difference"),
    ],
)
def test_only_a_clear_difference_is_called_one(won: int, lost: int, both: int, verdict: str) -> None:
    new = [True] * won + [False] * lost + [True] * both
    old = [False] * won + [True] * lost + [True] * both
    said, sentence = judged(new, old)
    assert said == verdict
    if won + lost + both < 10:
        assert "too few" in sentence
    else:
        assert f"{won} are right only now and {lost} were right only before" in sentence
