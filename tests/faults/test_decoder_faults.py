"""Files that are broken in every way, and decoders that fall, hang or starve: each costs itself alone."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path

import numpy as np
import pytest

from mgc_desktop.core.errors import DecodeError, MgcError
from mgc_desktop.core.pool import LimitedPool
from mgc_desktop.core.values import DecodedFile
from mgc_desktop.core.windows import WindowRequest
from mgc_desktop.engine.analyse import analyse_file
from tests import synth
from tests.unit.core import pool_tasks as tasks

WavFactory = Callable[..., Path]
WAIT = 90.0
SAMPLE_RATE, WINDOW, COUNT, LEAST = 12000, 5.0, 3, 1.0

needs_posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals, pipes and limits")


@pytest.fixture
def pool() -> Iterator[LimitedPool]:
    made = LimitedPool(2, timeout_s=30)
    yield made
    made.stop()


def analyse(pool: LimitedPool, path: Path | str) -> Future[DecodedFile]:
    return pool.schedule(analyse_file, (str(path), WindowRequest(SAMPLE_RATE, WINDOW, WINDOW, COUNT, LEAST)))


def test_broken_files_among_good_ones(pool: LimitedPool, tmp_path: Path, wav_file: WavFactory) -> None:
    good = [wav_file(f"good-{index}{extension}") for index, extension in enumerate([".wav", ".mp3", ".m4a", ".flac"])]
    broken = {"empty.mp3": b"", "noise.mp3": np.random.default_rng(0).bytes(50_000), "text.flac": b"words " * 500}
    for name, content in broken.items():
        (tmp_path / name).write_bytes(content)
    whole = wav_file("whole.ogg", seconds=20.0).read_bytes()
    (tmp_path / "truncated.ogg").write_bytes(whole[: len(whole) // 2])
    wrong = wav_file("right.flac").rename(tmp_path / "wrong.wav")
    failing = [*(tmp_path / name for name in broken), tmp_path / "gone.mp3", tmp_path]

    futures = {path: analyse(pool, path) for path in [*good, *failing, tmp_path / "truncated.ogg", wrong]}
    for path in [*good, wrong]:
        assert futures[path].result(WAIT).duration == pytest.approx(4.0, abs=0.1)
    assert 8 < futures[tmp_path / "truncated.ogg"].result(WAIT).duration < 12
    for path in failing:
        error = futures[path].exception(WAIT)
        assert isinstance(error, DecodeError)
        assert error.sentence.endswith(".")
        assert "\n" not in error.sentence
        assert len(error.sentence) < 160


@needs_posix
def test_pipes_do_not_hold_a_decoder(pool: LimitedPool, tmp_path: Path, wav_file: WavFactory) -> None:
    os.mkfifo(tmp_path / "pipe.mp3")
    before = time.monotonic()
    error = analyse(pool, tmp_path / "pipe.mp3").exception(WAIT)
    assert isinstance(error, DecodeError)
    assert "no regular file" in error.sentence
    assert time.monotonic() - before < 25
    assert analyse(pool, wav_file()).result(WAIT).windows


def test_a_file_that_vanishes_while_it_waits(tmp_path: Path, wav_file: WavFactory, pool: LimitedPool) -> None:
    busy = [pool.schedule(tasks.sleep, (0.5,)) for _ in range(2)]
    path = wav_file("doomed.wav")
    waiting = analyse(pool, path)
    path.unlink()
    error = waiting.exception(WAIT)
    assert isinstance(error, DecodeError)
    assert "not there" in error.sentence
    assert all(future.result(WAIT) for future in busy)


@needs_posix
def test_a_decoder_killed_in_the_middle_of_a_file(wav_file: WavFactory) -> None:
    files = [wav_file(f"{index}.wav") for index in range(4)]
    long = wav_file("long.ogg", kind="tone", seconds=400.0, rate=44100)  # takes a second to decode as one window
    pool = LimitedPool(1)
    try:
        assert analyse(pool, files[0]).result(WAIT)
        (decoder,) = pool.pids()
        victim = pool.schedule(analyse_file, (str(long), WindowRequest(SAMPLE_RATE, 390.0, 390.0, 1, LEAST)))
        after = [analyse(pool, path) for path in files]
        time.sleep(0.15)
        os.kill(decoder, signal.SIGKILL)
        error = victim.exception(WAIT)
        assert isinstance(error, DecodeError)
        assert "fell over this file" in error.sentence
        assert all(future.result(WAIT).windows for future in after)
        assert pool.pids() != [decoder]
    finally:
        pool.stop()


def test_a_decoder_that_hangs(wav_file: WavFactory) -> None:
    pool = LimitedPool(2, timeout_s=3)
    try:
        files = [wav_file(f"{index}.wav") for index in range(6)]
        assert analyse(pool, files[0]).result(WAIT)
        hanging = pool.schedule(tasks.sleep, (3600,))
        assert all(future.result(WAIT).windows for future in [analyse(pool, path) for path in files])
        error = hanging.exception(WAIT)
        assert isinstance(error, DecodeError)
        assert "longer than 3 s" in error.sentence
    finally:
        pool.stop()


@needs_posix
@pytest.mark.skipif(sys.platform == "darwin", reason="macOS does not hold a process to an address space")
def test_a_decoder_that_swallows_memory(wav_file: WavFactory) -> None:
    pool = LimitedPool(1, memory_bytes=1 << 30)
    try:
        greedy = pool.schedule(tasks.swallow_memory, ())
        decoded = analyse(pool, wav_file(seconds=30.0))
        error = greedy.exception(WAIT)
        assert isinstance(error, DecodeError)
        assert "memory" in error.sentence
        assert decoded.result(WAIT).windows
    finally:
        pool.stop()


@needs_posix
@pytest.mark.skipif(sys.platform == "darwin", reason="macOS does not hold a process to an address space")
def test_every_format_is_decoded_within_the_usual_memory(pool: LimitedPool, wav_file: WavFactory) -> None:
    """With long windows of high-rate, many-channel audio: the most that is asked of a decoder."""
    samples = synth.stereo(synth.noise(40.0, 96000), 8)
    path = synth.write_wav(wav_file().with_name("wide.wav"), samples, 96000, subtype="PCM_24")
    future = pool.schedule(analyse_file, (str(path), WindowRequest(SAMPLE_RATE, 29.12, 29.12, COUNT, LEAST)))
    assert future.result(WAIT).windows[0].samples.size == 349440


def test_flipped_bytes_are_heard_or_refused(pool: LimitedPool, tmp_path: Path, wav_file: WavFactory) -> None:
    futures = {}
    for extension in (".mp3", ".flac", ".ogg", ".opus", ".m4a", ".wma", ".wv", ".tta", ".aiff"):
        content = wav_file(f"whole{extension}", seconds=3.0).read_bytes()
        chance = np.random.default_rng(len(extension))
        for index in range(24):
            damaged = np.frombuffer(content, np.uint8).copy()
            reach = 400 if index % 2 else damaged.size  # the headers are where it hurts
            damaged[chance.integers(0, reach, 12)] = chance.integers(0, 256, 12, dtype=np.uint8)
            path = tmp_path / f"{index}{extension}"
            path.write_bytes(damaged.tobytes())
            futures[path.name] = analyse(pool, path)
    for name, future in futures.items():
        error = future.exception(WAIT)
        if error is None:
            assert all(np.isfinite(window.samples).all() for window in future.result().windows), name
        else:
            assert isinstance(error, MgcError), name
            assert "longer than" not in error.sentence, name
