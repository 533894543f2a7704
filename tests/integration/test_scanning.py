"""Folders in, rows out: identity of files that were edited, moved, copied, linked, or whose drive is away."""

from __future__ import annotations

import os
import shutil
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import mutagen.id3
import pytest

from mgc_desktop.core.paths import Profile
from mgc_desktop.engine.events import FolderPutBack, FolderRemoved, FoldersChanged
from tests import synth
from tests.events import WAIT
from tests.scanning import Bench, SharedPool, scanning, wait_for


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """Return the bytes of four mp3 files of one length."""
    folder = tmp_path_factory.mktemp("songs")
    return [synth.write_audio(folder / f"{n}.mp3", synth.song(3.0, seed=n)).read_bytes() for n in range(4)]


@pytest.fixture(scope="module")
def pool() -> Iterator[SharedPool]:
    pool = SharedPool()
    yield pool
    pool.end()


@pytest.fixture
def bench(profile: Profile, pool: SharedPool) -> Iterator[Bench]:
    with scanning(profile, pool) as bench:
        yield bench


@pytest.fixture
def music(tmp_path: Path, songs: list[bytes]) -> Path:
    """Return a folder of four tracks in two albums."""
    folder = tmp_path / "music"
    for number, content in enumerate(songs):
        write(folder / f"album {number // 2}" / f"{number}.mp3", content, f"Title {number}")
    return folder


def write(path: Path, content: bytes, title: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    tags = mutagen.id3.ID3()
    tags.add(mutagen.id3.TIT2(encoding=3, text=[title]))
    tags.save(path)
    return path


def kept_time(path: Path, before: os.stat_result) -> None:
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = path.stat()
    assert (after.st_size, after.st_mtime_ns) == (before.st_size, before.st_mtime_ns)


def test_rows_have_their_tags_before_anything_is_heard(bench: Bench, music: Path) -> None:
    bench.scanner.add([music])
    bench.wait_read(4)
    rows = bench.rows()
    assert [row.title for row in rows.values()] == [f"Title {number}" for number in range(4)]
    assert set(bench.states().values()) == {"queued"}


@pytest.mark.skipif(sys.platform == "win32", reason="no time of change there")
def test_an_editor_that_keeps_size_and_time_fools_nobody(bench: Bench, music: Path, songs: list[bytes]) -> None:
    bench.take_in(music, tracks=4)
    tagged, replaced = music / "album 0" / "0.mp3", music / "album 0" / "1.mp3"
    before = tagged.stat(), replaced.stat()
    content = bytearray(tagged.read_bytes())
    at = content.index(b"Title 0")
    content[at : at + 7] = b"Other 0"
    tagged.write_bytes(content)
    kept_time(tagged, before[0])
    audio = bytearray(replaced.read_bytes())
    audio[-600:-100] = bytes(reversed(audio[-600:-100]))
    replaced.write_bytes(audio)
    kept_time(replaced, before[1])
    bench.scanner.look()
    wait_for(lambda: bench.states()["1.mp3"] == "queued")  # other audio: heard again
    rows = bench.rows()
    assert rows[str(tagged)].title == "Other 0"
    assert (rows[str(tagged)].state, rows[str(tagged)].label) == ("done", "metal")  # not heard again
    assert bench.sql("SELECT count(*) FROM verdicts") == [(3,)]


def test_where_times_may_lie_everything_is_read_when_asked(
    bench: Bench, music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mgc_desktop.engine.scanner._TIMES_MAY_LIE", True)
    bench.take_in(music, tracks=4)
    write(music / "album 0" / "0.mp3", (music / "album 0" / "0.mp3").read_bytes(), "Nobody saw it")
    now = (music / "album 0" / "0.mp3").stat()
    bench.sql(
        "UPDATE tracks SET size = ?, mtime_ns = ?, ctime_ns = ? WHERE id = 1",
        now.st_size,
        now.st_mtime_ns,
        now.st_ctime_ns,
    )
    assert bench.look().done == 0
    assert bench.rows()[str(music / "album 0" / "0.mp3")].title == "Nobody saw it"


def test_a_changed_tag_or_time_alone_causes_no_hearing(bench: Bench, music: Path, songs: list[bytes]) -> None:
    bench.take_in(music, tracks=4)
    write(music / "album 1" / "2.mp3", songs[2], "A longer title than before, far beyond any padding" * 100)
    os.utime(music / "album 1" / "3.mp3")
    summary = bench.look()
    assert (summary.done, summary.unchanged) == (0, 4)
    assert bench.rows()[str(music / "album 1" / "2.mp3")].title.startswith("A longer")
    assert set(bench.states().values()) == {"done"}


def test_what_was_moved_and_renamed_keeps_its_history(bench: Bench, music: Path) -> None:
    bench.take_in(music, tracks=4)
    before = {os.path.basename(path): row.id for path, row in bench.rows().items()}
    bench.do(lambda store: store.correct(before.values(), "tango"))
    # A folder renamed, a file renamed, and a file that went by way of another disk.
    (music / "album 0").rename(music / "Album Zero")
    (music / "album 1" / "2.mp3").rename(music / "album 1" / "two.mp3")
    shutil.copyfile(music / "album 1" / "3.mp3", music / "3.mp3")
    (music / "album 1" / "3.mp3").unlink()
    summary = bench.look()
    rows = bench.rows()
    assert (summary.moved, summary.done, summary.missing) == (4, 0, 0)
    assert {os.path.relpath(path, music): row.id for path, row in rows.items()} == {
        os.path.join("Album Zero", "0.mp3"): before["0.mp3"],
        os.path.join("Album Zero", "1.mp3"): before["1.mp3"],
        os.path.join("album 1", "two.mp3"): before["2.mp3"],
        "3.mp3": before["3.mp3"],
    }
    assert {row.correction for row in rows.values()} == {"tango"}
    assert {row.label for row in rows.values()} == {"metal"}
    assert set(bench.states().values()) == {"done"}


def test_of_several_candidates_the_same_name_counts_then_the_folder(
    bench: Bench, tmp_path: Path, songs: list[bytes]
) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    for name in ("a/x.mp3", "b/x.mp3", "b/y.mp3"):
        write(old / name, songs[0], "The same")
    bench.take_in(tmp_path, tracks=3)
    before = {os.path.relpath(path, old): row.id for path, row in bench.rows().items()}
    for name in before:
        (new / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(old / name, new / name)
    shutil.rmtree(old)
    assert bench.look().moved == 3
    assert {os.path.relpath(path, new): row.id for path, row in bench.rows().items()} == before


def test_a_copy_takes_the_verdict_over_but_not_the_persons_word(bench: Bench, music: Path) -> None:
    bench.take_in(music, tracks=4)
    bench.do(lambda store: store.correct([row.id for row in bench.rows().values()], "tango"))
    copy = Path(shutil.copyfile(music / "album 0" / "0.mp3", music / "copy.mp3"))
    summary = bench.look()
    row = bench.rows()[str(copy)]
    assert (summary.done, summary.moved, len(bench.rows())) == (0, 0, 5)
    assert (row.state, row.label, row.correction, row.duration) == ("done", "metal", None, 200.5)
    assert bench.sql("SELECT count(*) FROM windows WHERE track_id = ?", row.id) == [(1,)]


def test_a_folder_that_is_not_there_keeps_its_rows(bench: Bench, music: Path) -> None:
    bench.take_in(music, tracks=4)
    away = music.rename(music.with_name("unplugged"))
    summary = bench.look()
    assert (summary.offline, summary.missing) == (4, 0)
    (sentence,) = summary.problems
    assert "its 4 tracks stay" in sentence
    assert {(row.offline, row.state, row.label) for row in bench.rows().values()} == {(True, "done", "metal")}
    bench.folders.ask()
    assert bench.events.wait(FoldersChanged).folders[0].offline
    away.rename(music)
    summary = bench.look()
    assert (summary.done, summary.unchanged) == (0, 4)
    assert {(row.offline, row.state, row.label) for row in bench.rows().values()} == {(False, "done", "metal")}
    bench.events.seen.clear()
    bench.folders.ask()
    assert not bench.events.wait(FoldersChanged).folders[0].offline


@pytest.mark.parametrize("elsewhere", [True, False])
def test_an_empty_mount_point_is_no_empty_folder(bench: Bench, music: Path, elsewhere: bool) -> None:
    bench.take_in(music, tracks=4)
    if elsewhere:  # the files were on a device that is not mounted any more
        bench.sql("UPDATE tracks SET device = device + 1")
    shutil.rmtree(music)
    music.mkdir()
    summary = bench.look()
    assert (summary.offline, summary.missing) == ((4, 0) if elsewhere else (0, 4))
    rows = bench.rows().values()
    assert {row.offline for row in rows} == {elsewhere}
    assert {str(row.state) for row in rows} == {"done" if elsewhere else "missing"}


def test_a_drive_with_another_number_is_the_same_drive(bench: Bench, music: Path) -> None:
    bench.take_in(music, tracks=4)
    bench.sql("UPDATE tracks SET device = device + 1")
    (music / "album 0" / "0.mp3").unlink()
    summary = bench.look()
    assert (summary.offline, summary.missing, summary.unchanged) == (0, 1, 3)


def test_an_upgraded_library_is_read_but_not_heard_again(bench: Bench, music: Path) -> None:
    bench.take_in(music, tracks=4)
    digests = bench.sql("SELECT payload_digest FROM tracks ORDER BY id")
    bench.sql(
        "UPDATE tracks SET ctime_ns = 0, inode = 0, device = 0, tags_read = 0, title = '', payload_digest = 'of old'"
    )
    bench.sql("UPDATE tracks SET state = 'failed', payload_digest = '' WHERE path_text LIKE '%0.mp3'")
    assert bench.look().done == 0
    assert sorted(bench.states().values()) == ["done", "done", "done", "failed"]
    assert {row.title for row in bench.rows().values()} == {f"Title {number}" for number in range(4)}
    assert bench.sql("SELECT payload_digest FROM tracks WHERE ctime_ns AND tags_read ORDER BY id") == digests


def test_a_folder_that_is_asked_for_twice_is_looked_through_once(bench: Bench, music: Path) -> None:
    bench.take_in(music, tracks=4)
    busy = threading.Event()
    bench.scanner._post(lambda: (busy.wait(WAIT), None)[1])  # both come while the scanner is at something else
    bench.scanner.add([music])
    bench.scanner.add([music])
    busy.set()
    assert bench.finished().unchanged == 4


@pytest.mark.skipif(sys.platform == "win32", reason="symbolic links need rights there")
def test_a_file_with_two_names_is_one_track(bench: Bench, music: Path, tmp_path: Path, songs: list[bytes]) -> None:
    link = tmp_path / "link"
    link.symlink_to(music, target_is_directory=True)
    bench.take_in(music, tracks=4)
    before = {row.id for row in bench.rows().values()}
    bench.scanner.add([link])
    assert bench.finished().unchanged == 4
    bench.scanner.add([link / "album 0" / "1.mp3"])
    assert bench.finished().unchanged == 1
    write(music / "album 1" / "3.mp3", songs[3], "Seen by its other name")
    bench.scanner.add([link])
    assert bench.finished().unchanged == 4
    assert bench.rows()[str(music / "album 1" / "3.mp3")].title == "Seen by its other name"
    assert {row.id for row in bench.rows().values()} == before
    # The other way round: the link goes, and the tracks go on where the files are.
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.copyfile(music / "album 0" / "0.mp3", elsewhere / "real.mp3")
    named = tmp_path / "named.mp3"
    named.symlink_to(elsewhere / "real.mp3")
    bench.scanner.add([named])
    bench.finished()
    track = bench.rows()[str(named)].id
    named.unlink()
    bench.scanner.add([elsewhere])
    assert bench.finished().moved == 1
    assert bench.rows()[str(elsewhere / "real.mp3")].id == track
    assert len(bench.rows()) == 5


def test_removing_a_folder_leaves_files_and_what_other_folders_hold(bench: Bench, music: Path) -> None:
    bench.take_in(music, music / "album 0", tracks=4)
    bench.folders.remove(str(music))
    changed = bench.events.wait(FoldersChanged)
    assert [(folder.path, folder.tracks) for folder in changed.folders] == [(str(music / "album 0"), 2)]
    assert sorted(bench.states()) == ["0.mp3", "1.mp3"]
    assert len(list(music.rglob("*.mp3"))) == 4


def test_a_removed_folder_can_be_put_back(bench: Bench, music: Path) -> None:
    bench.take_in(music, tracks=4)
    before = bench.rows()
    bench.folders.remove(str(music))
    removed = bench.events.wait(FolderRemoved)
    assert (removed.folder, removed.tracks, bench.rows()) == (str(music), 4, {})
    bench.folders.put_back(removed.removal)
    back = bench.events.wait(FolderPutBack)
    assert (back.folder, back.tracks) == (str(music), 4)
    assert bench.rows() == before
    assert bench.look().unchanged == 4  # nothing is read or heard again


def test_single_files_are_looked_after_as_well(bench: Bench, music: Path) -> None:
    first, second = music / "album 0" / "0.mp3", music / "album 0" / "1.mp3"
    bench.take_in(first, second, tracks=2)
    first.unlink()
    os.utime(second)
    summary = bench.look()
    assert (summary.missing, summary.unchanged, summary.problems) == (1, 1, ())
    assert bench.look().missing == 0  # it is known
    assert bench.states() == {"0.mp3": "missing", "1.mp3": "done"}


def test_a_watched_folder_is_looked_after(bench: Bench, music: Path, songs: list[bytes]) -> None:
    bench.folders.watch._rest = 0.3
    bench.take_in(music, tracks=4)
    bench.folders.set_watched(str(music), True)
    wait_for(lambda: bench.folders.watch.watching == (str(music),))
    assert bench.events.wait(FoldersChanged).folders[0].watched
    before = {os.path.basename(path): row.id for path, row in bench.rows().items()}
    (music / "album 0").rename(music / "first album")
    wait_for(lambda: any("first album" in path for path in bench.rows()))
    (music / "album 1" / "2.mp3").unlink()
    wait_for(lambda: bench.states()["2.mp3"] == "missing")
    write(music / "new.mp3", songs[3][:-40], "New here")
    wait_for(lambda: [row.title for path, row in bench.rows().items() if path.endswith("new.mp3")] == ["New here"])
    after = {os.path.basename(path): row.id for path, row in bench.rows().items()}
    assert before.items() <= after.items()
    assert bench.states() == {
        "0.mp3": "done",
        "1.mp3": "done",
        "2.mp3": "missing",
        "3.mp3": "done",
        "new.mp3": "queued",
    }
    bench.scanner.cancel()
    bench.folders.set_watched(str(music), False)
    wait_for(lambda: bench.folders.watch.watching == ())


def test_what_the_program_wrote_itself_causes_nothing(bench: Bench, music: Path, songs: list[bytes]) -> None:
    bench.take_in(music, tracks=4)
    path = music / "album 0" / "0.mp3"
    track = bench.rows()[str(path)].id
    copy = write(music / "album 0" / ".mgc-0.mp3", songs[0], "Another title")
    os.replace(copy, path)
    stamp = path.stat()
    bench.do(lambda store: store.set_written(track, "Jazz", stamp.st_size, stamp.st_mtime_ns, stamp.st_ctime_ns))
    bench.scanner.notice([str(path)])
    bench.flush()
    summary = bench.look()
    row = bench.rows()[str(path)]
    assert (summary.done, summary.unchanged) == (0, 4)
    assert (row.existing_genre, row.title, row.state) == ("Jazz", "Title 0", "done")  # it was not even read
