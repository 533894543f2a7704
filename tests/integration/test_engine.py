"""The engine as a whole, without a window: folders in, verdicts in the library, and everything kept."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from mgc_desktop.core.paths import Profile
from mgc_desktop.core.values import TrackState, VerdictKind
from mgc_desktop.engine.engine import Engine
from mgc_desktop.engine.events import (
    ModelFailed,
    ModelReady,
    Problem,
    ScanFinished,
    ScanProgress,
    ScanState,
    TracksChanged,
)
from tests import synth
from tests.engines import EngineFactory, copies, rows
from tests.events import Events


@pytest.fixture
def music(tmp_path: Path) -> Path:
    folder = tmp_path / "music"
    for name in ("a.wav", "b.mp3", "inner/c.flac"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        synth.write_audio(folder / name, synth.song(4.0))
    return folder


@pytest.fixture(scope="module")
def minute(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a track of a minute, to be linked many times."""
    return synth.write_audio(tmp_path_factory.mktemp("minute") / "song.mp3", synth.song(60.0))


def test_folders_in_verdicts_out(engines: EngineFactory, music: Path) -> None:
    with engines() as (engine, events):
        engine.scanner.add([music])
        summary = events.wait(ScanFinished)
        assert (summary.done, summary.failed, summary.unchanged, summary.cancelled) == (3, 0, 0, False)
        assert summary.problems == ()
        found = rows(engine)
        assert [row.path for row in found] == [str(music / name) for name in ("a.wav", "b.mp3", "inner/c.flac")]
        for row in found:
            assert (row.state, row.kind, row.error) == (TrackState.DONE, VerdictKind.GENRE, "")
            assert row.duration == pytest.approx(4.0, abs=0.2)
            assert row.confidence is not None
        changes = events.of(TracksChanged)
        assert changes[0].rows_added
        assert {track for change in changes for track in change.ids} == {row.id for row in found}
        with contextlib.closing(engine.reader()) as reader:
            verdict = reader.verdict(found[0].id)
            assert verdict is not None
            assert verdict.model == "one"
            assert len(reader.windows(found[0].id)) == 1
        states = [progress.state for progress in events.of(ScanProgress)]
        assert states[0] is ScanState.RUNNING
        assert states[-1] is ScanState.IDLE


def test_rows_appear_before_their_verdicts(engines: EngineFactory, music: Path) -> None:
    with engines() as (engine, events):
        engine.scanner.add([music])
        events.wait(TracksChanged, where=lambda change: change.rows_added)
        # Nothing has been decoded yet: the processes for it are only just starting.
        assert [row.state for row in rows(engine)] == [TrackState.QUEUED] * 3
        events.wait(ScanFinished)


def test_the_next_start_hears_only_what_is_new_or_changed(engines: EngineFactory, music: Path) -> None:
    with engines() as (engine, events):
        engine.scanner.add([music])
        events.wait(ScanFinished)
    synth.write_audio(music / "new.wav", synth.chords(4.0))
    synth.write_audio(music / "a.wav", synth.noise(3.0))
    (music / "b.mp3").unlink()
    with engines() as (engine, events):
        assert len(rows(engine)) == 3
        engine.scanner.add([music])
        summary = events.wait(ScanFinished)
        assert (summary.done, summary.unchanged) == (2, 1)
        states = {Path(row.path).name: row.state for row in rows(engine)}
        assert states.pop("b.mp3") is TrackState.MISSING
        assert set(states.values()) == {TrackState.DONE}


def test_what_an_earlier_run_left_waiting_is_heard(engines: EngineFactory, music: Path) -> None:
    with engines() as (engine, events):
        engine.scanner.pause()
        engine.scanner.add([music])
        engine.scanner.pause()
        events.wait(TracksChanged, where=lambda change: change.rows_added)
    with engines() as (engine, events):
        summary = events.wait(ScanFinished)
        assert summary.done + summary.unchanged > 0
        assert {row.state for row in rows(engine)} == {TrackState.DONE}


def test_a_cancel_holds_over_the_next_start_and_adding_again_goes_on(
    engines: EngineFactory, minute: Path, tmp_path: Path
) -> None:
    copies(minute, tmp_path / "many", 120)
    with engines() as (engine, events):
        engine.scanner.add([tmp_path / "many"])
        events.wait(ScanProgress, where=lambda progress: progress.done > 0)
        engine.scanner.cancel()
        summary = events.wait(ScanFinished)
        assert summary.cancelled
        assert summary.done < 120
    with engines() as (engine, events):
        events.wait(ModelReady)
        time.sleep(0.5)
        assert events.of(ScanProgress) == []
        waiting = [row for row in rows(engine) if row.state is TrackState.QUEUED]
        assert waiting
        engine.scanner.rescan([row.id for row in waiting[:2]])
        assert events.wait(ScanFinished).done == 2


def test_pause_and_resume(engines: EngineFactory, minute: Path, tmp_path: Path) -> None:
    copies(minute, tmp_path / "many", 30)
    with engines() as (engine, events):
        engine.scanner.add([tmp_path / "many"])
        events.wait(ScanProgress, where=lambda progress: progress.done > 0)
        engine.scanner.pause()
        paused = events.wait(ScanProgress, where=lambda progress: progress.state is ScanState.PAUSED, timeout=1.0)
        assert paused.rate is None
        deadline = time.monotonic() + 20.0  # those under way are finished
        before = -1
        while time.monotonic() < deadline:
            done = events.of(ScanProgress)[-1].done
            if done == before:
                break
            before = done
            time.sleep(1.5)
        assert done < 30
        engine.scanner.resume()
        summary = events.wait(ScanFinished)
        assert (summary.done, summary.cancelled) == (30, False)
        gaps = [progress for progress in events.of(ScanProgress) if progress.state is ScanState.RUNNING]
        assert len(gaps) <= 10 * summary.seconds + 5


def test_another_model_during_a_scan(engines: EngineFactory, two_models: Path, minute: Path, tmp_path: Path) -> None:
    copies(minute, tmp_path / "many", 24)
    with engines() as (engine, events):
        events.wait(ModelReady)
        engine.scanner.add([tmp_path / "many"])
        events.wait(ScanProgress, where=lambda progress: progress.done > 2)
        engine.use_model(two_models / "two")
        assert events.wait(ModelReady, 2).name == "two"
        summary = events.wait(ScanFinished)
        assert (summary.done, summary.failed) == (24, 0)
        with contextlib.closing(engine.reader()) as reader:
            verdicts = [reader.verdict(track) for track in reader.ids().tolist()]
        models = {verdict.model for verdict in verdicts if verdict is not None}
        assert models == {"one", "two"}
        assert None not in verdicts
        # Tracks keep their old verdict; adding the folder again hears those that the new model has not judged.
        engine.scanner.add([tmp_path / "many"])
        again = events.wait(ScanFinished, 2)
        assert again.done == sum(1 for verdict in verdicts if verdict is not None and verdict.model == "one")
        assert again.done + again.unchanged == 24


def test_a_model_that_fails_is_a_sentence_and_the_choice_is_remembered_only_when_it_works(
    engines: EngineFactory, two_models: Path, tmp_path: Path, profile: Profile
) -> None:
    (tmp_path / "broken").mkdir()
    with engines() as (engine, events):
        events.wait(ModelReady)
        engine.use_model(tmp_path / "broken")
        assert "broken" in events.wait(ModelFailed).sentence
        assert engine.settings.get("model", "") == ""
        engine.use_model(two_models / "two")
        events.wait(ModelReady, 2)
    events = Events()
    engine = Engine(profile, device="cpu", on_event=events)
    engine.start()
    try:
        assert events.wait(ModelReady).name == "two"
    finally:
        engine.stop()


def test_an_empty_folder_is_in_the_summary(engines: EngineFactory, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with engines() as (engine, events):
        engine.scanner.add([tmp_path / "empty"])
        summary = events.wait(ScanFinished)
        (sentence,) = summary.problems
        assert sentence.startswith(f"There is no audio file in {tmp_path / 'empty'}")


def test_starting_costs_the_gui_thread_little(profile: Profile, two_models: Path) -> None:
    events = Events()
    began = time.perf_counter()
    engine = Engine(profile, device="cpu", model=two_models / "one", on_event=events)
    engine.start()
    took = time.perf_counter() - began
    engine.stop()
    assert took < 0.1  # some milliseconds where nothing else runs
    assert not [thread for thread in threading.enumerate() if thread.name in ("writer", "classifier", "scanner")]


def test_importing_the_engine_loads_nothing_heavy() -> None:
    code = (
        "import sys, mgc_desktop.engine.engine\n"
        "heavy = {'torch', 'av', 'soundfile', 'sounddevice', 'soxr', 'jsonschema', 'PySide6', 'mutagen'}\n"
        "print(*sorted(heavy & set(sys.modules)))\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True).stdout.split() == []


def test_no_problem_is_told_where_there_is_none(engines: EngineFactory, music: Path) -> None:
    with engines() as (engine, events):
        engine.scanner.add([music])
        events.wait(ScanFinished)
    assert events.of(Problem) == []
