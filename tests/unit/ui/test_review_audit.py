"""The audit: what the files say beside what the model firmly hears, decided row by row."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from mgc_desktop.core.values import TrackRow
from mgc_desktop.engine.events import CorrectionAction, CorrectionsChanged, CorrectionStep
from mgc_desktop.ui.review.auditing import AUDIT, Auditing
from tests.unit.ui.conftest import Bench, BenchMaker
from tests.unit.ui.fakes import make_row

Key = Qt.Key


@pytest.fixture
def audited(bench: BenchMaker, qtbot: QtBot) -> Bench:
    """Return a window with three disputed tracks, in which an audit has begun."""
    rows: list[TrackRow] = [
        make_row(1, title="First", existing_genre="Hip-Hop; Soul", label="jazz", confidence=0.95),
        make_row(2, title="Second", existing_genre="Britpop", label="metal", confidence=0.9),
        make_row(3, title="Third", existing_genre="Rock", label="pop", confidence=0.8),
    ]
    made = bench(rows)
    made.ready()
    made.window.commands["audit"].trigger()
    wait(qtbot, lambda: made.window.library.table.current_id() == 1)
    made.window.activateWindow()
    made.window.library.table.setFocus()
    return made


def wait(qtbot: QtBot, condition: Callable[[], object]) -> None:
    qtbot.waitUntil(lambda: bool(condition()), timeout=3000)


def auditing(bench: Bench) -> Auditing:
    return bench.conductor.auditing


def press(bench: Bench, key: Qt.Key) -> None:
    QTest.keyClick(bench.window.library.table, key)


def test_what_is_disputed_is_listed_surest_first_with_its_keys(audited: Bench) -> None:
    question = audited.window.library.question()
    assert (question.filter, question.order, question.descending) == (AUDIT, "confidence", True)
    bar = auditing(audited).bar
    assert bar.isVisible()
    assert bar.headline.text() == "3 files say another genre than the model firmly hears"
    assert bar.about.text() == "The file: Hip-Hop; Soul · the model: Jazz 95 %"
    assert bar.keys.accessibleDescription() == (
        "A: Take the verdict, K: Keep the existing genre, F2: Another genre, Ctrl+Z: Undo, Esc: Leave"
    )


def test_a_takes_the_verdict_and_the_next_row_is_current(audited: Bench, qtbot: QtBot) -> None:
    table = audited.window.library.table
    wait(qtbot, table.hasFocus)
    press(audited, Key.Key_A)
    assert [(name, list(args[0])) for name, args in audited.engine.corrections.log] == [("accept", [1])]
    assert table.current_id() == 2
    assert auditing(audited).bar.about.text() == "The file: Britpop · the model: Metal 90 %"


def test_k_keeps_what_the_file_says_by_the_name_that_the_model_knows(audited: Bench, qtbot: QtBot) -> None:
    table = audited.window.library.table
    wait(qtbot, table.hasFocus)
    for expected in (2, 3, 2):  # after the last row, the one before
        press(audited, Key.Key_K)
        assert table.current_id() == expected
    wait(qtbot, lambda: len(audited.engine.corrections.log) == 3)
    kept = [args[0] for name, args in audited.engine.corrections.log if name == "keep"]
    assert kept == [{1: "hiphop"}, {2: "Britpop"}, {3: "rock"}]


def test_what_is_undone_is_gone_back_to(audited: Bench) -> None:
    press(audited, Key.Key_A)
    step = CorrectionStep(CorrectionAction.ACCEPT, "", 1)
    audited.post(CorrectionsChanged(step, "undone", 1, 0, None, step, (1,)))
    assert audited.window.library.table.current_id() == 1


def test_escape_brings_back_what_was_listed(audited: Bench, qtbot: QtBot) -> None:
    wait(qtbot, audited.window.library.table.hasFocus)
    press(audited, Key.Key_Escape)
    wait(qtbot, lambda: not auditing(audited).active)
    question = audited.window.library.question()
    assert (bool(question.filter), question.order) == (False, "path")
    assert not auditing(audited).bar.isVisible()


def test_another_filter_ends_the_audit_and_stays(audited: Bench, qtbot: QtBot) -> None:
    library = audited.window.library
    library.clear_filter()
    wait(qtbot, lambda: not auditing(audited).active)
    assert not auditing(audited).bar.isVisible()
    assert not library.question().filter


def test_when_a_row_leaves_the_one_in_its_place_is_current(audited: Bench, qtbot: QtBot) -> None:
    table, library = audited.window.library.table, audited.window.library
    table.selectRow(1)
    del audited.engine.library.rows[2]  # set to another genre, say
    library.refresh()
    wait(qtbot, lambda: library.model.rowCount() == 2)
    wait(qtbot, lambda: table.current_id() == 3)
    del audited.engine.library.rows[3]
    library.refresh()
    wait(qtbot, lambda: table.current_id() == 1)
    assert auditing(audited).bar.headline.text() == "1 file says another genre than the model firmly hears"
