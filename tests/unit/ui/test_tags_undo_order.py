"""Edit > Undo over genres of tracks and genres in files: which was last, and that no file is touched by a key alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from mgc_desktop.engine.events import (
    CorrectionAction,
    CorrectionsChanged,
    CorrectionStep,
    FolderPutBack,
    FolderRemoved,
    TagFinished,
)
from mgc_desktop.ui.actions import Actions
from mgc_desktop.ui.undo_order import TagBatch, UndoOrder
from tests.unit.ui.fakes import Calls, FakeSessions


class Order:
    """An order with a corrections engine that answers when it is told to, and a list of questions."""

    def __init__(self, parent: QObject) -> None:
        self.actions, self.corrections, self.folders = Actions(parent), Calls(), Calls()
        self.sessions = FakeSessions()
        self.questions: list[tuple[int, bool]] = []
        self.order = UndoOrder(self.actions, self.corrections, self.folders, self.sessions, self._ask)
        self._done: list[CorrectionStep] = []
        self._undone: list[CorrectionStep] = []

    def _ask(self, batch: TagBatch, writes_again: bool) -> None:
        self.questions.append((batch.id, writes_again))

    def correct(self, label: str) -> None:
        self._done.append(CorrectionStep(CorrectionAction.SET, label, 2))
        self._undone.clear()
        self._tell("done", self._done[-1])

    def answer(self, way: str) -> None:
        """Do what the corrections were asked for: `undone` or `redone`."""
        source, target = (self._done, self._undone) if way == "undone" else (self._undone, self._done)
        target.append(source.pop())
        self._tell(way, target[-1])

    def _tell(self, way: str, step: CorrectionStep, changed: int = 2) -> None:
        undo, redo = (steps[-1] if steps else None for steps in (self._done, self._undone))
        self.order.corrections_changed(CorrectionsChanged(step, way, changed, 0, undo, redo))

    def tags(self, batch: int, undoes: int | None = None, files: int = 3) -> None:
        kind = "write" if undoes is None else "undo"
        self.order.tags_finished(TagFinished(batch, kind, undoes, files, 0, 0, False, 1.0))

    def says(self) -> tuple[str, str]:
        return self.actions["undo"].text(), self.actions["redo"].text()

    def asked(self) -> list[str]:
        return [name for name, _ in self.corrections.log]


@pytest.fixture
def made(qapp: QApplication) -> Iterator[Order]:
    parent = QObject()
    yield Order(parent)
    parent.deleteLater()


WRITE = "Write Genres into 3 files"


def test_what_was_last_is_undone_first(made: Order) -> None:
    assert made.says() == ("&Undo", "&Redo")
    made.correct("tango")
    made.tags(1)
    made.correct("polka")
    assert made.says() == ("&Undo Set Polka on 2 tracks", "&Redo")
    made.order.undo()
    made.answer("undone")
    assert made.says() == (f"&Undo {WRITE}", "&Redo Set Polka on 2 tracks")
    made.order.undo()
    assert (made.asked(), made.questions) == (["undo"], [(1, False)])
    assert made.says()[0] == f"&Undo {WRITE}"  # nothing was done yet: only asked
    made.tags(2, undoes=1)
    assert made.says() == ("&Undo Set Tango on 2 tracks", f"&Redo {WRITE}")
    made.order.redo()
    assert made.questions[-1] == (2, True)
    made.tags(3, undoes=2)
    assert made.says() == (f"&Undo {WRITE}", "&Redo Set Polka on 2 tracks")
    made.order.redo()
    made.answer("redone")
    assert made.says() == ("&Undo Set Polka on 2 tracks", "&Redo")
    assert made.asked() == ["undo", "redo"]


def test_two_quick_keys_do_not_reach_past_a_write(made: Order) -> None:
    made.correct("tango")
    made.tags(1)
    made.correct("polka")
    made.order.undo()
    made.order.undo()  # before the first was done
    assert (made.asked(), made.questions) == (["undo"], [(1, False)])
    made.answer("undone")
    assert made.says()[0] == f"&Undo {WRITE}"


def test_a_new_write_ends_what_could_be_done_again(made: Order) -> None:
    made.correct("tango")
    made.order.undo()
    made.answer("undone")
    made.tags(1)
    assert made.says() == (f"&Undo {WRITE}", "&Redo")
    made.order.redo()
    assert made.asked() == ["undo"]


def test_what_history_undid_out_of_turn_is_a_step_of_its_own(made: Order) -> None:
    made.tags(7)
    made.correct("tango")
    made.tags(8, undoes=7)
    assert made.says() == ("&Undo Put Genres Back into 3 files", "&Redo")
    made.order.undo()
    assert made.questions == [(8, True)]
    made.tags(9, undoes=8)
    assert made.says() == ("&Undo Set Tango on 2 tracks", "&Redo Put Genres Back into 3 files")
    made.order.redo()
    assert made.questions[-1] == (9, False)
    made.tags(11, undoes=2)  # of a former session
    assert made.says() == ("&Undo Put Genres Back into 3 files", "&Redo")


def test_steps_that_others_undo_and_steps_that_did_nothing_keep_the_order(made: Order) -> None:
    made.correct("tango")
    made.tags(1)
    made.answer("undone")  # by the review, say
    assert made.says() == (f"&Undo {WRITE}", "&Redo Set Tango on 2 tracks")
    made._tell("done", CorrectionStep(CorrectionAction.ACCEPT, "", 0), changed=0)
    made.tags(0)
    made.tags(5, files=0)
    assert made.says()[0] == f"&Undo {WRITE}"


def test_a_step_that_the_engine_has_forgotten_is_forgotten_here(made: Order) -> None:
    made.tags(1)
    made.correct("tango")
    made.order.undo()
    made._done.clear()
    made._tell("undone", CorrectionStep(CorrectionAction.SET, "tango", 0), changed=0)
    assert made.says() == (f"&Undo {WRITE}", "&Redo")


def test_a_removed_folder_is_put_back_in_its_turn(made: Order) -> None:
    made.correct("tango")
    made.order.folder_removed(FolderRemoved(7, "/music/Old Records", 1203))
    name = "Remove Folder “Old Records” with 1,203 tracks"
    assert made.says() == (f"&Undo {name}", "&Redo")
    made.order.undo()
    assert made.folders.log == [("put_back", (7,))]
    assert made.says()[0] == "&Undo Set Tango on 2 tracks"  # a second key must not ask twice
    made.order.folder_put_back(FolderPutBack(7, "/music/Old Records", 1203))
    assert made.says() == ("&Undo Set Tango on 2 tracks", f"&Redo {name}")
    made.order.redo()
    assert made.folders.log[1:] == [("remove", ("/music/Old Records",))]
    made.order.folder_removed(FolderRemoved(8, "/music/Old Records", 1203))
    assert made.says() == (f"&Undo {name}", "&Redo")
    made.tags(1)
    made.order.folder_removed(FolderRemoved(9, "/music/New", 2))
    assert made.asked() == []
    made.order.undo()
    made.order.folder_put_back(FolderPutBack(9, "/music/New", 2))
    made.order.undo()
    assert made.questions == [(1, False)]
