"""What is exported: tables without formulas, JSON that comes back, playlists that find their files."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mgc_desktop.core.errors import LibraryError
from mgc_desktop.core.values import TrackRow, TrackState, VerdictKind
from mgc_desktop.library.export import (
    FIELDS,
    ExportCancelledError,
    ExportFormat,
    export,
    file_name,
    playlist_path,
    table_text,
)


def row(track: int = 1, path: str = "/m/a/song.mp3", **values: object) -> TrackRow:
    plain = {
        "title": "A song", "artist": "Anna", "existing_genre": "Rock", "state": TrackState.DONE,
        "kind": VerdictKind.GENRE, "label": "hiphop", "confidence": 0.875, "runner_up": "rock",
        "runner_up_confidence": 0.1, "duration": 200.6, "error": "",
    }  # fmt: skip
    return TrackRow(id=track, path=path, **(plain | values))  # type: ignore[arg-type]


def test_a_table_says_what_is_known(tmp_path: Path) -> None:
    target = tmp_path / "music.csv"
    own = row(2, correction="Tango", corrected_at=1.0)
    failed = row(3, kind=None, label=None, confidence=None, state=TrackState.FAILED, error="It is empty: copy it.")
    assert export([row(), own, failed], str(target), ExportFormat.CSV) == [str(target)]
    with target.open(encoding="utf-8-sig", newline="") as file:
        first, second, third = csv.DictReader(file)
    assert tuple(first) == FIELDS
    assert (first["verdict"], first["genre"], first["confidence"], first["set_by_you"]) == (
        "Hip-Hop", "hiphop", "0.875", "",
    )  # fmt: skip
    assert (second["verdict"], second["genre"], second["set_by_you"]) == ("Tango", "Tango", "yes")
    assert (third["verdict"], third["confidence"], third["error"]) == ("", "", "It is empty: copy it.")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_a_formula(tmp_path: Path, start: str) -> None:
    hostile = row(title=f"{start}cmd|' /C calc'!A0", artist=f"{start}1+1", path=f"{start}x.mp3")
    export([hostile], str(tmp_path / "a.csv"), ExportFormat.CSV)
    with (tmp_path / "a.csv").open(encoding="utf-8-sig", newline="") as file:
        (cells,) = list(csv.reader(file))[1:]
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells)
    pasted = table_text([hostile]).splitlines()[1].split("\t")
    assert len(pasted) == 6
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in pasted)


@given(title=st.text(max_size=30), path=st.binary(min_size=1, max_size=30))
def test_json_lines_come_back_as_they_were(tmp_path_factory: pytest.TempPathFactory, title: str, path: bytes) -> None:
    target = tmp_path_factory.getbasetemp() / "music.jsonl"
    name, said = os.fsdecode(path), title.encode("utf-8", "replace").decode()
    export([row(path=name, title=said)], str(target), ExportFormat.JSON_LINES)
    lines = target.read_text("utf-8").splitlines() if "\x85" not in said else target.read_text("utf-8").split("\n")[:1]
    back = json.loads(lines[0] if len(lines) == 1 else target.read_text("utf-8").rstrip("\n"))
    assert os.fsencode(back["path"]) == path
    assert back["title"] == said


def test_a_playlist_finds_its_files_wherever_the_folder_goes(tmp_path: Path) -> None:
    music = tmp_path / "music"
    (music / "a").mkdir(parents=True)
    names = [os.fsdecode(name) for name in (b"plain.mp3", b"#1 hit.mp3", "Ünï.mp3".encode(), b"odd \xff.mp3")]
    for name in names:
        (music / "a" / name).touch()
    rows = [row(number, str(music / "a" / name), title=f"Line\nbreak {number}") for number, name in enumerate(names)]
    broken = row(9, str(music / "a" / "two\nlines.mp3"))
    export([*rows, broken], str(music / "all.m3u8"), ExportFormat.PLAYLIST)
    moved = tmp_path / "moved"
    music.rename(moved)
    lines = [os.fsdecode(line) for line in (moved / "all.m3u8").read_bytes().splitlines()]
    assert lines[0] == "#EXTM3U"
    assert lines[1] == "#EXTINF:201,Anna - Line break 0"
    entries = [line for line in lines if not line.startswith("#")]
    assert len(entries) == len(names)
    for entry, name in zip(entries, names, strict=True):
        assert (moved / entry).resolve() == moved / "a" / name
        assert (moved / entry).is_file()


def test_a_playlist_a_genre(tmp_path: Path) -> None:
    rows = [
        row(1), row(2, label="a/b"), row(3, label="A:B"), row(4, kind=VerdictKind.UNSURE), row(5, correction="con"),
        row(6, path="/m/other.mp3"),
    ]  # fmt: skip
    written = export(rows, str(tmp_path / "lists"), ExportFormat.PLAYLISTS)
    assert [os.path.basename(path) for path in written] == ["Hip-Hop.m3u8", "A-b.m3u8", "A-B 2.m3u8", "_Con.m3u8"]
    text = (tmp_path / "lists" / "Hip-Hop.m3u8").read_text("utf-8")
    assert text.count("#EXTINF") == 2
    assert file_name("...") == "_"
    assert playlist_path("/m/x.mp3", "/m") == "x.mp3"


def test_a_cancelled_export_leaves_what_was_there(tmp_path: Path) -> None:
    target = tmp_path / "music.csv"
    target.write_text("before")
    looked: list[int] = []

    def endless() -> Iterator[TrackRow]:
        for number in range(10_000):
            yield row(number)

    with pytest.raises(ExportCancelledError):
        export(endless(), str(target), ExportFormat.CSV, lambda done: looked.append(done) or done < 400)  # type: ignore[func-returns-value]
    assert looked == [0, 200, 400]
    assert target.read_text() == "before"
    assert list(tmp_path.iterdir()) == [target]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match=r"could not be written .*choose another") as told:
        export([row()], str(tmp_path / "none" / "music.csv"), ExportFormat.CSV)
    assert not isinstance(told.value, ExportCancelledError)
    if os.path.exists("/dev/full"):
        (tmp_path / "full").symlink_to("/dev/full")
        with pytest.raises(LibraryError, match="could not be written"):
            export([row()], str(tmp_path / "full" / "x.csv"), ExportFormat.CSV)


def test_text_to_paste_keeps_a_track_a_line() -> None:
    lines = table_text([row(title="a\tb\nc"), row(2, path=os.fsdecode(b"/m/\xff.mp3"))]).splitlines()
    assert lines[0] == "Title\tArtist\tExisting genre\tVerdict\tConfidence\tPath"
    assert lines[1] == "a b c\tAnna\tRock\tHip-Hop\t0.875\t/m/a/song.mp3"
    assert lines[2].endswith("/m/\\xff.mp3")
