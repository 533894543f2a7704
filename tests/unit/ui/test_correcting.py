"""Setting genres in the window: the editor at the row, the buttons, the menu, and what the rows say afterwards."""

from __future__ import annotations

import time

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mgc_desktop.core.values import TrackRow, TrackState, VerdictKind
from mgc_desktop.engine.events import CorrectionAction, CorrectionsChanged, CorrectionStep, ListenChanged, ListenState
from mgc_desktop.library.corrections import GenreNames
from mgc_desktop.ui import wording
from mgc_desktop.ui.library.genre_editor import GenreEditor
from mgc_desktop.ui.library.table_model import PLACES, cell_text
from tests.unit.ui.conftest import Bench, BenchMaker
from tests.unit.ui.fakes import LABELS, make_row

NOON = time.mktime((2026, 11, 21, 12, 0, 0, 0, 0, -1))


def corrected(track: int, word: str = "tango", **changes: object) -> TrackRow:
    return make_row(track, **({"correction": word, "corrected_at": NOON, "label": "rock", "confidence": 0.6} | changes))


def select(made: Bench, *tracks: int) -> None:
    table = made.window.library.table
    table.clearSelection()
    for track in tracks:
        place = made.window.library.model.place_of(track)
        assert place is not None
        flags = table.selectionModel().SelectionFlag
        table.selectionModel().setCurrentIndex(table.model().index(place, 0), flags.Select | flags.Rows)


def editor(made: Bench) -> GenreEditor:
    return made.conductor.correcting.editor


def offered(made: Bench) -> list[str]:
    offers = editor(made).offers
    return [offers.item(row).text() for row in range(offers.count())]


def ask(made: Bench, qtbot: QtBot, *tracks: int) -> None:
    made.window.activateWindow()
    select(made, *tracks)
    made.window.commands["set_genre"].trigger()
    assert editor(made).isVisible()
    qtbot.wait(30)


def press(made: Bench, qtbot: QtBot, *keys: Qt.Key) -> None:
    for key in keys:
        qtbot.keyClick(editor(made).field, key)


# What rows say


def test_a_persons_word_beats_the_verdict() -> None:
    row = corrected(1, runner_up="pop")
    assert cell_text(row, "verdict") == "Tango"
    assert cell_text(row, "confidence") == "set by you"
    assert cell_text(row, "runner_up") == "Rock 60 %"  # what the model says instead
    agreed = corrected(2, "rock", runner_up="pop", runner_up_confidence=0.25)
    assert (cell_text(agreed, "verdict"), cell_text(agreed, "runner_up")) == ("Rock", "Pop 25 %")
    assert wording.correction_line(row) == "Set by you on 21 Nov 2026. The model says Rock, 60 %"
    assert wording.correction_line(agreed) == "Set by you on 21 Nov 2026. The model agrees, 60 %"
    unsure = corrected(3, kind=VerdictKind.UNSURE)
    assert wording.correction_line(unsure) == "Set by you on 21 Nov 2026. The model says Unsure (Rock?)"
    failed = corrected(4, state=TrackState.FAILED, kind=None, label=None, error="It is empty.")
    assert (cell_text(failed, "verdict"), cell_text(failed, "state")) == ("Tango", "It is empty.")
    assert cell_text(corrected(5, "_not_music"), "verdict") == "Not music"


def test_the_table_marks_it_for_eyes_and_ears(bench: BenchMaker) -> None:
    window = bench([corrected(1), make_row(2, label="rock")]).window
    model, role = window.library.model, Qt.ItemDataRole
    cell = model.index(0, PLACES["verdict"])
    assert cell.data(role.AccessibleTextRole) == "Tango, set by you"
    assert "The model says Rock" in cell.data(role.ToolTipRole)
    assert model.index(1, PLACES["verdict"]).data(role.AccessibleTextRole) == "Rock"
    table = window.library.table
    picture = table.viewport().grab().toImage()
    chips = [
        picture.pixelColor(table.columnViewportPosition(PLACES["verdict"]) + 7, table.rowViewportPosition(row) + 8)
        for row in (0, 1)
    ]
    assert chips[0] != chips[1]  # the chip of a person's word is larger


@pytest.mark.parametrize("heard", [True, False])
def test_the_panel_says_who_set_it_and_offers_to_take_it_back(bench: BenchMaker, qtbot: QtBot, heard: bool) -> None:
    row = corrected(1) if heard else corrected(1, state=TrackState.QUEUED, kind=None, label=None, confidence=None)
    made = bench([row, make_row(2, label="jazz")])
    made.ready()
    panel = made.window.verdict
    select(made, 1)
    qtbot.waitUntil(lambda: panel.headline.word == "Tango", timeout=2000)
    assert (panel.headline.number, panel.line()) == ("", "Set by you on 21 Nov 2026")
    assert ("Rock 60 %" in panel.bars.accessibleDescription()) == heard
    assert panel.offers.take_back.isVisible()
    assert not panel.offers.accept.isVisible()
    select(made, 2)
    qtbot.waitUntil(panel.offers.accept.isVisible, timeout=2000)
    assert not panel.offers.take_back.isVisible()
    made.post(ListenChanged(ListenState.STARTING, "Built-in"))
    assert not panel.offers.isVisible()  # the panel is about something else
    made.post(ListenChanged(ListenState.STOPPED))
    assert panel.offers.isVisible()


# The actions


def test_one_key_accepts_and_only_in_the_table(bench: BenchMaker, qtbot: QtBot) -> None:
    made = bench([make_row(track) for track in range(1, 5)])
    made.window.activateWindow()
    select(made, 2, 3)
    table = made.window.library.table
    table.setFocus()
    qtbot.waitUntil(table.hasFocus, timeout=2000)
    qtbot.keyClick(table, Qt.Key.Key_A)
    assert made.engine.corrections.log == [("accept", ([2, 3],))]
    assert made.window.verdict.offers.accept.text() == "Accept 2"
    made.window.search.setFocus()
    qtbot.keyClick(made.window.search, Qt.Key.Key_A)
    assert made.window.search.text() == "a"
    assert len(made.engine.corrections.log) == 1


def test_what_makes_no_sense_is_not_offered(bench: BenchMaker) -> None:
    waiting = make_row(3, state=TrackState.QUEUED, kind=None, label=None, confidence=None)
    made = bench([make_row(1), corrected(2), waiting])
    actions = made.window.commands

    def offers() -> list[bool]:
        return [actions[name].isEnabled() for name in ("accept", "set_genre", "take_back")]

    assert offers() == [False, False, False]
    select(made, 1)
    assert offers() == [True, True, False]
    select(made, 2)
    assert offers() == [False, True, True]
    select(made, 3)
    assert offers() == [False, True, False]
    select(made, 1, 2, 3)
    assert offers() == [True, True, True]
    actions["take_back"].trigger()
    assert made.engine.corrections.log == [("take_back", ([1, 2, 3],))]


def test_undo_says_what_it_would_undo(bench: BenchMaker) -> None:
    made = bench([make_row(1)])
    undo, redo = made.window.commands["undo"], made.window.commands["redo"]
    assert (undo.isEnabled(), redo.isEnabled()) == (False, False)
    step = CorrectionStep(CorrectionAction.SET, "drum & bass", 12)
    other = CorrectionStep(CorrectionAction.ACCEPT, "", 1)
    made.post(CorrectionsChanged(step, "done", 12, 0, step, None))
    assert made.window.status.text() == "Set Drum & Bass on 12 tracks"
    made.post(CorrectionsChanged(other, "done", 1, 0, other, None))
    assert undo.text() == "&Undo Accept 1 verdict"
    made.post(CorrectionsChanged(other, "undone", 1, 0, step, other))
    assert undo.text() == "&Undo Set Drum && Bass on 12 tracks"
    assert undo.statusTip() in undo.toolTip()
    assert redo.text() == "&Redo Accept 1 verdict"
    undo.trigger()
    redo.trigger()
    assert [name for name, _ in made.engine.corrections.log] == ["undo", "redo"]
    made.post(CorrectionsChanged(step, "undone", 10, 2, None, step))
    assert made.window.status.text() == "Undone: Set Drum & Bass on 12 tracks; 2 tracks corrected since stay as set"
    assert (undo.text(), undo.isEnabled(), redo.isEnabled()) == ("&Undo", False, True)


@pytest.mark.parametrize(
    ("action", "changed", "left", "line"),
    [
        (CorrectionAction.SET, 2, 1, "Set Tango on 2 tracks; 1 had it already"),
        (CorrectionAction.ACCEPT, 1, 2, "Accepted 1 verdict; 2 set by you before or not heard"),
        (CorrectionAction.TAKE_BACK, 3, 0, "Took back 3 genres"),
        (CorrectionAction.TAKE_BACK, 0, 1, "Took back 0 genres; 1 had none of yours"),
    ],
)
def test_what_was_done_is_said(action: CorrectionAction, changed: int, left: int, line: str) -> None:
    step = CorrectionStep(action, "tango" if action == "set" else "", changed)
    assert wording.correction_summary(CorrectionsChanged(step, "done", changed, left, None, None)) == line


# The editor


def test_a_few_letters_and_enter_set_the_genre_of_many(bench: BenchMaker, qtbot: QtBot) -> None:
    made = bench([make_row(track) for track in range(1, 6)])
    made.ready()
    ask(made, qtbot, 2, 3, 4)
    qtbot.keyClicks(editor(made).field, "hip")
    assert offered(made) == ["Hip-Hop", "New genre: hip"]
    assert editor(made).field.accessibleDescription() == "Enter sets Hip-Hop"
    press(made, qtbot, Qt.Key.Key_Return)
    assert made.engine.corrections.log == [("set_label", ([2, 3, 4], "hiphop"))]
    assert not editor(made).isVisible()
    assert made.window.focusWidget() is made.window.library.table


def test_every_word_is_allowed(bench: BenchMaker, qtbot: QtBot) -> None:
    made = bench([make_row(1)])
    made.ready()
    ask(made, qtbot, 1)
    qtbot.keyClicks(editor(made).field, "ro")
    press(made, qtbot, Qt.Key.Key_Down, Qt.Key.Key_Return)  # past Rock
    ask(made, qtbot, 1)
    qtbot.keyClicks(editor(made).field, "Forro")
    assert offered(made) == ["New genre: Forro"]
    press(made, qtbot, Qt.Key.Key_Enter)
    assert [args for _, args in made.engine.corrections.log] == [([1], "ro"), ([1], "Forro")]


def test_genres_of_the_library_are_offered_as_soon_as_they_are_read(bench: BenchMaker, qtbot: QtBot) -> None:
    made = bench([make_row(1, kind=VerdictKind.UNSURE, label="jazz", runner_up="blues")])
    made.engine.library.genres = GenreNames(("tango", "hip hop"), LABELS, ("Tarantella", "Rock"))
    made.ready()
    ask(made, qtbot, 1)
    qtbot.waitUntil(lambda: "Tango" in offered(made), timeout=2000)
    assert offered(made)[:3] == ["Jazz", "Blues", "Tango"]  # the guesses, then what was set before
    assert editor(made).field.placeholderText() == "Unsure (Jazz?)"
    qtbot.keyClicks(editor(made).field, "ta")
    assert offered(made) == ["Tango", "Tarantella", "Metal", "New genre: ta"]
    press(made, qtbot, Qt.Key.Key_Up, Qt.Key.Key_Up, Qt.Key.Key_Up)
    press(made, qtbot, Qt.Key.Key_Return)
    assert made.engine.corrections.log == [("set_label", ([1], "Tarantella"))]


@pytest.mark.parametrize("key", [Qt.Key.Key_Escape, Qt.Key.Key_Return])
def test_nothing_typed_changes_nothing(bench: BenchMaker, qtbot: QtBot, key: Qt.Key) -> None:
    made = bench([make_row(1)])
    ask(made, qtbot, 1)
    press(made, qtbot, key)
    assert not editor(made).isVisible()
    assert made.engine.corrections.log == []


def test_a_click_takes_a_genre_and_one_elsewhere_leaves(bench: BenchMaker, qtbot: QtBot) -> None:
    made = bench([make_row(track) for track in range(1, 4)])
    made.ready()
    ask(made, qtbot, 1)
    qtbot.keyClicks(editor(made).field, "ja")
    offers = editor(made).offers
    where = offers.visualItemRect(offers.item(0)).center()
    qtbot.mouseClick(offers.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert made.engine.corrections.log == [("set_label", ([1], "jazz"))]
    ask(made, qtbot, 1)
    made.window.search.setFocus(Qt.FocusReason.MouseFocusReason)
    assert not editor(made).isVisible()


def test_the_editor_stays_with_its_tracks_while_rows_arrive(bench: BenchMaker, qtbot: QtBot) -> None:
    from mgc_desktop.engine.events import TracksChanged

    made = bench([make_row(track) for track in range(10, 30)])
    ask(made, qtbot, 12)
    qtbot.keyClicks(editor(made).field, "polka")
    before = editor(made).y()
    for track in range(1, 6):
        made.engine.library.rows[track] = make_row(track)
    made.post(TracksChanged((1, 2, 3, 4, 5), rows_added=True))
    qtbot.waitUntil(lambda: made.window.library.model.rowCount() == 25, timeout=3000)
    select(made, 20)
    assert editor(made).isVisible()
    assert editor(made).field.text() == "polka"
    assert abs(editor(made).y() - before) < 200
    press(made, qtbot, Qt.Key.Key_Return)
    assert made.engine.corrections.log == [("set_label", ([12], "polka"))]


@pytest.mark.parametrize("track", [1, 40, 79])
def test_the_editor_lies_inside_the_table_and_beside_its_row(bench: BenchMaker, qtbot: QtBot, track: int) -> None:
    made = bench([make_row(number) for number in range(1, 80)])
    made.ready()
    made.window.resize(1000, 640)
    ask(made, qtbot, track)
    table = made.window.library.table
    assert table.viewport().geometry().contains(editor(made).geometry())
    cell = table.cell_rect(track, "verdict")
    assert cell is not None
    assert not editor(made).geometry().intersects(cell)


# The rest


def test_coming_back_to_the_window_shows_what_others_wrote(bench: BenchMaker, qtbot: QtBot) -> None:
    made = bench([make_row(1, label="jazz"), make_row(2)])
    select(made, 1)
    made.engine.library.rows[1] = corrected(1)
    made.window.came_back.emit()
    model = made.window.library.model
    qtbot.waitUntil(lambda: model.index(0, PLACES["verdict"]).data() == "Tango", timeout=3000)
    qtbot.waitUntil(lambda: made.window.verdict.headline.word == "Tango", timeout=3000)


def test_a_hundred_thousand_rows_are_handed_over_at_once(bench: BenchMaker, qtbot: QtBot) -> None:
    from tests.unit.ui.test_library_table import listing

    made = bench([make_row(1)])
    made.window.library.table.take_listing(listing(range(1, 100_001)), keep_place=True)
    began = time.perf_counter()
    made.window.library.table.selectAll()
    qtbot.wait(1)  # painted
    assert time.perf_counter() - began < 2.0  # asked row by row, the headings alone take 5 s
    began = time.perf_counter()
    made.window.commands["accept"].trigger()
    took = time.perf_counter() - began
    assert made.engine.corrections.log == [("accept", (list(range(1, 100_001)),))]
    assert took < 0.2  # under a millisecond on a machine that does nothing else
