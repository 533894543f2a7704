"""No file is ever left other than whole and old, or whole and new: the rules, one by one, on real files."""

from __future__ import annotations

import contextlib
import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mgc_desktop.core.errors import TagError, TagLeftError
from mgc_desktop.core.pool import LimitedPool
from mgc_desktop.library.identity import payload_digest
from mgc_desktop.library.tags import copying, verify
from mgc_desktop.library.tags.edits import Edit
from mgc_desktop.library.tags.genre import read_genre
from mgc_desktop.library.tags.state import same, state_of
from mgc_desktop.library.tags.write import (
    Prepared,
    WriteOptions,
    commit,
    discard,
    prepare_write,
    remove_strays,
    settle,
    strays,
    sync_copies,
)
from tests.unit.library.tags import tagging

posix_only = pytest.mark.skipif(os.name != "posix", reason="Windows has no such thing")


@pytest.fixture
def song(tmp_path: Path) -> Path:
    path = tmp_path / "song.mp3"
    path.write_bytes(tagging.full(".mp3"))
    return path


def prepared(path: Path, **options: Any) -> Prepared:
    return prepare_write(str(path), ("Rock",), None, WriteOptions(**options))


def left(path: Path, sentence: str, **options: Any) -> None:
    """Check that a file is left alone, told so in a sentence, and that nothing lies beside it."""
    before = path.read_bytes()
    with pytest.raises(TagLeftError, match=sentence):
        prepared(path, **options)
    assert path.read_bytes() == before
    assert tagging.alone(path)


def test_the_file_stays_until_the_copy_takes_its_place(song: Path) -> None:
    before = song.read_bytes()
    ready = prepared(song)
    assert song.read_bytes() == before
    assert Path(ready.copy).parent == song.parent
    assert Path(ready.copy).name.startswith(".mgc-")
    assert Path(ready.copy).name.endswith("song.mp3")
    assert strays(str(song)) == [ready.copy]
    assert pickle.loads(pickle.dumps(ready)) == ready
    commit(ready)
    assert song.read_bytes() != before
    assert tagging.alone(song)
    assert ready.old.audio_digest == ready.new.audio_digest == payload_digest(str(song))
    assert replace(state_of(str(song)), ctime_ns=ready.new.ctime_ns) == ready.new


def test_a_copy_that_is_not_wanted_goes(song: Path) -> None:
    before = song.read_bytes()
    ready = prepared(song)
    discard(ready)
    discard(ready)
    assert song.read_bytes() == before
    assert tagging.alone(song)


@posix_only
def test_a_link_stays_a_link(tmp_path: Path, song: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere" / "link.mp3"
    link.symlink_to("../song.mp3")
    ready = prepared(link)
    assert (ready.path, ready.target) == (str(link), str(song))
    assert Path(ready.copy).parent == song.parent
    commit(ready)
    assert link.is_symlink()
    assert os.readlink(link) == "../song.mp3"
    assert read_genre(str(song)).values == ("Rock",)
    ready = prepare_write(str(link), ("Pop",), None, WriteOptions())
    other = tmp_path / "other.mp3"
    other.write_bytes(song.read_bytes())
    link.unlink()
    link.symlink_to(other)
    with pytest.raises(TagLeftError, match="changed by another program"):
        commit(ready)
    assert tagging.alone(song)


@posix_only
def test_a_file_with_two_names_is_left_alone_unless_the_person_insists(tmp_path: Path, song: Path) -> None:
    other = tmp_path / "other.mp3"
    os.link(song, other)
    left(song, "2 names")
    before = other.read_bytes()
    commit(prepared(song, insist=True))
    assert read_genre(str(song)).values == ("Rock",)
    assert other.read_bytes() == before


@posix_only
def test_a_read_only_file_is_left_alone_unless_the_person_insists(song: Path) -> None:
    song.chmod(0o444)
    left(song, "read-only")
    commit(prepared(song, insist=True))
    assert read_genre(str(song)).values == ("Rock",)
    assert song.stat().st_mode & 0o777 == 0o444


@posix_only
@pytest.mark.parametrize("keep", [False, True])
def test_owner_mode_attributes_and_times_are_kept(song: Path, keep: bool) -> None:
    os.utime(song, ns=(1_000_000_000_123_456_789, 1_100_000_000_987_654_321))
    song.chmod(0o640)
    owner = (12345, 54321) if os.geteuid() == 0 else (os.getuid(), os.getgid())
    os.chown(song, *owner)
    attributes = {}
    if sys.platform == "linux":
        with contextlib.suppress(OSError):  # a file system without them
            os.setxattr(song, "user.mood", b"blue \xff")
            attributes = {"user.mood": b"blue \xff"}
    before = song.stat()
    tagging.write(song, "Rock", keep_times=keep)
    after = song.stat()
    assert (after.st_uid, after.st_gid, after.st_mode) == (*owner, before.st_mode)
    assert after.st_ino != before.st_ino
    assert (after.st_mtime_ns == before.st_mtime_ns) is keep
    if keep:
        assert abs(after.st_atime_ns - before.st_atime_ns) < 10**9 or after.st_atime_ns > before.st_atime_ns
    if attributes:
        assert {name: os.getxattr(song, name) for name in os.listxattr(song)} == attributes


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Give a folder that anybody may write: those of pytest are kept from others."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        yield folder


@posix_only
@pytest.mark.skipif(os.name == "posix" and os.geteuid() != 0, reason="needs the right to give files away")
def test_without_the_right_to_keep_the_owner_it_is_left_alone(open_folder: Path) -> None:
    """In a process of its own, which gives up being root: the folder may be written, the file's owner not kept."""
    song = open_folder / "song.mp3"
    song.write_bytes(tagging.full(".mp3"))
    song.chmod(0o666)
    script = f"""
import os, sys
sys.path.insert(0, {os.getcwd()!r})
from mgc_desktop.core.errors import TagLeftError
from mgc_desktop.library.tags.write import WriteOptions, prepare_write
os.setgid(54321); os.setuid(54321)
try:
    prepare_write({str(song)!r}, ("Rock",), None, WriteOptions())
except TagLeftError as error:
    print(error.sentence)
"""
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert "belongs to somebody else" in run.stdout
    assert tagging.alone(song)


def test_changed_since_the_preview_with_the_same_size_and_time(song: Path) -> None:
    seen = state_of(str(song))
    assert same(str(song), seen)
    stat = song.stat()
    content = bytearray(song.read_bytes())
    content[-50] ^= 1  # in the audio, far from any tag
    song.write_bytes(content)
    os.utime(song, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert (song.stat().st_size, song.stat().st_mtime_ns) == (seen.size, seen.mtime_ns)
    assert not same(str(song), seen)
    with pytest.raises(TagLeftError, match="changed by another program since"):
        prepare_write(str(song), ("Rock",), seen, WriteOptions())
    assert tagging.alone(song)


def test_the_digests_tell_where_no_system_does(song: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mgc_desktop.library.tags import state

    monkeypatch.setattr(state, "CTIME_TELLS", False)  # as on Windows
    seen = state_of(str(song))
    stat = song.stat()
    for place in (30, -50):
        content = bytearray(song.read_bytes())
        content[place] ^= 1
        song.write_bytes(content)
        os.utime(song, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        assert not same(str(song), seen)
        content[place] ^= 1
        song.write_bytes(content)
        os.utime(song, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        assert same(str(song), seen)
    assert not same(str(song.with_name("gone.mp3")), seen)


def test_changed_while_the_copy_waited(song: Path) -> None:
    ready = prepared(song)
    stat = song.stat()
    content = song.read_bytes()[:-1] + b"!"
    song.write_bytes(content)
    os.utime(song, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    with pytest.raises(TagLeftError, match="changed by another program"):
        commit(ready)
    assert song.read_bytes() == content
    assert tagging.alone(song)
    ready = prepared(song)
    song.unlink()
    with pytest.raises(TagLeftError, match="gone"):
        commit(ready)
    assert not song.exists()
    assert tagging.alone(song)


def test_a_copy_that_somebody_touched_is_not_used(song: Path) -> None:
    before = song.read_bytes()
    ready = prepared(song)
    with Path(ready.copy).open("ab") as file:
        file.write(b"!")
    with pytest.raises(TagLeftError):
        commit(ready)
    assert song.read_bytes() == before
    assert tagging.alone(song)


@pytest.mark.parametrize("failing", ["write", "fsync", "verify", "patch", "interrupt"])
def test_nothing_is_left_beside_the_file_whatever_fails(
    song: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    before = song.read_bytes()

    def fail(*_: object, **__: object) -> None:
        raise KeyboardInterrupt if failing == "interrupt" else OSError(5, "the disk failed")

    module = "mgc_desktop.library.tags"
    name = {
        "write": f"{module}.copying._write",
        "fsync": "os.fsync",
        "verify": f"{module}.write.check_bytes",
        "patch": f"{module}.write.make_patch",
        "interrupt": f"{module}.copying._dress",
    }[failing]
    with monkeypatch.context() as patched:
        patched.setattr(name, fail)
        with pytest.raises((TagError, KeyboardInterrupt)):
            prepared(song)
    assert song.read_bytes() == before
    assert tagging.alone(song)


def test_it_is_on_the_disk_before_it_takes_the_place(song: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    fsync, rename = os.fsync, os.replace

    def synced(descriptor: int) -> None:
        order.append("folder" if os.path.isdir(f"/proc/self/fd/{descriptor}") else "copy")
        fsync(descriptor)

    def replaced(source: str, target: str) -> None:
        order.append("replace")
        rename(source, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", replaced)
    tagging.write(song, "Rock")
    if sys.platform == "linux":
        assert order == ["copy", "replace", "folder"]


def test_many_copies_reach_the_disk_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    fsync = os.fsync

    def note(descriptor: int) -> None:
        if sys.platform == "linux":
            synced.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        fsync(descriptor)

    paths = [tmp_path / f"{index}.mp3" for index in range(12)]
    for path in paths:
        path.write_bytes(tagging.full(".mp3"))
    monkeypatch.setattr(os, "fsync", note)
    waiting = [prepare_write(str(path), ("Rock",), None, WriteOptions(), False) for path in paths]
    if sys.platform == "linux":
        assert synced == []
    os.unlink(waiting[3].copy)
    if os.name == "posix":
        assert sync_copies(waiting) == [waiting[3]]
    if sys.platform == "linux":
        assert sorted(synced) == sorted(ready.copy for index, ready in enumerate(waiting) if index != 3)
    for index, ready in enumerate(waiting):
        if index != 3:
            commit(ready, sync=False)
    assert tagging.alone(paths[0])


def test_a_wrong_copy_is_never_used(song: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every kind of damage that a writer could do is found by reading the copy back."""
    before = song.read_bytes()
    real = copying._write
    size = len(before)
    for place in (5, 40, size // 2, size - 3):

        def damaging(source: Any, copy: str, edits: Any, at: int = place) -> str:
            digest = real(source, copy, edits)
            with open(copy, "r+b") as file:
                file.seek(at)
                byte = file.read(1)
                file.seek(at)
                file.write(bytes((byte[0] ^ 1,)))
            return digest

        monkeypatch.setattr(copying, "_write", damaging)
        with pytest.raises(TagError, match="not what it should be"):
            prepared(song)
        assert song.read_bytes() == before
        assert tagging.alone(song)


def test_an_edit_in_the_audio_or_of_another_field_is_never_used(song: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mgc_desktop.library.tags import elementary

    before = song.read_bytes()
    title = before.index(b"TIT2") + 12
    for wrong in (Edit(len(before) - 40, len(before) - 39, b"!"), Edit(title, title + 1, b"!")):
        real = elementary.Elementary.edits

        def misled(self: Any, values: tuple[str, ...], more: Edit = wrong, real: Any = real) -> list[Edit]:
            return sorted([*real(self, values), more])

        with monkeypatch.context() as patched:
            patched.setattr(elementary.Elementary, "edits", misled)
            with pytest.raises(TagError, match="not what it should be"):
                prepared(song)
        assert song.read_bytes() == before
        assert tagging.alone(song)


@pytest.mark.parametrize("extension", tagging.FORMATS)
def test_the_second_pair_of_eyes_sees_every_field(tmp_path: Path, extension: str) -> None:
    """A changed title, artist, picture or loudness is noticed by mutagen's view in every format."""
    path = tmp_path / f"song{extension}"
    content = tagging.full(extension)
    path.write_bytes(content)
    with path.open("rb", buffering=0) as file:
        seen = verify.view(file)
    assert seen is not None
    texts = [b"One", b"-6.20 dB", tagging.PICTURE[100:120]]
    found = 0
    for text in texts:
        for spelt in (text, b"".join(bytes((byte, 0)) for byte in text)):
            if (at := content.find(spelt)) >= 0:
                path.write_bytes(content[:at] + b"1" + content[at + 1 :])
                with path.open("rb", buffering=0) as file:
                    assert verify.view(file) != seen, spelt
                found += 1
    assert found >= 2


@contextlib.contextmanager
def small_disk(folder: Path, size: int) -> Iterator[Path]:
    """Mount a small disk in memory, or skip saying so."""
    folder.mkdir()
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("needs the right to mount a small disk")
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a small disk, which this place does not give")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_too_little_space_is_told_first(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 4 << 20) as disk:
        path = disk / "song.mp3"
        path.write_bytes(tagging.full(".mp3") + bytes(2 << 20))
        left(path, "too little space")
        path.write_bytes(tagging.full(".mp3"))
        tagging.write(path, "Rock")
        assert read_genre(str(path)).values == ("Rock",)


def test_a_disk_that_fills_in_the_middle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The space was there when it was looked at, and is gone when it is written."""
    monkeypatch.setattr(copying, "_check_space", lambda *_: None)
    with small_disk(tmp_path / "disk", 4 << 20) as disk:
        path = disk / "song.mp3"
        path.write_bytes(tagging.full(".mp3") + bytes(3 << 20))
        left(path, "too little space")
        assert path.stat().st_size == len(tagging.full(".mp3")) + (3 << 20)


def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 4 << 20) as disk:
        path = disk / "song.mp3"
        path.write_bytes(tagging.full(".mp3"))
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        with pytest.raises(TagError, match=r"read-only|folder may be written"):
            prepared(path, insist=True)
        left(path, "read-only")


def test_the_system_refuses_the_replacement(song: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ready = prepared(song)

    def refuse(*_: object) -> None:
        raise PermissionError(13, "open elsewhere")

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", refuse)
        with pytest.raises(TagError, match="did not let the file be replaced"):
            commit(ready)
    assert song.read_bytes() == tagging.full(".mp3")
    assert tagging.alone(song)


def test_strays_are_those_of_that_file_alone(tmp_path: Path) -> None:
    for name in ("song.mp3", "other song.mp3", "夜" * 80 + ".mp3"):
        (tmp_path / name).write_bytes(tagging.full(".mp3"))
    copies = {name: prepared(tmp_path / name).copy for name in os.listdir(tmp_path)}
    (tmp_path / ".mgc-notes-song.mp3").write_bytes(b"a file of the person's")
    for name, copy in copies.items():
        assert strays(str(tmp_path / name)) == [copy]
        assert len(os.fsencode(os.path.basename(copy))) <= 255
        assert copy.endswith(".mp3")
    assert remove_strays(str(tmp_path / "song.mp3")) == [copies["song.mp3"]]
    assert strays(str(tmp_path / "song.mp3")) == []
    assert (tmp_path / ".mgc-notes-song.mp3").exists()
    assert strays(str(tmp_path / "gone" / "song.mp3")) == []
    for name in copies:
        remove_strays(str(tmp_path / name))


def test_settling_tells_old_from_new(song: Path) -> None:
    ready = prepared(song)
    assert settle(ready.target, ready.old_digest, ready.new_digest) == "old"
    commit(ready)
    assert settle(ready.target, ready.old_digest, ready.new_digest) == "new"
    song.write_bytes(b"something else")
    assert settle(ready.target, ready.old_digest, ready.new_digest) == "other"
    song.unlink()
    assert settle(ready.target, ready.old_digest, ready.new_digest) == "gone"


def test_names_that_are_no_text(tmp_path: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("only Linux takes names that are no text")
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe song.mp3"))
    path.write_bytes(tagging.full(".mp3"))
    tagging.write(path, "Rock")
    assert tagging.alone(path)


def test_in_a_limited_process(song: Path) -> None:
    pool = LimitedPool(1)
    try:
        ready = pool.schedule(prepare_write, (str(song), ("Rock",), None, WriteOptions())).result(60)
        commit(ready)
        assert pool.schedule(read_genre, (str(song),)).result(60).values == ("Rock",)
        with pytest.raises(TagLeftError, match="has this genre already"):
            pool.schedule(prepare_write, (str(song), ("Rock",), None, WriteOptions())).result(60)
    finally:
        pool.stop()
