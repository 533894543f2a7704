"""The window of folders: what it shows, asks and sends, by mouse and by keyboard."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from mgc_desktop.engine.events import Folder, FoldersChanged, ScanFinished
from mgc_desktop.ui.library.folders_dialog import FOLDER, STATE, TRACKS, WATCH, FoldersDialog
from tests.unit.ui.conftest import Bench, BenchMaker

FOLDERS = (
    Folder("/home/ana/Music", 20_411, True, False),
    Folder("/media/usb/Old", 1, False, True),
    Folder("/home/ana/New", 0, False, False),
)


@pytest.fixture
def made(bench: BenchMaker) -> tuple[Bench, FoldersDialog]:
    made = bench()
    made.window.commands["folders"].trigger()
    dialog = made.conductor.foldering.dialog
    assert dialog is not None
    made.post(FoldersChanged(FOLDERS))
    return made, dialog


def shown(dialog: FoldersDialog, row: int, column: int) -> str:
    return str(dialog.table.rows.index(row, column).data())


def asked(made: Bench) -> list[tuple[str, tuple[object, ...]]]:
    log, made.engine.folders.log = made.engine.folders.log, []
    return log


def test_folders_are_listed_with_their_tracks_and_state(made: tuple[Bench, FoldersDialog]) -> None:
    bench, dialog = made
    assert asked(bench) == [("ask", ())]
    assert dialog.isVisible()
    assert not dialog.isModal()
    assert [shown(dialog, row, FOLDER) for row in range(3)] == [folder.path for folder in FOLDERS]
    assert [shown(dialog, row, TRACKS) for row in range(3)] == ["20,411", "1", "0"]
    assert [shown(dialog, row, STATE) for row in range(3)] == ["", "Not there", ""]
    ticks = [dialog.table.rows.index(row, WATCH).data(Qt.ItemDataRole.CheckStateRole) for row in range(3)]
    assert ticks == [Qt.CheckState.Checked, Qt.CheckState.Unchecked, Qt.CheckState.Unchecked]
    dialog.table.selectRow(1)
    bench.post(FoldersChanged((FOLDERS[0], Folder("/media/usb/Old", 1, False, False), FOLDERS[2])))
    assert shown(dialog, 1, STATE) == ""
    assert dialog.table.folder() is not None
    assert dialog.table.currentIndex().row() == 1  # what was chosen stays so
    bench.post(FoldersChanged(()))
    assert not dialog.table.isVisible()
    assert not dialog.look.isEnabled()


def test_watching_is_asked_for_by_mouse_and_key(made: tuple[Bench, FoldersDialog], qtbot: QtBot) -> None:
    bench, dialog = made
    asked(bench)
    dialog.table.selectRow(2)
    qtbot.keyClick(dialog.table, Qt.Key.Key_Space)
    place = dialog.table.visualRect(dialog.table.rows.index(0, WATCH))
    qtbot.mouseClick(
        dialog.table.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(place.left() + 14, place.center().y())
    )
    assert asked(bench) == [("set_watched", ("/home/ana/New", True)), ("set_watched", ("/home/ana/Music", False))]
    tick = dialog.table.rows.index(0, WATCH).data(Qt.ItemDataRole.CheckStateRole)
    assert tick == Qt.CheckState.Checked  # until the library says otherwise


def test_removing_is_asked_once_in_the_window(made: tuple[Bench, FoldersDialog], qtbot: QtBot) -> None:
    bench, dialog = made
    asked(bench)
    dialog.table.selectRow(0)
    qtbot.keyClick(dialog.table, Qt.Key.Key_Delete)
    assert "and its 20,411 tracks" in dialog.notice.text()
    assert "files stay" in dialog.notice.text()
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert dialog.isVisible()
    assert not dialog.yes.isVisible()
    dialog.remove.click()
    dialog.table.selectRow(1)  # another one: the question is off
    assert not dialog.yes.isVisible()
    dialog.remove.click()
    assert "its 1 track " in dialog.notice.text()
    dialog.no.click()
    assert asked(bench) == []
    dialog.remove.click()
    dialog.yes.click()
    assert asked(bench) == [("remove", ("/media/usb/Old",))]
    assert dialog.notice.text() == ""


def test_changes_are_looked_for_in_one_folder_or_everywhere(made: tuple[Bench, FoldersDialog]) -> None:
    bench, dialog = made
    asked(bench)
    dialog.table.selectRow(1)
    dialog.look.click()
    assert asked(bench) == [("look", (["/media/usb/Old"],))]
    bench.post(ScanFinished(0, 0, 5, 1.0, False, (), moved=12, missing=3, offline=1))
    assert dialog.notice.text() == "Nothing new to hear: 12 moved, 3 gone, 1 offline"
    assert asked(bench) == [("ask", ())]
    bench.window.commands["rescan"].trigger()
    assert asked(bench) == [("look", ())]
    assert bench.window.status.text() == "Looking for changes…"


def test_folders_are_dropped_on_it(made: tuple[Bench, FoldersDialog]) -> None:
    bench, dialog = made
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile("/home/ana/More")])
    none, copy = Qt.KeyboardModifier.NoModifier, Qt.DropAction.CopyAction
    enter = QDragEnterEvent(QPoint(100, 100), copy, data, Qt.MouseButton.LeftButton, none)
    QApplication.sendEvent(dialog, enter)
    assert enter.isAccepted()
    drop = QDropEvent(QPointF(100, 100), copy, data, Qt.MouseButton.LeftButton, none)
    QApplication.sendEvent(dialog, drop)
    assert bench.engine.scanner.log == [("add", (["/home/ana/More"],))]


def test_counts_are_renewed_while_rows_are_added_and_it_is_open(
    made: tuple[Bench, FoldersDialog], qtbot: QtBot
) -> None:
    from mgc_desktop.engine.events import TracksChanged

    bench, dialog = made
    asked(bench)
    for track in range(20):
        bench.post(TracksChanged((track,), True))
    qtbot.waitUntil(lambda: bool(bench.engine.folders.log), timeout=3000)
    assert asked(bench) == [("ask", ())]
    dialog.close()
    bench.post(TracksChanged((1,), True))
    qtbot.wait(1200)
    assert asked(bench) == []
