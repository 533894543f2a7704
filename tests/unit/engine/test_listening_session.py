"""An input that goes away and comes back, warnings, another rate: a microphone that is faster than real time."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest

from mgc_desktop.core.errors import DeviceCause, DeviceError
from mgc_desktop.core.paths import Profile
from mgc_desktop.core.ring import AudioRing
from mgc_desktop.engine.classifier import Classifier
from mgc_desktop.engine.events import InputGap, InputWarned, ListenChanged, ListenState, LiveNumbers, WarningKind
from mgc_desktop.engine.listener import Listener
from mgc_desktop.model.trust import TrustStore
from tests import synth
from tests.events import Events
from tests.live_feed import RATE, FastInput, Microphones, looped

_SPEED = 20.0
_NAME = FastInput.name


class OneRate(Microphones):
    """Microphones that go on at no rate but their own."""

    def open(
        self, name: str | None, channel: int | None, ring: AudioRing | None, cancelled: threading.Event
    ) -> FastInput:
        if ring is not None and ring.sample_rate != self.rate:
            raise DeviceError(f"{_NAME} refuses {ring.sample_rate} Hz.", cause=DeviceCause.UNSUPPORTED)
        return super().open(name, channel, ring, cancelled)


@pytest.fixture
def microphones() -> Microphones:
    return OneRate(looped(synth.song(4.0, RATE)), speed=_SPEED)


@pytest.fixture
def listener(profile: Profile, events: Events, microphones: Microphones) -> Iterator[Listener]:
    """Return a listener without a model."""
    classifier = Classifier(TrustStore(profile.trusted_file), events)
    listener = Listener(classifier, events, open_capture=microphones.open, clock=microphones.clock)
    yield listener
    listener.stop(wait_s=10)
    assert not listener.listening


def _wait_for(events: Events, state: ListenState, count: int = 1) -> ListenChanged:
    return events.wait(ListenChanged, count, where=lambda event: event.state is state)


def test_the_gap_is_as_long_as_it_was(listener: Listener, events: Events, microphones: Microphones) -> None:
    listener.start()
    _wait_for(events, ListenState.RUNNING)
    events.wait(LiveNumbers, 2)
    recording = listener.recording
    assert recording is not None
    microphones.plugged = False
    waiting = _wait_for(events, ListenState.WAITING)
    assert waiting.sentence == f"{_NAME} went away: listening goes on by itself as soon as it is back."
    assert (listener.ring, listener.sample_rate, listener.input_channels) == (None, 0, 0)
    assert listener.listening
    assert listener.recording is recording
    gone = microphones.clock.now()
    microphones.plugged = True
    running = _wait_for(events, ListenState.RUNNING, 2)
    away = microphones.clock.now() - gone
    assert (running.device, running.channels) == (_NAME, 1)
    assert listener.recording is recording
    assert listener.ring is recording.ring
    [gap] = recording.gaps
    [told] = events.of(InputGap)
    assert (told.start, told.end) == (gap.start / RATE, gap.end / RATE)
    assert 0 < told.end - told.start <= away + 10.0  # of the clock's seconds: half a real one until it was noticed
    samples, first = recording.ring.read(gap.start, gap.end)
    assert first == gap.start
    assert not np.any(samples)
    before, _ = recording.ring.read(gap.start - 1000, gap.start)
    assert np.any(before)


def test_it_comes_back_at_another_rate(listener: Listener, events: Events, microphones: Microphones) -> None:
    listener.start("Fast")
    _wait_for(events, ListenState.RUNNING)
    recording = listener.recording
    microphones.plugged = False
    _wait_for(events, ListenState.WAITING)
    microphones.rate = 2 * RATE
    microphones.plugged = True
    running = _wait_for(events, ListenState.RUNNING, 2)
    assert running.sample_rate == 2 * RATE
    assert running.sentence == f"{_NAME} came back at {2 * RATE} Hz, so a new recording has begun."
    assert listener.recording is not recording
    assert listener.recording is not None
    assert listener.recording.gaps == ()
    assert events.of(InputGap) == []


def test_stop_while_it_is_waited_for(listener: Listener, events: Events, microphones: Microphones) -> None:
    listener.start()
    _wait_for(events, ListenState.RUNNING)
    microphones.plugged = False
    _wait_for(events, ListenState.WAITING)
    listener.stop()
    _wait_for(events, ListenState.STOPPED)
    assert not listener.listening
    assert listener.recording is not None  # to be looked at


def test_another_input_is_chosen_meanwhile(listener: Listener, events: Events, microphones: Microphones) -> None:
    listener.start("One")
    _wait_for(events, ListenState.RUNNING)
    first = listener.recording
    microphones.plugged = False
    _wait_for(events, ListenState.WAITING)
    microphones.plugged = True
    listener.start("Other")
    events.wait(ListenChanged, where=lambda event: event.state is ListenState.STARTING and event.device == "Other")
    events.wait(ListenChanged, where=lambda event: event.state is ListenState.RUNNING, count=2)
    assert listener.recording is not first


def test_no_sound_at_all_is_told_and_taken_back(listener: Listener, events: Events, microphones: Microphones) -> None:
    music, muted = microphones.sound, threading.Event()
    muted.set()
    microphones.sound = lambda start, end: music(start, end) * (0 if muted.is_set() else 1)
    listener.start()
    told = events.wait(InputWarned, where=lambda event: event.kind is WarningKind.MUTED)
    assert _NAME in told.sentence
    muted.clear()
    over = events.wait(InputWarned, 2, where=lambda event: event.kind is WarningKind.MUTED)
    assert over.sentence == ""


def test_warnings_are_over_when_the_input_is_gone(listener: Listener, events: Events, microphones: Microphones) -> None:
    microphones.sound = lambda start, end: np.zeros(end - start, np.float32)
    listener.start()
    began = events.wait(InputWarned, where=lambda event: bool(event.sentence))
    microphones.plugged = False
    over = events.wait(InputWarned, where=lambda event: not event.sentence)
    assert over.kind is began.kind


def test_the_channel_and_the_name_reach_whoever_opens(profile: Profile, events: Events) -> None:
    asked: list[tuple[str | None, int | None]] = []

    def refuse(name: str | None, channel: int | None, ring: AudioRing | None, cancelled: threading.Event) -> FastInput:
        asked.append((name, channel))
        raise DeviceError("The microphone may not be used: allow it.", cause=DeviceCause.DENIED)

    listener = Listener(Classifier(TrustStore(profile.trusted_file), events), events, open_capture=refuse)
    listener.start("USB", 3)
    failed = _wait_for(events, ListenState.FAILED)
    assert (failed.device, failed.sentence) == ("USB", "The microphone may not be used: allow it.")
    assert asked == [("USB", 3)]
    assert listener.recording is None
    listener.stop(wait_s=5)
