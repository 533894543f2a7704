"""The library database with 100,000 tracks: `python -m tests.benchmarks.bench_library [TRACKS]`.

Prints medians and worst of `Reader.ids` for every order, with and without a search, of a page of rows, and of writing.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from mgc_desktop.core.values import FileResult, TrackTags, Verdict, VerdictKind, WindowScores
from mgc_desktop.library.reader import ORDERS, Reader
from mgc_desktop.library.store import FoundFile, Store

TRACKS = 100_000
REPEATS = 7
LABELS = ("blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock")
WORDS = ("love", "night", "blue", "fire", "dream", "road", "heart", "moon", "river", "dance", "home", "time", "light")


def _say(what: str, call: Callable[[], object]) -> None:
    times = []
    for _ in range(REPEATS):
        before = time.perf_counter()
        call()
        times.append(1000 * (time.perf_counter() - before))
    sys.stdout.write(f"{what:42} median {statistics.median(times):6.1f} ms   worst {max(times):6.1f} ms\n")


def _result(chance: np.random.Generator) -> FileResult:
    raw = chance.random(len(LABELS))
    scores = dict(zip(LABELS, (raw / raw.sum()).tolist(), strict=True))
    first, second = sorted(scores, key=scores.__getitem__, reverse=True)[:2]
    said = Verdict(VerdictKind.GENRE, first, scores[first], second, scores[second], scores, "bench")
    words = chance.choice(WORDS, 4).tolist()
    tags = TrackTags(" ".join(words[:2]), " ".join(words[2:]), words[0], (LABELS[int(chance.integers(10))],))
    windows = tuple(WindowScores(30.0 * i, 30.0 * i + 29, scores) for i in range(3))
    return FileResult("", float(chance.uniform(30, 400)), said, windows, tags)


def _fill(store: Store, count: int, chance: np.random.Generator) -> None:
    before = time.perf_counter()
    ids: list[int] = []
    for start in range(0, count, 500):
        words = chance.choice(WORDS, (500, 2)).tolist()
        found = [FoundFile(f"/music/{a}/{start + i:06d} {b}.mp3", i, i) for i, (a, b) in enumerate(words)]
        ids += store.add_files(found[: count - start], "sha").new_ids
    sys.stdout.write(f"adding      {count / (time.perf_counter() - before):8,.0f} files/s\n")
    before = time.perf_counter()
    for start in range(0, count, 100):
        with store.batch():
            for track in ids[start : start + 100]:
                store.set_result(track, _result(chance), "sha", "0" * 32)
    sys.stdout.write(f"results     {count / (time.perf_counter() - before):8,.0f} tracks/s\n")


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else TRACKS
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "library.sqlite3")
        _fill(store, count, np.random.default_rng(0))
        reader = Reader(store.path)
        for order in ORDERS:
            _say(f"ids by {order}", lambda order=order: reader.ids(order=order))  # type: ignore[misc]
            _say(f"ids by {order}, search 'lo ni'", lambda order=order: reader.ids("lo ni", order=order))  # type: ignore[misc]
        _say("ids, search 'm' (matches all)", lambda: reader.ids("m"))
        ids = reader.ids(order="title")
        _say("a page of 100 rows", lambda: reader.rows(ids[:100]))
        _say("counts", reader.counts)
        reader.close()
        store.close()


if __name__ == "__main__":
    main()
