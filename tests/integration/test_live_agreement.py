"""What is said of a file, of the same sound as it is listened to, and of it as a selected span: the same."""

from __future__ import annotations

import csv
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from mgc_desktop.core.model_info import ModelInfo
from mgc_desktop.core.paths import Profile
from mgc_desktop.core.recording import Recording
from mgc_desktop.core.values import FileResult, Samples
from mgc_desktop.core.windows import WindowRequest
from mgc_desktop.engine.analyse import analyse_file
from mgc_desktop.engine.choice import shipped_model
from mgc_desktop.engine.classifier import Classifier
from mgc_desktop.engine.events import LiveVerdict, ModelReady, SpanExplained, SpanJudged
from mgc_desktop.engine.listener import Listener
from mgc_desktop.engine.results import Heard
from mgc_desktop.engine.spans import Spans
from mgc_desktop.model.trust import TrustStore
from tests import synth
from tests.events import WAIT, Events
from tests.live_feed import Microphones, in_turn
from tests.pulse import RATE, SoundServer

_NEAR = 0.05  # of a probability
_LIKE = 0.98  # correlation of what was played and what arrived
_TRIES = 4
_FILE_SECONDS = 30


def farthest(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """Return the largest difference between probabilities."""
    assert one.keys() == other.keys()
    return max(abs(one[label] - other[label]) for label in one)


class Ears:
    """The shipped model with all that asks it, by `listening`."""

    def __init__(self, classifier: Classifier, events: Events, listener: Listener) -> None:
        self.classifier, self.events, self.listener = classifier, events, listener
        self.spans = Spans(listener, classifier, events)

    @property
    def info(self) -> ModelInfo:
        assert self.classifier.info is not None
        return self.classifier.info

    @property
    def recording(self) -> Recording:
        assert self.listener.recording is not None
        return self.listener.recording

    def heard_file(self, path: Path) -> Heard:
        """Return what is said of a file, as the library does it."""
        results: list[Heard] = []
        done = threading.Event()
        decoded = analyse_file(str(path), WindowRequest.for_model(self.info))

        def take(heard: Heard) -> None:
            results.append(heard)
            done.set()

        self.classifier.submit_file(decoded, take, info=self.info, stale=done.set)
        assert done.wait(WAIT)
        return results[0]

    def judged(self, start: float, end: float) -> SpanJudged:
        number = self.spans.judge(start, end)
        return self.events.wait(SpanJudged, where=lambda event: event.request == number)

    def explained(self, start: float, end: float, label: str) -> SpanExplained:
        number = self.spans.explain(start, end, label)
        return self.events.wait(
            SpanExplained, where=lambda event: event.request == number and event.done == event.total
        )

    def wait_for(self, condition: Callable[[], bool], seconds: float = WAIT) -> None:
        give_up = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < give_up, "waited in vain"
            time.sleep(0.02)


@contextmanager
def listening(profile: Profile, fed_by: Microphones | None = None) -> Iterator[Ears]:
    """Listen with the shipped model, to fast microphones or to the system's."""
    events = Events()
    classifier = Classifier(TrustStore(profile.trusted_file), events)
    classifier.start()
    classifier.load(shipped_model(), "cpu")
    events.wait(ModelReady)
    usual = Listener(classifier, events)
    listener = Listener(classifier, events, open_capture=fed_by.open, clock=fed_by.clock) if fed_by else usual
    ears = Ears(classifier, events, listener)
    try:
        yield ears
    finally:
        listener.stop(wait_s=10)
        assert ears.spans.stop()
        assert classifier.stop()


def first_sound(recording: Recording) -> float:
    """Return when the first sound was recorded, s; inf where there was none yet."""
    samples, first = recording.ring.read(0, recording.ring.frames)
    sounding = _sounding(samples)
    return (first + int(sounding[0])) / recording.sample_rate if len(sounding) else np.inf


def _found(recording: Recording, played: Samples) -> float:
    """Return where what was played begins, s of the recording: to the sample, by what it is most like."""
    near = round((first_sound(recording) - _sounding(played)[0] / RATE) * RATE)
    slack, piece = RATE // 10, slice(2 * RATE, 4 * RATE)
    arrived, first = recording.ring.read(near + piece.start - slack, near + piece.stop + slack)
    size = len(arrived) + 2 * RATE
    spectra = np.fft.rfft(arrived, size) * np.conj(np.fft.rfft(played[piece], size))
    return (first + int(np.argmax(np.fft.irfft(spectra, size)[: len(arrived)])) - piece.start) / RATE


def _sounding(samples: Samples) -> NDArray[np.intp]:
    """Return where there is sound."""
    return np.flatnonzero(np.abs(samples) > 1e-4)


def full_windows(ears: Ears) -> list[LiveVerdict]:
    """Return the verdicts of windows that are as long as the model takes, a second into the sound and later."""
    if ears.listener.recording is None:
        return []
    shortest, least = ears.info.window_seconds - 0.05, ears.info.window_seconds + 1.0
    full = [verdict for verdict in ears.events.of(LiveVerdict) if verdict.seconds >= shortest]
    return [verdict for verdict in full if verdict.time > first_sound(ears.recording) + least]


def test_a_file_and_the_same_sound_listened_to_get_the_same_verdict(profile: Profile, tmp_path: Path) -> None:
    rate, music = synth.RATE, synth.song(90.0, seed=4)
    with listening(profile, Microphones(in_turn([music]), speed=12.0)) as ears:
        ears.listener.start()
        ears.wait_for(lambda: bool(full_windows(ears)))
        ears.listener.stop(wait_s=10)
        live, heard, span = _compared(ears, music, rate, 0.0, tmp_path)
    assert farthest(live.raw, heard.verdict.probabilities) < _NEAR
    assert farthest(span.verdict.probabilities, heard.verdict.probabilities) < 0.005
    assert span.verdict.label == heard.verdict.label


def _compared(
    ears: Ears, played: Samples, rate: int, at: float, folder: Path
) -> tuple[LiveVerdict, FileResult, SpanJudged]:
    """Return what is said of the first full window, of a file with its sound, and of its place as a span.

    Parameters
    ----------
    played : float32[n]
        What is heard from `at` (s of the recording) on.
    """
    live = full_windows(ears)[0]
    # Of a file of that length the middle is heard: here what was listened to.
    start = live.time - at - (_FILE_SECONDS + ears.info.window_seconds) / 2
    path = synth.write_wav(folder / "same.wav", played[round(start * rate) :][: _FILE_SECONDS * rate], rate, "FLOAT")
    heard = ears.heard_file(path).result
    window = heard.windows[0]
    return live, heard, ears.judged(at + start + window.start, at + start + window.end)


@pytest.fixture(scope="session")
def real_tracks(real_data: Path) -> list[tuple[str, Path]]:
    """Return label and path of three tracks that no model was taught with."""
    with (real_data / "tracks.csv").open(newline="", encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["split"] == "test" and float(row["seconds"]) > 29.5]
    chosen = [next(row for row in rows if row["label"] == label) for label in ("classical", "metal", "jazz")]
    return [(row["label"], real_data / row["path"]) for row in chosen]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_real_music_through_a_microphone_gets_the_verdict_of_its_file(
    profile: Profile, virtual_microphone: SoundServer, real_tracks: list[tuple[str, Path]], tmp_path: Path
) -> None:
    for label, path in real_tracks:
        for _ in range(_TRIES):
            with listening(profile) as ears:
                if _through_the_microphone(ears, virtual_microphone, label, path, tmp_path):
                    break
        else:
            pytest.fail("the machine is too busy: each time the sound was played with gaps")


def _through_the_microphone(ears: Ears, microphone: SoundServer, label: str, path: Path, folder: Path) -> bool:
    """Play a track and compare what is said of it; return False where what arrived is not what was played."""
    from mgc_desktop.audio.decode import load_audio

    samples = np.tile(
        load_audio(str(path), sample_rate=RATE)[0], 2
    )  # so that a full window comes on a slow machine, too
    ears.listener.start()
    ears.wait_for(lambda: ears.listener.recording is not None)
    microphone.play(samples, latency_ms=1000)
    ears.wait_for(lambda: bool(full_windows(ears)))
    ears.listener.stop(wait_s=10)
    microphone.hush()
    at = _found(ears.recording, samples)
    end = full_windows(ears)[0].time
    arrived, first = ears.recording.ring.read(round(at * RATE), round(end * RATE))
    played = samples[first - round(at * RATE) :][: len(arrived)]
    likeness = float(arrived @ played / np.sqrt((arrived @ arrived) * (played @ played)))
    if likeness < _LIKE:
        sys.stdout.write(f"\n{label}: played with gaps (correlation {likeness:.3f}); once more\n")
        return False
    live, heard, span = _compared(ears, samples, RATE, at, folder)
    of_live = farthest(live.raw, heard.verdict.probabilities)
    of_span = farthest(span.verdict.probabilities, heard.verdict.probabilities)
    said = f"{label}: file {heard.verdict.label} {heard.verdict.confidence:.3f}"
    sys.stdout.write(f"\n{said}, live within {of_live:.4f}, span within {of_span:.4f}\n")
    assert of_live < _NEAR
    assert of_span < _NEAR
    return True


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_music_that_a_label_is_about_supports_it(profile: Profile, real_tracks: list[tuple[str, Path]]) -> None:
    """Ten seconds of one music, ten of another: each label rests on its own half."""
    from mgc_desktop.audio.decode import load_audio

    (one, first), (other, second) = real_tracks[:2]
    parts = [load_audio(str(path), sample_rate=synth.RATE, seconds=10.0)[0] for path in (first, second)]
    with listening(profile, Microphones(in_turn(parts), speed=20.0)) as ears:
        ears.listener.start()
        ears.wait_for(lambda: ears.listener.recording is not None and ears.recording.seconds > 20.0)
        ears.listener.stop(wait_s=10)
        halves = {label: _halves(ears.explained(0.0, 20.0, label).weights) for label in (one, other)}
    for label, (before, after) in halves.items():
        sys.stdout.write(f"\n{label}: {before:+.2f} of its log-odds in the first half, {after:+.2f} in the second\n")
    assert halves[one][0] > halves[one][1]
    assert halves[other][1] > halves[other][0]


def _halves(weights: Samples) -> tuple[float, float]:
    middle = weights.shape[1] // 2
    return float(weights[:, :middle].sum()), float(weights[:, middle:].sum())
