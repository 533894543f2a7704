"""How fast genres are written: safe, verified and journalled, beside plain saves of mutagen on the same disk.

Run with ``python -m pytest -m slow -s tests/benchmarks/test_tag_batch_speed.py``.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import mutagen.id3
import pytest

from mgc_desktop.core.paths import Profile
from mgc_desktop.engine.tag_plan import TagPolicy
from mgc_desktop.engine.tagger import TagLimits
from tests import synth
from tests.events import Events
from tests.tagging import enter, planned, tagging, undone, written

pytestmark = pytest.mark.slow

FILES = 1000
BEETS = 284.0  # files a second: beets modify, in place and without a journal, on such a machine


def plain(path: Path) -> None:
    """Write a genre as taggers do: in place."""
    tags = mutagen.id3.ID3(path)
    tags.add(mutagen.id3.TCON(encoding=3, text=["Metal"]))
    tags.save()


def copied(path: Path) -> None:
    """Write a genre into a copy that takes the file's place; nothing is verified, and nothing can be undone."""
    copy = path.with_suffix(".copy")
    shutil.copyfile(path, copy)
    plain(copy)
    with copy.open("rb+") as file:
        os.fsync(file.fileno())
    os.replace(copy, path)


def rate(what: str, work: Callable[[Path], None], files: list[Path]) -> float:
    began = time.perf_counter()
    for path in files:
        work(path)
    speed = FILES / (time.perf_counter() - began)
    print(f"{what}: {speed:.0f} files/s, {speed / BEETS:.2f} of beets modify ({BEETS:.0f}/s)")
    return speed


def test_files_written_a_second(profile: Profile, events: Events, tmp_path: Path) -> None:
    song = synth.write_audio(tmp_path / "song.mp3", synth.stereo(synth.song(33.5, 44100)), 44100)
    tags = mutagen.id3.ID3()
    tags.add(mutagen.id3.TIT2(encoding=3, text=["Daylight"]))
    tags.save(song)
    size = song.stat().st_size / 1000
    print(f"\n{FILES} mp3 files of {size:.0f} kB, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    (tmp_path / "music").mkdir()
    files = [Path(shutil.copy(song, tmp_path / "music" / f"{number:04}.mp3")) for number in range(FILES)]
    before = song.read_bytes()
    tracks = enter(profile, files)
    os.sync()
    with tagging(profile, events, TagLimits()) as tagger:
        began = time.perf_counter()
        plan = planned(tagger, events, tracks, TagPolicy())
        print(f"preview: {FILES / (time.perf_counter() - began):.0f} files/s")
        ended = written(tagger, events, plan)
        assert ended.written == FILES
        ours = FILES / ended.seconds
        print(f"written, verified and journalled: {ours:.0f} files/s, {ours / BEETS:.2f} of beets modify")
        undo = undone(tagger, events, ended.batch_id)
        assert undo.written == FILES
        print(f"undone byte for byte: {FILES / undo.seconds:.0f} files/s")
    assert all(path.read_bytes() == before for path in files)
    kept = profile.library_file.stat().st_size / FILES
    print(f"library and journal: {kept:.0f} bytes a file")
    os.sync()
    copies = rate("mutagen with copy, fsync and replace, one process", copied, files)
    os.sync()
    in_place = rate("mutagen in place, one process", plain, files)
    print(f"ours beside mutagen's copies: {ours / copies:.2f}, beside mutagen in place: {ours / in_place:.2f}")
