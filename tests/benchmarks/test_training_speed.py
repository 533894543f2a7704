"""Training's speed: an epoch from the feature cache beside decoding and librosa in each epoch; the filling of the cache
by cores; and what helps the network's step on a processor.

Run with ``python -m pytest -m slow -s tests/benchmarks/test_training_speed.py``.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import statistics
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import torch
from torch.nn import functional

from mgc_desktop.core.cores import available_cores
from tests import synth
from training.data.batches import TrainBatches
from training.data.cache import FeatureCache, Features
from training.data.items import Item
from training.data.tracks import hard_targets, tracks_of
from training.data.variants import Variety, changes_for
from training.recipe import Recipe
from training.systems import System, get_system

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

TRACKS = 96  # of which some differ in a last byte only: the cache takes them for others
PIECES = 8
BY_HAND = 16  # tracks of an epoch without a cache
SECONDS = 30.0
ROUNDS = 3
WANTED = 5.0  # times as many tracks a second as decoding and librosa in each epoch
STEP_ITEMS, STEP_FRAMES = 16, 470  # 10 s at 12 kHz


class Cost:
    """Seconds that passed, and seconds of processor time of this process and those it started."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), _processor_seconds()
        self.wall = self.cpu = 0.0

    def stop(self) -> Cost:
        self.wall, self.cpu = time.perf_counter() - self._wall, _processor_seconds() - self._cpu
        return self

    def say(self, what: str, tracks: int) -> None:
        print(
            f"{what:58}{tracks / self.wall:8.1f} tracks a second{1000 * self.cpu / tracks:9.2f} ms of processor a track"
        )


def _processor_seconds() -> float:
    times = psutil.Process().cpu_times()
    return float(times.user + times.system + times.children_user + times.children_system)


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> list[Item]:
    """Return mp3 clips of 30 s, stereo at 44.1 kHz, the most usual training material."""
    folder = tmp_path_factory.mktemp("music")
    items = []
    for number in range(TRACKS):
        label = ("drums", "chords")[number % 2]
        path = folder / f"{number:02}.mp3"
        if number < PIECES:
            synth.write_audio(path, synth.stereo(synth.KINDS[label](SECONDS, 44100, seed=number)), 44100)
        else:
            path.write_bytes((folder / f"{number % PIECES:02}.mp3").read_bytes() + bytes([number]))
        items.append(Item(path, label, path.name, "train"))
    return items


@pytest.fixture(scope="module")
def features(music: list[Item], tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Features]:
    cache = FeatureCache(tmp_path_factory.mktemp("cache"), get_system("crnn"), 120.0)
    found, bad = cache.load_all([item.path for item in music], available_cores(), _quiet)
    assert not bad
    return found


def _quiet(done: int, total: int) -> None:
    assert done <= total


def librosa_defaults(path: Path) -> Any:
    """Do what most programs of the field do for a track in each epoch."""
    import librosa

    samples, rate = librosa.load(path)
    return librosa.power_to_db(librosa.feature.melspectrogram(y=samples, sr=rate))


def librosa_same_features(path: Path) -> Any:
    """Compute what the cache holds with soundfile, soxr and librosa, as somebody would who counts milliseconds."""
    import librosa
    import soundfile
    import soxr

    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    wave = soxr.resample(samples.mean(axis=1), rate, 12_000)
    return librosa.power_to_db(librosa.feature.melspectrogram(y=wave, sr=12_000, n_fft=512, hop_length=256, n_mels=96))


def an_epoch_of(function: Callable[[Path], Any], paths: list[Path]) -> Cost:
    """Return the cheapest of some epochs of a loop over the tracks, without crops, batches and augmentation."""
    function(paths[0])

    def epoch() -> None:
        for path in paths:
            assert np.isfinite(function(path)).all()

    return _cheapest(epoch)


def _cheapest(work: Callable[[], None]) -> Cost:
    costs = []
    for _ in range(ROUNDS):
        cost = Cost()
        work()
        costs.append(cost.stop())
    return min(costs, key=lambda cost: cost.cpu)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # librosa's, of modules that Python will drop
def test_an_epoch_from_the_cache(music: list[Item], features: dict[Path, Features]) -> None:
    system, labels = get_system("crnn"), ["chords", "drums"]
    tracks = tracks_of(music, features, system.frontend_config)
    batches = TrainBatches(tracks, hard_targets(tracks, labels), system.frontend_config, Recipe())
    epochs = 10

    def epoch() -> None:
        for number in range(epochs):
            for x, _ in batches.epoch(number):
                assert len(x)

    ours = _cheapest(epoch)
    assert ours.cpu > 0
    print(f"\n{TRACKS} mp3 of {SECONDS:.0f} s, {available_cores()} cores, load {os.getloadavg()[0]:.1f}")
    heard = batches.steps * Recipe().batch_size * epochs
    ours.say("from the cache, with crops, mixup, masks and tilt", heard)
    paths = [item.path for item in music[:BY_HAND]]
    for name, function in (
        ("librosa.load, melspectrogram, each epoch", librosa_defaults),
        ("soundfile, soxr, librosa, same features, each epoch", librosa_same_features),
    ):
        theirs = an_epoch_of(function, paths)
        theirs.say(name, BY_HAND)
        share = heard / BY_HAND
        by_clock, by_processor = theirs.wall / ours.wall * share, theirs.cpu / ours.cpu * share
        print(f"{'':58}ratio {by_clock:.0f} by the clock, {by_processor:.0f} in processor time")
    print(f"wanted: {WANTED:g}")


def fill(folder: Path, music: list[Item], workers: int, system: System) -> Cost:
    cost = Cost()
    cache = FeatureCache(folder, system, 120.0)
    features, bad = cache.load_all([item.path for item in music], workers, _quiet)
    cache.close()
    assert len(features) == len(music)
    assert not bad
    return cost.stop()


def test_filling_the_cache(music: list[Item], tmp_path: Path) -> None:
    print(f"\nfilling the cache with {TRACKS} mp3 of {SECONDS:.0f} s, processes' starts included")
    for name in ("crnn", "cnn_handcrafted"):
        alone = 0.0
        for workers in sorted({1, 2, available_cores()}):
            folder = tmp_path / f"{name}-{workers}"
            cost = fill(folder, music, workers, get_system(name))
            assert len(list(folder.rglob("*.f16"))) == len(music)
            alone = alone or cost.wall
            cost.say(f"{name}, {workers} decoder process(es): {alone / cost.wall:.2f} times one", TRACKS)
    again = fill(tmp_path / "crnn-1", music, 1, get_system("crnn"))
    again.say("crnn, all there already, every byte checked", TRACKS)


def test_variants(music: list[Item], tmp_path: Path) -> None:
    changes = changes_for(music[:BY_HAND], Variety(count=1), 1)
    cost = Cost()
    cache = FeatureCache(tmp_path / "cache", get_system("crnn"), 120.0)
    found, bad = cache.load_changed(changes, available_cores(), _quiet)
    cache.close()
    assert len(found) == BY_HAND
    assert not bad
    print()
    cost.stop().say(f"variants (pitch, speed, low-pass), {available_cores()} processes", BY_HAND)


def step_milliseconds(last: bool, low: bool, compiled: bool) -> tuple[float, float]:
    """Return ms of processor time for a step of the crnn on one core, and s of the first one, which compiles."""
    warnings.simplefilter("ignore")  # of the compiler
    torch.manual_seed(0)
    torch.set_num_threads(1)  # so that other programs change little
    x, y = torch.randn(STEP_ITEMS, 96, STEP_FRAMES) * 20 - 40, torch.randint(0, 10, (STEP_ITEMS,))
    module = get_system("crnn").network(10).train()
    if last:
        module = module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    network = torch.compile(module) if compiled else module

    def step() -> None:
        with torch.autocast("cpu", torch.bfloat16, enabled=low):
            logits = network(x)
        functional.cross_entropy(logits.float(), y).backward()
        module.zero_grad(set_to_none=True)

    began = time.perf_counter()
    step()
    first = time.perf_counter() - began
    times = []
    for _ in range(5):
        began = time.process_time()
        step()
        times.append(time.process_time() - began)
    return 1000 * statistics.median(times), first


def test_what_helps_a_step() -> None:
    ways = [(False, False, False), (True, False, False), (False, True, False), (True, True, False)]
    if shutil.which("g++") is not None:
        ways += [(False, False, True), (True, True, True)]
    plain = 0.0
    print(f"\na step of the crnn: {STEP_ITEMS} items of 10 s, one core, forward and backward")
    # In a process that ends: the compiler leaves threads behind.
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        for last, low, compiled in ways:
            ms, first = pool.submit(step_milliseconds, last, low, compiled).result()
            plain = plain or ms
            words = ["channels_last"] * last + ["bfloat16"] * low + ["torch.compile"] * compiled
            name = ", ".join(words) or "as it is"
            print(f"{name:46}{ms:8.0f} ms   {plain / ms:.2f} times   first step {first:5.1f} s")
    print(f"this processor computes in bfloat16: {torch.cpu.get_capabilities().get('avx512_bf16', False)}")
    assert plain > 0
