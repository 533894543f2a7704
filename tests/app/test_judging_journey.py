"""Music played into a microphone, a part of it selected: judged again as a whole, explained, and let go."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from mgc_desktop.core.paths import Profile
from tests import synth
from tests.app.harness import live_for, open_window, screenshot, trust, wait_for, wait_for_model
from tests.pulse import RATE, SoundServer


@pytest.mark.slow
def test_judge_why_and_back(
    qapp: QApplication, qtbot: QtBot, profile: Profile, tiny_model: Path, virtual_microphone: SoundServer
) -> None:
    with open_window(qapp, profile, model=trust(profile, tiny_model)) as session:
        assert session.conductor is not None
        window, live, judging = session.window, session.conductor.live, session.conductor.judging
        panel, actions = window.verdict, window.commands
        wait_for_model(session, "tiny")
        virtual_microphone.play(synth.song(60.0, RATE))
        actions["listen"].trigger()
        wait_for(lambda: live.heard.stretches and live.heard.stretches[-1].end > 6, 30, "some music")

        actions["model_sees"].trigger()
        wait_for(lambda: judging.model_view.shape[0] == 96, 10, "what the model sees")
        assert judging.model_view.isVisible()
        assert "96 by" in judging.model_view.caption()
        live_for(100)
        assert np.ptp(_brightness(judging.model_view)) > 100

        window.activateWindow()
        wait_for(window.isActiveWindow, 5, "the keyboard")
        qtbot.keyClick(window, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
        assert not judging.model_view.isVisible()
        wait_for(lambda: judging.judged.shown, 20, "the verdict of the newest window")
        assert panel._caption.text() == "Selection"
        wait_for(lambda: judging.why.shown and judging.why.shown.weights.any(), 20, "a first map")
        wait_for(lambda: judging.why.shown and judging.why.shown.done == judging.why.shown.total, 60, "the whole map")
        assert "rests" in window.status.text()
        screenshot(window, "why")

        live.selection.set_span(1.0, 4.0)
        assert judging.why.shown is None
        assert panel._caption.text() == "Listening to"
        qtbot.keyClick(window, Qt.Key.Key_J, Qt.KeyboardModifier.ControlModifier)
        wait_for(lambda: judging.judged.shown, 20, "the verdict of the selection")
        assert panel._title.text() == "1.0 s to 4.0 s"
        live.spectrogram.setFocus()
        qtbot.keyClick(live.spectrogram, Qt.Key.Key_Escape)
        assert live.selection.span is None
        assert judging.judged.shown is None
        assert panel._caption.text() == "Listening to"

        actions["listen"].trigger()
        wait_for(lambda: actions["listen"].iconText() == "Listen", 5, "the end")
        live.selection.set_span(1.0, 4.0)  # what was heard can still be judged
        actions["judge_span"].trigger()
        wait_for(lambda: judging.judged.shown, 20, "the verdict after the end")
        assert window.messages.sentence == ""


def _brightness(widget: QWidget) -> NDArray[np.int_]:
    """Return what a widget shows, int[height, width]."""
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    raw = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return raw[:, : image.width()].astype(int)
