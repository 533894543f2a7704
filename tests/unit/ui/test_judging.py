"""Judge Selection, Why? and What the Model Sees in the window, with an engine that answers when the test says so."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from mgc_desktop.core.recording import Recording
from mgc_desktop.core.ring import AudioRing
from mgc_desktop.core.values import Verdict, VerdictKind
from mgc_desktop.engine.events import ListenChanged, ListenState, LiveVerdict, SpanExplained, SpanJudged
from mgc_desktop.model.explain import band_edges
from mgc_desktop.model.verdict import error_verdict
from mgc_desktop.ui.live.model_view import ModelView
from tests import synth
from tests.unit.ui.conftest import Bench, BenchMaker
from tests.unit.ui.fakes import make_row, make_verdict

RATE = 22_050  # Hz


@pytest.fixture
def listening(bench: BenchMaker) -> Bench:
    """Return a window that has listened to half a minute of music."""
    made = bench([make_row(1)])
    made.ready()
    ring = AudioRing(60.0, RATE)
    made.engine.listener.__dict__.update(recording=Recording(ring, "Yeti"), ring=ring, listening=True)
    for state in (ListenState.STARTING, ListenState.RUNNING):
        made.post(ListenChanged(state, "Yeti", RATE))
    ring.write(synth.song(30.0, RATE))
    made.conductor.live.spectrogram.advance()
    say(made)
    return made


def say(made: Bench, time: float = 29.5, seconds: float = 20.0, label: str = "metal", **changes: object) -> None:
    """Let the model say something of what is listened to."""
    told = {"features": None} | changes
    made.post(LiveVerdict(time, seconds, make_verdict(label), {}, 20.0, 100.0, "cpu", -20.0, **told))  # type: ignore[arg-type]


def asked(made: Bench) -> list[tuple[str, tuple[float, ...]]]:
    return made.engine.spans.log


def panel(made: Bench) -> tuple[str, str, str]:
    """Return caption, title and headline of the verdict panel."""
    verdict = made.window.verdict
    return verdict._caption.text(), verdict._title.text(), verdict.headline.word


def judged(request: int, label: str = "jazz", sentence: str = "") -> SpanJudged:
    verdict = error_verdict("", sentence) if sentence else make_verdict(label, 0.66)
    return SpanJudged(request, 12.0, 21.5, verdict, (), sentence)


def explained(request: int, done: int = 10, sentence: str = "") -> SpanExplained:
    weights = np.zeros((8, 16), np.float32)
    weights[3, 4] = 0.5
    return SpanExplained(request, 12.0, 21.5, "jazz", weights, band_edges(12_000), done, 10, sentence)


def shown(made: Bench) -> int | None:
    """Return how far the map is that is shown."""
    event = made.conductor.judging.why.shown
    return event.done if event is not None else None


def test_a_selection_is_judged_and_shown_until_it_is_let_go(listening: Bench) -> None:
    judge, selection = listening.window.commands["judge_span"], listening.conductor.live.selection
    assert not judge.isEnabled()
    selection.set_span(12.0, 21.5)
    assert judge.isEnabled()
    judge.trigger()
    assert asked(listening)[-1] == ("judge", (12.0, 21.5))
    assert panel(listening) == ("Selection", "12.0 s to 21.5 s", "Judging…")
    say(listening)
    assert panel(listening)[2] == "Judging…"  # what is heard now does not push it away
    listening.post(judged(len(asked(listening))))
    assert panel(listening) == ("Selection", "12.0 s to 21.5 s", "Jazz")
    shown = listening.conductor.judging.judged.shown
    assert shown is not None
    assert shown[:2] == (12.0, 21.5)
    say(listening, 30.0, label="rock")
    assert panel(listening)[2] == "Jazz"
    selection.clear()
    assert panel(listening) == ("Listening to", "Yeti", "Rock")
    assert listening.conductor.judging.judged.shown is None
    assert not judge.isEnabled()


def test_what_cannot_be_judged_is_told_in_the_panel(listening: Bench) -> None:
    listening.conductor.live.selection.set_span(12.0, 12.4)
    listening.window.commands["judge_span"].trigger()
    sentence = "The selection is too short: select at least 1 s of sound."
    listening.post(judged(len(asked(listening)), sentence=sentence))
    assert panel(listening)[2] == "Not judged"
    assert listening.window.verdict.line() == sentence
    assert listening.conductor.judging.judged.shown is None


def test_an_answer_about_another_span_is_not_shown(listening: Bench) -> None:
    selection = listening.conductor.live.selection
    selection.set_span(12.0, 21.5)
    listening.window.commands["judge_span"].trigger()
    first = len(asked(listening))
    selection.set_span(13.0, 15.0)
    assert ("cancel", ()) in asked(listening)
    assert panel(listening)[0] == "Listening to"
    listening.post(judged(first))
    assert panel(listening)[0] == "Listening to"


def test_why_shows_a_map_over_the_selection(listening: Bench) -> None:
    status = listening.window.status
    before = status.text()
    listening.conductor.live.selection.set_span(12.0, 21.5)
    listening.window.commands["explain"].trigger()
    assert [name for name, _ in asked(listening)][-2:] == ["judge", "explain"]
    number = len(asked(listening))
    assert status.text() == "Looking for what the verdict rests on…"
    listening.post(judged(number - 1))
    assert panel(listening)[2] == "Jazz"
    listening.post(explained(number, 3))
    assert shown(listening) == 3
    listening.post(explained(number - 5, 9))  # another one's
    assert shown(listening) == 3
    listening.post(explained(number))
    assert status.text().startswith("Jazz rests most on 1,000 to 1,500 Hz, from ")
    listening.conductor.live.selection.clear()
    assert shown(listening) is None
    assert status.text() == before


def test_why_without_a_selection_is_about_what_was_heard_last(listening: Bench) -> None:
    view = listening.conductor.live
    assert listening.window.commands["explain"].isEnabled()
    listening.window.commands["explain"].trigger()
    assert asked(listening)[-2:] == [("judge", (9.5, 29.5)), ("explain", (9.5, 29.5))]
    assert view.selection.span == (9.5, 29.5)
    assert view.spectrogram.frozen


def test_a_map_that_cannot_be_made_is_told(listening: Bench) -> None:
    listening.conductor.live.selection.set_span(12.0, 21.5)
    listening.window.commands["explain"].trigger()
    number = len(asked(listening))
    listening.post(explained(number, 3))
    assert shown(listening) == 3
    sentence = "The model was changed meanwhile: ask again."
    listening.post(explained(number, sentence=sentence))
    assert listening.window.status.text() == sentence
    assert shown(listening) is None


def test_nothing_to_explain_where_nothing_was_said(bench: BenchMaker) -> None:
    made = bench([])
    assert not made.window.commands["explain"].isEnabled()
    assert not made.window.commands["judge_span"].isEnabled()
    made.post(ListenChanged(ListenState.RUNNING, "Yeti", RATE))
    say(made)
    assert made.window.commands["explain"].isEnabled()
    made.post(ListenChanged(ListenState.STARTING, "Another"))
    assert not made.window.commands["explain"].isEnabled()


def test_why_comes_and_goes_with_something_to_explain(listening: Bench) -> None:
    explain = listening.window.commands["explain"]
    assert explain.isEnabled()
    silent = Verdict(VerdictKind.SILENCE, None, 0.0, None, 0.0, {}, "genres-1", "too quiet")
    listening.post(LiveVerdict(40.0, 3.0, silent, {}, 0.0, 100.0, "cpu"))
    assert not explain.isEnabled()
    say(listening, 50.0)
    assert explain.isEnabled()


def test_another_recording_forgets_what_was_said_of_the_last(listening: Bench) -> None:
    listening.conductor.live.selection.set_span(12.0, 21.5)
    listening.window.commands["explain"].trigger()
    number = len(asked(listening))
    listening.post(ListenChanged(ListenState.STARTING, "Another"))
    assert asked(listening)[-1][0] == "cancel"
    listening.post(judged(number - 1))
    listening.post(explained(number))
    assert listening.conductor.judging.why.shown is None
    assert listening.conductor.judging.judged.shown is None


def test_the_models_view_takes_the_place_of_the_picture(listening: Bench, qtbot: QtBot) -> None:
    view, sees = listening.conductor.live, listening.window.commands["model_sees"]
    model_view = listening.conductor.judging.model_view
    assert isinstance(model_view, ModelView)
    place = view.spectrogram.geometry()
    sees.trigger()
    qtbot.waitUntil(lambda: model_view.isVisible() and model_view.geometry() == place)
    assert not view.spectrogram.isVisible()
    assert listening.engine.listener.log[-1] == ("want_features", (True,))
    say(listening, 30.0, features=np.random.default_rng(0).normal(size=(96, 50)).astype(np.float32))
    assert model_view.shape == (96, 50)
    sees.trigger()
    assert listening.engine.listener.log[-1] == ("want_features", (False,))
    assert view.spectrogram.isVisible()
    assert not model_view.isVisible()


def test_the_models_view_says_why_nothing_comes(listening: Bench) -> None:
    model_view = listening.conductor.judging.model_view
    say(listening, 30.0, features=np.ones((4, 4), np.float32))
    listening.post(ListenChanged(ListenState.WAITING, "Yeti", 0, "Yeti went away: plug it in again."))
    assert model_view.accessibleDescription() == "Yeti went away: plug it in again."
    say(listening, 40.0, features=np.ones((4, 4), np.float32))
    assert "4 by 4" in model_view.accessibleDescription()


def _features(made: Bench, time: float) -> None:
    say(made, time, features=np.random.default_rng(0).normal(size=(96, 50)).astype(np.float32))


def test_what_is_below_the_models_view_is_aligned_with_it(listening: Bench) -> None:
    view, model_view = listening.conductor.live, listening.conductor.judging.model_view
    lane, sees = listening.conductor.keeping.labelling.lane, listening.window.commands["model_sees"]
    sees.trigger()
    _features(listening, 29.0)
    assert model_view.visible == (9.0, 29.0)
    for below in (view.ribbon, lane):
        left, right = model_view.plot_rect().left(), model_view.plot_rect().right() + 1
        assert (below.seconds_at(left), below.seconds_at(right)) == pytest.approx((9.0, 29.0))
    view.spectrogram.advance()
    view.spectrogram.moved.emit(*view.spectrogram.visible)  # the picture goes on, unseen
    assert view.ribbon.seconds_at(model_view.plot_rect().right() + 1) == pytest.approx(29.0)
    sees.trigger()
    assert view.ribbon.seconds_at(view.spectrogram.plot_rect().right() + 1) == pytest.approx(
        view.spectrogram.visible[1]
    )


def test_the_models_view_is_of_now_or_of_when_listening_ended(listening: Bench) -> None:
    view, model_view = listening.conductor.live, listening.conductor.judging.model_view
    view.spectrogram.scroll_to(12.0)
    listening.window.commands["model_sees"].trigger()
    assert not view.spectrogram.frozen
    _features(listening, 29.0)
    plot = model_view.plot_rect()
    axis = model_view.rect().adjusted(0, plot.bottom() + 1, 0, 0)
    ago = model_view.grab(axis).toImage()
    listening.post(ListenChanged(ListenState.STOPPED, "Yeti"))
    assert model_view.grab(axis).toImage() != ago
    assert model_view.visible == (9.0, 29.0)
    assert view.ribbon.seconds_at(plot.left()) == pytest.approx(9.0)


def test_a_drag_in_the_ribbon_below_the_models_view_selects_what_it_shows(listening: Bench, qtbot: QtBot) -> None:
    view, sees = listening.conductor.live, listening.window.commands["model_sees"]
    sees.trigger()
    _features(listening, 29.0)
    x = round(view.ribbon.x_of(15.0))
    qtbot.mousePress(view.ribbon, Qt.MouseButton.LeftButton, pos=QPoint(x, 8))
    qtbot.mouseMove(view.ribbon, QPoint(x + 60, 8))
    qtbot.mouseRelease(view.ribbon, Qt.MouseButton.LeftButton, pos=QPoint(x + 60, 8))
    assert not sees.isChecked()
    assert view.selection.span is not None
    assert 15.0 in [pytest.approx(moment, abs=0.1) for moment in view.selection.span]


def test_a_warning_is_seen_over_the_models_view(listening: Bench, qtbot: QtBot) -> None:
    view, model_view = listening.conductor.live, listening.conductor.judging.model_view
    listening.window.commands["model_sees"].trigger()
    _features(listening, 29.0)
    plain = model_view.grab().toImage()
    view.say("clipping", "The input level is too high.")
    qtbot.waitUntil(lambda: model_view.plot_rect().translated(model_view.pos()).contains(view.warnings.geometry()))
    assert view.warnings.isVisible()
    children = [child for child in view.children() if isinstance(child, QWidget)]
    assert children.index(view.warnings) > children.index(model_view)  # above it
    assert model_view.grab().toImage() != plain  # its caption makes room
    listening.window.resize(listening.window.width() - 60, listening.window.height())
    qtbot.waitUntil(lambda: view.warnings.width() == model_view.plot_rect().width() - 110)


def test_who_looks_back_sees_the_picture_again(listening: Bench) -> None:
    sees = listening.window.commands["model_sees"]
    sees.trigger()
    listening.window.commands["explain"].trigger()
    QApplication.processEvents()
    assert not sees.isChecked()
    assert listening.conductor.live.spectrogram.isVisible()
