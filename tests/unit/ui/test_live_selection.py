"""Choosing a span with mouse and keys, and how it looks over the picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from mgc_desktop.core.recording import Recording
from mgc_desktop.core.ring import AudioRing
from mgc_desktop.core.values import Verdict, VerdictKind
from mgc_desktop.engine.events import ListenChanged, ListenState, LiveVerdict
from mgc_desktop.ui.live.live_panel import LivePanel
from mgc_desktop.ui.live.selecting import Selecting
from mgc_desktop.ui.live.selection import Selection, SelectionPainter, seconds_text, span_text
from tests import synth

_RATE = 22_050  # Hz
_SECONDS = 12.0
_LEFT, _NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
_PLAIN, _SHIFT, _CTRL = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
)


class _Recorder:
    def __init__(self) -> None:
        self.ring: AudioRing | None = None
        self.recording: Recording | None = None


@dataclass
class _Bench:
    panel: LivePanel
    recording: Recording

    @property
    def selection(self) -> Selection:
        return self.panel.selection

    def x(self, seconds: float) -> int:
        return round(self.panel.spectrogram.x_of(seconds))

    def at(self, seconds: float) -> QPoint:
        return QPoint(self.x(seconds), self.panel.spectrogram.plot_rect().center().y())

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = _PLAIN) -> None:
        QTest.keyClick(self.panel.spectrogram, key, modifiers)


@pytest.fixture
def bench(qtbot: QtBot) -> _Bench:
    """Return a panel that shows a recording of 12 s, live."""
    recorder, panel = _Recorder(), LivePanel()
    qtbot.addWidget(panel)
    panel.set_source(recorder)
    panel.resize(900, 260)
    picture = panel.spectrogram

    def kept() -> tuple[float, float]:
        recording = panel.recording
        return (recording.kept_from, picture.now) if recording is not None else (0.0, 0.0)

    Selecting(picture, [panel.ribbon], panel.selection, panel.picture_cursor, kept, picture.freeze)
    picture.add_overlay(SelectionPainter(panel.selection))
    panel.selection.changed.connect(picture.update)
    panel.show()
    qtbot.waitExposed(panel)
    recorder.ring = AudioRing(60.0, _RATE)
    recorder.recording = Recording(recorder.ring, "Microphone")
    panel.on_listen_changed(ListenChanged(ListenState.RUNNING, "Microphone", _RATE))
    recorder.ring.write(synth.song(_SECONDS, _RATE))
    qtbot.waitUntil(lambda: picture.now > _SECONDS - 0.2)
    panel.clock.stop()
    return _Bench(panel, recorder.recording)


def _move(widget: QWidget, place: QPoint, buttons: Qt.MouseButton = _NONE) -> None:
    there = QPointF(place)
    event = QMouseEvent(QEvent.Type.MouseMove, there, widget.mapToGlobal(there), _NONE, buttons, _PLAIN)
    QApplication.sendEvent(widget, event)


def _drag(widget: QWidget, start: QPoint, end: QPoint) -> None:
    QTest.mousePress(widget, _LEFT, _PLAIN, start)
    for part in (0.3, 0.7, 1.0):
        _move(widget, start + (end - start) * part, _LEFT)
    QTest.mouseRelease(widget, _LEFT, _PLAIN, end)


def _pixels(widget: QWidget) -> NDArray[np.int64]:
    """Return the brightness of what is shown, int64[height, width]."""
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    raw = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
    brightness: NDArray[np.int64] = raw[:, : image.width(), :3].astype(np.int64).sum(axis=2)
    return brightness


def test_a_span_is_in_order_and_tells_when_it_changes() -> None:
    selection = Selection()
    told: list[tuple[float, float] | None] = []
    selection.changed.connect(lambda: told.append(selection.span))
    selection.set_span(5.0, 2.0)
    selection.set_span(2.0, 5.0)  # the same
    selection.set_span(-1.0, 3.0)
    selection.set_span(4.0, 4.01)  # a slip of the hand
    selection.clear()
    assert told == [(2.0, 5.0), (0.0, 3.0), None]


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.85, "0.85 s"), (19.5, "19.5 s"), (59.96, "60.0 s"), (252.0, "4:12 min")]
)
def test_lengths_as_people_write_them(seconds: float, text: str) -> None:
    assert seconds_text(seconds) == text


def test_spans_as_people_write_them() -> None:
    assert span_text((12.0, 31.5)) == "12.0 s to 31.5 s"
    assert span_text((62.04, 91.5)) == "1:02.0 to 1:31.5"
    assert span_text((3601.0, 3661.25)) == "1:00:01.0 to 1:01:01.2"


def test_dragging_chooses_a_span_and_holds_the_picture(bench: _Bench) -> None:
    picture = bench.panel.spectrogram
    before = bench.x(4.0), bench.x(7.0)
    _drag(picture, bench.at(4.0), bench.at(7.0))
    assert bench.selection.span == pytest.approx((4.0, 7.0), abs=0.02)
    assert picture.frozen
    assert (bench.x(4.0), bench.x(7.0)) == pytest.approx(before, abs=1)


@pytest.mark.parametrize("start", [4.0, 7.0])
def test_an_edge_can_be_dragged_also_past_the_other(bench: _Bench, start: float) -> None:
    picture = bench.panel.spectrogram
    bench.selection.set_span(4.0, 7.0)
    _drag(picture, bench.at(start), bench.at(9.0))
    assert bench.selection.span == pytest.approx((11.0 - start, 9.0), abs=0.02)


def test_a_click_chooses_nothing_and_holds_nothing(bench: _Bench) -> None:
    bench.selection.set_span(4.0, 7.0)
    QTest.mouseClick(bench.panel.spectrogram, _LEFT, _PLAIN, bench.at(9.0))
    assert bench.selection.span is None
    assert not bench.panel.spectrogram.frozen


def test_shift_and_click_moves_the_nearest_edge(bench: _Bench) -> None:
    bench.selection.set_span(4.0, 7.0)
    QTest.mouseClick(bench.panel.spectrogram, _LEFT, _SHIFT, bench.at(9.0))
    assert bench.selection.span == pytest.approx((4.0, 9.0), abs=0.02)
    QTest.mouseClick(bench.panel.spectrogram, _LEFT, _SHIFT, bench.at(5.0))
    assert bench.selection.span == pytest.approx((5.0, 9.0), abs=0.02)


def test_the_ribbon_chooses_too_and_a_double_click_takes_a_stretch(bench: _Bench) -> None:
    ribbon = bench.panel.ribbon
    for moment in np.arange(3.0, 6.1, 0.5):
        verdict = Verdict(VerdictKind.GENRE, "rock", 0.8, None, 0.0, {}, "m")
        bench.panel.on_live_verdict(LiveVerdict(moment, 3.0, verdict, {}, 20.0, 40.0, "cpu"))
    stretch = bench.panel.heard.stretches[0]
    _drag(ribbon, QPoint(bench.x(5.0), 8), QPoint(bench.x(8.0), 8))
    assert bench.selection.span == pytest.approx((5.0, 8.0), abs=0.02)
    QTest.mouseDClick(ribbon, _LEFT, _PLAIN, QPoint(bench.x(5.0), 8))
    assert bench.selection.span == (stretch.start, stretch.end)


def test_nothing_beyond_what_is_kept_can_be_chosen(bench: _Bench) -> None:
    picture = bench.panel.spectrogram
    plot = picture.plot_rect()
    _drag(picture, bench.at(10.0), QPoint(plot.right(), plot.center().y()))
    assert bench.selection.span is not None
    assert bench.selection.span[1] <= bench.recording.seconds
    bench.key(Qt.Key.Key_A, _CTRL)
    assert bench.selection.span == pytest.approx((0.0, picture.now))


def test_a_drag_that_leaves_the_picture_scrolls_on(qtbot: QtBot, bench: _Bench) -> None:
    picture = bench.panel.spectrogram
    picture.set_span(5.0)
    qtbot.waitUntil(lambda: picture.visible[1] - picture.visible[0] < 5.1)
    beyond = QPoint(picture.plot_rect().left() - 30, picture.plot_rect().center().y())
    QTest.mousePress(picture, _LEFT, _PLAIN, bench.at(10.0))
    _move(picture, beyond, _LEFT)
    qtbot.waitUntil(lambda: bench.selection.span is not None and bench.selection.span[0] < 5.0)
    QTest.mouseRelease(picture, _LEFT, _PLAIN, beyond)
    assert bench.selection.span is not None
    assert bench.selection.span[1] == pytest.approx(10.0, abs=0.02)
    still = bench.selection.span
    qtbot.wait(100)
    assert bench.selection.span == still


def test_keys_choose_a_span_from_the_cursor_on(bench: _Bench) -> None:
    picture = bench.panel.spectrogram
    start, end = picture.visible
    bench.panel.picture_cursor.put(bench.at(6.0))
    for _ in range(10):
        bench.key(Qt.Key.Key_Right, _SHIFT)
    assert picture.frozen
    assert bench.selection.span == pytest.approx((6.0, 6.0 + (end - start) / 10), abs=0.03)
    for _ in range(15):
        bench.key(Qt.Key.Key_Left, _SHIFT)  # past where it began
    assert bench.selection.span is not None
    assert bench.selection.span[0] < 6.0
    assert bench.selection.span[1] == pytest.approx(6.0, abs=0.2)
    bench.key(Qt.Key.Key_End, _SHIFT)
    assert bench.selection.span == pytest.approx((6.0, picture.visible[1]), abs=0.2)


def test_keys_choose_a_span_from_the_end_where_there_is_no_cursor(bench: _Bench) -> None:
    picture = bench.panel.spectrogram
    start, end = picture.visible
    bench.key(Qt.Key.Key_Left, _SHIFT | _CTRL)
    assert bench.selection.span == pytest.approx((picture.now - (end - start) / 10, picture.now), abs=0.05)


def test_escape_clears_the_span_and_then_goes_back_to_now(bench: _Bench) -> None:
    picture = bench.panel.spectrogram
    _drag(picture, bench.at(4.0), bench.at(7.0))
    bench.key(Qt.Key.Key_Escape)
    assert (bench.selection.span, picture.frozen) == (None, True)
    bench.key(Qt.Key.Key_Escape)
    assert not picture.frozen


def test_space_holds_the_picture_and_lets_it_go(bench: _Bench) -> None:
    bench.key(Qt.Key.Key_Space)
    assert bench.panel.spectrogram.frozen
    bench.key(Qt.Key.Key_Space)
    assert not bench.panel.spectrogram.frozen


def test_the_cursor_follows_pointer_and_keys_and_stays_inside(bench: _Bench) -> None:
    picture, cursor = bench.panel.spectrogram, bench.panel.picture_cursor
    plot = picture.plot_rect()
    _move(picture, plot.center())
    assert cursor.place == plot.center()
    bench.key(Qt.Key.Key_Up)
    bench.key(Qt.Key.Key_Right, _CTRL)
    assert cursor.place == plot.center() + QPoint(4, -4)
    for _ in range(40):
        bench.key(Qt.Key.Key_Up, _CTRL)
    assert cursor.place == QPoint(plot.center().x() + 4, plot.top())
    _move(picture, QPoint(plot.left() - 10, plot.center().y()))
    assert cursor.place is None


@pytest.mark.parametrize(
    ("key", "modifiers"), [(Qt.Key.Key_A, _CTRL), (Qt.Key.Key_Escape, _PLAIN), (Qt.Key.Key_Space, _PLAIN)]
)
def test_its_keys_come_before_the_window_s_own(bench: _Bench, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> None:
    bench.selection.set_span(2.0, 3.0)
    event = QKeyEvent(QEvent.Type.ShortcutOverride, key, modifiers)
    event.ignore()
    QApplication.sendEvent(bench.panel.spectrogram, event)
    assert event.isAccepted()


def test_what_is_chosen_keeps_its_colours_and_the_rest_is_veiled(bench: _Bench) -> None:
    picture = bench.panel.spectrogram
    picture.freeze(True)
    plot, inside, outside = picture.plot_rect(), (bench.x(4.2), bench.x(5.8)), (bench.x(7.2), bench.x(9.0))
    rows = slice(plot.top(), plot.center().y() - 20)
    before = _pixels(picture)[rows]
    bench.selection.set_span(4.0, 6.0)
    after = _pixels(picture)[rows]
    assert np.array_equal(after[:, slice(*inside)], before[:, slice(*inside)])
    assert after[:, slice(*outside)].sum() < 0.75 * before[:, slice(*outside)].sum()
    assert np.all(after[:, bench.x(4.0)] == 3 * 255)  # the edge
    bench.selection.clear()
    assert np.array_equal(_pixels(picture)[rows], before)


@pytest.mark.parametrize("span", [(0.0, 0.5), (0.0, 12.0)])
def test_a_span_that_is_out_of_sight_is_painted_without_harm(bench: _Bench, span: tuple[float, float]) -> None:
    picture = bench.panel.spectrogram
    picture.set_span(5.0)
    picture.freeze(True)
    bench.selection.set_span(*span)
    assert _pixels(picture).any()


def test_listening_anew_begins_without_a_span(bench: _Bench, qtbot: QtBot) -> None:
    bench.selection.set_span(4.0, 7.0)
    recorder = bench.panel._recorder
    assert isinstance(recorder, _Recorder)
    recorder.ring = AudioRing(60.0, _RATE)
    recorder.recording = Recording(recorder.ring, "Microphone")
    bench.panel.on_listen_changed(ListenChanged(ListenState.RUNNING, "Microphone", _RATE))
    assert bench.selection.span is None


def test_before_anything_is_heard_nothing_can_be_chosen(qtbot: QtBot) -> None:
    panel = LivePanel()
    qtbot.addWidget(panel)
    panel.resize(900, 260)
    picture = panel.spectrogram
    Selecting(picture, [panel.ribbon], panel.selection, panel.picture_cursor, lambda: (0.0, 0.0), picture.freeze)
    panel.show()
    qtbot.waitExposed(panel)
    plot = picture.plot_rect()
    _drag(picture, plot.center(), plot.center() + QPoint(100, 0))
    for key, modifiers in ((Qt.Key.Key_A, _CTRL), (Qt.Key.Key_Left, _SHIFT), (Qt.Key.Key_Space, _PLAIN)):
        QTest.keyClick(picture, key, modifiers)
    assert panel.selection.span is None
    assert not picture.frozen
