"""The window as a whole on a fake engine: what is shown when, what is asked, what is remembered."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QFocusEvent, QGuiApplication
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QDockWidget,
    QLineEdit,
    QMenu,
    QTableView,
    QTextBrowser,
    QWidget,
)
from pytestqt.qtbot import QtBot

from mgc_desktop.core.paths import guide_dir
from mgc_desktop.core.values import TrackState, Verdict, VerdictKind
from mgc_desktop.engine import events
from mgc_desktop.engine.events import ListenChanged, ListenState, LiveVerdict, ScanState
from mgc_desktop.ui import pages
from mgc_desktop.ui.bridge import Bridge
from mgc_desktop.ui.message_bar import MessageBar
from mgc_desktop.ui.verdict_panel import Subject
from tests.unit.ui.conftest import Bench, BenchMaker
from tests.unit.ui.fakes import FakeSettings, assorted_rows, make_row, make_verdict


def choose(made: Bench, qtbot: QtBot, track: int) -> None:
    place = made.window.library.model.place_of(track)
    assert place is not None
    made.window.library.table.selectRow(place)
    qtbot.wait(60)


def test_an_empty_library_opens_three_doors(bench: BenchMaker, qtbot: QtBot) -> None:
    made = bench([])
    empty = made.window.library.empty
    assert empty.isVisible()
    empty.listen_asked.emit()
    assert made.engine.listener.log[-1][0] == "start"
    empty.teach_asked.emit()
    assert made.conductor.teaching.dialog is not None
    assert made.conductor.teaching.dialog.isVisible()


def test_the_verdict_of_the_selected_track(bench: BenchMaker, qtbot: QtBot) -> None:
    made = bench([make_row(1, label="hiphop", confidence=0.77, title="Song", artist="Ana", duration=65)])
    made.ready()
    choose(made, qtbot, 1)
    panel = made.window.verdict
    qtbot.waitUntil(lambda: (panel.headline.word, panel.headline.number) == ("Hip-Hop", "77 %"), timeout=3000)
    assert "Hip-Hop 77 %" in panel.bars.accessibleDescription()


def test_silence_emphasises_no_genre(bench: BenchMaker) -> None:
    panel = bench([]).window.verdict
    quiet = Verdict(VerdictKind.SILENCE, None, 0.0, None, 0.0, {"blues": 0.0, "rock": 0.0}, "m", "too quiet")
    panel.show_verdict(Subject("Listening to", "Line in"), quiet)
    assert (panel.headline.word, panel.line()) == ("Silence", "Too quiet")
    assert panel.bars.accessibleDescription() == ""


@pytest.mark.parametrize(
    ("changes", "word", "line"),
    [
        ({"kind": VerdictKind.UNSURE, "label": "rock", "confidence": 0.45}, "Unsure", "Best guess: Rock, 45 %"),
        ({"kind": VerdictKind.NOT_MUSIC, "label": "_not_music"}, "Not music", ""),
        ({"state": TrackState.FAILED, "kind": None, "error": "It is empty."}, "Not heard", "It is empty."),
        ({"state": TrackState.QUEUED, "kind": None}, "Waiting", "It will be heard in its turn."),
        ({"state": TrackState.MISSING}, "File is gone", "It is no longer where it was."),
    ],
)
def test_every_kind_of_track_has_its_word(
    bench: BenchMaker, qtbot: QtBot, changes: dict[str, object], word: str, line: str
) -> None:
    made = bench([make_row(1, **changes)])
    choose(made, qtbot, 1)
    panel = made.window.verdict
    qtbot.waitUntil(lambda: (panel.headline.word, panel.line()) == (word, line), timeout=20_000)


def live(label: str = "metal") -> LiveVerdict:
    return LiveVerdict(12.0, 10.0, make_verdict(label, 0.87), {}, 23.4, 300.0, "cpu")


def test_listening_comes_first_and_the_track_comes_back(bench: BenchMaker, qtbot: QtBot) -> None:
    made = bench([make_row(1, label="jazz", confidence=0.9)])
    made.ready()
    choose(made, qtbot, 1)
    made.post(ListenChanged(ListenState.STARTING, "Built-in"))
    assert made.window.verdict.headline.word == "Listening…"
    made.post(ListenChanged(ListenState.RUNNING, "Built-in", 44100))
    made.post(live())
    assert (made.window.verdict.headline.word, made.window.commands["listen"].iconText()) == ("Metal", "Stop")
    assert "23 ms, 0 overruns" in made.window.status.machine_text()
    made.post(ListenChanged(ListenState.STOPPED))
    qtbot.waitUntil(lambda: made.window.verdict.headline.word == "Jazz", timeout=2000)
    assert not made.window.commands["listen"].isChecked()
    assert "overruns" not in made.window.status.machine_text()


def test_nothing_moves_in_the_tool_bar_when_listening_begins(bench: BenchMaker, qtbot: QtBot) -> None:
    made = bench([])
    before = (made.window.search.x(), made.window.search.width())
    made.post(ListenChanged(ListenState.RUNNING, "Built-in", 44100))
    qtbot.wait(30)
    assert made.window.commands["listen"].iconText() == "Stop"
    assert (made.window.search.x(), made.window.search.width()) == before


@pytest.mark.parametrize("rows", [0, 3])
def test_the_keyboard_is_where_the_work_is(bench: BenchMaker, qtbot: QtBot, rows: int) -> None:
    made = bench(assorted_rows(rows))
    focus, table = made.window.focusWidget(), made.window.library.table
    if rows:
        assert focus is table
        QApplication.sendEvent(table, QFocusEvent(QEvent.Type.FocusIn))
        qtbot.keyClick(table, Qt.Key.Key_Down)
        assert table.selected_ids() == [made.window.library.model.id_at(0)]
    else:
        assert focus is not None
        assert focus.accessibleName() == "Drop music here"


def test_the_guide_needs_no_scrolling_sideways(bench: BenchMaker, qtbot: QtBot) -> None:
    page = pages.show_guide(bench([]).window, guide_dir())
    qtbot.waitExposed(page)
    (text,) = page.findChildren(QTextBrowser)
    assert text.horizontalScrollBar().maximum() == 0
    long = "python -m mgc_desktop " + "--with-a-long-option " * 12
    page.show_markdown(f"```\n{long}\n```\n")
    assert text.horizontalScrollBar().maximum() == 0
    assert long.strip() in page.text()
    page.close()


def test_a_device_that_fails_says_so_and_the_button_comes_up(bench: BenchMaker) -> None:
    made = bench([])
    made.window.commands["listen"].trigger()
    made.post(ListenChanged(ListenState.FAILED, "USB", 0, "USB went away: connect it again."))
    assert made.window.messages.sentence == "USB went away: connect it again."
    assert not made.window.commands["listen"].isChecked()


def test_the_progress_of_a_scan(bench: BenchMaker) -> None:
    made = bench([])
    made.post(events.ScanProgress(ScanState.RUNNING, 1203, 20411, 0, 14.2, 1380))
    assert made.window.status.text() == "Heard 1,203 of 20,411, 14/s, 23 min left"
    made.window.commands["pause_scan"].trigger()
    made.window.commands["pause_scan"].trigger()
    made.window.commands["cancel_scan"].trigger()
    assert [name for name, _ in made.engine.scanner.log] == ["pause", "resume", "cancel"]
    made.post(events.ScanProgress(ScanState.IDLE, 5, 5, 0, None, None))
    made.post(events.ScanFinished(5, 0, 0, 2.0, False, ("The folder x has no audio in it: choose another.",)))
    assert made.window.status.text() == "Heard 5 tracks in 2 s"
    assert not made.window.commands["cancel_scan"].isEnabled()
    assert made.window.messages.sentence.startswith("The folder x")


def test_models(bench: BenchMaker, profile: object) -> None:
    made = bench([])
    made.post(events.ModelLoading("/m/genres-1"))
    assert "Loading" in made.window.model_button.text()
    made.ready()
    assert made.window.model_button.text() == "genres-1"
    assert made.window.status.machine_text().strip() == "cpu"
    made.post(events.ModelFailed("/m/other", "The model other is damaged: train it again.", "sha256"))
    assert made.window.messages.sentence == "The model other is damaged: train it again. genres-1 stays in use."
    assert made.window.model_button.text() == "genres-1"


def test_without_any_model_the_window_says_so(bench: BenchMaker) -> None:
    made = bench([])
    made.post(events.ModelFailed("/m/genres-1", "The model genres-1 is missing: install the program again."))
    assert made.window.model_button.text() == "No model"
    assert made.window.messages.sentence.startswith("The model genres-1 is missing")


def mime(*paths: str) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(path) for path in paths])
    return data


def test_music_can_be_dropped_anywhere(bench: BenchMaker, tmp_path: Path) -> None:
    made = bench([make_row(1)])
    data, copy = mime(str(tmp_path / "ä b"), "/x.mp3"), Qt.DropAction.CopyAction
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(300, 300), copy, data, buttons, keys)
    QApplication.sendEvent(made.window, enter)
    assert enter.isAccepted()
    assert made.window.overlay.isVisible()
    QApplication.sendEvent(made.window, QDragLeaveEvent())
    assert not made.window.overlay.isVisible()
    QApplication.sendEvent(made.window, enter)
    QApplication.sendEvent(made.window, QDropEvent(QPointF(300, 300), copy, data, buttons, keys))
    assert not made.window.overlay.isVisible()
    assert made.engine.scanner.log == [("add", ([str(tmp_path / "ä b"), "/x.mp3"],))]
    text = QMimeData()
    text.setText("no file")
    refused = QDragEnterEvent(QPoint(300, 300), copy, text, buttons, keys)
    refused.ignore()
    QApplication.sendEvent(made.window, refused)
    assert not made.window.overlay.isVisible()


def test_what_is_remembered(bench: BenchMaker, qtbot: QtBot) -> None:
    from mgc_desktop.ui import window_state

    settings = FakeSettings()
    first = bench(assorted_rows(20), settings)
    first.window.resize(1111, 700)
    qtbot.wait(50)
    first.window.commands["view_live"].trigger()
    first.window.library.table.horizontalHeader().resizeSection(1, 222)
    first.window.library.table.sort_asked.emit("confidence", True)
    qtbot.wait(50)
    window_state.remember(first.window, settings)
    second = bench(assorted_rows(20), settings)
    assert (second.window.width(), second.window.height()) == (1111, 700)
    assert not second.window.live_dock.isVisible()
    assert not second.window.commands["view_live"].isChecked()
    assert second.window.library.table.columnWidth(1) == 222
    assert second.engine.library.asked[0] == ("", "confidence", True)


def test_damaged_settings_are_left_aside(bench: BenchMaker) -> None:
    settings = FakeSettings()
    settings.values = {"window.geometry": "%%%", "window.state": 7, "library.columns": "AAAA", "library.sort": ["x", 1]}
    made = bench(assorted_rows(5), settings)
    assert made.window.isVisible()
    assert made.engine.library.asked[0] == ("", "path", False)


def test_every_action_has_a_shortcut_of_its_own_and_says_what_it_does(bench: BenchMaker) -> None:
    actions = bench([]).window.commands.all()
    keys = [action.shortcut().toString() for action in actions]
    assert all(keys)
    assert len(set(keys)) == len(keys)
    for action in actions:
        assert action.text()
        assert action.statusTip() in action.toolTip()


def test_every_action_is_in_a_menu(bench: BenchMaker) -> None:
    window = bench([]).window
    found: set[str] = set()
    menus: list[object] = [action.menu() for action in window.menuBar().actions()]
    while menus:
        menu = menus.pop()
        assert isinstance(menu, QMenu)
        menus += [action.menu() for action in menu.actions() if action.menu()]
        found |= {action.objectName() for action in menu.actions()}
    assert {action.objectName() for action in window.commands.all()} <= found


def test_widgets_have_accessible_names(bench: BenchMaker) -> None:
    made = bench(assorted_rows(5))
    made.conductor.teaching.open()
    kinds = (QAbstractButton, QLineEdit, QComboBox, QTableView, QDockWidget)
    nameless = [
        f"{type(widget).__name__} in {type(widget.parent()).__name__}"
        for widget in made.window.findChildren(QWidget)
        if isinstance(widget, kinds)
        and not widget.objectName().startswith("qt_")
        and type(widget).__module__.startswith(("PySide6", "mgc_desktop"))
        and not (widget.accessibleName() or (isinstance(widget, QAbstractButton) and widget.text()))
        and type(widget).__name__ not in ("QTableCornerButton", "QLineEditIconButton")
        and not isinstance(widget.parent(), QComboBox | QTableView)
        and "SpinBox" not in type(widget.parent()).__name__
        and not (isinstance(widget, QAbstractButton) and isinstance(widget.parent(), QLineEdit))
        and type(widget.parent()).__name__ not in ("QToolBar", "QMenuBar", "QMainWindow")
    ]
    assert nameless == []


def test_the_panels_can_be_hidden_and_brought_back(bench: BenchMaker) -> None:
    window = bench([]).window
    for name, dock in (("view_verdict", window.verdict_dock), ("view_live", window.live_dock)):
        window.commands[name].trigger()
        assert not dock.isVisible()
        window.commands[name].trigger()
        assert dock.isVisible()


def test_the_message_bar_shows_one_after_the_other(qtbot: QtBot) -> None:
    bar = MessageBar()
    qtbot.addWidget(bar)
    bar.show_problem("First: do this.", "detail")
    bar.show_problem("First: do this.", "detail")
    bar.show_problem("Second: do that.")
    assert bar.sentence == "First: do this."
    bar._copy.click()
    assert QGuiApplication.clipboard().text() == "First: do this.\n\ndetail"
    bar._dismiss.click()
    assert bar.sentence == "Second: do that."
    bar._dismiss.click()
    assert not bar.isVisible()


def test_events_come_in_order_from_any_thread_and_stop_when_closed(qtbot: QtBot) -> None:
    import threading

    bridge = Bridge()
    seen: list[str] = []
    bridge.problem.connect(lambda event: seen.append(event.sentence))
    names = [str(number) for number in range(500)]

    def tell() -> None:
        for name in names:
            bridge.post(events.Problem(name))

    thread = threading.Thread(target=tell)
    thread.start()
    thread.join()
    assert seen == []
    qtbot.waitUntil(lambda: len(seen) == 500, timeout=3000)
    assert seen == names
    bridge.post(events.Problem("late"))
    bridge.close()
    qtbot.wait(20)
    assert seen == names


def test_the_picture_grows_with_the_window_and_keeps_what_a_hand_made_of_it(bench: BenchMaker, qtbot: QtBot) -> None:
    window = bench().window
    qtbot.waitUntil(lambda: window._is_painted)
    heights = []
    for size in ((1280, 800), (1280, 1000), (1280, 800)):
        window.resize(*size)
        qtbot.waitUntil(lambda: window._shared_height == window.height())
        heights.append(window.live_dock.height())
    assert heights[0] == heights[2] < heights[1]
    assert heights[1] / 1000 == pytest.approx(heights[0] / 800, abs=0.01)
    window.resizeDocks([window.live_dock], [400], Qt.Orientation.Vertical)
    qtbot.waitUntil(lambda: window.live_dock.height() == 400)
    window.resize(1280, 1000)
    qtbot.waitUntil(lambda: window._shared_height == window.height())
    assert window.live_dock.height() == 500
