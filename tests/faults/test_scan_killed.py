"""A scan that is killed (SIGKILL) goes on exactly where it was, in the next process."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mgc_desktop.core.paths import Profile
from mgc_desktop.engine.events import ScanFinished
from tests import synth
from tests.engines import EngineFactory
from tests.scanning import scanning, wait_for

ROOT = Path(__file__).resolve().parents[2]
FILES = 1500

_SCAN = """
import sys
from mgc_desktop.core.paths import Profile
from tests.scanning import scanning
if __name__ == "__main__":
    with scanning(Profile.open(sys.argv[1])) as bench:
        bench.scanner.add([sys.argv[2]])
        sys.stdin.read()
"""
_HEAR = """
import sys
from mgc_desktop.core.paths import Profile
from mgc_desktop.engine.engine import Engine
if __name__ == "__main__":
    engine = Engine(Profile.open(sys.argv[1]), device="cpu", model=sys.argv[3], on_event=lambda event: None)
    engine.start()
    engine.scanner.add([sys.argv[2]])
    sys.stdin.read()
"""


@contextlib.contextmanager
def process(tmp_path: Path, code: str, *words: object) -> Iterator[subprocess.Popen[bytes]]:
    script = tmp_path / "scan.py"
    script.write_text(code)
    command = [sys.executable, str(script), *map(str, words)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdin=subprocess.PIPE, env=environment) as running:
        try:
            yield running
        finally:
            running.kill()


def ask(profile: Profile, sql: str) -> list[tuple[object, ...]]:
    try:
        with contextlib.closing(sqlite3.connect(f"{profile.library_file.as_uri()}?mode=ro", uri=True)) as connection:
            return connection.execute(sql).fetchall()
    except sqlite3.Error:
        return []  # not made yet


def more_than(profile: Profile, sql: str, number: int) -> Callable[[], bool]:
    def check() -> bool:
        ((count,),) = ask(profile, sql) or [(0,)]
        return isinstance(count, int) and count > number

    return check


def test_walk_and_reading_go_on_where_they_were(profile: Profile, tmp_path: Path) -> None:
    folder = tmp_path / "music"
    for number in range(FILES):
        path = folder / f"{number // 50:02}" / f"{number}.mp3"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"\xff\xfb\x90\x00" + number.to_bytes(4, "big") * 100)
    read = "SELECT count(*) FROM tracks WHERE tags_read"
    with process(tmp_path, _SCAN, profile.data_dir, folder) as running:
        wait_for(more_than(profile, read, 100))
        running.kill()
    ((before,),) = ask(profile, read)
    assert isinstance(before, int)
    assert 100 < before < FILES
    with scanning(profile) as bench:
        bench.sql("UPDATE tracks SET title = 'read before' WHERE tags_read")
        bench.scanner.resume_pending()
        bench.wait_read(FILES)
        assert bench.sql("SELECT count(*) FROM tracks WHERE title = 'read before'") == [(before,)]
        wait_for(lambda: bench.sql("SELECT count(*) FROM unfinished") == [(0,)])
        assert set(bench.states().values()) == {"queued"}


@pytest.mark.slow
def test_hearing_goes_on_where_it_was(
    engines: EngineFactory, profile: Profile, two_models: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "music"
    folder.mkdir()
    for number in range(40):
        synth.write_audio(folder / f"{number:02}.mp3", synth.song(6.0, seed=number))
    judged = "SELECT track_id, judged_at FROM verdicts"
    with process(tmp_path, _HEAR, profile.data_dir, folder, two_models / "one") as running:
        wait_for(more_than(profile, "SELECT count(*) FROM verdicts", 3))
        running.kill()
    before = ask(profile, judged)
    assert 3 < len(before) < 40
    with engines() as (_, events):
        summary = events.wait(ScanFinished)
    assert summary.done == 40 - len(before)
    assert summary.failed == 0
    after = ask(profile, judged)
    assert len(after) == 40
    assert set(before) <= set(after)
