"""How fast files are classified, beside decoding them in full and beside the usual librosa lines, on the same cores.

Run with ``python -m pytest -m slow -s tests/benchmarks/test_classify_speed.py``.
"""

from __future__ import annotations

import multiprocessing
import queue
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from mgc_desktop.core.cores import available_cores
from mgc_desktop.core.paths import Profile
from mgc_desktop.core.values import VerdictKind
from mgc_desktop.engine.choice import shipped_model
from mgc_desktop.engine.classifier import Classifier
from mgc_desktop.engine.events import ModelReady
from mgc_desktop.engine.pipeline import Pipeline
from mgc_desktop.engine.results import Heard
from mgc_desktop.model.trust import TrustStore
from tests import synth
from tests.events import Events
from tests.model_folders import make_model_folder

pytestmark = pytest.mark.slow

TRACKS = 10
MINUTES = 4.0
ROUNDS = 2
SOUNDFILE_TARGET = 1.0
LIBROSA_TARGET = 3.0


def decode_whole(path: str) -> int:
    """Decode a file in full with soundfile; returns its frames."""
    import soundfile

    samples, _ = soundfile.read(path, dtype="float32")
    return len(samples)


def librosa_mel(path: str) -> int:
    """Do what most programs of the field do first; returns the number of columns."""
    import librosa

    samples, rate = librosa.load(path)
    return int(librosa.feature.melspectrogram(y=samples, sr=rate).shape[1])


@pytest.fixture(scope="module")
def tracks(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Return 4 min mp3 files, stereo at 44.1 kHz, as people have them."""
    folder = tmp_path_factory.mktemp("tracks")
    piece = synth.song(MINUTES * 60.0, 44100)
    first = synth.write_audio(folder / "00.mp3", synth.stereo(piece), 44100)
    copies = [shutil.copyfile(first, folder / f"{index:02}.mp3") for index in range(1, TRACKS)]
    return [str(path) for path in (first, *copies)]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, TrustStore]:
    folder = tmp_path_factory.mktemp("model")
    profile = Profile.open(folder / "profile")
    if shipped_model().is_dir():
        return shipped_model(), TrustStore(profile.trusted_file)
    return make_model_folder(folder / "tiny", trusted_file=profile.trusted_file), TrustStore(profile.trusted_file)


def one_after_the_other(function: Callable[[str], int], paths: list[str]) -> float:
    """Return the seconds a plain loop takes, as people write it, warm; the libraries may use every core."""
    function(paths[0])
    return min(_timed(lambda: [function(path) for path in paths]) for _ in range(ROUNDS))


def on_all_cores(function: Callable[[str], int], paths: list[str]) -> float:
    """Return the seconds it takes with a process a core, warm."""
    cores = available_cores()
    with ProcessPoolExecutor(cores, multiprocessing.get_context("spawn")) as pool:
        list(pool.map(function, paths[: 2 * cores]))
        return min(_timed(lambda: list(pool.map(function, paths))) for _ in range(ROUNDS))


def _timed(work: Callable[[], list[int]]) -> float:
    began = time.perf_counter()
    assert all(work())
    return time.perf_counter() - began


def classify_all(pipeline: Pipeline, results: queue.SimpleQueue[Heard], paths: list[str]) -> float:
    began = time.perf_counter()
    waiting, heard = list(paths), 0
    while heard < len(paths):
        while waiting and pipeline.can_take():
            pipeline.submit(waiting.pop())
        assert results.get(timeout=60.0).result.verdict.kind is not VerdictKind.ERROR
        heard += 1
    return time.perf_counter() - began


def measure_engine(model: tuple[Path, TrustStore], paths: list[str]) -> tuple[float, int]:
    """Return the best of some rounds over the tracks, s, and how many decoder processes there were."""
    folder, trust = model
    events, results = Events(), queue.SimpleQueue[Heard]()
    classifier = Classifier(trust, events)
    pipeline = Pipeline(classifier, results.put, lambda path: pytest.fail(f"{path} came back"))
    classifier.start()
    try:
        classifier.load(folder, "cpu")
        events.wait(ModelReady)
        classify_all(pipeline, results, paths[: 2 * available_cores()])
        return min(classify_all(pipeline, results, paths) for _ in range(ROUNDS)), pipeline.workers
    finally:
        pipeline.stop()
        classifier.stop()


@pytest.mark.timeout(600)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # librosa's, of modules that Python will drop
def test_classifying_keeps_up_with_decoding(tracks: list[str], model: tuple[Path, TrustStore]) -> None:
    engine, workers = measure_engine(model, tracks)
    assert engine > 0
    print(f"\n{len(tracks)} mp3 of {MINUTES:.0f} min, {available_cores()} cores, {workers} decoders, {model[0].name}")
    print(f"{'classify':52}{1000 * engine / len(tracks):6.0f} ms a track")
    for name, function in (("soundfile, in full", decode_whole), ("librosa.load, melspectrogram", librosa_mel)):
        for how, measure in (("one after the other", one_after_the_other), ("a process a core", on_all_cores)):
            seconds = measure(function, tracks)
            said = f"{name}, {how}"
            print(f"{said:52}{1000 * seconds / len(tracks):6.0f} ms a track   ratio {seconds / engine:.2f}")
    print(f"wanted: {SOUNDFILE_TARGET:g} beside soundfile, {LIBROSA_TARGET:g} (aim 5) beside librosa")
