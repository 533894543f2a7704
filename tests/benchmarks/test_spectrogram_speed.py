"""What the moving picture costs: share of a core and frames a second, drawn in software, beside the naive way.

A screen that holds the larger size: ``-o xvfb_width=3840 -o xvfb_height=2160``.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from mgc_desktop.core.ring import AudioRing
from mgc_desktop.ui.live.clock import DisplayClock
from mgc_desktop.ui.live.columns import ColumnPlan, ColumnSource
from mgc_desktop.ui.live.picture_settings import PictureSettings
from mgc_desktop.ui.live.spectrogram import Spectrogram
from tests import synth

pytestmark = pytest.mark.slow

_SIZES = [(1600, 900), (3840, 2160)]
_SECONDS = 8.0
_BLOCK_SECONDS = 0.017  # what PortAudio hands over at a time
_RATE = 44100  # Hz
_BEFORE = 600.0  # s that were recorded before: all that is kept


class _Player(threading.Thread):
    """Writes music into a ring at the speed at which it is heard."""

    def __init__(self, ring: AudioRing) -> None:
        super().__init__(daemon=True)
        self._ring = ring
        self._music = synth.song(8.0, _RATE)
        self._before = ring.frames
        self.enough = threading.Event()

    def run(self) -> None:
        began = time.perf_counter()
        while not self.enough.wait(_BLOCK_SECONDS):
            due = self._before + int((time.perf_counter() - began) * _RATE)
            places = np.arange(self._ring.frames, due) % len(self._music)
            self._ring.write(self._music[places])


class _Timed(Spectrogram):
    """Notes how long each painting takes."""

    def __init__(self) -> None:
        super().__init__()
        self.paints: list[float] = []

    def paintEvent(self, event: QPaintEvent) -> None:
        began = time.perf_counter()
        super().paintEvent(event)
        self.paints.append(time.perf_counter() - began)


def _ring() -> AudioRing:
    ring = AudioRing(600.0, _RATE)
    ring.write(np.tile(synth.song(8.0, _RATE), round(_BEFORE / 8.0)))
    return ring


def _window(qtbot: QtBot, picture: QWidget, size: tuple[int, int]) -> QWidget:
    window = QWidget()
    picture.setParent(window)
    qtbot.addWidget(window)
    window.resize(*size)
    picture.resize(*size)
    window.show()
    qtbot.waitExposed(window)
    return window


def _measure(qtbot: QtBot, what: str, ring: AudioRing, tick: Callable[[], None]) -> float:
    """Run `tick` at the display's rate while music is played; return the share of a core of the window's thread."""
    player, clock = _Player(ring), DisplayClock()
    ticks: list[float] = []
    costs: list[float] = []

    def timed() -> None:
        began = time.perf_counter()
        tick()
        costs.append(time.perf_counter() - began)
        ticks.append(began)

    clock.tick.connect(timed)
    player.start()
    clock.start()
    qtbot.wait(1500)
    costs.clear()
    ticks.clear()
    # The window's thread alone: the player's thread stands for a microphone, which is no part of the picture.
    busy, began = time.thread_time(), time.perf_counter()
    qtbot.wait(int(_SECONDS * 1000))
    elapsed = time.perf_counter() - began
    share = (time.thread_time() - busy) / elapsed
    clock.stop()
    player.enough.set()
    player.join()
    gaps = np.diff(ticks) * 1000
    sys.stdout.write(
        f"\n{what}: {share:.1%} of a core, {len(ticks) / elapsed:.1f} ticks/s, "
        f"tick {np.median(costs) * 1000:.2f} ms (99th percentile {np.percentile(costs, 99) * 1000:.2f} ms), "
        f"between ticks {np.median(gaps):.1f} ms (99th percentile {np.percentile(gaps, 99):.1f} ms)"
    )
    assert ticks
    return share


@pytest.mark.parametrize("span", [None, 30.0, 300.0])
@pytest.mark.parametrize("size", _SIZES)
def test_share_of_a_core(qtbot: QtBot, size: tuple[int, int], span: float | None) -> None:
    picture, ring = _Timed(), _ring()
    window = _window(qtbot, picture, size)
    picture.set_settings(PictureSettings(span_seconds=span))
    picture.set_ring(ring)
    _measure(qtbot, f"{size[0]}x{size[1]}, {span or 'a pixel a frame, no'} s", ring, picture.advance)
    median, most = picture.latency_ms
    paints = np.array(picture.paints) * 1000
    sys.stdout.write(
        f",\n    {len(paints) / (_SECONDS + 1.5):.1f} paintings/s of {np.median(paints):.2f} ms "
        f"(99th percentile {np.percentile(paints, 99):.2f} ms), "
        f"sound to paint {median:.0f} ms (99th percentile {most:.0f} ms)\n"
    )
    assert window.isVisible()
    assert picture.now > _BEFORE + _SECONDS


def test_the_naive_way(qtbot: QtBot) -> None:
    pyqtgraph = pytest.importorskip("pyqtgraph")
    ring = _ring()
    source = ColumnSource(ring, ColumnPlan.of(_RATE, PictureSettings(), 60.0))
    view = pyqtgraph.PlotWidget()
    item = pyqtgraph.ImageItem()
    view.addItem(item)
    window = _window(qtbot, view, _SIZES[0])
    while source.extend(source.ready(ring.frames), 1000):
        pass

    levels = source.history.read(source.history.start, source.history.end)
    view.setRange(xRange=(0, len(levels)), yRange=(0, levels.shape[1]), padding=0)

    def tick() -> None:
        nonlocal levels
        new = source.extend(source.ready(ring.frames), 96)
        levels = np.roll(levels, -new, axis=0)
        end = source.history.end
        levels[len(levels) - new :] = source.history.read(end - new, end)
        item.setImage(levels, levels=(-80, -20), autoLevels=False)

    what = f"pyqtgraph ImageItem.setImage of {len(levels)} columns at {_SIZES[0][0]}x{_SIZES[0][1]}"
    _measure(qtbot, what, ring, tick)
    sys.stdout.write("\n")
    assert window.isVisible()
