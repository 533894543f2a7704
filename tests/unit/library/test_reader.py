"""The library database: searching, ordering, filtering, paging."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mgc_desktop.core.values import (
    TrackState,
    VerdictKind,
)
from mgc_desktop.library.filters import Filter
from mgc_desktop.library.reader import Reader
from mgc_desktop.library.store import Store
from tests.library_rows import MODEL, add, result, verdict


def test_search_takes_words_by_prefix_in_every_field(store: Store, reader: Reader) -> None:
    night, day, other = add(store, "/music/Pink/night.mp3", "/music/Pink/day.mp3", "/music/x/Übung_3.mp3")
    store.set_result(night, result(title="Love at Night", artist="Anna Fløden"), MODEL)
    store.set_result(day, result(title="Daylight", artist="Anna", label="jazz"), MODEL)

    def found(text: str) -> list[int]:
        return list(reader.ids(text))

    assert found("night") == [night]
    assert found("NIG lov") == [night]
    assert sorted(found("ann")) == sorted([night, day])
    assert found("ann jaz") == [day]
    assert sorted(found("heavy")) == sorted([night, day])
    assert sorted(found("pink")) == sorted([night, day])
    assert found("ubung") == [other]
    assert found("ight") == []
    assert found("nothing like it") == []
    for odd in ('"', "*", "- (", "NEAR( OR", 'a" OR "b', "title:love", "\0"):
        found(odd)  # no syntax reaches the search
    assert found("title:love") == []
    assert found("...") == []
    assert len(found("   ")) == 3


def test_changed_rows_are_found_by_their_new_words_only(store: Store, reader: Reader) -> None:
    (track,) = add(store, "/m/a.mp3")
    store.set_result(track, result(title="Before"), MODEL)
    store.set_result(track, result(title="After", label="blues"), MODEL)
    assert list(reader.ids("before")) == []
    assert list(reader.ids("metal rock")) == []
    assert list(reader.ids("after blues")) == [track]
    store.remove([track])
    assert list(reader.ids("after")) == []


def test_orders(store: Store, reader: Reader) -> None:
    tracks = add(store, "/m/b.mp3", "/m/A.mp3", "/m/c.mp3")
    confidences = [0.5, 0.9, 0.7]
    for track, confidence, title in zip(tracks, confidences, ["x", "Y", "z"], strict=True):
        store.set_result(track, result(confidence=confidence, title=title), MODEL)
    b, a, c = tracks
    assert list(reader.ids(order="path")) == [a, b, c]
    assert list(reader.ids(order="title")) == [b, a, c]
    assert list(reader.ids(order="confidence", descending=True)) == [a, c, b]
    assert list(reader.ids(order="id", descending=True)) == [c, a, b]
    ids = reader.ids()
    assert ids.dtype == np.int64
    assert [row.id for row in reader.rows(ids[::-1])] == [c, b, a]
    assert [row.id for row in reader.rows([c, 999, a])] == [c, a]
    with pytest.raises(KeyError):
        reader.ids(order="path; DROP TABLE tracks")


def test_filters(store: Store, reader: Reader) -> None:
    one, two, three = add(store, "/m/1.mp3", "/m/2.mp3", "/m/3.mp3")
    store.set_result(one, result(label="metal"), MODEL)
    store.set_result(two, result(label="jazz"), MODEL)
    assert list(reader.ids(Filter(states=frozenset({TrackState.QUEUED})))) == [three]
    assert list(reader.ids(Filter(kinds=frozenset({VerdictKind.GENRE})), order="label")) == [two, one]
    assert list(reader.ids(Filter(labels=frozenset({"jazz"})))) == [two]
    assert list(reader.ids(Filter("mp3", labels=frozenset({"metal"})))) == [one]


def test_counts(store: Store, reader: Reader) -> None:
    tracks = add(store, *(f"/m/{index}.mp3" for index in range(6)))
    for track, label in zip(tracks, ["metal", "jazz", "metal"], strict=False):
        store.set_result(track, result(label=label), MODEL)
    store.set_result(tracks[3], replace(result(), verdict=verdict(kind=VerdictKind.UNSURE)), MODEL)
    store.set_failed(tracks[4], "No.")
    counts = reader.counts()
    assert counts.total == 6
    assert counts.states == {TrackState.DONE: 4, TrackState.FAILED: 1, TrackState.QUEUED: 1}
    assert counts.kinds == {VerdictKind.GENRE: 3, VerdictKind.UNSURE: 1}
    assert list(counts.genres.items()) == [("metal", 2), ("jazz", 1)]
    assert str(counts).startswith("6 tracks (")


def test_tracks_under_a_folder(store: Store, reader: Reader) -> None:
    inside, deep, beside, _ = add(store, "/m/a.mp3", "/m/d/e.mp3", "/mm/a.mp3", "/n/a.mp3")
    assert reader.tracks_under("/m") == {"/m/a.mp3": inside, "/m/d/e.mp3": deep}
    assert reader.tracks_under("/mm/") == {"/mm/a.mp3": beside}


def test_many_tracks_are_read_by_the_page(store: Store, reader: Reader) -> None:
    add(store, *(f"/music/{index:05d}.mp3" for index in range(3000)))
    ids = reader.ids(descending=True)
    assert ids.size == 3000
    assert [row.path for row in reader.rows(ids)] == [f"/music/{index:05d}.mp3" for index in reversed(range(3000))]
