"""The meter: levels in dB re full scale, a peak that holds, a mark for clipping."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFontMetricsF
from pytestqt.qtbot import QtBot

from mgc_desktop.core.ring import AudioRing
from mgc_desktop.core.values import Samples
from mgc_desktop.ui.live import axes
from mgc_desktop.ui.live.level_meter import LOWEST_DB, LevelMeter
from mgc_desktop.ui.theme import tokens
from tests import synth

_RATE = 44_100  # Hz
_FRAME = 1 / 30  # s


@pytest.fixture
def meter(qtbot: QtBot) -> LevelMeter:
    meter = LevelMeter()
    qtbot.addWidget(meter)
    meter.resize(meter.sizeHint().width(), 200)
    meter.set_ring(AudioRing(10.0, _RATE))
    meter.show()
    qtbot.waitExposed(meter)
    return meter


def _play(meter: LevelMeter, samples: Samples, now: float = 0.0) -> float:
    assert meter._ring is not None
    step = round(_RATE * _FRAME)
    for start in range(0, len(samples), step):
        meter._ring.write(samples[start : start + step])
        now += _FRAME
        meter.advance(now)
    return now


@pytest.mark.parametrize("level_db", [-3.0, -20.0, -45.0])
def test_a_sine_shows_its_level_and_its_peak(meter: LevelMeter, level_db: float) -> None:
    _play(meter, synth.tone(3.0, 997.0, _RATE, level=10 ** (level_db / 20)))
    assert meter.level_db == pytest.approx(level_db - 3.01, abs=0.1)
    assert meter.peak_db == pytest.approx(level_db, abs=0.1)
    assert not meter.clipped


def test_the_peak_holds_and_then_falls(meter: LevelMeter) -> None:
    now = _play(meter, synth.tone(1.0, 997.0, _RATE, level=0.5))
    now = _play(meter, synth.silence(1.0, _RATE), now)
    assert meter.peak_db == pytest.approx(-6.02, abs=0.1)
    assert meter.level_db < -15
    now = _play(meter, synth.silence(1.5, _RATE), now)
    assert -35 < meter.peak_db < -15
    _play(meter, synth.silence(3.0, _RATE), now)
    assert meter.peak_db == LOWEST_DB
    assert meter.level_db == LOWEST_DB


def _clip_colour(meter: LevelMeter) -> QColor:
    return meter.grab().toImage().pixelColor(meter._bar().center().x(), meter._bar().top() + 1)


def test_clipping_stays_to_be_seen_until_a_click(qtbot: QtBot, meter: LevelMeter) -> None:
    now = _play(meter, np.ones(_RATE // 10, np.float32))
    assert meter.clipped
    now = _play(meter, synth.silence(4.0, _RATE), now)
    assert _clip_colour(meter) == QColor(tokens().error)
    assert "cut off" in meter.accessibleDescription()
    qtbot.mouseClick(meter, Qt.MouseButton.LeftButton)
    assert _clip_colour(meter) == QColor(tokens().groove)
    _play(meter, synth.tone(0.5, 997.0, _RATE, level=0.5), now)
    assert _clip_colour(meter) == QColor(tokens().groove)
    assert "cut off" not in meter.accessibleDescription()


def test_clipping_of_one_channel_is_seen_though_the_mix_hides_it(meter: LevelMeter) -> None:
    assert meter._ring is not None
    meter._ring.write(synth.tone(0.1, 997.0, _RATE, level=0.5), clipped=20)
    meter.advance(1.0)
    assert meter.clipped


def test_the_highest_peak_stands_below_in_figures(qtbot: QtBot, meter: LevelMeter) -> None:
    assert meter.figure == "dBFS"
    now = _play(meter, synth.tone(1.0, 997.0, _RATE, level=0.5))
    now = _play(meter, synth.tone(4.0, 997.0, _RATE, level=0.1), now)
    assert meter.figure == "\N{MINUS SIGN}6.0 dB"
    assert meter.accessibleDescription() == "-23 dB, highest peak -6.0 dB"
    qtbot.keyClick(meter, Qt.Key.Key_Space)
    _play(meter, synth.tone(0.5, 997.0, _RATE, level=0.1), now)
    assert meter.figure == "\N{MINUS SIGN}20.0 dB"
    room = meter.width()
    assert QFontMetricsF(axes.axis_font(meter.font())).horizontalAdvance("\N{MINUS SIGN}60.0 dB") <= room


def test_the_bar_is_as_high_as_the_level(meter: LevelMeter) -> None:
    _play(meter, synth.tone(3.0, 997.0, _RATE, level=10 ** (-30 / 20) * np.sqrt(2)))
    image, x = meter.grab().toImage(), meter._bar().center().x()
    filled = [y for y in range(image.height()) if image.pixelColor(x, y) == QColor(tokens().accent)]
    assert filled[0] == pytest.approx(meter._y(-30.0), abs=1.5)
    assert filled[-1] == pytest.approx(meter._y(-60.0), abs=1.5)


def test_without_a_ring_nothing_happens(meter: LevelMeter) -> None:
    _play(meter, synth.tone(1.0, 997.0, _RATE))
    meter.set_ring(None)
    meter.advance(5.0)
    assert meter.level_db == LOWEST_DB
