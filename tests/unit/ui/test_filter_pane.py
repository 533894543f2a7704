"""The pane of filters: chosen by mouse and keyboard, counted, remembered, and said in words."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mgc_desktop.core.filter import EVERYTHING, ROWS, Filter, Summary
from mgc_desktop.core.kinds import TrackState, VerdictKind
from mgc_desktop.ui.library import filter_words
from mgc_desktop.ui.library.filter_pane import MOST_GENRES, FilterPane
from tests.unit.ui.conftest import BenchMaker
from tests.unit.ui.fakes import FakeSettings, assorted_rows

SUMMARY = Summary(
    total=100,
    listed=100,
    genres={"rock": 40, "jazz": 20, "pop": 0},
    kinds={VerdictKind.UNSURE: 7},
    states={TrackState.FAILED: 3},
    differs=12,
    folders={"/home/ana/Music": 60, "/media/disk/Music": 40},
)


@pytest.fixture
def pane(qtbot: QtBot) -> FilterPane:
    made = FilterPane()
    qtbot.addWidget(made)
    made.resize(220, 700)
    made.show_summary(SUMMARY)
    made.show()
    return made


def test_every_entry_has_its_count(pane: FilterPane) -> None:
    assert [pane.genres.count_of(key) for key in ("rock", "jazz", "pop")] == [40, 20, 0]
    assert [pane.states.count_of(key) for key in ("unsure", "failed", "differs", "offline")] == [7, 3, 12, 0]
    assert pane.folders.keys() == ["/home/ana/Music", "/media/disk/Music"]
    spoken = pane.genres.item(0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "Rock, 40"


def test_a_click_chooses_and_another_takes_back(pane: FilterPane, qtbot: QtBot) -> None:
    told: list[Filter] = []
    pane.changed.connect(told.append)

    def click(key: str, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        rect = pane.genres.visualItemRect(pane.genres.item(pane.genres.keys().index(key)))
        qtbot.mouseClick(pane.genres.viewport(), Qt.MouseButton.LeftButton, modifier, rect.center())

    click("rock")
    click("jazz", Qt.KeyboardModifier.ControlModifier)
    click("pop")
    click("pop")
    assert [set(wanted.labels) for wanted in told] == [{"rock"}, {"rock", "jazz"}, {"pop"}, set()]


def test_by_keyboard_alone(pane: FilterPane, qtbot: QtBot) -> None:
    key = Qt.Key
    pane.activateWindow()
    pane.states.setFocus()
    qtbot.waitUntil(pane.states.hasFocus, timeout=3000)
    assert pane.filter() == EVERYTHING  # to be there chooses nothing
    qtbot.keyClick(pane.states, key.Key_Space)
    assert pane.filter() == Filter(kinds=frozenset({VerdictKind.UNSURE}))
    for _ in range(3):
        qtbot.keyClick(pane.states, key.Key_Down, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(pane.states, key.Key_Space)
    assert pane.filter() == Filter(kinds=frozenset({VerdictKind.UNSURE}), differs=True)
    qtbot.keyClick(pane.states, key.Key_Down)
    assert pane.filter() == Filter(corrected=True)
    pane.folders.setFocus()
    qtbot.keyClick(pane.folders, key.Key_Down)
    assert pane.filter().folder == "/media/disk/Music"
    qtbot.keyClick(pane.folders, key.Key_Space)
    assert pane.filter().folder == ""
    qtbot.keyClick(pane.folders, key.Key_Escape)
    assert pane.filter() == EVERYTHING


def test_the_confidence_is_a_range_whichever_end_moves(pane: FilterPane) -> None:
    pane.least.setValue(60)
    assert (pane.filter().min_confidence, pane.filter().max_confidence) == (0.6, 1.0)
    pane.most.setValue(50)
    assert (pane.filter().min_confidence, pane.filter().max_confidence) == (0.5, 0.5)
    pane.least.setValue(80)
    assert (pane.filter().min_confidence, pane.filter().max_confidence) == (0.8, 0.8)
    pane.clear.click()
    assert (pane.least.value(), pane.most.value()) == (0, 100)


def test_bars_stay_where_they_are_while_counts_change(pane: FilterPane) -> None:
    pane.show_filter(Filter(differs=True))
    pane.show_summary(Summary(genres={"jazz": 9, "rock": 2, "tango": 1, "pop": 0}))
    assert pane.genres.keys() == ["rock", "jazz", "pop", "tango"]
    pane.show_filter(Filter(labels=frozenset({"zouk"})))
    assert pane.genres.keys()[-1] == "zouk"  # what is chosen can be taken back, whatever is left of it
    assert pane.genres.chosen() == {"zouk"}


def test_a_wild_collection_does_not_fill_the_screen(pane: FilterPane) -> None:
    pane.show_summary(Summary(genres={f"genre {number:02}": 90 - number for number in range(40)}))
    assert len(pane.genres.keys()) == MOST_GENRES
    assert pane.more.text() == "All 40 Genres"
    pane.more.click()
    assert len(pane.genres.keys()) == 40
    assert not pane.more.isVisible()


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (Filter("moon"), ["“moon”"]),
        (Filter(labels=frozenset({"rock", "hiphop"})), ["Hip-Hop or Rock"]),
        (Filter(labels=frozenset("abcde")), ["A, B or 3 more"]),
        (Filter(differs=True, offline=True), ["Existing genre differs or Offline"]),
        (Filter(max_confidence=0.4), ["40 % and less sure"]),
        (Filter(folder="/home/ana/Music/", min_confidence=0.5, max_confidence=0.9), ["in Music", "50 % to 90 % sure"]),
        (Filter(min_confidence=0.5), ["50 % and surer"]),
        (Filter(kinds=frozenset({VerdictKind.GENRE})), ["another verdict"]),
    ],
)  # fmt: skip
def test_a_filter_in_words(wanted: Filter, words: list[str]) -> None:
    assert [filter_words.chip(row, wanted) for row in ROWS if wanted.has(row)] == words


def test_a_filter_is_remembered_and_nonsense_forgotten() -> None:
    wanted = Filter(
        "moon", frozenset({VerdictKind.UNSURE}), frozenset({"rock"}), frozenset({TrackState.FAILED}), differs=True,
        folder="/m", min_confidence=0.3,
    )  # fmt: skip
    assert filter_words.from_settings(filter_words.to_settings(wanted)) == wanted.without("text")
    assert filter_words.to_settings(Filter("moon")) == {}
    damaged: tuple[object, ...] = (
        None,
        [],
        "x",
        {"labels": 3, "statuses": "differs", "folder": 1, "confidence": [0.9, 0.1]},
    )
    for nonsense in damaged:
        assert filter_words.from_settings(nonsense) == EVERYTHING


def test_the_window_remembers_what_it_was_limited_to(bench: BenchMaker, qtbot: QtBot) -> None:
    from mgc_desktop.ui import window_state

    settings = FakeSettings()
    first = bench(assorted_rows(40), settings)
    label = next(row.label for row in first.engine.library.rows.values() if row.kind == "genre" and row.label)
    with qtbot.waitSignal(first.window.library.listed, timeout=3000):
        first.window.library.filter_by(Filter(labels=frozenset({label})))
    number = first.window.library.model.rowCount()
    assert 0 < number < 40
    assert first.window.filters.genres.chosen() == {label}
    window_state.remember(first.window, settings)
    second = bench(assorted_rows(40), settings)
    assert second.window.library.model.rowCount() == number
    assert second.window.library.line.isVisible()


def test_everything_stays_selected_while_tracks_are_added(bench: BenchMaker, qtbot: QtBot) -> None:
    import numpy as np

    from mgc_desktop.ui.library.query import Listing, Question, places_of
    from mgc_desktop.ui.library.table_view import MOST_PIECES

    table = bench([]).window.library.table
    lost: list[int] = []
    table.selection_lost.connect(lost.append)

    def show(ids: np.ndarray[tuple[int], np.dtype[np.int64]], *, same: bool = True) -> None:
        table.take_listing(Listing(Question(), ids, places_of(ids)), keep_place=same)

    show(np.arange(1, 100_001))
    table.selectAll()
    show(np.arange(100_050, 0, -1))
    assert table.selected_count() == 100_050
    show(np.arange(100_050, 0, -1)[1:], same=False)  # another question: what was selected stays, no more
    assert table.selected_count() == 100_049
    show(np.arange(1, 100_051), same=False)
    assert table.selected_count() == 100_049
    assert table.selected_ids()[-1] == 100_049
    assert lost == []
    mixed = np.concatenate([np.arange(1, 100_051, 2), np.arange(2, 100_051, 2)])
    table.clearSelection()
    table.selectRow(0)
    table.selectionModel().select(
        table.model().index(3, 0).siblingAtColumn(0), table.selectionModel().SelectionFlag.Select
    )
    show(mixed, same=False)
    assert table.selected_ids() == [1, 4]
    show(np.arange(1, 100_051), same=False)
    table.selectAll()
    show(np.arange(1, 100_040), same=False)
    show(np.arange(1, 200_001), same=False)
    assert table.selected_count() == 100_039
    shuffled = np.random.default_rng(0).permutation(np.arange(1, 200_001))
    show(shuffled, same=False)
    assert table.selected_count() == 0
    assert lost == [100_039]
    assert MOST_PIECES < 100_039
