"""Watching real folders: what rests is told once, what is hidden never, and nothing is left behind."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mgc_desktop.engine.events import Problem
from mgc_desktop.engine.watch import Watch
from tests.events import Events
from tests.scanning import wait_for

REST = 0.6  # s


class Bench:
    def __init__(self, watch: Watch, seen: list[str], returned: list[str], events: Events) -> None:
        self.watch, self.seen, self.returned, self.events = watch, seen, returned, events

    def wait(self, *paths: Path) -> None:
        wanted = {str(path) for path in paths}
        wait_for(lambda: wanted <= set(self.seen), 20)


@contextlib.contextmanager
def watching(*folders: Path, root_seconds: float = 0.5) -> Iterator[Bench]:
    events = Events()
    seen: list[str] = []
    returned: list[str] = []
    watch = Watch(seen.extend, returned.append, events, rest_seconds=REST, root_seconds=root_seconds)
    watch.start()
    watch.set_folders([str(folder) for folder in folders])
    wait_for(lambda: len(watch.watching) == sum(folder.is_dir() for folder in folders))
    try:
        yield Bench(watch, seen, returned, events)
    finally:
        assert watch.stop()
        assert watch.stop()
        assert watch.watching == ()


def test_new_changed_moved_and_deleted_files_are_told(tmp_path: Path) -> None:
    music = tmp_path / "music"
    (music / "old").mkdir(parents=True)
    (music / "old" / "changes.mp3").write_bytes(b"1")
    (music / "old" / "goes.mp3").write_bytes(b"1")
    with watching(music) as bench:
        (music / "new.mp3").write_bytes(b"1")
        (music / "old" / "changes.mp3").write_bytes(b"2")
        (music / "old" / "goes.mp3").unlink()
        (music / ".hidden").mkdir()
        (music / ".hidden" / "a.mp3").write_bytes(b"1")
        (music / ".mgc-new.mp3").write_bytes(b"1")
        (music / "cover.jpg").write_bytes(b"1")
        bench.wait(music / "new.mp3", music / "old" / "changes.mp3", music / "old" / "goes.mp3")
        (music / "old").rename(music / "renamed")
        bench.wait(music / "old", music / "renamed")
        (music / "renamed" / "deep").mkdir()
        (music / "renamed" / "deep" / "b.mp3").write_bytes(b"1")
        bench.wait(music / "renamed" / "deep")
        shutil.rmtree(music / "renamed")
        wait_for(lambda: bench.seen.count(str(music / "renamed")) >= 2, 20)
        assert not [path for path in bench.seen if "hidden" in path or "cover" in path or ".mgc" in path]
        assert bench.events.of(Problem) == []


def test_a_file_that_is_still_written_is_told_when_it_rests(tmp_path: Path) -> None:
    with watching(tmp_path) as bench, (tmp_path / "long.mp3").open("wb") as file:
        until = time.monotonic() + 4 * REST
        while time.monotonic() < until:
            file.write(b"more")
            file.flush()
            time.sleep(REST / 6)
            assert bench.seen == []
        file.close()
        bench.wait(tmp_path / "long.mp3")
        assert bench.seen == [str(tmp_path / "long.mp3")]


def test_a_folder_that_comes_and_goes(tmp_path: Path) -> None:
    music = tmp_path / "music"
    with watching(music) as bench:
        wait_for(lambda: bench.watch._roots == {str(music): None})
        assert bench.watch.watching == ()
        music.mkdir()
        wait_for(lambda: bench.returned == [str(music)], 20)
        wait_for(lambda: bench.watch.watching == (str(music),), 20)
        (music / "a.mp3").write_bytes(b"1")
        bench.wait(music / "a.mp3")
        shutil.rmtree(music)
        wait_for(lambda: len(bench.returned) == 2, 20)
        assert bench.events.of(Problem) == []


def test_what_is_watched_no_more_is_let_go(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    with watching(tmp_path) as bench:
        assert len(set(threading.enumerate()) - before) > 1
        bench.watch.set_folders([])
        # Only the watch itself is left: no observer, no descriptor.
        wait_for(lambda: len(set(threading.enumerate()) - before) == 1, 20)
        (tmp_path / "a.mp3").write_bytes(b"1")
        time.sleep(2 * REST)
        assert bench.seen == []


def test_a_folder_that_may_not_be_watched_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("watchdog.observers.api.BaseObserver.schedule", _refuse(PermissionError(13, "Not permitted")))
    events = Events()
    watch = Watch(lambda _: None, lambda _: None, events)
    watch.start()
    try:
        watch.set_folders([str(tmp_path)])
        assert "cannot be watched (Not permitted)" in events.wait(Problem).sentence
    finally:
        assert watch.stop()


def _refuse(error: OSError) -> Callable[..., object]:
    def schedule(*_: object, **__: object) -> object:
        raise error

    return schedule


_LIMITED = """
import sys, time
from mgc_desktop.engine.watch import Watch
events = []
watch = Watch(print, print, events.append)
watch.start()
watch.set_folders([sys.argv[1]])
until = time.monotonic() + 20
while not events and time.monotonic() < until:
    time.sleep(0.05)
watch.stop()
print(events[0].sentence if events else "nothing was said")
"""


@pytest.mark.skipif(sys.platform != "linux" or not shutil.which("unshare"), reason="needs Linux and unshare")
def test_the_limit_of_the_system_is_told_in_a_sentence(tmp_path: Path) -> None:
    for number in range(30):
        (tmp_path / f"{number}").mkdir()
    limit = 'echo 10 > /proc/sys/user/max_inotify_watches && exec "$@"'
    command = ["unshare", "--user", "--map-root-user", "sh", "-c", limit, "sh", sys.executable, "-c", _LIMITED]
    done = subprocess.run(
        [*command, str(tmp_path)], capture_output=True, text=True, check=False, timeout=60,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )  # fmt: skip
    if done.returncode:
        pytest.skip(f"no such limit can be set here: {done.stderr.strip()[-200:]}")
    assert "max_user_watches" in done.stdout
    assert "Look for Changes" in done.stdout
