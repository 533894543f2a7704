"""How soon rows with their tags are there, beside mutagen alone: `python -m tests.benchmarks.bench_scan [FILES]`.

Prints files a second for mutagen opening each file in one process, and for a scan: walk, rows, tags and digests read
in limited processes, everything in the database; nothing is heard. Then the same for a second walk, and for a walk
after the folder was renamed.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import mutagen
import mutagen.id3

from mgc_desktop.core.paths import Profile
from mgc_desktop.engine.classifier import Classifier
from mgc_desktop.engine.events import Event, ScanFinished
from mgc_desktop.engine.scanner import Scanner
from mgc_desktop.engine.writer import Writer
from mgc_desktop.library.reader import Reader
from mgc_desktop.library.store import Store
from mgc_desktop.model.trust import TrustStore
from tests import synth

FILES = 5000
SECONDS = 30.0  # of audio in each: 120 to 240 kB as mp3
_TIMEOUT = 300.0


@dataclass(frozen=True, slots=True)
class ScanSpeed:
    """Files a second."""

    files: int
    mutagen: float  # one process, nothing but opening
    rows: float  # until all rows are there
    tags: float  # until all rows have their tags
    again: float  # a second walk
    renamed: float  # a walk after the folder was renamed
    mutagen_ms: float  # of a core, a file
    scan_ms: float  # the same, of all processes together, their start as well: tells more where cores are shared


def make_music(folder: Path, files: int) -> Path:
    """Write mp3 files with tags, each with audio of its own as far as its digest goes."""
    first = synth.write_audio(folder / "first.mp3", synth.song(SECONDS))
    tags = mutagen.id3.ID3()
    audio = first.read_bytes()
    first.unlink()
    music = folder / "music"
    for number in range(files):
        album = music / f"Artist {number // 100:02}" / f"Album {number // 10 % 10}"
        album.mkdir(parents=True, exist_ok=True)
        path = album / f"{number % 10:02} Song {number}.mp3"
        path.write_bytes(audio[:-8] + number.to_bytes(8, "big"))
        tags.clear()
        for frame in (mutagen.id3.TIT2, mutagen.id3.TPE1, mutagen.id3.TALB, mutagen.id3.TCON):
            tags.add(frame(encoding=3, text=[f"{frame.__name__} {number}"]))
        tags.save(path)
    return music


def scan_speed(music: Path, profile: Profile) -> ScanSpeed:
    """Measure a folder of music; it is renamed and named back."""
    paths = [str(path) for path in sorted(music.rglob("*.mp3"))]
    count = len(paths)
    for path in paths:
        Path(path).read_bytes()  # from the disk, once for all
    used = _core_seconds()
    alone = _seconds(lambda: [mutagen.File(path) for path in paths])
    mutagen_ms = 1000 * (_core_seconds() - used) / count
    Store(profile.library_file).close()
    used = _core_seconds()
    with _scanner(profile) as (scanner, finished), contextlib.closing(Reader(profile.library_file)) as reader:
        began = time.perf_counter()
        scanner.add([music])
        _wait(lambda: reader.counts().total == count)
        rows = time.perf_counter() - began
        _wait(lambda: _read(reader) == count)
        tags = time.perf_counter() - began
        scanner.cancel()
        _wait(lambda: len(finished) == 1)
    scan_ms = 1000 * (_core_seconds() - used) / count
    with contextlib.closing(Store(profile.library_file)) as store, store.batch():
        for track in [track.id for track in store.pending(count)]:
            store.set_failed(track, "Not to be heard.")
    with _scanner(profile) as (scanner, finished):
        again = _seconds(lambda: _walk(scanner, music, finished))
        moved = music.rename(music.with_name("renamed"))
        try:
            renamed = _seconds(lambda: _walk(scanner, moved, finished))
        finally:
            moved.rename(music)
    summary = finished[-1]
    assert isinstance(summary, ScanFinished)
    assert (summary.unchanged, summary.moved, summary.done) == (count, count, 0)
    return ScanSpeed(
        files=count,
        mutagen=count / alone,
        rows=count / rows,
        tags=count / tags,
        again=count / again,
        renamed=count / renamed,
        mutagen_ms=mutagen_ms,
        scan_ms=scan_ms,
    )


def _walk(scanner: Scanner, folder: Path, finished: list[Event]) -> None:
    before = len(finished)
    scanner.add([folder])
    _wait(lambda: len(finished) > before)


def _read(reader: Reader) -> int:
    return int(reader._connection.execute("SELECT count(*) FROM tracks WHERE tags_read").fetchone()[0])


@contextlib.contextmanager
def _scanner(profile: Profile) -> Iterator[tuple[Scanner, list[Event]]]:
    finished: list[Event] = []

    def listen(event: Event) -> None:
        if isinstance(event, ScanFinished):
            finished.append(event)

    writer = Writer(profile.library_file, listen)
    # Without a model: nothing is heard.
    classifier = Classifier(TrustStore(profile.trusted_file), listen)
    scanner = Scanner(classifier, writer, lambda: Reader(profile.library_file), listen)
    writer.start()
    scanner.start()
    try:
        yield scanner, finished
    finally:
        scanner.stop()
        writer.stop()


def _core_seconds() -> float:
    """Return s of cores that this process and those it started, where they have ended, have used."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _seconds(call: Callable[[], object]) -> float:
    before = time.perf_counter()
    call()
    return time.perf_counter() - before


def _wait(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + _TIMEOUT
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def report(speed: ScanSpeed) -> str:
    """Return the figures in words."""
    return (
        f"{speed.files:,} mp3: mutagen alone {speed.mutagen:,.0f} files/s; rows {speed.rows:,.0f}/s; rows with tags "
        f"and digests {speed.tags:,.0f}/s ({speed.tags / speed.mutagen:.2f} of mutagen alone); "
        f"a second walk {speed.again:,.0f}/s; after renaming the folder {speed.renamed:,.0f}/s; "
        f"of a core {speed.scan_ms:.2f} ms a file, mutagen alone {speed.mutagen_ms:.2f}"
    )


def main() -> None:
    files = int(sys.argv[1]) if len(sys.argv) > 1 else FILES
    with tempfile.TemporaryDirectory() as folder:
        music = make_music(Path(folder), files)
        speed = scan_speed(music, Profile.open(Path(folder) / "profile"))
    sys.stdout.write(report(speed) + "\n")


if __name__ == "__main__":
    main()
