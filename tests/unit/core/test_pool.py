"""The process pool: real processes, really killed, hung and starved."""

from __future__ import annotations

import concurrent.futures
import os
import pickle
import random
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from mgc_desktop.core.errors import DecodeError, MgcError, TagError, WorkerError
from mgc_desktop.core.pool import LimitedPool
from tests.broken_python import break_python
from tests.unit.core import pool_tasks as tasks

ROOT = Path(__file__).resolve().parents[3]
WAIT = 60.0  # s for anything that should be done at once, on a machine that is busy otherwise

needs_posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals and limits")
PoolMaker = Callable[..., LimitedPool]


@pytest.fixture
def make_pool() -> Iterator[PoolMaker]:
    pools: list[LimitedPool] = []

    def make(workers: int = 2, **limits: float) -> LimitedPool:
        pools.append(LimitedPool(workers, **limits))  # type: ignore[arg-type]
        return pools[-1]

    yield make
    for pool in pools:
        pool.stop()


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT
    while not condition():
        assert time.monotonic() < deadline, "did not come about in time"
        time.sleep(0.01)


def _alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_runs_functions_in_other_processes(make_pool: PoolMaker) -> None:
    pool = make_pool()
    assert pool.schedule(tasks.add, (2, 3)).result(WAIT) == 5
    assert pool.schedule(tasks.pid, ()).result(WAIT) != os.getpid()


def test_uses_no_more_workers_than_asked_and_all_of_them(make_pool: PoolMaker) -> None:
    pool = make_pool(2)
    pids = {future.result(WAIT) for future in [pool.schedule(tasks.sleep, (0.3,)) for _ in range(8)]}
    assert len(pids) == 2


def test_returns_arrays_of_megabytes(make_pool: PoolMaker) -> None:
    pool = make_pool()
    futures = [pool.schedule(tasks.large, (index, 1_100_000)) for index in range(8)]
    for index, future in enumerate(futures):
        array = future.result(WAIT)
        assert array.dtype == np.float32
        assert array.shape == (1_100_000,)
        assert (array == index).all()


def test_start_does_not_wait_and_makes_workers_ready(make_pool: PoolMaker) -> None:
    pool = make_pool(2)
    before = time.monotonic()
    pool.start()
    assert time.monotonic() - before < 0.2
    _until(lambda: len(pool.pids()) == 2)


def test_tasks_may_come_from_several_threads(make_pool: PoolMaker) -> None:
    pool = make_pool()
    results: list[int] = []

    def submit(base: int) -> None:
        results.extend(f.result(WAIT) for f in [pool.schedule(tasks.add, (base, i)) for i in range(20)])

    threads = [threading.Thread(target=submit, args=(100 * k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT)
    assert sorted(results) == [100 * k + i for k in range(4) for i in range(20)]


def test_known_failures_come_back_whole(make_pool: PoolMaker) -> None:
    error = make_pool().schedule(tasks.known_failure, ()).exception(WAIT)
    assert type(error) is TagError
    assert (error.sentence, error.detail) == ("The tag is upside down; turn it.", "detail of it")


@pytest.mark.parametrize("task", [tasks.bug, tasks.unpicklable])
def test_a_bug_in_a_task_costs_that_task_only(make_pool: PoolMaker, task: Callable[[], object]) -> None:
    pool = make_pool(1)
    worker = pool.schedule(tasks.pid, ()).result(WAIT)
    error = pool.schedule(task, ()).exception(WAIT)
    assert isinstance(error, DecodeError)
    assert "Traceback" in error.detail
    assert pool.schedule(tasks.pid, ()).result(WAIT) == worker


def test_a_function_that_cannot_be_pickled_is_refused_where_it_is_scheduled(make_pool: PoolMaker) -> None:
    with pytest.raises((AttributeError, pickle.PicklingError), match="pickle"):
        make_pool().schedule(lambda: None, ())


@needs_posix
@pytest.mark.parametrize("task", [tasks.kill_itself, tasks.crash, tasks.leave])
def test_a_worker_that_dies_fails_its_own_task_alone(make_pool: PoolMaker, task: Callable[[], None]) -> None:
    pool = make_pool(2)
    before = [pool.schedule(tasks.add, (i, 0)) for i in range(5)]
    fatal = pool.schedule(task, ())
    after = [pool.schedule(tasks.add, (i, 0)) for i in range(20)]
    error = fatal.exception(WAIT)
    assert isinstance(error, DecodeError)
    assert "fell over this file" in error.sentence
    assert [f.result(WAIT) for f in before + after] == [*range(5), *range(20)]


@needs_posix
def test_workers_killed_at_random_moments_cost_one_task_each(make_pool: PoolMaker) -> None:
    """Also halfway through an answer of megabytes, which is a tenth of such a task's time."""
    pool = make_pool(2)
    chance = random.Random(4)
    futures = [pool.schedule(tasks.slow_large, (index, 1_100_000)) for index in range(60)]
    futures[0].result(WAIT)
    kills = 0
    while not all(future.done() for future in futures) and kills < 8:
        time.sleep(0.05 * chance.random())
        os.kill(chance.choice(pool.pids()), signal.SIGKILL)
        kills += 1
        done = sum(future.done() for future in futures)
        _until(lambda done=done: sum(future.done() for future in futures) >= min(done + 6, len(futures)))  # type: ignore[misc]
    failed = 0
    for index, future in enumerate(futures):
        error = future.exception(WAIT)
        if error is None:
            assert future.result()[0] == index
        else:
            assert isinstance(error, DecodeError)
            failed += 1
    assert kills > 0
    assert failed <= kills


@needs_posix
def test_workers_killed_while_idle_are_replaced_and_cost_nothing(make_pool: PoolMaker) -> None:
    pool = make_pool(2)
    for future in [pool.schedule(tasks.sleep, (0.2,)) for _ in range(4)]:
        future.result(WAIT)
    for pid in pool.pids():
        os.kill(pid, signal.SIGKILL)
    assert [pool.schedule(tasks.add, (i, 1)).result(WAIT) for i in range(10)] == list(range(1, 11))


@pytest.mark.skipif(sys.platform == "win32", reason="has no SIGSTOP")
def test_a_worker_that_stops_in_the_middle_of_its_answer_holds_up_nobody(make_pool: PoolMaker) -> None:
    pool = make_pool(1, timeout_s=1.0)
    stopped, next_one = pool.schedule(tasks.stop_in_the_middle_of_an_answer, ()), pool.schedule(tasks.add, (1, 2))
    error = stopped.exception(WAIT)
    assert isinstance(error, DecodeError)
    assert "longer than 1 s" in error.sentence
    assert next_one.result(WAIT) == 3


def test_a_hanging_task_is_ended_when_its_time_is_up(make_pool: PoolMaker) -> None:
    pool = make_pool(2, timeout_s=1.0)
    pool.schedule(tasks.add, (0, 0)).result(WAIT)  # so that starting is not in the measure
    before = time.monotonic()
    hanging = pool.schedule(tasks.sleep, (3600,)) if sys.platform == "win32" else pool.schedule(tasks.hang_in_c, ())
    others = [pool.schedule(tasks.add, (i, 0)) for i in range(20)]
    assert [f.result(WAIT) for f in others] == list(range(20))
    error = hanging.exception(WAIT)
    assert isinstance(error, DecodeError)
    assert "longer than 1 s" in error.sentence
    assert time.monotonic() - before < 15
    assert pool.schedule(tasks.add, (1, 1)).result(WAIT) == 2


@needs_posix
@pytest.mark.skipif(sys.platform == "darwin", reason="macOS does not hold a process to an address space")
def test_a_task_that_swallows_memory_is_stopped_at_its_limit(make_pool: PoolMaker) -> None:
    pool = make_pool(1, memory_bytes=600 << 20)
    greedy = pool.schedule(tasks.swallow_memory, ())
    after = pool.schedule(tasks.add, (1, 2))
    error = greedy.exception(WAIT)
    assert isinstance(error, DecodeError)
    assert "memory" in error.sentence
    assert after.result(WAIT) == 3


def test_cancelling_a_waiting_task_leaves_the_rest(make_pool: PoolMaker) -> None:
    pool = make_pool(1)
    first = pool.schedule(tasks.sleep, (0.5,))
    waiting = pool.schedule(tasks.sleep, (3600,))
    last = pool.schedule(tasks.add, (1, 1))
    assert waiting.cancel()
    assert last.result(WAIT) == 2
    assert first.done()
    done, _ = concurrent.futures.wait([waiting], timeout=WAIT)
    assert done == {waiting}


def test_cancelling_a_running_task_frees_its_worker(make_pool: PoolMaker) -> None:
    pool = make_pool(1)
    worker = pool.schedule(tasks.pid, ()).result(WAIT)
    running = pool.schedule(tasks.sleep, (3600,))
    time.sleep(0.3)
    assert running.cancel()
    assert pool.schedule(tasks.pid, ()).result(WAIT) != worker


def test_stop_is_quick_fails_what_is_left_and_may_be_repeated(make_pool: PoolMaker) -> None:
    pool = make_pool(2)
    pool.schedule(tasks.add, (0, 0)).result(WAIT)
    futures = [pool.schedule(tasks.sleep, (3600,)) for _ in range(2000)]
    time.sleep(0.3)
    pids = pool.pids()
    before = time.monotonic()
    pool.stop()
    pool.stop()
    assert time.monotonic() - before < 5
    for future in futures:
        error = future.exception(0)
        assert isinstance(error, DecodeError)
        assert "stopped" in error.sentence
    late = pool.schedule(tasks.add, (1, 1)).exception(0)
    assert isinstance(late, MgcError)
    if sys.platform == "linux":
        assert not any(_alive(pid) for pid in pids)


def test_stop_without_a_start(make_pool: PoolMaker) -> None:
    pool = make_pool()
    pool.stop()
    assert isinstance(pool.schedule(tasks.add, (1, 1)).exception(0), DecodeError)


def test_stop_from_a_callback_does_not_wait_for_itself(make_pool: PoolMaker) -> None:
    pool = make_pool(1)
    ended = threading.Event()

    def stop(_: object) -> None:
        pool.stop()
        ended.set()

    pool.schedule(tasks.sleep, (0.2,)).add_done_callback(stop)
    assert ended.wait(WAIT)
    pool.stop()


@needs_posix
def test_workers_stay_behind_and_quiet(make_pool: PoolMaker, capfd: pytest.CaptureFixture[str]) -> None:
    pool = make_pool(1)
    assert pool.schedule(tasks.niceness, ()).result(WAIT) > os.nice(0)
    assert pool.schedule(tasks.ignores_interrupt, ()).result(WAIT)
    assert pool.schedule(tasks.environment, ("OPENBLAS_NUM_THREADS",)).result(WAIT) == "1"
    pool.schedule(tasks.noise, ()).result(WAIT)
    captured = capfd.readouterr()
    assert captured.out == ""
    assert captured.err == ""


def test_where_no_worker_can_start_waiting_tasks_are_told(
    make_pool: PoolMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_python(monkeypatch)
    pool = make_pool(1)
    error = pool.schedule(tasks.add, (1, 1)).exception(WAIT)
    assert isinstance(error, WorkerError)
    assert "No decoder process could be started" in error.sentence
    monkeypatch.delenv("PYTHONHOME")
    assert pool.schedule(tasks.add, (1, 1)).result(WAIT) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_workers_end_with_a_killed_parent(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        textwrap.dedent("""
        import sys, time
        from mgc_desktop.core.pool import LimitedPool
        from tests.unit.core import pool_tasks as tasks
        if __name__ == "__main__":
            pool = LimitedPool(2)
            pool.schedule(tasks.add, (1, 1)).result()
            busy = pool.schedule(tasks.sleep, (3600,))
            while len(pool.pids()) < 2:
                pool.schedule(tasks.sleep, (0.1,)).result()
            sys.stdout.write(" ".join(map(str, pool.pids())) + "\\n")
            sys.stdout.flush()
            time.sleep(3600)
        """),
        encoding="utf-8",
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True, env=environment) as parent:
        assert parent.stdout is not None
        pids = [int(word) for word in parent.stdout.readline().split()]
        assert len(pids) == 2
        assert all(_alive(pid) for pid in pids)
        parent.kill()
    _until(lambda: not any(_alive(pid) for pid in pids))
