"""Common ground of the tests: real data, profiles, synthesized files, models, sound, and the watch for leaks.

Nothing here imports Qt or torch: a test that needs neither pays for neither.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest

from mgc_desktop.core.paths import Profile
from tests import limits, parts, synth
from tests.engines import engines, events, trainer, writer
from tests.limits import pytest_configure, pytest_runtest_protocol, pytest_runtest_teardown, pytest_unconfigure
from tests.model_folders import tiny_model, two_models
from tests.mounts import mount
from tests.parts import pytest_collection_modifyitems, pytest_report_to_serializable
from tests.pulse import no_sound_server, virtual_microphone

__all__ = [
    "engines",
    "events",
    "mount",
    "no_sound_server",
    "pytest_collection_modifyitems",
    "pytest_configure",
    "pytest_report_to_serializable",
    "pytest_runtest_protocol",
    "pytest_runtest_teardown",
    "pytest_unconfigure",
    "tiny_model",
    "trainer",
    "two_models",
    "virtual_microphone",
    "writer",
]

ROOT = Path(__file__).resolve().parent.parent
# librosa keeps compiled functions in one folder: two workers that fill it at once have crashed in what they found.
_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "alone")
os.environ["NUMBA_CACHE_DIR"] = str(ROOT / ".pytest_cache" / "numba" / _WORKER)

LEAK_GRACE = 3.0  # s that a thread or process may take to end after its test

# Two shared cores make single examples slow now and then; a deadline would make tests fail by chance.
hypothesis.settings.register_profile("mgc", deadline=None, print_blob=True)
hypothesis.settings.load_profile("mgc")

WavFactory = Callable[..., Path]


def pytest_addoption(parser: pytest.Parser) -> None:
    limits.add_options(parser)
    parts.add_options(parser)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Return the folder of real music (`MGC_TEST_DATA`), or skip saying that there is none."""
    folder = Path(os.environ.get("MGC_TEST_DATA") or ROOT.parent / "shared" / "data").expanduser()
    if not folder.is_dir():
        pytest.skip(f"needs real music: MGC_TEST_DATA names no folder, and {folder} is none")
    return folder


@pytest.fixture(scope="session")
def real_formats(real_data: Path) -> Path:
    """Return the folder with a real file of every format, or skip."""
    folder = real_data / "formats"
    if not folder.is_dir():
        pytest.skip(f"needs a real file of every format in {folder}")
    return folder


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    """Return an empty profile of its own for this test."""
    return Profile.open(tmp_path / "profile")


@pytest.fixture
def wav_file(tmp_path: Path) -> WavFactory:
    """Return a maker of audio files in the test's own folder.

    ``wav_file("name.flac", seconds=5.0, kind="drums", rate=44100, channels=2, seed=0)``; the extension chooses the
    format, and every argument has a default.
    """

    def make(
        name: str = "song.wav",
        *,
        seconds: float = 4.0,
        kind: str = "song",
        rate: int = synth.RATE,
        channels: int = 1,
        seed: int = 0,
        folder: Path | None = None,
    ) -> Path:
        maker = {**synth.KINDS, "song": synth.song}.get(kind)
        samples = maker(seconds, rate, seed=seed) if maker else getattr(synth, kind)(seconds, rate=rate)
        target = (folder or tmp_path) / name
        target.parent.mkdir(parents=True, exist_ok=True)
        return synth.write_audio(target, synth.stereo(samples, channels) if channels > 1 else samples, rate)

    return make


def _threads() -> set[threading.Thread]:
    # Foreign threads (a sound server's, Qt's) appear as dummies and are never removed from Python's list.
    return {thread for thread in threading.enumerate() if not isinstance(thread, threading._DummyThread)}


@pytest.fixture(autouse=True)
def no_leaks() -> Iterator[None]:
    """Fail a test that leaves a thread or a child process behind."""
    threads, children = _threads(), set(multiprocessing.active_children())
    yield
    deadline = time.monotonic() + LEAK_GRACE
    while time.monotonic() < deadline:
        left = _threads() - threads
        processes = set(multiprocessing.active_children()) - children
        if not left and not processes:
            return
        time.sleep(0.02)
    pytest.fail(f"left behind: threads {sorted(t.name for t in left)}, processes {sorted(p.name for p in processes)}")
