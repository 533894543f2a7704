"""Minutes of microphone, inference and a library scan at once: no overrun, by the program's own count.

Run with ``python -m pytest -m slow -s tests/benchmarks/test_live_with_a_scan.py``; MGC_LIVE_MINUTES says how many (10).
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication

from mgc_desktop.core.paths import Profile
from mgc_desktop.core.recording import Recording
from mgc_desktop.engine.choice import shipped_model
from mgc_desktop.engine.events import LiveNumbers, LiveVerdict, ScanProgress
from tests import synth
from tests.app.harness import kept, live_for, open_window, wait_for
from tests.model_folders import make_model_folder
from tests.pulse import RATE, SoundServer

pytestmark = [pytest.mark.slow, pytest.mark.alone]

MINUTES = float(os.environ.get("MGC_LIVE_MINUTES", "10"))
_TRACKS = 40
_TONE_HZ = 440.0
_PACE_SECONDS = 30.0  # of sound, between two looks at whether it is whole


def missing_share(recording: Recording) -> float:
    """Return how much of the last seconds of a steady tone is torn: samples that no sine goes on to."""
    samples, _ = recording.ring.read_last(round(_PACE_SECONDS * recording.sample_rate))
    # A sine's next sample follows from the two before: 2 cos(w) x[n-1] - x[n-2].
    turn = 2.0 * np.cos(2.0 * np.pi * _TONE_HZ / recording.sample_rate)
    wrong = np.abs(samples[2:] - turn * samples[1:-1] + samples[:-2]) > 0.01
    return float(np.mean(wrong))


@pytest.mark.timeout(int(60 * MINUTES) + 300)
def test_no_overruns(qapp: QApplication, profile: Profile, virtual_microphone: SoundServer, tmp_path: Path) -> None:
    model = shipped_model()
    if not model.is_dir():
        model = make_model_folder(tmp_path / "tiny", trusted_file=profile.trusted_file)
    music = tmp_path / "music"
    music.mkdir()
    for number in range(_TRACKS):
        synth.write_audio(music / f"{number:03}.mp3", synth.stereo(synth.song(30.0, RATE, seed=number)), RATE)
    virtual_microphone.play(synth.tone(60.0 * MINUTES + 120.0, _TONE_HZ, RATE, level=0.4))
    with open_window(qapp, profile, [music], listen="", model=model) as session:
        assert session.engine is not None
        assert session.bridge is not None
        engine = session.engine
        numbers: list[LiveNumbers] = []
        heard: list[LiveVerdict] = []
        scanned: list[ScanProgress] = []
        session.bridge.live_numbers.connect(numbers.append)
        session.bridge.live_verdict.connect(heard.append)
        session.bridge.scan_progress.connect(scanned.append)
        wait_for(lambda: heard, 60, "a verdict")
        wait_for(lambda: engine.listener.recording is not None, 10, "the recording")
        recording = engine.listener.recording
        assert recording is not None
        until, torn, rescans = time.monotonic() + 60.0 * MINUTES, [0.0], 0
        while time.monotonic() < until:
            live_for(500)
            rows = kept(profile)
            if rows and all(row.state == "done" for row in rows):
                engine.scanner.rescan([row.id for row in rows])  # the scan has to last
                rescans += 1
            if recording.seconds > _PACE_SECONDS * (len(torn) + 1):
                torn.append(missing_share(recording))
        last = numbers[-1]
        lost = time.time() - recording.started_at - recording.seconds
    print(
        f"\n{MINUTES:g} min: {last.windows} windows of {last.windows + last.dropped}, hop {last.hop_seconds:.1f} s, "
        f"verdict {last.verdict_ms[0]:.0f} / {last.verdict_ms[1]:.0f} ms, {len(scanned)} steps of a scan, "
        f"heard anew {rescans} times\noverruns {last.overruns}, recording {lost:.2f} s behind the wall's clock, "
        f"torn samples {max(torn):.2e} of all"
    )
    assert last.overruns == 0
    assert engine.listener.overruns == 0
    assert rescans
    assert lost < 1.0
