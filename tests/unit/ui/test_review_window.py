"""The review by keyboard: what each key does, what is played, what is shown and what it comes to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from mgc_desktop.core.values import TrackRow, VerdictKind, WindowScores
from mgc_desktop.engine.events import (
    CorrectionAction,
    CorrectionsChanged,
    CorrectionStep,
    PlayerChanged,
    PlayState,
    TracksChanged,
)
from mgc_desktop.ui.review.review_window import ReviewWindow
from mgc_desktop.ui.review.reviewing import AUTOMATIC, GEOMETRY, SCOPE, Reviewing
from tests.unit.ui.conftest import Bench, BenchMaker
from tests.unit.ui.fakes import FakeSettings, make_row

Key = Qt.Key


def doubtful_rows(number: int) -> list[TrackRow]:
    """Return tracks 1 to `number`, the first the most doubtful, and a sure one behind them."""
    rows = [
        make_row(
            track, title=f"Song {track}", artist="Ana", label="rock", runner_up="pop", confidence=0.4 + track / 1000
        )
        for track in range(1, number + 1)
    ]
    return [*rows, make_row(number + 1, title="Sure", label="jazz", confidence=0.95)]


class Sight:
    """A review that is open, and hands to work it."""

    def __init__(self, bench: Bench, qtbot: QtBot) -> None:
        self.bench, self.qtbot = bench, qtbot
        self.corrections = bench.engine.corrections.log
        self.player = bench.engine.player.log

    @property
    def reviewing(self) -> Reviewing:
        return self.bench.conductor.reviewing

    @property
    def dialog(self) -> ReviewWindow:
        assert self.reviewing.dialog is not None
        return self.reviewing.dialog

    def open(self) -> Sight:
        self.bench.window.commands["review"].trigger()
        self.wait(lambda: self.dialog.page() is not self.dialog.waiting)
        return self

    def wait(self, condition: Callable[[], object]) -> None:
        self.qtbot.waitUntil(lambda: bool(condition()), timeout=3000)

    def press(self, *keys: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        for key in keys:
            QTest.keyClick(self.dialog.desk, key, modifier)

    def shows(self, title: str) -> None:
        self.wait(lambda: self.dialog.desk.title.text() == title and self.reviewing._shown is not None)

    def done(self, action: str, track: int, label: str = "", way: str = "done") -> None:
        """Post what the engine says once a correction is on the disk."""
        step = CorrectionStep(CorrectionAction(action), label, 1)
        self.bench.post(CorrectionsChanged(step, way, 1, 0, step, None, (track,)))

    def plays(self, state: PlayState, position: float = 0.0, sentence: str = "") -> None:
        self.bench.post(PlayerChanged(state, self.row(1).path, sentence, position))

    def last(self) -> tuple[str, tuple[object, ...]]:
        """Return what the player was asked last."""
        return self.player[-1]

    def row(self, track: int) -> TrackRow:
        return self.bench.engine.library.rows[track]


Opener = Callable[..., Sight]


@pytest.fixture
def sight(bench: BenchMaker, qtbot: QtBot) -> Iterator[Opener]:
    made: list[Sight] = []

    def make(number: int = 4, settings: FakeSettings | None = None, **changes: Any) -> Sight:
        rows = [replace(row, **changes) if row.id == 1 else row for row in doubtful_rows(number)]
        made.append(Sight(bench(rows, settings), qtbot))
        return made[-1]

    yield make
    for sight in made:
        if sight.reviewing.dialog is not None:
            sight.dialog.close()


def test_the_most_doubtful_track_comes_first_with_all_that_is_known(sight: Opener) -> None:
    one = sight(4, kind=VerdictKind.UNSURE, existing_genre="Blues Rock").open()
    one.shows("Song 1")
    desk = one.dialog.desk
    assert desk.facts.text().startswith("Ana · ")
    assert desk.existing.text() == "The file says Blues Rock"
    assert desk.doubt.text() == "Between Rock and Blues"
    assert desk.bars.label(1) == "rock"
    assert [desk.bars.label(digit) for digit in (5, 6)][1] is None
    assert one.dialog.progress.text() == "1 of 4 doubtful"
    assert one.dialog.scope.isHidden()  # all are listed


def test_each_key_decides_and_the_next_track_is_there(sight: Opener) -> None:
    one = sight(8).open()
    one.shows("Song 1")
    one.press(Key.Key_A)
    one.shows("Song 2")
    one.press(Key.Key_Return)
    one.shows("Song 3")
    second = one.dialog.desk.bars.label(2)
    one.press(Key.Key_2)
    one.shows("Song 4")
    one.press(Key.Key_1)
    one.shows("Song 5")
    assert one.corrections == [
        ("accept", ([1],)),
        ("accept", ([2],)),
        ("set_label", ([3], second)),
        ("accept", ([4],)),
    ]
    assert one.dialog.progress.text().startswith("5 of 8 doubtful, some ")
    assert one.dialog.progress.text().endswith(" left")


def test_the_next_track_is_read_before_it_is_asked_for(sight: Opener) -> None:
    one = sight(8).open()
    one.shows("Song 1")
    one.wait(lambda: {2, 3, 4} <= one.reviewing._cards.keys())
    one.press(Key.Key_A)
    assert one.dialog.desk.title.text() == "Song 2"  # at once, without an event loop between


def test_letters_open_the_field_that_completes(sight: Opener) -> None:
    one = sight().open()
    one.bench.ready()
    one.shows("Song 1")
    card = one.dialog.desk.card
    one.press(Key.Key_J)
    assert (card.isVisible(), card.field.text()) == (True, "j")
    QTest.keyClicks(card.field, "a")
    QTest.keyClick(card.field, Key.Key_Return)
    one.shows("Song 2")
    assert one.corrections == [("set_label", ([1], "jazz"))]
    one.press(Key.Key_R, modifier=Qt.KeyboardModifier.ShiftModifier)  # small r plays again
    assert card.field.text().lower() == "r"
    QTest.keyClick(card.field, Key.Key_Escape)
    assert not card.isVisible()
    assert one.dialog.isVisible()
    one.press(Key.Key_F2)
    QTest.keyClicks(card.field, "a brand new genre")
    QTest.keyClick(card.field, Key.Key_Return)
    one.shows("Song 3")
    assert one.corrections[-1] == ("set_label", ([2], "a brand new genre"))


def test_skipped_tracks_come_again_and_backspace_goes_back(sight: Opener) -> None:
    one = sight(3).open()
    one.shows("Song 1")
    one.press(Key.Key_S)
    one.shows("Song 2")
    one.press(Key.Key_A)
    one.shows("Song 3")
    one.press(Key.Key_Backspace)
    one.shows("Song 2")
    assert one.dialog.desk.doubt.text() == "You accepted Rock"
    one.press(Key.Key_2)  # another word on it
    one.shows("Song 3")
    assert [name for name, _ in one.corrections] == ["accept", "set_label"]
    one.press(Key.Key_A)
    one.shows("Song 1")
    assert one.dialog.progress.text() == "Once more: 1 skipped track left"
    one.press(Key.Key_S)
    one.wait(lambda: one.dialog.page() is one.dialog.end)
    end = one.dialog.end
    assert end.headline.text() == "2 of 3 decided"
    assert {name: label.text() for name, label in end.numbers.items()} == {
        "accepted": "1",
        "changed": "1",
        "skipped": "1",
    }
    assert not end.again.isHidden()
    end.again.click()
    one.shows("Song 1")
    one.press(Key.Key_A)
    one.wait(lambda: end.headline.text() == "All 3 tracks decided")
    assert end.again.isHidden()


def test_undo_shows_the_track_again(sight: Opener) -> None:
    one = sight().open()
    one.shows("Song 1")
    one.press(Key.Key_Z, modifier=Qt.KeyboardModifier.ControlModifier)
    assert not one.corrections  # what was done before the review is not undone from here
    one.press(Key.Key_A)
    one.shows("Song 2")
    one.done("accept", 1)
    for _ in range(2):
        one.press(Key.Key_Z, modifier=Qt.KeyboardModifier.ControlModifier)
    assert one.corrections == [("accept", ([1],)), ("undo", ())]
    one.done("accept", 1, way="undone")
    one.shows("Song 1")
    assert one.dialog.desk.doubt.text() == "Between Rock and Blues"
    assert one.reviewing.session.summary().decided == 0
    one.press(Key.Key_Z, modifier=Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert one.corrections[-1] == ("redo", ())
    one.done("accept", 1, way="redone")
    one.shows("Song 2")


def test_what_is_decided_elsewhere_meanwhile_is_not_asked_again(sight: Opener) -> None:
    one = sight(4).open()
    one.shows("Song 1")
    library = one.bench.engine.library
    for track in (2, 3):  # by the table, say
        library.rows[track] = replace(library.rows[track], correction="tango", corrected_at=1.0)
    one.bench.post(TracksChanged((2, 3), False))
    one.press(Key.Key_A)
    one.shows("Song 4")
    one.done("set", 4, "tango")  # the one that is looked at
    one.wait(lambda: one.dialog.page() is one.dialog.end)
    assert one.reviewing.session.summary().decided == 2


def test_a_track_that_is_gone_is_passed_over(sight: Opener) -> None:
    one = sight(3)
    del one.bench.engine.library.rows[1]
    one.bench.engine.library.rows[1] = make_row(1, title="Away", label="rock", confidence=0.3, offline=True)
    one.open()
    one.shows("Song 2")
    assert one.dialog.progress.text() == "1 of 2 doubtful"


def test_the_telling_part_is_played_and_ends(sight: Opener) -> None:
    one = sight()
    scores = [{"rock": 0.5, "pop": 0.4}, {"rock": 0.9, "pop": 0.05}, {"rock": 0.5, "pop": 0.45}]
    one.bench.engine.library.windows[1] = tuple(
        WindowScores(40.0 * place, 40.0 * place + 20, p) for place, p in enumerate(scores)
    )
    one.open()
    one.shows("Song 1")
    path = one.row(1).path
    assert one.player == [("play", (path, 46.0))]
    assert "plays 0:46 to 0:54" in one.dialog.desk.timeline.accessibleDescription()
    one.plays(PlayState.PLAYING, 46.0)
    one.press(Key.Key_Space)
    assert one.last() == ("pause", ())
    one.plays(PlayState.PAUSED, 48.0)
    one.press(Key.Key_Space)
    assert one.last() == ("resume", ())
    one.plays(PlayState.PLAYING, 54.0)
    assert one.last() == ("pause", ())  # at its end
    one.press(Key.Key_Space)
    assert one.last() == ("resume", ())  # and on into the rest
    one.plays(PlayState.PLAYING, 56.0)
    assert one.last() == ("resume", ())
    one.press(Key.Key_R)
    assert one.last() == ("play", (path, 46.0))
    one.press(Key.Key_A)
    one.shows("Song 2")
    assert one.player[-1][1][0] == one.row(2).path
    one.press(Key.Key_Escape)
    assert one.last() == ("silence", ())


def test_playing_by_itself_can_be_switched_off_and_that_is_remembered(sight: Opener) -> None:
    settings = FakeSettings()
    settings.values[AUTOMATIC] = False
    one = sight(4, settings).open()
    one.shows("Song 1")
    assert one.player == []
    assert one.dialog.desk.sound.text() == "Space plays the part that is marked"
    one.press(Key.Key_Space)
    assert one.player[-1][0] == "play"
    one.dialog.automatic.click()
    assert settings.values[AUTOMATIC] is True
    one.plays(PlayState.FAILED, sentence="The track cannot be played because no loudspeaker was found.")
    assert one.dialog.desk.sound.text().startswith("The track cannot be played")
    one.press(Key.Key_A)
    one.shows("Song 2")
    assert one.player[-1][0] == "play"
    one.dialog.close()
    assert isinstance(settings.values[GEOMETRY], str)


def test_a_key_that_is_held_down_decides_one_track(sight: Opener) -> None:
    one = sight(4).open()
    one.shows("Song 1")
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QKeyEvent

    for repeated in (False, True, True):
        one.dialog.desk.keyPressEvent(
            QKeyEvent(QEvent.Type.KeyPress, Key.Key_A, Qt.KeyboardModifier.NoModifier, "a", repeated)
        )
    one.shows("Song 2")
    assert one.corrections == [("accept", ([1],))]


def test_what_is_listed_is_reviewed_or_the_whole_library(sight: Opener, qtbot: QtBot) -> None:
    one = sight(4)
    one.bench.window.search.setText("song 3")
    qtbot.waitUntil(lambda: one.bench.window.library.model.rowCount() == 1, timeout=3000)
    one.open()
    one.shows("Song 3")
    assert not one.dialog.scope.isHidden()
    assert [one.dialog.scope.itemText(place) for place in (0, 1)] == ["Listed in the table: 1", "Whole library: 4"]
    one.dialog.scope.setCurrentIndex(1)
    one.dialog.scope.activated.emit(1)
    one.shows("Song 1")
    assert one.bench.settings.values[SCOPE] == "whole"


def test_nothing_doubtful_is_said_and_the_rest_is_offered(sight: Opener, qtbot: QtBot) -> None:
    one = sight(2)
    one.bench.window.search.setText("sure")
    qtbot.waitUntil(lambda: one.bench.window.library.model.rowCount() == 1, timeout=3000)
    one.open()
    assert one.dialog.end.headline.text() == "Nothing is doubtful here"
    assert one.dialog.end.hint.text() == "2 doubtful tracks are not listed in the table."
    one.dialog.end.whole.click()
    one.shows("Song 1")


def test_what_was_done_is_said_when_it_is_closed(sight: Opener) -> None:
    one = sight(1).open()
    one.shows("Song 1")
    one.press(Key.Key_A)
    one.wait(lambda: one.dialog.page() is one.dialog.end)
    assert not one.dialog.end.learn.isHidden()
    QTest.keyClick(one.dialog, Key.Key_Escape)
    assert not one.dialog.isVisible()
    assert one.bench.window.status.text() == "Reviewed 1 of 1 doubtful tracks: 1 accepted, 0 changed"


def test_the_mouse_does_what_the_keys_do(sight: Opener) -> None:
    one = sight(4).open()
    one.shows("Song 1")
    bars = one.dialog.desk.bars
    second = bars.label(2)
    QTest.mouseClick(bars, Qt.MouseButton.LeftButton, pos=bars.rect().topLeft() + _down(bars.height() * 3 // 10))
    one.shows("Song 2")
    assert one.corrections == [("set_label", ([1], second))]
    keys = one.dialog.keys
    places = {hint.name: box for hint, box in keys._places}
    QTest.mouseClick(keys, Qt.MouseButton.LeftButton, pos=places["skip"].center())
    one.shows("Song 3")


def _down(pixels: int) -> Any:
    from PySide6.QtCore import QPoint

    return QPoint(20, pixels)
