"""A file as input: what is heard is what is recorded, with a loudspeaker and without."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from mgc_desktop.core.clock import Clock
from mgc_desktop.core.paths import Profile
from mgc_desktop.engine.classifier import Classifier
from mgc_desktop.engine.events import InputWarned, ListenChanged, ListenState, WarningKind
from mgc_desktop.engine.listener import Listener
from mgc_desktop.model.trust import TrustStore
from tests import synth
from tests.events import Events
from tests.pulse import SoundServer

SECONDS = 3.0


@pytest.fixture
def song(tmp_path: Path) -> Path:
    return synth.write_audio(tmp_path / "a song.flac", synth.tone(SECONDS, 1234.0))


def _listener(profile: Profile, events: Events, speed: float) -> Listener:
    return Listener(Classifier(TrustStore(profile.trusted_file), events), events, clock=Clock(speed))


@pytest.fixture
def fast(profile: Profile, events: Events, no_sound_server: None) -> Iterator[Listener]:
    """Return a listener on a machine without sound, on which time passes ten times as fast."""
    listener = _listener(profile, events, 10.0)
    yield listener
    listener.stop(wait_s=10)


def _ended(events: Events, state: ListenState) -> ListenChanged:
    return events.wait(ListenChanged, where=lambda event: event.state is state)


def test_it_is_played_and_recorded_as_it_is_heard(
    virtual_microphone: SoundServer, profile: Profile, events: Events, song: Path
) -> None:
    listener = _listener(profile, events, 1.0)
    listener.start_file(str(song))
    running = _ended(events, ListenState.RUNNING)
    assert (running.device, running.channels) == ("a song.flac", 1)
    assert "protocol" in virtual_microphone.pactl("list", "sink-inputs").stdout.lower()
    _ended(events, ListenState.STOPPED)
    assert events.of(InputWarned) == []
    recording = listener.recording
    assert recording is not None
    assert recording.source == "a song.flac"
    assert recording.seconds == pytest.approx(SECONDS, abs=0.01)
    assert not listener.listening
    assert listener.ring is None
    samples, _ = recording.ring.read(recording.sample_rate, 2 * recording.sample_rate)
    assert np.argmax(np.abs(np.fft.rfft(samples))) == pytest.approx(1234, abs=1)
    listener.stop(wait_s=5)


def test_without_a_loudspeaker_it_runs_by_the_clock_and_says_so(fast: Listener, events: Events, song: Path) -> None:
    fast.start_file(str(song))
    warned = events.wait(InputWarned, where=lambda event: event.kind is WarningKind.UNHEARD)
    assert warned.sentence.startswith("a song.flac runs without sound because ")
    _ended(events, ListenState.STOPPED)
    assert fast.recording is not None
    assert fast.recording.seconds == pytest.approx(SECONDS, abs=0.01)


def test_a_file_that_cannot_be_read(fast: Listener, events: Events, tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp3"
    broken.write_bytes(b"no music at all" * 100)
    fast.start_file(str(broken))
    failed = _ended(events, ListenState.FAILED)
    assert failed.sentence.endswith(".")
    assert failed.device == "broken.mp3"


def test_stop_in_the_middle(fast: Listener, events: Events, tmp_path: Path) -> None:
    long = synth.write_audio(tmp_path / "long.wav", synth.song(60.0))
    fast.start_file(str(long))
    _ended(events, ListenState.RUNNING)
    fast.stop(wait_s=5)
    _ended(events, ListenState.STOPPED)
    assert fast.recording is not None
    assert fast.recording.seconds < 50.0


def test_the_loudspeaker_goes_away_and_the_file_goes_on(
    virtual_microphone: SoundServer, profile: Profile, events: Events, song: Path
) -> None:
    listener = _listener(profile, events, 1.0)
    listener.start_file(str(song))
    _ended(events, ListenState.RUNNING)
    virtual_microphone.kill()
    warned = events.wait(InputWarned, where=lambda event: event.kind is WarningKind.UNHEARD)
    assert "because the loudspeaker went away" in warned.sentence
    _ended(events, ListenState.STOPPED)
    assert listener.recording is not None
    assert listener.recording.seconds == pytest.approx(SECONDS, abs=0.01)
    listener.stop(wait_s=5)
