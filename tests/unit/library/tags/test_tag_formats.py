"""Genres in every format: written so that other programs see them, nothing else changed, and taken back exactly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mutagen
import mutagen.apev2
import mutagen.asf
import mutagen.dsf
import mutagen.id3
import pytest

from mgc_desktop.core.errors import TagError, TagLeftError
from mgc_desktop.library.identity import payload_digest
from mgc_desktop.library.tags.genre import GenreTag, read_genre
from mgc_desktop.library.tags.write import WriteOptions, prepare_write
from tests.unit.library.tags import tagging

GENRES = ("Hip-Hop", "Ünïcode 夜曲", "R&B; Soul/Funk, (17)")


def seen_by_others(path: Path) -> list[str]:
    """Return the genres as mutagen reads them."""
    if path.suffix == ".aac":
        return _id3_genres(mutagen.id3.ID3(path))
    file: Any = mutagen.dsf.DSF(path) if path.suffix == ".dsf" else mutagen.File(path)
    tags = file.tags
    if isinstance(tags, mutagen.id3.ID3):
        return _id3_genres(tags)
    for name in ("\xa9gen", "WM/Genre", "genre"):
        try:
            return [str(value) for value in tags[name]]
        except (KeyError, ValueError):
            continue
    return []


def _id3_genres(tags: mutagen.id3.ID3) -> list[str]:
    return [genre for frame in tags.getall("TCON") for genre in frame.genres]


@pytest.mark.parametrize("extension", tagging.FORMATS)
@pytest.mark.parametrize("content", [tagging.plain, tagging.full])
def test_written_seen_and_taken_back(tmp_path: Path, extension: str, content: Any) -> None:
    path = tmp_path / f"song{extension}"
    old: bytes = content(extension)
    path.write_bytes(old)
    audio = tagging.audio_of(old)
    identity = payload_digest(str(path))
    had = ("Jazz", "Folk") if content is tagging.full else ()
    assert read_genre(str(path)) == GenreTag(tagging.CONTAINERS[extension], had)

    done = tagging.write(path, *GENRES)
    new = path.read_bytes()
    assert (done.container, done.before, done.after) == (tagging.CONTAINERS[extension], had, GENRES)
    assert seen_by_others(path) == list(GENRES)
    assert tagging.audio_of(new) == audio
    assert payload_digest(str(path)) == identity
    assert len(done.patch) < 1000

    undone = tagging.undo(path, done)
    assert path.read_bytes() == old
    assert (undone.before, undone.after, undone.new_digest) == (GENRES, had, done.old_digest)
    tagging.undo(path, undone)
    assert path.read_bytes() == new
    assert tagging.alone(path)


@pytest.mark.parametrize("extension", tagging.FORMATS)
def test_a_genre_is_taken_out_and_put_back(tmp_path: Path, extension: str) -> None:
    path = tmp_path / f"song{extension}"
    path.write_bytes(tagging.full(extension))
    audio = tagging.audio_of(path.read_bytes())
    tagging.write(path)
    assert seen_by_others(path) == []
    tagging.write(path, "Rock")
    assert seen_by_others(path) == ["Rock"]
    assert tagging.audio_of(path.read_bytes()) == audio


@pytest.mark.parametrize("extension", tagging.FORMATS)
def test_short_and_long_genres_in_turn(tmp_path: Path, extension: str) -> None:
    path = tmp_path / f"song{extension}"
    path.write_bytes(tagging.full(extension))
    audio = tagging.audio_of(path.read_bytes())
    history = []
    for values in (("x",), ("long " * 2000,), ("a", "b", "c"), ("夜" * 3000, "y"), ("Rock",)):
        history.append((path.read_bytes(), tagging.write(path, *values)))
        assert seen_by_others(path) == list(values)
        assert tagging.audio_of(path.read_bytes()) == audio
    for content, done in reversed(history):
        tagging.undo(path, done)
        assert path.read_bytes() == content


def test_several_values_are_stored_as_such(tmp_path: Path) -> None:
    path = tmp_path / "song.m4a"
    path.write_bytes(tagging.full(".m4a"))
    tagging.write(path, "One", "Two")
    assert path.read_bytes().count(b"\xa9gen") == 1
    path = tmp_path / "song.wma"
    path.write_bytes(tagging.full(".wma"))
    tagging.write(path, "One", "Two", "Three")
    tags: Any = mutagen.asf.ASF(path).tags
    assert [str(value) for value in tags["WM/Genre"]] == ["One", "Two", "Three"]
    path = tmp_path / "song.wv"
    path.write_bytes(tagging.full(".wv"))
    tagging.write(path, "One", "Two")
    assert b"One\0Two" in path.read_bytes()


@pytest.mark.parametrize("extension", [".ac3", ".au", ".mka"])
def test_a_format_without_a_place_is_left_alone(tmp_path: Path, extension: str) -> None:
    path = tmp_path / f"song{extension}"
    path.write_bytes(tagging.plain(extension))
    assert read_genre(str(path)) == GenreTag("", ())
    with pytest.raises(TagLeftError, match="no place for a genre"):
        prepare_write(str(path), ("Rock",), None, WriteOptions())
    assert tagging.alone(path)


def test_monkeys_audio_and_musepack_get_apev2(tmp_path: Path) -> None:
    for magic in (b"MAC \x96\x0f", b"MPCKSH", b"OFR ", b"tBaK"):
        path = tmp_path / "song.ape"
        old = magic + bytes(range(256)) * 10
        path.write_bytes(old)
        done = tagging.write(path, "One", "Two")
        assert path.read_bytes().startswith(old)
        assert list(mutagen.apev2.APEv2(path)["Genre"]) == ["One", "Two"]
        tagging.undo(path, done)
        assert path.read_bytes() == old


def test_nothing_to_do_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "song.flac"
    path.write_bytes(tagging.full(".flac"))
    with pytest.raises(TagLeftError, match="has this genre already"):
        prepare_write(str(path), ("Jazz", "Folk"), None, WriteOptions())


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (("",), "empty genre"),
        (("Rock", ""), "empty genre"),
        (("a\nb",), "control characters"),
        (("nul\0",), "control characters"),
        (("\udc80",), "half a character"),
        (tuple("abcdefghij" * 11), "too many genres"),
        (("x" * (2 << 20),), "too many genres"),
    ],
)
def test_what_no_tag_can_hold_is_refused_in_a_sentence(tmp_path: Path, values: tuple[str, ...], sentence: str) -> None:
    path = tmp_path / "song.mp3"
    path.write_bytes(tagging.full(".mp3"))
    with pytest.raises(TagError, match=sentence):
        prepare_write(str(path), values, None, WriteOptions())
    assert path.read_bytes() == tagging.full(".mp3")
    assert tagging.alone(path)


def test_a_bare_number_is_refused_where_it_would_be_a_name(tmp_path: Path) -> None:
    path = tmp_path / "song.mp3"
    path.write_bytes(tagging.full(".mp3"))
    for value in ("17", "RX", "0"):
        with pytest.raises(TagError, match="as a number of a list"):
            prepare_write(str(path), (value,), None, WriteOptions())
    tagging.write(path, "1980", "(17)", "((x", "(4)Euro")
    assert list(mutagen.id3.ID3(path)["TCON"].text) == ["1980", "(17)", "((x", "(4)Euro"]
    assert b"1980\0((17)\0(((x\0((4)Euro" in path.read_bytes()
    flac = tmp_path / "song.flac"
    flac.write_bytes(tagging.full(".flac"))
    tagging.write(flac, "17")


def test_what_cannot_be_read_says_so(tmp_path: Path) -> None:
    with pytest.raises(TagError, match="could not be read"):
        read_genre(str(tmp_path / "gone.mp3"))
    with pytest.raises(TagError, match="could not be read"):
        read_genre("nul\0")
    with pytest.raises(TagLeftError, match="is gone"):
        prepare_write(str(tmp_path / "gone.mp3"), ("Rock",), None, WriteOptions())
    with pytest.raises(TagLeftError, match="no regular file"):
        prepare_write(str(tmp_path), ("Rock",), None, WriteOptions())
