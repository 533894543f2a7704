"""Scans through real trouble: hostile files and names, decoders that are killed or hang, models that fail."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from mgc_desktop.core.values import TrackState
from mgc_desktop.engine.engine import Engine
from mgc_desktop.engine.events import (
    Event,
    ModelFailed,
    ModelReady,
    Problem,
    ScanFinished,
    ScanProgress,
    TracksChanged,
)
from mgc_desktop.engine.pipeline import DecoderLimits
from tests import synth
from tests.broken_python import break_python
from tests.engines import EngineFactory, copies, decoders, rows
from tests.events import Events

SOUND = (TrackState.DONE, "")


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a minute of music as mp3."""
    return synth.write_audio(tmp_path_factory.mktemp("song") / "song.mp3", synth.song(60.0))


def outcome(engine: Engine) -> dict[str, tuple[TrackState, str]]:
    return {os.path.basename(row.path): (row.state, row.error) for row in rows(engine)}


def wait_for_decoders(count: int) -> list[psutil.Process]:
    deadline = time.monotonic() + 30.0
    while len(decoders()) < count and time.monotonic() < deadline:
        time.sleep(0.02)
    return decoders()


def progressed(done: int) -> Callable[[ScanProgress], bool]:
    return lambda progress: progress.done >= done


def test_bad_files_get_a_sentence_each_and_good_ones_a_verdict(engines: EngineFactory, tmp_path: Path) -> None:
    folder = tmp_path / "music"
    folder.mkdir()
    good = synth.write_audio(folder / "good.flac", synth.song(5.0))
    (folder / "mp3 inside.wav").write_bytes(synth.write_audio(tmp_path / "x.mp3", synth.song(5.0)).read_bytes())
    (folder / "empty.mp3").touch()
    (folder / "random.mp3").write_bytes(os.urandom(30_000))
    (folder / "random.m4a").write_bytes(os.urandom(30_000))
    (folder / "text.wav").write_text("RIFF is a word, and this is a text. " * 100)
    (folder / "cut.flac").write_bytes(good.read_bytes()[:150])
    synth.write_wav(folder / "short.wav", synth.song(0.05))
    with engines() as (engine, events):
        engine.scanner.add([folder])
        summary = events.wait(ScanFinished)
        said = outcome(engine)
    assert said.pop("good.flac") == SOUND
    assert said.pop("mp3 inside.wav") == SOUND
    assert len(said) == 6
    for name, (state, sentence) in said.items():
        assert state is TrackState.FAILED, name
        assert len(sentence) > 20, name
    assert (summary.done, summary.failed) == (8, 6)
    assert events.of(Problem) == []


@pytest.mark.skipif(sys.platform == "win32", reason="such names and links are not allowed there")
def test_loops_and_odd_names(engines: EngineFactory, tmp_path: Path) -> None:
    folder = tmp_path / "music"
    folder.mkdir()
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    (folder / "deep").mkdir()
    (folder / "deep" / "up").symlink_to("..", target_is_directory=True)
    (folder / "dangling.wav").symlink_to("nowhere.wav")
    names = {"new\nline.wav", "-dash.wav", "Käse 夜曲 🎷.wav", "%s %n {}.wav", "n" * 246 + ".wav", "\udcff\udcfe.wav"}
    for name in names:
        synth.write_audio(folder / name, synth.song(2.0))
    with engines() as (engine, events):
        engine.scanner.add([folder])
        summary = events.wait(ScanFinished)
        said = outcome(engine)
    assert set(said) == names
    assert set(said.values()) == {SOUND}
    (sentence,) = summary.problems
    assert "dangling.wav" in sentence


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may read everything")
def test_what_may_not_be_read_is_a_sentence(engines: EngineFactory, tmp_path: Path) -> None:
    folder = tmp_path / "music"
    (folder / "closed").mkdir(parents=True)
    for name in ("good.wav", "private.wav", "closed/inside.wav"):
        synth.write_audio(folder / name, synth.song(2.0))
    (folder / "private.wav").chmod(0)
    (folder / "closed").chmod(0)
    try:
        with engines() as (engine, events):
            engine.scanner.add([folder])
            summary = events.wait(ScanFinished)
            said = outcome(engine)
    finally:
        (folder / "closed").chmod(0o700)
    assert said["good.wav"] == SOUND
    assert said["private.wav"][0] is TrackState.FAILED
    assert "ermission" in said["private.wav"][1]
    assert any("closed" in sentence for sentence in summary.problems)


def test_a_file_that_vanishes_while_queued_is_missing(engines: EngineFactory, tmp_path: Path, song: Path) -> None:
    folder = copies(song, tmp_path / "music", 6)
    with engines() as (engine, events):
        engine.scanner.pause()
        engine.scanner.add([folder])
        engine.scanner.pause()
        events.wait(TracksChanged, where=lambda change: change.rows_added)
        last = folder / "005.mp3"
        last.unlink()
        engine.scanner.resume()
        summary = events.wait(ScanFinished)
        said = outcome(engine)
    assert said.pop("005.mp3")[0] is TrackState.MISSING
    assert set(said.values()) == {SOUND}
    assert summary.failed == 1
    assert summary.problems == (f"{last} is not there any more: put it back, or add its folder again.",)


def test_a_decoder_that_is_killed_mid_file_costs_that_file_alone(
    engines: EngineFactory, tmp_path: Path, song: Path
) -> None:
    folder = copies(song, tmp_path / "music", 20)
    with engines(limits=DecoderLimits(2)) as (engine, events):
        engine.scanner.add([folder])
        events.wait(ScanProgress, where=progressed(2))
        victims = wait_for_decoders(2)
        for victim in victims:
            victim.suspend()  # so that it dies in the middle of a file, and not between two
        time.sleep(0.3)
        for victim in victims:
            victim.kill()
        summary = events.wait(ScanFinished)
        said = outcome(engine)
    fallen = [sentence for state, sentence in said.values() if state is TrackState.FAILED]
    assert 1 <= len(fallen) <= len(victims)
    assert summary.failed == len(fallen)
    assert all("decoder" in sentence for sentence in fallen)
    assert list(said.values()).count(SOUND) == 20 - len(fallen)


def test_a_decoder_that_hangs_is_replaced(engines: EngineFactory, tmp_path: Path, song: Path) -> None:
    folder = copies(song, tmp_path / "music", 16)
    with engines(limits=DecoderLimits(2, timeout_s=3.0)) as (engine, events):
        engine.scanner.add([folder])
        events.wait(ScanProgress, where=progressed(2))
        victim = wait_for_decoders(2)[0]
        victim.suspend()
        summary = events.wait(ScanFinished)
        said = outcome(engine)
    fallen = [sentence for state, sentence in said.values() if state is TrackState.FAILED]
    assert len(fallen) == 1
    assert "longer than 3 s" in fallen[0]
    assert summary.failed == 1
    assert not victim.is_running()
    # It is not tried again by the next process either, until it changes.
    (hung,) = [name for name, (state, _) in said.items() if state is TrackState.FAILED]
    with engines() as (engine, events):
        engine.scanner.look()
        summary = events.wait(ScanFinished)
        assert (summary.done, summary.unchanged) == (0, 16)
        changed = (folder / hung).read_bytes()
        (folder / hung).unlink()
        (folder / hung).write_bytes(changed)
        engine.scanner.look()
        assert events.wait(ScanFinished, 2).done == 1
        assert set(outcome(engine).values()) == {SOUND}


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="memory can't be limited there")
def test_a_decoder_that_runs_out_of_memory_is_a_sentence(engines: EngineFactory, tmp_path: Path, song: Path) -> None:
    folder = copies(song, tmp_path / "music", 3)
    with engines(limits=DecoderLimits(1, memory_bytes=1 << 20)) as (engine, events):
        engine.scanner.add([folder])
        summary = events.wait(ScanFinished)
        said = outcome(engine)
    assert summary.failed == 3
    for state, sentence in said.values():
        assert state is TrackState.FAILED
        # Whichever comes first: the samples, or a library that finds no room to be loaded.
        assert "memory" in sentence or "its decoder failed" in sentence
    with engines() as (engine, events):
        events.wait(ModelReady)
        engine.scanner.rescan([row.id for row in rows(engine)])
        assert events.wait(ScanFinished).failed == 0


def test_without_a_model_rows_wait_and_are_heard_once_there_is_one(
    engines: EngineFactory, two_models: Path, tmp_path: Path, song: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # No shipped model to fall back to.
    monkeypatch.setattr("mgc_desktop.engine.choice.shipped_models_dir", lambda: tmp_path / "no models")
    folder = copies(song, tmp_path / "music", 3)
    broken = tmp_path / "broken"
    broken.mkdir()
    with engines(model=broken) as (engine, events):
        engine.scanner.add([folder])
        assert "is not a model folder" in events.wait(ModelFailed).sentence
        events.wait(TracksChanged, where=lambda change: change.rows_added)
        time.sleep(0.5)
        assert {row.state for row in rows(engine)} == {TrackState.QUEUED}
        engine.use_model(two_models / "two")
        assert events.wait(ScanFinished).done == 3
        assert set(outcome(engine).values()) == {SOUND}


def test_models_that_come_and_go_during_a_scan(
    engines: EngineFactory, two_models: Path, tmp_path: Path, song: Path
) -> None:
    folder = copies(song, tmp_path / "music", 24)
    broken = tmp_path / "broken"
    broken.mkdir()

    def loads(events: Events) -> list[Event]:
        return [event for event in events.seen if isinstance(event, ModelReady | ModelFailed)]

    with engines() as (engine, events):
        events.wait(ModelReady)
        engine.scanner.add([folder])
        for number, model in enumerate((two_models / "two", broken, two_models / "one", two_models / "two", broken)):
            events.wait(ScanProgress, where=progressed(3 * number))
            engine.use_model(model)
            deadline = time.monotonic() + 30.0
            while len(loads(events)) < number + 2 and time.monotonic() < deadline:
                time.sleep(0.01)
        summary = events.wait(ScanFinished)
        assert (summary.done, summary.failed) == (24, 0)
        assert set(outcome(engine).values()) == {SOUND}
        with contextlib.closing(engine.reader()) as reader:
            found = [reader.verdict(row.id) for row in rows(engine)]
    assert {verdict.model for verdict in found if verdict is not None} <= {"one", "two"}
    assert None not in found
    assert len(events.of(ModelFailed)) == 2
    assert [problem for problem in events.of(Problem) if problem.bug] == []


def test_stopping_in_the_middle_is_quick_and_loses_nothing(engines: EngineFactory, tmp_path: Path, song: Path) -> None:
    folder = copies(song, tmp_path / "music", 20)
    with engines() as (engine, events):
        engine.scanner.add([folder])
        events.wait(ScanProgress, where=progressed(3))
        began = time.monotonic()
        engine.stop()
        assert time.monotonic() - began < 5.0
        assert decoders() == []
    with engines() as (engine, events):
        summary = events.wait(ScanFinished)
        assert summary.done <= 17
        assert set(outcome(engine).values()) == {SOUND}


@pytest.mark.parametrize("known", [False, True], ids=["new files", "known files"])
def test_where_no_decoder_can_be_started_the_tracks_wait(
    engines: EngineFactory, tmp_path: Path, song: Path, monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    """Nothing is known of a file that nobody could read: its row may not say that it is at fault."""
    monkeypatch.setattr("mgc_desktop.engine.scanner._REST_SECONDS", 0.3)
    folder = copies(song, tmp_path / "music", 5)
    with engines() as (engine, events):
        if known:
            engine.scanner.add([folder])
            events.wait(ScanFinished)
        for process in decoders():
            process.kill()
        break_python(monkeypatch)
        if known:
            engine.scanner.rescan([row.id for row in rows(engine)])
        else:
            engine.scanner.add([folder])
        problem = events.wait(Problem)
        time.sleep(1.5)  # it is tried again, in vain
        waiting = outcome(engine)
        monkeypatch.delenv("PYTHONHOME")
        summary = events.wait(ScanFinished, 2 if known else 1)
        said = outcome(engine)
    assert "no decoder process could be started" in problem.sentence
    assert events.of(Problem) == [problem]
    assert set(waiting.values()) == {(TrackState.QUEUED, "")}
    assert set(said.values()) == {SOUND}
    assert len(said) == len(waiting) == 5
    assert (summary.done, summary.failed) == (5, 0)


def test_what_is_asked_for_anew_is_tried_and_told_anew(
    engines: EngineFactory, tmp_path: Path, song: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = copies(song, tmp_path / "music", 2)
    with engines() as (engine, events):
        break_python(monkeypatch)
        engine.scanner.add([folder])
        events.wait(Problem)
        engine.scanner.cancel()
        events.wait(ScanFinished)
        engine.scanner.add([folder])
        events.wait(Problem, 2)  # and not after a minute
        monkeypatch.delenv("PYTHONHOME")
        engine.scanner.cancel()
        events.wait(ScanFinished, 2)
        engine.scanner.add([folder])
        assert events.wait(ScanFinished, 3).failed == 0
        assert set(outcome(engine).values()) == {SOUND}
