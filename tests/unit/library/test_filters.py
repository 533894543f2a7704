"""Every filter beside a plain Python reference: what it lets through, and what the counts say."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mgc_desktop.core.filter import EVERYTHING, ROWS, Filter
from mgc_desktop.core.kinds import TrackState, VerdictKind
from mgc_desktop.library.reader import Reader, parse_ids
from mgc_desktop.library.store import Store
from tests.library_rows import MODEL, add, result, verdict

LABELS = ("rock", "hiphop", "Tango", "deep_house")
FOLDERS = ("/m", "/m/a", "/m/ab", "/other")
GENRES = ("", "Rock", "Classic Rock", "Hip-Hop", "hip hop; Soul", "TANGO", "Deep  House", "House", "rock'n'roll")
WORDS = ("love", "night", "blue", "fire")
PUNCTUATION = re.compile(r"[ \-_.,'&/+!]")
TRACKS = 300

Row = dict[str, Any]


def plain(text: str) -> str:
    """Return a text as genres are compared: SQLite's `lower` knows the letters A to Z."""
    return PUNCTUATION.sub("", "".join(letter.lower() if letter.isascii() else letter for letter in text))


def shown(row: Row) -> str | None:
    label: str | None = row["corrected"] or row["label"]
    return label


def kind(row: Row) -> str | None:
    own = "not_music" if row["corrected"] == "_not_music" else "genre"
    said: str | None = row["kind"] if row["corrected"] is None else own
    return said


def differs(row: Row) -> bool:
    label = plain(shown(row) or "")
    return bool(row["genre"] and label and kind(row) == "genre" and label not in plain(row["genre"]))


def passes(row: Row, wanted: Filter) -> bool:
    words = re.findall(r"\w+", " ".join(str(row[name]) for name in ("title", "artist", "genre", "path_text")).lower())
    words += re.findall(r"\w+", (shown(row) or "").lower().replace("_", "_"))
    states = [kind(row) in wanted.kinds, row["state"] in wanted.states]
    states += [wanted.differs and differs(row), wanted.corrected and row["corrected"] is not None]
    states += [wanted.offline and bool(row["offline"])]
    sure = 2.0 if row["corrected"] is not None else row["confidence"]
    return (
        all(any(word.startswith(asked) for word in words) for asked in wanted.text.lower().split())
        and (not wanted.labels or (kind(row) == "genre" and shown(row) in wanted.labels))
        and (not wanted.has("status") or any(states))
        and (not wanted.folder or row["path_text"].startswith(wanted.folder.rstrip("/") + "/"))
        and (wanted.min_confidence <= 0 or (sure is not None and sure >= wanted.min_confidence))
        and (wanted.max_confidence >= 1 or (sure is not None and sure <= wanted.max_confidence))
    )


def fill(store: Store) -> None:
    """Make tracks of every kind, state, genre and folder, with half of them settled by the person."""
    chance = random.Random(4)
    ids = add(store, *(f"{chance.choice(FOLDERS)}/{chance.choice(WORDS)} {number}.mp3" for number in range(TRACKS)))
    store.add_folder("/m")
    store.add_folder("/other")
    with store.batch():
        for track in ids:
            fate = chance.random()
            if fate < 0.1:
                store.set_failed(track, "It is damaged: copy it again.")
            elif fate < 0.9:
                heard = result(title=chance.choice(WORDS), artist=chance.choice(WORDS))
                label, sure = chance.choice(LABELS), chance.choice((0.2, 0.5, 0.75, 0.9))
                how = chance.choice((VerdictKind.GENRE, VerdictKind.GENRE, VerdictKind.UNSURE, VerdictKind.NOT_MUSIC))
                said = verdict("metal", sure, how)
                store.set_result(track, type(heard)("", 9.0, said, (), heard.tags), MODEL)
                store._connection.execute(
                    "UPDATE tracks SET genre = ?, label = ?, offline = ? WHERE id = ?",
                    (chance.choice(GENRES), label, chance.random() < 0.1, track),
                )
            if chance.random() < 0.2:
                store.correct([track], chance.choice((*LABELS, "_not_music")))
        store.set_missing(ids[::17])


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Reader, list[Row]]]:
    path: Path = tmp_path_factory.mktemp("filters") / "library.sqlite3"
    with closing(Store(path)) as store:
        fill(store)
        cursor = store._connection.execute("SELECT * FROM tracks")
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        with closing(Reader(path)) as reader:
            yield reader, rows


def some(values: Any) -> Any:
    return st.frozensets(st.sampled_from(values), max_size=2)


filters = st.builds(
    Filter,
    text=st.sampled_from(("", "", "lo", "night", "love bl", "rock", "hip", "xyz", "  ")),
    kinds=some(list(VerdictKind)),
    labels=some((*LABELS, "never heard")),
    states=some(list(TrackState)),
    differs=st.booleans(),
    corrected=st.booleans(),
    offline=st.booleans(),
    folder=st.sampled_from(("", "", "/m", "/m/a", "/m/a/", "/other", "/none")),
    min_confidence=st.sampled_from((0.0, 0.5, 0.75)),
    max_confidence=st.sampled_from((1.0, 0.75, 0.5)),
)


@given(wanted=filters)
def test_a_filter_lets_through_what_the_reference_does(library: tuple[Reader, list[Row]], wanted: Filter) -> None:
    reader, rows = library
    assert sorted(reader.ids(wanted).tolist()) == [row["id"] for row in rows if passes(row, wanted)]


@settings(max_examples=30)
@given(wanted=filters)
def test_counts_follow_the_other_conditions(library: tuple[Reader, list[Row]], wanted: Filter) -> None:
    reader, rows = library
    summary = reader.summary(wanted)
    assert summary.total == TRACKS
    assert summary.listed == sum(passes(row, wanted) for row in rows)
    others = [row for row in rows if passes(row, wanted.without("genre")) and kind(row) == "genre"]
    assert summary.genres == {label: sum(shown(row) == label for row in others) for label in summary.genres}
    assert set(summary.genres) == {shown(row) for row in rows if kind(row) == "genre"}
    assert list(summary.genres.values()) == sorted(summary.genres.values(), reverse=True)
    others = [row for row in rows if passes(row, wanted.without("status"))]
    assert summary.kinds == {name: sum(kind(row) == name for row in others) for name in VerdictKind}
    assert summary.states == {name: sum(row["state"] == name for row in others) for name in TrackState}
    assert summary.differs == sum(map(differs, others))
    assert summary.corrected == sum(row["corrected"] is not None for row in others)
    assert summary.offline == sum(row["offline"] for row in others)
    others = [row for row in rows if passes(row, wanted.without("folder"))]
    folders = {name: sum(row["path_text"].startswith(f"{name}/") for row in others) for name in ("/m", "/other")}
    assert summary.folders == folders
    relaxed = {name: sum(passes(row, wanted.without(name)) for row in rows) for name in ROWS if wanted.has(name)}
    assert summary.relaxed == relaxed


def test_what_is_asked_keeps_its_order(library: tuple[Reader, list[Row]]) -> None:
    reader, _ = library
    everything = reader.ids(order="confidence", descending=True)
    wanted = Filter(labels=frozenset({"rock", "Tango"}))
    some_of_it = reader.ids(wanted, "confidence", True).tolist()
    assert some_of_it == [track for track in everything.tolist() if track in set(some_of_it)]
    assert not EVERYTHING
    assert wanted
    assert wanted.without("genre") == EVERYTHING


@given(genre=st.text(max_size=20), label=st.text(max_size=8))
def test_the_existing_genre_differs(differing: tuple[Store, Reader], genre: str, label: str) -> None:
    store, reader = differing
    clean = [text.encode("utf-8", "replace").decode().replace("\0", "") for text in (genre, label)]
    store._connection.execute("UPDATE tracks SET genre = ?, kind = 'genre', label = ? WHERE id = 1", clean)
    row = {"genre": clean[0], "label": clean[1], "corrected": None, "kind": "genre"}
    assert bool(reader.ids(Filter(differs=True)).size) is differs(row)


@pytest.fixture(scope="module")
def differing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, Reader]]:
    path = tmp_path_factory.mktemp("differing") / "library.sqlite3"
    with closing(Store(path)) as store:
        add(store, "/m/a.mp3")
        with closing(Reader(path)) as reader:
            yield store, reader


@pytest.mark.parametrize(
    ("genre", "label", "expected"),
    [
        ("Hip-Hop", "hiphop", False),
        ("Hip Hop/Rap", "hiphop", False),
        ("Classic Rock", "rock", False),
        ("Electronic; Rock", "rock", False),
        ("R&B", "rnb", True),
        ("", "rock", False),
        ("Jazz", "rock", True),
    ],
)
def test_examples_of_genres_that_differ(
    differing: tuple[Store, Reader], genre: str, label: str, expected: bool
) -> None:
    store, reader = differing
    store._connection.execute("UPDATE tracks SET genre = ?, kind = 'genre', label = ? WHERE id = 1", (genre, label))
    assert bool(reader.ids(Filter(differs=True)).size) is expected


def test_what_was_read_is_read_again_once_the_library_changed(store: Store, reader: Reader) -> None:
    add(store, "/m/b.mp3")
    assert reader.ids().size == 1
    assert reader.summary().total == 1
    add(store, "/m/a.mp3")
    assert reader.ids(Filter(states=frozenset({TrackState.QUEUED}))).tolist() == [2, 1]
    assert reader.summary().listed == 2


def test_the_lists_are_answered_by_indexes(store: Store) -> None:
    def plan(where: str) -> str:
        rows = store._connection.execute(f"EXPLAIN QUERY PLAN SELECT id FROM tracks WHERE {where}").fetchall()
        return " ".join(str(row[3]) for row in rows)

    assert "tracks_differing" in plan("differs = 1")
    assert "tracks_differing" in plan("differs = 1 AND shown_confidence >= 0.8")
    assert "tracks_corrected" in plan("corrected IS NOT NULL")
    assert "tracks_offline" in plan("offline = 1")


def test_numbers_are_parsed_in_pieces() -> None:
    numbers = np.arange(1, 100_000, 3)
    assert np.array_equal(parse_ids(",".join(map(str, numbers.tolist()))), numbers)
    assert parse_ids("").size == 0
    assert parse_ids("7").tolist() == [7]
