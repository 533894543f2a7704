"""Reading many files a task: hostile ones are found and blamed alone, slow disks give what they have."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from mgc_desktop.core.pool import LimitedPool
from mgc_desktop.engine.reading import BATCH_FILES, Facts, Reading, Wanted
from mgc_desktop.library.facts import read_facts
from tests import synth
from tests.broken_python import break_python
from tests.unit.engine.reading_tasks import read_by_name

SECONDS = 6.0  # that a task may take: a process that was just started imports numpy first


@pytest.fixture
def pool() -> Iterator[LimitedPool]:
    pool = LimitedPool(1, timeout_s=SECONDS)
    yield pool
    pool.stop()


class Bench:
    def __init__(self, pool: LimitedPool, function: Callable[..., Any] = read_by_name) -> None:
        self.inbox: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self.facts: Facts = []
        self.tasks: list[int] = []

        def schedule(_: Callable[..., Any], args: Sequence[Any]) -> Future[Any]:
            self.tasks.append(len(args[0]))
            return pool.schedule(function, args)

        self.stuck = 0
        self.reading = Reading(schedule, 1, self.inbox.put, self.facts.extend, self._get_stuck)

    def _get_stuck(self) -> None:
        self.stuck += 1

    def run(self, names: Sequence[str]) -> None:
        self.reading.put([Wanted(number, name) for number, name in enumerate(names)])
        until = time.monotonic() + 60
        while self.reading.busy:
            assert time.monotonic() < until
            self.reading.pump()
            try:
                self.inbox.get(timeout=0.05)()
            except queue.Empty:
                continue


def trouble_of(bench: Bench, hostile: str) -> str:
    """Read many files with a hostile one among them; return what is said of that one, and of it alone."""
    names = [f"{number}.mp3" for number in range(2 * BATCH_FILES)]
    names[5] = hostile
    bench.run(names)
    assert sorted(wanted.path for wanted, _ in bench.facts) == sorted(names)
    assert all(wanted.path == facts.path for wanted, facts in bench.facts)
    ((path, trouble),) = [(facts.path, facts.trouble) for _, facts in bench.facts if facts.trouble]
    assert path == hostile
    assert (bench.reading.read, bench.reading.total) == (len(names), len(names))
    return trouble


def test_a_file_that_kills_its_reader_is_blamed_alone(pool: LimitedPool) -> None:
    assert "fell over this file" in trouble_of(Bench(pool), "kills.mp3")


@pytest.mark.slow
def test_a_file_that_hangs_its_reader_is_blamed_alone(pool: LimitedPool) -> None:
    assert "longer than 6 s" in trouble_of(Bench(pool), "hangs.mp3")


def test_what_a_slow_disk_did_not_give_in_time_is_asked_for_again(pool: LimitedPool) -> None:
    bench = Bench(pool)
    names = ["a.mp3", "slow.mp3", "b.mp3", "c.mp3"]
    bench.run(names)
    assert [wanted.path for wanted, _ in bench.facts] == names
    assert bench.tasks == [4, 2]


def test_real_files_and_those_that_are_gone(pool: LimitedPool, tmp_path: Path) -> None:
    there = synth.write_audio(tmp_path / "a.wav", synth.song(1.0))
    bench = Bench(pool, read_facts)
    bench.run([str(there), str(tmp_path / "gone.wav")])
    (_, first), (_, second) = bench.facts
    assert first.stamp is not None
    assert (first.stamp.size, len(first.payload_digest)) == (there.stat().st_size, 32)
    assert second.stamp is None


def test_what_was_dropped_does_not_come_back(pool: LimitedPool) -> None:
    bench = Bench(pool)
    bench.reading.put([Wanted(1, "a.mp3"), Wanted(2, "/x/b.mp3"), Wanted(3, "a.mp3")])
    assert bench.reading.total == 2
    bench.reading.drop_under("/x/")
    bench.reading.pump()
    bench.reading.clear()
    assert not bench.reading.busy
    bench.inbox.get(timeout=30)()
    assert bench.facts == []
    bench.run(["a.mp3"])
    assert len(bench.facts) == 1


def test_without_a_process_everything_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    break_python(monkeypatch)
    pool = LimitedPool(1)
    bench = Bench(pool)
    names = [f"{number}.mp3" for number in range(BATCH_FILES + 2)]
    bench.reading.put([Wanted(number, name) for number, name in enumerate(names)])
    bench.reading.pump()
    bench.inbox.get(timeout=30)()
    bench.inbox.get(timeout=30)()
    assert (bench.reading.busy, bench.facts, bench.stuck) == (True, [], 2)
    monkeypatch.delenv("PYTHONHOME")
    bench.run([])
    pool.stop()
    assert sorted(wanted.path for wanted, _ in bench.facts) == sorted(names)
    assert not any(facts.trouble for _, facts in bench.facts)
