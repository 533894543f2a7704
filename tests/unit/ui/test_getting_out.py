"""Getting tracks out of the window: dragged, exported, asked about before they go to the trash."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from urllib.parse import unquote_to_bytes

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mgc_desktop.library.export import ExportFormat
from mgc_desktop.ui.library.table_model import MOST_DRAGGED
from mgc_desktop.ui.library.table_view import files_data
from tests.unit.ui.conftest import BenchMaker
from tests.unit.ui.fakes import FakeReader, make_row


@pytest.mark.skipif(sys.platform == "win32", reason="names of files are text there")
def test_dragged_files_are_named_byte_for_byte(tmp_path: Path) -> None:
    names = [b"plain.mp3", b"50% #1 & more?.mp3", b"odd \xff.mp3", "Ünï.mp3".encode()]
    data = files_data([os.fsdecode(os.fsencode(tmp_path) + b"/" + name) for name in names])
    lines = bytes(data.data("text/uri-list").data()).split()
    assert [unquote_to_bytes(line) for line in lines] == [
        b"file://" + os.fsencode(tmp_path) + b"/" + name for name in names
    ]
    assert data.urls()[0].toLocalFile() == str(tmp_path / "plain.mp3")


def test_what_cannot_be_dragged_yet_says_so(bench: BenchMaker, qtbot: QtBot) -> None:
    made = bench([make_row(track) for track in range(1, MOST_DRAGGED + 2)])
    table, status = made.window.library.table, made.window.status
    table.selectAll()
    table.startDrag(Qt.DropAction.CopyAction)
    assert status.text().startswith("At most 2,000 tracks can be dragged at once")
    table.clearSelection()
    for place in (0, 1000):
        flags = table.selectionModel().SelectionFlag
        table.selectionModel().select(table.model().index(place, 0), flags.Select | flags.Rows)
    made.window.library.model.forget_but([])
    table.startDrag(Qt.DropAction.CopyAction)
    assert status.text().startswith("These tracks are still being read")
    model = made.window.library.model
    qtbot.waitUntil(lambda: len(model.kept(table.selected_ids())) == 2, timeout=3000)  # ahead of the next try


def test_an_export_can_be_ended_by_its_own_action(
    bench: BenchMaker, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = bench([make_row(track) for track in range(1, 2001)])
    out, action = made.conductor.getting_out, made.window.commands["export"]
    begun, go_on = threading.Event(), threading.Event()
    whole = FakeReader.rows

    def slow(self: FakeReader, ids: list[int]) -> object:
        if threading.current_thread().name == "row-job":
            begun.set()
            go_on.wait(5)
        return whole(self, ids)

    monkeypatch.setattr(FakeReader, "rows", slow)
    out.export_to(str(tmp_path / "all"), ExportFormat.CSV)
    assert begun.wait(3)
    assert action.text() == "Cancel &Export"
    action.trigger()
    go_on.set()
    qtbot.waitUntil(lambda: action.text() == "&Export…", timeout=3000)
    assert made.window.status.text() == "The export was cancelled; nothing was written."
    assert list(tmp_path.glob("all*")) == []
    assert not made.window.messages.isVisible()


def test_an_export_that_fails_says_why_in_the_bar(bench: BenchMaker, qtbot: QtBot, tmp_path: Path) -> None:
    made = bench([make_row(1)])
    made.conductor.getting_out.export_to(str(tmp_path / "none" / "music.csv"), ExportFormat.CSV)
    qtbot.waitUntil(lambda: "could not be written" in made.window.messages.sentence, timeout=3000)
    assert made.window.commands["export"].text() == "&Export…"


def test_nothing_to_export_is_nothing_to_click(bench: BenchMaker, qtbot: QtBot) -> None:
    assert not bench([]).window.commands["export"].isEnabled()
    assert bench([make_row(1)]).window.commands["export"].isEnabled()


def test_the_question_says_no_by_itself(bench: BenchMaker, qtbot: QtBot) -> None:
    made = bench([make_row(track) for track in range(1, 4)])
    question, table = made.conductor.getting_out.question, made.window.library.table
    table.selectAll()
    made.window.activateWindow()
    made.window.commands["trash"].trigger()
    assert question.question() == "Move 3 files to the trash? The library keeps what it knows of them."
    qtbot.waitUntil(question.no.hasFocus, timeout=3000)
    qtbot.keyClick(question.no, Qt.Key.Key_Return)
    assert question.question() == ""
    assert made.engine.writer.log == []
    made.window.commands["trash"].trigger()
    qtbot.keyClick(question.no, Qt.Key.Key_Left)
    assert question.yes.hasFocus()
    qtbot.keyClick(question.yes, Qt.Key.Key_Return)  # the files of these rows are nowhere
    said = "Moved 0 files to the trash; 3 were gone before"
    qtbot.waitUntil(lambda: made.window.status.text() == said, timeout=5000)
    assert made.engine.writer.log == [("mark_missing", ((1, 2, 3),))]
