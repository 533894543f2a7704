"""Even motion from sound that arrives in bursts."""

from __future__ import annotations

import numpy as np
import pytest

from mgc_desktop.ui.live.playhead import Playhead, steps_due

_RATE = 44_100  # Hz
_FRAME = 1 / 60  # s


def _scroll(burst: float, seconds: float, jitter: float = 0.0, drift: float = 1.0) -> tuple[list[int], list[float]]:
    """Return the columns of each frame of the display and how far it was behind, s, at one column a frame."""
    playhead = Playhead(_RATE)
    rng = np.random.default_rng(0)
    hop, step = _RATE / 60, 0
    moves, behind = [], []
    for frame in range(round(seconds * 60)):
        now = frame * _FRAME + rng.uniform(-jitter, jitter)
        recorded = int(now * drift // burst * burst * _RATE) if now > 0 else 0
        place = playhead.advance(now, recorded)
        assert place <= recorded
        due = steps_due(place / hop - step, 1.0)
        step += due
        moves.append(due)
        behind.append(now - step * hop / _RATE)
    return moves, behind


@pytest.mark.parametrize("burst", [0.001, 0.017, 0.05, 0.1])
def test_once_settled_every_frame_moves_by_one_column(burst: float) -> None:
    moves, behind = _scroll(burst, 20.0, jitter=0.001)
    settled = moves[600:]
    assert settled.count(1) >= 0.99 * len(settled)
    assert max(behind[600:]) < burst + 0.08


def test_a_sound_card_whose_clock_is_off_is_followed() -> None:
    moves, behind = _scroll(0.017, 60.0, drift=1.0005)
    assert sum(moves[600:]) / len(moves[600:]) == pytest.approx(1.0005, abs=0.001)
    assert max(behind[600:]) < 0.1


def test_after_a_pause_it_is_where_the_sound_is() -> None:
    playhead = Playhead(_RATE)
    playhead.advance(0.0, 0)
    assert playhead.advance(10.0, 10 * _RATE) == 10 * _RATE


def test_it_waits_where_nothing_arrives_and_never_goes_back() -> None:
    playhead = Playhead(_RATE)
    places = [playhead.advance(frame * _FRAME, min(frame, 60) * 735) for frame in range(200)]
    assert places == sorted(places)
    assert places[-1] == 60 * 735


@pytest.mark.parametrize(
    ("behind", "usual", "steps"),
    [(0.3, 1.0, 1), (1.7, 1.0, 1), (0.2, 1.0, 0), (1.8, 1.0, 2), (-3.0, 1.0, 0), (300.2, 1.0, 300), (1.4, 1.25, 1)],
)
def test_steps(behind: float, usual: float, steps: int) -> None:
    assert steps_due(behind, usual) == steps
