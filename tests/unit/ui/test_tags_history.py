"""The history of tag writing: batches, their files, what can be undone, and the bar that sums a batch up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from mgc_desktop.engine.events import TagFinished, TagProgress
from mgc_desktop.library.journal import BatchRow, ChangeRow, ChangeState
from mgc_desktop.ui.tags.history import HistoryWindow, undo_offer
from mgc_desktop.ui.tags.history_model import BECAME, FILE, STATE, WHAT
from tests.unit.ui.conftest import Bench, BenchMaker
from tests.unit.ui.fakes import make_row

NOON = 1_795_000_000.0


def batches() -> list[BatchRow]:
    """Return a batch that was undone, its undo, and a larger one."""
    return [
        BatchRow(1, "write", None, "window", {"policy": "fill"}, NOON, NOON + 1, 2, 0, 0, 2),
        BatchRow(2, "undo", 1, "window", {}, NOON + 60, NOON + 61, 2, 0, 0),
        BatchRow(
            3, "write", None, "command line", {"policy": "replace", "insist": True}, NOON + 99, NOON + 101, 2, 1, 1
        ),
    ]


def changes() -> list[ChangeRow]:
    """Return the four files of batch 3, of which one was left and one failed, and one of batch 1."""

    def change(number: int, state: ChangeState, reason: str = "", batch: int = 3) -> ChangeRow:
        path = f"/home/ana/Music/{number}.flac"
        return ChangeRow(number, batch, number, path, "Vorbis comment", ("Rock",), ("Jazz",), state, reason, NOON)

    return [
        change(1, ChangeState.DONE),
        change(2, ChangeState.LEFT, "It was changed meanwhile."),
        change(3, ChangeState.FAILED, "The disk is full."),
        change(4, ChangeState.DONE),
        change(5, ChangeState.DONE, batch=1),
    ]


@pytest.fixture
def made(bench: BenchMaker) -> Bench:
    made = bench([make_row(1)])
    made.engine.library.batches, made.engine.library.changes = batches(), changes()
    return made


def opened(made: Bench, qtbot: QtBot) -> HistoryWindow:
    made.window.commands["history"].trigger()
    dialog = made.conductor.tagging.history.dialog
    assert dialog is not None
    qtbot.waitUntil(lambda: dialog.changes.rowCount() > 0, timeout=3000)
    return dialog


def column(model: Any, place: int) -> list[str]:
    return [str(model.index(line, place).data()) for line in range(model.rowCount())]


def asked(made: Bench, name: str) -> list[tuple[Any, ...]]:
    return [args for called, args in made.engine.tagger.log if called == name]


def test_batches_and_the_files_of_the_latest(made: Bench, qtbot: QtBot) -> None:
    dialog = opened(made, qtbot)
    assert not dialog.isModal()
    assert column(dialog.batches, WHAT) == [
        "Genres written (replaced)",
        "Undo of no. 1",
        "Genres written (empty genres only)",
    ]
    assert column(dialog.batches, STATE) == ["1 left alone, 1 failed", "", "undone by no. 2"]
    assert column(dialog.changes, FILE) == ["1.flac", "2.flac", "3.flac", "4.flac"]
    assert column(dialog.changes, BECAME) == [
        "written",
        "left alone: It was changed meanwhile.",
        "failed: The disk is full.",
        "written",
    ]
    dialog.left.click()
    assert column(dialog.changes, FILE) == ["2.flac", "3.flac"]
    dialog.search.setText("disk")
    assert column(dialog.changes, FILE) == ["3.flac"]
    assert "/home/ana/Music/3.flac" in dialog.changes.index(0, FILE).data(Qt.ItemDataRole.ToolTipRole)
    dialog.search.clear()
    dialog.left.click()
    dialog.table.selectRow(2)
    qtbot.waitUntil(lambda: column(dialog.changes, FILE) == ["5.flac"], timeout=3000)
    assert (dialog.undo.text(), dialog.undo.isEnabled()) == ("&Undo 2 Files", False)
    assert "undo no. 2" in dialog.undo.toolTip()


def test_one_press_undoes_a_batch_and_shows_how_far_it_is(made: Bench, qtbot: QtBot) -> None:
    dialog = opened(made, qtbot)
    dialog.undo.click()
    (batch, options), *_ = asked(made, "undo")
    assert (batch, options.insist) == (3, True)  # as it was written
    assert not dialog.undo.isEnabled()
    made.post(TagProgress(1, 2, 1, 0, 0, 10.0, 2.0))
    assert dialog.notice.text() == "Putting genres back: 1 of 2, 10/s, 5 s left"
    assert made.conductor.tagging.line.text() == "Undoing 1 of 2, 5 s left"
    dialog.cancel.click()
    assert asked(made, "cancel")
    library = made.engine.library
    library.batches = [*batches()[:2], replace(batches()[2], undone_by=4)]
    library.batches.append(BatchRow(4, "undo", 3, "window", {}, NOON + 200, NOON + 201, 1, 1, 0))
    made.post(TagFinished(4, "undo", 3, 1, 1, 0, False, 1.0, (("/home/ana/4.flac", "Its genre was changed since."),)))
    assert dialog.notice.text() == "Put the old genre back into 1 file in 1 s, 1 file left alone."
    qtbot.waitUntil(lambda: dialog.batches.rowCount() == 4, timeout=3000)
    batch_now = dialog.batch()
    assert batch_now is not None
    assert (batch_now.id, dialog.undo.isEnabled()) == (3, False)
    bar = made.conductor.tagging.bar
    assert [button.text() for button in bar.buttons] == ["&Write 1 File Again", "History"]
    assert "Its genre was changed since." in bar.details()
    bar.buttons[0].click()
    assert asked(made, "undo")[-1][0] == 4


def test_undoing_an_undo_is_called_writing_again() -> None:
    first, undo, last = batches()
    assert undo_offer(None)[1]
    assert undo_offer(undo) == ("&Write 2 Files Again", "")
    assert undo_offer(last) == ("&Undo 2 Files", "")
    assert "already" in undo_offer(first)[1]
    assert "under way" in undo_offer(replace(last, ended_at=None))[1]
    assert "nothing to undo" in undo_offer(replace(last, done=0))[1]


def test_the_bar_leads_to_the_batch(made: Bench, qtbot: QtBot) -> None:
    made.post(TagFinished(1, "write", None, 2, 0, 0, False, 1.0))
    bar = made.conductor.tagging.bar
    assert [button.accessibleName() for button in bar.buttons] == ["Undo 2 Files", "History"]
    assert not bar._more.isVisible()  # nothing failed
    bar.buttons[1].click()
    dialog = made.conductor.tagging.history.dialog
    assert dialog is not None
    qtbot.waitUntil(lambda: dialog.batch() is not None, timeout=3000)
    batch = dialog.batch()
    assert batch is not None
    assert batch.id == 1
    assert not bar.isVisible()


def test_a_journal_without_batches_says_how_to_begin(bench: BenchMaker, qtbot: QtBot) -> None:
    made = bench([make_row(1)])
    made.window.commands["history"].trigger()
    dialog = made.conductor.tagging.history.dialog
    assert dialog is not None
    qtbot.wait(100)
    shown = dialog._table_place.currentWidget()
    assert isinstance(shown, QLabel)
    assert "Library > Write Tags" in shown.text()
    assert not dialog.undo.isEnabled()


def test_the_key_asks_before_files_are_changed(made: Bench, qtbot: QtBot) -> None:
    made.post(TagFinished(3, "write", None, 2, 0, 0, False, 1.0))
    bar = made.conductor.tagging.bar
    made.window.commands["undo"].trigger()
    assert bar.text() == "Put the genres of 2 files back as they were?"
    assert not asked(made, "undo")
    qtbot.keyClick(bar.buttons[0], Qt.Key.Key_Escape)
    assert not bar.isVisible()
    made.window.commands["undo"].trigger()
    qtbot.keyClick(bar.buttons[0], Qt.Key.Key_Return)
    assert asked(made, "undo")[0][0] == 3
    made.window.commands["undo"].trigger()  # while files are being changed
    assert len(asked(made, "undo")) == 1
    assert "when that is done" in made.window.status.text()
