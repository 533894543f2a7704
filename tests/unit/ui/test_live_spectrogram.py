"""The picture, read back pixel by pixel: the right frequency in the right row, the right moment in the right column."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from mgc_desktop.core.recording import Gap, Recording
from mgc_desktop.core.ring import AudioRing
from mgc_desktop.core.values import Samples
from mgc_desktop.ui.live import axes
from mgc_desktop.ui.live.colours import COLOUR_MAPS, colour_table
from mgc_desktop.ui.live.columns import ColumnHistory
from mgc_desktop.ui.live.cursor import PictureCursor
from mgc_desktop.ui.live.picture import Picture
from mgc_desktop.ui.live.picture_settings import PictureSettings
from mgc_desktop.ui.live.selection import Selection, SelectionPainter
from mgc_desktop.ui.live.spectrogram import Spectrogram
from mgc_desktop.ui.live.warning_strip import WarningStrip
from tests import synth

_RATE = 44_100  # Hz
_FRAME = 1 / 60  # s


@pytest.fixture
def spectrogram(qtbot: QtBot) -> Spectrogram:
    widget = Spectrogram()
    qtbot.addWidget(widget)
    widget.resize(700, 300)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def _play(widget: Spectrogram, samples: Samples, ring: AudioRing | None = None) -> AudioRing:
    """Record `samples` in blocks, one frame of the display after the other."""
    if ring is None:
        ring = AudioRing(60.0, _RATE)
        widget.set_ring(ring)
    step = round(_RATE * _FRAME)
    now = ring.frames / _RATE
    for start in range(0, len(samples), step):
        ring.write(samples[start : start + step])
        now += _FRAME
        widget.advance(now)
    return ring


def _pixels(widget: Spectrogram) -> NDArray[np.float64]:
    """Return the brightness of the picture, float64[height, width]."""
    image = widget.grab(widget.plot_rect()).toImage().convertToFormat(QImage.Format.Format_RGB32)
    raw = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
    brightness: NDArray[np.float64] = raw[:, : image.width(), :3].astype(float).sum(axis=2)
    return brightness


@pytest.mark.parametrize("frequency", [250.0, 1000.0, 4000.0, 9000.0])
def test_a_tone_is_a_line_at_its_frequency(spectrogram: Spectrogram, frequency: float) -> None:
    _play(spectrogram, synth.tone(3.0, frequency, _RATE))
    pixels = _pixels(spectrogram)
    row = int(np.argmax(pixels[:, -60]))
    plot = spectrogram.plot_rect()
    found = spectrogram.frequency_at(plot.top() + row + 0.5)
    step = spectrogram.frequency_at(plot.top() + row - 2.5) - found  # three rows up
    assert found == pytest.approx(frequency, abs=step)
    assert pixels[row, -60] > 5 * np.median(pixels[:, -60])
    assert np.all(pixels[row, -100:-10] == pixels[row, -60])  # a line without a seam


def test_a_click_is_where_it_was_heard(spectrogram: Spectrogram) -> None:
    sound = synth.silence(5.0, _RATE)
    at = 2.0  # s
    sound[int(at * _RATE)] = 1.0
    _play(spectrogram, sound)
    pixels = _pixels(spectrogram)
    columns = np.flatnonzero(pixels.sum(axis=0) > 0.9 * pixels.sum(axis=0).max())
    x = spectrogram.plot_rect().left() + columns.mean() + 0.5
    moment = spectrogram.seconds_shown - spectrogram.seconds_before_now(x)
    assert moment == pytest.approx(at, abs=1.5 * _FRAME)
    assert len(columns) < 5


def test_the_picture_moves_one_pixel_a_frame(spectrogram: Spectrogram) -> None:
    noise = synth.noise(8.0, _RATE, seed=3)
    ring = _play(spectrogram, noise[: 5 * _RATE])
    before = _pixels(spectrogram)
    step = round(_RATE * _FRAME)
    _play(spectrogram, noise[5 * _RATE : 5 * _RATE + 30 * step], ring)
    after = _pixels(spectrogram)
    np.testing.assert_array_equal(after[:, :-30], before[:, 30:])


def _on_screen(widget: QWidget) -> QImage:
    """Return what the window system has of a window."""
    return widget.screen().grabWindow(widget.winId()).toImage().convertToFormat(QImage.Format.Format_RGB32)


def _as_painted(widget: QWidget) -> QImage:
    return widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)


def _over_it(widget: Spectrogram, what: str, ring: AudioRing) -> None:
    """Put something over the picture."""
    if what == "frame":
        widget.activateWindow()
        widget.setFocus()
    elif what == "cursor":
        cursor = PictureCursor(widget)
        cursor.put(QPoint(300, 120))
        widget.add_overlay(cursor)
    elif what == "selection":
        selection = Selection(widget)
        selection.set_span(1.0, 2.0)
        widget.add_overlay(SelectionPainter(selection))
    elif what == "notice":
        widget.set_notice("No input arrives.")
    elif what == "child":
        QLabel("over it", widget).setGeometry(200, 60, 120, 30)
        widget.findChildren(QLabel)[-1].show()
    elif what == "gap":
        gaps = (Gap(round(0.5 * _RATE), round(1.5 * _RATE)),)
        widget.set_recording(Recording(ring, "", gaps=gaps))


@pytest.mark.parametrize("what", ["nothing", "frame", "cursor", "selection", "notice", "child", "gap", "pixels of 5"])
def test_what_is_moved_on_the_screen_is_what_would_be_painted(
    qtbot: QtBot, spectrogram: Spectrogram, what: str
) -> None:
    noise = synth.noise(6.0, _RATE, seed=4)
    ring = _play(spectrogram, noise[: 4 * _RATE])
    _over_it(spectrogram, what, ring)
    if what == "pixels of 5":  # columns, of which the newest pixel has not all
        spectrogram.set_settings(PictureSettings(span_seconds=53.0, levels=(-80.0, -20.0)))
    spectrogram.advance(4.0)
    qtbot.waitUntil(lambda: spectrogram._coming is None and not spectrogram._builder.isActive())
    QApplication.processEvents()
    step = round(_RATE * _FRAME)
    whole = 0
    for frame in range(40):
        ring.write(noise[4 * _RATE + frame * step : 4 * _RATE + (frame + 1) * step])
        spectrogram.advance(4.0 + (frame + 1) * _FRAME)
        QApplication.processEvents()
        whole += spectrogram._paints_whole
    assert _on_screen(spectrogram) == _as_painted(spectrogram)
    is_moved = what in ("nothing", "frame", "cursor", "pixels of 5")
    assert whole < 10 if is_moved else whole > 30


def test_what_lies_over_the_picture_beside_it_stays_while_it_moves(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    widget, beside = Spectrogram(window), WarningStrip(window)
    for part in (window, widget):
        part.resize(700, 300)
    beside.say("clipped", "The input level is too high.")
    beside.keep_to(widget.plot_rect())
    window.show()
    qtbot.waitExposed(window)
    _play_on_screen(widget, synth.noise(3.0, _RATE, seed=8))
    assert _on_screen(window) == _as_painted(window)


def _play_on_screen(widget: Spectrogram, sound: Samples) -> None:
    ring = AudioRing(60.0, _RATE)
    widget.set_ring(ring)
    step = round(_RATE * _FRAME)
    for frame in range(len(sound) // step):
        ring.write(sound[frame * step : (frame + 1) * step])
        widget.advance(frame * _FRAME)
        QApplication.processEvents()


def test_a_picture_that_was_resized_shows_the_same_sound(qtbot: QtBot, spectrogram: Spectrogram) -> None:
    _play(spectrogram, synth.tone(4.0, 1000.0, _RATE))
    spectrogram.resize(900, 400)
    qtbot.waitUntil(lambda: spectrogram._coming is None)
    pixels = _pixels(spectrogram)
    plot = spectrogram.plot_rect()
    row = int(np.argmax(pixels[:, -60]))
    assert spectrogram.frequency_at(plot.top() + row + 0.5) == pytest.approx(1000.0, rel=0.05)
    assert pixels.shape == (plot.height(), plot.width())
    assert np.all(pixels[row, -200:-10] == pixels[row, -60])


def test_a_window_that_was_away_shows_the_newest_first_and_the_rest_in_small_steps(
    qtbot: QtBot, spectrogram: Spectrogram
) -> None:
    ring = _play(spectrogram, synth.tone(1.0, 1000.0, _RATE))
    ring.write(synth.tone(20.0, 4000.0, _RATE))
    spectrogram.advance(21.0)
    assert spectrogram.seconds_shown == pytest.approx(21.0, abs=0.1)
    qtbot.waitUntil(lambda: not spectrogram._builder.isActive())
    pixels = _pixels(spectrogram)
    row = int(np.argmax(pixels[:, -60]))
    assert spectrogram.frequency_at(spectrogram.plot_rect().top() + row + 0.5) == pytest.approx(4000.0, rel=0.05)
    assert np.all(pixels[row, 10:-10] == pixels[row, -60])


def test_what_the_ring_lost_is_left_out_but_takes_its_time(spectrogram: Spectrogram) -> None:
    ring = AudioRing(5.0, _RATE)
    spectrogram.set_ring(ring)
    _play(spectrogram, synth.tone(1.0, 1000.0, _RATE), ring)
    ring.write(synth.tone(30.0, 4000.0, _RATE))
    for frame in range(10):
        spectrogram.advance(31.0 + frame * _FRAME)
    assert spectrogram.seconds_shown == pytest.approx(31.0, abs=0.2)


def test_the_colours_follow_the_loudness_of_the_music(qtbot: QtBot, spectrogram: Spectrogram) -> None:
    loud = synth.noise(6.0, _RATE, level=0.3)
    ring = _play(spectrogram, loud)
    high = spectrogram._range.high
    _play(spectrogram, np.concatenate([loud, loud]) * np.float32(0.01), ring)  # 40 dB softer
    assert spectrogram._range.high <= high - 25
    qtbot.waitUntil(lambda: spectrogram._coming is None)
    assert 100 < _pixels(spectrogram)[:, -200:].mean() < 600  # neither black nor one bright mass


def test_every_map_can_be_chosen_and_recolours_what_is_shown(qtbot: QtBot, spectrogram: Spectrogram) -> None:
    _play(spectrogram, synth.tone(2.0, 1000.0, _RATE))
    seen = set()
    for name in COLOUR_MAPS:
        spectrogram.set_colour_map(name)
        qtbot.waitUntil(lambda: spectrogram._coming is None)
        seen.add(_pixels(spectrogram).tobytes())
    assert len(seen) == len(COLOUR_MAPS)


@pytest.mark.parametrize("name", ["magma", "viridis", "cividis"])
def test_maps_are_the_published_ones(name: str) -> None:
    pyqtgraph = pytest.importorskip("pyqtgraph")
    published = pyqtgraph.colormap.get(name).getLookupTable(nPts=256).astype(int)
    table = colour_table(name)
    ours = np.stack([table >> 16 & 255, table >> 8 & 255, table & 255], axis=1).astype(int)
    assert np.abs(ours - published).max() <= 8
    assert np.all(table >> 24 == 255)


def test_a_column_is_drawn_once_and_seen_twice() -> None:
    history = ColumnHistory(bands=4, capacity=64)
    picture = Picture(8, 16, 4, colour_table("grey"), -100.0, 0.0)
    rng = np.random.default_rng(0)
    columns = rng.uniform(-100, 0, (30, 4)).astype(np.float32)
    for start in range(0, 30, 3):
        history.append(columns[start : start + 3])
        assert picture.catch_up(history, 100)
        there = np.arange(picture.start, picture.end) % 8
        np.testing.assert_array_equal(picture._pixels[:, there], picture._pixels[:, there + 8])
    fresh = Picture(8, 16, 4, colour_table("grey"), -100.0, 0.0)
    while not fresh.catch_up(history, 2):
        pass
    assert (fresh.start, fresh.end) == (picture.start, picture.end) == (22, 30)
    np.testing.assert_array_equal(fresh._pixels, picture._pixels)


def test_before_anything_is_heard_there_is_a_line_to_read(spectrogram: Spectrogram) -> None:
    blank = _pixels(spectrogram)
    assert np.all(blank == blank[0, 0])
    spectrogram.set_notice("Press Listen")
    assert spectrogram.accessibleDescription() == "Press Listen"
    assert not np.all(_pixels(spectrogram) == blank)
    spectrogram.set_notice("")
    np.testing.assert_array_equal(_pixels(spectrogram), blank)


def test_an_axis_finds_its_way_back() -> None:
    scale = axes.frequency_scale(12_000.0)
    for hz in (60.0, 440.0, 1000.0, 8000.0):
        assert scale.hz(scale.share(hz)) == pytest.approx(hz)
    assert (scale.share(40.0), scale.share(12_000.0)) == (0.0, 1.0)
    assert axes.plot_rect(QRect(0, 0, 500, 200)).height() == 200 - axes.TOP - axes.BOTTOM


_TONE_AT_SCALE = """
import numpy as np
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from PySide6.QtWidgets import QApplication
from mgc_desktop.core.recording import Gap, Recording
from mgc_desktop.core.ring import AudioRing
from mgc_desktop.ui.live.picture_settings import PictureSettings
from mgc_desktop.ui.live.spectrogram import Spectrogram
from tests import synth
app = QApplication([])
widget = Spectrogram()
widget.resize(500, 200)
widget.show()
app.processEvents()
ring = AudioRing(10.0, 44100)
widget.set_ring(ring)
sound = synth.tone(3.0, 1000.0, 44100)
for frame in range(180):
    ring.write(sound[frame * 735 : frame * 735 + 735])
    widget.advance(frame / 60)
app.processEvents()
plot = widget.plot_rect()
image = widget.grab(plot).toImage().convertToFormat(QImage.Format.Format_RGB32)
raw = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1, 4)[:, : image.width(), :3]
row = int(np.argmax(raw[:, -60].astype(int).sum(axis=1)))
ratio = widget.devicePixelRatioF()
found = widget.frequency_at(plot.top() + (row + 0.5) / ratio)
shown = widget.seconds_shown
sound = synth.silence(12.0, 44100)
sound[7 * 44100] = 0.9
ring = AudioRing(20.0, 44100)
ring.write(sound)
widget.set_settings(PictureSettings(span_seconds=7.3, levels=(-80.0, -40.0)))
widget.set_ring(ring)
widget.advance(12.0)
widget.scroll_to(9.0)
while widget._builder.isActive():
    app.processEvents()
click = widget.grab(plot).toImage().convertToFormat(QImage.Format.Format_RGB32)
raw = np.frombuffer(click.constBits(), np.uint8).reshape(click.height(), -1, 4)[:, : click.width(), :3]
heights = raw.astype(int).sum(axis=(0, 2))
middle = np.flatnonzero(heights > heights.max() / 2).mean()
heard = widget.seconds_at(plot.left() + (middle + 0.5) / ratio)
wide = image.width() / plot.width()
widget.set_settings(PictureSettings())
ring = AudioRing(20.0, 44100)
widget.set_ring(ring)
noise = synth.noise(3.0, 44100)
moved = 0
for frame in range(170):
    ring.write(noise[frame * 735 : frame * 735 + 735])
    widget.advance(frame / 60)
    app.processEvents()
    moved += not widget._paints_whole
plot = plot.adjusted(0, 0, 0, -2)  # ticks of the axis reach into the last row
x, y, width, height = plot.getRect()
on_screen = widget.screen().grabWindow(widget.winId(), x, y, width, height).toImage()
same = on_screen.convertToFormat(QImage.Format.Format_RGB32) == widget.grab(plot).toImage().convertToFormat(
    QImage.Format.Format_RGB32
)
print(ratio, wide, found, shown, heard, moved, same)
"""


@pytest.mark.parametrize("ratio", [1.5, 2.0])
def test_on_a_fine_screen_every_pixel_is_its_own_column(ratio: float) -> None:
    environment = {**os.environ, "QT_SCALE_FACTOR": str(ratio), "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", _TONE_AT_SCALE], env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    *numbers, same = done.stdout.split()
    seen, width, frequency, seconds, click, moved = map(float, numbers)
    assert same == "True"  # what the screen has is what would be painted
    assert (moved > 100) == (ratio == 2.0)  # parts of a pixel cannot be moved by
    assert seen == ratio
    assert width == pytest.approx(ratio, abs=0.01)
    assert frequency == pytest.approx(1000.0, rel=0.05)
    assert seconds == pytest.approx(3.0, abs=0.1)
    assert click == pytest.approx(7.0, abs=0.03)


def test_moments_read_as_a_clock() -> None:
    assert axes.moment_text(65.0) == "1:05"
    assert axes.moment_text(65.5, fine=True) == "1:05.5"
    assert axes.moment_text(59.96, fine=True) == "1:00.0"
    assert axes.moment_text(8 * 3600 + 5) == "8:00:05"
