"""Listening goes on: inputs unplugged and plugged again, muted, of any rate and width, the server killed under it.

The short versions run always; ``-m slow`` runs the long ones, as often as MGC_LIVE_REPLUGS and MGC_LIVE_CYCLES say.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import psutil
import pytest

from mgc_desktop.core.memory import give_back
from mgc_desktop.core.paths import Profile
from mgc_desktop.core.recording import Recording
from mgc_desktop.core.ring import AudioRing
from mgc_desktop.core.values import Samples
from mgc_desktop.engine.classifier import Classifier
from mgc_desktop.engine.events import InputGap, InputWarned, ListenChanged, ListenState, WarningKind
from mgc_desktop.engine.listener import Listener
from mgc_desktop.model.trust import TrustStore
from tests import synth
from tests.events import Events
from tests.pulse import RATE, SoundServer

REPLUGS = int(os.environ.get("MGC_LIVE_REPLUGS", "50"))
CYCLES = int(os.environ.get("MGC_LIVE_CYCLES", "100"))
_NAME = "Monitor of Second"
_WAIT = 20.0  # s
_SETTLED = 10  # rounds
_GRACE = 5.0  # s
_GROWTH = 1.05  # of memory, from the tenth round on


class Held:
    """What this process holds: threads, open files, children, memory.

    Parameters
    ----------
    ring : AudioRing, optional
        Whose sound is not counted: it takes up memory only as it fills.
    is_settled : bool
        Whether memory counts, as what is done for the first time is done by now.
    """

    def __init__(self, ring: AudioRing | None = None, *, is_settled: bool = True) -> None:
        self.is_settled = is_settled
        gc.collect()
        give_back()  # what is free is no leak
        filled = 4 * min(ring.frames, ring.capacity) if ring is not None else 0
        process = psutil.Process()
        self.threads = threading.active_count()
        self.files = process.num_fds()
        self.children = len(process.children(recursive=True))
        self.megabytes = (process.memory_info().rss - filled) / 1e6

    def __str__(self) -> str:
        return f"{self.threads} threads, {self.files} files, {self.children} children, {self.megabytes:.0f} MB"

    def is_no_more_than(self, before: Held) -> bool:
        things = self.threads <= before.threads and self.files <= before.files and self.children <= before.children
        return things and (self.megabytes <= _GROWTH * before.megabytes or not before.is_settled)


def assert_nothing_leaked(what: str, before: Held, ring: AudioRing | None = None) -> None:
    """Check that no more is held than `before`; a question to the sound server may be under way, and ends soon."""
    late = Held(ring)
    give_up = time.monotonic() + _GRACE
    while not late.is_no_more_than(before) and time.monotonic() < give_up:
        time.sleep(0.1)
        late = Held(ring)
    sys.stdout.write(f"\n{what}: {before} -> {late}\n")
    assert late.is_no_more_than(before), f"{before} -> {late}"


class Session:
    """A listener without a model, and what it tells."""

    def __init__(self, profile: Profile) -> None:
        self.events = Events()
        self.listener = Listener(Classifier(TrustStore(profile.trusted_file), self.events), self.events)

    def count(self, state: ListenState) -> int:
        return sum(event.state is state for event in self.events.of(ListenChanged))

    def wait_for(self, state: ListenState, count: int = 1) -> ListenChanged:
        return self.events.wait(ListenChanged, count, where=lambda event: event.state is state, timeout=_WAIT)

    def recording(self) -> Recording:
        recording = self.listener.recording
        assert recording is not None
        return recording


def wait(condition: Callable[[], bool], seconds: float = _WAIT) -> None:
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, "waited in vain"
        time.sleep(0.02)


def wait_for_frames(recording: Recording, frames: int) -> None:
    wait(lambda: recording.ring.frames > frames)


def recorders(server: SoundServer) -> int:
    return len(server.pactl("list", "short", "source-outputs").stdout.splitlines())


def add_input(server: SoundServer, rate: int = RATE, channels: int = 2) -> str:
    """Add the input "Monitor of Second"; return the number that takes it away again."""
    words = ["sink_name=Second", "sink_properties=device.description=Second", f"rate={rate}", f"channels={channels}"]
    return server.pactl("load-module", "module-null-sink", *words).stdout.strip()


@pytest.fixture
def session(profile: Profile) -> Iterator[Session]:
    session = Session(profile)
    yield session
    session.listener.stop(wait_s=10)


def loudest_hz(samples: Samples, rate: int) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * rate / len(samples))


# Unplugged and plugged again ------------------------------------------------------------------------


def replug(server: SoundServer, session: Session, rounds: int) -> str:
    """Unplug and plug the input `rounds` times while it is listened to; return the number that takes it away."""
    number = add_input(server)
    session.listener.start(_NAME)
    session.wait_for(ListenState.RUNNING)
    recording, took = session.recording(), list[float]()
    early = Held(recording.ring, is_settled=False)
    for done in range(1, rounds + 1):
        frames = recording.ring.frames
        server.remove(number)
        session.wait_for(ListenState.WAITING, done)
        number = add_input(server)
        began = time.monotonic()
        running = session.wait_for(ListenState.RUNNING, done + 1)
        took.append(time.monotonic() - began)
        assert running.device == _NAME
        assert session.recording() is recording
        wait_for_frames(recording, frames + RATE // 4)
        if done == _SETTLED:
            early = Held(recording.ring)
    told = f"{rounds} times back after {np.median(took):.1f} s (median), {max(took):.1f} s (longest)"
    assert_nothing_leaked(told, early, recording.ring)
    assert recorders(server) == 1
    return number


def assert_gaps(session: Session, rounds: int) -> None:
    """Check that each time away is a gap of the recording, that was told, and that holds silence."""
    recording = session.recording()
    told = session.events.of(InputGap)
    assert len(recording.gaps) == len(told) == rounds
    rate = recording.sample_rate
    end = 0
    for gap, event in zip(recording.gaps, told, strict=True):
        assert end <= gap.start < gap.end <= recording.ring.frames
        end = gap.end
        assert (event.start, event.end) == pytest.approx((gap.start / rate, gap.end / rate))
        samples, _ = recording.ring.read(gap.start, gap.end)
        assert not samples.any()


def test_unplugged_and_plugged_again_and_stopped_while_it_is_away(
    virtual_microphone: SoundServer, session: Session
) -> None:
    began = time.time()
    number = replug(virtual_microphone, session, 1)
    assert_gaps(session, 1)
    # The axis of time is the wall's, gaps and all.
    recording = session.recording()
    assert recording.started_at >= began - 1.0
    assert recording.started_at + recording.seconds == pytest.approx(time.time(), abs=1.0)
    virtual_microphone.remove(number)
    waiting = session.wait_for(ListenState.WAITING, 2)
    assert waiting.sentence.endswith(".")
    assert session.listener.listening
    session.listener.stop()
    session.wait_for(ListenState.STOPPED)
    wait(lambda: not session.listener.listening)
    assert recorders(virtual_microphone) == 0
    assert session.recording() is recording  # to be looked at, judged, saved


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_unplugged_and_plugged_again_many_times(virtual_microphone: SoundServer, session: Session) -> None:
    replug(virtual_microphone, session, REPLUGS)
    assert_gaps(session, REPLUGS)


# The server -----------------------------------------------------------------------------------------


def kill_and_restart(server: SoundServer, session: Session, rounds: int) -> None:
    session.listener.start()
    session.wait_for(ListenState.RUNNING)
    recording = session.recording()
    for done in range(1, rounds + 1):
        server.kill()
        session.wait_for(ListenState.WAITING, done)
        server.start()
        session.wait_for(ListenState.RUNNING, done + 1)
        frames = recording.ring.frames
        wait_for_frames(recording, frames + RATE // 4)
    assert session.recording() is recording
    assert_gaps(session, rounds)
    assert recorders(server) == 1


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_server_is_killed_and_restarted_many_times(virtual_microphone: SoundServer, session: Session) -> None:
    kill_and_restart(virtual_microphone, session, 10)
    assert session.count(ListenState.WAITING) == 10


# What the input says of itself ----------------------------------------------------------------------


@pytest.mark.slow
def test_muted_and_heard_again(virtual_microphone: SoundServer, session: Session) -> None:
    virtual_microphone.play(synth.song(40.0, RATE))
    session.listener.start("Monitor of Virtual")
    session.wait_for(ListenState.RUNNING)
    wait(lambda: bool(session.recording().ring.read_last(RATE // 4)[0].any()))
    virtual_microphone.pactl("set-source-mute", "virtual.monitor", "1")
    muted = session.events.wait(InputWarned, where=lambda told: told.kind is WarningKind.MUTED, timeout=_WAIT)
    assert muted.sentence.endswith(".")
    virtual_microphone.pactl("set-source-mute", "virtual.monitor", "0")
    over = session.events.wait(InputWarned, 2, where=lambda told: told.kind is WarningKind.MUTED, timeout=_WAIT)
    assert over.sentence == ""
    assert session.count(ListenState.WAITING) == 0


_RATES = (8000, 16000, 44100, 48000, 96000, 192000)
_WIDTHS = (1, 2, 8, 18)
_SHORT = {(192000, 18)}


@pytest.mark.parametrize(
    ("rate", "channels"),
    [
        pytest.param(rate, channels, marks=[] if (rate, channels) in _SHORT else [pytest.mark.slow])
        for rate in _RATES
        for channels in _WIDTHS
    ],
)
def test_every_rate_and_width(virtual_microphone: SoundServer, session: Session, rate: int, channels: int) -> None:
    add_input(virtual_microphone, rate, channels)
    virtual_microphone.play(synth.tone(30.0, 1234.0, RATE, level=0.5), "Second")
    session.listener.start(_NAME)
    running = session.wait_for(ListenState.RUNNING)
    assert (running.sample_rate, running.channels) == (rate, channels)
    recording = session.recording()
    assert recording.sample_rate == rate

    def is_the_tone() -> bool:
        samples, _ = recording.ring.read_last(rate // 2)
        level = float(np.sqrt(np.mean(samples**2))) * np.sqrt(2)
        return abs(loudest_hz(samples, rate) - 1234.0) < 3.0 and 0.45 < level < 0.55

    wait(is_the_tone, 10.0)
    assert session.listener.overruns == 0


# On and off -----------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_on_and_off_many_times(virtual_microphone: SoundServer, session: Session) -> None:
    early = Held(is_settled=False)
    for done in range(1, CYCLES + 1):
        session.listener.start("Monitor of Virtual")
        session.wait_for(ListenState.RUNNING, done)
        session.listener.stop()
        session.wait_for(ListenState.STOPPED, done)
        if done == _SETTLED:
            wait(lambda: not session.listener.listening)
            early = Held()
    session.listener.stop(wait_s=10)
    assert_nothing_leaked(f"{CYCLES} times on and off", early)
    assert recorders(virtual_microphone) == 0
