"""Pictures on the disk: known again after a move and a new tag, never trusted blindly, bounded."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import mutagen
import numpy as np
import pytest

from mgc_desktop.core.mel_picture import N_MELS
from mgc_desktop.engine import picture_work
from mgc_desktop.engine.picture_cache import CachedPicture, PictureCache
from tests import synth


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    picture_work.let_go()


def some_picture(columns: int = 100, seed: int = 0) -> CachedPicture:
    codes = np.random.default_rng(seed).integers(0, 255, (columns, N_MELS), np.uint8)
    return CachedPicture(codes, 0.1, columns / 10, 11_025.0)


def whole(path: Path, folder: Path) -> list[picture_work.PicturePart]:
    parts = [picture_work.next_part(str(path), 512, 0, str(folder))]
    while not parts[-1].is_last:
        parts.append(picture_work.next_part(str(path), 512, parts[-1].first + len(parts[-1].codes), str(folder)))
    return parts


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_what_was_kept_comes_back(tmp_path: Path) -> None:
    cache, picture = PictureCache(str(tmp_path)), some_picture()
    cache.save("ab12", picture)
    found = cache.load("ab12")
    assert found is not None
    assert (found.codes == picture.codes).all()
    assert (found.column_seconds, found.duration, found.highest_hz) == (0.1, 10.0, 11_025.0)
    assert cache.load("ab13") is None


@pytest.mark.parametrize("cut", [0, 5, 40, 300, -1])
def test_what_is_damaged_counts_as_gone(tmp_path: Path, cut: int) -> None:
    cache = PictureCache(str(tmp_path))
    cache.save("ab12", some_picture())
    (path,) = files(tmp_path)
    data = path.read_bytes()
    path.write_bytes(data[:cut])
    assert cache.load("ab12") is None
    path.write_bytes(data[:60] + bytes([data[60] ^ 255]) + data[61:])
    assert cache.load("ab12") is None
    path.write_bytes(b"mgcpic1\n" + b"\xff" * 40)
    assert cache.load("ab12") is None


def test_what_was_not_looked_at_for_longest_goes(tmp_path: Path) -> None:
    cache = PictureCache(str(tmp_path))
    for number in range(10):
        cache.save(f"{number}0", some_picture(seed=number))
        os.utime(next(path for path in files(tmp_path) if path.name == f"{number}0.pic"), (number, number))
    assert cache.load("00") is not None  # looked at now
    size = sum(path.stat().st_size for path in files(tmp_path))
    cache.trim(size // 2)
    left = {path.name[0] for path in files(tmp_path)}
    assert left == {"0", "6", "7", "8", "9"} or left == {"0", "7", "8", "9"}


def test_a_disk_that_cannot_be_written_costs_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    cache = PictureCache(str(tmp_path / "file"))
    cache.save("ab", some_picture())
    assert cache.load("ab") is None
    assert (tmp_path / "file").read_bytes() == b""


def test_a_track_that_was_moved_and_tagged_is_known(tmp_path: Path) -> None:
    folder, path = tmp_path / "cache", synth.write_audio(tmp_path / "a.flac", synth.song(60.0))
    made = whole(path, folder)
    tags = mutagen.File(path)
    tags["genre"] = "Tango"
    tags.save()
    moved = path.rename(tmp_path / "b.flac")
    (found,) = whole(moved, folder)
    assert (found.codes == np.concatenate([part.codes for part in made])).all()
    assert (found.duration, found.total) == (made[0].duration, made[0].total)
    assert len(files(folder)) == 1


def test_without_a_folder_nothing_is_kept(tmp_path: Path) -> None:
    path = synth.write_audio(tmp_path / "a.wav", synth.drums(2.0))
    part = picture_work.next_part(str(path), 256, 0)
    assert part.is_last
    assert files(tmp_path) == [path]
