"""How many genres are written a second: safe and verified, beside mutagen's writes in place and beside careful ones.

Run with ``python -m pytest -m slow -s tests/benchmarks/test_tag_speed.py``. The files are MP3s of 450 kB with artwork
and padding, as in a library of half-minute previews; beets' in-place writes did 284 of such a second on a like machine.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import mutagen.id3
import pytest

from mgc_desktop.core.cores import available_cores
from mgc_desktop.core.pool import LimitedPool
from mgc_desktop.library.tags.write import Prepared, WriteOptions, commit, prepare_write, sync_copies, sync_folder
from tests import synth

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

FILES = 300
FILE_BYTES = 450_000
GENRES = ("Hip-Hop", "Soul")
GROUP = 32  # files that share one wait for the folder
_ID3: Any = mutagen.id3


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an MP3 of about 450 kB with the usual fields."""
    path = tmp_path_factory.mktemp("original") / "song.mp3"
    synth.write_audio(path, synth.stereo(synth.song(20.0, 44100)), 44100)
    audio = path.read_bytes()
    path.write_bytes((audio * (FILE_BYTES // len(audio) + 1))[:FILE_BYTES])
    tags = _ID3.ID3()
    for frame in (_ID3.TIT2, _ID3.TPE1, _ID3.TALB, _ID3.TCON):
        tags.add(frame(encoding=3, text=["Something"]))
    tags.add(_ID3.APIC(encoding=0, mime="image/jpeg", type=3, desc="", data=bytes(range(256)) * 80))
    tags.save(path)
    return path


@pytest.fixture
def songs(original: Path, tmp_path: Path) -> Iterator[list[str]]:
    folder = tmp_path / "songs"
    folder.mkdir()
    yield [str(shutil.copyfile(original, folder / f"{index:04}.mp3")) for index in range(FILES)]
    shutil.rmtree(folder)


def rate(songs: list[str], run: Callable[[list[str]], None]) -> float:
    os.sync()  # what an earlier part left to write would be waited for in this one
    begun = time.perf_counter()
    run(songs)
    return len(songs) / (time.perf_counter() - begun)


def in_place(songs: list[str]) -> None:
    for song in songs:
        tags = _ID3.ID3(song)
        tags.setall("TCON", [_ID3.TCON(encoding=3, text=list(GENRES))])
        tags.save(song)


def careful_mutagen(songs: list[str]) -> None:
    """Copy, write, wait for the disk, replace: what a careful script does, without looking at the result."""
    for song in songs:
        copy = shutil.copyfile(song, song + ".copy")
        in_place([copy])
        with open(copy, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(copy, song)


def ours_alone(songs: list[str]) -> None:
    """One process, each file on the disk before the next."""
    for song in songs:
        commit(prepare_write(song, GENRES, None, WriteOptions()))


def ours_in_pool(songs: list[str], pool: LimitedPool) -> None:
    """As the program does it: copies made and verified in limited processes, replaced here, group by group."""
    waiting: list[Future[Prepared]] = [
        pool.schedule(prepare_write, (song, GENRES, None, WriteOptions(), False)) for song in songs
    ]
    for start in range(0, len(waiting), GROUP):
        group = [future.result(60) for future in waiting[start : start + GROUP]]
        assert not sync_copies(group)
        for ready in group:
            commit(ready, sync=False)
        for folder in {os.path.dirname(ready.target) for ready in group}:
            sync_folder(folder)


def test_tag_writes_a_second(songs: list[str], original: Path) -> None:
    def afresh() -> list[str]:
        for song in songs:
            shutil.copyfile(original, song)
        return songs

    plain = rate(afresh(), in_place)
    careful = rate(afresh(), careful_mutagen)
    alone = rate(afresh(), ours_alone)
    pool = LimitedPool(max(2, available_cores()))
    try:
        warm = [pool.schedule(prepare_write, (song, GENRES, None, WriteOptions())) for song in afresh()[:8]]
        for future in warm:
            os.unlink(future.result(60).copy)
        pooled = rate(songs, lambda files: ours_in_pool(files, pool))
    finally:
        pool.stop()
    for name, value in (
        ("mutagen in place (may destroy a file)", plain),
        ("mutagen, copy, fsync, replace", careful),
        ("ours, verified, one process", alone),
        ("ours, verified, limited processes", pooled),
    ):
        print(f"{name:40} {value:7.0f} files/s  {value / 284:5.2f} of beets' 284")
    assert pooled > 0
