"""The list of corrections that a training process reads."""

from __future__ import annotations

import contextlib
import csv
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mgc_desktop.core.errors import LibraryError
from mgc_desktop.engine.corrections import write_corrections_list
from mgc_desktop.library.reader import Reader
from mgc_desktop.library.store import Store
from tests.library_rows import MODEL, add, result


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with contextlib.closing(Store(tmp_path / "library.sqlite3")) as made:
        yield made


@pytest.fixture
def reader(store: Store) -> Iterator[Reader]:
    with contextlib.closing(Reader(store.path)) as made:
        yield made


def test_the_list_holds_what_was_corrected(store: Store, reader: Reader, tmp_path: Path) -> None:
    names = ["/m/x/a, b.mp3", '/m/x/"ü"\nc.mp3', "/m/y/d.mp3", "/m/e.mp3"]
    tracks = add(store, *names)
    store.set_result(tracks[2], result(artist="Ana"), MODEL)
    store.correct(tracks[:2], "tango")
    store.correct(tracks[2:3], "=polka")
    target = tmp_path / "list.csv"
    assert write_corrections_list(reader, target) == {"tango": 2, "=polka": 1}
    with target.open(newline="", encoding="utf-8") as stream:
        rows = {row["path"]: (row["label"], row["group"]) for row in csv.DictReader(stream)}
    assert rows == {
        names[0]: ("tango", "folder: /m/x"),
        names[1]: ("tango", "folder: /m/x"),
        names[2]: ("=polka", "artist: ana"),
    }
    store.correct(tracks, None)
    assert write_corrections_list(reader, target) == {}
    assert target.read_text() == "path,label,group\n"
    assert sorted(path.name for path in tmp_path.iterdir() if "list" in path.name) == ["list.csv"]


def test_training_takes_the_list_wherever_its_tracks_lie(store: Store, reader: Reader, tmp_path: Path) -> None:
    from training.data.manifest import read_manifest

    files = [tmp_path / "Music" / name / f"{name}, 1.mp3" for name in ("a", "b")]
    for file in files:
        file.parent.mkdir(parents=True)
        file.write_bytes(b"x")
    tracks = add(store, *map(str, files))
    store.correct(tracks[:1], "tango")
    store.correct(tracks[1:], "_not_music")
    (tmp_path / "elsewhere").mkdir()
    target = tmp_path / "elsewhere" / "list.csv"
    write_corrections_list(reader, target)
    manifest = read_manifest([], library=[target])
    assert [(item.path, item.label, item.group) for item in manifest.items] == [
        (files[0], "tango", f"folder: {files[0].parent}"),
        (files[1], "_not_music", f"folder: {files[1].parent}"),
    ]
    assert manifest.left_out == ()


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names there are always Unicode")
def test_a_name_that_is_no_text_spoils_no_list(store: Store, reader: Reader, tmp_path: Path) -> None:
    tracks = add(store, os.fsdecode(b"/m/\xff.mp3"), "/m/a.mp3")
    store.correct(tracks, "tango")
    assert write_corrections_list(reader, tmp_path / "list.csv") == {"tango": 1}
    assert "/m/a.mp3" in (tmp_path / "list.csv").read_text(encoding="utf-8")


def test_a_list_that_cannot_be_written_is_a_sentence(store: Store, reader: Reader, tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="could not be written"):
        write_corrections_list(reader, tmp_path / "nowhere" / "list.csv")
