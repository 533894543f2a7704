"""A scanner without a model, for tests of what it does before and without hearing."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from mgc_desktop.core.paths import Profile
from mgc_desktop.core.pool import LimitedPool
from mgc_desktop.core.values import TrackRow
from mgc_desktop.engine.classifier import Classifier
from mgc_desktop.engine.events import ScanFinished
from mgc_desktop.engine.folders import Folders
from mgc_desktop.engine.pipeline import DecoderLimits
from mgc_desktop.engine.scanner import Scanner
from mgc_desktop.engine.writer import Change, Writer
from mgc_desktop.library.facts import read_facts
from mgc_desktop.library.reader import Reader
from mgc_desktop.library.store import Store
from mgc_desktop.model.trust import TrustStore
from tests.events import WAIT, Events
from tests.library_rows import MODEL, result


class SharedPool:
    """A pool of one process for the scanners of several tests: to start one takes longer than most of them."""

    def __init__(self) -> None:
        self._pool = LimitedPool(1)
        self.schedule = self._pool.schedule
        self.schedule(read_facts, ([], 1.0)).result(WAIT)

    def stop(self) -> None:
        """Do nothing: a scanner that ends stops its pool."""

    def end(self) -> None:
        self._pool.stop()


class Bench:
    """What a test does with a scanner, and what stands in its library."""

    def __init__(self, profile: Profile, events: Events, pool: SharedPool | None = None) -> None:
        self.events = events
        self.path = profile.library_file
        self.writer = Writer(self.path, events)
        # Without a model: nothing is heard.
        classifier = Classifier(TrustStore(profile.trusted_file), events)
        self.scanner = Scanner(classifier, self.writer, lambda: Reader(self.path), events, limits=DecoderLimits(1))
        self.scanner._pipeline._pool = pool  # type: ignore[assignment]
        self.folders = Folders(self.writer, self.scanner, events)

    def rows(self) -> dict[str, TrackRow]:
        """Return the rows of the library by path."""
        with contextlib.closing(Reader(self.path)) as reader:
            return {row.path: row for row in reader.rows(reader.ids())}

    def states(self) -> dict[str, str]:
        """Return the tracks' states by the names of their files."""
        return {os.path.basename(path): str(row.state) for path, row in self.rows().items()}

    def do(self, work: Callable[[Store], object]) -> None:
        """Write something, and wait for it."""
        self.writer.submit(lambda store: (work(store), Change())[1])
        self.flush()

    def sql(self, text: str, *values: object) -> list[tuple[object, ...]]:
        """Run a statement on the library."""
        answers: list[tuple[object, ...]] = []
        self.do(lambda store: answers.extend(store._connection.execute(text, values).fetchall()))
        return answers

    def flush(self) -> None:
        done: list[bool] = []
        self.writer.after_all(lambda: done.append(True))
        wait_for(lambda: done)

    def take_in(self, *names: Path, tracks: int) -> None:
        """Add files and folders, wait until `tracks` are there and read, and let all that wait have been heard."""
        self.scanner.add(names)
        self.wait_read(tracks)
        self.hear()
        self.scanner.cancel()
        self.finished()

    def wait_read(self, tracks: int) -> None:
        wait_for(lambda: self.sql("SELECT count(*), sum(tags_read) FROM tracks") == [(tracks, tracks)])

    def hear(self) -> None:
        """Give every track that waits a verdict."""

        def work(store: Store) -> None:
            for track in store.pending(10**6):
                ((digest, title),) = store._connection.execute(
                    "SELECT payload_digest, title FROM tracks WHERE id = ?", (track.id,)
                )
                store.set_result(track.id, result(title=title), MODEL, digest)

        self.do(work)

    def look(self) -> ScanFinished:
        """Look for changes in the whole library, which needs no hearing, and return the summary."""
        self.scanner.look()
        return self.finished()

    def finished(self) -> ScanFinished:
        """Wait for the end of a scan."""
        event = self.events.wait(ScanFinished)
        self.flush()
        self.events.seen.clear()
        return event


@contextlib.contextmanager
def scanning(profile: Profile, pool: SharedPool | None = None) -> Iterator[Bench]:
    bench = Bench(profile, Events(), pool)
    bench.writer.start()
    bench.writer.wait_open(WAIT)
    bench.scanner.start()
    try:
        yield bench
    finally:
        bench.folders.stop()
        bench.scanner.stop()
        assert bench.writer.stop()


def wait_for(condition: Callable[[], object], seconds: float = WAIT) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.02)
