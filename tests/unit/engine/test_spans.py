"""Spans of what was heard, judged and explained by real, tiny models."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mgc_desktop.core.model_info import ModelInfo
from mgc_desktop.core.recording import Gap, Recording
from mgc_desktop.core.ring import AudioRing
from mgc_desktop.core.values import AudioWindow, DecodedFile, Samples, VerdictKind
from mgc_desktop.engine.classifier import Classifier
from mgc_desktop.engine.events import ModelReady, SpanExplained, SpanJudged
from mgc_desktop.engine.results import Heard
from mgc_desktop.engine.span_cut import Cut, SpanError, cut_span
from mgc_desktop.engine.spans import LOADING, NOTHING_HEARD, SILENT, Spans, on_the_span
from mgc_desktop.model.explain import BANDS
from mgc_desktop.model.trust import TrustStore
from tests import synth
from tests.events import WAIT, Events

RATE = 22_050  # Hz


class Recorder:
    recording: Recording | None = None

    def hear(self, samples: Samples, *gaps: tuple[float, float], kept: float = 60.0) -> Recording:
        ring = AudioRing(kept, RATE)
        ring.write(samples)
        frames = tuple(Gap(round(start * RATE), round(end * RATE)) for start, end in gaps)
        self.recording = Recording(ring, "a microphone", gaps=frames)
        return self.recording


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def classifier(two_models: Path, events: Events) -> Iterator[Classifier]:
    classifier = Classifier(TrustStore(two_models / "trusted.json"), events)
    classifier.start()
    classifier.load(two_models / "one", "cpu")
    events.wait(ModelReady)
    yield classifier
    assert classifier.stop()


@pytest.fixture
def spans(recorder: Recorder, classifier: Classifier, events: Events) -> Iterator[Spans]:
    spans = Spans(recorder, classifier, events)
    yield spans
    assert spans.stop()


def info_of(classifier: Classifier) -> ModelInfo:
    assert classifier.info is not None
    return classifier.info


def judged(spans: Spans, events: Events, start: float, end: float) -> SpanJudged:
    number = spans.judge(start, end)
    return events.wait(SpanJudged, where=lambda event: event.request == number)


def explained(events: Events, number: int) -> SpanExplained:
    """Return the last map of a request."""
    return events.wait(SpanExplained, where=lambda event: event.request == number and event.done == event.total)


# Cutting ---------------------------------------------------------------------------------------------


def test_a_span_is_covered_by_equal_windows(recorder: Recorder, classifier: Classifier) -> None:
    info = info_of(classifier)
    cut = cut_span(recorder.hear(synth.noise(50.0, RATE)), 5.0, 45.0, info)
    assert (cut.start, cut.end) == pytest.approx((5.0, 45.0), abs=1e-4)
    assert [window.start for window in cut.windows] == pytest.approx([5.0, 25.0], abs=1e-3)
    assert [len(window.samples) for window in cut.windows] == [20 * info.sample_rate] * 2
    whole = cut_span(recorder.hear(synth.noise(50.0, RATE)), 5.0, 5.0 + info.window_seconds, info)
    assert [len(window.samples) for window in whole.windows] == [int(info.window_seconds * info.sample_rate)]


def test_gaps_are_left_out_with_what_is_too_short_beside_them(recorder: Recorder, classifier: Classifier) -> None:
    recording = recorder.hear(synth.noise(30.0, RATE), (1.0, 3.0), (10.5, 12.0), (12.5, 14.0))
    cut = cut_span(recording, 2.0, 20.0, info_of(classifier))
    edges = [edge for window in cut.windows for edge in (window.start, cut.end_of(window))]
    assert edges == pytest.approx([3.0, 10.5, 14.0, 20.0], abs=0.01)


def test_only_what_is_kept_is_cut(recorder: Recorder, classifier: Classifier) -> None:
    recording = recorder.hear(synth.noise(30.0, RATE), kept=20.0)
    cut = cut_span(recording, 4.0, 18.0, info_of(classifier))
    assert (cut.start, cut.end) == pytest.approx((10.0, 18.0), abs=0.01)


@pytest.mark.parametrize(
    ("span", "sentence"),
    [
        ((11.0, 11.4), "too short: select at least 1 s"),
        ((1.0, 5.0), "no longer kept"),
        ((31.0, 35.0), "not been heard yet"),
        ((22.0, 24.0), "No sound arrived"),
        ((8.0, 10.5), "too short"),
    ],
)
def test_what_cannot_be_cut_is_told_in_a_sentence(
    recorder: Recorder, classifier: Classifier, span: tuple[float, float], sentence: str
) -> None:
    recording = recorder.hear(synth.noise(30.0, RATE), (21.0, 25.0), kept=20.0)
    with pytest.raises(SpanError, match=sentence):
        cut_span(recording, *span, info_of(classifier))


# Judging ---------------------------------------------------------------------------------------------


def test_a_span_is_judged_as_a_file_with_the_same_sound_is(
    spans: Spans, recorder: Recorder, classifier: Classifier, events: Events
) -> None:
    info = info_of(classifier)
    music = synth.song(12.0, info.sample_rate)
    ring = AudioRing(60.0, info.sample_rate)
    ring.write(np.concatenate([synth.noise(8.0, info.sample_rate), music, synth.noise(4.0, info.sample_rate)]))
    recorder.recording = Recording(ring, "a microphone")
    told = judged(spans, events, 8.0, 20.0)
    results: list[Heard] = []
    done = threading.Event()

    def file_done(heard: Heard) -> None:
        results.append(heard)
        done.set()

    file = DecodedFile("a.wav", 12.0, info.sample_rate, 1, -12.0, (AudioWindow(0.0, music),))
    classifier.submit_file(file, file_done, info=info, stale=done.set)
    assert done.wait(WAIT)
    assert told.verdict.probabilities == pytest.approx(results[0].result.verdict.probabilities, abs=1e-5)
    assert (told.start, told.end, told.sentence) == (8.0, 20.0, "")
    assert [(scores.start, scores.end) for scores in told.windows] == [(8.0, 20.0)]


def test_silence_is_called_silence_without_asking_the_model(spans: Spans, recorder: Recorder, events: Events) -> None:
    recorder.hear(synth.noise(10.0, RATE, level=1e-5))
    told = judged(spans, events, 1.0, 9.0)
    assert told.verdict.kind is VerdictKind.SILENCE
    assert (told.verdict.reason, told.windows) == ("too quiet", ())


def test_what_cannot_be_judged_is_told(spans: Spans, recorder: Recorder, events: Events, two_models: Path) -> None:
    assert judged(spans, events, 0.0, 5.0).sentence == NOTHING_HEARD
    recorder.hear(synth.noise(10.0, RATE))
    short = judged(spans, events, 2.0, 2.5)
    assert short.verdict.kind is VerdictKind.ERROR
    assert short.sentence == short.verdict.reason
    assert "too short" in short.sentence
    idle = Classifier(TrustStore(two_models / "trusted.json"), events)
    for loading, sentence in ((False, "No model is in use"), (True, LOADING)):
        events.seen.clear()
        if loading:
            idle.load(two_models / "one")  # its thread never starts
        other = Spans(recorder, idle, events)
        told = judged(other, events, 1.0, 5.0)
        assert told.sentence.startswith(sentence)
        assert other.stop()


def test_the_newest_wish_counts_and_a_cancelled_one_is_not_answered(
    spans: Spans, recorder: Recorder, events: Events
) -> None:
    recorder.hear(synth.song(40.0, RATE))
    numbers = [spans.judge(start, start + 5.0) for start in range(20)]
    spans.cancel()
    last = spans.judge(1.0, 6.0)
    events.wait(SpanJudged, where=lambda event: event.request == last)
    answered = [event.request for event in events.of(SpanJudged)]
    assert answered[-1] == last
    assert len(set(answered)) == len(answered) < len(numbers)


# Explaining ------------------------------------------------------------------------------------------


def test_a_map_grows_until_it_is_whole(
    spans: Spans, recorder: Recorder, classifier: Classifier, events: Events
) -> None:
    recorder.hear(synth.song(6.0, RATE))
    number = spans.explain(2.0, 5.0, "jazz")
    last = explained(events, number)
    maps = [event for event in events.of(SpanExplained) if event.request == number]
    assert maps[0].done < last.done
    assert [event.done for event in maps] == sorted(event.done for event in maps)
    assert last.label == "jazz"
    assert (last.start, last.end) == pytest.approx((2.0, 5.0), abs=0.01)
    assert last.weights.shape == (BANDS, 16)
    assert last.edges_hz[-1] == pytest.approx(info_of(classifier).sample_rate / 2)
    assert last.weights.any()


def test_without_a_label_the_verdict_is_explained(spans: Spans, recorder: Recorder, events: Events) -> None:
    recorder.hear(synth.song(6.0, RATE))
    told = judged(spans, events, 1.0, 3.0)
    assert explained(events, spans.explain(1.0, 3.0)).label == told.verdict.label


def test_what_cannot_be_explained_is_told(spans: Spans, recorder: Recorder, events: Events) -> None:
    recorder.hear(np.concatenate([synth.silence(5.0, RATE), synth.song(5.0, RATE)]))
    for span, label, sentence in (
        ((0.5, 4.5), None, SILENT),
        ((5.5, 9.5), "polka", "does not know polka"),
        ((5.5, 5.7), None, "too short"),
    ):
        number = spans.explain(*span, label)
        told = explained(events, number)
        assert sentence in told.sentence
        assert told.weights.size == 0


def test_judging_goes_before_a_map_that_is_under_way_and_the_map_goes_on(
    spans: Spans, recorder: Recorder, events: Events
) -> None:
    recorder.hear(synth.song(40.0, RATE))
    number = spans.explain(0.0, 29.0)
    events.wait(SpanExplained, where=lambda event: event.request == number)
    told = judged(spans, events, 30.0, 38.0)
    assert told.verdict.kind is VerdictKind.GENRE
    done = events.of(SpanExplained)[-1].done
    assert done < events.of(SpanExplained)[-1].total
    events.wait(SpanExplained, where=lambda event: event.request == number and event.done > done)
    spans.cancel()


def test_live_windows_and_files_go_on_while_a_map_is_made(
    spans: Spans, recorder: Recorder, classifier: Classifier, events: Events
) -> None:
    info = info_of(classifier)
    recorder.hear(synth.song(40.0, RATE))
    number = spans.explain(0.0, 29.0)
    events.wait(SpanExplained, where=lambda event: event.request == number)
    heard, answers = threading.Event(), threading.Semaphore(0)
    window = synth.song(info.window_seconds, info.sample_rate)
    file = DecodedFile("a.wav", 60.0, info.sample_rate, 1, -12.0, (AudioWindow(0.0, window),) * 3)
    classifier.submit_file(file, lambda _: heard.set(), info=info, stale=heard.set)
    for _ in range(3):
        classifier.submit_live(window, None, lambda _: answers.release(), sample_rate=info.sample_rate)
        assert answers.acquire(timeout=WAIT)
    assert heard.wait(WAIT)
    assert events.of(SpanExplained)[-1].done < events.of(SpanExplained)[-1].total
    spans.cancel()


def test_a_map_ends_when_another_model_answers(
    spans: Spans, recorder: Recorder, classifier: Classifier, events: Events, two_models: Path
) -> None:
    recorder.hear(synth.song(40.0, RATE))
    number = spans.explain(0.0, 29.0)
    events.wait(SpanExplained, where=lambda event: event.request == number)
    classifier.load(two_models / "two", "cpu")
    told = events.wait(SpanExplained, where=lambda event: event.request == number and bool(event.sentence))
    assert told.sentence == "The model was changed meanwhile: ask again."


def test_cancelling_ends_a_map_and_stopping_does_too(spans: Spans, recorder: Recorder, events: Events) -> None:
    recorder.hear(synth.song(40.0, RATE))
    number = spans.explain(0.0, 29.0)
    events.wait(SpanExplained, where=lambda event: event.request == number)
    spans.cancel()
    told = judged(spans, events, 1.0, 3.0)  # after it, nothing of the map can be on its way
    seen = len(events.of(SpanExplained))
    time.sleep(0.6)
    assert len(events.of(SpanExplained)) == seen
    assert told.sentence == ""
    spans.explain(0.0, 29.0)
    began = time.monotonic()
    assert spans.stop()
    assert time.monotonic() - began < 3.0


def test_a_span_with_a_gap_has_an_empty_place_in_its_map(classifier: Classifier) -> None:
    info = replace(info_of(classifier), sample_rate=1000)
    windows = (AudioWindow(2.0, np.zeros(4000, np.float32)), AudioWindow(9.0, np.zeros(3000, np.float32)))
    weights = np.tile(np.arange(1, 9, dtype=np.float32), (BANDS, 1))
    even = on_the_span(weights, Cut(2.0, 12.0, info, windows), 4)
    seconds = 2.0 + (np.arange(even.shape[1]) + 0.5) * 10.0 / even.shape[1]
    assert not even[:, (seconds > 6.1) & (seconds < 8.9)].any()
    assert np.array_equal(np.unique(even[0, seconds < 6.0]), [1, 2, 3, 4])
    assert np.array_equal(np.unique(even[0, seconds > 9.0]), [5, 6, 7, 8])
    unbroken = Cut(2.0, 6.0, info, windows[:1])
    assert np.array_equal(on_the_span(weights[:, :4], unbroken, 4), weights[:, :4])


# Tracks ----------------------------------------------------------------------------------------------


@pytest.fixture
def track(tmp_path: Path, classifier: Classifier) -> str:
    """Return a file of half a minute, at the model's own rate."""
    rate = info_of(classifier).sample_rate
    return str(synth.write_audio(tmp_path / "track.wav", synth.song(30.0, rate), rate))


def test_a_span_of_a_track_is_judged_as_the_same_sound_is_that_was_listened_to(
    spans: Spans, recorder: Recorder, classifier: Classifier, events: Events, track: str
) -> None:
    rate = info_of(classifier).sample_rate
    ring = AudioRing(60.0, rate)
    ring.write(synth.song(30.0, rate))
    recorder.recording = Recording(ring, "a microphone")
    heard = judged(spans, events, 4.0, 19.0)
    number = spans.judge_track(track, 4.0, 19.0)
    read = events.wait(SpanJudged, where=lambda event: event.request == number)
    assert read.verdict.probabilities == pytest.approx(heard.verdict.probabilities, abs=1e-3)  # a file has 16 bit
    assert (read.start, read.end) == pytest.approx((4.0, 19.0), abs=0.01)
    (scores,) = read.windows
    assert (scores.start, scores.end) == pytest.approx((4.0, 19.0), abs=0.01)


def test_the_windows_of_a_verdict_are_explained_where_they_are(spans: Spans, events: Events, track: str) -> None:
    stretches = ((1.0, 4.0), (12.0, 15.0), (25.0, 28.0))
    last = explained(events, spans.explain_track(track, stretches, "jazz"))
    assert last.sentence == ""
    assert (last.start, last.end, last.label) == pytest.approx((1.0, 28.0, "jazz"))
    assert np.array(last.heard) == pytest.approx(np.array(stretches), abs=0.01)
    seconds = 1.0 + (np.arange(last.weights.shape[1]) + 0.5) * 27.0 / last.weights.shape[1]
    inside = np.logical_or.reduce([(seconds > start) & (seconds < end) for start, end in stretches])
    assert last.weights[:, inside].any()
    assert not last.weights[:, ~inside].any()


@pytest.mark.parametrize(
    ("span", "sentence"),
    [((2.0, 2.5), "too short"), ((0.0, 700.0), "select at most 10 minutes"), ((50.0, 60.0), "The track ends before")],
)
def test_what_cannot_be_judged_of_a_track_is_told(
    spans: Spans, events: Events, track: str, span: tuple[float, float], sentence: str
) -> None:
    number = spans.judge_track(track, *span)
    told = events.wait(SpanJudged, where=lambda event: event.request == number)
    assert sentence in told.sentence
    assert told.verdict.kind is VerdictKind.ERROR


def test_a_track_that_is_gone_or_damaged_is_told(spans: Spans, events: Events, track: str, tmp_path: Path) -> None:
    (tmp_path / "noise.mp3").write_bytes(b"not music at all" * 100)
    for name in ("gone.flac", "noise.mp3"):
        told = explained(events, spans.explain_track(str(tmp_path / name), ((0.0, 5.0),)))
        assert told.sentence.endswith(".")
        assert told.weights.size == 0
    number = spans.judge_track(track, 0.0, 5.0)  # the process goes on
    assert events.wait(SpanJudged, where=lambda event: event.request == number).sentence == ""


def test_a_wish_that_nobody_waits_for_any_more_ends_the_reading(spans: Spans, events: Events, track: str) -> None:
    numbers = [spans.judge_track(track, start, start + 5.0) for start in range(12)]
    last = events.wait(SpanJudged, where=lambda event: event.request == numbers[-1])
    assert last.sentence == ""
    assert len(events.of(SpanJudged)) < len(numbers)
