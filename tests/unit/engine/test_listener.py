"""Which windows the listener hands out and what it makes of the answers: a real model, a ring filled by hand."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from mgc_desktop.audio.capture import Capture
from mgc_desktop.audio.devices import InputDevice
from mgc_desktop.core.errors import DeviceError
from mgc_desktop.core.ring import AudioRing
from mgc_desktop.core.values import VerdictKind
from mgc_desktop.engine.classifier import Classifier
from mgc_desktop.engine.events import LiveVerdict, ModelReady
from mgc_desktop.engine.listener import FIRST_SECONDS, HOP_SECONDS, _Session, chosen_input, resampled
from mgc_desktop.model.trust import TrustStore
from tests import synth
from tests.events import WAIT, Events

_RATE = 44_100  # Hz


@pytest.fixture
def classifier(tiny_model: Path, events: Events) -> Iterator[Classifier]:
    classifier = Classifier(TrustStore(tiny_model.parent / "trusted.json"), events)
    classifier.start()
    classifier.load(tiny_model, "cpu")
    events.wait(ModelReady)
    yield classifier
    assert classifier.stop()


@pytest.fixture
def capture() -> Capture:
    capture = Capture(InputDevice(0, "Test input", "none", 1, _RATE, True))
    capture._ring = AudioRing(60.0, _RATE)
    return capture


class _ByHand:
    """A session without its thread: hops and answers happen when the test says so."""

    def __init__(self, classifier: Classifier, events: Events, capture: Capture) -> None:
        self.session = _Session(classifier, events, None, None)
        self.capture = capture
        self.events = events

    def hear(self, samples: np.ndarray) -> None:
        self.capture.ring.write(samples)
        self.capture.last_arrival = time.perf_counter()

    def hop(self) -> None:
        self.session._hop(self.capture)

    def answer(self) -> LiveVerdict:
        result = self.session._answers.get(timeout=WAIT)
        assert result is not None
        self.session._answered(result)
        return self.verdicts()[-1]

    def verdicts(self) -> list[LiveVerdict]:
        return self.events.of(LiveVerdict)


@pytest.fixture
def by_hand(classifier: Classifier, events: Events, capture: Capture) -> _ByHand:
    return _ByHand(classifier, events, capture)


def test_the_first_verdict_comes_after_three_seconds(by_hand: _ByHand) -> None:
    music = synth.song(FIRST_SECONDS + 0.1, _RATE)
    by_hand.hear(music[: 2 * _RATE])
    by_hand.hop()
    assert by_hand.session._answers.empty()
    assert not by_hand.session._waiting
    by_hand.hear(music[2 * _RATE :])
    by_hand.hop()
    told = by_hand.answer()
    assert told.verdict.kind is VerdictKind.GENRE
    assert told.time == pytest.approx(FIRST_SECONDS + 0.1, abs=0.01)
    assert told.seconds == pytest.approx(FIRST_SECONDS + 0.1, abs=0.01)
    assert sum(told.raw.values()) == pytest.approx(1.0)
    assert told.inference_ms > 0
    assert told.latency_ms >= told.inference_ms
    assert told.device == "cpu"


def test_windows_are_no_longer_than_the_model_takes(by_hand: _ByHand, classifier: Classifier) -> None:
    assert classifier.info is not None
    by_hand.hear(synth.song(classifier.info.window_seconds + 5, _RATE))
    by_hand.hop()
    told = by_hand.answer()
    assert told.seconds == pytest.approx(classifier.info.window_seconds, abs=0.001)
    assert told.seconds <= classifier.info.window_seconds


def test_silence_is_told_at_once_without_asking_the_model(by_hand: _ByHand) -> None:
    by_hand.hear(synth.song(10.0, _RATE))
    by_hand.hear(synth.noise(FIRST_SECONDS + 0.1, _RATE, level=1e-5))
    by_hand.hop()
    assert by_hand.session._answers.empty()
    [told] = by_hand.verdicts()
    assert told.verdict.kind is VerdictKind.SILENCE
    assert told.verdict.label is None


def test_windows_do_not_reach_back_over_a_silence(by_hand: _ByHand) -> None:
    by_hand.hear(synth.song(10.0, _RATE))
    by_hand.hear(synth.silence(4.0, _RATE))
    by_hand.hop()
    by_hand.hear(synth.song(2.0, _RATE))
    by_hand.hop()
    assert by_hand.session._answers.empty()  # too little of the new music
    by_hand.hear(synth.song(2.0, _RATE, seed=1))
    by_hand.hop()
    told = by_hand.answer()
    assert told.verdict.kind is VerdictKind.GENRE
    assert told.seconds == pytest.approx(4.0, abs=0.01)


def test_an_answer_from_before_a_silence_is_not_told_after_it(by_hand: _ByHand) -> None:
    by_hand.hear(synth.song(4.0, _RATE))
    by_hand.hop()
    result = by_hand.session._answers.get(timeout=WAIT)
    assert result is not None
    by_hand.hear(synth.silence(4.0, _RATE))
    by_hand.hop()
    by_hand.session._answered(result)
    assert [told.verdict.kind for told in by_hand.verdicts()] == [VerdictKind.SILENCE]


def test_a_slow_model_skips_windows(by_hand: _ByHand) -> None:
    by_hand.hear(synth.song(5.0, _RATE))
    by_hand.hop()
    by_hand.answer()
    assert by_hand.session.dropped == 0
    for _ in range(3):  # the answers are not taken
        by_hand.hear(synth.song(HOP_SECONDS, _RATE))
        by_hand.hop()
    assert by_hand.session.dropped == 2
    assert len(by_hand.verdicts()) == 1


def test_without_a_model_nothing_is_judged(events: Events, capture: Capture, tmp_path: Path) -> None:
    classifier = Classifier(TrustStore(tmp_path / "trusted.json"), events)
    by_hand = _ByHand(classifier, events, capture)
    by_hand.hear(synth.song(5.0, _RATE))
    by_hand.hop()
    assert by_hand.session._answers.empty()
    assert by_hand.verdicts() == []


@pytest.mark.parametrize("rate", [8000, 44_100, 48_000, 96_000])
def test_resampling_keeps_the_pitch(rate: int) -> None:
    samples = resampled(synth.tone(1.0, 1234.0, rate), rate, 12_000)
    assert samples.dtype == np.float32
    assert len(samples) == pytest.approx(12_000, abs=2)
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    assert np.argmax(spectrum) == pytest.approx(1234, abs=1)


def _input(name: str, *, is_default: bool = False, source: str = "") -> InputDevice:
    return InputDevice(0, name, "PulseAudio", 2, 48_000.0, is_default, source)


_INPUTS = [_input("Monitor of Headphones"), _input("Headphones", is_default=True), _input("USB", source="alsa_input.1")]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (None, "Headphones"),
        ("Headphones", "Headphones"),
        ("usb", "USB"),
        ("monitor", "Monitor of Headphones"),
        ("alsa_input", "USB"),
    ],
)
def test_an_input_is_found_by_its_name(asked: str | None, found: str) -> None:
    assert chosen_input(_INPUTS, asked).name == found


def test_without_a_default_the_first_input_is_taken() -> None:
    assert chosen_input([_input("One"), _input("Two")], None).name == "One"


def test_inputs_that_are_not_there() -> None:
    with pytest.raises(DeviceError, match="No microphone was found"):
        chosen_input([], "USB")
    with pytest.raises(DeviceError, match="Studio is not connected"):
        chosen_input(_INPUTS, "Studio")
