"""The folder walk, on real folders."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from mgc_desktop.engine.sources import Found, Trouble, TroubleKind, find_audio, shown
from mgc_desktop.library.identity import stamp

EXTENSIONS = frozenset({".wav", ".mp3"})


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"sound")
    return path


def walk(*names: Path | str) -> tuple[list[str], list[Trouble]]:
    items = list(find_audio(names, EXTENSIONS))
    return [i.path for i in items if isinstance(i, Found)], [i for i in items if isinstance(i, Trouble)]


def test_a_folder_is_walked_to_the_bottom_in_order(tmp_path: Path) -> None:
    wanted = [touch(tmp_path / name) for name in ("b.wav", "z.MP3", "a/2.wav", "a/inner/1.mp3", "c/3.wav")]
    touch(tmp_path / "notes.txt")
    found, troubles = walk(tmp_path)
    assert found == [str(path) for path in wanted]
    assert not troubles


def test_what_systems_hide_is_passed_over(tmp_path: Path) -> None:
    for name in (
        ".hidden/1.wav",
        "$RECYCLE.BIN/2.wav",
        "System Volume Information/3.wav",
        "._apple.mp3",
        "@eaDir/4.wav",
    ):
        touch(tmp_path / name)
    kept = touch(tmp_path / "kept.wav")
    assert walk(tmp_path) == ([str(kept)], [])


def test_a_hidden_folder_that_is_named_is_walked(tmp_path: Path) -> None:
    inside = touch(tmp_path / ".music" / "1.wav")
    assert walk(tmp_path / ".music")[0] == [str(inside)]


def test_a_file_that_is_named_is_taken_whatever_its_extension(tmp_path: Path) -> None:
    odd = touch(tmp_path / "sound.xyz")
    assert walk(odd)[0] == [str(odd)]


def test_size_and_time_are_those_of_the_file(tmp_path: Path) -> None:
    path = touch(tmp_path / "a.wav")
    (found,) = find_audio([tmp_path], EXTENSIONS)
    assert isinstance(found, Found)
    assert (found.path, found.size, found.mtime_ns, found.real_path) == (str(path), 5, path.stat().st_mtime_ns, "")
    assert found.stamp == stamp(str(path))


def test_a_name_that_leads_nowhere_is_a_sentence(tmp_path: Path) -> None:
    found, (trouble,) = walk(tmp_path / "gone.wav")
    assert found == []
    assert trouble.kind is TroubleKind.FILE
    assert "gone.wav" in trouble.sentence
    assert "No such file" in trouble.sentence


def test_an_empty_folder_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "empty" / "inner").mkdir(parents=True)
    found, (trouble,) = walk(tmp_path / "empty")
    assert found == []
    assert trouble.kind is TroubleKind.EMPTY
    assert trouble.sentence == f"There is no audio file in {tmp_path / 'empty'}: choose a folder with music in it."


@pytest.mark.skipif(sys.platform == "win32", reason="symbolic links need rights there")
def test_links_are_followed_once_and_loops_end(tmp_path: Path) -> None:
    song = touch(tmp_path / "music" / "album" / "1.wav")
    (tmp_path / "music" / "album" / "loop").symlink_to(tmp_path / "music", target_is_directory=True)
    (tmp_path / "music" / "again.wav").symlink_to(song)
    (tmp_path / "music" / "self.wav").symlink_to(tmp_path / "music" / "self.wav")
    elsewhere = touch(tmp_path / "elsewhere" / "2.wav")
    (tmp_path / "music" / "link").symlink_to(elsewhere.parent, target_is_directory=True)
    found, troubles = walk(tmp_path / "music", tmp_path / "elsewhere", song)
    real = [os.path.realpath(path) for path in found]
    assert sorted(real) == sorted([str(song), str(elsewhere)])
    linked = [item for item in find_audio([tmp_path / "music" / "link"], EXTENSIONS) if isinstance(item, Found)]
    assert [item.real_path for item in linked] == [str(elsewhere)]
    assert [trouble.kind for trouble in troubles] == [TroubleKind.FILE]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes there")
def test_a_pipe_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    found, (trouble,) = walk(tmp_path / "pipe.wav")
    assert found == []
    assert "neither a file nor a folder" in trouble.sentence
    assert walk(tmp_path)[0] == []


def test_a_folder_named_twice_is_walked_once(tmp_path: Path) -> None:
    song = touch(tmp_path / "1.wav")
    assert walk(tmp_path, tmp_path / ".", song)[0] == [str(song)]


def test_odd_names_are_shown_on_one_line() -> None:
    odd = "a\nb\x1b[31m\udcff\u202ec é夜.wav"
    assert shown(odd) == "a\\nb\\x1b[31m\\udcff\\u202ec é夜.wav"
    assert shown(odd).isprintable()
