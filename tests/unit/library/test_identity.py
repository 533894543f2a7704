"""The identity of a file's audio: tags do not touch it, audio does."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import mutagen
import mutagen.apev2
import mutagen.id3
import numpy as np
import pytest

from mgc_desktop.library.identity import payload_digest, stamp
from tests import synth

WavFactory = Callable[..., Path]
TAGGED = [".mp3", ".flac", ".ogg", ".opus", ".m4a", ".wma", ".wv", ".tta", ".aiff", ".wav"]


def write_tags(path: Path, text: str) -> None:
    """Write tags with mutagen, as another program would."""
    file = mutagen.File(path)
    assert file is not None
    if file.tags is None:
        file.add_tags()
    if isinstance(file.tags, mutagen.id3.ID3):
        file.tags.add(mutagen.id3.TIT2(encoding=3, text=text))
    else:
        name = {".m4a": "\xa9nam", ".wma": "Title"}.get(path.suffix, "title")
        file.tags[name] = [text]
    file.save()


@pytest.mark.parametrize("extension", TAGGED)
@pytest.mark.parametrize("seconds", [1.0, 20.0])
def test_tags_do_not_change_it(wav_file: WavFactory, extension: str, seconds: float) -> None:
    path = wav_file(f"song{extension}", seconds=seconds)
    before = payload_digest(str(path))
    assert len(before) == 32
    for text in ("short", "a text much longer than any padding " * 5000, "short again"):
        content = path.read_bytes()
        write_tags(path, text)
        assert path.read_bytes() != content
        assert payload_digest(str(path)) == before


@pytest.mark.parametrize("extension", [*TAGGED, ".aac", ".mka", ".ac3", ".au"])
def test_other_audio_has_another(wav_file: WavFactory, extension: str) -> None:
    one = wav_file(f"one{extension}", seed=1)
    two = wav_file(f"two{extension}", seed=2)
    assert payload_digest(str(one)) != payload_digest(str(two))
    same = shutil.copy(one, one.with_name(f"moved{extension}"))
    assert payload_digest(str(same)) == payload_digest(str(one))


@pytest.mark.parametrize("extension", [".flac", ".wav", ".mp3", ".ogg"])
def test_a_longer_version_with_the_same_beginning_has_another(wav_file: WavFactory, extension: str) -> None:
    one = wav_file(f"one{extension}", kind="tone", seconds=20.0)
    two = wav_file(f"two{extension}", kind="tone", seconds=25.0)
    assert payload_digest(str(one)) != payload_digest(str(two))


@pytest.mark.parametrize("extension", [".wav", ".flac", ".ogg"])
def test_takes_that_begin_and_end_alike_are_told_apart(tmp_path: Path, extension: str) -> None:
    quiet = synth.silence(4.0)
    digests = set()
    for seed in (1, 2):
        middle = synth.noise(80.0, seed=seed)
        path = synth.write_audio(tmp_path / f"{seed}{extension}", np.concatenate([quiet, middle, quiet]))
        before = payload_digest(str(path))
        write_tags(path, "a text much longer than any padding " * 5000)
        assert payload_digest(str(path)) == before
        digests.add(before)
    assert len(digests) == 2


def test_every_tag_around_an_mp3_is_left_out(wav_file: WavFactory) -> None:
    path = wav_file("song.mp3", seconds=10.0)
    audio = path.read_bytes()
    before = payload_digest(str(path))
    tags = mutagen.id3.ID3()
    tags.add(mutagen.id3.TIT2(encoding=3, text="Title"))
    tags.save(path, v1=2)  # ID3v2 in front, ID3v1 at the end
    ape = mutagen.apev2.APEv2()
    ape["Title"] = "Another"
    ape.save(path)
    assert len(path.read_bytes()) > len(audio) + 128
    assert payload_digest(str(path)) == before
    second = path.read_bytes()
    head = second[: second.index(audio[:64])]
    path.write_bytes(head + second)  # one ID3v2 tag behind the other
    assert payload_digest(str(path)) == before
    lyrics = b"LYRICSBEGININD00002" + b"00"
    path.write_bytes(audio + lyrics + b"%06dLYRICS200" % len(lyrics))
    assert payload_digest(str(path)) == before


def test_real_files_all_have_one_of_their_own(real_formats: Path) -> None:
    digests: dict[str, list[str]] = {}
    for path in real_formats.iterdir():
        digests.setdefault(payload_digest(str(path)), []).append(path.name)
    shared = {frozenset(name for name in names if name.isascii()) for names in digests.values() if len(names) > 1}
    assert shared == {
        frozenset({"empty.mp3", "id3_tag_only.mp3"}),  # no audio in either
        frozenset({"mp3_id3v22.mp3", "mp3_id3v23_genre_number.mp3", "mp3_named.wav"}),
        frozenset({"mp3_id3v24_multigenre_utf8.mp3", "mp3_named.flac", "mp3_two_id3v2.mp3"}),
    }


def test_what_cannot_be_read_has_none(tmp_path: Path) -> None:
    assert payload_digest(str(tmp_path / "gone.mp3")) == ""
    assert payload_digest(str(tmp_path)) == ""
    assert payload_digest("nul\0") == ""
    if sys.platform != "win32":
        os.mkfifo(tmp_path / "pipe")
        assert payload_digest(str(tmp_path / "pipe")) == ""


@pytest.mark.parametrize(
    "content", [b"", b"ID3\4\0\x10\x7f\x7f\x7f\x7f", b"OggS" * 40, b"fLaC\x04\xff\xff\xff", b"RIFF" * 9]
)
def test_odd_bytes_do_not_matter(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "odd"
    path.write_bytes(content)
    assert len(payload_digest(str(path))) == 32


def test_a_stamp_tells_size_and_time(wav_file: WavFactory) -> None:
    path = wav_file()
    before = stamp(str(path))
    assert before.size == path.stat().st_size
    os.utime(path, ns=(1, 2))
    assert stamp(str(path)).mtime_ns != before.mtime_ns
    assert not stamp(str(path)).same(before)
    with pytest.raises(OSError, match="gone"):
        stamp(str(path.with_name("gone")))
