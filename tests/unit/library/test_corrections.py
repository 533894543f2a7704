"""Genres that a person sets: they beat every verdict, outlive it, and can be taken back."""

from __future__ import annotations

import os
import sqlite3
import sys
import time
from dataclasses import replace
from importlib import resources
from pathlib import Path

import pytest

from mgc_desktop.core.values import TrackState, TrackTags, VerdictKind
from mgc_desktop.library import migrations
from mgc_desktop.library.corrections import MOST_TAGS, CorrectedTrack, group_of
from mgc_desktop.library.filters import Filter
from mgc_desktop.library.migrations import migrate, scripts
from mgc_desktop.library.reader import Reader
from mgc_desktop.library.store import FoundFile, Store
from tests.library_rows import LABELS, MODEL, OTHER, add, result


def labels(reader: Reader, *tracks: int) -> list[str | None]:
    return [row.correction for row in reader.rows(tracks)]


def test_a_correction_is_kept_with_its_date(store: Store, reader: Reader) -> None:
    one, two = add(store, "/m/a.mp3", "/m/b.mp3")
    before = time.time()
    changes = store.correct([one, two, 999], "tango")
    assert [(change.track_id, change.before) for change in changes] == [(one, None), (two, None)]
    row = reader.rows([one])[0]
    assert row.correction == "tango"
    assert row.corrected_at is not None
    assert before <= row.corrected_at <= time.time()
    assert store.correct([one], "tango") == []  # the same word again: its date stays
    assert reader.rows([one])[0].corrected_at == row.corrected_at
    (change,) = store.correct([one], None)
    assert change.before is not None
    assert (change.before.label, change.after) == ("tango", None)
    assert labels(reader, one, two) == [None, "tango"]
    assert reader.rows([one])[0].corrected_at is None


def test_a_correction_outlives_whatever_is_heard_later(store: Store, reader: Reader) -> None:
    (track,) = add(store, "/m/a.mp3")
    store.correct([track], "tango")
    store.set_result(track, result(label="metal"), MODEL)
    assert labels(reader, track) == ["tango"]
    store.requeue([track])
    store.set_result(track, result(label="jazz"), OTHER)  # another model
    store.add_files([FoundFile("/m/a.mp3", 1001, 6)], OTHER)  # the file changed
    store.set_failed(track, "No.")
    store.set_missing([track])
    store.add_files([FoundFile("/m/a.mp3", 1001, 6)], OTHER)
    store.set_result(track, result(label="blues"), OTHER)
    row = reader.rows([track])[0]
    assert (row.correction, row.label, row.state) == ("tango", "blues", TrackState.DONE)
    verdict = reader.verdict(track)
    assert verdict is not None
    assert verdict.label == "blues"  # what the model says stays to be seen


def test_corrections_beat_verdicts_in_search_order_and_counts(store: Store, reader: Reader) -> None:
    metal, jazz, speech, none = add(store, *(f"/m/{index}.mp3" for index in range(4)))
    for track, label, confidence in ((metal, "metal", 0.9), (jazz, "jazz", 0.6), (speech, "rock", 0.7)):
        store.set_result(track, result(label=label, confidence=confidence), MODEL)
    store.correct([metal], "Zouk")
    store.correct([speech], "_not_music")
    assert list(reader.ids("zouk")) == [metal]
    assert list(reader.ids("rock")) == []
    assert list(reader.ids(Filter(labels=frozenset({"metal"})))) == []
    assert list(reader.ids(Filter(labels=frozenset({"Zouk"}), kinds=frozenset({VerdictKind.GENRE})))) == [metal]
    assert list(reader.ids(Filter(kinds=frozenset({VerdictKind.GENRE})), order="label")) == [jazz, metal]
    assert list(reader.ids(order="confidence")) == [none, jazz, metal, speech]  # what is settled comes last
    assert list(reader.ids(order="runner_up"))[1] == metal  # the model's word, metal, stands second
    counts = reader.counts()
    assert counts.genres == {"Zouk": 1, "jazz": 1}
    assert counts.kinds == {VerdictKind.GENRE: 2, VerdictKind.NOT_MUSIC: 1}
    store.correct([metal, speech], None)
    assert list(reader.ids("zouk")) == []
    assert reader.counts().genres == {"jazz": 1, "metal": 1, "rock": 1}


def test_verdicts_are_accepted(store: Store, reader: Reader) -> None:
    heard, corrected, waiting, failed = add(store, *(f"/m/{index}.mp3" for index in range(4)))
    for track in (heard, corrected):
        store.set_result(track, result(label="metal"), MODEL)
    store.correct([corrected], "tango")
    store.set_failed(failed, "No.")
    changes = store.accept([heard, corrected, waiting, failed, 999])
    assert [(change.track_id, change.before) for change in changes] == [(heard, None)]
    assert labels(reader, heard, corrected, waiting, failed) == ["metal", "tango", None, None]
    store.set_result(heard, result(label="jazz"), OTHER)
    assert labels(reader, heard) == ["metal"]  # what was accepted is the person's word from then on


def test_changes_are_undone_and_made_again_but_not_over_later_ones(store: Store, reader: Reader) -> None:
    tracks = add(store, *(f"/m/{index}.mp3" for index in range(4)))
    store.correct(tracks[:1], "polka")
    first = reader.rows(tracks[:1])[0].corrected_at
    changes = store.correct(tracks, "tango")
    store.correct(tracks[1:2], "salsa")  # since then
    store.remove(tracks[2:3])
    undone = store.apply_corrections([change.reversed() for change in changes])
    assert [change.track_id for change in undone] == [tracks[0], tracks[3]]
    assert labels(reader, *tracks) == ["polka", "salsa", None]
    assert reader.rows(tracks[:1])[0].corrected_at == first  # with its date
    redone = store.apply_corrections(changes)
    assert [change.track_id for change in redone] == [tracks[0], tracks[3]]
    assert labels(reader, *tracks) == ["tango", "salsa", "tango"]


def test_what_retraining_can_learn_from(store: Store, reader: Reader) -> None:
    known, nameless, gone, _ = add(store, "/m/x/a.mp3", "/m/y/b.mp3", "/m/c.mp3", "/m/d.mp3")
    store.set_result(known, result(artist="Anna Fløden feat. Bo"), MODEL)
    store.correct([known, nameless, gone], "tango")
    store.set_missing([gone])
    assert reader.corrections() == [
        CorrectedTrack("/m/x/a.mp3", "tango", "artist: anna fløden"),
        CorrectedTrack("/m/y/b.mp3", "tango", "folder: /m/y"),
    ]


@pytest.mark.parametrize(
    ("artist", "group"),
    [
        ("ANNA  Fløden", "artist: anna fløden"),
        ("Anna Fløden (ft. Bo)", "artist: anna fløden"),
        ("Featherweight", "artist: featherweight"),
        ("Various Artists", "folder: /m"),
        (" ", "folder: /m"),
    ],
)
def test_groups(artist: str, group: str) -> None:
    assert group_of("/m/a.mp3", artist) == group


def test_the_names_of_genres(store: Store, reader: Reader) -> None:
    assert reader.genre_names().corrected == ()
    tracks = add(store, *(f"/m/{index}.mp3" for index in range(3)))
    store.set_result(tracks[0], result(), MODEL)
    store.correct(tracks[:2], "tango")
    store.correct(tracks[2:], "polka")
    names = reader.genre_names()
    assert names.corrected == ("tango", "polka")
    assert set(names.models) == set(LABELS)
    assert names.tags == ("Metal", "Heavy Metal")


def test_of_very_many_genres_the_common_ones_are_named(store: Store, reader: Reader) -> None:
    tracks = add(store, *(f"/m/{index}.mp3" for index in range(MOST_TAGS + 20)))
    with store.batch():
        for index, track in enumerate(tracks):
            genres = TrackTags(genres=("Common",) if index >= MOST_TAGS + 10 else (f"Rare {index}",))
            store.set_result(track, replace(result(), tags=genres), MODEL)
    names = reader.genre_names().tags
    assert names[0] == "Common"
    assert len(names) == MOST_TAGS


def test_tracks_are_found_by_path(store: Store) -> None:
    odd = os.fsdecode(b"/m/\xff.mp3") if sys.platform == "linux" else "/m/ü.mp3"
    one, two = add(store, "/m/a.mp3", odd)
    assert store.track_ids(["/m/a.mp3", odd, "/m/none.mp3"]) == {"/m/a.mp3": one, odd: two}


def test_many_tracks_are_corrected_and_undone_at_once(store: Store, reader: Reader) -> None:
    tracks = add(store, *(f"/music/{index:05d}.mp3" for index in range(2000)))
    changes = store.correct(tracks, "tango")
    assert len(changes) == 2000
    assert reader.ids("tango").size == 2000
    assert len(store.apply_corrections([change.reversed() for change in changes])) == 2000
    assert reader.ids("tango").size == 0
    assert labels(reader, *tracks[:2]) == [None, None]


# The upgrade


def test_a_library_of_the_first_format_is_upgraded_with_all_it_holds(path: Path) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript(f"{scripts()[0]} PRAGMA user_version = 1;")
    connection.execute(
        "INSERT INTO tracks (id, path, path_text, size, mtime_ns, state, title, label, kind, confidence, added_at)"
        " VALUES (7, ?, '/m/a.mp3', 1000, 5, 'done', 'Daylight', 'jazz', 'genre', 0.5, 0)",
        (b"/m/a.mp3",),
    )
    connection.close()
    store = Store(path)
    reader = Reader(path)
    try:
        assert len(store.backups) == len(scripts()) - 1
        assert all(backup.is_file() for backup in store.backups)
        for words in ("dayl", "jazz", "dayl jazz", "mp3"):
            assert list(reader.ids(words)) == [7], words
        store.correct([7], "tango")
        assert list(reader.ids("jazz")) == []
        assert list(reader.ids("tango dayl")) == [7]
        assert reader.counts().genres == {"tango": 1}
        assert reader.check() == []
        store._connection.execute("INSERT INTO search (search, rank) VALUES ('integrity-check', 1)")
        store.remove([7])
        assert list(reader.ids("tango")) == []
        assert reader.corrections() == []
    finally:
        reader.close()
        store.close()


def test_two_programs_that_upgrade_at_once_do_it_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript(f"{scripts()[0]} PRAGMA user_version = 1;")
    back_up = migrations._back_up

    def overtaken(first: sqlite3.Connection, file: Path, version: int) -> Path:
        monkeypatch.setattr(migrations, "_back_up", back_up)
        with sqlite3.connect(path, isolation_level=None) as other:
            migrate(other, path)
        other.close()
        return back_up(first, file, version)

    monkeypatch.setattr(migrations, "_back_up", overtaken)
    try:
        migrate(connection, path)
        assert connection.execute("PRAGMA user_version").fetchone() == (len(scripts()),)
    finally:
        connection.close()
    Store(path).close()


def test_every_upgrade_has_its_number() -> None:
    names = sorted(e.name for e in resources.files(migrations).iterdir() if e.name.endswith(".sql"))
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))
