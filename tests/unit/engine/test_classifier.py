"""The classifier thread with real, tiny models."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from mgc_desktop.core.errors import ModelError
from mgc_desktop.core.model_info import ModelInfo
from mgc_desktop.core.paths import Profile
from mgc_desktop.core.values import AudioWindow, DecodedFile, VerdictKind
from mgc_desktop.engine.asked_windows import CLOSING, NO_MODEL, SWAPPED, WindowAnswer
from mgc_desktop.engine.classifier import Classifier, LiveResult
from mgc_desktop.engine.events import ModelFailed, ModelLoading, ModelReady, Problem
from mgc_desktop.engine.results import Heard
from mgc_desktop.model.trust import TrustStore
from tests.events import WAIT, Events
from tests.synth import song


@pytest.fixture
def classifier(two_models: Path, events: Events) -> Iterator[Classifier]:
    classifier = Classifier(TrustStore(two_models / "trusted.json"), events)
    classifier.start()
    yield classifier
    assert classifier.stop()


def decoded(info: ModelInfo, path: str = "a.wav", windows: int = 2, seconds: float | None = None) -> DecodedFile:
    samples = song(seconds or info.window_seconds, info.sample_rate)
    cut = tuple(AudioWindow(float(index), samples) for index in range(windows))
    return DecodedFile(path, 60.0, info.sample_rate, 1, -12.0, cut)


def never() -> None:
    pytest.fail("the windows fit, and were given back")


def loaded(classifier: Classifier, events: Events, folder: Path) -> ModelInfo:
    classifier.load(folder, "cpu")
    events.wait(ModelReady)
    assert classifier.info is not None
    return classifier.info


def test_loading_is_told_and_a_file_gets_its_verdict(classifier: Classifier, events: Events, two_models: Path) -> None:
    info = loaded(classifier, events, two_models / "one")
    assert [type(event) for event in events.seen] == [ModelLoading, ModelReady]
    ready = events.seen[-1]
    assert isinstance(ready, ModelReady)
    assert (ready.name, ready.labels, ready.device) == ("one", info.labels, "cpu")
    results: queue.Queue[Heard] = queue.Queue()
    assert classifier.submit_file(decoded(info), results.put, info=info, stale=never)
    heard = results.get(timeout=WAIT)
    assert heard.model_sha == info.sha256
    result = heard.result
    assert result.verdict.kind is VerdictKind.GENRE
    assert result.verdict.model == "one"
    assert sum(result.verdict.probabilities.values()) == pytest.approx(1.0)
    assert [window.start for window in result.windows] == [0.0, 1.0]
    assert result.windows[0].end == pytest.approx(info.window_seconds, abs=0.001)


def test_the_model_in_use_stays_when_another_fails(
    classifier: Classifier, events: Events, two_models: Path, tmp_path: Path
) -> None:
    info = loaded(classifier, events, two_models / "one")
    classifier.load(tmp_path / "nothing", "cpu")
    failed = events.wait(ModelFailed)
    assert "not a model folder" in failed.sentence
    assert classifier.ready
    assert classifier.info is info


def test_the_fallback_is_used_and_said(
    classifier: Classifier, events: Events, two_models: Path, tmp_path: Path
) -> None:
    classifier.load(tmp_path / "nothing", "cpu", fallback=two_models / "one")
    events.wait(ModelReady)
    problem = events.wait(Problem)
    assert "nothing" in problem.sentence
    assert "one" in problem.sentence


def test_without_any_model_files_are_given_back(classifier: Classifier, events: Events, two_models: Path) -> None:
    info = loaded(classifier, events, two_models / "one")
    other = Classifier(TrustStore(two_models / "trusted.json"), events)
    other.start()
    try:
        given_back = threading.Event()
        assert other.submit_file(decoded(info), lambda result: None, info=info, stale=given_back.set)
        assert given_back.wait(WAIT)
    finally:
        other.stop()


def test_windows_for_another_rate_are_given_back(classifier: Classifier, events: Events, two_models: Path) -> None:
    from dataclasses import replace

    info = loaded(classifier, events, two_models / "one")
    given_back = threading.Event()
    other = replace(info, sample_rate=info.sample_rate * 2)
    classifier.submit_file(decoded(other), lambda result: None, info=other, stale=given_back.set)
    assert given_back.wait(WAIT)


def test_a_swap_between_two_windows_leaves_no_mixed_verdict(
    classifier: Classifier, events: Events, two_models: Path
) -> None:
    info = loaded(classifier, events, two_models / "one")
    results: queue.Queue[Heard] = queue.Queue()
    for number in range(6):
        classifier.submit_file(decoded(info, f"{number}.wav", 3), results.put, info=info, stale=never)
    first = results.get(timeout=WAIT).result
    classifier.load(two_models / "two", "cpu")
    rest = [results.get(timeout=WAIT).result for _ in range(5)]
    assert first.verdict.model == "one"
    assert rest[-1].verdict.model == "two"
    # One model gives the same verdict for the same sound, so any mixture would show.
    by_model: dict[str, set[tuple[float, ...]]] = {}
    for result in [first, *rest]:
        p = tuple(round(value, 4) for value in result.verdict.probabilities.values())
        by_model.setdefault(result.verdict.model, set()).add(p)
    assert {name: len(found) for name, found in by_model.items()} == {"one": 1, "two": 1}


def test_live_windows_go_before_files_and_only_the_newest_counts(
    classifier: Classifier, events: Events, two_models: Path
) -> None:
    info = loaded(classifier, events, two_models / "one")
    order: queue.Queue[str] = queue.Queue()
    heard: list[LiveResult] = []
    file = decoded(info, windows=6)
    live = file.windows[0].samples

    def file_done(heard: Heard) -> None:
        order.put("file")

    def live_done(result: LiveResult) -> None:
        heard.append(result)
        order.put("live")

    for _ in range(8):
        classifier.submit_file(file, file_done, info=info, stale=never)
    for meta in range(50):
        classifier.submit_live(live, meta, live_done, sample_rate=info.sample_rate)
    said = [order.get(timeout=WAIT) for _ in range(9)]
    while not order.empty():
        said.append(order.get())
    assert said.index("live") <= 1
    assert len(heard) < 50
    assert heard[-1].meta == 49
    assert heard[-1].logits.shape == (len(info.labels),)
    assert heard[-1].inference_ms > 0
    assert heard[-1].seconds == pytest.approx(info.window_seconds, abs=0.001)


def test_a_live_window_of_another_rate_is_dropped(classifier: Classifier, events: Events, two_models: Path) -> None:
    info = loaded(classifier, events, two_models / "one")
    heard: queue.Queue[LiveResult] = queue.Queue()
    samples = song(info.window_seconds, info.sample_rate)
    classifier.submit_live(samples, "wrong", heard.put, sample_rate=44100)
    deadline = time.monotonic() + 0.3
    while time.monotonic() < deadline and heard.empty():
        time.sleep(0.02)
    classifier.submit_live(samples, "right", heard.put, sample_rate=info.sample_rate)
    assert heard.get(timeout=WAIT).meta == "right"


def test_submit_blocks_while_the_queue_is_full_and_stop_frees_it(two_models: Path, events: Events) -> None:
    classifier = Classifier(TrustStore(two_models / "trusted.json"), events, queue_files=2)
    info = model_info_of(two_models / "one")
    for _ in range(2):
        assert classifier.submit_file(decoded(info), lambda result: None, info=info, stale=never)
    answers: queue.Queue[bool] = queue.Queue()

    def submit() -> None:
        answers.put(classifier.submit_file(decoded(info), lambda result: None, info=info, stale=never))

    blocked = threading.Thread(target=submit)
    blocked.start()
    with pytest.raises(queue.Empty):
        answers.get(timeout=0.2)
    classifier.stop()
    assert answers.get(timeout=WAIT) is False
    blocked.join()


def model_info_of(folder: Path) -> ModelInfo:
    from mgc_desktop.model.contract import read_info

    return read_info(folder)


def test_a_bug_is_told_answers_its_file_and_the_thread_goes_on(
    classifier: Classifier, events: Events, two_models: Path
) -> None:
    info = loaded(classifier, events, two_models / "one")
    results: queue.Queue[Heard] = queue.Queue()
    broken = DecodedFile("broken.wav", 1.0, 1, 1, 0.0, (AudioWindow(0.0, np.zeros((2, 2, 2, 2), np.float32)),))
    classifier.submit_file(broken, results.put, info=info, stale=never)
    assert results.get(timeout=WAIT).result.verdict.kind is VerdictKind.ERROR
    classifier.submit_file(decoded(info), results.put, info=info, stale=never)
    assert results.get(timeout=WAIT).result.verdict.kind is VerdictKind.GENRE


def test_a_callback_with_a_bug_does_not_end_the_thread(
    classifier: Classifier, events: Events, two_models: Path, caplog: pytest.LogCaptureFixture
) -> None:
    info = loaded(classifier, events, two_models / "one")

    def broken(heard: Heard) -> None:
        raise ZeroDivisionError(heard.result.path)

    classifier.submit_file(decoded(info), broken, info=info, stale=never)
    problem = events.wait(Problem)
    assert problem.bug
    assert "ZeroDivisionError" in caplog.text
    results: queue.Queue[Heard] = queue.Queue()
    classifier.submit_file(decoded(info), results.put, info=info, stale=never)
    assert results.get(timeout=WAIT).result.verdict.kind is VerdictKind.GENRE


def heard_of(classifier: Classifier, files: list[DecodedFile], info: ModelInfo) -> dict[str, Heard]:
    results: queue.Queue[Heard] = queue.Queue()
    for file in files:
        classifier.submit_file(file, results.put, info=info, stale=never)
    return {heard.result.path: heard for heard in (results.get(timeout=WAIT) for _ in files)}


def mixed_lengths(info: ModelInfo) -> list[DecodedFile]:
    return [decoded(info, f"{number}.wav", 1 + number % 3, (4.0, 6.0)[number % 2]) for number in range(7)]


@pytest.mark.parametrize("limit", [2, 32])
def test_batches_over_several_files_say_the_same(
    classifier: Classifier, events: Events, two_models: Path, limit: int
) -> None:
    info = loaded(classifier, events, two_models / "one")
    files = mixed_lengths(info)
    one_by_one = heard_of(classifier, files, info)
    classifier._batch = limit  # as on a GPU
    batched = heard_of(classifier, files, info)
    for path, heard in one_by_one.items():
        expected = heard.result.verdict.probabilities
        assert batched[path].result.verdict.probabilities == pytest.approx(expected, abs=1e-4)


def test_a_batch_that_fails_is_heard_one_by_one(
    classifier: Classifier, events: Events, two_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = loaded(classifier, events, two_models / "one")
    runtime = classifier._runtime
    assert runtime is not None
    whole = runtime.logits

    def small_memory(waves: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> object:
        if len(waves) > 1:
            raise ModelError("There is no room for a batch.", "out of memory")
        return whole(waves)

    monkeypatch.setattr(runtime, "logits", small_memory)
    classifier._batch = 32
    heard = heard_of(classifier, mixed_lengths(info), info)
    assert {one.result.verdict.kind for one in heard.values()} == {VerdictKind.GENRE}


def test_a_model_that_fails_on_live_sound_says_so_once(
    classifier: Classifier, events: Events, two_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = loaded(classifier, events, two_models / "one")
    calls: list[int] = []

    def broken(waves: object) -> object:
        calls.append(1)
        raise ModelError("It failed.")

    monkeypatch.setattr(classifier._runtime, "logits", broken)
    samples = song(info.window_seconds, info.sample_rate)
    for count in (1, 2, 3):
        classifier.submit_live(samples, None, lambda result: None)
        deadline = time.monotonic() + WAIT
        while len(calls) < count and time.monotonic() < deadline:
            time.sleep(0.01)
    assert [problem.sentence for problem in events.of(Problem)] == ["It failed."]


def test_digital_silence_is_called_silence(classifier: Classifier, events: Events, two_models: Path) -> None:
    info = loaded(classifier, events, two_models / "one")
    heard: queue.Queue[LiveResult] = queue.Queue()
    silence = np.zeros(round(info.window_seconds * info.sample_rate), np.float32)
    classifier.submit_live(silence, None, heard.put)
    assert heard.get(timeout=WAIT).verdict.kind is VerdictKind.SILENCE


def test_stop_is_idempotent(profile: Profile, events: Events) -> None:
    classifier = Classifier(TrustStore(profile.trusted_file), events)
    assert classifier.stop()
    classifier.start()
    assert classifier.stop()
    assert classifier.stop()


def test_a_live_window_brings_what_the_model_saw_where_that_is_asked_for(
    classifier: Classifier, events: Events, two_models: Path
) -> None:
    info = loaded(classifier, events, two_models / "one")
    heard: queue.Queue[LiveResult] = queue.Queue()
    samples = song(info.window_seconds, info.sample_rate)
    for wanted in (False, True):
        classifier.submit_live(samples, wanted, heard.put, with_features=wanted)
        result = heard.get(timeout=WAIT)
        assert (result.features is not None) is wanted
    assert result.features is not None
    assert result.features.shape[0] == 96
    assert result.features.dtype == np.float32


def answer_of(classifier: Classifier, samples: np.ndarray, info: ModelInfo) -> WindowAnswer:
    answers: queue.Queue[WindowAnswer] = queue.Queue()
    classifier.submit_window(samples, answers.put, info=info)
    return answers.get(timeout=WAIT)


def test_a_single_window_is_answered_as_a_live_one_is(classifier: Classifier, events: Events, two_models: Path) -> None:
    info = loaded(classifier, events, two_models / "one")
    samples = song(5.0, info.sample_rate)
    heard: queue.Queue[LiveResult] = queue.Queue()
    classifier.submit_live(samples, None, heard.put)
    answer = answer_of(classifier, samples, info)
    assert answer.logits is not None
    assert np.array_equal(answer.logits, heard.get(timeout=WAIT).logits)
    assert answer.sentence == ""


def test_single_windows_and_files_take_turns(classifier: Classifier, events: Events, two_models: Path) -> None:
    info = loaded(classifier, events, two_models / "one")
    order: queue.Queue[str] = queue.Queue()
    file = decoded(info, windows=2, seconds=3.0)
    samples = song(3.0, info.sample_rate)
    hold = threading.Event()

    def first_done(answer: WindowAnswer) -> None:
        hold.wait(WAIT)  # until all is queued

    classifier.submit_window(samples, first_done, info=info)
    for _ in range(4):
        classifier.submit_file(file, lambda _: order.put("file"), info=info, stale=never)
        classifier.submit_window(samples, lambda _: order.put("window"), info=info)
    hold.set()
    said = [order.get(timeout=WAIT) for _ in range(8)]
    # A file has two windows, so two single ones are answered for each while there are any.
    assert said == ["window", "file", "window", "window", "file", "window", "file", "file"]


def test_a_single_window_is_always_answered(
    classifier: Classifier, events: Events, two_models: Path, caplog: pytest.LogCaptureFixture
) -> None:
    info = model_info_of(two_models / "one")
    samples = song(3.0, info.sample_rate)
    assert answer_of(classifier, samples, info) == WindowAnswer(None, NO_MODEL)
    loaded(classifier, events, two_models / "one")
    assert answer_of(classifier, samples, model_info_of(two_models / "two")) == WindowAnswer(None, SWAPPED)
    broken = answer_of(classifier, np.zeros((2, 2, 2), np.float32), info)
    assert broken.logits is None
    assert broken.sentence
    assert answer_of(classifier, samples, info).logits is not None
    assert classifier.stop()
    assert answer_of(classifier, samples, info) == WindowAnswer(None, CLOSING)
