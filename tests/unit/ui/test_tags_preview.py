"""The preview of tag writing in the window: what it lists, what it lets be chosen, and what it asks of the engine."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from mgc_desktop.core.values import TrackRow, VerdictKind
from mgc_desktop.engine.events import (
    PlannedWrite,
    TagFinished,
    TagPlanProgress,
    TagPlanReady,
    TagProgress,
    TracksChanged,
)
from mgc_desktop.ui.tags.plan_model import AFTER, BEFORE, TICK, TITLE, WHY
from mgc_desktop.ui.tags.preview import LEAST_SIZE, PreviewWindow
from mgc_desktop.ui.tags.sheet import Kind
from tests.unit.ui.conftest import Bench, BenchMaker
from tests.unit.ui.fakes import FakeSettings, make_row, many_rows, plan_rows


def tracks() -> list[TrackRow]:
    """Return six tracks: three to be filled, one that says so already, one that has another genre, one unsure."""
    usual: dict[str, Any] = {"confidence": 0.9, "existing_genre": ""}
    return [
        make_row(1, title="Delta", artist="Zed", **usual | {"label": "blues"}),
        make_row(2, title="Alpha", artist="Yan", **usual | {"label": "rock", "confidence": 0.75}),
        make_row(3, title="Bravo", artist="Xia", **usual | {"label": "jazz", "existing_genre": "Jazz"}),
        make_row(4, title="Charlie", artist="Wim", **usual | {"label": "pop", "existing_genre": "Disco"}),
        make_row(
            5, title="Echo", artist="Vic", kind=VerdictKind.UNSURE, label="rock", confidence=0.3, existing_genre=""
        ),
        make_row(
            6, title="Foxtrot", artist="Ulf", **usual | {"label": "hiphop", "confidence": 0.6}, correction="hiphop"
        ),
    ]


class Made:
    """A window with its preview open, and an engine that answers at once."""

    def __init__(self, bench: Bench, qtbot: QtBot) -> None:
        self.bench, self.qtbot = bench, qtbot
        self.engine, self.window = bench.engine, bench.window
        self.engine.tagger.log.clear()

    @property
    def dialog(self) -> PreviewWindow:
        dialog = self.bench.conductor.tagging.previewing.dialog
        assert dialog is not None
        return dialog

    def asked(self, name: str) -> list[tuple[Any, ...]]:
        return [args for called, args in self.engine.tagger.log if called == name]

    def open(self) -> PreviewWindow:
        self.window.commands["write_tags"].trigger()
        self.answer()
        return self.dialog

    def answer(self, rows: tuple[PlannedWrite, ...] | None = None) -> None:
        """Answer the preview that was asked for last."""
        ids, policy = self.asked("preview")[-1]
        self.bench.post(TagPlanReady(plan_rows(self.engine.library, ids, policy) if rows is None else rows))
        self.qtbot.waitUntil(lambda: not self.dialog.busy, timeout=3000)

    def lines(self, column: int = TITLE) -> list[str]:
        rows = self.dialog.rows
        return [str(rows.index(line, column).data() or "") for line in range(rows.rowCount())]

    def wait_for(self, column: int, texts: list[str]) -> None:
        self.qtbot.waitUntil(lambda: self.lines(column) == texts, timeout=3000)


@pytest.fixture
def made(bench: BenchMaker, qtbot: QtBot) -> Made:
    bench_ = bench(tracks())
    bench_.ready()
    return Made(bench_, qtbot)


def test_it_opens_on_what_would_change_and_says_the_rest_in_numbers(made: Made) -> None:
    made.window.commands["write_tags"].trigger()
    dialog = made.dialog
    assert not dialog.isModal()
    assert dialog.busy
    assert "Reading" in dialog.counts.text()
    made.bench.post(TagPlanProgress(3, 6))
    assert dialog.counts.text() == "Reading tags: 3 of 6"
    made.answer()
    assert made.lines() == ["Delta", "Alpha", "Foxtrot"]
    assert made.lines(AFTER) == ["Blues", "Rock", "Hip-Hop"]
    assert dialog.counts.text().startswith("3 of 6 files will change")
    assert dialog.counts.text().endswith("left alone")
    assert dialog.write.text() == "&Write 3 Files"
    dialog.kinds[None].click()
    assert made.lines() == ["Delta", "Alpha", "Bravo", "Charlie", "Echo", "Foxtrot"]
    dialog.kinds[Kind.LEFT].click()
    assert "Echo" in made.lines()
    assert any("nsure" in why for why in made.lines(WHY))


def test_ticks_say_what_is_written(made: Made) -> None:
    dialog = made.open()
    table = dialog.table
    assert [made.dialog.rows.index(line, TICK).data(Qt.ItemDataRole.CheckStateRole) for line in range(3)] == [
        Qt.CheckState.Checked
    ] * 3
    table.selectRow(1)
    made.qtbot.keyClick(table, Qt.Key.Key_Space)
    assert dialog.write.text() == "&Write 2 Files"
    assert "1 unticked" in dialog.counts.text()
    where = table.visualRect(dialog.rows.index(0, TICK))
    made.qtbot.mouseClick(
        table.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(where.left() + 16, where.center().y())
    )
    assert dialog.write.text() == "&Write 1 File"
    dialog.all.click()
    table.setFocus()
    made.qtbot.keyClick(table, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    made.qtbot.keyClick(table, Qt.Key.Key_Space)
    assert (dialog.write.text(), dialog.write.isEnabled()) == ("&Write", False)
    dialog.search.setText("alpha")
    dialog.all.click()
    dialog.search.clear()
    assert dialog.write.text() == "&Write 1 File"
    dialog.write.click()
    rows, policy, options = made.asked("write")[0]
    assert [row.title for row in rows] == ["Alpha"]
    assert (policy.policy, options.keep_times, options.insist) == ("fill", False, False)


def test_return_in_the_filter_writes_nothing(made: Made) -> None:
    dialog = made.open()
    dialog.search.setFocus()
    made.qtbot.keyClick(dialog.search, Qt.Key.Key_Return)
    assert not made.asked("write")
    assert dialog.isVisible()
    made.qtbot.keyClick(dialog, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert len(made.asked("write")) == 1


def test_another_policy_is_planned_at_once_and_keeps_the_ticks(made: Made) -> None:
    dialog = made.open()
    dialog.table.selectRow(0)
    dialog.table.toggle_selected()
    dialog.panel.policies["replace"].click()
    made.wait_for(AFTER, ["Blues", "Rock", "Pop", "Hip-Hop"])
    assert dialog.write.text() == "&Write 3 Files"
    dialog.panel.least.setValue(80)
    made.wait_for(AFTER, ["Blues", "Pop", "Hip-Hop"])
    dialog.panel.accepted.click()
    made.wait_for(AFTER, ["Hip-Hop"])
    assert made.lines(WHY) == ["You set it"]
    dialog.panel.accepted.click()
    dialog.panel.policies["append"].click()
    made.wait_for(AFTER, ["Blues", "Disco · Pop", "Hip-Hop"])
    assert made.lines(BEFORE)[1] == "Disco"
    assert len(made.asked("preview")) == 1  # no file was read again
    dialog.write.click()
    assert made.asked("write")[0][1].as_json() == {"policy": "append", "min_confidence": 0.8}


def test_nothing_is_written_while_the_list_is_not_yet_what_was_chosen(made: Made) -> None:
    dialog = made.open()
    assert dialog.write.isEnabled()
    dialog.panel.policies["replace"].click()
    assert not dialog.write.isEnabled()
    made.qtbot.keyClick(dialog, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert not made.asked("write")
    made.qtbot.waitUntil(dialog.write.isEnabled, timeout=3000)
    assert dialog.write.text() == "&Write 4 Files"


def test_protected_files_are_written_where_the_person_insists(made: Made) -> None:
    made.window.commands["write_tags"].trigger()
    ids, policy = made.asked("preview")[-1]
    rows = plan_rows(made.engine.library, ids, policy)
    made.answer((replace(rows[0], guard="The file is read-only."), *rows[1:]))
    dialog = made.dialog
    made.wait_for(TITLE, ["Alpha", "Foxtrot"])
    dialog.kinds[Kind.LEFT].click()
    assert "The file is read-only." in made.lines(WHY)
    dialog.kinds[Kind.CHANGE].click()
    dialog.panel.insist.click()
    made.wait_for(TITLE, ["Delta", "Alpha", "Foxtrot"])
    dialog.write.click()
    assert made.asked("write")[0][2].insist


def test_files_that_were_not_read_are_read_when_they_would_be_written(made: Made) -> None:
    made.window.commands["write_tags"].trigger()
    ids, policy = made.asked("preview")[-1]
    rows = plan_rows(made.engine.library, ids, policy)
    made.answer(tuple(row if row.to_do else replace(row, state=None) for row in rows))
    made.dialog.panel.policies["replace"].click()
    made.qtbot.waitUntil(lambda: len(made.asked("preview")) == 2, timeout=3000)
    made.answer()
    made.wait_for(AFTER, ["Blues", "Rock", "Pop", "Hip-Hop"])


def test_names_are_edited_and_followed(made: Made) -> None:
    dialog = made.open()
    dialog.panel.names.click()
    names = made.bench.conductor.tagging.previewing.names
    assert names is not None
    model = names.model
    line = next(line for line in range(model.rowCount()) if model.label_at(line) == "hiphop")
    assert model.index(line, 1).data() == "Hip-Hop"
    assert model.setData(model.index(line, 1), " Rap  and Hip-Hop ", Qt.ItemDataRole.EditRole)
    made.wait_for(AFTER, ["Blues", "Rock", "Rap and Hip-Hop"])
    assert model.setData(model.index(line, 1), "", Qt.ItemDataRole.EditRole)
    assert model.index(line, 1).data() == "never written"
    made.wait_for(AFTER, ["Blues", "Rock"])
    assert dialog.panel.names.text() == "&Names that are written (1)…"
    names.table.selectRow(line)
    names.one.click()
    made.wait_for(AFTER, ["Blues", "Rock", "Hip-Hop"])
    assert not names.all.isEnabled()
    dialog.close()
    assert not names.isVisible()


def test_choices_are_remembered_but_never_that_protected_files_are_written(
    made: Made, bench: BenchMaker, qtbot: QtBot
) -> None:
    dialog = made.open()
    dialog.resize(LEAST_SIZE)
    dialog.panel.policies["append"].click()
    for box in (dialog.panel.times, dialog.panel.insist):
        box.click()
    dialog.panel.least.setValue(55)
    dialog.close()
    settings: FakeSettings = made.bench.settings
    again = Made(bench(tracks(), settings=settings), qtbot).open()
    chosen = again.panel.choices()
    assert (chosen.policy, chosen.least, chosen.keep_times, chosen.insist) == ("append", 55, True, False)
    assert again.size() == LEAST_SIZE


@pytest.mark.parametrize(
    "saved", [None, 7, {"policy": "burn", "least": True, "names": [1]}, {"least": 1e9}, {"least": -3}]
)
def test_settings_that_make_no_sense_are_as_at_a_first_start(bench: BenchMaker, qtbot: QtBot, saved: Any) -> None:
    settings = FakeSettings()
    settings.set("tags.choices", saved)
    dialog = Made(bench(tracks(), settings=settings), qtbot).open()
    assert dialog.panel.choices().policy == "fill"
    assert 0 <= dialog.panel.choices().least <= 99


def test_the_selected_tracks_come_first_and_all_are_a_choice(made: Made) -> None:
    made.window.library.table.selectRow(1)
    dialog = made.open()
    assert [dialog.scope.itemText(place) for place in range(2)] == ["Selected: 1 track", "All listed: 6 tracks"]
    assert made.lines() == ["Alpha"]
    dialog.scope.activated.emit(1)
    made.answer()
    assert len(made.lines()) == 3
    assert [list(ids) for ids, _ in made.asked("preview")] == [[2], [1, 2, 3, 4, 5, 6]]


def test_a_genre_that_is_set_meanwhile_shows(made: Made) -> None:
    made.open()
    assert "Tango" not in made.lines(AFTER)
    library = made.engine.library
    library.rows[5] = replace(library.rows[5], correction="tango")
    made.bench.post(TracksChanged((5,), rows_added=False))
    made.wait_for(AFTER, ["Blues", "Rock", "Tango", "Hip-Hop"])


def test_writing_shows_how_far_it_is_and_can_be_stopped(made: Made) -> None:
    dialog = made.open()
    dialog.write.click()
    made.bench.post(TagProgress(1, 3, 1, 0, 0, 2.0, 1.0))
    line = made.bench.conductor.tagging.line
    assert dialog.counts.text() == "Writing genres: 1 of 3, 2.0/s, 5 s left"
    assert line.isVisible()
    assert line.text() == "Writing 1 of 3, 5 s left"
    assert not dialog.write.isEnabled()
    dialog.cancel.click()
    line.cancel.trigger()
    assert len(made.asked("cancel")) == 2
    made.bench.post(TagFinished(1, "write", None, 2, 1, 0, True, 1.0, (("/a.flac", "It is read-only."),)))
    assert not line.isVisible()
    bar = made.bench.conductor.tagging.bar
    assert bar.text() == "Wrote the genre into 2 files in 1 s, cancelled, 1 file left alone."
    assert "It is read-only." in bar.details()
    assert len(made.asked("preview")) == 2  # what the files say now
    made.answer()
    bar.buttons[0].click()
    assert made.asked("undo")[0][0] == 1
    assert bar.text() == ""


def test_reading_that_is_stopped_says_so_and_begins_again_with_f5(made: Made) -> None:
    made.window.commands["write_tags"].trigger()
    made.dialog.cancel.click()
    assert len(made.asked("cancel")) == 1
    made.answer(())
    assert "stopped" in made.dialog._empty.text()
    made.qtbot.keyClick(made.dialog, Qt.Key.Key_F5)
    made.answer()
    assert len(made.lines()) == 3


def test_an_empty_library_says_so(bench: BenchMaker, qtbot: QtBot) -> None:
    made = Made(bench([]), qtbot)
    made.window.commands["write_tags"].trigger()
    assert not made.asked("preview")
    assert "no tracks" in made.dialog._empty.text()
    assert not made.dialog.write.isEnabled()


def test_everything_has_a_name_for_those_who_do_not_see_it(made: Made) -> None:
    dialog = made.open()
    rows, role = dialog.rows, Qt.ItemDataRole.AccessibleTextRole
    assert rows.index(0, TICK).data(role) == "will be written"
    assert rows.index(0, BEFORE).data(role) == "no genre"
    assert rows.index(0, TITLE).data(Qt.ItemDataRole.ToolTipRole).count("/home/ana/Music/")
    dialog.none.click()
    assert rows.index(0, TICK).data(role) == "unticked: stays as it is"
    for widget in (dialog.table, dialog.search, dialog.scope, dialog.progress, dialog.panel.least, dialog.all):
        assert widget.accessibleName()
    letters = [
        widget.text()[widget.text().index("&") + 1].lower()
        for widget in (*dialog.kinds.values(), dialog.all, dialog.none, dialog.cancel, dialog.write,
                       *dialog.panel.policies.values(), dialog.panel.accepted, dialog.panel.names, dialog.panel.times,
                       dialog.panel.insist)
    ]  # fmt: skip
    assert sorted(letters) == sorted(set(letters))


def test_twenty_thousand_rows_never_hold_up_the_window(bench: BenchMaker, qtbot: QtBot) -> None:
    made = Made(bench(many_rows(20_000)), qtbot)
    dialog = made.open()
    dialog.panel.policies["replace"].click()
    made.qtbot.waitUntil(lambda: dialog.rows.sheet.count(Kind.CHANGE) > 5000, timeout=10_000)
    dialog.kinds[None].click()
    clock = Clock()
    for do in (
        lambda: dialog.search.setText("river"),
        lambda: dialog.search.setText(""),
        lambda: dialog.none.click(),
        lambda: dialog.table.selectAll(),
        lambda: dialog.table.toggle_selected(),
        lambda: dialog.table.sort_asked.emit("artist", True),
    ):
        clock.take(do)
    assert max(clock.taken) < 0.3, clock.taken  # some ms each where the machine has nothing else to do


class Clock:
    def __init__(self) -> None:
        self.taken: list[float] = []

    def take(self, do: Any) -> None:
        began = time.perf_counter()
        do()
        QApplication.processEvents()
        self.taken.append(time.perf_counter() - began)


def test_where_nothing_would_change_the_reasons_are_listed(made: Made) -> None:
    dialog = made.open()
    assert dialog.kinds[Kind.CHANGE].isChecked()
    dialog.scope.activated.emit(0)
    _, policy = made.asked("preview")[-1]
    made.answer(tuple(plan_rows(made.engine.library, [5], policy)))  # the one that is unsure
    made.wait_for(TITLE, ["Echo"])
    assert dialog.kinds[None].isChecked()
    dialog.show_kind(Kind.CHANGE)
    assert made.lines() == []
