"""The library as a whole: rows a second, tracks a second from the drop to the verdict, tags beside mutagen alone.

Run with ``python -m pytest -m slow -s tests/benchmarks/test_library_speed.py``. Writing tags has a file of its own.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from mgc_desktop.core.cores import available_cores
from mgc_desktop.core.paths import Profile
from mgc_desktop.core.values import FileResult, TrackTags, Verdict, VerdictKind, WindowScores
from mgc_desktop.engine.choice import shipped_model
from mgc_desktop.engine.engine import Engine
from mgc_desktop.engine.events import ModelReady, ScanFinished
from mgc_desktop.library.intake import FoundFile
from mgc_desktop.library.reader import Reader
from mgc_desktop.library.store import Store
from tests import synth
from tests.benchmarks.bench_scan import make_music, report, scan_speed
from tests.events import Events

pytestmark = pytest.mark.slow

ROWS = 100_000
LABELS = ("blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock")
FILES = 3000  # for the scan of tags
TRACKS, MINUTES = 12, 4.0  # for the whole way


def said(chance: np.random.Generator) -> FileResult:
    """Return a verdict as a model gives it, with the timeline behind it."""
    raw = chance.dirichlet(np.full(len(LABELS), 0.3))
    scores = dict(zip(LABELS, raw.tolist(), strict=True))
    first, second = sorted(scores, key=scores.__getitem__, reverse=True)[:2]
    kind = VerdictKind.GENRE if scores[first] > 0.46 else VerdictKind.UNSURE
    verdict = Verdict(kind, first, scores[first], second, scores[second], scores, "bench")
    windows = tuple(WindowScores(80.0 * i, 80.0 * i + 14.5, scores) for i in range(3))
    return FileResult("", 240.0, verdict, windows, TrackTags("A title", "An artist", "An album", ("Rock",)))


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def add_rows(store: Store) -> list[int]:
    ids: list[int] = []
    for at in range(0, ROWS, 500):
        found = [FoundFile(f"/music/{n // 1000:03}/{n:06}.mp3", n, n) for n in range(at, at + 500)]
        ids += store.add_files(found, "sha").new_ids
    return ids


def add_results(store: Store, ids: list[int], results: list[FileResult]) -> None:
    for at in range(0, len(ids), 100):
        with store.batch():
            for track in ids[at : at + 100]:
                store.set_result(track, results[track % len(results)], "sha", f"{track:032x}")


@pytest.mark.timeout(900)
def test_rows_a_second_on_insert(tmp_path: Path) -> None:
    chance = np.random.default_rng(0)
    results = [said(chance) for _ in range(500)]
    with contextlib.closing(Store(tmp_path / "library.sqlite3")) as store:
        began = time.perf_counter()
        ids = add_rows(store)
        rows = time.perf_counter() - began
        heard = _timed(lambda: add_results(store, ids, results))
        with contextlib.closing(Reader(store.path)) as reader:
            doubtful = _timed(reader.doubtful)
            number = len(reader.doubtful())
            card = _timed(lambda: [(reader.rows([i]), reader.verdict(i), reader.windows(i)) for i in ids[:100]]) / 100
    assert number
    print(f"\n{ROWS:,} tracks: found {ROWS / rows:,.0f} rows/s, heard {ROWS / heard:,.0f} rows/s")
    print(f"review: {number:,} doubtful in order after {1000 * doubtful:.0f} ms, a track's card {1000 * card:.1f} ms")


@pytest.mark.timeout(900)
def test_tags_of_a_collection_beside_mutagen_alone(tmp_path: Path) -> None:
    music = make_music(tmp_path, FILES)
    speed = scan_speed(music, Profile.open(tmp_path / "profile"))
    assert speed.tags > 0
    print(f"\n{report(speed)}\nwanted: rows with tags 1,200/s")


def decode_whole(path: str) -> int:
    """Decode a file in full with soundfile; returns its frames."""
    import soundfile

    samples, _ = soundfile.read(path, dtype="float32")
    return len(samples)


@pytest.fixture(scope="module")
def tracks(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return 4 min mp3 files, stereo at 44.1 kHz, each with an end of its own."""
    folder = tmp_path_factory.mktemp("tracks")
    first = synth.write_audio(folder / "00.mp3", synth.stereo(synth.song(MINUTES * 60.0, 44100)), 44100)
    copies = [Path(shutil.copyfile(first, folder / f"{number:02}.mp3")) for number in range(1, TRACKS)]
    return [first, *copies]


def decoded_on_all_cores(tracks: list[Path]) -> float:
    paths, cores = [str(path) for path in tracks], available_cores()
    with ProcessPoolExecutor(cores, multiprocessing.get_context("spawn")) as pool:
        list(pool.map(decode_whole, paths[:cores]))
        return _timed(lambda: list(pool.map(decode_whole, paths)))


@pytest.mark.timeout(900)
def test_from_the_drop_to_the_verdict_beside_full_decoding(tracks: list[Path], tmp_path: Path) -> None:
    profile, events = Profile.open(tmp_path / "profile"), Events()
    engine = Engine(profile, device="cpu", model=shipped_model(), on_event=events)
    engine.start()
    try:
        events.wait(ModelReady)
        began = time.perf_counter()
        engine.scanner.add([tracks[0].parent])
        finished = events.wait(ScanFinished, timeout=600.0)
        whole_way = time.perf_counter() - began
    finally:
        engine.stop()
    assert (finished.done, finished.failed) == (TRACKS, 0)
    alone = _timed(lambda: [decode_whole(str(path)) for path in tracks])
    together = decoded_on_all_cores(tracks)
    print(f"\n{TRACKS} mp3 of {MINUTES:.0f} min, {available_cores()} cores, processes started, rows written:")
    print(f"from the drop to the last verdict {TRACKS / whole_way:6.1f} tracks/s")
    for name, seconds in (("one after the other", alone), ("a process a core", together)):
        print(f"decoded in full, {name:20}{TRACKS / seconds:6.1f} tracks/s   ratio {seconds / whole_way:.2f}")
