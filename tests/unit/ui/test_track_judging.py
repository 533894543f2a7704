"""Judge Selection and Why? for a track of the library, with an engine that answers when the test says so."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mgc_desktop.core.mel_picture import N_MELS
from mgc_desktop.core.recording import Recording
from mgc_desktop.core.ring import AudioRing
from mgc_desktop.core.values import WindowScores
from mgc_desktop.engine.events import (
    ListenChanged,
    ListenState,
    SpanExplained,
    SpanJudged,
    TrackHistoryReady,
    TrackPictureReady,
)
from mgc_desktop.model.explain import band_edges
from mgc_desktop.model.verdict import error_verdict
from tests import synth
from tests.unit.ui.conftest import Bench, BenchMaker
from tests.unit.ui.fakes import make_row, make_verdict

_WINDOWS = ((30.0, 45.0), (110.0, 125.0), (190.0, 205.0))


@pytest.fixture
def chosen(bench: BenchMaker, qtbot: QtBot) -> Bench:
    """Return a window with a track of four minutes selected, its picture and its verdict."""
    made = bench([make_row(track, title="Dust", duration=240.0) for track in (1, 2)])
    made.ready()
    select(made, 1)
    show(made, qtbot, 1)
    return made


def select(made: Bench, track: int) -> None:
    place = made.window.library.model.place_of(track)
    assert place is not None
    made.window.library.table.selectRow(place)


def show(made: Bench, qtbot: QtBot, track: int) -> None:
    """Let the engine tell of a track."""
    path = made.engine.library.rows[track].path
    codes = np.full((2048, N_MELS), 90, np.uint8)
    made.post(TrackPictureReady(path, codes, 2048, 240.0 / 2048, 240.0, 12_000.0))
    qtbot.waitUntil(lambda: made.conductor.details.panel.picture.path == path)
    windows = tuple(WindowScores(start, end, {"jazz": 0.8, "rock": 0.2}) for start, end in _WINDOWS)
    made.post(TrackHistoryReady(track, windows, ()))


def asked(made: Bench) -> tuple[str, tuple[object, ...]]:
    last: tuple[str, tuple[object, ...]] = made.engine.spans.log[-1]
    return last


def number(made: Bench) -> int:
    """Return the number of what was asked last."""
    return len(made.engine.spans.log)


def path_of(made: Bench, track: int = 1) -> str:
    return made.engine.library.rows[track].path


def panel(made: Bench) -> tuple[str, str, str]:
    """Return caption, title and headline of the verdict panel."""
    verdict = made.window.verdict
    return verdict._caption.text(), verdict._title.text(), verdict.headline.word


def is_marked(made: Bench) -> bool:
    """Return whether something is said in the picture."""
    judging = made.conductor.track_judging
    return judging.why.shown is not None or judging.judged.shown is not None


def judged(request: int, label: str = "jazz", sentence: str = "") -> SpanJudged:
    verdict = error_verdict("", sentence) if sentence else make_verdict(label, 0.66)
    return SpanJudged(request, 12.0, 31.0, verdict, (), sentence)


def explained(request: int, done: int = 10, sentence: str = "") -> SpanExplained:
    weights = np.zeros((8, 48), np.float32)
    weights[3, 4] = 0.5
    return SpanExplained(request, 30.0, 205.0, "jazz", weights, band_edges(12_000), done, 10, sentence, _WINDOWS)


def test_why_without_a_selection_is_about_the_windows_of_the_verdict(chosen: Bench) -> None:
    why = chosen.window.commands["explain"]
    assert why.isEnabled()
    assert not chosen.window.commands["judge_span"].isEnabled()
    plain = chosen.conductor.details.panel.picture.grab().toImage()
    why.trigger()
    assert asked(chosen) == ("explain_track", (path_of(chosen), _WINDOWS))
    assert "Looking for" in chosen.window.status.text()
    request = number(chosen)
    chosen.post(explained(request, 3))
    image = chosen.conductor.details.panel.picture.grab().toImage()
    assert image != plain
    picture = chosen.conductor.details.panel.picture
    x, y = round(picture.x_of(80.0)), picture.plot_rect().center().y()  # between two windows: as it was
    assert image.pixelColor(x, y) == plain.pixelColor(x, y)
    chosen.post(explained(request))
    assert "Jazz rests most on" in chosen.window.status.text()
    assert panel(chosen)[0] == "Selected track"  # what is said of the track stays


def test_a_selection_is_judged_and_explained_until_it_is_let_go(chosen: Bench, qtbot: QtBot) -> None:
    track = chosen.conductor.details.panel
    track.selection.set_span(12.0, 31.0)
    chosen.window.commands["judge_span"].trigger()
    assert asked(chosen) == ("judge_track", (path_of(chosen), 12.0, 31.0))
    assert panel(chosen) == ("Selection", "12.0 s to 31.0 s", "Judging…")
    chosen.post(judged(number(chosen)))
    assert panel(chosen)[2] == "Jazz"
    assert is_marked(chosen)
    chosen.window.commands["explain"].trigger()
    assert asked(chosen) == ("explain_track", (path_of(chosen), ((12.0, 31.0),)))
    chosen.post(explained(number(chosen)))
    assert chosen.conductor.track_judging.why.shown is not None
    qtbot.keyClick(track.picture, Qt.Key.Key_Escape)
    assert not is_marked(chosen)
    assert asked(chosen)[0] == "cancel"
    qtbot.waitUntil(lambda: panel(chosen)[0] == "Selected track")


def test_escape_takes_the_map_of_the_whole_track_away(chosen: Bench, qtbot: QtBot) -> None:
    chosen.window.commands["explain"].trigger()
    chosen.post(explained(number(chosen)))
    qtbot.keyClick(chosen.conductor.details.panel.picture, Qt.Key.Key_Escape)
    assert chosen.conductor.track_judging.why.shown is None
    assert chosen.window.status.text() == ""


def test_another_track_is_another_matter(chosen: Bench, qtbot: QtBot) -> None:
    chosen.conductor.details.panel.selection.set_span(12.0, 31.0)
    chosen.window.commands["judge_span"].trigger()
    request = number(chosen)
    select(chosen, 2)
    assert asked(chosen)[0] == "cancel"
    chosen.post(judged(request))
    qtbot.waitUntil(lambda: panel(chosen)[0] == "Selected track")
    assert not chosen.window.commands["explain"].isEnabled()  # what it was heard to be is not known yet
    show(chosen, qtbot, 2)
    assert chosen.window.commands["explain"].isEnabled()


def test_what_cannot_be_done_is_told(chosen: Bench) -> None:
    chosen.conductor.details.panel.selection.set_span(12.0, 12.4)
    chosen.window.commands["judge_span"].trigger()
    chosen.post(judged(number(chosen), sentence="The selection is too short: select at least 1 s of sound."))
    assert panel(chosen)[2] == "Not judged"
    chosen.window.commands["explain"].trigger()
    chosen.post(explained(number(chosen), 0, "The file is gone: look for it."))
    assert chosen.window.status.text() == "The file is gone: look for it."
    assert chosen.conductor.track_judging.why.shown is None


def test_a_track_that_was_not_heard_cannot_be_explained_but_a_span_of_it_can(chosen: Bench) -> None:
    chosen.post(TrackHistoryReady(1, (), ()))
    assert not chosen.window.commands["explain"].isEnabled()
    chosen.conductor.details.panel.selection.set_span(12.0, 31.0)
    assert chosen.window.commands["explain"].isEnabled()


def test_listening_has_the_actions_while_it_is_shown(chosen: Bench) -> None:
    chosen.conductor.details.panel.selection.set_span(12.0, 31.0)
    chosen.window.commands["judge_span"].trigger()
    ring = AudioRing(60.0, 22_050)
    chosen.engine.listener.__dict__.update(recording=Recording(ring, "Yeti"), ring=ring, listening=True)
    for state in (ListenState.STARTING, ListenState.RUNNING):
        chosen.post(ListenChanged(state, "Yeti", 22_050))
    assert asked(chosen)[0] == "cancel"
    ring.write(synth.song(30.0, 22_050))
    chosen.conductor.live.spectrogram.advance()
    assert not chosen.window.commands["judge_span"].isEnabled()
    chosen.conductor.live.selection.set_span(3.0, 9.0)
    chosen.window.commands["judge_span"].trigger()
    assert asked(chosen) == ("judge", (3.0, 9.0))


def test_the_tools_in_the_title_are_those_that_a_track_has(chosen: Bench) -> None:
    header, commands = chosen.conductor.live.header, chosen.window.commands
    shown = [tool.action for tool in header._tools if tool.button.isVisible()]
    assert shown == [commands["judge_span"], commands["explain"]]
    menu = chosen.conductor.track_judging.menu()
    assert {"play", "judge_span", "explain"} <= {
        name for name in ("play", "judge_span", "explain") if commands[name] in menu.actions()
    }
    chosen.conductor.details.look_at(live=True)
    assert len([tool for tool in header._tools if tool.button.isVisible()]) > 2
