"""Which details are asked for when, what Space does, who has the panel, and what the verdict panel says of a file."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mgc_desktop.core.mel_picture import N_MELS
from mgc_desktop.core.track_facts import TrackFacts
from mgc_desktop.core.values import TrackTags, WindowScores
from mgc_desktop.engine.events import (
    ListenChanged,
    ListenState,
    PlayerChanged,
    PlayState,
    TrackFactsReady,
    TrackHistoryReady,
    TrackPictureReady,
)
from mgc_desktop.library.corrections import PastCorrection
from mgc_desktop.library.journal import ChangeRow, ChangeState
from mgc_desktop.ui.details import details as details_module
from mgc_desktop.ui.details import history_words
from mgc_desktop.ui.details.details import Details
from tests.unit.ui.conftest import Bench, BenchMaker
from tests.unit.ui.fakes import make_row

NOON = time.mktime((2026, 11, 21, 12, 0, 0, 0, 0, -1))
FACTS = TrackFacts(
    TrackTags("Salt", "Ana", "Harbour <b>", ("Rock", "Indie")), "1999", "MP3", 192_000, 0, 44_100, 2, 5_900_000
)


def details(made: Bench) -> Details:
    return made.conductor.details


def select(made: Bench, track: int) -> None:
    place = made.window.library.model.place_of(track)
    assert place is not None
    made.window.library.table.selectRow(place)


def asked(made: Bench) -> tuple[str, tuple[Any, ...]]:
    """Return the last thing that was asked of the player."""
    last: tuple[str, tuple[Any, ...]] = made.engine.player.log[-1]
    return last


def shows_track(made: Bench) -> bool:
    return details(made).lower.shows_track


def path_of(made: Bench, track: int) -> str:
    return made.engine.library.rows[track].path


def change(number: int, before: str, after: str, state: ChangeState = ChangeState.DONE) -> ChangeRow:
    return ChangeRow(number, 1, 1, "/m", "ID3v2.4", (before,) if before else (), (after,), state, "why", NOON + number)


@pytest.fixture
def made(bench: BenchMaker, qtbot: QtBot) -> Bench:
    made = bench([make_row(track, duration=240.0) for track in range(1, 20)])
    made.window.resize(1280, 900)
    made.window.activateWindow()
    return made


# What is asked for


def test_one_choice_is_answered_at_once_and_stepping_asks_for_the_last(made: Bench, qtbot: QtBot) -> None:
    pictures = made.engine.pictures.log
    select(made, 1)
    assert pictures[-1] == ("ask", (path_of(made, 1),))
    assert made.engine.histories.log == [("ask", (1,))]
    for track in range(2, 9):
        select(made, track)
    assert pictures[-1] == ("ask", (path_of(made, 1),))
    qtbot.waitUntil(lambda: pictures[-1] == ("ask", (path_of(made, 8),)))
    assert sum(name == "ask" for name, _ in pictures) == 2


def test_the_process_is_ready_before_the_first_choice(
    bench: BenchMaker, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(details_module, "_WARM_UP_MS", 10)
    made = bench([make_row(1)])
    qtbot.waitUntil(lambda: ("warm_up", ()) in made.engine.pictures.log)
    assert bench([]).engine.pictures.log == []  # where nothing is listed there is nothing to choose


def test_a_row_that_changed_is_looked_at_again(made: Bench, qtbot: QtBot) -> None:
    select(made, 1)
    qtbot.wait(400)
    number = len(made.engine.histories.log)
    made.window.library.track_chosen.emit(make_row(1, duration=240.0, existing_genre="Jazz"))
    assert made.engine.histories.log[number:] == [("ask", (1,))]
    assert details(made).panel._path == path_of(made, 1)


# Playing


def test_space_plays_pauses_and_goes_on(made: Bench, qtbot: QtBot) -> None:
    action = made.window.commands["play"]
    assert not action.isEnabled()
    select(made, 3)
    path = path_of(made, 3)
    table = made.window.library.table
    table.setFocus()
    qtbot.waitUntil(table.hasFocus)
    qtbot.keyClick(table, Qt.Key.Key_Space)
    assert made.engine.player.log == [("play", (path, 0.0))]
    made.post(PlayerChanged(PlayState.LOADING, path))
    qtbot.keyClick(table, Qt.Key.Key_Space)
    assert asked(made) == ("pause", ())
    made.post(PlayerChanged(PlayState.PAUSED, path, "", 7.0, 240.0))
    action.trigger()
    assert asked(made) == ("resume", ())
    made.post(PlayerChanged(PlayState.PLAYING, path, "", 7.0, 240.0))
    details(made).seek(100.0)
    assert asked(made) == ("seek", (100.0,))
    details(made).play_from(50.0)
    assert asked(made) == ("seek", (50.0,))
    made.post(PlayerChanged(PlayState.STOPPED, path, "", 0.0, 240.0))
    details(made).seek(30.0)
    assert asked(made) == ("seek", (50.0,))
    action.trigger()
    assert asked(made) == ("play", (path, 30.0))


def test_what_plays_goes_on_when_another_is_chosen_and_comes_back(made: Bench) -> None:
    select(made, 1)
    first = path_of(made, 1)
    made.post(PlayerChanged(PlayState.PLAYING, first, "", 60.0, 240.0))
    select(made, 2)
    assert made.engine.player.log == []
    assert "Playing" in made.window.status.text()
    assert "Space" in made.window.status.text()
    made.post(PlayerChanged(PlayState.PLAYING, first, "", 61.0, 240.0))
    assert details(made).panel.place == 0.0
    assert details(made).panel.transport.button.accessibleName() == "Play"
    select(made, 1)
    assert details(made).panel.place == pytest.approx(61.0, abs=1.0)
    assert details(made).panel.transport.button.accessibleName() == "Pause"


# Who has the panel


def test_listening_has_the_panel_and_gives_it_back(made: Bench) -> None:
    dock = made.window.live_dock
    assert not shows_track(made)
    select(made, 1)
    assert shows_track(made)
    assert dock.windowTitle() == "Selected track"
    made.post(ListenChanged(ListenState.RUNNING, "Microphone", 44_100))
    assert not shows_track(made)
    assert dock.windowTitle() == "Live picture"
    select(made, 2)
    assert not shows_track(made)
    made.window.commands["play"].trigger()
    assert asked(made) == ("play", (path_of(made, 2), 0.0))
    assert made.window.status.text().startswith("Playing ")
    made.post(PlayerChanged(PlayState.FAILED, path_of(made, 2), "No loudspeaker was found: connect one."))
    assert made.window.messages.sentence == "No loudspeaker was found: connect one."
    made.post(ListenChanged(ListenState.STOPPED))
    assert shows_track(made)
    assert details(made).panel._path == path_of(made, 2)


def test_why_listening_failed_stays_until_another_track_is_chosen(made: Bench) -> None:
    select(made, 1)
    made.post(ListenChanged(ListenState.FAILED, "Microphone", 0, "It went away."))
    assert not shows_track(made)
    select(made, 2)
    assert shows_track(made)


def test_nothing_selected_shows_the_live_picture(made: Bench) -> None:
    select(made, 1)
    made.window.library.table.clearSelection()
    assert not shows_track(made)
    assert made.window.verdict.facts.lines() == []


# What is known


def test_picture_timeline_tags_and_history_arrive(made: Bench, qtbot: QtBot) -> None:
    select(made, 1)
    path = path_of(made, 1)
    made.post(TrackFactsReady(path, FACTS))
    windows = (WindowScores(10.0, 25.0, {"rock": 0.9, "pop": 0.1}),)
    changes = (change(2, "Rock", "Metal"), change(1, "", "Rock", ChangeState.LEFT))
    made.post(TrackHistoryReady(1, windows, changes))
    made.post(TrackHistoryReady(2, (), ()))  # late, of another
    codes = np.full((500, N_MELS), 160, np.uint8)
    made.post(TrackPictureReady(path, codes, 500, 240 / 500, 240.0, 12_000.0))
    panel = details(made).panel
    qtbot.waitUntil(lambda: panel.picture.path == path)
    assert [stretch.label for stretch in panel.ribbon._stretches] == ["rock"]
    assert made.window.verdict.facts.lines() == [
        ("Genres", "Rock; Indie"),
        ("Album", "Harbour <b>, 1999"),
        ("File", "MP3, 192 kbit/s, 44.1 kHz, stereo, 5.9 MB"),
        ("21 Nov 2026", "Wrote Rock → Metal"),
        ("21 Nov 2026", "Left as it was, not Rock"),
    ]
    select(made, 2)
    made.post(TrackFactsReady(path, FACTS))  # late, of the one before
    qtbot.waitUntil(lambda: made.window.verdict.facts.lines() == [])


def test_where_there_is_little_room_there_are_two_pages(made: Bench, qtbot: QtBot) -> None:
    select(made, 1)
    made.post(TrackFactsReady(path_of(made, 1), FACTS))
    verdict = made.window.verdict
    made.window.resize(1000, 740)  # high enough for the panel to stand above the picture, and not for both pages
    qtbot.waitUntil(lambda: made.window.height() == 740)
    made.window.resizeDocks([made.window.live_dock], [400], Qt.Orientation.Vertical)
    qtbot.waitUntil(lambda: verdict.pages.switch.isVisible() and verdict.pages.height() < 260)
    assert verdict.bars.isVisible()
    assert not verdict.facts.isVisible()
    verdict.pages.switch.click()
    assert verdict.facts.isVisible()
    assert not verdict.bars.isVisible()
    assert verdict.pages.switch.text() == "Genres"
    made.window.resize(1280, 1100)
    made.window.resizeDocks([made.window.live_dock], [180], Qt.Orientation.Vertical)
    qtbot.waitUntil(lambda: verdict.bars.isVisible() and verdict.facts.isVisible())
    assert not verdict.pages.switch.isVisible()


def test_a_model_with_more_genres_takes_the_room_of_the_facts(made: Bench, qtbot: QtBot) -> None:
    """At the start a track may be chosen before the model is there; until then there are hardly any bars."""
    verdict = made.window.verdict
    verdict.set_model("few", ["jazz", "rock"], "cpu")
    select(made, 1)
    made.window.resize(1280, 900)
    qtbot.waitUntil(lambda: verdict.facts.isVisible() and verdict.bars.isVisible())
    verdict.set_model("many", [f"genre {number}" for number in range(24)], "cpu")
    qtbot.waitUntil(lambda: not verdict.facts.isVisible() and verdict.pages.switch.isVisible())
    assert verdict.bars.height() >= verdict.pages.height() - 4  # nothing but the spacing takes from them
    verdict.set_model("few", ["jazz", "rock"], "cpu")
    qtbot.waitUntil(lambda: verdict.facts.isVisible() and not verdict.pages.switch.isVisible())


# Words


def test_what_was_done_in_words() -> None:
    said = [PastCorrection("tango", NOON - 3600), PastCorrection(None, NOON - 7200)]
    told = history_words.history([change(1, "", "Rock"), change(2, "Rock", "Pop", ChangeState.FAILED)], said)
    assert [what for _, what, _ in told] == [
        "Could not write Pop",
        "Wrote no genre → Rock",
        "You set Tango",
        "You took your genre back",
    ]


@pytest.mark.parametrize(
    ("facts", "line"),
    [
        (TrackFacts(format="FLAC", bits=24, bit_rate=900_000, sample_rate=96_000, channels=6, size=12_300),
         "FLAC, 24 bit, 96 kHz, 6 channels, 12 kB"),
        (TrackFacts(format="MP3"), "MP3"),
        (TrackFacts(), ""),
    ],
)  # fmt: skip
def test_a_file_in_words(facts: TrackFacts, line: str) -> None:
    assert history_words.format_line(facts) == line
    assert history_words.genres_line(facts) == "none in the file"
    assert history_words.album_line(facts) == ""
