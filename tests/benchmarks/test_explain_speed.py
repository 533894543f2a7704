"""How long an explanation takes with the shipped model: until a first map, and to the end."""

from __future__ import annotations

import sys
import time

import numpy as np
import pytest

from mgc_desktop.core.paths import Profile
from mgc_desktop.core.recording import Recording
from mgc_desktop.core.ring import AudioRing
from mgc_desktop.core.values import Samples
from mgc_desktop.engine.choice import shipped_model
from mgc_desktop.engine.classifier import Classifier
from mgc_desktop.engine.events import ModelReady, SpanExplained
from mgc_desktop.engine.spans import Spans
from mgc_desktop.model.trust import TrustStore
from tests import synth
from tests.events import Events

RATE = 44_100  # Hz


class _Recorder:
    def __init__(self, recording: Recording) -> None:
        self.recording: Recording | None = recording


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_explaining(profile: Profile, events: Events) -> None:
    classifier = Classifier(TrustStore(profile.trusted_file), events)
    classifier.start()
    classifier.load(shipped_model(), "cpu")
    events.wait(ModelReady)
    info = classifier.info
    assert info is not None
    ring = AudioRing(300.0, RATE)
    ring.write(synth.song(300.0, RATE))
    spans = Spans(_Recorder(Recording(ring, "music")), classifier, events)
    window = synth.song(info.window_seconds, info.sample_rate)
    try:
        for seconds in (5.0, 29.0, 120.0):
            sys.stdout.write(f"\n{seconds:.0f} s: {_explained(spans, classifier, events, window, seconds)}\n")
    finally:
        assert spans.stop()
        assert classifier.stop()


def _explained(spans: Spans, classifier: Classifier, events: Events, window: Samples, seconds: float) -> str:
    """Explain a span, with live windows twice a second beside it; return how long what took."""
    live: list[float] = []
    began = time.perf_counter()
    number = spans.explain(0.0, seconds, "jazz")
    events.wait(SpanExplained, where=lambda event: event.request == number and bool(event.weights.any()))
    first = time.perf_counter() - began
    while not any(event.request == number and event.done == event.total for event in events.of(SpanExplained)):
        asked = time.perf_counter()
        classifier.submit_live(window, asked, lambda result: live.append(time.perf_counter() - result.meta))
        time.sleep(0.5)
    whole = time.perf_counter() - began
    beside = f"live windows beside it after {1000 * np.median(live):.0f} ms (median)" if live else "no live ones"
    return f"first map after {first:.2f} s, all after {whole:.1f} s; {beside}"
