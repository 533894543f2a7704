"""Killed at any moment of a tag write: each file is the old or the new one, and the journal knows which."""

from __future__ import annotations

import contextlib
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mgc_desktop.core.paths import Profile
from mgc_desktop.engine.events import TagFinished
from mgc_desktop.library.journal import ChangeState
from mgc_desktop.library.reader import Reader
from mgc_desktop.library.tags.genre import read_genre
from tests import synth
from tests.events import Events
from tests.tagging import WRITABLE, digest, enter, strays, tagging, undone

ROOT = Path(__file__).resolve().parent.parent.parent


def make_music(folder: Path, copies: int) -> list[Path]:
    """Write some files of each format."""
    folder.mkdir()
    files = []
    for extension in WRITABLE:
        first = synth.write_audio(folder / f"0{extension}", synth.song(1.0), synth.RATE)
        files.append(first)
        for number in range(1, copies):
            files.append(Path(shutil.copy(first, folder / f"{number}{extension}")))
    return files


def kill_while_writing(profile: Profile, seconds: float) -> None:
    """Start a process that writes, and kill it and all that it started some time after it began."""
    command = [sys.executable, "-m", "tests.tagging", str(profile.data_dir)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "written\n"
            time.sleep(seconds)
            assert process.poll() is None
        finally:
            process.send_signal(signal.SIGKILL)


def check(profile: Profile, files: list[Path]) -> None:
    """Check every file against its latest entries in the journal, and the library's row with both."""
    with contextlib.closing(Reader(profile.library_file)) as reader:
        rows = {row.path: row for row in reader.rows(reader.ids())}
        digests: dict[str, set[str]] = {}
        for path in map(str, files):
            changes = reader.track_changes(rows[path].id)
            odd = [change for change in changes if change.state not in (ChangeState.DONE, ChangeState.LEFT)]
            assert not odd
            done = [change for change in changes if change.state is ChangeState.DONE]
            if done:
                assert read_genre(path).values == done[0].after
                assert rows[path].existing_genre == "; ".join(done[0].after)
                (entry,) = (e for e in reader.done_changes(done[0].batch_id) if e.id == done[0].id)
                digests[path] = {entry.new_digest}
        assert all(batch.ended_at is not None for batch in reader.batches())
    for path, known in digests.items():
        assert digest(path) in known


def undo_all(profile: Profile) -> int:
    """Undo every batch that wrote something, the latest first; return how many files that were."""
    events = Events()
    with contextlib.closing(Reader(profile.library_file)) as reader:
        batches = [batch.id for batch in reader.batches() if batch.done]
    total = 0
    with tagging(profile, events) as tagger:
        for batch in batches:
            ended: TagFinished = undone(tagger, events, batch)
            assert ended.left == ended.failed == 0, ended.problems
            total += ended.written
    return total


def crash(profile: Profile, files: list[Path], kills: int, longest: float, seed: int) -> int:
    """Kill writing processes, look at every file after each, and take all of it back; return the number of writes."""
    original = {path: path.read_bytes() for path in files}
    enter(profile, files)
    times = random.Random(seed)
    for _ in range(kills):
        kill_while_writing(profile, times.uniform(0.0, longest))
        with tagging(profile, Events()):  # the next start
            pass
        assert strays(files[0].parent) == []
        check(profile, files)
    total = undo_all(profile)
    assert {path: path.read_bytes() for path in files} == original
    return total


def test_killed_at_random_moments_of_writing(profile: Profile, tmp_path: Path) -> None:
    assert crash(profile, make_music(tmp_path / "music", 1), kills=8, longest=0.4, seed=1) > 0


@pytest.mark.timeout(3600)
@pytest.mark.slow
def test_killed_a_hundred_times_during_a_thousand_writes(profile: Profile, tmp_path: Path, real_formats: Path) -> None:
    files = make_music(tmp_path / "music", 5)
    for number, path in enumerate(sorted(real_formats.iterdir())):
        if path.suffix.lower() in (".mp3", ".flac", ".m4a", ".ogg", ".oga", ".wma", ".wv", ".aiff", ".wav", ".opus"):
            copy = Path(shutil.copy(path, tmp_path / "music" / f"real {number} {path.name}"))
            copy.chmod(0o644)
            files.append(copy)
    assert crash(profile, files, kills=100, longest=1.5, seed=2) >= 1000  # 12 kills and 1,179 writes took 95 s
