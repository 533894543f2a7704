"""The menus of inputs and channels say what the chooser says, and each input keeps its channel."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from mgc_desktop.audio.devices import InputDevice
from mgc_desktop.ui.live import device_chooser
from mgc_desktop.ui.live.channels import CHANNELS_SETTING, InputMenus, channel_text
from mgc_desktop.ui.live.device_chooser import DeviceChooser

_STEREO = InputDevice(0, "Built-in", "ALSA", 2, 48_000.0, True, "in", ("front-left", "front-right"))
_PRO = InputDevice(1, "Scarlett & Co", "ALSA", 18, 96_000.0, False, "pro", tuple(f"aux{n}" for n in range(18)))
_MONO = InputDevice(2, "Webcam", "ALSA", 1, 16_000.0, False, "cam", ("mono",))


class _Settings(dict[str, Any]):
    def set(self, key: str, value: Any) -> None:
        self[key] = value

    def save(self) -> None:
        pass


class _Parts:
    def __init__(self, qtbot: QtBot, settings: _Settings) -> None:
        self.settings = settings
        self.chooser = DeviceChooser()
        qtbot.addWidget(self.chooser)
        self.devices, self.channels = QMenu(self.chooser), QMenu(self.chooser)
        self.menus = InputMenus(self.chooser, self.devices, self.channels, settings)
        with qtbot.waitSignal(self.chooser.listed):
            self.chooser.show()

    def texts(self, menu: QMenu) -> list[str]:
        return [action.text() for action in menu.actions() if not action.isSeparator()]

    def checked(self, menu: QMenu) -> list[str]:
        return [action.text() for action in menu.actions() if action.isChecked()]

    def action(self, menu: QMenu, start: str) -> QAction:
        return next(action for action in menu.actions() if action.text().replace("&", "").startswith(start))


@pytest.fixture
def settings() -> _Settings:
    return _Settings()


@pytest.fixture
def parts(qtbot: QtBot, settings: _Settings, monkeypatch: pytest.MonkeyPatch) -> _Parts:
    monkeypatch.setattr(device_chooser, "list_inputs", lambda timeout: [_STEREO, _PRO, _MONO])
    return _Parts(qtbot, settings)


def test_the_menu_of_inputs_has_what_the_chooser_has(parts: _Parts) -> None:
    assert parts.texts(parts.devices) == [
        "Default: Built-in",
        "Built-in (ALSA, 2 channels, 48 kHz, default)",
        "Scarlett && Co (ALSA, 18 channels, 96 kHz)",
        "Webcam (ALSA, 1 channel, 16 kHz)",
    ]
    assert parts.checked(parts.devices) == ["Default: Built-in"]


def test_a_choice_in_the_menu_is_one_in_the_chooser(qtbot: QtBot, parts: _Parts) -> None:
    with qtbot.waitSignal(parts.chooser.device_chosen) as chosen:
        parts.action(parts.devices, "Webcam").trigger()
    assert chosen.args == ["Webcam"]
    assert parts.chooser.currentText() == "Webcam"
    parts.chooser.choose("Built-in")
    assert parts.checked(parts.devices) == ["Built-in (ALSA, 2 channels, 48 kHz, default)"]


def test_the_channels_of_the_chosen_input(qtbot: QtBot, parts: _Parts) -> None:
    assert parts.texts(parts.channels) == ["&Mix of All", "&1\tFront left", "&2\tFront right"]
    parts.chooser.choose("Scarlett & Co")
    assert parts.texts(parts.channels)[-1] == "18"
    assert parts.checked(parts.channels) == ["&Mix of All"]
    with qtbot.waitSignal(parts.chooser.channel_chosen) as chosen:
        parts.action(parts.channels, "17").trigger()
    assert chosen.args == [16]
    assert parts.chooser.channel() == 16
    parts.chooser.choose("Webcam")
    assert parts.chooser.channel() is None
    assert parts.texts(parts.channels) == ["One channel"]
    assert not parts.channels.actions()[0].isEnabled()


def test_each_input_keeps_its_channel(parts: _Parts, settings: _Settings) -> None:
    parts.chooser.choose_channel(1)  # of the default
    parts.chooser.choose("Scarlett & Co")
    parts.chooser.choose_channel(5)
    assert settings[CHANNELS_SETTING] == {"Built-in": 1, "Scarlett & Co": 5}
    parts.chooser.choose(None)
    assert parts.chooser.channel() == 1
    parts.chooser.choose_channel(None)
    assert settings[CHANNELS_SETTING] == {"Scarlett & Co": 5}


def test_a_remembered_channel_is_there_on_the_next_day(
    qtbot: QtBot, settings: _Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings[CHANNELS_SETTING] = {"Built-in": 1, "Scarlett & Co": 40, "Webcam": "left"}
    monkeypatch.setattr(device_chooser, "list_inputs", lambda timeout: [_STEREO, _PRO])
    parts = _Parts(qtbot, settings)
    assert parts.chooser.channel() == 1
    assert parts.checked(parts.channels) == ["&2\tFront right"]
    parts.chooser.choose("Scarlett & Co")
    assert parts.chooser.channel() is None  # it has no channel 41


def test_an_input_that_is_not_connected_has_no_channels_to_choose(parts: _Parts) -> None:
    parts.chooser.set_device_name("Field recorder")
    parts.channels.aboutToShow.emit()
    assert parts.texts(parts.channels) == ["The input is not connected"]
    assert parts.checked(parts.devices) == ["Field recorder"]


def test_places_are_named_where_they_are_known() -> None:
    assert channel_text(0, "front-left") == "&1\tFront left"
    assert channel_text(11, "aux11") == "12"
    assert channel_text(0, "") == "&1"
