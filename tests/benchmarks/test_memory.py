"""What the running program holds in memory: the window's process, and the whole tree with its decoders.

Run with ``python -m pytest -m slow -s tests/benchmarks/test_memory.py``. Resident pages that processes share are
counted in each of them; the proportional size (PSS) counts them once.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from mgc_desktop.core.paths import Profile
from mgc_desktop.core.values import TrackState
from mgc_desktop.engine.choice import shipped_model
from tests import synth
from tests.app.harness import ROOT, command, kept
from tests.model_folders import make_model_folder
from tests.pulse import RATE, SoundServer, virtual_microphone

__all__ = ["virtual_microphone"]

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="reads Linux' process tables")]

TARGET_MB = 900.0
TRACKS = 60
SETTLE_SECONDS = 3.0


class Peak:
    """The most that was seen, in MB."""

    def __init__(self) -> None:
        self.window = self.tree = self.tree_shared_once = 0.0
        self.processes = 0

    def look(self, process: psutil.Process) -> None:
        resident, proportional = [process.memory_info().rss / 1e6], [process.memory_full_info().pss / 1e6]
        for child in process.children(recursive=True):
            try:
                resident.append(child.memory_info().rss / 1e6)
                proportional.append(child.memory_full_info().pss / 1e6)
            except psutil.Error:
                continue  # it has ended meanwhile
        self.window = max(self.window, resident[0])
        self.processes = max(self.processes, len(resident))
        self.tree = max(self.tree, sum(resident))
        self.tree_shared_once = max(self.tree_shared_once, sum(proportional))

    def __str__(self) -> str:
        return (
            f"window {self.window:4.0f} MB, tree {self.tree:4.0f} MB in {self.processes} processes "
            f"({self.tree_shared_once:.0f} MB with shared pages counted once)"
        )


@contextmanager
def running(words: list[str]) -> Iterator[psutil.Process]:
    with subprocess.Popen(words, cwd=ROOT) as process:
        try:
            yield psutil.Process(process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def watch(process: psutil.Process, enough: Callable[[], bool], seconds: float = 120.0) -> Peak:
    """Look until `enough`."""
    peak, until = Peak(), time.monotonic() + seconds
    while not enough():
        assert time.monotonic() < until, "waited in vain"
        peak.look(process)
        time.sleep(0.1)
    return peak


def after(seconds: float) -> Callable[[], bool]:
    until = time.monotonic() + seconds
    return lambda: time.monotonic() > until


@pytest.mark.timeout(400)
def test_resident_memory(qapp: object, profile: Profile, tmp_path: Path, virtual_microphone: SoundServer) -> None:
    words = ["--device", "cpu"]
    if not shipped_model().is_dir():
        words += ["--model", str(make_model_folder(tmp_path / "tiny", trusted_file=profile.trusted_file))]
    music = tmp_path / "music"
    music.mkdir()
    song = synth.write_audio(music / "000.mp3", synth.stereo(synth.song(240.0, RATE)), RATE)
    for number in range(1, TRACKS):
        os.link(song, music / f"{number:03}.mp3")
    virtual_microphone.play(synth.song(120.0, RATE))
    peaks = {}
    with running(command(profile, *words, "--listen", "Virtual")) as process:
        watch(process, lambda: profile.log_file.exists() and "is ready on" in profile.log_file.read_text("utf-8"))
        peaks["listening, no track"] = watch(process, after(SETTLE_SECONDS + 5))
        assert virtual_microphone.pactl("list", "short", "source-outputs").stdout
        subprocess.run(command(profile, music), cwd=ROOT, check=True, timeout=60)
        peaks["listening and hearing 4 min tracks"] = watch(
            process, lambda: sum(row.state is TrackState.DONE for row in kept(profile)) == TRACKS, 200.0
        )
        peaks["afterwards"] = watch(process, after(SETTLE_SECONDS))
    print()
    for name, peak in peaks.items():
        print(f"{name:36}{peak}")
    assert max(peak.window for peak in peaks.values()) < TARGET_MB
    assert max(peak.tree_shared_once for peak in peaks.values()) < TARGET_MB
