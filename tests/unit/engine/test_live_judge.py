"""Which windows are handed out and what is made of the answers: a real model, a ring filled by hand."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from mgc_desktop.core.clock import Clock
from mgc_desktop.core.ring import AudioRing
from mgc_desktop.core.values import Samples, VerdictKind
from mgc_desktop.engine.classifier import Classifier, LiveResult
from mgc_desktop.engine.events import LiveVerdict, ModelReady, SoundBegan
from mgc_desktop.engine.live_judge import FIRST_SECONDS, LiveJudge
from mgc_desktop.engine.live_statistics import HOP_SECONDS
from mgc_desktop.model.trust import TrustStore
from tests import synth
from tests.events import WAIT, Events
from tests.live_feed import EarClassifier, music_of

_RATE = 22_050  # Hz
_LABELS = ("classical", "metal")


@pytest.fixture
def make(tiny_model: Path, events: Events) -> Iterator[Callable[..., ByHand]]:
    made: list[Classifier] = []

    def by_hand(kind: type[Classifier] = Classifier) -> ByHand:
        classifier = kind(TrustStore(tiny_model.parent / "trusted.json"), events)
        made.append(classifier)
        classifier.start()
        classifier.load(tiny_model, "cpu")
        events.wait(ModelReady)
        return ByHand(classifier, events)

    yield by_hand
    for classifier in made:
        assert classifier.stop()


class CountedClassifier:
    """Counts what a classifier is asked, so that a test knows what it still has to answer."""

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier
        self.asked = 0

    def submit_live(self, *args: Any, **options: Any) -> None:
        self.asked += 1
        self._classifier.submit_live(*args, **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._classifier, name)


class ByHand:
    """A judge without a thread: sound comes, and answers are taken, when the test says so."""

    def __init__(self, classifier: Classifier, events: Events) -> None:
        self.answers: queue.SimpleQueue[LiveResult] = queue.SimpleQueue()
        self.ring = AudioRing(120.0, _RATE)
        self.classifier = CountedClassifier(classifier)
        self.judge = LiveJudge(cast("Classifier", self.classifier), events, self.answers.put, Clock())
        self.judge.listen_to(self.ring)
        self.events = events
        self.answered = 0

    def hear(self, samples: Samples) -> None:
        """Record all of it at once, and look."""
        self.ring.write(samples)
        self.judge.look(time.perf_counter())

    def answer(self) -> LiveVerdict:
        """Take the next answer of the model; return the newest verdict."""
        self.judge.answered(self.answers.get(timeout=WAIT))
        self.answered += 1
        return self.verdicts()[-1]

    def live_through(self, samples: Samples) -> list[LiveVerdict]:
        """Record half a second at a time, with all answers taken each time; return what was said."""
        before = len(self.verdicts())
        for start in range(0, len(samples), _RATE // 2):
            self.hear(samples[start : start + _RATE // 2])
            while self.answered < self.classifier.asked:
                self.answer()
                self.judge.look(time.perf_counter())
        return self.verdicts()[before:]

    def verdicts(self) -> list[LiveVerdict]:
        return self.events.of(LiveVerdict)


def test_the_first_verdict_comes_after_three_seconds(make: Callable[..., ByHand]) -> None:
    by_hand = make()
    music = synth.song(FIRST_SECONDS + 0.1, _RATE)
    by_hand.hear(music[: 2 * _RATE])
    assert by_hand.classifier.asked == 0
    by_hand.hear(music[2 * _RATE :])
    told = by_hand.answer()
    assert told.verdict.kind is VerdictKind.GENRE
    assert told.time == pytest.approx(FIRST_SECONDS + 0.1, abs=0.01)
    assert told.seconds == pytest.approx(FIRST_SECONDS + 0.1, abs=0.01)
    assert sum(told.raw.values()) == pytest.approx(1.0)
    assert told.latency_ms >= told.inference_ms > 0
    assert told.device == "cpu"
    assert -60 < told.level_dbfs < 0
    assert told.features is None


def test_windows_are_no_longer_than_the_model_takes(make: Callable[..., ByHand]) -> None:
    by_hand = make()
    info = by_hand.classifier.info
    assert info is not None
    by_hand.hear(synth.song(info.window_seconds + 5, _RATE))
    told = by_hand.answer()
    assert told.seconds == pytest.approx(info.window_seconds, abs=0.001)
    assert told.seconds <= info.window_seconds


def test_hops_go_by_what_was_recorded_and_not_by_the_clock(make: Callable[..., ByHand]) -> None:
    by_hand = make()
    told = by_hand.live_through(synth.song(6.0, _RATE))
    gone = np.diff([verdict.time for verdict in told])
    np.testing.assert_allclose(gone, HOP_SECONDS, atol=0.02)
    assert told[0].time == pytest.approx(FIRST_SECONDS, abs=0.01)


def test_silence_is_told_without_asking_the_model(make: Callable[..., ByHand]) -> None:
    by_hand = make()
    by_hand.hear(synth.noise(3.0, _RATE, level=1e-5))
    [told] = by_hand.verdicts()
    assert (told.verdict.kind, told.verdict.reason) == (VerdictKind.SILENCE, "too quiet")
    assert told.level_dbfs < -90
    assert by_hand.events.of(SoundBegan) == []


def test_a_pause_is_no_silence_and_windows_reach_back_over_it(make: Callable[..., ByHand]) -> None:
    by_hand = make()
    song = synth.song(4.0, _RATE)
    told = by_hand.live_through(np.concatenate([song, synth.silence(1.5, _RATE), song]))
    assert {verdict.verdict.kind for verdict in told} == {VerdictKind.GENRE}
    assert told[-1].seconds == pytest.approx(9.5, abs=0.1)
    assert len(by_hand.events.of(SoundBegan)) == 1


def test_after_a_silence_the_music_is_judged_anew(make: Callable[..., ByHand]) -> None:
    by_hand = make()
    by_hand.live_through(synth.song(5.0, _RATE))
    silent = by_hand.live_through(synth.silence(4.0, _RATE))
    assert silent[-1].verdict.kind is VerdictKind.SILENCE
    assert by_hand.live_through(synth.song(1.0, _RATE)) == []
    assert by_hand.events.of(SoundBegan)[-1].time == pytest.approx(9.0, abs=0.11)
    assert by_hand.live_through(synth.song(1.5, _RATE, seed=1)) == []  # too little of the new music
    told = by_hand.live_through(synth.song(1.5, _RATE, seed=2))
    assert told[0].verdict.kind is VerdictKind.GENRE
    assert told[0].seconds == pytest.approx(FIRST_SECONDS, abs=0.6)


def test_a_click_ends_no_silence(make: Callable[..., ByHand]) -> None:
    by_hand = make()
    quiet = synth.silence(6.0, _RATE)
    quiet[4 * _RATE : 4 * _RATE + 50] = 0.9
    told = by_hand.live_through(quiet)
    assert {verdict.verdict.kind for verdict in told} == {VerdictKind.SILENCE}
    assert by_hand.events.of(SoundBegan) == []


def test_an_answer_from_before_a_gap_is_not_told_after_it(make: Callable[..., ByHand]) -> None:
    by_hand = make()
    by_hand.hear(synth.song(4.0, _RATE))
    result = by_hand.answers.get(timeout=WAIT)
    by_hand.answered += 1
    by_hand.ring.skip(3 * _RATE)
    by_hand.judge.leap(by_hand.ring.frames)
    by_hand.judge.answered(result)
    assert by_hand.verdicts() == []
    assert by_hand.live_through(synth.song(2.5, _RATE)) == []  # not over the gap
    told = by_hand.live_through(synth.song(1.0, _RATE))
    assert told[0].seconds == pytest.approx(FIRST_SECONDS, abs=0.6)


def test_a_slow_model_skips_windows_and_the_hop_lengthens(make: Callable[..., ByHand]) -> None:
    by_hand = make()
    by_hand.hear(synth.song(5.0, _RATE))
    for _ in range(2):  # the answers are not taken
        by_hand.hear(synth.song(HOP_SECONDS, _RATE))
    assert by_hand.judge.statistics.dropped == 2
    assert by_hand.judge.pace.seconds == 2 * HOP_SECONDS
    assert by_hand.verdicts() == []


def test_a_change_of_music_is_followed_within_ten_seconds(make: Callable[..., ByHand]) -> None:
    by_hand = make(EarClassifier)
    before, after = (music_of(label, 24.0, _RATE, seed=7) for label in _LABELS)
    told = by_hand.live_through(before)
    assert {verdict.verdict.label for verdict in told} == {"classical"}
    assert told[-1].seconds > 20.0  # nothing began anew
    told = by_hand.live_through(after[: 10 * _RATE])
    assert told[-1].verdict.label == "metal"
    assert told[-1].seconds < 12.0  # without what was before
    labels = [verdict.verdict.label or "" for verdict in told]
    assert labels == sorted(labels)  # classical for a while, then metal for good
    times = [verdict.time for verdict in told]
    assert times == sorted(set(times))  # no moment is judged twice


def test_what_the_model_saw_comes_on_request(make: Callable[..., ByHand]) -> None:
    by_hand = make(EarClassifier)
    by_hand.judge.wants_features = True
    by_hand.hear(synth.song(4.0, _RATE))
    told = by_hand.answer()
    assert told.features is not None
    assert told.features.shape == (32, 8)


def test_without_a_model_nothing_is_judged(events: Events, tmp_path: Path) -> None:
    by_hand = ByHand(Classifier(TrustStore(tmp_path / "trusted.json"), events), events)
    by_hand.hear(synth.song(5.0, _RATE))
    assert by_hand.classifier.asked == 0
    assert by_hand.verdicts() == []
