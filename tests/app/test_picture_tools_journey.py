"""A tone played into a microphone: pointed at, selected and saved, while sound goes on and after it has ended."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from mgc_desktop.app import WindowSession
from mgc_desktop.core.paths import Profile
from mgc_desktop.core.values import Samples
from mgc_desktop.ui.live import saving
from tests import synth
from tests.app.harness import live_for, open_window, screenshot, trust, wait_for
from tests.pulse import RATE, SoundServer

TONE_HZ = 1000.0
_LEFT, _PLAIN = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def _drag(widget: QWidget, start: QPoint, end: QPoint) -> None:
    QTest.mousePress(widget, _LEFT, _PLAIN, start)
    for part in (0.5, 1.0):
        place = QPointF(start + (end - start) * part)
        there = widget.mapToGlobal(place)
        move = QMouseEvent(QEvent.Type.MouseMove, place, there, Qt.MouseButton.NoButton, _LEFT, _PLAIN)
        QApplication.sendEvent(widget, move)
    QTest.mouseRelease(widget, _LEFT, _PLAIN, end)


def _save(session: WindowSession, name: str, said: str) -> None:
    window = session.window
    window.commands[name].trigger()
    wait_for(lambda: said in window.status.text() or window.messages.sentence, 20, said)
    assert window.messages.sentence == ""


def _loudest_hz(samples: Samples, rate: int) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.fft.rfftfreq(len(samples), 1 / rate)[np.argmax(spectrum)])


def test_point_select_and_save(
    qapp: QApplication,
    profile: Profile,
    tiny_model: Path,
    virtual_microphone: SoundServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(saving, "ask_target", lambda *words: str(tmp_path / f"saved.{words[-1]}"))
    virtual_microphone.play(synth.tone(60.0, TONE_HZ, RATE, level=0.3))
    with open_window(qapp, profile, listen="", model=trust(profile, tiny_model)) as session:
        assert session.conductor is not None
        live, picturing = session.conductor.live, session.conductor.picturing
        picture = live.spectrogram
        wait_for(lambda: picture.now > 4.0, 30, "some seconds of sound")

        # The readout under the pointer: a tone of 1 kHz is between B5 and C6, and loud.
        live.picture_cursor.put(QPoint(round(picture.x_of(picture.now - 1.0)), round(picture.y_of(TONE_HZ))))
        said = picturing.readout.text()
        assert "B5" in said or "C6" in said
        assert picture.level_at(picture.now - 1.0, TONE_HZ) == pytest.approx(20 * np.log10(0.3), abs=3.0)

        middle = picture.plot_rect().center().y()
        start, end = (QPoint(round(picture.x_of(picture.now - ago)), middle) for ago in (2.5, 1.0))
        _drag(picture, start, end)
        assert picture.frozen
        span = live.selection.span
        assert span is not None
        assert span[1] - span[0] == pytest.approx(1.5, abs=0.1)
        live_for(100)
        screenshot(session.window, "selecting")
        _save(session, "save_sound", "of sound as saved.flac")
        samples, rate = soundfile.read(tmp_path / "saved.flac", dtype="float32")
        assert rate == RATE
        assert len(samples) == pytest.approx((span[1] - span[0]) * RATE, abs=1)
        assert _loudest_hz(samples, rate) == pytest.approx(TONE_HZ, abs=1.0)
        assert abs(samples).max() == pytest.approx(0.3, abs=0.02)
        _save(session, "save_picture", "Saved the picture as saved.png")
        assert QImage(str(tmp_path / "saved.png")).width() >= picture.width()

        # What was heard stays after listening has ended, to be saved as a whole.
        live.selection.clear()
        session.window.commands["listen"].trigger()
        wait_for(lambda: not session.window.commands["listen"].isChecked(), 5, "the end")
        assert live.recording is not None
        seconds = live.recording.seconds
        (tmp_path / "saved.flac").unlink()
        session.window.status.say("")
        _save(session, "save_sound", "of sound as saved.flac")
        assert soundfile.info(tmp_path / "saved.flac").duration == pytest.approx(seconds, abs=0.01)
