"""What is no music gets no genre while listening; and how much music is wrongly refused, which is the price."""

from __future__ import annotations

import csv
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from mgc_desktop.core.paths import Profile
from mgc_desktop.core.values import Samples, VerdictKind
from mgc_desktop.engine.choice import shipped_model
from mgc_desktop.engine.classifier import Classifier
from mgc_desktop.engine.events import LiveVerdict, ModelReady
from mgc_desktop.engine.listener import Listener
from mgc_desktop.model.trust import TrustStore
from tests import synth
from tests.events import Events
from tests.live_feed import RATE, Microphones, in_turn

CLIPS = int(os.environ.get("MGC_LIVE_CLIPS", "20"))  # of each kind; 0: all that are held out from training
_SPEED = 16.0  # times as fast as it is played
_GIVE_UP_SECONDS = 120.0

Hear = Callable[[Samples], list[LiveVerdict]]


@pytest.fixture
def hear(profile: Profile, events: Events) -> Iterator[Hear]:
    """Return what says what the program says of a sound while it listens to it."""
    classifier = Classifier(TrustStore(profile.trusted_file), events)
    classifier.start()
    classifier.load(shipped_model(), "cpu")
    events.wait(ModelReady)

    def listen_to(sound: Samples) -> list[LiveVerdict]:
        fed_by, told = Microphones(in_turn([sound]), speed=_SPEED), Events()
        listener = Listener(classifier, told, open_capture=fed_by.open, clock=fed_by.clock)
        listener.start()
        give_up = time.monotonic() + _GIVE_UP_SECONDS
        while listener.recording is None or listener.recording.ring.frames < len(sound):
            assert time.monotonic() < give_up, "waited in vain"
            time.sleep(0.01)
        listener.stop(wait_s=10)
        return [verdict for verdict in told.of(LiveVerdict) if verdict.time * RATE <= len(sound)]

    yield listen_to
    assert classifier.stop()


def held_out(folder: Path, listing: str, **wanted: str) -> list[Path]:
    """Return files of the test split, evenly taken from all there are."""
    with (folder / listing).open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    rows = [row for row in rows if row["split"] == "test" and all(row[key] == value for key, value in wanted.items())]
    step = max(1, len(rows) // CLIPS) if CLIPS else 1
    return [folder / row["path"] for row in rows[::step][: CLIPS or None]]


def decoded(path: Path) -> Samples:
    from mgc_desktop.audio.decode import load_audio

    return load_audio(str(path), sample_rate=RATE)[0]


def moments(said: list[list[LiveVerdict]]) -> Counter[VerdictKind]:
    """Return how often each kind of verdict was shown, over all sounds."""
    return Counter(verdict.verdict.kind for verdicts in said for verdict in verdicts)


def share(said: list[list[LiveVerdict]], kind: VerdictKind) -> float:
    counts = moments(said)
    return counts[kind] / max(1, counts.total())


def report(name: str, said: list[list[LiveVerdict]], kind: VerdictKind) -> None:
    last = sum(verdicts[-1].verdict.kind is kind for verdicts in said if verdicts)
    counts = ", ".join(f"{one.value} {number}" for one, number in moments(said).most_common())
    sys.stdout.write(
        f"\n{name}: {kind.value} {share(said, kind):.1%} of the time, in the end {last} of {len(said)} ({counts})\n"
    )


def test_silence_gets_no_genre(hear: Hear) -> None:
    said = hear(synth.noise(8.0, RATE, level=2e-4))  # a quiet room
    assert said
    assert moments([said]).keys() == {VerdictKind.SILENCE}
    assert {verdict.verdict.reason for verdict in said} == {"too quiet"}


@pytest.mark.parametrize("kind", ["white noise", "hum"])
def test_what_machines_do_gets_no_genre(hear: Hear, kind: str) -> None:
    if kind == "hum":
        harmonics = ((50.0, 0.1), (100.0, 0.05), (150.0, 0.03), (250.0, 0.01))
        sound = sum((synth.tone(12.0, hz, RATE, level) for hz, level in harmonics), synth.noise(12.0, RATE, 0.001))
    else:
        sound = synth.noise(12.0, RATE, level=0.05)
    said = hear(np.asarray(sound, np.float32))
    report(kind, [said], VerdictKind.GENRE)
    assert moments([said])[VerdictKind.NOT_MUSIC] > 0
    assert moments([said])[VerdictKind.GENRE] == 0
    assert all(verdict.verdict.reason for verdict in said)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", ["speech", "noise"])
def test_speech_and_noises_of_the_world_get_no_genre(hear: Hear, real_data: Path, kind: str) -> None:
    said = [hear(decoded(path)) for path in held_out(real_data, "not_music.csv", kind=kind)]
    report(kind, said, VerdictKind.GENRE)
    assert share(said, VerdictKind.GENRE) < 0.2


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_little_music_is_wrongly_refused(hear: Hear, real_data: Path) -> None:
    said = [hear(decoded(path)) for path in held_out(real_data, "tracks.csv")]
    report("music", said, VerdictKind.NOT_MUSIC)
    assert share(said, VerdictKind.NOT_MUSIC) < 0.15
