"""How long the windows of a track take, beside decoding it in full: `python -m tests.benchmarks.bench_decode`.

Prints, for a computed track of four minutes in each format, medians in ms of soundfile decoding it in full, of its
three windows (as `classify` reads them), of that with tags and digest, and the ratio of the first two. Then the same
through a pool of decoder processes, in files a second.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile

from mgc_desktop.audio.decode import load_audio, read_windows
from mgc_desktop.core.errors import DecodeError
from mgc_desktop.core.pool import LimitedPool
from mgc_desktop.core.windows import WindowRequest
from mgc_desktop.engine.analyse import analyse_file
from tests import synth

SECONDS, RATE = 240.0, 44100
REQUEST = WindowRequest(12000, 29.12, 14.56, 3, 1.0)  # as the reference model asks
FORMATS = (".mp3", ".flac", ".ogg", ".opus", ".m4a", ".wma", ".wv", ".wav")
REPEATS = 5
POOL_FILES = 24


def _median_ms(call: Callable[[], object]) -> float:
    call()
    times = []
    for _ in range(REPEATS):
        before = time.perf_counter()
        call()
        times.append(time.perf_counter() - before)
    return 1000 * statistics.median(times)


def _whole(path: Path) -> object:
    try:
        return soundfile.read(path, dtype="float32")
    except soundfile.SoundFileError:
        return load_audio(path, sample_rate=None)  # what soundfile does not know, PyAV decodes


def _windows(path: Path) -> object:
    return read_windows(str(path), REQUEST)


def _bench_format(path: Path) -> None:
    whole = _median_ms(lambda: _whole(path))
    windows = _median_ms(lambda: _windows(path))
    everything = _median_ms(lambda: analyse_file(str(path), REQUEST))
    sys.stdout.write(
        f"{path.suffix:6} whole {whole:6.0f} ms   windows {windows:5.0f} ms   with tags and digest {everything:5.0f} ms"
        f"   whole / windows {whole / windows:4.1f}\n"
    )


def _bench_pool(path: Path, workers: int) -> None:
    pool = LimitedPool(workers)
    try:
        before = time.perf_counter()
        pool.schedule(analyse_file, (str(path), REQUEST)).result()
        first = time.perf_counter() - before
        for future in [pool.schedule(analyse_file, (str(path), REQUEST)) for _ in range(workers * 2)]:
            future.result()
        before = time.perf_counter()
        for future in [pool.schedule(analyse_file, (str(path), REQUEST)) for _ in range(POOL_FILES)]:
            future.result()
        rate = POOL_FILES / (time.perf_counter() - before)
    finally:
        pool.stop()
    sys.stdout.write(f"{path.suffix:6} pool of {workers}: first file {first:.2f} s, then {rate:.1f} files/s\n")


def main() -> None:
    part = synth.stereo(synth.song(30.0, RATE) + synth.noise(30.0, RATE, level=0.02))
    track = np.tile(part, (round(SECONDS / 30), 1))
    with tempfile.TemporaryDirectory() as folder:
        for extension in FORMATS:
            path = synth.write_audio(Path(folder) / f"track{extension}", track, RATE)
            try:
                _bench_format(path)
            except DecodeError as error:
                sys.stdout.write(f"{extension}: {error}\n")
        for workers in (1, 2):
            _bench_pool(Path(folder) / "track.mp3", workers)


if __name__ == "__main__":
    main()
