"""ID3v2 tags changed frame by frame: every other byte of them stays, whatever version and flags they have."""

from __future__ import annotations

import zlib
from pathlib import Path

import mutagen.apev2
import mutagen.id3
import pytest

from mgc_desktop.core.errors import TagError, TagLeftError
from mgc_desktop.library.tags.ape import new_ape, render_item
from mgc_desktop.library.tags.genre import read_genre
from mgc_desktop.library.tags.id3 import render_frame, synchsafe
from mgc_desktop.library.tags.write import WriteOptions, prepare_write
from tests.unit.library.tags import tagging

AUDIO = tagging.plain(".mp3")
OTHERS = [("TIT2", b"\0Title"), ("XYZQ", b"unknown \xff\0\xff\xe0 bytes"), ("PRIV", b"me\0" + b"\xff\0" * 9)]


def tag(
    version: int,
    frames: list[tuple[str, bytes]],
    *,
    flags: int = 0,
    extended: bytes = b"",
    padding: bytes = b"",
    plain_sizes: bool = False,
) -> bytes:
    """Return a tag as bytes; a footer where the flags ask for one."""
    names = {"TIT2": "TT2", "XYZQ": "XYZ", "PRIV": "PRV", "TCON": "TCO"} if version == 2 else {}
    parts = [render_frame(names.get(name, name), data, version, 0, plain_sizes) for name, data in frames]
    body = extended + b"".join(parts) + padding
    if flags & 0x80 and version < 4:
        body = unsynchronised(body)
    head = bytes((version, 0, flags)) + synchsafe(len(body))
    return b"ID3" + head + body + (b"3DI" + head if flags & 0x10 else b"")


def unsynchronised(data: bytes) -> bytes:
    """As the standard has it: a zero behind each 0xFF that a frame sync or a zero follows."""
    out = bytearray()
    for here, after in zip(data, [*data[1:], 0], strict=True):
        out.append(here)
        if here == 0xFF and (after >= 0xE0 or after == 0):
            out.append(0)
    return bytes(out)


def written(tmp_path: Path, content: bytes, *genres: str) -> tuple[bytes, Path]:
    path = tmp_path / "song.mp3"
    path.write_bytes(content)
    done = tagging.write(path, *genres)
    new = path.read_bytes()
    assert AUDIO in new
    assert tagging.audio_of(new) == tagging.audio_of(AUDIO)
    tagging.undo(path, done)
    assert path.read_bytes() == content
    path.write_bytes(new)
    return new, path


@pytest.mark.parametrize("version", [2, 3, 4])
@pytest.mark.parametrize("flags", [0, 0x80])
def test_other_frames_stay_byte_for_byte(tmp_path: Path, version: int, flags: int) -> None:
    for genre in ("Rock", "Ａ夜曲ÿ", "x" * 300):
        old = tag(version, [*OTHERS[:2], ("TCON", b"\0Jazz"), OTHERS[2]], flags=flags, padding=bytes(64))
        new, path = written(tmp_path, old + AUDIO, genre, "Second")
        assert new[3:6] == old[3:6]
        for name, data in OTHERS:
            frame = tag(version, [(name, data)], flags=flags)[10:]
            assert frame.rstrip(b"\0") in new, name
        read = mutagen.id3.ID3(path)
        assert list(read["TCON"].text) == [genre, "Second"]
        assert str(read["TIT2"]) == "Title"
        if version > 2 and not flags:
            expected = render_frame("TCON", read_content(genre, version), version)
            assert expected in new


def read_content(genre: str, version: int) -> bytes:
    if genre.isascii():
        return b"\0" + genre.encode() + b"\0Second"
    if version == 4:
        return b"\3" + genre.encode("utf-8") + b"\0Second"
    return b"\1\xff\xfe" + genre.encode("utf-16-le") + b"\0\0\xff\xfe" + "Second".encode("utf-16-le")


def test_padding_takes_and_gives_the_difference(tmp_path: Path) -> None:
    old = tag(4, [("TCON", b"\0Jazz"), ("TIT2", b"\0Title")], padding=bytes(100))
    new, _ = written(tmp_path, old + AUDIO, "A longer genre than before")
    assert len(new) == len(old + AUDIO)
    assert new[:10] == old[:10]
    shorter, _ = written(tmp_path, old + AUDIO, "X")
    assert len(shorter) == len(old + AUDIO)
    without, _ = written(tmp_path, tag(4, [("TCON", b"\0Jazz"), ("TIT2", b"\0Title")]) + AUDIO, "Longer")
    assert len(without) == len(tag(4, [("TCON", b"\0Longer"), ("TIT2", b"\0Title")]) + AUDIO)
    too_long, _ = written(tmp_path, old + AUDIO, "y" * 200)
    assert bytes(100) in too_long  # the padding stays where it would not suffice


def test_a_footer_is_kept_in_step(tmp_path: Path) -> None:
    old = tag(4, [("TIT2", b"\0Title"), ("TCON", b"\0Jazz")], flags=0x10)
    for genre in ("Long genre", "R"):
        new, _ = written(tmp_path, old + AUDIO, genre)
        assert new.startswith(tag(4, [("TIT2", b"\0Title"), ("TCON", b"\0" + genre.encode())], flags=0x10) + AUDIO[:9])


def test_an_extended_header_and_its_checksum(tmp_path: Path) -> None:
    frames = b"".join(render_frame(name, data, 3) for name, data in [("TIT2", b"\0Title"), ("TCON", b"\0Jazz")])
    extended = (10).to_bytes(4, "big") + b"\x80\0" + (50).to_bytes(4, "big") + zlib.crc32(frames).to_bytes(4, "big")
    old = tag(3, [("TIT2", b"\0Title"), ("TCON", b"\0Jazz")], flags=0x40, extended=extended, padding=bytes(50))
    new, _ = written(tmp_path, old + AUDIO, "Rocking")
    frames = b"".join(render_frame(name, data, 3) for name, data in [("TIT2", b"\0Title"), ("TCON", b"\0Rocking")])
    assert new[10:24] == extended[:6] + (47).to_bytes(4, "big") + zlib.crc32(frames).to_bytes(4, "big")
    assert new[24 : 24 + len(frames)] == frames

    def extended4(genre: bytes, padding: int) -> bytes:
        parts = [render_frame("TIT2", b"\0Title", 4), render_frame("TCON", b"\0" + genre, 4), bytes(padding)]
        return synchsafe(12) + b"\1\x20\5" + synchsafe(zlib.crc32(b"".join(parts)), 5)

    old = tag(
        4,
        [("TIT2", b"\0Title"), ("TCON", b"\0Jazz")],
        flags=0x40,
        extended=extended4(b"Jazz", 30),
        padding=bytes(30),
    )
    new, _ = written(tmp_path, old + AUDIO, "Rocking")
    assert new[10:22] == extended4(b"Rocking", 27)


def test_a_flag_without_an_extended_header(tmp_path: Path) -> None:
    old = tag(3, [("TIT2", b"\0Title"), ("TCON", b"\0Jazz")], flags=0x40)
    new, _ = written(tmp_path, old + AUDIO, "Rock")
    assert new[10:25] == old[10:25]


def test_sizes_as_old_itunes_wrote_them(tmp_path: Path) -> None:
    frames = [("TIT2", b"\0" + b"t" * 300), ("TCON", b"\0Jazz"), ("TALB", b"\0Album")]
    new, path = written(tmp_path, tag(4, frames, plain_sizes=True) + AUDIO, "g" * 400)
    assert new.startswith(tag(4, [frames[0], ("TCON", b"\0" + b"g" * 400), frames[2]], plain_sizes=True))
    assert str(mutagen.id3.ID3(path)["TALB"]) == "Album"


def test_frames_with_flags_are_read(tmp_path: Path) -> None:
    path = tmp_path / "song.mp3"
    packed = len(b"\0Jazz").to_bytes(4, "big") + zlib.compress(b"\0Jazz")
    path.write_bytes(b"ID3\3\0\0" + synchsafe(10 + len(packed)) + render_frame("TCON", packed, 3, 0x80) + AUDIO)
    assert read_genre(str(path)).values == ("Jazz",)
    packed = b"G" + synchsafe(5) + zlib.compress(b"\0Jazz")
    path.write_bytes(b"ID3\4\0\0" + synchsafe(10 + len(packed)) + render_frame("TCON", packed, 4, 0x49) + AUDIO)
    assert read_genre(str(path)).values == ("Jazz",)
    utf16 = b"\1" + "Jä".encode("utf-16") + b"\0\0" + "Pop".encode("utf-16") + b"\0\0"
    path.write_bytes(tag(3, [("TCON", utf16)]) + AUDIO)
    assert read_genre(str(path)).values == ("Jä", "Pop")
    path.write_bytes(tag(4, [("TCON", b"\2" + "Jä\0Pop".encode("utf-16-be"))]) + AUDIO)
    assert read_genre(str(path)).values == ("Jä", "Pop")


@pytest.mark.parametrize(
    ("stored", "genres"),
    [
        (b"\0(17)", ("Rock",)),
        (b"\x0017", ("Rock",)),
        (b"\0(31)(39)", ("Trance", "Noise")),
        (b"\0(4)Eurodisco", ("Disco", "Eurodisco")),
        (b"\0(17)Rock", ("Rock",)),
        (b"\0(RX)", ("Remix",)),
        (b"\0((literal)", ("(literal)",)),
        (b"\x00250", ("250",)),
        (b"\0Rock\0", ("Rock",)),
        (b"\0Rock\0\0Pop", ("Rock", "Pop")),
        (b"\0", ()),
        (b"", ()),
        (b"\0 Rock ", (" Rock ",)),
    ],
)
def test_numbers_are_names(tmp_path: Path, stored: bytes, genres: tuple[str, ...]) -> None:
    path = tmp_path / "song.mp3"
    path.write_bytes(tag(3, [("TCON", stored)]) + AUDIO)
    assert read_genre(str(path)).values == genres


def test_several_tags_and_several_genre_frames(tmp_path: Path) -> None:
    first = tag(3, [("TCON", b"\0Jazz"), ("TIT2", b"\0Title"), ("TCON", b"\0Folk")], padding=bytes(30))
    second, third = tag(4, [("TCON", b"\0Blues")], padding=bytes(9)), tag(2, [("TIT2", b"\0Other")])
    new, path = written(tmp_path, first + second + third + AUDIO, "Rock")
    assert new == (
        tag(3, [("TCON", b"\0Rock"), ("TIT2", b"\0Title")], padding=bytes(45))
        + tag(4, [("TCON", b"\0Rock")], padding=bytes(10))
        + third
        + AUDIO
    )
    path.write_bytes(first + second + AUDIO)
    assert read_genre(str(path)).values == ("Jazz", "Folk")


def test_what_follows_the_frames_is_kept(tmp_path: Path) -> None:
    junk = bytes(5) + b"not padding \xff\xff"
    old = tag(3, [("TIT2", b"\0Title")], padding=junk)
    new, _ = written(tmp_path, old + AUDIO, "Rock")
    assert new == tag(3, [("TIT2", b"\0Title"), ("TCON", b"\0Rock")], padding=junk) + AUDIO


def id3v1(genre: int) -> bytes:
    return (
        b"TAG"
        + b"Title".ljust(30, b"\0")
        + b"\xc4rtist".ljust(30)
        + bytes(30)
        + b"1999"
        + bytes(28)
        + b"\0\7"
        + bytes((genre,))
    )


def test_an_id3v1_tag_goes_along(tmp_path: Path) -> None:
    content = AUDIO + id3v1(8)
    new, path = written(tmp_path, content, "Rock", "Other thing")
    assert new[-128:] == id3v1(17)
    read = mutagen.id3.ID3(path)
    assert (str(read["TIT2"]), str(read["TPE1"]), str(read["TDRC"])) == ("Title", "Ärtist", "1999")
    assert str(read["TRCK"]) == "7"
    assert "TALB" not in read
    assert list(read["TCON"].text) == ["Rock", "Other thing"]
    new, _ = written(tmp_path, content, "A genre of my own")
    assert new[-1] == 255
    path.write_bytes(content)
    assert read_genre(str(path)).values == ("Jazz",)
    assert read_genre(str(path)).container == "ID3v2.4"


def test_lyrics_between_stay_where_they_are(tmp_path: Path) -> None:
    lyrics = b"LYRICSBEGININD0000200LYR00003abc"
    lyrics += b"%06dLYRICS200" % len(lyrics)
    path = tmp_path / "song.mp3"
    path.write_bytes(AUDIO + lyrics + id3v1(8))
    done = tagging.write(path, "Rock")
    assert path.read_bytes().endswith(AUDIO + lyrics + id3v1(17))
    tagging.undo(path, done)
    assert path.read_bytes() == AUDIO + lyrics + id3v1(8)


def test_apev2_beside_id3(tmp_path: Path) -> None:
    loudness = new_ape([render_item(b"REPLAYGAIN_TRACK_GAIN", [b"-6 dB"])])
    new, path = written(tmp_path, AUDIO + loudness, "Rock")
    assert new.endswith(AUDIO[-100:] + loudness)  # loudness alone: the genre goes where players look for it
    assert read_genre(str(path)).container == "ID3v2.4"
    named = new_ape([render_item(b"Title", [b"Song"]), render_item(b"genre", [b"Jazz", b"Pop"])])
    new, path = written(tmp_path, AUDIO + named + id3v1(8), "Rock", "Soul")
    assert new == AUDIO + new_ape(
        [render_item(b"Title", [b"Song"]), render_item(b"genre", [b"Rock", b"Soul"])]
    ) + id3v1(17)
    assert read_genre(str(path)).container == "APEv2"
    both = tag(3, [("TCON", b"\0Folk")]) + AUDIO + named
    new, path = written(tmp_path, both, "Rock")
    assert list(mutagen.apev2.APEv2(path)["Genre"]) == ["Rock"]
    assert list(mutagen.id3.ID3(path)["TCON"].text) == ["Rock"]


@pytest.mark.parametrize(
    "content",
    [
        b"ID3\4\0\0" + synchsafe(1 << 27) + AUDIO,
        b"ID3\2\0\x40" + synchsafe(20) + bytes(20) + AUDIO,
        b"ID3\5\0\0" + synchsafe(20) + bytes(20) + AUDIO,
        b"ID3\3\0\x40" + synchsafe(20) + b"\x7f" * 20 + AUDIO,
        AUDIO
        + new_ape([render_item(b"Title", [b"Song"])])[:-20]
        + bytes(20)
        + b"APETAGEX"
        + b"\xd0\7\0\0"
        + b"\xff" * 20,
    ],
)
def test_damaged_tags_are_not_touched(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "song.mp3"
    path.write_bytes(content)
    with pytest.raises(TagError):
        prepare_write(str(path), ("Rock",), None, WriteOptions())
    assert path.read_bytes() == content
    assert tagging.alone(path)


def translated(tmp_path: Path, content: bytes, version: str, *genres: str) -> mutagen.id3.ID3:
    path = tmp_path / "song.mp3"
    path.write_bytes(content)
    done = tagging.write(path, *genres, id3_version=version)
    read = mutagen.id3.ID3(path)
    tagging.undo(path, done)
    assert path.read_bytes() == content
    return read


def test_a_tag_is_turned_into_another_version_where_the_person_wants_it(tmp_path: Path) -> None:
    frames = [("TIT2", b"\3T\xc3\xaftle"), ("TDRC", b"\x002011-05-01"), ("TCON", b"\0Jazz"), ("PRIV", b"me\0\xff\0")]
    read = translated(tmp_path, tag(4, frames, padding=bytes(20)) + AUDIO, "2.3", "Rock", "R&B/Soul", "夜曲")
    assert read.version == (2, 3, 0)
    assert (str(read["TIT2"]), str(read["TDRC"]), read["PRIV:me:\xff\0"].data) == ("Tïtle", "2011-05-01", b"\xff\0")
    assert list(read["TCON"].text) == ["Rock", "R&B/Soul", "夜曲"]
    for version in (2, 3):
        read = translated(tmp_path, tag(version, [OTHERS[0], ("TCON", b"\0Jazz")]) + AUDIO, "2.4", "Rock", "Pop")
        assert read.version == (2, 4, 0)
        assert (str(read["TIT2"]), list(read["TCON"].text)) == ("Title", ["Rock", "Pop"])
    assert translated(tmp_path, AUDIO, "2.3", "Rock").version == (2, 3, 0)
    read = translated(tmp_path, tag(3, [("TCON", b"\0Jazz"), OTHERS[1]]) + AUDIO, "2.3", "Rock")
    assert [bytes(frame[:4]) for frame in read.unknown_frames] == [b"XYZQ"]  # nothing to translate, nothing lost


@pytest.mark.parametrize("frame", [("TMOO", b"\0calm"), ("TDRC", b"\x002011-05"), ("XYZQ", b"unknown")])
def test_a_tag_that_would_lose_something_keeps_its_version(tmp_path: Path, frame: tuple[str, bytes]) -> None:
    path = tmp_path / "song.mp3"
    path.write_bytes(tag(4, [frame, ("TCON", b"\0Jazz")]) + AUDIO)
    with pytest.raises(TagLeftError, match=f"cannot hold all that this tag holds.*{frame[0]}"):
        prepare_write(str(path), ("Rock",), None, WriteOptions(id3_version="2.3"))
    assert tagging.alone(path)


def test_a_short_apev2_tag_is_not_taken_for_id3v1(tmp_path: Path) -> None:
    for length in range(51, 56):
        content = AUDIO + new_ape([render_item(b"Genre", [b"x" * length])])
        path = tmp_path / "song.mp3"
        path.write_bytes(content)
        assert read_genre(str(path)).values == ("x" * length,)
        done = tagging.write(path, "Rock")
        assert path.read_bytes() == AUDIO + new_ape([render_item(b"Genre", [b"Rock"])])
        tagging.undo(path, done)
        assert path.read_bytes() == content
