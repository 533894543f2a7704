"""What the moving picture costs: share of a core at 1600x900 and 60 frames a second, drawn in software."""

from __future__ import annotations

import sys
import threading
import time

import numpy as np
import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from mgc_desktop.core.ring import AudioRing
from mgc_desktop.ui.live.clock import DisplayClock
from mgc_desktop.ui.live.spectrogram import Spectrogram
from tests import synth

pytestmark = pytest.mark.slow

_SIZE = (1600, 900)
_SECONDS = 10.0
_BLOCK_SECONDS = 0.017  # what PortAudio hands over at a time
_RATE = 44100  # Hz


class _Player(threading.Thread):
    """Writes music into a ring at the speed at which it is heard."""

    def __init__(self, ring: AudioRing) -> None:
        super().__init__(daemon=True)
        self._ring = ring
        self._music = synth.song(8.0, _RATE)
        self.enough = threading.Event()

    def run(self) -> None:
        began = time.perf_counter()
        while not self.enough.wait(_BLOCK_SECONDS):
            due = int((time.perf_counter() - began) * _RATE)
            places = np.arange(self._ring.frames, due) % len(self._music)
            self._ring.write(self._music[places])


def test_share_of_a_core(qtbot: QtBot) -> None:
    window = QWidget()
    picture = Spectrogram(window)
    qtbot.addWidget(window)
    window.resize(*_SIZE)
    picture.resize(*_SIZE)
    window.show()
    qtbot.waitExposed(window)
    ring = AudioRing(60.0, _RATE)
    player = _Player(ring)
    picture.set_ring(ring)
    clock = DisplayClock()
    costs: list[float] = []
    ticks: list[float] = []

    def tick() -> None:
        began = time.perf_counter()
        picture.advance()
        picture.repaint(picture.plot_rect())  # at once, so that its cost can be measured
        costs.append(time.perf_counter() - began)
        ticks.append(began)

    clock.tick.connect(tick)
    player.start()
    clock.start()
    qtbot.wait(2000)
    costs.clear()
    ticks.clear()
    # The window's thread alone: the player's thread stands for a microphone, which is no part of the picture.
    busy, whole, began = time.thread_time(), time.process_time(), time.perf_counter()
    qtbot.wait(int(_SECONDS * 1000))
    elapsed = time.perf_counter() - began
    share, with_player = (time.thread_time() - busy) / elapsed, (time.process_time() - whole) / elapsed
    clock.stop()
    player.enough.set()
    player.join()
    gaps = np.diff(ticks) * 1000
    sys.stdout.write(
        f"\nspectrogram {_SIZE[0]}x{_SIZE[1]}: {share:.1%} of a core ({with_player:.1%} with the player), "
        f"{len(ticks) / elapsed:.1f} frames/s, "
        f"frame {np.median(costs) * 1000:.2f} ms (99th percentile {np.percentile(costs, 99) * 1000:.2f} ms), "
        f"between frames {np.median(gaps):.1f} ms (99th percentile {np.percentile(gaps, 99):.1f} ms)\n"
    )
    assert len(ticks) > 0
    assert picture.seconds_shown > _SECONDS
