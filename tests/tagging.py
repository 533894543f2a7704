"""Taggers for tests, tracks for them to write, and a process that writes until it is killed."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from mgc_desktop.core.paths import Profile
from mgc_desktop.engine.events import PlannedWrite, TagFinished, TagPlanReady
from mgc_desktop.engine.tag_plan import TagPolicy
from mgc_desktop.engine.tagger import Tagger, TagLimits
from mgc_desktop.engine.writer import Writer
from mgc_desktop.library.reader import Reader
from mgc_desktop.library.store import Store
from mgc_desktop.library.tags.write import WriteOptions
from tests.events import Events
from tests.library_rows import LABELS, MODEL, add, result

WRITABLE = (".wav", ".flac", ".ogg", ".opus", ".mp3", ".aiff", ".m4a", ".wma", ".wv", ".tta")  # what `synth` can make
LIMITS = TagLimits(workers=2, timeout_s=60.0)


@contextlib.contextmanager
def tagging(profile: Profile, events: Events, limits: TagLimits = LIMITS) -> Iterator[Tagger]:
    """Run a tagger on a profile's library, which is in order when the block begins."""
    writer = Writer(profile.library_file, events)
    writer.start()

    def reader() -> Reader:
        writer.wait_open(60)
        return Reader(profile.library_file)

    tagger = Tagger(writer, reader, events, lock_file=profile.tagging_lock, limits=limits)
    tagger.start()
    try:
        before = len(events.of(TagPlanReady))
        tagger.settle()
        tagger.preview((), TagPolicy())
        events.wait(TagPlanReady, before + 1)
        yield tagger
    finally:
        assert tagger.stop(30)
        assert writer.stop()


def enter(profile: Profile, paths: Sequence[Path], label: str = "metal", confidence: float = 0.9) -> list[int]:
    """Let the library know files, which were heard as `label` and whose genre is empty; return their ids."""
    with contextlib.closing(Store(profile.library_file)) as store:
        tracks = add(store, *map(str, paths))
        with store.batch():
            for track in tracks:
                store.set_result(track, result(label=label, confidence=confidence), MODEL)
            store._connection.execute("UPDATE tracks SET genre = ''")
    return tracks


def to_write(tracks: Sequence[int], paths: Sequence[Path], *genres: str) -> list[PlannedWrite]:
    """Return rows of a preview that nobody looked at."""
    pairs = zip(tracks, paths, strict=True)
    return [PlannedWrite(track, str(path), "", "", "", (), genres, "You set it", None) for track, path in pairs]


def planned(tagger: Tagger, events: Events, tracks: Sequence[int], policy: TagPolicy) -> tuple[PlannedWrite, ...]:
    """Return a preview."""
    before = len(events.of(TagPlanReady))
    tagger.preview(tracks, policy)
    return events.wait(TagPlanReady, before + 1).rows


def written(
    tagger: Tagger, events: Events, rows: Sequence[PlannedWrite], options: WriteOptions | None = None
) -> TagFinished:
    """Write rows as a batch, and return how it ended."""
    before = len(events.of(TagFinished))
    tagger.write(rows, TagPolicy(), options or WriteOptions())
    return events.wait(TagFinished, before + 1)


def undone(tagger: Tagger, events: Events, batch: int, options: WriteOptions | None = None) -> TagFinished:
    before = len(events.of(TagFinished))
    tagger.undo(batch, options or WriteOptions())
    return events.wait(TagFinished, before + 1)


def digest(path: str | os.PathLike[str]) -> str:
    """Return the digest of a whole file, as the journal keeps it."""
    return hashlib.blake2b(Path(path).read_bytes(), digest_size=16).hexdigest()


def strays(folder: Path) -> list[Path]:
    """Return every copy that lies about in a folder and below."""
    return sorted(folder.rglob(".mgc-*"))


def write_until_killed(folder: str) -> None:
    """Write one genre after the other into every track of a profile's library; never ends by itself."""
    profile, events, turn = Profile.open(folder), Events(), os.getpid()
    with tagging(profile, events) as tagger:
        with contextlib.closing(Reader(profile.library_file)) as reader:
            rows = reader.rows(reader.ids(order="id"))
        while True:
            turn += 1
            genre = LABELS[turn % len(LABELS)] * (1 + turn % 7)  # of several lengths: with and without room to spare
            batch = to_write([row.id for row in rows], [Path(row.path) for row in rows], genre)
            assert written(tagger, events, batch).batch_id
            sys.stdout.write("written\n")  # from now on its processes are warm
            sys.stdout.flush()


if __name__ == "__main__":
    write_until_killed(sys.argv[1])
