"""How soon the headline follows a change of music, and how often it changes within one track: real tracks in turn.

Run with ``python -m pytest -m slow -s tests/benchmarks/test_live_headline.py``; MGC_LIVE_ROWS says how many rows.
"""

from __future__ import annotations

import csv
import os
import random
from itertools import pairwise
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
from tests.events import Events
from tests.live_feed import RATE, Microphones, in_turn

pytestmark = pytest.mark.slow

ROWS = int(os.environ.get("MGC_LIVE_ROWS", "3"))
TRACK_SECONDS = 27.0
_PAUSE_SECONDS = 0.6  # between the tracks of every other row
_SPEED = 4.0
_SETTLED_SECONDS = 10.0  # within which a headline may still change


def _rows(folder: Path) -> list[list[dict[str, str]]]:
    """Return rows of three tracks of three genres, from those that no model learnt from."""
    with (folder / "tracks.csv").open(newline="", encoding="utf-8") as stream:
        tracks = [row for row in csv.DictReader(stream) if row["split"] == "test" and float(row["seconds"]) > 28]
    rows = []
    for seed in range(ROWS):
        generator = random.Random(seed)
        labels = generator.sample(sorted({track["label"] for track in tracks}), 3)
        rows.append([generator.choice([track for track in tracks if track["label"] == label]) for label in labels])
    return rows


def _listen(classifier: Classifier, sound: Samples) -> list[LiveVerdict]:
    feed, events = Microphones(in_turn([sound]), speed=_SPEED), Events()
    listener = Listener(classifier, events, open_capture=feed.open, clock=feed.clock)
    listener.start()
    try:
        end = len(sound) / RATE - 1.0
        events.wait(LiveVerdict, where=lambda verdict: verdict.time > end, timeout=120.0)
    finally:
        listener.stop(wait_s=10)
    return events.of(LiveVerdict)


def _headline(verdict: LiveVerdict) -> str:
    said = verdict.verdict
    return f"{said.label}" if said.kind is VerdictKind.GENRE else said.kind.value


@pytest.mark.timeout(600)
def test_real_tracks_in_turn(profile: Profile, real_data: Path) -> None:
    from mgc_desktop.audio.decode import load_audio

    events = Events()
    classifier = Classifier(TrustStore(profile.trusted_file), events)
    classifier.start()
    left: list[float] = []
    flicker, seconds = 0, 0.0
    try:
        classifier.load(shipped_model(), "cpu")
        events.wait(ModelReady)
        for number, row in enumerate(_rows(real_data)):
            pause = np.zeros(round((number % 2) * _PAUSE_SECONDS * RATE), np.float32)
            tracks = [load_audio(str(real_data / track["path"]), sample_rate=RATE)[0] for track in row]
            parts = [np.concatenate([pause, track[: round(TRACK_SECONDS * RATE)]]) for track in tracks]
            verdicts = _listen(classifier, np.concatenate(parts))
            ends = np.cumsum([len(part) / RATE for part in parts])
            told = []
            for start, end in pairwise([0.0, *ends]):
                heard = [verdict for verdict in verdicts if start + _SETTLED_SECONDS < verdict.time <= end]
                flicker += sum(_headline(one) != _headline(two) for one, two in pairwise(heard))
                seconds += end - start - _SETTLED_SECONDS
                short = [verdict for verdict in verdicts if start + 3.0 < verdict.time <= end]
                began = [verdict.time - start for verdict in short if verdict.seconds <= verdict.time - start]
                if start:
                    left.append(began[0] if began else end - start)
                told.append(_headline(heard[-1]))
            print(f"\n{', '.join(track['label'] for track in row)}: heard {', '.join(told)}", end="")
    finally:
        assert classifier.stop()
    print(f"\nwindows without what was before after {np.median(left):.1f} s, at most {max(left):.1f} s")
    print(f"headline changed {60.0 * flicker / seconds:.1f} times a minute after the first {_SETTLED_SECONDS:.0f} s")
    assert len(left) == 2 * ROWS
