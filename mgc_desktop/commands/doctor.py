"""`mgc-desktop doctor`: is all well? For people before they ask, and for bug reports."""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib import metadata
from pathlib import Path

import numpy as np

from mgc_desktop import __version__
from mgc_desktop.audio.devices import list_inputs
from mgc_desktop.commands.console import EXIT_OK, EXIT_SOME_FAILED, open_profile, prepare_streams
from mgc_desktop.commands.devices import describe_input
from mgc_desktop.core.errors import DeviceError, LibraryError, MgcError
from mgc_desktop.core.paths import Profile, python_executable, shipped_models_dir
from mgc_desktop.engine.choice import MODEL_SETTING, choose_model

_LOW_SPACE = 1_000_000_000  # bytes: a warning
_NO_SPACE = 50_000_000  # bytes: the library can't be written safely
_FEW_WATCHES = 16_384  # folders: a library of 100,000 tracks has as many
_TIMED_WINDOWS = 5
_SLOW_MS = 500.0  # a live verdict comes twice a second
_PACKAGES = (
    "torch", "PySide6-Essentials", "numpy", "soundfile", "av", "soxr", "sounddevice", "mutagen", "pyqtgraph",
)  # fmt: skip


class Level(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class Finding:
    level: Level
    subject: str
    text: str


def versions() -> Iterator[Finding]:
    """Yield the versions of the program and of what it stands on."""
    yield Finding(Level.OK, "program", f"mgc-desktop {__version__}")
    python = f"{platform.python_version()} ({python_executable()})"
    yield Finding(Level.OK, "Python", python)
    yield Finding(Level.OK, "system", platform.platform())
    for package in _PACKAGES:
        try:
            yield Finding(Level.OK, package, metadata.version(package))
        except metadata.PackageNotFoundError:
            yield Finding(Level.FAIL, package, "is not installed: install the program again.")
    yield from _native_libraries()


def _native_libraries() -> Iterator[Finding]:
    import av
    import soundfile

    yield Finding(Level.OK, "libsndfile", str(soundfile.__libsndfile_version__))
    libraries = ", ".join(f"{name} {'.'.join(map(str, v))}" for name, v in sorted(av.library_versions.items()))
    yield Finding(Level.OK, "FFmpeg", libraries)
    yield _portaudio()


def _portaudio() -> Finding:
    # In a process of its own: PortAudio and ALSA write to the terminal about every card they do not find.
    code = "from mgc_desktop.audio.devices import load_portaudio as p; print(p().get_portaudio_version()[1])"
    try:
        done = subprocess.run(
            [python_executable(), "-c", code], capture_output=True, text=True, timeout=20, check=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(_import_path())},
        )  # fmt: skip
    except (subprocess.SubprocessError, OSError) as error:
        return Finding(Level.WARN, "PortAudio", f"can't be loaded, so there is no microphone: {error}")
    return Finding(Level.OK, "PortAudio", done.stdout.strip().splitlines()[-1])


def _import_path() -> list[str]:
    from mgc_desktop.engine.training_process import training_environment

    return [training_environment()["PYTHONPATH"]]


def compute() -> Iterator[Finding]:
    """Yield the devices that a model can run on."""
    from mgc_desktop.core.cores import available_cores
    from mgc_desktop.model.devices import compute_devices

    names = compute_devices()
    cores = f"{available_cores()} cores"
    graphics = [name for name in names if name != "cpu"]
    yield Finding(Level.OK, "compute", f"{', '.join(names)}; {cores}{'' if graphics else '; no GPU, the CPU does'}")


def inputs() -> Iterator[Finding]:
    """Yield the audio inputs. To have none is no failure: files can be heard all the same."""
    try:
        devices = list_inputs()
    except DeviceError as error:
        yield Finding(Level.WARN, "audio input", error.sentence)
        return
    if not devices:
        yield Finding(Level.WARN, "audio input", "none: connect a microphone to listen; files can be heard without.")
    for device in devices:
        yield Finding(Level.OK, "audio input", describe_input(device))


def model(profile: Profile) -> Iterator[Finding]:
    """Load the model in use, which runs its self-test, and time it."""
    from mgc_desktop.core.cores import model_threads
    from mgc_desktop.core.settings import Settings
    from mgc_desktop.model.runtime import Runtime
    from mgc_desktop.model.trust import TrustStore

    folder = choose_model(profile, None, Settings(profile.settings_file).get(MODEL_SETTING, None)).folder
    began = time.perf_counter()
    try:
        runtime = Runtime.load(folder, trust=TrustStore(profile.trusted_file), threads=model_threads())
        loaded = time.perf_counter() - began
        frames = round(runtime.info.window_seconds * runtime.info.sample_rate)
        noise = (0.1 * np.random.default_rng(0).standard_normal((1, frames))).astype(np.float32)
        times = []
        for _ in range(_TIMED_WINDOWS):
            began = time.perf_counter()
            runtime.logits(noise)
            times.append((time.perf_counter() - began) * 1000.0)
    except MgcError as error:
        yield Finding(Level.FAIL, "model", _with_detail(error))
        return
    said = f"{runtime.info.name} ({', '.join(runtime.info.genres)}) in {folder}"
    yield Finding(Level.OK, "model", said)
    yield Finding(Level.OK, "self-test", f"passed on {runtime.device_name}, loaded in {loaded:.1f} s")
    median = sorted(times)[_TIMED_WINDOWS // 2]
    level = Level.OK if median < _SLOW_MS else Level.WARN
    yield Finding(level, "speed", f"{median:.0f} ms for a window of {runtime.info.window_seconds:.1f} s")


def _with_detail(error: MgcError) -> str:
    # For a bug report: on one line, as every finding is.
    return f"{error.sentence} ({' '.join(error.detail.split())})" if error.detail else error.sentence


def folders(profile: Profile) -> Iterator[Finding]:
    """Yield where everything is kept, and whether it can be written."""
    places = {
        "settings": profile.settings_file,
        "library": profile.library_file,
        "models": profile.models_dir,
        "shipped models": shipped_models_dir(),
        "training runs": profile.runs_dir,
        "cache": profile.cache_dir,
        "log": profile.log_file,
    }
    for name, path in places.items():
        yield Finding(Level.OK, name, str(path))
    for folder in dict.fromkeys((profile.settings_dir, profile.data_dir, profile.cache_dir, profile.log_dir)):
        if not os.access(folder, os.W_OK):
            yield Finding(Level.FAIL, "permission", f"{folder} can't be written: change its permissions.")
    yield from _space(profile)


def _space(profile: Profile) -> Iterator[Finding]:
    free = shutil.disk_usage(profile.data_dir).free
    text = f"{free / 1e9:.1f} GB free in {profile.data_dir}"
    if free < _NO_SPACE:
        yield Finding(Level.FAIL, "disk", f"{text}: free some, or nothing can be kept.")
    elif free < _LOW_SPACE:
        yield Finding(Level.WARN, "disk", f"{text}: training needs more.")
    else:
        yield Finding(Level.OK, "disk", text)


def watching() -> Iterator[Finding]:
    """Yield whether folders can be watched, and how many."""
    try:
        version = metadata.version("watchdog")
    except metadata.PackageNotFoundError:
        yield Finding(Level.WARN, "watching", "watchdog is not installed, so no folder can be watched: install again.")
        return
    try:
        limit = int(Path("/proc/sys/fs/inotify/max_user_watches").read_text(encoding="ascii"))
    except (OSError, ValueError):
        yield Finding(Level.OK, "watching", f"watchdog {version}")
        return
    text = f"watchdog {version}; the system watches up to {limit:,} folders"
    if limit < _FEW_WATCHES:
        yield Finding(Level.WARN, "watching", f"{text}: for more, sudo sysctl fs.inotify.max_user_watches=1048576.")
    else:
        yield Finding(Level.OK, "watching", text)


def database(profile: Profile) -> Iterator[Finding]:
    """Check the library database, where there is one."""
    if not profile.library_file.exists():
        yield Finding(Level.OK, "database", "none yet; made when the window is opened first")
        return
    from mgc_desktop.library.reader import Reader

    try:
        reader = Reader(profile.library_file)
    except LibraryError as error:
        yield Finding(Level.FAIL, "database", _with_detail(error))
        return
    try:
        troubles = reader.check()
        counts = reader.counts()
    except LibraryError as error:
        yield Finding(Level.FAIL, "database", _with_detail(error))
        return
    finally:
        reader.close()
    if troubles:
        yield Finding(Level.FAIL, "database", f"is damaged ({troubles[0]}): put back a backup that lies beside it.")
    else:
        yield Finding(Level.OK, "database", f"sound; {counts}")


def run(args: argparse.Namespace) -> int:
    """Print a line for each finding and return 0 where none is a failure."""
    prepare_streams()
    profile = open_profile(args.profile)
    checks: tuple[Callable[[], Iterator[Finding]], ...] = (
        versions,
        compute,
        inputs,
        lambda: model(profile),
        lambda: folders(profile),
        watching,
        lambda: database(profile),
    )
    worst = Level.OK
    for check in checks:
        for finding in check():
            print(f"{finding.level:<5} {finding.subject:<19} {finding.text}", flush=True)
            if finding.level is Level.FAIL:
                worst = Level.FAIL
    print("Something needs attention: see FAIL above." if worst is Level.FAIL else "All is well.")
    return EXIT_SOME_FAILED if worst is Level.FAIL else EXIT_OK
