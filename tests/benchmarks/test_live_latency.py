"""How late the picture and the verdict are, and what the whole live window costs, with music at a virtual microphone.

Run with ``python -m pytest -m slow -s tests/benchmarks/test_live_latency.py``.
"""

from __future__ import annotations

import os
import time

import psutil
import pytest
from PySide6.QtWidgets import QApplication

from mgc_desktop.core.cores import available_cores
from mgc_desktop.core.paths import Profile
from mgc_desktop.engine.choice import shipped_model
from mgc_desktop.engine.events import LiveNumbers, LiveVerdict
from tests import synth
from tests.app.harness import live_for, open_window, wait_for
from tests.pulse import RATE, SoundServer

pytestmark = [pytest.mark.slow, pytest.mark.alone]

SECONDS = float(os.environ.get("MGC_LIVE_SECONDS", "75"))  # the numbers are of the last minute: after the start
_SETTLE_SECONDS = 32.0  # until the windows have their full length
_SIZES = ((1280, 800), (1920, 1080))


@pytest.mark.timeout(400)
@pytest.mark.parametrize("size", _SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_latency_and_share_of_a_core(
    qapp: QApplication, profile: Profile, virtual_microphone: SoundServer, size: tuple[int, int]
) -> None:
    if not shipped_model().is_dir():
        pytest.skip("needs the shipped model: its speed is what counts")
    virtual_microphone.play(synth.song(_SETTLE_SECONDS + SECONDS + 60.0, RATE))
    process = psutil.Process()
    with open_window(qapp, profile, listen="", model=shipped_model()) as session:
        assert session.bridge is not None
        assert session.conductor is not None
        session.window.resize(*size)
        told: list[LiveNumbers] = []
        heard: list[LiveVerdict] = []
        session.bridge.live_numbers.connect(told.append)
        session.bridge.live_verdict.connect(heard.append)
        wait_for(lambda: heard and heard[-1].seconds > _SETTLE_SECONDS - 5.0, 120, "full windows")
        before, began = process.cpu_times(), time.perf_counter()
        live_for(round(1000 * SECONDS))
        after, took = process.cpu_times(), time.perf_counter() - began
        picture = session.conductor.live.spectrogram.latency_ms
        inference = sum(one.inference_ms for one in heard[-round(2 * SECONDS) :]) / 1000.0
    share = (after.user + after.system - before.user - before.system) / took
    last = told[-1]
    print(
        f"\n{size[0]}x{size[1]}, {available_cores()} cores, {SECONDS:.0f} s of full windows; median / 99th percentile\n"
        f"capture to picture {picture[0]:.0f} / {picture[1]:.0f} ms\n"
        f"capture to verdict {last.verdict_ms[0]:.0f} / {last.verdict_ms[1]:.0f} ms, "
        f"of it inference {last.inference_ms[0]:.0f} / {last.inference_ms[1]:.0f} ms\n"
        f"hop {last.hop_seconds:.1f} s, {last.windows} windows, {last.dropped} dropped, {last.overruns} overruns\n"
        f"the whole window, with the model: {share:.0%} of a core; inference took {inference / took:.0%} of the time"
    )
    assert last.overruns == 0
