"""What goes wrong in the middle of a batch of tag writes costs one file its turn: it is whole, and has its reason."""

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

from mgc_desktop.core.errors import MgcError
from mgc_desktop.core.locks import FileLock
from mgc_desktop.core.paths import Profile
from mgc_desktop.core.pool import LimitedPool
from mgc_desktop.engine.events import Problem, TagFinished, TagProgress
from mgc_desktop.engine.tag_plan import TagPolicy
from mgc_desktop.engine.tagger import TagLimits
from mgc_desktop.library.journal import ChangeRow, ChangeState
from mgc_desktop.library.reader import Reader
from mgc_desktop.library.store import Store
from mgc_desktop.library.tags.genre import read_genre
from mgc_desktop.library.tags.write import WriteOptions
from tests import synth, tag_tasks
from tests.events import WAIT, Events
from tests.mounts import is_root
from tests.tagging import enter, planned, strays, tagging, to_write, undone, written
from tests.unit.core import pool_tasks

HANGING = 15.0  # s after which a process hangs; the machines that run tests are shared
needs_posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions, links and signals")


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synth.write_audio(tmp_path_factory.mktemp("song") / "song.mp3", synth.song(2.0))


@pytest.fixture
def music(tmp_path: Path) -> Path:
    folder = tmp_path / "music"
    folder.mkdir()
    return folder


def copies(song: Path, folder: Path, *names: str) -> list[Path]:
    return [Path(shutil.copy(song, folder / f"{name}{song.suffix}")) for name in names]


def changes(profile: Profile, batch: int) -> dict[str, ChangeRow]:
    """Return the entries of a batch in the journal, by the files' names."""
    with contextlib.closing(Reader(profile.library_file)) as reader:
        return {Path(change.path).stem: change for change in reader.changes(batch)}


def genres(paths: list[Path]) -> list[tuple[str, ...]]:
    return [read_genre(str(path)).values for path in paths]


def test_a_full_disk_leaves_what_has_no_room(
    profile: Profile, events: Events, tmp_path: Path, mount: Callable[..., None]
) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mount("-t", "tmpfs", "-o", "size=6m", "tmpfs", str(small))
    sizes = {"a": 0.4, "b": 3.2, "c": 0.4, "d": 0.4}  # MB; beside 4.4 no second copy of b fits
    files = []
    for name, size in sizes.items():
        noise = synth.noise(size * 1e6 / 2 / synth.RATE)
        files.append(synth.write_audio(small / f"{name}.wav", noise))
    before = files[1].read_bytes()
    tracks = enter(profile, files)
    with tagging(profile, events) as tagger:
        ended = written(tagger, events, to_write(tracks, files, "Metal"))
    assert (ended.written, ended.left, ended.failed) == (3, 1, 0)
    assert [path for path, _ in ended.problems] == [str(files[1])]
    assert "space" in ended.problems[0][1]
    assert files[1].read_bytes() == before
    assert genres(files) == [("Metal",), (), ("Metal",), ("Metal",)]
    assert strays(small) == []


@pytest.mark.slow
def test_copies_that_do_not_fit_beside_each_other_are_made_one_by_one(
    profile: Profile, events: Events, tmp_path: Path, mount: Callable[..., None]
) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mount("-t", "tmpfs", "-o", "size=9m", "tmpfs", str(small))
    files = [synth.write_audio(small / f"{name}.wav", synth.noise(0.5e6 / synth.RATE)) for name in "abcde"]  # 1 MB
    tracks = enter(profile, files)
    with tagging(profile, events) as tagger:
        ended = written(tagger, events, to_write(tracks, files, "Metal"))
    assert (ended.written, ended.left, ended.failed) == (5, 0, 0), ended.problems


@needs_posix
def test_files_that_may_not_be_written_are_left_and_named(
    profile: Profile, events: Events, song: Path, music: Path
) -> None:
    files = copies(song, music, "good", "read-only", "linked", "last")
    files[1].chmod(0o444)
    os.link(files[2], music.parent / "other name")
    tracks = enter(profile, files)
    with tagging(profile, events) as tagger:
        rows = planned(tagger, events, tracks, TagPolicy())
        ended = written(tagger, events, rows)
        assert (ended.written, ended.left, ended.failed) == (2, 2, 0)
        reasons = {Path(path).stem: sentence for path, sentence in ended.problems}
        assert "read-only" in reasons["read-only"]
        assert "hard links" in reasons["linked"]
        again = written(tagger, events, [rows[1], rows[2]], WriteOptions(insist=True))
        assert again.written == 2
    assert genres(files) == [("Metal",)] * 4
    assert read_genre(str(music.parent / "other name")).values == ()
    assert files[1].stat().st_mode & 0o777 == 0o444


@needs_posix
@pytest.mark.skipif(is_root, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written(profile: Profile, events: Events, song: Path, music: Path) -> None:
    (music / "closed").mkdir()
    files = [*copies(song, music / "closed", "closed"), *copies(song, music, "open")]
    tracks = enter(profile, files)
    (music / "closed").chmod(0o555)
    try:
        with tagging(profile, events) as tagger:
            ended = written(tagger, events, to_write(tracks, files, "Metal"))
    finally:
        (music / "closed").chmod(0o755)
    assert (ended.written, ended.failed) == (1, 1)


def test_a_file_that_the_system_locks(profile: Profile, events: Events, song: Path, music: Path) -> None:
    files = copies(song, music, "a", "locked", "b")
    tracks = enter(profile, files)
    lock = ["chattr", "+i", str(files[1])]
    if shutil.which("chattr") is None or subprocess.run(lock, capture_output=True, check=False).returncode:
        pytest.skip("needs a file system whose files can be locked, and the right to do so")
    try:
        with tagging(profile, events) as tagger:
            ended = written(tagger, events, to_write(tracks, files, "Metal"), WriteOptions(insist=True))
    finally:
        subprocess.run(["chattr", "-i", str(files[1])], check=True)
    assert (ended.written, ended.left + ended.failed) == (2, 1)
    assert [Path(path).stem for path, sentence in ended.problems if sentence] == ["locked"]
    assert genres(files) == [("Metal",), (), ("Metal",)]
    assert strays(music) == []


@pytest.mark.slow
def test_a_disk_that_becomes_read_only_in_the_middle(
    profile: Profile, events: Events, song: Path, tmp_path: Path, mount: Callable[..., None]
) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mount("-t", "tmpfs", "-o", "size=40m", "tmpfs", str(small))
    files = copies(song, small, *(f"{number:03}" for number in range(400)))
    tracks = enter(profile, files)
    with tagging(profile, events) as tagger:
        tagger.write(to_write(tracks, files, "Metal"), TagPolicy(), WriteOptions())
        events.wait(TagProgress, where=lambda event: event.written >= 40)
        mount("-o", "remount,ro", str(small))
        ended = events.wait(TagFinished)
        mount("-o", "remount,rw", str(small))
    assert 40 <= ended.written < 400
    assert ended.left + ended.failed == 400 - ended.written
    whole = song.read_bytes()
    for path, change in zip(files, changes(profile, ended.batch_id).values(), strict=True):
        if change.state is ChangeState.DONE:
            assert read_genre(str(path)).values == ("Metal",)
        else:
            assert path.read_bytes() == whole
            assert change.reason


def test_files_that_change_go_or_are_replaced_since_the_preview(
    profile: Profile, events: Events, song: Path, music: Path
) -> None:
    files = copies(song, music, "same", "edited", "gone", "folder", "same size and time", "last")
    tracks = enter(profile, files)
    with tagging(profile, events) as tagger:
        rows = planned(tagger, events, tracks, TagPolicy())
        assert all(row.to_do for row in rows)
        files[1].write_bytes(song.read_bytes() + b"more")
        files[2].unlink()
        files[3].unlink()
        files[3].mkdir()
        status, content = files[4].stat(), bytearray(song.read_bytes())
        content[-50] ^= 0xFF
        files[4].write_bytes(content)
        os.utime(files[4], ns=(status.st_atime_ns, status.st_mtime_ns))
        ended = written(tagger, events, rows)
    assert (ended.written, ended.left + ended.failed) == (2, 4)
    entries = changes(profile, ended.batch_id)
    assert [name for name, change in entries.items() if change.state is ChangeState.DONE] == ["same", "last"]
    assert "changed" in entries["same size and time"].reason
    assert all(change.reason for change in entries.values())
    assert files[4].read_bytes() == content
    assert strays(music) == []


@pytest.mark.parametrize("how", ["dies", pytest.param("hangs", marks=pytest.mark.slow)])
def test_files_that_kill_or_hang_their_process_fail_alone(
    profile: Profile, events: Events, song: Path, music: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr("mgc_desktop.library.tags.write.prepare_write", tag_tasks.prepare_or_fall)
    files = copies(song, music, "a", f"{how} 1", "b", "c", f"{how} 2", "d", "e")
    tracks = enter(profile, files)
    with tagging(profile, events, TagLimits(workers=2, timeout_s=HANGING)) as tagger:
        ended = written(tagger, events, to_write(tracks, files, "Metal"))
    assert (ended.written, ended.left, ended.failed) == (5, 0, 2)
    assert {Path(path).stem for path, _ in ended.problems} == {f"{how} 1", f"{how} 2"}
    assert strays(music) == []
    assert all(path.read_bytes() == song.read_bytes() for path in files if path.stem[:4] in ("dies", "hang"))


@pytest.mark.slow
def test_files_that_kill_or_hang_the_preview_are_its_problems(
    profile: Profile, events: Events, song: Path, music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mgc_desktop.engine.tag_preview.look_at_files", tag_tasks.look_or_fall)
    files = copies(song, music, "a", "dies", "b", "hangs", "c")
    tracks = enter(profile, files)
    with tagging(profile, events, TagLimits(workers=2, timeout_s=HANGING)) as tagger:
        rows = planned(tagger, events, tracks, TagPolicy())
    assert [bool(row.problem) for row in rows] == [False, True, False, True, False]
    assert [row.to_do for row in rows] == [True, False, True, False, True]


@needs_posix
def test_decoders_that_fall_do_not_interrupt_a_save(profile: Profile, events: Events, song: Path, music: Path) -> None:
    files = copies(song, music, *(f"{number:03}" for number in range(60)))
    tracks = enter(profile, files)
    pool, stop = LimitedPool(2, timeout_s=30), threading.Event()
    fallen = []

    def fall() -> None:
        while not stop.is_set():
            fallen.append(pool.schedule(pool_tasks.crash, ()).exception(WAIT))

    thread = threading.Thread(target=fall)
    try:
        thread.start()
        with tagging(profile, events) as tagger:
            ended = written(tagger, events, to_write(tracks, files, "Metal"))
    finally:
        stop.set()
        pool.stop()
        thread.join(WAIT)
    assert ended.written == 60
    assert len(fallen) > 1
    assert all(isinstance(error, MgcError) for error in fallen)


def test_cancelling_stops_between_files_and_the_rest_is_left(
    profile: Profile, events: Events, song: Path, music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mgc_desktop.library.tags.write.prepare_write", tag_tasks.prepare_or_fall)
    files = copies(song, music, *(f"slow {number:03}" for number in range(100)))
    tracks = enter(profile, files)
    with tagging(profile, events) as tagger:
        tagger.write(to_write(tracks, files, "Metal"), TagPolicy(), WriteOptions())
        events.wait(TagProgress, where=lambda event: event.written > 0)
        tagger.cancel()
        asked = time.monotonic()
        ended = events.wait(TagFinished)
        assert time.monotonic() - asked < 5
        assert ended.cancelled
        assert 0 < ended.written < 100
        entries = changes(profile, ended.batch_id)
        assert [change.state for change in entries.values()].count(ChangeState.LEFT) == 100 - ended.written
        assert genres(files).count(("Metal",)) == ended.written
        assert strays(music) == []
        assert undone(tagger, events, ended.batch_id).written == ended.written
    assert all(path.read_bytes() == song.read_bytes() for path in files)


@pytest.mark.slow
def test_the_end_of_the_program_in_the_middle_is_a_cancel(
    profile: Profile, events: Events, song: Path, music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mgc_desktop.library.tags.write.prepare_write", tag_tasks.prepare_or_fall)
    files = copies(song, music, *(f"slow {number:03}" for number in range(100)))
    tracks = enter(profile, files)
    with tagging(profile, events) as tagger:
        tagger.write(to_write(tracks, files, "Metal"), TagPolicy(), WriteOptions())
        events.wait(TagProgress, where=lambda event: event.written > 0)
    ended = events.of(TagFinished)[0]
    entries = changes(profile, ended.batch_id)
    assert [change.state for change in entries.values()].count(ChangeState.DONE) == ended.written
    assert strays(music) == []


@pytest.mark.slow
def test_a_library_on_a_full_disk_stops_the_batch_before_the_files(
    profile: Profile, events: Events, song: Path, music: Path, tmp_path: Path, mount: Callable[..., None]
) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mount("-t", "tmpfs", "-o", "size=3m", "tmpfs", str(small))
    small_profile = Profile.open(small / "profile")
    files = copies(song, music, "a", "b")
    tracks = enter(small_profile, files)
    with tagging(small_profile, events) as tagger:
        ballast = small / "ballast"
        with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as out:
            while out.write(bytes(4096)):
                pass
        tagger.write(to_write(tracks, files, "x" * 20_000), TagPolicy(), WriteOptions())
        events.wait(Problem, where=lambda problem: "no room" in problem.sentence)
        assert genres(files) == [(), ()]
        ballast.unlink()  # there is room again, and it goes on by itself
        ended = events.wait(TagFinished)
    assert ended.written == 2


# Several processes on one library


@pytest.fixture
def held(profile: Profile) -> Iterator[FileLock]:
    """Return the lock that a process holds which writes tags."""
    lock = FileLock(profile.tagging_lock)
    assert lock.take()
    yield lock
    lock.release()


def test_what_another_process_writes_is_not_settled(
    profile: Profile, events: Events, song: Path, music: Path, held: FileLock
) -> None:
    """A window that starts beside a command takes nothing of what is under way for what a crash left."""
    (file,) = copies(song, music, "a")
    (track,) = enter(profile, [file])
    with contextlib.closing(Store(profile.library_file)) as store, store.batch():
        from mgc_desktop.library.journal import NewChange

        batch = store.journal.begin("write", "command line", {})
        store.journal.plan(batch, [NewChange(track, str(file), "", (), ("Metal",))])
    copy = music / f".mgc-0123abcd-{file.name}"
    copy.write_bytes(b"half")
    with tagging(profile, events) as tagger:
        assert changes(profile, batch)["a"].state is ChangeState.PLANNED
        assert copy.exists()
        tagger.write(to_write([track], [file], "Rock"), TagPolicy(), WriteOptions())
        events.wait(Problem, where=lambda problem: "Another window" in problem.sentence)
        time.sleep(0.3)
        assert not events.of(TagFinished)
        held.release()  # the other one has ended, by a crash
        assert events.wait(TagFinished).written == 1
    assert changes(profile, batch)["a"].state is ChangeState.LEFT
    assert strays(music) == []


def test_waiting_for_another_process_can_be_cancelled(
    profile: Profile, events: Events, song: Path, music: Path, held: FileLock
) -> None:
    (file,) = copies(song, music, "a")
    (track,) = enter(profile, [file])
    with tagging(profile, events) as tagger:
        tagger.write(to_write([track], [file], "Rock"), TagPolicy(), WriteOptions())
        events.wait(Problem)
        tagger.cancel()
        ended = events.wait(TagFinished)
    assert (ended.batch_id, ended.written, ended.cancelled) == (0, 0, True)


def test_the_lock_ends_with_its_process(profile: Profile) -> None:
    code = "import sys, pathlib, time; from mgc_desktop.core.locks import FileLock\n"
    code += "lock = FileLock(pathlib.Path(sys.argv[1])); print(lock.take(), flush=True); time.sleep(600)"
    mine = FileLock(profile.tagging_lock)
    command = [sys.executable, "-c", code, str(profile.tagging_lock)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "True\n"
            assert not mine.take()
        finally:
            process.kill()
    assert mine.take()
    mine.release()
