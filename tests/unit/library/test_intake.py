"""What becomes of tracks whose files were found, or read: in bulk, and never with a loss of what is known."""

from __future__ import annotations

from dataclasses import replace

from mgc_desktop.core.values import TrackState
from mgc_desktop.library.identity import FileFacts, FileStamp
from mgc_desktop.library.reader import Reader
from mgc_desktop.library.store import FoundFile, Store
from tests.library_rows import MODEL, OTHER, add, facts, result

NAME = "/m/a.mp3"


def heard(store: Store, *names: str, digest: str = "d" * 32) -> list[int]:
    tracks = add(store, *names)
    for track in tracks:
        store.set_result(track, result(), MODEL, digest)
    return tracks


def test_a_change_time_of_its_own_is_a_change(store: Store) -> None:
    (track,) = heard(store, NAME)
    known = FoundFile(NAME, 1000, 5, ctime_ns=70, inode=8, device=9)
    assert store.add_files([known], MODEL).unchanged == 1  # it was not known before: now it is
    assert store.add_files([replace(known, inode=1, device=2)], MODEL).unchanged == 1  # a drive that came back
    assert store.add_files([replace(known, ctime_ns=71)], MODEL).read_ids == (track,)
    assert store.add_files([replace(known, ctime_ns=71)], MODEL).read_ids == (track,)  # until it was read


def test_the_same_audio_keeps_the_verdict_and_other_audio_loses_it(store: Store, reader: Reader) -> None:
    (track,) = heard(store, NAME)
    taken = store.take_facts({track: facts(NAME, 1001, title="New")}, MODEL)
    assert (dict(taken.queued), taken.settled, taken.changed_ids) == ({}, 1, (track,))
    row = reader.rows([track])[0]
    assert (row.title, row.label, row.state) == ("New", "metal", TrackState.DONE)
    assert store.add_files([FoundFile(NAME, 1001, 5)], MODEL).unchanged == 1
    taken = store.take_facts({track: facts(NAME, 1002, digest="e" * 32)}, MODEL)
    assert dict(taken.queued) == {track: NAME}
    assert reader.verdict(track) is None


def test_what_may_not_be_read_now_loses_nothing(store: Store, reader: Reader) -> None:
    (track,) = heard(store, NAME)
    store.take_facts({track: facts(NAME, 1000, title="Title")}, MODEL)
    taken = store.take_facts({track: FileFacts(NAME, FileStamp(1000, 5, 77))}, MODEL)
    assert dict(taken.queued) == {track: NAME}  # the decoder says why
    store.set_failed(track, "No permission.")
    assert reader.rows([track])[0].title == "Title"
    taken = store.take_facts({track: facts(NAME, 1001)}, MODEL)
    assert dict(taken.queued) == {track: NAME}
    assert store._connection.execute("SELECT count(*) FROM verdicts").fetchone() == (1,)


def test_a_file_that_its_reader_fell_over_waits_until_it_changes(store: Store, reader: Reader) -> None:
    (track,) = add(store, NAME)
    store.take_facts({track: FileFacts(NAME, FileStamp(1000, 5, 7), trouble="It fell.")}, MODEL)
    assert (reader.rows([track])[0].state, reader.rows([track])[0].error) == (TrackState.FAILED, "It fell.")
    assert store.add_files([FoundFile(NAME, 1000, 5, 7)], OTHER).unchanged == 1
    assert store.add_files([FoundFile(NAME, 1000, 5, 8)], OTHER).read_ids == (track,)


def test_another_model_takes_over_nothing_of_the_first(store: Store) -> None:
    heard(store, NAME)
    (copy,) = add(store, "/m/copy.mp3")
    assert dict(store.take_facts({copy: facts("/m/copy.mp3")}, OTHER).queued) == {copy: "/m/copy.mp3"}
    (again,) = add(store, "/m/again.mp3")
    assert store.take_facts({again: facts("/m/again.mp3")}, MODEL).settled == 1
    (third,) = add(store, "/m/third.mp3")
    assert store.take_facts({third: facts("/m/third.mp3")}, "").settled == 1  # any model's will do
    (empty,) = add(store, "/m/empty.mp3")
    assert dict(store.take_facts({empty: facts("/m/empty.mp3", digest="")}, MODEL).queued) == {empty: "/m/empty.mp3"}


def test_a_moved_track_takes_the_place_of_the_new_row(store: Store, reader: Reader) -> None:
    (old,) = heard(store, NAME)
    store.correct([old], "tango")
    store.set_missing([old])
    (new,) = add(store, "/n/b.mp3")
    taken = store.take_facts({new: facts("/n/b.mp3", mtime=9)}, MODEL, {new: old})
    assert (taken.moved_ids, taken.removed_ids, dict(taken.queued)) == ((old,), (new,), {})
    (row,) = reader.rows(reader.ids())
    assert (row.id, row.path, row.state, row.correction) == (old, "/n/b.mp3", TrackState.DONE, "tango")
    assert list(reader.ids("n b mp3")) == [old]
    assert store.add_files([FoundFile("/n/b.mp3", 1000, 9)], MODEL).unchanged == 1
    (next_one,) = add(store, "/n/c.mp3")
    assert next_one > new  # no id is given twice


def test_a_new_row_that_a_person_worked_on_stays(store: Store, reader: Reader) -> None:
    (old,) = heard(store, NAME)
    (new,) = add(store, "/n/b.mp3")
    store.correct([new], "tango")
    taken = store.take_facts({new: facts("/n/b.mp3")}, MODEL, {new: old})
    assert taken.moved_ids == ()
    assert {row.path for row in reader.rows([old, new])} == {NAME, "/n/b.mp3"}
    assert store.take_facts({new: facts("/n/b.mp3")}, MODEL, {new: 999}).moved_ids == ()
    assert reader.counts().total == 2


def test_tracks_that_were_found_elsewhere_are_not_entered_twice(store: Store, reader: Reader) -> None:
    (track,) = heard(store, NAME)
    moved = store.add_files([FoundFile("/n/b.mp3", 1000, 5)], MODEL, {track: "/n/b.mp3"})
    assert (moved.new_ids, moved.moved_ids, moved.shown_ids, moved.unchanged) == ((), (track,), (track,), 1)
    assert [row.path for row in reader.rows([track])] == ["/n/b.mp3"]
    linked = store.add_files([FoundFile("/l/b.mp3", 1000, 5, real_path="/n/b.mp3")], MODEL)
    assert (linked.new_ids, linked.unchanged) == ((), 1)
    assert [row.path for row in reader.rows(reader.ids())] == ["/n/b.mp3"]


def test_offline_tracks_wait_and_come_back(store: Store, reader: Reader) -> None:
    done, waiting = heard(store, NAME) + add(store, "/m/b.mp3")
    store.set_offline([done, waiting])
    assert [row.offline for row in reader.rows([done, waiting])] == [True, True]
    assert store.pending(10) == []
    back = store.add_files([FoundFile(NAME, 1000, 5)], MODEL)
    assert (back.unchanged, back.shown_ids) == (1, (done,))
    assert [row.offline for row in reader.rows([done, waiting])] == [False, True]
    store.set_missing([waiting])
    assert not reader.rows([waiting])[0].offline


def test_folders_know_their_tracks_and_what_lies_in_no_other(store: Store) -> None:
    heard(store, NAME, "/m/x/b.mp3", "/mm/c.mp3")
    for folder in ("/m", "/m/x"):
        store.add_folder(folder)
    store.set_folder("/m", watched=True)
    store.set_folder("/m/x", offline=True)
    assert [tuple(row) for row in store.folders()] == [("/m", True, False, 2), ("/m/x", False, True, 1)]
    assert len(store.only_under("/m")) == 1
    assert store.only_under("/m/x") == []
    store.begin_walk(["/m", "/z"], any_verdict=False)
    store.begin_walk(["/z"], any_verdict=True)
    assert store.unfinished() == {"/m": False, "/z": True}
    store.end_walk()
    assert store.unfinished() == {}
