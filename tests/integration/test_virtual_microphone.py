"""A real sound server, a real stream: what is played is what is recorded."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from mgc_desktop.audio.capture import Capture
from mgc_desktop.audio.devices import list_inputs
from mgc_desktop.core.paths import Profile
from mgc_desktop.core.ring import AudioRing
from mgc_desktop.core.values import Samples, VerdictKind
from mgc_desktop.engine.classifier import Classifier
from mgc_desktop.engine.events import ListenChanged, ListenState, LiveVerdict, ModelReady
from mgc_desktop.engine.listener import Listener
from mgc_desktop.model.trust import TrustStore
from mgc_desktop.ui.live.live_panel import LivePanel
from tests import synth
from tests.events import Events
from tests.pulse import RATE, SoundServer


def _loudest_hz(samples: Samples, rate: int) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * rate / len(samples))


def _wait(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, "waited in vain"
        time.sleep(0.02)


def _silent_listener(profile: Profile, events: Events) -> Listener:
    # A classifier whose thread never started: no model answers, and sound is recorded all the same.
    return Listener(Classifier(TrustStore(profile.trusted_file), events), events)


def _states(events: Events) -> list[ListenState]:
    return [event.state for event in events.of(ListenChanged)]


def _wait_for(events: Events, state: ListenState, count: int = 1) -> ListenChanged:
    return events.wait(ListenChanged, count, where=lambda event: event.state is state)


def _wait_for_frames(ring: AudioRing, frames: float) -> None:
    _wait(lambda: ring.frames > frames)


def test_inputs_are_listed_by_their_own_names(virtual_microphone: SoundServer) -> None:
    virtual_microphone.add_sink("Second")
    inputs = list_inputs()
    assert [device.name for device in inputs] == ["Monitor of Virtual", "Monitor of Second"]
    assert [device.is_default for device in inputs] == [True, False]
    assert {device.host_api for device in inputs} == {"PulseAudio"}
    assert inputs[0].default_rate == RATE


def test_a_tone_is_recorded_at_its_frequency_and_level(virtual_microphone: SoundServer) -> None:
    virtual_microphone.play(synth.tone(12.0, 1234.0, RATE, level=0.5))
    capture = Capture(list_inputs()[0])
    capture.start()
    try:
        rate = capture.sample_rate
        _wait_for_frames(capture.ring, 3 * rate)
        assert capture.alive
        capture.check()
        samples, end = capture.ring.read_last(rate)
    finally:
        capture.stop()
    assert rate == RATE
    assert end > 3 * rate
    assert _loudest_hz(samples, rate) == pytest.approx(1234.0, abs=1.0)
    assert np.sqrt(np.mean(samples**2)) == pytest.approx(0.5 / np.sqrt(2), rel=0.02)
    assert capture.overruns == 0
    assert not capture.alive


def test_the_input_that_was_chosen_is_the_one_that_is_heard(virtual_microphone: SoundServer) -> None:
    virtual_microphone.add_sink("Second")
    virtual_microphone.play(synth.tone(12.0, 500.0, RATE), sink="virtual")
    virtual_microphone.play(synth.tone(12.0, 3000.0, RATE), sink="Second")
    heard = {}
    for device in list_inputs():
        capture = Capture(device)
        capture.start()
        _wait_for_frames(capture.ring, RATE)
        heard[device.name] = _loudest_hz(capture.ring.read_last(RATE // 2)[0], RATE)
        capture.stop()
    assert heard["Monitor of Virtual"] == pytest.approx(500.0, abs=2.0)
    assert heard["Monitor of Second"] == pytest.approx(3000.0, abs=2.0)


def test_five_times_on_and_off_leaves_nothing_behind(virtual_microphone: SoundServer, profile: Profile) -> None:
    events = Events()
    listener = _silent_listener(profile, events)
    before = threading.active_count()
    for _ in range(5):
        events.seen.clear()
        listener.start("Monitor of Virtual")
        _wait_for(events, ListenState.RUNNING)
        ring = listener.ring
        assert ring is not None
        assert listener.sample_rate == RATE
        _wait_for_frames(ring, RATE / 10)
        listener.stop()
        _wait_for(events, ListenState.STOPPED)
        assert listener.ring is None
        assert _states(events) == [ListenState.STARTING, ListenState.RUNNING, ListenState.STOPPED]
        recorders = virtual_microphone.pactl("list", "short", "source-outputs").stdout
        assert recorders == ""
    listener.stop(wait_s=5)
    _wait(lambda: threading.active_count() <= before)


def test_another_input_while_listening(virtual_microphone: SoundServer, profile: Profile) -> None:
    virtual_microphone.add_sink("Second")
    events = Events()
    listener = _silent_listener(profile, events)
    listener.start()
    _wait_for(events, ListenState.RUNNING)
    listener.start("Monitor of Second")
    _wait_for(events, ListenState.RUNNING, 2)
    running = [event for event in events.of(ListenChanged) if event.state is ListenState.RUNNING]
    assert [event.device for event in running] == ["Monitor of Virtual", "Monitor of Second"]
    assert _states(events)[2:4] == [ListenState.STOPPED, ListenState.STARTING]
    listener.stop(wait_s=5)
    assert not listener.listening


def test_stop_while_the_device_is_still_opening(virtual_microphone: SoundServer, profile: Profile) -> None:
    events = Events()
    listener = _silent_listener(profile, events)
    listener.start()
    _wait_for(events, ListenState.STARTING)
    began = time.monotonic()
    listener.stop()
    assert time.monotonic() - began < 0.008
    _wait_for(events, ListenState.STOPPED)
    assert ListenState.RUNNING not in _states(events)
    listener.stop(wait_s=5)


def test_music_gets_verdicts_and_silence_is_heard_as_silence(virtual_microphone: SoundServer, tiny_model: Path) -> None:
    events = Events()
    classifier = Classifier(TrustStore(tiny_model.with_name("trusted.json")), events)
    listener = Listener(classifier, events)
    classifier.start()
    classifier.load(tiny_model, "cpu")
    events.wait(ModelReady)
    try:
        virtual_microphone.play(synth.song(7.0, RATE))
        listener.start()
        first = events.wait(LiveVerdict, where=lambda told: told.verdict.kind is VerdictKind.GENRE)
        assert first.time < 6.0
        assert first.seconds >= 3.0
        assert first.latency_ms < 2000
        silent = events.wait(LiveVerdict, where=lambda told: told.verdict.kind is VerdictKind.SILENCE)
        assert silent.time > first.time
    finally:
        listener.stop(wait_s=5)
        assert classifier.stop()
    assert listener.overruns == 0


def test_a_tone_from_the_microphone_is_a_line_in_the_picture(
    qtbot: QtBot, virtual_microphone: SoundServer, profile: Profile
) -> None:
    virtual_microphone.play(synth.tone(20.0, 2000.0, RATE))
    events = Events()
    listener = _silent_listener(profile, events)
    panel = LivePanel()
    qtbot.addWidget(panel)
    panel.resize(900, 300)
    panel.set_source(listener)
    panel.show()
    listener.start()
    qtbot.waitUntil(lambda: ListenState.RUNNING in _states(events), timeout=15_000)
    panel.on_listen_changed(_wait_for(events, ListenState.RUNNING))
    qtbot.waitUntil(lambda: panel.spectrogram.seconds_shown > 3.0, timeout=15_000)
    assert panel.meter.level_db == pytest.approx(-9.0, abs=1.0)
    panel.stop()
    listener.stop(wait_s=5)
    plot = panel.spectrogram.plot_rect()
    image = panel.spectrogram.grab(plot).toImage().convertToFormat(QImage.Format.Format_RGB32)
    raw = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1, 4)[:, : image.width(), :3]
    row = int(np.argmax(raw[:, -60:].astype(int).sum(axis=(1, 2))))
    assert panel.spectrogram.frequency_at(plot.top() + row + 0.5) == pytest.approx(2000.0, rel=0.05)
