"""A day of listening in minutes: sound fed 60 times too fast through everything after the callback, window and all.

The short version runs always; ``-m slow -s`` runs MGC_LIVE_HOURS hours (8), which take as many minutes.
"""

from __future__ import annotations

import gc
import os
import sys
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import psutil
import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from mgc_desktop.app import WindowSession
from mgc_desktop.core.paths import Profile
from mgc_desktop.core.recording import Recording
from mgc_desktop.core.values import Samples
from mgc_desktop.engine import engine as engine_module
from mgc_desktop.engine import listening_session
from mgc_desktop.engine.events import LiveVerdict
from mgc_desktop.engine.listener import Listener
from tests import synth
from tests.app.harness import live_for, open_window, screenshot, trust, wait_for, wait_for_model
from tests.live_feed import RATE, Microphones

HOURS = float(os.environ.get("MGC_LIVE_HOURS", "8"))
SPEED = 60.0
_MARK_HZ = 3000.0  # of a tone at each full minute
_MARK_SECONDS = 2.0
_SAMPLE_SECONDS = 600.0  # of sound, between two looks at the memory
_AWAY_SECONDS = 0.5  # that the microphone is gone, once an hour of sound
_GROWTH = 1.05  # from the first hour to any later one
_PEAK = 1.25  # over the first hour: a look may meet a chunk of a recording on its way to the disk


def minutes_with_marks() -> Microphones:
    """Return a microphone that hears soft music for ever, and a tone at each minute of the recording."""
    music = 0.5 * synth.song(30.0, RATE)
    mark = synth.tone(_MARK_SECONDS, _MARK_HZ, RATE, level=0.8)

    def sound(start: int, end: int) -> Samples:
        frames = np.arange(start, end)
        since = frames % (60 * RATE)
        marked = since < len(mark)
        out = np.take(music, frames, mode="wrap")
        out[marked] = mark[since[marked]]
        return out

    return Microphones(sound, speed=SPEED)


@dataclass
class Watch:
    """What is noted down while the hours pass."""

    feed: Microphones
    megabytes: list[tuple[float, float]] = field(default_factory=list)  # (s of sound, MB)
    verdicts: int = 0
    last: float = 0.0  # time of the newest verdict, s
    late: float = 0.0  # the most that a verdict was older than the recording, s of sound
    went_back: int = 0  # verdicts that were older than the one before

    def heard(self, recording: Recording | None, verdict: LiveVerdict) -> None:
        self.verdicts += 1
        self.went_back += verdict.time <= self.last
        self.last = verdict.time
        if recording is not None:
            self.late = max(self.late, recording.seconds - verdict.time)

    def look(self, seconds: float) -> None:
        if not self.megabytes or seconds >= self.megabytes[-1][0] + _SAMPLE_SECONDS:
            gc.collect()
            self.megabytes.append((seconds, psutil.Process().memory_info().rss / 1e6))


def pass_hours(session: WindowSession, watch: Watch, seconds: float) -> Recording:
    """Listen for `seconds` of sound; the microphone goes away for a moment in each hour."""
    assert session.engine is not None
    assert session.bridge is not None
    listener = session.engine.listener
    session.bridge.live_verdict.connect(lambda verdict: watch.heard(listener.recording, verdict))
    session.window.commands["listen"].trigger()
    wait_for(lambda: listener.recording is not None and listener.recording.seconds > 1, 15, "sound")
    recording = listener.recording
    assert recording is not None
    session.engine.sessions.keep(True)
    next_away = min(3600.0, seconds / 2)
    while recording.seconds < seconds or not mark_was_heard(recording):
        live_for(100)
        watch.look(recording.seconds)
        if recording.seconds >= next_away and len(recording.gaps) * 3600.0 < next_away:
            watch.feed.plugged = False
            live_for(round(1000 * _AWAY_SECONDS))
            watch.feed.plugged = True
            next_away += 3600.0
    assert listener.recording is recording
    check_length(recording, watch.feed)
    return recording


def last_minute(recording: Recording) -> int:
    """Return the last full minute whose tone is behind."""
    return int(recording.seconds - 5.0) // 60


def mark_was_heard(recording: Recording) -> bool:
    """Return whether the microphone was there for it: a loaded machine may take its time to plug it in again."""
    at = 60.0 * last_minute(recording)
    return not recording.gaps_between(at - 1.0, at + _MARK_SECONDS)


def check_length(recording: Recording, feed: Microphones) -> None:
    """Check that the recording, gaps and all, is as long as it took; a tenth of a second is six of them here.

    By when the newest sound was due: a machine that has too much to do feeds it late.
    """
    assert feed.began is not None
    took = feed.arrived - feed.began
    sys.stdout.write(f"\n{took:.1f} s took {recording.seconds:.1f} s of the recording\n")
    assert recording.seconds == pytest.approx(took, abs=10.0)


def check_times(session: WindowSession, watch: Watch, recording: Recording) -> None:
    """Check that all clocks agree: the verdicts', the ribbon's, the picture's."""
    assert session.conductor is not None
    live = session.conductor.live
    assert watch.went_back == 0
    assert watch.last <= recording.seconds
    wait_for(lambda: recording.seconds - live.spectrogram.seconds_shown < 5.0, 20, "the picture")
    assert live.heard.stretches
    assert watch.last == pytest.approx(live.heard.stretches[-1].end)
    assert live.heard.stretches[0].start >= live.heard.stretches[-1].end - 660.0


def marks_in_picture(session: WindowSession, minute: int) -> float:
    """Scroll back to a minute; return where its tone begins by the widget's own pixels, s of the recording."""
    assert session.conductor is not None
    picture = session.conductor.live.spectrogram
    picture.freeze(True)
    picture.scroll_to(minute * 60.0 + 4.0)
    live_for(400)
    plot = picture.plot_rect()
    shot = picture.grab(plot).toImage().scaled(plot.size()).convertToFormat(QImage.Format.Format_RGB32)
    light = np.array(shot.constBits(), np.uint8).reshape(shot.height(), shot.width(), 4)[:, :, :3].mean(axis=2)
    hertz = np.array([picture.frequency_at(plot.top() + row + 0.5) for row in range(shot.height())])
    tone, below, above = (
        int(np.argmin(np.abs(hertz - wanted))) for wanted in (_MARK_HZ, 0.75 * _MARK_HZ, 1.35 * _MARK_HZ)
    )
    # A tone is light where it is, and dark beside.
    stands_out = light[tone] - 0.5 * (light[below] + light[above])
    start, end = picture.visible
    width = round(_MARK_SECONDS * shot.width() / (end - start))
    begin = int(np.argmax(np.convolve(stands_out, np.ones(width), "valid")))
    return start + (end - start) * begin / shot.width()


def live_through(
    app: QApplication, profile: Profile, model: Path, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> Watch:
    feed = minutes_with_marks()
    made = partial(Listener, open_capture=feed.open, clock=feed.clock)
    monkeypatch.setattr(engine_module, "Listener", made)
    watch = Watch(feed)
    with open_window(app, profile, model=trust(profile, model)) as session:
        wait_for_model(session, "tiny")
        recording = pass_hours(session, watch, seconds)
        engine = session.engine
        assert engine is not None
        session.window.commands["listen"].trigger()
        wait_for(lambda: not engine.listener.listening, 15, "the end")
        check_times(session, watch, recording)
        minute = last_minute(recording)
        found = marks_in_picture(session, minute)
        screenshot(session.window, "live-hours")
        assert found == pytest.approx(minute * 60.0, abs=0.25)
    return watch


def test_minutes(qapp: QApplication, profile: Profile, tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[float] = []
    monkeypatch.setattr(listening_session, "_TIDY_SECONDS", 60.0)
    monkeypatch.setattr(listening_session, "give_back", lambda: given.append(time.monotonic()))
    watch = live_through(qapp, profile, tiny_model, monkeypatch, 150.0)
    assert watch.verdicts > 3
    assert len(given) in (2, 3)  # free memory is given back each minute


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_hours(qapp: QApplication, profile: Profile, tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = live_through(qapp, profile, tiny_model, monkeypatch, HOURS * 3600.0)
    settled = [megabytes for seconds, megabytes in watch.megabytes if seconds >= _SAMPLE_SECONDS]
    looks = round(3600.0 / _SAMPLE_SECONDS)
    hours = [float(np.median(settled[at : at + looks])) for at in range(0, len(settled), looks)]
    sys.stdout.write(
        f"\n{HOURS:g} hours: {watch.verdicts} verdicts, the latest {watch.late:.0f} s of sound behind; "
        f"MB each {_SAMPLE_SECONDS / 60:.0f} min: {', '.join(f'{one:.0f}' for one in settled)}; "
        f"median of each hour: {', '.join(f'{one:.0f}' for one in hours)}\n"
    )
    assert max(hours) <= _GROWTH * hours[0]
    assert max(settled) <= _PEAK * hours[0]
