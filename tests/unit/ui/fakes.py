"""A library and an engine that answer at once, for the tests of single widgets; whole windows use the real ones."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mgc_desktop.core.filter import Filter, Summary
from mgc_desktop.core.values import TrackRow, TrackState, Verdict, VerdictKind, WindowScores
from mgc_desktop.engine.events import PlannedWrite
from mgc_desktop.engine.tag_plan import TagPolicy, plan
from mgc_desktop.library.corrections import GenreNames
from mgc_desktop.library.journal import BatchRow, ChangeRow

LABELS = ("blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock", "_not_music")
_WORDS = (
    "River", "Night", "Dust", "Blue", "Train", "Letter", "Morning", "Satellite", "Paper", "Kingdom", "Echo", "Salt",
    "Harbour", "Winter", "Machine", "Garden",
)  # fmt: skip
_NAMES = ("Otis Reed", "The Long Shadows", "Ana Lucia Moreira", "Kolkhoz", "Berliner Kammerorchester", "MC Halo")


def make_verdict(label: str = "metal", confidence: float = 0.87, kind: VerdictKind = VerdictKind.GENRE) -> Verdict:
    """Return a verdict whose other labels share what is left."""
    others = [name for name in LABELS if name != label]
    left = 1.0 - confidence
    weights = [2.0**-place for place in range(len(others))]
    shares = {name: left * weight / sum(weights) for name, weight in zip(others, weights, strict=True)}
    probabilities = {name: confidence if name == label else shares[name] for name in LABELS}
    runner_up = max(shares, key=shares.__getitem__)
    return Verdict(kind, label, confidence, runner_up, shares[runner_up], probabilities, "genres-1")


def make_row(track: int, **changes: Any) -> TrackRow:
    """Return a row that is as different from its neighbours as real ones are."""
    rng = random.Random(track)
    label = rng.choice(LABELS[:-1])
    confidence = rng.uniform(0.46, 0.99)
    values: dict[str, Any] = {
        "id": track,
        "path": f"/home/ana/Music/{rng.choice(_NAMES)}/{track:05} {rng.choice(_WORDS)}.flac",
        "title": f"{rng.choice(_WORDS)} {rng.choice(_WORDS).lower()}" if rng.random() > 0.08 else "",
        "artist": rng.choice(_NAMES),
        "existing_genre": rng.choice(("Rock", "", "Alternative", "Jazz", "Hip-Hop", "Classical")),
        "state": TrackState.DONE,
        "kind": VerdictKind.GENRE,
        "label": label,
        "confidence": confidence,
        "runner_up": rng.choice([name for name in LABELS[:-1] if name != label]),
        "runner_up_confidence": rng.uniform(0.0, 1.0 - confidence),
        "duration": rng.uniform(95, 420),
        "error": "",
    }
    return TrackRow(**(values | changes))


def many_rows(number: int) -> list[TrackRow]:
    """Return rows that repeat after some hundred but for their ids, made a hundred times as fast."""
    patterns = [make_row(track) for track in range(1, min(number, 400) + 1)]
    return [replace(patterns[track % len(patterns)], id=track + 1) for track in range(number)]


def assorted_rows(number: int) -> list[TrackRow]:
    """Return rows of which a few are unsure, no music, silent, failed, waiting or gone."""
    none: dict[str, Any] = dict.fromkeys(("kind", "label", "confidence", "runner_up", "runner_up_confidence"))
    special: dict[int, dict[str, Any]] = {
        3: {"kind": VerdictKind.UNSURE, "confidence": 0.31, "label": "rock"},
        6: {"kind": VerdictKind.NOT_MUSIC, "label": "_not_music", "confidence": 0.93},
        8: {"kind": VerdictKind.SILENCE, "label": None, "confidence": 0.0, "runner_up": None},
        11: none | {
            "state": TrackState.FAILED, "duration": None,
            "error": "The file is empty: copy it again from where it came from.",
        },
        14: none | {"state": TrackState.QUEUED},
        15: none | {"state": TrackState.QUEUED},
        17: {"state": TrackState.MISSING},
    }  # fmt: skip
    return [make_row(track, **special.get(track % 20, {})) for track in range(1, number + 1)]


class FakeLibrary:
    """Rows in memory; the readers it opens answer like `mgc_desktop.library.reader.Reader`."""

    def __init__(self, rows: Sequence[TrackRow] = ()) -> None:
        self.rows = {row.id: row for row in rows}
        self.asked: list[tuple[str, str, bool]] = []
        self.genres = GenreNames()
        self.batches: list[BatchRow] = []
        self.changes: list[ChangeRow] = []
        self.windows: dict[int, tuple[WindowScores, ...]] = {}
        self.open_readers = 0

    def reader(self) -> FakeReader:
        self.open_readers += 1
        return FakeReader(self)


class FakeReader:
    def __init__(self, library: FakeLibrary) -> None:
        self._library = library

    def ids(self, wanted: Filter, order: str = "path", descending: bool = False) -> NDArray[np.int64]:
        self._library.asked.append((wanted.text, order, descending))
        return self._ids(wanted, order, descending)

    def _ids(self, wanted: Filter, order: str = "path", descending: bool = False) -> NDArray[np.int64]:
        search = wanted.text
        key: Callable[[TrackRow], Any] = {
            "confidence": lambda row: row.confidence or 0.0,
            "duration": lambda row: row.duration or 0.0,
            "label": lambda row: row.label or "",
            "path": lambda row: row.id,
        }.get(order, lambda row: str(getattr(row, order)).lower())
        found = [r for r in self._library.rows.values() if search.lower() in f"{r.title} {r.artist} {r.path}".lower()]
        found = [r for r in found if not wanted.labels or (r.kind == "genre" and r.label in wanted.labels)]
        return np.array([row.id for row in sorted(found, key=key, reverse=descending)], np.int64)

    def summary(self, wanted: Filter) -> Summary:
        labels = Counter(row.label for row in self._library.rows.values() if row.kind == "genre" and row.label)
        return Summary(len(self._library.rows), self._ids(wanted).size, dict(labels.most_common()))

    def rows(self, ids: Sequence[int]) -> list[TrackRow]:
        return [self._library.rows[track] for track in ids if track in self._library.rows]

    def verdict(self, track_id: int) -> Verdict | None:
        row = self._library.rows.get(track_id)
        if row is None or row.kind is None:
            return None
        return make_verdict(row.label or "metal", row.confidence or 0.0, row.kind)

    def doubtful(self) -> NDArray[np.int64]:
        rows = [r for r in self._library.rows.values() if r.correction is None and (r.confidence or 1.0) < 0.7]
        doubtful = [r for r in rows if r.state == "done" and r.kind in ("genre", "unsure", "not_music")]
        ordered = sorted(doubtful, key=lambda row: (row.kind != "unsure", row.confidence))
        return np.array([row.id for row in ordered], np.int64)

    def windows(self, track_id: int) -> tuple[WindowScores, ...]:
        return self._library.windows.get(track_id, ())

    def genre_names(self) -> GenreNames:
        return self._library.genres

    def batches(self) -> list[BatchRow]:
        return sorted(self._library.batches, key=lambda batch: -batch.id)

    def changes(self, batch_id: int) -> list[ChangeRow]:
        return [row for row in self._library.changes if row.batch_id == batch_id]

    def close(self) -> None:
        self._library.open_readers -= 1


class Calls:
    """Remembers what was asked of it: `calls.add(["x"])` appends ("add", (["x"],))."""

    def __init__(self, **values: Any) -> None:
        self.log: list[tuple[str, tuple[Any, ...]]] = []
        self.__dict__.update(values)

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *args, **_: self.log.append((name, args))


class FakeSpans(Calls):
    """Numbers what is asked, from 1 on."""

    def judge(self, start: float, end: float) -> int:
        self.log.append(("judge", (start, end)))
        return len(self.log)

    def explain(self, start: float, end: float, label: str | None = None) -> int:
        self.log.append(("explain", (start, end)))
        return len(self.log)

    def judge_track(self, path: str, start: float, end: float) -> int:
        self.log.append(("judge_track", (path, start, end)))
        return len(self.log)

    def explain_track(self, path: str, stretches: tuple[tuple[float, float], ...], label: str | None = None) -> int:
        self.log.append(("explain_track", (path, stretches)))
        return len(self.log)


class FakeTrainer(Calls):
    def start(self, request: Any) -> None:
        self.log.append(("start", (request,)))
        self.running = True


class FakeSessions(Calls):
    def label(self, *args: Any) -> int:
        self.log.append(("label", args))
        return len(self.log)

    def label_kept(self, *args: Any) -> int:
        self.log.append(("label_kept", args))
        return len(self.log)


class FakeEngine:
    """What the window asks of an engine; `scanner.log` and the like say what was asked."""

    def __init__(self, library: FakeLibrary) -> None:
        self.library = library
        self.scanner = Calls()
        self.folders = Calls()
        self.writer = Calls()
        self.corrections = Calls()
        self.listener = Calls(listening=False, ring=None, recording=None, sample_rate=0, overruns=0)
        self.spans = FakeSpans()
        self.trainer = FakeTrainer(running=False)
        self.player = Calls()
        self.pictures = Calls()
        self.histories = Calls()
        self.tagger = Calls()
        self.sessions = FakeSessions()
        self.used: list[str] = []

    def use_model(self, folder: str | Path) -> None:
        self.used.append(str(folder))

    def reader(self) -> FakeReader:
        return self.library.reader()


class FakeSettings:
    def __init__(self) -> None:
        self.values: dict[str, Any] = {}

    def get(self, key: str, default: Any = None) -> Any:
        return self.values.get(key, default)

    def set(self, key: str, value: Any) -> None:
        self.values[key] = value

    def save(self) -> None: ...


def plan_rows(library: FakeLibrary, ids: Sequence[int], policy: TagPolicy) -> tuple[PlannedWrite, ...]:
    """Return what the engine's preview says of tracks whose files say what the library knows."""
    made = []
    for row in (library.rows[int(track)] for track in ids):
        before = tuple(row.existing_genre.split("; ")) if row.existing_genre else ()
        planned = plan(before, row, policy)
        state: Any = object()  # the window hands it on, and never looks into it
        about = (row.id, row.path, row.title, row.artist, "Vorbis comment")
        made.append(PlannedWrite(*about, before, planned.after, planned.sentence, state))
    return tuple(made)
