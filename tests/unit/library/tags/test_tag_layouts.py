"""Layouts that a genre has to be fitted into: tables that move, pages that are numbered anew, chunks and lists."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import av
import mutagen.asf
import mutagen.flac
import mutagen.id3
import mutagen.mp4
import mutagen.oggspeex
import mutagen.oggvorbis
import mutagen.wave
import pytest

from mgc_desktop.core.errors import TagError, TagLeftError
from mgc_desktop.library.tags.edits import Source
from mgc_desktop.library.tags.genre import read_genre
from mgc_desktop.library.tags.ogg import checksum, pages, render_page
from mgc_desktop.library.tags.write import WriteOptions, prepare_write
from tests.unit.library.tags import tagging
from tests.unit.library.tags.test_id3_surgery import id3v1, tag

LONG = "long " * 60_000  # 300 kB: more than the pages of any header hold


def changed_and_back(path: Path, content: bytes, *genres: str) -> bytes:
    """Write genres, check the audio, take them back, and return the file in between."""
    path.write_bytes(content)
    audio = tagging.audio_of(content)
    done = tagging.write(path, *genres)
    new = path.read_bytes()
    assert tagging.audio_of(new) == audio
    tagging.undo(path, done)
    assert path.read_bytes() == content
    path.write_bytes(new)
    return new


def remuxed(folder: Path, flags: str) -> bytes:
    """Return an MP4 with its parts in another order."""
    out = folder / "remuxed.mp4"
    with (
        av.open(io.BytesIO(tagging.plain(".m4a")), "r") as old,
        av.open(str(out), "w", format="mp4", options={"movflags": flags}) as new,
    ):
        stream = new.add_stream_from_template(old.streams.audio[0])
        for packet in old.demux(audio=0):
            if packet.dts is not None:
                packet.stream = stream
                new.mux(packet)
    return out.read_bytes()


def test_tables_move_with_the_audio_of_an_mp4(tmp_path: Path) -> None:
    content = remuxed(tmp_path, "faststart").replace(b"free\0\0\0\0", b"skip\0\0\0\0")
    assert content.index(b"moov") < content.index(b"mdat")
    for genres in (("Rock",), ("x" * 10_000, "y")):
        new = changed_and_back(tmp_path / "song.m4a", content, *genres)
        assert len(new) > len(content)
        assert new.index(b"mdat") > content.index(b"mdat")
        assert mutagen.mp4.MP4(tmp_path / "song.m4a")["\xa9gen"] == list(genres)


def test_room_in_an_mp4_is_used_first(tmp_path: Path) -> None:
    path = tmp_path / "song.m4a"
    path.write_bytes(remuxed(tmp_path, "faststart"))
    file = mutagen.mp4.MP4(path)
    file["\xa9nam"] = "Title"
    file.save(padding=lambda _: 500)
    content = path.read_bytes()
    new = changed_and_back(path, content, "Rock", "Pop")
    assert len(new) == len(content)
    assert new.index(b"mdat") == content.index(b"mdat")
    assert mutagen.mp4.MP4(path)["\xa9nam"] == ["Title"]
    changed_and_back(path, content, "x" * 2000)  # more than there is room


def test_fragments_of_an_mp4(tmp_path: Path) -> None:
    path = tmp_path / "song.m4a"
    content = remuxed(tmp_path, "frag_keyframe+empty_moov+default_base_moof")
    assert b"moof" in content
    assert b"mfra" in content
    path.write_bytes(content)
    with pytest.raises(TagLeftError, match="index that cannot be moved"):
        prepare_write(str(path), ("Rock",), None, WriteOptions())
    assert tagging.alone(path)
    without_index = content[: content.index(b"mfra") - 4]
    changed_and_back(path, without_index, "Rock")
    places = remuxed(tmp_path, "frag_keyframe+empty_moov")
    path.write_bytes(places[: places.index(b"mfra") - 4])
    with pytest.raises(TagLeftError, match="fragments that cannot be moved"):
        prepare_write(str(path), ("Rock",), None, WriteOptions())


def test_a_numbered_genre_of_an_mp4_becomes_a_name(tmp_path: Path) -> None:
    path = tmp_path / "song.m4a"
    path.write_bytes(tagging.plain(".m4a"))
    tagging.write(path, "Rock")
    content = path.read_bytes()
    named = content[content.index(b"\xa9gen") - 4 :][:28]
    number = (26).to_bytes(4, "big") + b"gnre" + (18).to_bytes(4, "big") + b"data" + bytes(8) + (18).to_bytes(2, "big")
    moov = content.rindex(b"moov") - 4
    assert content.index(b"mdat") < moov  # nothing lies behind it that would have to move
    data = bytearray(content.replace(named, number))
    for name in (b"moov", b"udta", b"meta", b"ilst"):
        at = data.index(name) - 4
        data[at : at + 4] = (int.from_bytes(data[at : at + 4], "big") - 2).to_bytes(4, "big")
    path.write_bytes(data)
    assert read_genre(str(path)).values == ("Rock",)
    new = changed_and_back(path, bytes(data), "Pop")
    assert b"gnre" not in new
    assert mutagen.mp4.MP4(path)["\xa9gen"] == ["Pop"]


@pytest.mark.parametrize("extension", [".ogg", ".opus", ".oga"])
def test_pages_of_an_ogg_file_are_numbered_anew_only_where_they_must(tmp_path: Path, extension: str) -> None:
    path = tmp_path / f"song{extension}"
    content = tagging.full(extension)
    new = changed_and_back(path, content, "Rock", "x" * 3000)
    assert content.rpartition(b"OggS")[2] == new.rpartition(b"OggS")[2]
    longer = changed_and_back(path, content, LONG)
    assert content.rpartition(b"OggS")[2] != longer.rpartition(b"OggS")[2]
    check_pages(path)
    changed_and_back(path, longer, "Rock")  # from many pages to few
    check_pages(path)


def check_pages(path: Path) -> None:
    """Check that pages are numbered without a gap, and that every checksum is right."""
    with path.open("rb", buffering=0) as file:
        source = Source(file)
        found = list(pages(source, 0))
        assert found[-1].end == source.size
        assert [page.number for page in found] == list(range(len(found)))
        for page in found:
            raw = source.read(page.start, page.end - page.start)
            assert checksum(raw[:22] + bytes(4) + raw[26:]) == raw[22:26]


def test_headers_of_many_small_pages(tmp_path: Path) -> None:
    path = tmp_path / "song.ogg"
    path.write_bytes(tagging.plain(".ogg"))
    file = mutagen.oggvorbis.OggVorbis(path)
    file["description"] = "d" * 200_000
    file["genre"] = LONG
    file.save()
    content = path.read_bytes()
    new = changed_and_back(path, content, "Rock")
    check_pages(path)
    assert new[-2000:] == content[-2000:]  # as many pages as before, though 300 kB are gone
    del file["description"]
    file.save()
    changed_and_back(path, path.read_bytes(), "x")
    check_pages(path)


def test_speex(tmp_path: Path) -> None:
    header = b"Speex   " + b"1.2".ljust(20, b"\0") + struct.pack("<9I", 1, 80, 16000, 1, 4, 1, 42200, 320, 0)
    header = header.ljust(80, b"\0")
    comments = b"\3\0\0\0xyz\1\0\0\0\x0b\0\0\0title=Title"
    audio = bytes(range(100))

    def page(flags: int, position: int, number: int, body: bytes) -> bytes:
        return render_page(flags, position.to_bytes(8, "little"), b"once", number, bytes((len(body),)), body)

    path = tmp_path / "song.spx"
    content = page(2, 0, 0, header) + page(0, 0, 1, comments) + page(4, 320, 2, audio)
    path.write_bytes(content)
    done = tagging.write(path, "Rock", "Pop")
    read: Any = mutagen.oggspeex.OggSpeex(path)
    assert (read["genre"], read["title"], read.tags.vendor) == (["Rock", "Pop"], ["Title"], "xyz")
    assert path.read_bytes().endswith(page(4, 320, 2, audio))
    tagging.undo(path, done)
    assert path.read_bytes() == content


def test_streams_side_by_side_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "video.ogg"
    one, two = tagging.plain(".ogg"), tagging.plain(".opus")
    end_of_first = one.index(b"OggS", 10)
    path.write_bytes(one[:end_of_first] + two[: two.index(b"OggS", 10)] + one[end_of_first:])
    with pytest.raises(TagLeftError, match="no place"):
        prepare_write(str(path), ("Rock",), None, WriteOptions())


def test_flac_without_comments_or_padding(tmp_path: Path) -> None:
    path = tmp_path / "song.flac"
    content = tagging.plain(".flac")
    start = 42
    while True:
        last, length = content[start] & 0x80, int.from_bytes(content[start + 1 : start + 4], "big")
        start += 4 + length
        if last:
            break
    bare = b"fLaC\x80" + content[5:42] + content[start:]
    new = changed_and_back(path, bare, "Rock", "Pop")
    assert mutagen.flac.FLAC(path)["genre"] == ["Rock", "Pop"]
    assert new.endswith(content[start:])
    around = tag(3, [("TIT2", b"\0Other"), ("TCON", b"\0Blues")]) + tagging.full(".flac") + id3v1(8)
    path.write_bytes(around)
    tagging.write(path, "Rock")
    new = path.read_bytes()
    assert new[-1] == 17
    assert list(mutagen.id3.ID3(path)["TCON"].text) == ["Rock"]


def info(fields: dict[bytes, bytes]) -> bytes:
    body = b"INFO"
    for name, text in fields.items():
        body += name + (len(text) + 1).to_bytes(4, "little") + text + b"\0" + bytes((len(text) + 1) & 1)
    return b"LIST" + len(body).to_bytes(4, "little") + body


def riff(content: bytes, *chunks: bytes) -> bytes:
    """Return a WAV with more chunks behind its own."""
    data = content[12:] + b"".join(chunks)
    return b"RIFF" + (4 + len(data)).to_bytes(4, "little") + b"WAVE" + data


def test_an_info_list_is_carried_along(tmp_path: Path) -> None:
    path = tmp_path / "song.wav"
    fields = {b"INAM": b"T\xefrtle", b"IART": "Ünïcode".encode(), b"IGNR": b"Jazz", b"ICRD": b"2011-05", b"ITRK": b"3"}
    content = riff(tagging.plain(".wav"), info(fields))
    path.write_bytes(content)
    assert read_genre(str(path)).values == ("Jazz",)
    new = changed_and_back(path, content, "Rock", "夜曲")
    read: Any = mutagen.wave.WAVE(path).tags
    assert (str(read["TIT2"]), str(read["TPE1"]), str(read["TDRC"])) == ("Tïrtle", "Ünïcode", "2011-05")
    assert list(read["TCON"].text) == ["Rock", "夜曲"]
    assert info({**fields, b"IGNR": "Rock; 夜曲".encode()}) in new
    assert int.from_bytes(new[4:8], "little") == len(new) - 8
    path.write_bytes(content)
    tagging.write(path)
    assert path.read_bytes() == riff(tagging.plain(".wav"), info({k: v for k, v in fields.items() if k != b"IGNR"}))


@pytest.mark.parametrize("genre", ["Rock", "Rocks"])
def test_chunks_of_odd_length(tmp_path: Path, genre: str) -> None:
    path = tmp_path / "song.wav"
    odd = tag(3, [("TIT2", b"\0Title"), ("TCON", b"\0Jazz!")])
    chunk = b"ID3 " + len(odd).to_bytes(4, "little") + odd + bytes(len(odd) & 1)
    content = riff(tagging.plain(".wav"), chunk, b"junk\3\0\0\0abc\0")
    new = changed_and_back(path, content, genre)
    size = len(odd) - 5 + len(genre)
    padded = tag(3, [("TIT2", b"\0Title"), ("TCON", b"\0" + genre.encode())], padding=bytes(max(0, 5 - len(genre))))
    assert new.endswith(padded + bytes(len(padded) & 1) + b"junk\3\0\0\0abc\0")
    assert size <= len(padded)
    path.write_bytes(content + b"what a program left behind the end")
    tagging.write(path, genre)
    assert path.read_bytes() == new + b"what a program left behind the end"


def test_a_wav_that_was_cut_off_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "song.wav"
    for content in (
        tagging.plain(".wav")[:-1000],
        tagging.plain(".wav").replace(b"RIFF", b"RF64"),
        b"RIFF\xff\xff\xff\xffWAVE" + tagging.plain(".wav")[12:40] + b"\xff\xff\xff\xff" + bytes(500),
    ):
        path.write_bytes(content)
        with pytest.raises(TagLeftError, match="no place"):
            prepare_write(str(path), ("Rock",), None, WriteOptions())


def asf_objects(content: bytes) -> dict[bytes, bytes]:
    """Return the objects of an ASF header by the beginnings of their names."""
    found, at, end = {}, 30, int.from_bytes(content[16:24], "little")
    while at < end:
        size = int.from_bytes(content[at + 16 : at + 24], "little")
        found[content[at : at + 4]] = content[at : at + size]
        at += size
    return found


@pytest.mark.parametrize("kept", [b"", b"\x40\xa4\xd0\xd2"])
def test_a_header_of_windows_media_without_attributes(tmp_path: Path, kept: bytes) -> None:
    path = tmp_path / "song.wma"
    content = tagging.plain(".wma")
    objects = asf_objects(content)
    extension = objects.pop(
        b"\xb5\x03\xbf\x5f",
        bytes.fromhex("b503bf5f2ea9cf118ee300c00c205365")
        + b"\x2e"
        + bytes(7)
        + bytes.fromhex("11d2d3abbaa9cf118ee600c00c205365")
        + b"\6\0"
        + bytes(4),
    )
    if not kept:
        objects.pop(b"\x40\xa4\xd0\xd2", None)
    body = b"".join(objects.values()) + extension
    head = content[:16] + (30 + len(body)).to_bytes(8, "little") + (len(objects) + 1).to_bytes(4, "little")
    made = head + content[28:30] + body + content[int.from_bytes(content[16:24], "little") :]
    new = changed_and_back(path, made, "Rock", "Pop", "Soul")
    assert [str(value) for value in mutagen.asf.ASF(path)["WM/Genre"]] == ["Rock", "Pop", "Soul"]
    places = asf_objects(new)
    assert len(places) == int.from_bytes(new[24:28], "little")
    inside = len(places[b"\xb5\x03\xbf\x5f"]) - 46
    assert int.from_bytes(places[b"\xb5\x03\xbf\x5f"][42:46], "little") == inside
    assert places[b"\x40\xa4\xd0\xd2"].count("WM/Genre".encode("utf-16-le")) == 1


def test_genres_too_long_for_a_format_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "song.wma"
    path.write_bytes(tagging.full(".wma"))
    tagging.write(path, LONG, "Short")  # longer than the first place takes: the library does
    assert [len(str(value)) for value in mutagen.asf.ASF(path)["WM/Genre"]] == [len(LONG), 5]
    path = tmp_path / "song.flac"
    path.write_bytes(tagging.full(".flac"))
    with pytest.raises(TagError, match="too many genres"):
        prepare_write(str(path), ("x" * 500_000,) * 3, None, WriteOptions())
