"""Reading tags: every format, every odd layout, never an exception."""

from __future__ import annotations

import os
import struct
import sys
from collections.abc import Callable
from pathlib import Path

import mutagen
import mutagen.id3
import mutagen.mp4
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mgc_desktop.core.values import TrackTags
from mgc_desktop.library.tags.read import read_tags

WavFactory = Callable[..., Path]

# name: (title, artist, genres), as the README of the real files says
REAL = {
    "mp3_cbr128_notags.mp3": ("", "", ()),
    "mp3_vbr_id3v1only.mp3": ("Let's Go Fishin'", "Karissa Hobbs", ("Folk",)),
    "mp3_id3v23_genre_number.mp3": ("Vibe Ace", "Kevin MacLeod", ("Jazz",)),
    "mp3_id3v24_multigenre_utf8.mp3": (
        "Вибрация 振動 été 🎷",
        "Kevin MacLeod, Brian McFee",
        ("Jazz", "Lounge", "Swing"),
    ),
    "mp3_id3v22.mp3": ("Vibe Ace", "Kevin MacLeod", ("Jazz",)),
    "mp3_apev2_and_id3_conflict.mp3": ("ID3 title", "Karissa Hobbs", ("Country",)),
    "mp3_artwork_jpeg_png.mp3": ("Vibe Ace", "Kevin MacLeod", ("Jazz",)),
    "mp3_chapters.mp3": ("Let's Go Fishin'", "", ("Podcast",)),
    "mp3_named.flac": ("Вибрация 振動 été 🎷", "Kevin MacLeod, Brian McFee", ("Jazz", "Lounge", "Swing")),
    "mp3_named.wav": ("Vibe Ace", "Kevin MacLeod", ("Jazz",)),
    "mp3_truncated.mp3": ("", "", ()),
    "mp3_junk_in_front.mp3": ("", "", ()),
    "mp3_two_id3v2.mp3": ("second tag", "", ("Rock",)),
    "id3_tag_only.mp3": ("tag only", "", ("Pop",)),
    "flac16_artwork_replaygain.flac": ("Vibe Ace", "Kevin MacLeod", ("Jazz", "Lounge")),
    "flac_with_id3v2_in_front.flac": ("Vibe Ace", "", ("Jazz",)),
    "flac_truncated.flac": ("Vibe Ace", "Kevin MacLeod", ("Jazz", "Lounge")),
    "flac_5_1.flac": ("", "", ("Jazz",)),
    "oggflac.oga": ("Vibe Ace", "", ("Jazz",)),
    "vorbis_q4.ogg": ("Let's Go Fishin'", "Karissa Hobbs", ("Folk",)),
    "opus_64k.opus": ("Let's Go Fishin'", "", ("Folk", "Singer-Songwriter")),
    "m4a_aac.m4a": ("Let's Go Fishin'", "Karissa Hobbs", ("Folk", "Singer/Songwriter")),
    "m4a_alac.m4a": ("Vibe Ace", "Kevin MacLeod", ("Jazz",)),
    "m4a_moov_at_end.m4a": ("Vibe Ace", "", ("Jazz",)),
    "aiff_id3.aiff": ("Vibe Ace", "Kevin MacLeod", ("Jazz",)),
    "wav16_riff_info.wav": ("Vibe Ace", "Kevin MacLeod", ("Jazz",)),
    "wav16_id3_and_info.wav": ("Vibe Ace (ID3)", "", ("Lounge",)),
    "wav_bad_data_size.wav": ("Vibe Ace", "Kevin MacLeod", ("Jazz",)),
    "wma_v2.wma": ("Let's Go Fishin'", "Karissa Hobbs", ("Folk", "Country")),
    "wavpack.wv": ("Vibe Ace", "Kevin MacLeod", ("Jazz",)),
    "aac_adts.aac": ("", "", ()),
    "vorbis.mka": ("", "", ()),
    "tta.tta": ("", "", ()),
    "empty.mp3": ("", "", ()),
    "text_named.mp3": ("", "", ()),
}


@pytest.mark.parametrize("name", REAL)
def test_real_files_say_what_they_say(real_formats: Path, name: str) -> None:
    tags = read_tags(str(real_formats / name))
    title, artist, genres = REAL[name]
    assert (tags.title, tags.genres) == (title, genres)
    # INFO fills an artist that the ID3 chunk leaves out.
    assert tags.artist == artist or (name == "wav16_id3_and_info.wav" and tags.artist == "Kevin MacLeod")


def test_no_real_file_raises(real_formats: Path) -> None:
    for path in real_formats.iterdir():
        assert isinstance(read_tags(str(path)), TrackTags)


@pytest.mark.parametrize("extension", [".mp3", ".flac", ".ogg", ".opus", ".m4a", ".wma", ".wv", ".aiff", ".wav"])
def test_what_is_written_is_read(wav_file: WavFactory, extension: str) -> None:
    path = wav_file(f"song{extension}", seconds=1.0)
    file = mutagen.File(path)
    assert file is not None
    if file.tags is None:
        file.add_tags()
    if isinstance(file.tags, mutagen.id3.ID3):
        file.tags.add(mutagen.id3.TIT2(encoding=3, text="Été"))
        file.tags.add(mutagen.id3.TPE1(encoding=3, text=["One", "Two"]))
        file.tags.add(mutagen.id3.TALB(encoding=3, text="Album"))
        file.tags.add(mutagen.id3.TCON(encoding=3, text=["(17)", "Own Genre"]))
        file.save()
    else:
        names = {
            ".m4a": ("\xa9nam", "\xa9ART", "\xa9alb", "\xa9gen"),
            ".wma": ("Title", "Author", "WM/AlbumTitle", "WM/Genre"),
        }.get(extension, ("title", "artist", "album", "genre"))
        for name, value in zip(names, (["Été"], ["One", "Two"], ["Album"], ["Rock", "Own Genre"]), strict=True):
            file.tags[name] = value
        file.save()
    assert read_tags(str(path)) == TrackTags("Été", "One, Two", "Album", ("Rock", "Own Genre"))


def test_genres_joined_by_semicolons_are_told_apart_and_slashes_kept(wav_file: WavFactory) -> None:
    path = wav_file("song.flac")
    file = mutagen.File(path)
    assert file is not None
    file["genre"] = ["Rock; Pop ;", "Singer/Songwriter", "Rock"]
    file.save()
    assert read_tags(str(path)).genres == ("Rock", "Pop", "Singer/Songwriter")


def test_hostile_texts_are_bounded_plain_lines(wav_file: WavFactory) -> None:
    path = wav_file("song.flac")
    file = mutagen.File(path)
    assert file is not None
    file["title"] = "line\nbreak\0 and " + "x" * 1_000_000
    file["genre"] = [f"g{index}" for index in range(1000)]
    file.save()
    tags = read_tags(str(path))
    assert len(tags.title) == 500
    assert tags.title.startswith("line break and xxx")
    assert len(tags.genres) == 16


def riff_info(*pairs: tuple[bytes, bytes]) -> bytes:
    body = b"".join(name + struct.pack("<I", len(text)) + text + b"\0" * (len(text) % 2) for name, text in pairs)
    return b"LIST" + struct.pack("<I", len(body) + 4) + b"INFO" + body


def test_riff_info_in_either_encoding(tmp_path: Path, wav_file: WavFactory) -> None:
    path = wav_file("song.wav", seconds=1.0)
    pairs = ((b"INAM", "Été".encode()), (b"IART", "Å".encode("cp1252") + b"\0"), (b"IGNR", b"Pop"))
    path.write_bytes(path.read_bytes() + riff_info(*pairs))
    assert read_tags(str(path)) == TrackTags("Été", "Å", "", ("Pop",))


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX pipes and names")
@pytest.mark.timeout(20)
def test_names_pipes_and_missing_files(tmp_path: Path, wav_file: WavFactory) -> None:
    os.mkfifo(tmp_path / "pipe.mp3")
    for name in ("pipe.mp3", "gone.mp3", "", "nul\0"):
        assert read_tags(str(tmp_path) + "/" + name) == TrackTags()
    odd = os.fsdecode(os.fsencode(tmp_path) + b"/\xff\n-.flac")
    os.rename(wav_file("song.flac"), odd)
    assert read_tags(odd) == TrackTags()


MAGIC = [
    b"",
    b"ID3\4\0\0\0\0\x7f\x7f",
    b"ID3\3\0\x80\0\0\1\0TIT2\xff\xff\xff\xff",
    b"fLaC\x84\xff\xff\xff",
    b"OggS\0\2",
]
MAGIC += [b"\0\0\0\x20ftypM4A ", b"RIFF\xff\xff\xff\xffWAVELIST\xff\xff\xff\xffINFOINAM\xff\xff\xff\xff"]
MAGIC += [
    bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c") + b"\xff" * 8,
    b"FORM\0\0\1\0AIFFID3 \xff\xff\xff\xff",
    b"wvpk",
]


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(magic=st.sampled_from(MAGIC), size=st.integers(0, 3000), seed=st.integers(0, 1 << 30))
def test_random_bytes_never_raise(tmp_path: Path, magic: bytes, size: int, seed: int) -> None:
    path = tmp_path / "random.mp3"
    path.write_bytes(magic + np.random.default_rng(seed).bytes(size))
    tags = read_tags(str(path))
    (tags.title + tags.artist + tags.album + "".join(tags.genres)).encode("utf-8")


@pytest.mark.parametrize("name", ["m4a_aac.m4a", "flac16_artwork_replaygain.flac", "mp3_id3v22.mp3", "wma_v2.wma"])
def test_damaged_real_tags_never_raise(real_formats: Path, tmp_path: Path, name: str) -> None:
    content = np.frombuffer((real_formats / name).read_bytes(), np.uint8)
    chance = np.random.default_rng(1)
    for index in range(60):
        damaged = content.copy()
        damaged[chance.integers(0, 3000, 20)] = chance.integers(0, 256, 20, dtype=np.uint8)
        path = tmp_path / f"{index}{Path(name).suffix}"
        path.write_bytes(damaged.tobytes())
        assert isinstance(read_tags(str(path)), TrackTags)
