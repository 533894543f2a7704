"""The writer thread on a real database: batches, order, retries, and a job with a bug."""

from __future__ import annotations

import contextlib
import queue
import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mgc_desktop.core.errors import LibraryError
from mgc_desktop.core.paths import Profile
from mgc_desktop.core.values import TrackState
from mgc_desktop.engine.events import Problem, TracksChanged
from mgc_desktop.engine.sources import Found
from mgc_desktop.engine.writer import Change, Writer
from mgc_desktop.library.reader import Reader
from mgc_desktop.library.store import AddResult, Store
from tests.events import WAIT, Events


def add(writer: Writer, *names: str) -> AddResult:
    answers: queue.Queue[AddResult | None] = queue.Queue()
    writer.register([Found(f"/music/{name}", 1, 1) for name in names], "sha", answers.put)
    answer = answers.get(timeout=WAIT)
    assert answer is not None
    return answer


def flush(writer: Writer) -> None:
    done = threading.Event()
    writer.after_all(done.set)
    assert done.wait(WAIT)


def failing(error: Exception) -> Callable[[Store], Change]:
    def work(store: Store) -> Change:
        raise error

    return work


def states(path: Path) -> list[TrackState]:
    with contextlib.closing(Reader(path)) as reader:
        return [row.state for row in reader.rows(reader.ids(order="id"))]


def test_what_is_answered_is_on_the_disk_and_told(writer: Writer, events: Events, profile: Profile) -> None:
    answer = add(writer, "a.wav", "b.wav")
    assert len(answer.new_ids) == 2
    assert states(profile.library_file) == [TrackState.QUEUED] * 2
    (change,) = events.of(TracksChanged)
    assert (change.ids, change.rows_added) == (answer.new_ids, True)
    writer.mark_missing(answer.new_ids[:1])
    flush(writer)
    change = events.of(TracksChanged)[-1]
    assert (change.ids, change.rows_added) == (answer.new_ids[:1], False)
    assert states(profile.library_file) == [TrackState.MISSING, TrackState.QUEUED]


def test_changes_are_told_at_most_ten_times_a_second(writer: Writer, events: Events) -> None:
    ids = add(writer, *[f"{number}.wav" for number in range(50)]).new_ids
    began = time.monotonic()
    while time.monotonic() - began < 1.0:
        for track in ids:
            writer.mark_queued([track])
        time.sleep(0.005)
    flush(writer)
    took = time.monotonic() - began
    assert len(events.of(TracksChanged)) <= 10 * took + 3
    assert set(events.of(TracksChanged)[-2].ids) <= set(ids)


def test_stop_writes_what_is_left(profile: Profile, events: Events) -> None:
    writer = Writer(profile.library_file, events)
    writer.start()
    answer = add(writer, *[f"{number}.wav" for number in range(20)])
    for track in answer.new_ids:
        writer.mark_missing([track])
    assert writer.stop()
    assert states(profile.library_file) == [TrackState.MISSING] * 20


def test_a_locked_library_is_said_once_and_nothing_is_lost(writer: Writer, events: Events, profile: Profile) -> None:
    track = add(writer, "a.wav").new_ids[0]
    with contextlib.closing(sqlite3.connect(profile.library_file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        writer.mark_missing([track])
        problem = events.wait(Problem)
        assert "held by another program" in problem.sentence
        assert not problem.bug
        writer.mark_queued([track])
        other.execute("ROLLBACK")
    flush(writer)
    assert states(profile.library_file) == [TrackState.QUEUED]
    assert len(events.of(Problem)) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit there")
def test_a_full_disk_is_said_once_and_nothing_is_lost(writer: Writer, events: Events, profile: Profile) -> None:
    import resource

    add(writer, "first.wav")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (profile.library_file.stat().st_size, hard))
    try:
        names = [f"{'x' * 200}{number}.wav" for number in range(2000)]
        writer.register([Found(f"/music/{name}", 1, 1) for name in names], "sha", lambda answer: None)
        problem = events.wait(Problem)
        time.sleep(1.5)  # it tries again meanwhile
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not problem.bug
    assert str(profile.library_file) in problem.sentence
    flush(writer)
    assert len(states(profile.library_file)) == 2001
    assert len(events.of(Problem)) == 1


def test_a_bug_in_one_job_costs_that_job_alone(
    writer: Writer, events: Events, profile: Profile, caplog: pytest.LogCaptureFixture
) -> None:
    tracks = add(writer, "a.wav", "b.wav", "c.wav").new_ids
    answered = threading.Event()
    writer.mark_missing(tracks[:1])
    writer.submit(failing(ZeroDivisionError("the bug")), answered.set)
    writer.mark_missing(tracks[2:])
    flush(writer)
    assert answered.is_set()
    assert states(profile.library_file) == [TrackState.MISSING, TrackState.QUEUED, TrackState.MISSING]
    assert all(problem.bug for problem in events.of(Problem))
    assert "the bug" in caplog.text


def test_a_library_that_cannot_be_opened_is_a_sentence(profile: Profile, events: Events) -> None:
    profile.library_file.write_bytes(b"this is no database" * 1000)
    writer = Writer(profile.library_file, events)
    writer.start()
    try:
        assert "is damaged" in events.wait(Problem).sentence
        with pytest.raises(LibraryError, match="is damaged"):
            writer.wait_open(5.0)
        answers: queue.Queue[AddResult | None] = queue.Queue()
        writer.add_folders(["/music"])
        writer.register([Found("/music/a.wav", 1, 1)], "sha", answers.put)
        assert answers.get(timeout=WAIT) is None
        assert "is damaged" in writer.refusal
        flush(writer)
        profile.library_file.rename(profile.library_file.with_suffix(".aside"))
        assert len(add(writer, "a.wav").new_ids) == 1
        assert writer.refusal == ""
        profile.library_file.unlink()
        profile.library_file.with_suffix(".aside").rename(profile.library_file)
    finally:
        assert writer.stop()
    assert profile.library_file.read_bytes().startswith(b"this is no database")


def test_waiting_for_a_writer_that_was_stopped_ends(profile: Profile, events: Events) -> None:
    writer = Writer(profile.library_file, events)
    writer.start()
    writer.wait_open(WAIT)
    writer.stop()
    with pytest.raises(LibraryError, match="not open"):
        writer.wait_open(WAIT)
