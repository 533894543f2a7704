"""The selected track in the lower panel: its picture, timeline, cursor, keys, and what it costs the GUI thread."""

from __future__ import annotations

import time

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from mgc_desktop.core.mel_picture import CODES_PER_DB, FLOOR_DB, N_MELS
from mgc_desktop.core.values import VerdictKind, WindowScores
from mgc_desktop.engine.events import PlayerChanged, PlayState, TrackPictureReady
from mgc_desktop.ui.details import timeline
from mgc_desktop.ui.details.play_cursor import PlayCursor
from mgc_desktop.ui.details.track_panel import READING, TrackPanel
from mgc_desktop.ui.details.track_spectrogram import columns_for
from mgc_desktop.ui.live import axes

SECONDS = 240.0


def picture(path: str = "/m/a.mp3", columns: int = 2048, done: int | None = None, seed: int = 0) -> TrackPictureReady:
    """Return a picture that gets louder from left to right."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 40, (columns, N_MELS)) + np.linspace(60, 180, columns)[:, np.newaxis]
    there = columns if done is None else done
    codes[there:] = 0
    return TrackPictureReady(path, codes.astype(np.uint8), there, SECONDS / columns, SECONDS, 12_000.0)


def windows(*spans: tuple[float, float, str]) -> tuple[WindowScores, ...]:
    return tuple(WindowScores(start, end, {label: 0.8, "pop": 0.15, "jazz": 0.05}) for start, end, label in spans)


@pytest.fixture
def panel(qtbot: QtBot) -> TrackPanel:
    panel = TrackPanel("Space")
    qtbot.addWidget(panel)
    panel.resize(1000, 236)
    panel.show()
    qtbot.waitExposed(panel)
    return panel


@pytest.fixture
def shown(qtbot: QtBot, panel: TrackPanel) -> TrackPanel:
    """Return a panel that shows a track of four minutes."""
    panel.show_track("/m/a.mp3", SECONDS)
    panel.take_windows(windows((20, 35, "rock"), (100, 115, "metal"), (200, 215, "_not_music")))
    panel.take_picture(picture())
    qtbot.waitUntil(lambda: panel.picture.path == "/m/a.mp3")
    return panel


def x_of(panel: TrackPanel, seconds: float) -> int:
    plot = panel.picture.plot_rect()
    return plot.left() + round(seconds / SECONDS * (plot.width() - 1))


def moves(panel: TrackPanel) -> bool:
    """Return whether the cursor does."""
    return panel.clock.running


def tell(panel: TrackPanel, state: PlayState, position: float = 0.0, sentence: str = "") -> None:
    panel.follow(PlayerChanged(state, "/m/a.mp3", sentence, position, SECONDS))


# What is shown


def test_the_picture_fills_the_place_from_edge_to_edge(shown: TrackPanel) -> None:
    plot = shown.picture.plot_rect()
    image = shown.picture.grab().toImage()
    brightness = [image.pixelColor(x, plot.center().y()).lightness() for x in (plot.left() + 2, plot.right() - 2)]
    assert brightness[1] > brightness[0] + 40
    line = shown.ribbon._line().translated(shown.ribbon.pos())
    place = plot.translated(shown.picture.pos())
    assert (line.left(), line.right()) == (place.left(), place.right())


def test_the_timeline_has_gaps_and_says_what_was_heard(shown: TrackPanel) -> None:
    ribbon = shown.ribbon
    assert [stretch.label for stretch in ribbon._stretches] == ["rock", "metal", "_not_music"]
    assert ribbon._stretches[2].kind is VerdictKind.NOT_MUSIC
    rock = ribbon.span_at(x_of(shown, 27.0))
    assert rock is not None
    assert rock.label == "rock"
    assert ribbon.span_at(x_of(shown, 60.0)) is None
    assert ribbon._told(rock) == "Rock 80 %\nPop 15 %\nJazz 5 %\nheard from 0:20 to 0:35"
    assert "0:20 Rock" in ribbon.accessibleDescription()


def test_the_picture_takes_the_colours_of_the_live_one(qtbot: QtBot, shown: TrackPanel) -> None:
    before = shown.picture.grab().toImage()
    shown.picture.set_colour_map("viridis")
    qtbot.waitUntil(lambda: shown.picture.grab().toImage() != before)
    qtbot.waitUntil(lambda: not shown.picture._builder.isActive())
    assert shown.picture._picture is not None
    shown.picture.set_colour_map("viridis")
    assert not shown.picture._builder.isActive()  # it has them


def test_windows_that_overlap_meet_in_the_middle() -> None:
    found = timeline.stretches(windows((10, 30, "rock"), (0, 20, "metal")))
    assert [(stretch.start, stretch.end, stretch.label) for stretch in found] == [(0, 15, "metal"), (15, 30, "rock")]
    assert timeline.window_at(windows((0, 20, "metal"), (10, 30, "rock")), 18) == windows((10, 30, "rock"))[0]


def test_what_was_there_stays_until_the_next_is_drawn(qtbot: QtBot, shown: TrackPanel) -> None:
    before = shown.picture.grab().toImage()
    shown.show_track("/m/b.mp3", 100.0)
    shown.take_windows(windows((1, 2, "blues")))
    shown.take_picture(picture(columns=512))  # late, of the track before
    assert shown.picture.path == "/m/a.mp3"
    assert [stretch.label for stretch in shown.ribbon._stretches] == ["rock", "metal", "_not_music"]
    after = shown.picture.grab().toImage()
    middle = shown.picture.plot_rect().center()
    assert after.pixelColor(middle) == before.pixelColor(middle)
    shown.take_picture(picture("/m/b.mp3"))
    qtbot.waitUntil(lambda: shown.picture.path == "/m/b.mp3")
    assert [stretch.label for stretch in shown.ribbon._stretches] == ["blues"]


def test_what_takes_long_says_so_and_what_fails_says_why(qtbot: QtBot, shown: TrackPanel) -> None:
    told = shown.picture.accessibleDescription
    shown.show_track("/m/b.mp3", 100.0)
    assert told() != READING
    qtbot.waitUntil(lambda: told() == READING)
    empty = np.empty((0, N_MELS), np.uint8)
    shown.take_picture(TrackPictureReady("/m/b.mp3", empty, 0, 0.0, 0.0, 0.0, "The file is empty."))
    assert told() == "The file is empty."
    shown.show_track("/m/a.mp3", SECONDS)
    shown.take_picture(picture())
    qtbot.waitUntil(lambda: "Loudness" in told())


def test_a_part_of_a_long_one_is_drawn_where_it_belongs(qtbot: QtBot, panel: TrackPanel) -> None:
    panel.show_track("/m/a.mp3", SECONDS)
    panel.take_picture(picture(done=1024))
    qtbot.waitUntil(lambda: panel.picture.path == "/m/a.mp3")
    plot = panel.picture.plot_rect()
    image = panel.picture.grab().toImage()
    assert image.pixelColor(plot.left() + plot.width() // 3, plot.center().y()).lightness() > 20
    assert image.pixelColor(plot.right() - 20, plot.center().y()).lightness() < 5


@pytest.mark.parametrize(("columns", "width"), [(2048, 800), (2048, 2047), (300, 800), (1, 50), (7, 7)])
def test_columns_at_any_width(columns: int, width: int) -> None:
    ramp = np.repeat(np.linspace(0, 255, columns, dtype=np.uint8)[:, np.newaxis], N_MELS, axis=1)
    found = columns_for(TrackPictureReady("", ramp, columns, 1.0, float(columns), 12_000.0), width)
    assert found.shape == (width, N_MELS)
    wanted = np.linspace(0, 255, width) / CODES_PER_DB + FLOOR_DB if columns > 1 else found[:, 0]
    assert np.abs(found[:, 0] - wanted).max() < 130 / min(columns, width) + 0.6
    assert (np.diff(found[:, 0]) >= 0).all()


def test_times_read_as_a_clock() -> None:
    assert [axes.clock_text(s) for s in (0, 59.9, 61, 3600, 7384)] == ["0:00", "0:59", "1:01", "1:00:00", "2:03:04"]
    assert axes.clock_text(0.25, fine=True) == "0.2 s"


# The cursor, the mouse and the keys


def test_a_click_and_the_ribbon_seek(qtbot: QtBot, shown: TrackPanel) -> None:
    sought: list[float] = []
    shown.sought.connect(sought.append)
    where = QPoint(x_of(shown, 120.0), 60)
    qtbot.mouseClick(shown.picture, Qt.MouseButton.LeftButton, pos=where)
    qtbot.mousePress(shown.ribbon, Qt.MouseButton.LeftButton, pos=QPoint(x_of(shown, 60.0), 8))
    qtbot.mouseMove(shown.ribbon, QPoint(x_of(shown, 90.0), 8))
    qtbot.mouseRelease(shown.ribbon, Qt.MouseButton.LeftButton, pos=QPoint(x_of(shown, 90.0), 8))
    assert sought == pytest.approx([120, 60, 90], abs=0.5)
    begun: list[float] = []
    shown.play_from_asked.connect(begun.append)
    qtbot.mouseDClick(shown.picture, Qt.MouseButton.LeftButton, pos=where)
    assert begun == [pytest.approx(120, abs=0.5)]


def drag(qtbot: QtBot, shown: TrackPanel, start: float, end: float) -> None:
    first, last = (QPoint(x_of(shown, moment), 60) for moment in (start, end))
    qtbot.mousePress(shown.picture, Qt.MouseButton.LeftButton, pos=first)
    qtbot.mouseMove(shown.picture, last)
    qtbot.mouseRelease(shown.picture, Qt.MouseButton.LeftButton, pos=last)


def test_a_drag_selects_and_a_click_selects_nothing(qtbot: QtBot, shown: TrackPanel) -> None:
    sought: list[float] = []
    shown.sought.connect(sought.append)
    plain = shown.picture.grab().toImage()
    drag(qtbot, shown, 180.0, 120.0)
    assert shown.selection.span == pytest.approx((120, 180), abs=0.5)
    assert shown.picture.grab().toImage() != plain
    assert not sought
    drag(qtbot, shown, 120.0, 90.0)  # by its edge
    assert shown.selection.span == pytest.approx((90, 180), abs=1.0)
    where = QPoint(x_of(shown, 30.0), 60)
    qtbot.mouseClick(shown.picture, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier, where)
    assert shown.selection.span == pytest.approx((30, 180), abs=1.0)
    qtbot.mouseClick(shown.picture, Qt.MouseButton.LeftButton, pos=QPoint(x_of(shown, 100.0), 60))
    assert shown.selection.span is None
    assert sought == pytest.approx([100], abs=0.5)


def test_a_selection_by_the_keys(qtbot: QtBot, shown: TrackPanel) -> None:
    shift, control = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
    shown.put_cursor(60.0)
    qtbot.keyClick(shown.picture, Qt.Key.Key_Right, shift | control)
    qtbot.keyClick(shown.picture, Qt.Key.Key_Right, shift)
    assert shown.selection.span == pytest.approx((60.0, 60.0 + 0.11 * SECONDS))
    qtbot.keyClick(shown.picture, Qt.Key.Key_Home, shift)
    assert shown.selection.span == pytest.approx((0.0, 60.0))
    qtbot.keyClick(shown.picture, Qt.Key.Key_Escape)
    assert not shown.selection.span
    qtbot.keyClick(shown.picture, Qt.Key.Key_A, control)
    assert shown.selection.span == pytest.approx((0.0, SECONDS))
    shown.show_track("/m/another.mp3", 100.0)
    assert not shown.selection.span
    qtbot.keyClick(shown.picture, Qt.Key.Key_A, control)  # in the picture of the track before
    assert not shown.selection.span


def test_a_double_click_in_the_ribbon_selects_what_was_heard_there(qtbot: QtBot, shown: TrackPanel) -> None:
    shown.take_windows((WindowScores(30.0, 60.0, {"jazz": 0.9}),))
    qtbot.mouseDClick(shown.ribbon, Qt.MouseButton.LeftButton, pos=QPoint(x_of(shown, 40.0), 8))
    assert shown.selection.span == (30.0, 60.0)


def test_keys_in_the_picture(qtbot: QtBot, shown: TrackPanel) -> None:
    sought: list[float] = []
    played: list[bool] = []
    shown.sought.connect(sought.append)
    shown.sought.connect(shown.put_cursor)
    shown.play_asked.connect(lambda: played.append(True))
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_End, Qt.Key.Key_Home, Qt.Key.Key_Left):
        qtbot.keyClick(shown.picture, key)
    assert sought == [5.0, 10.0, 5.0, SECONDS - 5, 0.0, 0.0]
    qtbot.keyClick(shown.picture, Qt.Key.Key_Space)
    qtbot.mouseClick(shown.transport.button, Qt.MouseButton.LeftButton)
    assert played == [True, True]


def test_the_cursor_moves_while_it_plays_and_rests_otherwise(qtbot: QtBot, shown: TrackPanel) -> None:
    tell(shown, PlayState.PLAYING, 60.0)
    assert moves(shown)
    assert shown.transport.button.accessibleName() == "Pause"
    qtbot.waitUntil(lambda: shown.place > 60.15)
    assert shown.transport.place.text() == "1:00"
    assert shown.transport.length.text() == "of 4:00"
    tell(shown, PlayState.PAUSED, 60.5)
    assert not moves(shown)
    qtbot.wait(50)
    assert shown.place == 60.5
    tell(shown, PlayState.PLAYING, 60.5)
    shown.hide()
    assert not moves(shown)
    shown.show()
    assert moves(shown)
    tell(shown, PlayState.STOPPED, 0.0)
    assert (shown.place, moves(shown)) == (0.0, False)


def test_why_it_does_not_play_stands_in_the_panel(shown: TrackPanel) -> None:
    tell(shown, PlayState.FAILED, 0.0, "No loudspeaker was found: connect one.")
    assert shown.picture.accessibleDescription() == "No loudspeaker was found: connect one."
    tell(shown, PlayState.PLAYING, 0.0)
    assert "Loudness" in shown.picture.accessibleDescription()


def test_an_even_motion_from_news_that_come_unevenly() -> None:
    rng = np.random.default_rng(1)
    cursor, told_at, steps, last = PlayCursor(), 0.0, [], 0.0
    for frame in range(600):
        now = frame / 60
        if now >= told_at:
            cursor.follow(now + rng.uniform(-0.02, 0.02), now)
            told_at = now + 0.1
        place = cursor.place(now)
        steps.append(place - last)
        last = place
        assert abs(place - now) < 0.03
    assert min(steps[10:]) > 0
    cursor.follow(100.0, 10.0)
    assert cursor.place(10.5) == 100.5
    cursor.put(3.0)
    assert cursor.place(99.0) == 3.0


def test_every_part_has_a_name_for_screen_readers(shown: TrackPanel) -> None:
    for widget in [shown, *shown.findChildren(QWidget)]:
        assert widget.accessibleName()


def test_the_tool_tip_says_when_and_how_high(shown: TrackPanel) -> None:
    plot = shown.picture.plot_rect()
    assert shown.picture.seconds_at(plot.left()) == 0
    assert shown.picture.seconds_at(plot.right() + 50) == SECONDS
    assert shown.picture.frequency_at(plot.top()) == pytest.approx(12_000, rel=0.01)


@pytest.mark.alone
def test_drawing_and_the_cursor_hold_up_nobody(qtbot: QtBot, panel: TrackPanel) -> None:
    panel.resize(1900, 400)
    panel.show_track("/m/a.mp3", SECONDS)
    pieces, drawn = [], picture()
    began = time.thread_time()
    panel.take_picture(drawn)
    pieces.append(time.thread_time() - began)
    while panel.picture._builder.isActive():
        began = time.thread_time()
        panel.picture._build()
        pieces.append(time.thread_time() - began)
    began = time.thread_time()
    panel.picture.repaint()
    pieces.append(time.thread_time() - began)
    tell(panel, PlayState.PLAYING, 0.0)
    panel.clock.stop()
    costs = []
    for second in range(60):
        began = time.thread_time()
        panel.put_cursor(float(second))
        panel.picture.repaint(x_of(panel, second) - 6, 8, 13, 300)
        costs.append(time.thread_time() - began)
    assert np.median(costs) < 0.002
    assert max(pieces) < 0.040  # aims at 8 ms; a slow or busy machine must not fail the build
