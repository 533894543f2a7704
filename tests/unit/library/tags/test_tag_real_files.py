"""A genre written into a real file of every format, and taken back: byte for byte, and the audio never touched."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import av
import pytest

from mgc_desktop.core.errors import TagLeftError
from mgc_desktop.library.identity import payload_digest
from mgc_desktop.library.tags.genre import read_genre
from mgc_desktop.library.tags.write import WriteOptions, prepare_write
from tests.unit.library.tags import tagging

GENRES = ("Hip-Hop", "Ünïcode 夜曲", "a genre; with/separators\\" + " and length" * 200)
# Formats in which this program writes no genre, files that are no audio, and one whose sizes are those of a crash.
LEFT_ALONE = {
    "README.md",
    "ac3.ac3",
    "au16.au",
    "empty.mp3",
    "text_named.mp3",
    "vorbis.mka",
    "wav_bad_data_size.wav",
    "webm_opus.webm",
}


def packets(data: bytes) -> str:
    """Return what FFmpeg finds of audio, or an empty text where it finds none."""
    try:
        return tagging.audio_of(data)
    except (av.FFmpegError, IndexError):
        return ""


def test_every_real_file(real_formats: Path, tmp_path: Path) -> None:
    rows, left = [], set()
    for original in sorted(real_formats.iterdir()):
        path = tmp_path / original.name
        shutil.copyfile(original, path)
        old, identity = path.read_bytes(), payload_digest(str(path))
        tag = read_genre(str(path))
        try:
            prepared = tagging.write(path, *GENRES)
        except TagLeftError:
            left.add(original.name)
            assert path.read_bytes() == old
            continue
        new = path.read_bytes()
        assert payload_digest(str(path)) == identity, original.name
        assert packets(new) == packets(old), original.name
        tagging.undo(path, prepared)
        exact = path.read_bytes() == old
        rows.append((original.name, tag.container, len(new) - len(old), len(prepared.patch), exact))
        assert exact, original.name
    assert left == LEFT_ALONE
    assert tagging.alone(tmp_path / "any")
    lines = [
        f"{name:40} {kind:15} {more:+6} B  patch {patch:4} B  byte-identical" for name, kind, more, patch, _ in rows
    ]
    sys.stdout.write("\n".join(["", *lines, ""]))


@pytest.mark.parametrize(
    ("name", "genres"),
    [
        ("mp3_id3v23_genre_number.mp3", ("Jazz",)),
        ("mp3_vbr_id3v1only.mp3", ("Folk",)),
        ("mp3_id3v22.mp3", ("Jazz",)),
        ("mp3_id3v24_multigenre_utf8.mp3", ("Jazz", "Lounge", "Swing")),
        ("mp3_apev2_and_id3_conflict.mp3", ("Country",)),
        ("mp3_two_id3v2.mp3", ("Rock",)),
        ("flac_with_id3v2_in_front.flac", ("Jazz",)),
        ("wav16_riff_info.wav", ("Jazz",)),
        ("wav16_id3_and_info.wav", ("Lounge",)),
        ("m4a_aac.m4a", ("Folk", "Singer/Songwriter")),
        ("wma_v2.wma", ("Folk", "Country")),
        ("mp3_named.wav", ("Jazz",)),
        ("ac3.ac3", ()),
    ],
)
def test_what_real_files_say(real_formats: Path, name: str, genres: tuple[str, ...]) -> None:
    assert read_genre(str(real_formats / name)).values == genres


def test_every_version_of_every_tag_agrees(real_formats: Path, tmp_path: Path) -> None:
    for name in ("mp3_apev2_and_id3_conflict.mp3", "mp3_two_id3v2.mp3", "flac_with_id3v2_in_front.flac"):
        path = tmp_path / name
        shutil.copyfile(real_formats / name, path)
        for word in (b"Folk", b"Country", b"Rock", b"Jazz", b"Blues"):
            if word in path.read_bytes():
                break
        tagging.write(path, "Zydeco")
        content = path.read_bytes()
        assert content.count(b"Zydeco") == 2, name
        assert word not in content, name


def test_a_changed_expectation_is_left_alone(real_formats: Path, tmp_path: Path) -> None:
    path = tmp_path / "song.mp3"
    shutil.copyfile(real_formats / "mp3_chapters.mp3", path)
    tagging.write(path, "Folk")
    with pytest.raises(TagLeftError, match="has this genre already"):
        prepare_write(str(path), ("Folk",), None, WriteOptions())
