"""The live numbers: what is measured, in columns that do not move, and how they are called up."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from mgc_desktop.engine.events import ListenChanged, ListenState, LiveNumbers, LiveVerdict
from mgc_desktop.ui.live.numbers import PRIVACY, SETTING, LiveNumbersView
from tests.unit.ui.conftest import Bench, BenchMaker
from tests.unit.ui.fakes import FakeSettings, make_verdict

USUAL = LiveNumbers((181.4, 260.0), (23.2, 31.0), 0.5, 1200, 3, 0, "cpu")
SLOW = LiveNumbers((1810.0, 12600.0), (1320.0, 2310.0), 2.0, 40, 31, 12, "cpu")


@pytest.fixture
def view(qtbot: QtBot) -> LiveNumbersView:
    view = LiveNumbersView()
    qtbot.addWidget(view)
    view.resize(view.width(), 240)
    view.show()
    return view


def test_every_number_has_its_line(view: LiveNumbersView) -> None:
    view.show_input(ListenChanged(ListenState.RUNNING, "Yeti", 44100, "", 2))
    view.show_numbers(USUAL, (14.0, 33.0))
    assert view.text("picture") == "14 / 33 ms"
    assert view.text("verdict") == "181 / 260 ms"
    assert view.text("inference") == "23 / 31 ms"
    assert view.text("hop") == "0.5 s"
    assert view.text("dropped") == "3 of 1,203"
    assert view.text("overruns") == "0"
    assert (view.text("input"), view.text("format")) == ("Yeti", "44.1 kHz, 2 channels")
    assert view.text("device") == "cpu"
    assert PRIVACY in [label.text() for label in view.findChildren(QLabel)]


def test_what_was_not_measured_is_no_zero(view: LiveNumbersView) -> None:
    view.show_numbers(LiveNumbers((0.0, 0.0), (0.0, 0.0), 0.5, 0, 0, 0, ""), (float("nan"), 0.0))
    assert view.text("picture") == "- / - ms"
    assert view.text("inference") == "- / - ms"
    assert view.text("device") == "-"


def test_nothing_moves_when_numbers_grow(view: LiveNumbersView, qtbot: QtBot) -> None:
    def places() -> list[tuple[str, QPoint]]:
        labels = [label for label in view.findChildren(QLabel) if label.property("rank") == "muted"]
        return [(label.text(), label.mapTo(view, QPoint(0, 0))) for label in labels]

    view.show_numbers(USUAL, (14.0, 33.0))
    qtbot.wait(20)
    before = places()
    view.show_input(ListenChanged(ListenState.RUNNING, "A microphone with a very long name indeed", 192000, "", 18))
    view.show_numbers(SLOW, (140.0, 3300.0))
    qtbot.wait(20)
    assert places() == before
    assert not view.horizontalScrollBar().isVisible()


def test_it_is_called_up_by_its_action_and_by_the_status_bar(bench: BenchMaker) -> None:
    made: Bench = bench()
    table, action = made.conductor.numbers.view, made.window.commands["numbers"]
    assert table.isHidden()
    action.trigger()
    assert not table.isHidden()
    assert made.settings.get(SETTING) is True
    made.ready()
    line = made.window.status.machine_line
    QTest.mouseClick(line, Qt.MouseButton.LeftButton)
    assert table.isHidden()
    assert made.settings.get(SETTING) is False
    assert "Ctrl+Shift+N" in line.toolTip()


def test_it_is_remembered(bench: BenchMaker) -> None:
    settings = FakeSettings()
    settings.set(SETTING, True)
    made: Bench = bench(settings=settings)
    assert not made.conductor.numbers.view.isHidden()
    assert made.window.commands["numbers"].isChecked()


def test_the_status_bar_says_when_the_model_cannot_keep_up(bench: BenchMaker) -> None:
    made: Bench = bench()
    made.post(SLOW)
    assert "every 2.0 s" in made.window.status.machine_text()
    assert made.conductor.numbers.view.text("hop") == "2.0 s"
    made.post(USUAL)
    assert "every" not in made.window.status.machine_text()


def test_silence_costs_the_model_nothing_and_says_so_of_no_time(bench: BenchMaker) -> None:
    made: Bench = bench()
    heard = LiveVerdict(5.0, 5.0, make_verdict(), {}, 23.4, 40.0, "cpu")
    silence = replace(heard, inference_ms=0.0)
    made.window.status.show_live(silence, 0)
    assert made.window.status.machine_text().strip() == "0 overruns"
    made.window.status.show_live(heard, 0)
    made.window.status.show_live(silence, 1)
    assert made.window.status.machine_text().strip() == "23 ms, 1 overrun"


def test_each_listening_begins_with_no_numbers(bench: BenchMaker) -> None:
    made: Bench = bench()
    table = made.conductor.numbers.view
    made.post(ListenChanged(ListenState.RUNNING, "Yeti", 48000, "", 1))
    made.post(USUAL)
    made.post(ListenChanged(ListenState.STOPPED, "Yeti"))
    assert table.text("format") == "48 kHz, 1 channel"
    assert table.text("inference") == "23 / 31 ms"
    made.post(ListenChanged(ListenState.STARTING, "Built-in"))
    assert table.text("inference") == "- / - ms"
    assert (table.text("input"), table.text("format")) == ("Built-in", "-")
