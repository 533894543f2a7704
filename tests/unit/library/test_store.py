"""The library database: what is written, what is queued, what survives."""

from __future__ import annotations

import os
import sqlite3
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from mgc_desktop.core.errors import LibraryError
from mgc_desktop.core.values import (
    FileResult,
    TrackState,
    Verdict,
    VerdictKind,
)
from mgc_desktop.library.migrations import migrate, scripts
from mgc_desktop.library.reader import Reader
from mgc_desktop.library.store import FoundFile, Store
from tests.library_rows import LABELS, MODEL, OTHER, add, facts, result, verdict

# Adding and queueing


def test_found_files_are_queued_and_shown_at_once(store: Store, reader: Reader) -> None:
    added = store.add_files([FoundFile("/m/a.mp3", 1, 2), FoundFile("/m/b.mp3", 3, 4)], MODEL)
    assert (len(added.new_ids), added.queued_ids, added.unchanged) == (2, (), 0)
    rows = reader.rows(reader.ids())
    assert [(row.path, row.state, row.kind, row.confidence, row.duration) for row in rows] == [
        ("/m/a.mp3", TrackState.QUEUED, None, None, None),
        ("/m/b.mp3", TrackState.QUEUED, None, None, None),
    ]
    assert [(track.id, track.path) for track in store.pending(10)] == [
        (added.new_ids[0], "/m/a.mp3"),
        (added.new_ids[1], "/m/b.mp3"),
    ]
    assert len(store.pending(1)) == 1


def test_a_result_fills_the_row(store: Store, reader: Reader) -> None:
    (track,) = add(store, "/m/a.mp3")
    store.set_result(track, result(title="Title", artist="Artist"), MODEL, "d" * 32)
    (row,) = reader.rows([track])
    assert row.state is TrackState.DONE
    assert (row.kind, row.label, row.runner_up) == (VerdictKind.GENRE, "metal", "rock")
    assert row.confidence == pytest.approx(0.75)
    assert row.runner_up_confidence == pytest.approx(0.25 / 3)
    assert (row.title, row.artist, row.existing_genre) == ("Title", "Artist", "Metal; Heavy Metal")
    assert row.duration == 200.5
    assert store.pending(10) == []


def test_the_whole_verdict_and_its_timeline_come_back(store: Store, reader: Reader) -> None:
    (track,) = add(store, "/m/a.mp3")
    assert reader.verdict(track) is None
    assert reader.windows(track) == ()
    said = replace(verdict(kind=VerdictKind.UNSURE), reason="between rock and metal")
    store.set_result(track, replace(result(), verdict=said), MODEL)
    kept = reader.verdict(track)
    assert kept is not None
    assert (kept.kind, kept.label, kept.model, kept.reason) == (
        VerdictKind.UNSURE,
        "metal",
        "genres-1",
        "between rock and metal",
    )
    assert list(kept.probabilities) == list(LABELS)
    assert kept.probabilities == pytest.approx(said.probabilities)
    windows = reader.windows(track)
    assert [(window.start, window.end) for window in windows] == [(0, 5), (10, 15), (20, 25)]
    assert windows[1].probabilities == pytest.approx(said.probabilities)
    store.set_result(track, replace(result(), windows=()), MODEL)
    assert reader.windows(track) == ()


def test_unchanged_files_are_not_heard_again(store: Store) -> None:
    tracks = add(store, "/m/a.mp3", "/m/b.mp3")
    for track in tracks:
        store.set_result(track, result(), MODEL)
    again = store.add_files([FoundFile("/m/a.mp3", 1000, 5), FoundFile("/m/b.mp3", 1000, 5)], MODEL)
    assert (again.new_ids, again.queued_ids, again.unchanged, again.shown_ids) == ((), (), 2, ())
    assert store.pending(10) == []


@pytest.mark.parametrize(("size", "mtime"), [(1001, 5), (1000, 6)])
def test_a_changed_file_is_heard_again(store: Store, reader: Reader, size: int, mtime: int) -> None:
    (track,) = add(store, "/m/a.mp3")
    store.set_result(track, result(), MODEL)
    again = store.add_files([FoundFile("/m/a.mp3", size, mtime)], MODEL)
    assert (again.queued_ids, again.read_ids, again.unchanged) == ((), (track,), 0)
    read = store.take_facts({track: facts("/m/a.mp3", size, mtime, digest="other")}, MODEL)
    assert dict(read.queued) == {track: "/m/a.mp3"}
    (row,) = reader.rows([track])
    assert row.state is TrackState.QUEUED
    assert row.label == "metal"  # the former verdict stays in sight meanwhile
    store.set_result(track, result(label="jazz"), MODEL)
    assert store.add_files([FoundFile("/m/a.mp3", size, mtime)], MODEL).unchanged == 1


def test_another_model_hears_all_and_the_former_one_is_remembered(store: Store, reader: Reader) -> None:
    (track,) = add(store, "/m/a.mp3")
    found = [FoundFile("/m/a.mp3", 1000, 5)]
    store.set_result(track, result(label="metal"), MODEL)
    assert store.add_files(found, OTHER).queued_ids == (track,)
    store.set_result(track, result(label="jazz"), OTHER)
    assert reader.rows([track])[0].label == "jazz"
    back = store.add_files(found, MODEL)
    assert (back.queued_ids, back.unchanged, back.shown_ids) == ((), 1, (track,))
    assert reader.rows([track])[0].label == "metal"
    # A changed file makes what any model said of it void.
    assert store.add_files([FoundFile("/m/a.mp3", 1000, 6)], MODEL).read_ids == (track,)
    store.take_facts({track: facts("/m/a.mp3", 1000, 6, digest="other")}, MODEL)
    store.set_result(track, result(label="blues"), MODEL)
    assert store.add_files([FoundFile("/m/a.mp3", 1000, 6)], OTHER).queued_ids == (track,)


def test_without_a_model_any_verdict_will_do(store: Store) -> None:
    judged, fresh = add(store, "/m/a.mp3", "/m/b.mp3", model="")
    store.set_result(judged, result(), MODEL)
    store.take_facts({fresh: facts("/m/b.mp3", digest="b")}, "")
    again = store.add_files([FoundFile("/m/a.mp3", 1000, 5), FoundFile("/m/b.mp3", 1000, 5)], "")
    assert (again.queued_ids, again.unchanged) == ((fresh,), 1)


def test_a_failed_file_waits_until_it_changes(store: Store, reader: Reader) -> None:
    (track,) = add(store, "/m/a.mp3")
    store.set_failed(track, "The file is empty \udcff.")
    (row,) = reader.rows([track])
    assert (row.state, row.error, row.kind) == (TrackState.FAILED, "The file is empty ?.", None)
    assert store.add_files([FoundFile("/m/a.mp3", 1000, 5)], OTHER).unchanged == 1
    assert store.add_files([FoundFile("/m/a.mp3", 1001, 5)], OTHER).read_ids == (track,)
    store.take_facts({track: facts("/m/a.mp3", 1001)}, OTHER)
    assert [waiting.id for waiting in store.pending(10)] == [track]
    assert reader.rows([track])[0].error == ""


def test_a_result_that_is_an_error_counts_as_failed(store: Store, reader: Reader) -> None:
    (track,) = add(store, "/m/a.mp3")
    error = Verdict(VerdictKind.ERROR, None, 0.0, None, 0.0, {}, "genres-1", "No audio.")
    store.set_result(track, FileResult("/m/a.mp3", None, error, error="No audio was found."), MODEL)
    assert reader.rows([track])[0].state is TrackState.FAILED
    assert reader.rows([track])[0].error == "No audio was found."


def test_asking_again_queues_whatever_is_known(store: Store) -> None:
    done, failed = add(store, "/m/a.mp3", "/m/b.mp3")
    store.set_result(done, result(), MODEL)
    store.set_failed(failed, "No.")
    store.requeue([done, failed, 999])
    assert {(track.id, track.tags_read) for track in store.pending(10)} == {(done, True), (failed, True)}
    assert store.add_files([FoundFile("/m/a.mp3", 1000, 5)], MODEL).queued_ids == (done,)


def test_missing_tracks_keep_their_verdict_until_they_are_removed(store: Store, reader: Reader) -> None:
    back, gone = add(store, "/m/a.mp3", "/m/b.mp3")
    for track in (back, gone):
        store.set_result(track, result(), MODEL)
    store.set_missing([back, gone])
    assert [row.state for row in reader.rows([back, gone])] == [TrackState.MISSING] * 2
    again = store.add_files([FoundFile("/m/a.mp3", 1000, 5)], MODEL)
    assert (again.unchanged, again.shown_ids) == (1, (back,))
    assert store.remove_missing() == [gone]
    assert list(reader.ids()) == [back]
    assert reader.windows(gone) == ()
    store.remove([back])
    assert reader.counts().total == 0


def test_results_for_a_removed_track_are_passed_over(store: Store, reader: Reader) -> None:
    (track,) = add(store, "/m/a.mp3")
    store.remove([track])
    store.set_result(track, result(), MODEL)
    store.set_failed(track, "No.")
    assert reader.counts().total == 0


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names there are always Unicode")
def test_any_name_survives(store: Store, reader: Reader) -> None:
    names = [
        "/m/été 夜曲 🎷.mp3",
        "/m/new\nline.mp3",
        os.fsdecode(b"/m/\xff\xfe.mp3"),
        "/m/" + "é" * 125,
        "/m/' OR 1 --",
    ]
    tracks = add(store, *names)
    assert [row.path for row in reader.rows(tracks)] == names
    assert [track.path for track in store.pending(10)] == names
    assert reader.tracks_under("/m") == dict(zip(names, tracks, strict=True))
    store.set_result(tracks[2], result(title="title \udcff"), MODEL)
    assert reader.rows([tracks[2]])[0].title == "title ?"
    assert store.add_files([FoundFile(names[2], 1000, 5)], MODEL).unchanged == 1


# Batches, folders


def test_a_batch_is_written_whole_or_not_at_all(store: Store, reader: Reader) -> None:
    tracks = add(store, *(f"/m/{index}.mp3" for index in range(10)))
    with store.batch():
        for track in tracks[:5]:
            store.set_result(track, result(), MODEL)
        assert reader.counts().states[TrackState.QUEUED] == 10  # not seen before it is whole
    assert reader.counts().states == {TrackState.DONE: 5, TrackState.QUEUED: 5}
    with pytest.raises(ZeroDivisionError), store.batch():
        _fail_and_break(store, tracks[0])
    assert reader.counts().states == {TrackState.DONE: 5, TrackState.QUEUED: 5}
    store.set_failed(tracks[0], "No.")  # and the store goes on
    assert reader.counts().states[TrackState.FAILED] == 1


def _fail_and_break(store: Store, track: int) -> None:
    store.set_failed(track, "No.")
    raise ZeroDivisionError


def test_folders_are_remembered_in_order(store: Store, reader: Reader) -> None:
    for folder in ("/z", "/a", os.fsdecode(b"/\xff") if sys.platform == "linux" else "/ü", "/z"):
        store.add_folder(folder)
    assert reader.folders()[:2] == ["/z", "/a"]
    assert len(reader.folders()) == 3
    store.remove_folder("/z")
    assert reader.folders()[0] == "/a"


def test_everything_is_there_after_a_restart(path: Path) -> None:
    store = Store(path)
    first, second = add(store, "/m/a.mp3", "/m/b.mp3")
    store.set_result(first, result(), MODEL)
    store.close()
    store.close()
    store = Store(path)
    try:
        assert [track.id for track in store.pending(10)] == [second]
        assert store.add_files([FoundFile("/m/a.mp3", 1000, 5)], MODEL).unchanged == 1
        assert store.backups == []
    finally:
        store.close()


# Faults


def test_a_database_of_a_newer_program_is_left_alone(path: Path) -> None:
    Store(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(LibraryError, match="newer version"):
        Store(path)
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_left_alone(path: Path) -> None:
    path.write_bytes(b"these are no pages of SQLite" * 100)
    before = path.read_bytes()
    for opening in (Store, Reader):
        with pytest.raises(LibraryError, match="is damaged; put a backup in its place") as caught:
            opening(path)
        assert str(path) in caught.value.sentence
    assert path.read_bytes() == before


def test_damaged_pages_are_told(path: Path) -> None:
    store = Store(path)
    add(store, *(f"/music/{index:04d}.mp3" for index in range(3000)))
    store.close()
    content = bytearray(path.read_bytes())
    content[4096 * 8 :] = bytes(len(content) - 4096 * 8)
    path.write_bytes(content)
    with pytest.raises(LibraryError, match="damaged"):
        _use(path)


def _use(path: Path) -> None:
    reader = Reader(path)
    try:
        if reader.check():
            raise LibraryError("damaged")
    finally:
        reader.close()


def test_a_sound_database_passes_its_check(store: Store, reader: Reader) -> None:
    add(store, "/m/a.mp3")
    assert reader.check() == []


def test_a_full_disk_is_told_and_what_was_written_stays(store: Store, reader: Reader) -> None:
    tracks = add(store, *(f"/m/{index}.mp3" for index in range(50)))
    (pages,) = store._connection.execute("PRAGMA page_count").fetchone()
    store._connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(LibraryError, match="no room left"):
        add(store, *(f"/n/{'x' * 200}{index}.mp3" for index in range(500)))
    assert reader.counts().total == 50
    store._connection.execute("PRAGMA max_page_count = 100000")
    store.set_result(tracks[0], result(), MODEL)
    assert reader.rows(tracks[:1])[0].state is TrackState.DONE


def test_a_locked_database_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mgc_desktop.library.connection.BUSY_SECONDS", 0.1)
    store = Store(path)
    other = sqlite3.connect(path, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LibraryError, match="held by another program"):
            add(store, "/m/a.mp3")
        other.execute("ROLLBACK")
        add(store, "/m/a.mp3")
    finally:
        other.close()
        store.close()


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="could not be opened"):
        Store(tmp_path / "nowhere" / "library.sqlite3")
    with pytest.raises(LibraryError, match="could not be opened"):
        Reader(tmp_path / "library.sqlite3")
    assert not (tmp_path / "library.sqlite3").exists()


def test_a_reader_cannot_write(store: Store, reader: Reader) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader._connection.execute("DELETE FROM tracks")


def test_readers_in_other_threads_never_wait_for_a_batch(store: Store) -> None:
    add(store, "/m/a.mp3")
    totals: list[int] = []

    def read() -> None:
        reader = Reader(store.path)
        totals.append(reader.counts().total)
        reader.close()

    with store.batch():
        add(store, "/m/b.mp3")
        thread = threading.Thread(target=read)
        thread.start()
        thread.join(10)
    assert totals == [1]


# Migrations


def test_each_upgrade_is_backed_up_and_runs_once(path: Path) -> None:
    store = Store(path)
    (track,) = add(store, "/m/a.mp3")
    store.close()
    now = len(scripts())
    upgrades = [*scripts(), "ALTER TABLE tracks ADD COLUMN stars INTEGER;", "CREATE TABLE more (x INTEGER) STRICT;"]
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        backups = migrate(connection, path, upgrades)
        assert connection.execute("PRAGMA user_version").fetchone() == (now + 2,)
        assert connection.execute("SELECT id, stars FROM tracks").fetchall() == [(track, None)]
        assert migrate(connection, path, upgrades) == []
    finally:
        connection.close()
    assert [backup.parent for backup in backups] == [path.parent] * 2
    old = sqlite3.connect(backups[0])
    try:
        assert old.execute("PRAGMA user_version").fetchone() == (now,)
        assert old.execute("SELECT id FROM tracks").fetchall() == [(track,)]
    finally:
        old.close()


def test_an_upgrade_that_fails_changes_nothing(path: Path) -> None:
    Store(path).close()
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        with pytest.raises(sqlite3.OperationalError):
            migrate(connection, path, [*scripts(), "CREATE TABLE more (x); INSERT INTO nowhere VALUES (1);"])
        assert connection.execute("PRAGMA user_version").fetchone() == (len(scripts()),)
        assert connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'more'").fetchone() is None
    finally:
        connection.close()
    Store(path).close()
