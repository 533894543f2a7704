"""The choice of an input, while the list is asked for by another process."""

from __future__ import annotations

import threading
import time

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mgc_desktop.audio.devices import InputDevice
from mgc_desktop.core.errors import DeviceError
from mgc_desktop.ui.live import device_chooser
from mgc_desktop.ui.live.device_chooser import DeviceChooser
from tests.pulse import SoundServer, no_sound_server, virtual_microphone

__all__ = ["no_sound_server", "virtual_microphone"]


def _input(name: str, *, is_default: bool = False) -> InputDevice:
    return InputDevice(0, name, "PulseAudio", 2, 48_000.0, is_default)


@pytest.fixture
def inputs(monkeypatch: pytest.MonkeyPatch) -> list[InputDevice]:
    """Return the inputs that there are; tests plug them in and out."""
    inputs = [_input("Built-in", is_default=True), _input("USB")]
    monkeypatch.setattr(device_chooser, "list_inputs", lambda: list(inputs))
    return inputs


@pytest.fixture
def chooser(qtbot: QtBot, inputs: list[InputDevice]) -> DeviceChooser:
    chooser = DeviceChooser()
    qtbot.addWidget(chooser)
    with qtbot.waitSignal(chooser.listed):
        chooser.show()
    return chooser


def _texts(chooser: DeviceChooser) -> list[str]:
    return [chooser.itemText(row) for row in range(chooser.count())]


def test_the_default_comes_first_and_is_chosen(chooser: DeviceChooser) -> None:
    assert _texts(chooser) == ["Default: Built-in", "Built-in", "USB"]
    assert chooser.device_name() is None
    assert chooser.currentIndex() == 0
    assert chooser.accessibleName() == "Input device"


def test_a_choice_is_told_once(qtbot: QtBot, chooser: DeviceChooser) -> None:
    chosen: list[str | None] = []
    chooser.device_chosen.connect(chosen.append)
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down):
        qtbot.keyClick(chooser, key)
    assert chosen == ["Built-in", "USB"]
    assert chooser.device_name() == "USB"


def test_a_remembered_input_that_is_unplugged_is_kept_and_said(
    qtbot: QtBot, chooser: DeviceChooser, inputs: list[InputDevice]
) -> None:
    chosen: list[str | None] = []
    chooser.device_chosen.connect(chosen.append)
    chooser.set_device_name("USB")
    assert chooser.currentText() == "USB"
    del inputs[1]
    with qtbot.waitSignal(chooser.listed):
        chooser.refresh()
    assert _texts(chooser) == ["Default: Built-in", "Built-in", "USB (not connected)"]
    assert chooser.device_name() == "USB"
    assert chosen == []


def test_opening_the_list_asks_afresh(qtbot: QtBot, chooser: DeviceChooser, inputs: list[InputDevice]) -> None:
    inputs.append(_input("Line in"))
    with qtbot.waitSignal(chooser.listed):
        chooser.showPopup()
    assert _texts(chooser)[-1] == "Line in"
    chooser.hidePopup()


def test_none_at_all(qtbot: QtBot, chooser: DeviceChooser, inputs: list[InputDevice]) -> None:
    inputs.clear()
    with qtbot.waitSignal(chooser.listed):
        chooser.refresh()
    assert _texts(chooser) == ["No microphone found"]
    assert "Connect a microphone" in chooser.toolTip()


def test_a_sound_system_that_fails_is_said(
    qtbot: QtBot, chooser: DeviceChooser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> list[InputDevice]:
        raise DeviceError("The sound system did not answer.")

    monkeypatch.setattr(device_chooser, "list_inputs", fail)
    with qtbot.waitSignal(chooser.listed):
        chooser.refresh()
    assert _texts(chooser) == ["No microphone found"]
    assert chooser.toolTip() == "The sound system did not answer."


def test_a_slow_sound_system_does_not_hold_up_the_window(
    qtbot: QtBot, chooser: DeviceChooser, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = threading.Event()

    def wait() -> list[InputDevice]:
        answer.wait(10)
        return [_input("Slow", is_default=True)]

    monkeypatch.setattr(device_chooser, "list_inputs", wait)
    began = time.perf_counter()
    chooser.refresh()
    chooser.refresh()  # one question at a time
    assert time.perf_counter() - began < 0.05
    assert [thread.name for thread in threading.enumerate()].count("list-inputs") == 1
    with qtbot.waitSignal(chooser.listed):
        answer.set()
    assert _texts(chooser)[0] == "Default: Slow"


def test_with_a_real_sound_server(qtbot: QtBot, virtual_microphone: SoundServer) -> None:
    virtual_microphone.add_sink("Second")
    chooser = DeviceChooser()
    qtbot.addWidget(chooser)
    with qtbot.waitSignal(chooser.listed, timeout=10_000):
        chooser.show()
    assert _texts(chooser) == ["Default: Monitor of Virtual", "Monitor of Virtual", "Monitor of Second"]


def test_on_a_machine_without_sound(qtbot: QtBot, no_sound_server: None) -> None:
    chooser = DeviceChooser()
    qtbot.addWidget(chooser)
    with qtbot.waitSignal(chooser.listed, timeout=10_000):
        chooser.show()
    assert _texts(chooser) == ["No microphone found"]
