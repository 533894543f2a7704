"""The choice of an input, while the list is asked for by another process."""

from __future__ import annotations

import threading
import time

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mgc_desktop.audio.devices import InputDevice
from mgc_desktop.core.errors import DeviceCause, DeviceError
from mgc_desktop.ui.live import device_chooser
from mgc_desktop.ui.live.device_chooser import DeviceChooser
from mgc_desktop.ui.live.input_entry import DETAIL_ROLE
from tests.pulse import SoundServer, no_sound_server, virtual_microphone

__all__ = ["no_sound_server", "virtual_microphone"]


def _input(name: str, *, is_default: bool = False) -> InputDevice:
    return InputDevice(0, name, "PulseAudio", 2, 48_000.0, is_default)


@pytest.fixture
def inputs(monkeypatch: pytest.MonkeyPatch) -> list[InputDevice]:
    """Return the inputs that there are; tests plug them in and out."""
    inputs = [_input("Built-in", is_default=True), _input("USB")]
    monkeypatch.setattr(device_chooser, "list_inputs", lambda timeout: list(inputs))
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
    def fail(timeout: float) -> list[InputDevice]:
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

    def wait(timeout: float) -> list[InputDevice]:
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


def test_an_entry_says_how_it_is_reached_and_what_it_has(chooser: DeviceChooser) -> None:
    details = [chooser.itemData(row, DETAIL_ROLE) for row in range(chooser.count())]
    assert details == [
        "the system's choice",
        "PulseAudio, 2 channels, 48 kHz, default",
        "PulseAudio, 2 channels, 48 kHz",
    ]
    spoken = chooser.itemData(2, Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "USB, PulseAudio, 2 channels, 48 kHz"


def test_a_system_that_allows_no_microphone_says_so(
    qtbot: QtBot, chooser: DeviceChooser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(timeout: float) -> list[InputDevice]:
        raise DeviceError("No microphone can be used.", cause=DeviceCause.DENIED)

    chooser.set_device_name("USB")
    monkeypatch.setattr(device_chooser, "list_inputs", refuse)
    with qtbot.waitSignal(chooser.listed):
        chooser.refresh()
    assert _texts(chooser) == ["Microphone not allowed", "USB (not connected)"]
    assert chooser.device_name() == "USB"


def test_both_lines_of_an_open_list_are_painted(qtbot: QtBot, chooser: DeviceChooser) -> None:
    chooser.showPopup()
    qtbot.waitExposed(chooser.view().window())
    row = chooser.view().visualRect(chooser.model().index(1, 0))
    image = chooser.view().viewport().grab(row).toImage()
    half = image.height() // 2
    inked = [len({image.pixel(x, y) for x in range(image.width())}) > 1 for y in range(image.height())]
    assert any(inked[:half])
    assert any(inked[half:])
    chooser.hidePopup()


def test_the_list_follows_what_is_plugged_in_and_out(qtbot: QtBot, virtual_microphone: SoundServer) -> None:
    chooser = DeviceChooser()
    qtbot.addWidget(chooser)
    with qtbot.waitSignal(chooser.listed, timeout=10_000):
        chooser.show()
    assert _texts(chooser) == ["Default: Monitor of Virtual", "Monitor of Virtual"]
    number = virtual_microphone.add_sink("Second")
    qtbot.waitUntil(lambda: "Monitor of Second" in _texts(chooser), timeout=10_000)
    chooser.choose("Monitor of Second")
    virtual_microphone.remove(number)
    qtbot.waitUntil(lambda: chooser.currentText() == "Monitor of Second (not connected)", timeout=10_000)
    virtual_microphone.kill()
    qtbot.waitUntil(lambda: _texts(chooser)[0] == "No microphone found", timeout=15_000)
    virtual_microphone.start()
    virtual_microphone.add_sink("Second")
    qtbot.waitUntil(lambda: chooser.currentText() == "Monitor of Second", timeout=15_000)
    assert chooser.device_name() == "Monitor of Second"
    chooser.hide()
    assert not any(thread.name.startswith("hotplug") for thread in threading.enumerate())


def test_on_a_machine_without_sound(qtbot: QtBot, no_sound_server: None) -> None:
    chooser = DeviceChooser()
    qtbot.addWidget(chooser)
    with qtbot.waitSignal(chooser.listed, timeout=10_000):
        chooser.show()
    assert _texts(chooser) == ["No microphone found"]
