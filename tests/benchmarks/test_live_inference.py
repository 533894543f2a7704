"""How long the model takes for one live window, through the classifier as the microphone uses it.

Run with ``python -m pytest -m slow -s tests/benchmarks/test_live_inference.py``.
"""

from __future__ import annotations

import queue
from pathlib import Path

import numpy as np
import pytest

from mgc_desktop.core.cores import available_cores
from mgc_desktop.core.paths import Profile
from mgc_desktop.engine.choice import shipped_model
from mgc_desktop.engine.classifier import Classifier, LiveResult
from mgc_desktop.engine.events import ModelReady
from mgc_desktop.model.trust import TrustStore
from tests import synth
from tests.events import Events
from tests.model_folders import make_model_folder

pytestmark = pytest.mark.slow

WINDOWS = 100
TARGET_MS = 100.0


@pytest.mark.timeout(300)
def test_a_full_window(profile: Profile, tmp_path: Path) -> None:
    folder = shipped_model()
    if not folder.is_dir():
        folder = make_model_folder(tmp_path / "tiny", trusted_file=profile.trusted_file)
    events, answers = Events(), queue.SimpleQueue[LiveResult]()
    classifier = Classifier(TrustStore(profile.trusted_file), events)
    classifier.start()
    try:
        classifier.load(folder, "cpu")
        events.wait(ModelReady)
        info = classifier.info
        assert info is not None
        window = synth.song(info.window_seconds, info.sample_rate)
        times = []
        for number in range(WINDOWS + 5):
            classifier.submit_live(np.roll(window, 1000 * number), None, answers.put)
            times.append(answers.get(timeout=10.0).inference_ms)
    finally:
        classifier.stop()
    median, last = np.percentile(times[5:], (50, 99))
    print(
        f"\n{info.name}, {info.window_seconds:.2f} s on {available_cores()} cores: "
        f"median {median:.1f} ms, 99th percentile {last:.1f} ms of {WINDOWS} windows"
    )
    assert median < TARGET_MS
