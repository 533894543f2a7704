"""An interface is plugged in while music plays, chosen, one channel of it taken; the window follows at each step."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from mgc_desktop.core.paths import Profile
from mgc_desktop.core.settings import Settings
from mgc_desktop.ui.listening import INPUT_SETTING
from mgc_desktop.ui.live.channels import CHANNELS_SETTING
from tests import synth
from tests.app.harness import open_window, wait_for
from tests.pulse import RATE, SoundServer

_POSITIONS = ("aux0", "aux1", "aux2")


def _entry(menu: QMenu, text: str) -> QAction:
    return next(action for action in menu.actions() if action.text().replace("&", "").startswith(text))


def test_an_interface_is_plugged_in_and_one_channel_taken(
    qapp: QApplication, profile: Profile, virtual_microphone: SoundServer
) -> None:
    with open_window(qapp, profile) as session:
        assert session.conductor is not None
        window, chooser, meter = session.window, session.conductor.chooser, session.conductor.live.meter
        submenus, status = window.commands.submenus, window.status
        window.commands["listen"].trigger()
        wait_for(lambda: status.text() == "Listening to Monitor of Virtual", 20, "the microphone")

        virtual_microphone.add_sink("Interface", positions=_POSITIONS)
        wait_for(lambda: "Monitor of Interface" in [device.name for device in chooser.inputs], 15, "the interface")
        tones = [synth.tone(60.0, 500.0, RATE, level=level) for level in (0.0, 0.0, 0.9)]
        virtual_microphone.play(np.stack(tones, axis=1), "Interface", positions=_POSITIONS)
        _entry(submenus["devices"], "Monitor of Interface").trigger()
        assert chooser.currentText() == "Monitor of Interface"
        wait_for(lambda: status.text() == "Listening to Monitor of Interface", 20, "the interface to be listened to")
        wait_for(lambda: meter.level_db > -6, 20, "its third channel in the mix, as loud as it is")

        _entry(submenus["channels"], "2").trigger()
        wait_for(lambda: meter.highest_db < -50 and meter.level_db < -50, 20, "the second, which is silent")
        _entry(submenus["channels"], "3").trigger()
        wait_for(lambda: meter.figure == "\N{MINUS SIGN}0.9 dB", 20, "the third")
        QTest.mouseClick(meter, Qt.MouseButton.LeftButton)
        assert meter.figure == "dBFS"
        window.commands["listen"].trigger()
        wait_for(lambda: not virtual_microphone.pactl("list", "short", "source-outputs").stdout, 10, "the end")
    kept = Settings(profile.settings_file)
    assert kept.get(INPUT_SETTING) == "Monitor of Interface"
    assert kept.get(CHANNELS_SETTING) == {"Monitor of Interface": 2}
