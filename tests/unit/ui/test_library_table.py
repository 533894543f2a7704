"""The table: ids only, pages of rows, nothing jumps, the newest question wins."""

from __future__ import annotations

import time

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractItemModel, QPoint, QRect, Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from mgc_desktop.core.filter import Filter
from mgc_desktop.core.values import TrackRow, TrackState
from mgc_desktop.engine import events
from mgc_desktop.ui.library.library_panel import LibraryPanel
from mgc_desktop.ui.library.query import PAGE, LibraryQuery, Listing, Question, places_of
from mgc_desktop.ui.library.row_painter import sentence_run
from mgc_desktop.ui.library.table_model import COLUMNS, PLACES, TrackModel, cell_text, file_name
from tests.unit.ui.conftest import BenchMaker
from tests.unit.ui.fakes import FakeLibrary, FakeReader, assorted_rows, make_row


def text_at(model: QAbstractItemModel, row: int, column: str) -> str:
    return str(model.index(row, PLACES[column]).data())


def listing(ids: range, question: Question = Question()) -> Listing:  # noqa: B008 - frozen
    numbers = np.array(ids, np.int64)
    return Listing(question, numbers, places_of(numbers))


def test_the_model_keeps_qts_rules(qtbot: QtBot) -> None:
    model = TrackModel()
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.take_listing(listing(range(1, 200)))
    model.take_rows(assorted_rows(100))
    model.take_listing(listing(range(50, 300)))
    model.take_listing(listing(range(0)))
    assert model.rowCount() == 0
    del tester
    model.deleteLater()


def test_only_the_page_that_is_looked_at_is_asked_for(qtbot: QtBot) -> None:
    model = TrackModel()
    model.take_listing(listing(range(1, 100_001)))
    asked: list[list[int]] = []
    model.wanted.connect(asked.append)
    assert model.index(50_000, 0).data() is None
    assert model.index(50_001, 0).data() is None
    assert len(asked) == 1
    assert len(asked[0]) == PAGE
    assert 50_001 in asked[0]
    model.take_rows([make_row(track) for track in asked[0]])
    assert model.index(50_000, 0).data()
    assert len(asked) == 1


def test_a_hundred_thousand_rows_open_at_once(bench: BenchMaker, qtbot: QtBot) -> None:
    window = bench([make_row(1)]).window
    many = listing(range(1, 100_001))
    began = time.perf_counter()
    window.library.table.take_listing(many, keep_place=True)
    assert time.perf_counter() - began < 1.0
    assert window.library.model.rowCount() == 100_000


def test_cells_say_what_they_should() -> None:
    row = make_row(1, title="", path="/m/-dash\nline/01 song.flac", artist="<b>Bold</b>\nand more", confidence=0.5)
    assert cell_text(row, "title") == "01 song.flac"
    assert cell_text(row, "artist") == "<b>Bold</b> and more"
    assert cell_text(row, "confidence") == "50 %"
    assert file_name("C:\\Music\\song.mp3") == "song.mp3"
    failed = make_row(2, state=TrackState.FAILED, kind=None, error="The file is empty: copy it again.")
    assert cell_text(failed, "state") == "The file is empty: copy it again."
    assert cell_text(failed, "verdict") == cell_text(failed, "confidence") == cell_text(failed, "runner_up") == ""


def test_a_tool_tip_is_never_rich_text_from_a_tag(bench: BenchMaker) -> None:
    model = bench([make_row(1, artist="<img src=x>")]).window.library.model
    tip = model.index(0, PLACES["artist"]).data(Qt.ItemDataRole.ToolTipRole)
    assert "&lt;img" in tip


def test_columns_have_room_for_what_they_hold(bench: BenchMaker, qtbot: QtBot) -> None:
    window = bench(assorted_rows(60)).window
    for width, height in ((1000, 640), (1280, 800), (1920, 1080)):
        window.resize(width, height)
        qtbot.wait(20)
        table = window.library.table
        assert table.horizontalScrollBar().maximum() == 0, (width, height)
        metrics = table.fontMetrics()
        for place, column in enumerate(COLUMNS):
            if not table.isColumnHidden(place):
                assert table.columnWidth(place) >= metrics.horizontalAdvance(column.heading) + 16, column.name
        assert table.columnWidth(PLACES["verdict"]) >= metrics.horizontalAdvance("Unsure (Rock?)") + 33
        if not table.isColumnHidden(PLACES["runner_up"]):
            assert table.columnWidth(PLACES["runner_up"]) >= metrics.horizontalAdvance("Classical <1 %") + 16
        assert table.columnWidth(PLACES["title"]) >= metrics.horizontalAdvance("A title of some len")


def test_why_a_track_failed_runs_through_its_empty_cells(bench: BenchMaker, qtbot: QtBot) -> None:
    sentence = "“song.mp3” could not be read as audio: the file is damaged; copy it again."
    empty = {"state": TrackState.FAILED, "kind": None, "label": None, "confidence": None, "runner_up": None}
    failed = make_row(1, **empty, existing_genre="", duration=None, error=sentence)
    tagged = make_row(2, **empty, existing_genre="Rock", duration=None, error=sentence)
    made = bench([failed, tagged, make_row(3)])
    table, header = made.window.library.table, made.window.library.table.horizontalHeader()

    def run(row: TrackRow, column: str) -> tuple[int, int] | None:
        return sentence_run(table, row, PLACES[column])

    end = header.sectionViewportPosition(PLACES["state"]) + header.sectionSize(PLACES["state"])
    for row, first in ((failed, "existing_genre"), (tagged, "verdict")):
        assert run(row, first) == run(row, "state") == (header.sectionViewportPosition(PLACES[first]), end)
        assert run(row, "artist") is None
    assert run(tagged, "existing_genre") is None
    assert run(make_row(3), "state") is None
    tip = str(made.window.library.model.index(0, PLACES["confidence"]).data(Qt.ItemDataRole.ToolTipRole))
    assert "copy it again" in tip
    # What is drawn in one cell goes on in the next, also where only that one is painted anew.
    whole = table.viewport().grab().toImage()
    left, top = header.sectionViewportPosition(PLACES["confidence"]), table.rowViewportPosition(0)
    part = QRect(left, top, header.sectionSize(PLACES["confidence"]), table.rowHeight(0))
    assert table.viewport().grab(part).toImage() == whole.copy(part)
    assert len({whole.pixel(x, y) for x in range(part.left(), part.right()) for y in range(top, part.bottom())}) > 2


def test_sorting_is_asked_of_the_library(bench: BenchMaker, qtbot: QtBot) -> None:
    made = bench(assorted_rows(30))
    header = made.window.library.table.horizontalHeader()
    place = header.sectionViewportPosition(PLACES["confidence"]) + 20
    for descending in (False, True):
        with qtbot.waitSignal(made.window.library.listed, timeout=3000):
            qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(place, 8))
        assert made.engine.library.asked[-1] == ("", "confidence", descending)
    shares = [made.engine.library.rows[track].confidence or 0.0 for track in made.window.library.model.ids()]
    assert shares == sorted(shares, reverse=True)


def test_search_waits_for_a_pause_in_typing(bench: BenchMaker, qtbot: QtBot) -> None:
    made = bench(assorted_rows(80))
    asked = len(made.engine.library.asked)
    with qtbot.waitSignal(made.window.library.listed, timeout=3000):
        qtbot.keyClicks(made.window.search, "kolkhoz")
    assert len(made.engine.library.asked) == asked + 1
    assert 0 < made.window.library.model.rowCount() < 80
    with qtbot.waitSignal(made.window.library.listed, timeout=3000):
        made.window.search.setText("zzz")
    assert made.window.library.empty.isVisible()
    assert made.window.library.empty.sentence() == "No track matches “zzz”."
    with qtbot.waitSignal(made.window.library.listed, timeout=3000):
        made.window.library.empty.clear_search_asked.emit()
    assert made.window.library.table.isVisible()


def height_of(library: LibraryPanel, track: int | None) -> int:
    assert track is not None
    place = library.model.place_of(track)
    assert place is not None
    return library.table.rowViewportPosition(place)


def test_nothing_jumps_while_rows_are_added(bench: BenchMaker, qtbot: QtBot) -> None:
    made = bench([make_row(track) for track in range(100, 300)])
    library = made.window.library
    library.table.selectRow(60)
    library.table.verticalScrollBar().setValue(57 * library.table.verticalHeader().defaultSectionSize() + 5)
    chosen, top = library.table.current_id(), library.model.id_at(library.table.rowAt(0))
    place = height_of(library, chosen)
    made.engine.library.rows.update({track: make_row(track) for track in range(1, 100)})
    with qtbot.waitSignal(library.listed, timeout=3000):
        made.post(events.TracksChanged(tuple(range(1, 100)), rows_added=True))
    assert library.model.rowCount() == 299
    assert library.table.current_id() == chosen
    assert library.table.selected_ids() == [chosen]
    assert library.model.id_at(library.table.rowAt(0)) == top
    assert height_of(library, chosen) == place


def test_a_row_fills_in_where_it_stands(bench: BenchMaker, qtbot: QtBot) -> None:
    waiting = make_row(2, state=TrackState.QUEUED, kind=None, label=None, confidence=None)
    made = bench([make_row(1), waiting, make_row(3)])
    model = made.window.library.model
    assert text_at(model, 1, "state") == "Waiting"
    made.engine.library.rows[2] = make_row(2, label="jazz", confidence=0.91)
    made.post(events.TracksChanged((2,), rows_added=False))
    qtbot.waitUntil(lambda: text_at(model, 1, "verdict") == "Jazz", timeout=3000)
    assert text_at(model, 1, "confidence") == "91 %"


def test_an_overtaken_answer_is_dropped(qtbot: QtBot) -> None:
    class SlowReader(FakeReader):
        def ids(self, wanted: Filter, order: str = "path", descending: bool = False) -> NDArray[np.int64]:
            if wanted.text == "slow":
                time.sleep(0.2)
            return super().ids(wanted, order, descending)

    library = FakeLibrary(assorted_rows(10))
    library.open_readers = 1
    query = LibraryQuery(lambda: SlowReader(library))
    answers: list[str] = []
    query.listed.connect(lambda answer: answers.append(answer.question.search))
    query.start()
    query.ask(Question("slow"))
    qtbot.wait(50)
    query.ask(Question("quick"))
    qtbot.waitUntil(lambda: "quick" in answers, timeout=3000)
    query.stop()
    query.stop()
    assert answers == ["quick"]
    assert library.open_readers == 0


def test_a_library_that_cannot_be_read_says_so(qtbot: QtBot) -> None:
    from mgc_desktop.core.errors import LibraryError

    def broken() -> FakeReader:
        raise LibraryError("The library is damaged: restore the backup beside it.", "sqlite: malformed")

    query = LibraryQuery(broken)
    query.start()
    with qtbot.waitSignal(query.failed, timeout=3000) as failed:
        query.ask(Question())
    query.stop()
    assert failed.args == ["The library is damaged: restore the backup beside it.", "sqlite: malformed"]


def test_the_pane_says_why_nothing_is_listed(bench: BenchMaker, qtbot: QtBot) -> None:
    from mgc_desktop.core.errors import LibraryError

    made, sentence = bench([]), "The library is damaged; put a backup in its place."
    library, reader = made.window.library, made.engine.library

    def damaged(*_: object, **__: object) -> NDArray[np.int64]:
        raise LibraryError(sentence)

    healthy, FakeReader.ids = FakeReader.ids, damaged  # type: ignore[method-assign]
    try:
        made.post(events.TracksChanged((1,), rows_added=True))
        qtbot.waitUntil(lambda: library.empty.hint() == sentence, timeout=3000)
    finally:
        FakeReader.ids = healthy  # type: ignore[method-assign]
    assert library.empty.isVisible()
    reader.rows[1] = make_row(1)
    made.post(events.TracksChanged((1,), rows_added=True))
    qtbot.waitUntil(library.table.isVisible, timeout=3000)


@pytest.mark.parametrize("name", ["copy_path", "hear_again"])
def test_actions_of_the_selected_tracks(bench: BenchMaker, qtbot: QtBot, name: str) -> None:
    from PySide6.QtGui import QGuiApplication

    made = bench([make_row(track) for track in range(1, 5)])
    assert not made.window.commands[name].isEnabled()
    made.window.library.table.selectAll()
    assert made.window.commands[name].isEnabled()
    made.window.commands[name].trigger()
    if name == "copy_path":
        paths = [made.engine.library.rows[track].path for track in range(1, 5)]
        qtbot.waitUntil(lambda: QGuiApplication.clipboard().text().splitlines() == paths, timeout=3000)
    else:
        assert made.engine.scanner.log[-1] == ("rescan", ([1, 2, 3, 4],))
