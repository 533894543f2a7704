"""Sound that is played into a device, read back from the painted picture: at its time, and at its frequency."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QRect
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from mgc_desktop.audio.capture import Capture
from mgc_desktop.audio.devices import list_inputs
from mgc_desktop.core.recording import Recording
from mgc_desktop.ui.live.clock import DisplayClock
from mgc_desktop.ui.live.picture_settings import PictureSettings
from mgc_desktop.ui.live.spectrogram import Spectrogram
from tests import synth
from tests.pulse import RATE, SoundServer, virtual_microphone

__all__ = ["virtual_microphone"]

_CLICK_EVERY = 0.4  # s
_CLICKS = 24
_NEW = 40  # px at the right edge in which a click is looked for
_ON_DARK = PictureSettings(levels=(-70.0, -45.0))  # clicks alone are seen


def _click_train() -> NDArray[np.float32]:
    sound = synth.silence(1.0 + _CLICK_EVERY * _CLICKS, RATE)
    for number in range(_CLICKS):
        sound[round((1.0 + number * _CLICK_EVERY) * RATE)] = 0.9
    return sound


def _brightness(widget: Spectrogram, place: QRect) -> NDArray[np.float64]:
    """Return what is painted, float64[height, width]."""
    image = widget.grab(place).toImage().convertToFormat(QImage.Format.Format_RGB32)
    raw = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
    brightness: NDArray[np.float64] = raw[:, : image.width(), :3].astype(float).sum(axis=2)
    return brightness


def _moments(widget: Spectrogram, place: QRect) -> list[float]:
    """Return the moments at which a line stands in a part of the picture, s of the recording."""
    columns = np.median(_brightness(widget, place), axis=0)
    loud = np.flatnonzero(columns > 250)
    groups = np.split(loud, np.flatnonzero(np.diff(loud) > 3) + 1) if len(loud) else []
    return [widget.seconds_at(place.left() + float(group.mean()) + 0.5) for group in groups]


class _Arrivals(threading.Thread):
    """Notes how many frames a ring has, a thousand times a second."""

    def __init__(self, capture: Capture) -> None:
        super().__init__(daemon=True)
        self._ring = capture.ring
        self.enough = threading.Event()
        self.looks: list[tuple[float, int]] = []

    def run(self) -> None:
        while not self.enough.wait(0.001):
            self.looks.append((time.perf_counter(), self._ring.frames))

    def of(self, frame: int) -> float:
        """Return when a frame was first seen."""
        return next(at for at, frames in self.looks if frames > frame)


@pytest.fixture
def capture(virtual_microphone: SoundServer) -> Iterator[Capture]:
    capture = Capture(list_inputs()[0])
    capture.start()
    yield capture
    capture.stop()


@pytest.fixture
def shown(qtbot: QtBot, capture: Capture) -> Iterator[Spectrogram]:
    """Return the picture of what is captured, moving."""
    widget, clock = Spectrogram(), DisplayClock()
    qtbot.addWidget(widget)
    widget.resize(904, 226)
    widget.set_settings(_ON_DARK)
    widget.set_recording(Recording(capture.ring, "Microphone"))
    widget.show()
    qtbot.waitExposed(widget)
    clock.tick.connect(widget.advance)
    clock.start()
    yield widget
    clock.stop()


def _click_frames(capture: Capture) -> list[int]:
    sound, first = capture.ring.read(0, capture.ring.frames)
    return (first + np.flatnonzero(np.abs(sound) > 0.4)).tolist()


def test_a_click_train_is_painted_where_it_was_heard(
    qtbot: QtBot, virtual_microphone: SoundServer, capture: Capture, shown: Spectrogram
) -> None:
    virtual_microphone.play(_click_train())
    qtbot.waitUntil(lambda: len(_click_frames(capture)) >= 8, timeout=20_000)
    wanted = _click_frames(capture)[-1] / RATE
    qtbot.waitUntil(lambda: shown.now > wanted + 0.3, timeout=10_000)
    shown.freeze(True)
    painted = _moments(shown, shown.plot_rect())
    start, end = shown.visible
    heard = [frame / RATE for frame in _click_frames(capture) if start + 0.1 < frame / RATE < end - 0.1]
    assert len(heard) >= 6
    assert [moment for moment in painted if start + 0.1 < moment < end - 0.1] == pytest.approx(heard, abs=0.03)
    assert np.diff(painted) == pytest.approx(_CLICK_EVERY, abs=0.04)


@pytest.mark.parametrize("frequency", [1000.0, 4000.0])
def test_a_tone_is_painted_at_its_frequency(
    qtbot: QtBot, virtual_microphone: SoundServer, capture: Capture, shown: Spectrogram, frequency: float
) -> None:
    shown.set_settings(PictureSettings(levels=(-60.0, 0.0)))
    virtual_microphone.play(synth.tone(15.0, frequency, RATE))
    qtbot.waitUntil(lambda: (shown.level_at(shown.now - 0.2, frequency) or -120.0) > -20, timeout=20_000)
    qtbot.waitUntil(lambda: shown._coming is None)
    plot = shown.plot_rect()
    columns = _brightness(shown, QRect(plot.right() - 10, plot.top(), 5, plot.height()))
    row = int(np.argmax(columns.sum(axis=1)))
    found = shown.frequency_at(plot.top() + row + 0.5)
    step = shown.frequency_at(plot.top() + row - 1.5) - found  # two rows up
    assert found == pytest.approx(frequency, abs=step)


@pytest.mark.slow
def test_a_click_is_seen_within_a_tenth_of_a_second(
    qtbot: QtBot, virtual_microphone: SoundServer, capture: Capture, shown: Spectrogram
) -> None:
    seen: dict[int, float] = {}
    arrivals = _Arrivals(capture)
    arrivals.start()
    looking = DisplayClock()

    def look() -> None:
        plot = shown.plot_rect()
        now = time.perf_counter()
        for moment in _moments(shown, QRect(plot.right() + 1 - _NEW, plot.top(), _NEW, plot.height())):
            seen.setdefault(round(moment / (_CLICK_EVERY / 4)), now)

    looking.tick.connect(look)
    looking.start()
    virtual_microphone.play(_click_train())
    try:
        qtbot.waitUntil(lambda: len(_click_frames(capture)) >= _CLICKS - 1, timeout=30_000)
        qtbot.wait(300)
    finally:
        looking.stop()
        arrivals.enough.set()
        arrivals.join()
    delays = []
    for frame in _click_frames(capture)[:-1]:
        key = round(frame / RATE / (_CLICK_EVERY / 4))
        times = [seen[near] for near in (key - 1, key, key + 1) if near in seen]
        assert times, "a click was not painted"
        delays.append((min(times) - arrivals.of(frame)) * 1000)
    sys.stdout.write(
        f"\nclick in the ring to its line in the picture: median {np.median(delays):.0f} ms, "
        f"most {max(delays):.0f} ms; the picture's own figure {shown.latency_ms}\n"
    )
    assert np.median(delays) < 100
