"""The journal of tag writes: what is entered before a file is touched, and what is told of it later."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence

import pytest

from mgc_desktop.library.journal import ChangeState, NewChange, PendingChange
from mgc_desktop.library.reader import Reader
from mgc_desktop.library.store import Store
from tests.library_rows import add

ODD = ("\udcff half", 'q"uote', "夜曲; Pop", "\u0000", "")  # whatever a tag holds comes back as it was


def begin(store: Store, tracks: Sequence[int], undoes: int | None = None) -> tuple[int, list[int]]:
    with store.batch(durable=True):
        batch = store.journal.begin("write" if undoes is None else "undo", "window", {"policy": "fill"}, undoes)
        new = [NewChange(track, f"/m/{track}.mp3", "ID3v2.4", (), ("Metal",), "Metal 90 %") for track in tracks]
        return batch, store.journal.plan(batch, new)


def finish(store: Store, batch: int, changes: Sequence[int], state: ChangeState = ChangeState.DONE) -> None:
    with store.batch():
        for change in changes:
            store.journal.settle(change, state)
        store.journal.end(batch)


def test_a_write_from_plan_to_end(store: Store, reader: Reader) -> None:
    path = os.fsdecode(b"/m/\xff.mp3") if sys.platform == "linux" else "/m/ü.mp3"
    (track,) = add(store, path)
    before = time.time()
    with store.batch(durable=True):
        batch = store.journal.begin("write", "window", {"policy": "append", "min_confidence": 0.7})
        (change,) = store.journal.plan(batch, [NewChange(track, path, "MP4", (), ODD, "Metal 90 %")])
    (row,) = reader.changes(batch)
    assert (row.path, row.after, row.state, row.changed_at) == (path, ODD, ChangeState.PLANNED, None)
    (open_row,) = store.journal.unsettled()
    assert (open_row.id, open_row.state, open_row.target) == (change, ChangeState.PLANNED, "")
    with store.batch(durable=True):
        store.journal.pend(PendingChange(change, "/real", "ID3v2.4", ODD, ("a", "b"), "0" * 32, "1" * 32, b"\0patch"))
    (open_row,) = store.journal.unsettled()
    assert (open_row.state, open_row.target, open_row.after) == (ChangeState.PENDING, "/real", ("a", "b"))
    assert (open_row.old_digest, open_row.new_digest) == ("0" * 32, "1" * 32)
    assert reader.done_changes(batch) == []
    finish(store, batch, [change])
    assert store.journal.unsettled() == []
    (row,) = reader.track_changes(track)
    assert (row.before, row.after, row.container, row.state) == (ODD, ("a", "b"), "ID3v2.4", ChangeState.DONE)
    assert row.reason == "Metal 90 %"  # that of the plan stays
    assert row.changed_at is not None
    assert before <= row.changed_at <= time.time()
    (done,) = reader.done_changes(batch)
    assert (done.path, done.before, done.after, done.new_digest) == (path, ODD, ("a", "b"), "1" * 32)
    assert reader.patch(done.id) == b"\0patch"
    assert reader.patch(999) == b""
    (listed,) = reader.batches()
    assert (listed.kind, listed.origin, dict(listed.policy)) == (
        "write",
        "window",
        {"policy": "append", "min_confidence": 0.7},
    )
    assert (listed.done, listed.left, listed.failed, listed.files, listed.undone_by) == (1, 0, 0, 1, None)
    assert listed.ended_at is not None


def test_which_batch_is_undone_by_which(store: Store, reader: Reader) -> None:
    tracks = add(store, "/m/a.mp3", "/m/b.mp3")
    first, changes = begin(store, tracks)
    finish(store, first, changes)

    def undone_by() -> list[int | None]:
        return [batch.undone_by for batch in reversed(reader.batches())]

    assert undone_by() == [None]
    undo, changes = begin(store, tracks, first)
    finish(store, undo, changes)
    assert undone_by() == [undo, None]
    redo, changes = begin(store, tracks, undo)
    finish(store, redo, changes)
    assert undone_by() == [None, redo, None]  # an undo that was undone does not count
    again, changes = begin(store, tracks, first)
    finish(store, again, changes)
    assert undone_by() == [again, redo, None, None]
    vain, changes = begin(store, tracks, again)
    finish(store, vain, changes, ChangeState.LEFT)
    assert undone_by() == [again, redo, None, None, None]  # nor one that changed nothing


def test_what_is_left_and_what_a_crash_left_open(store: Store, reader: Reader) -> None:
    tracks = add(store, *(f"/m/{number}.mp3" for number in range(4)))
    batch, changes = begin(store, tracks)
    other, open_changes = begin(store, tracks[:1])
    with store.batch():
        store.journal.settle(changes[0], ChangeState.DONE)
        store.journal.settle(changes[1], ChangeState.FAILED, "No.\udcff")
        store.journal.leave_rest(batch, "Cancelled.")
    assert [(row.state, row.reason) for row in reader.changes(batch)] == [
        (ChangeState.DONE, "Metal 90 %"),
        (ChangeState.FAILED, "No.?"),
        (ChangeState.LEFT, "Cancelled."),
        (ChangeState.LEFT, "Cancelled."),
    ]
    assert [change.id for change in store.journal.unsettled()] == open_changes
    assert [batch.ended_at for batch in reader.batches()] == [None, None]
    with store.batch():
        store.journal.end_settled()
    assert all(batch.ended_at is not None for batch in reader.batches())
    assert [batch.id for batch in reader.batches()] == [other, batch]  # the latest first


def test_the_journal_outlives_the_track(store: Store, reader: Reader) -> None:
    one, two = add(store, "/m/a.mp3", "/m/b.mp3")
    batch, changes = begin(store, [one, two])
    finish(store, batch, changes)
    store._connection.execute("UPDATE tracks SET path = ? WHERE id = ?", (b"/elsewhere/b.mp3", two))
    assert [change.path for change in reader.done_changes(batch)] == ["/elsewhere/b.mp3", "/m/a.mp3"]  # it was moved
    store.remove([one, two])
    assert [change.track_id for change in reader.changes(batch)] == [None, None]
    assert [change.path for change in reader.done_changes(batch)] == [f"/m/{two}.mp3", f"/m/{one}.mp3"]
    with store.batch():  # a track that is forgotten before its file is planned
        store.journal.plan(batch, [NewChange(one, "/m/a.mp3", "", (), ("Metal",))])
    assert reader.changes(batch)[-1].track_id is None


def test_a_batch_that_fails_leaves_nothing(store: Store, reader: Reader) -> None:
    tracks = add(store, "/m/a.mp3")

    def fail() -> None:
        with store.batch(durable=True):
            store.journal.begin("write", "window", {})
            raise KeyError(tracks[0])

    with pytest.raises(KeyError):
        fail()
    assert reader.batches() == []
    (level,) = store._connection.execute("PRAGMA synchronous").fetchone()
    assert level == 1  # usual batches need not wait for the disk


def test_what_must_be_on_the_disk_is_brought_there(store: Store) -> None:
    with store.batch(durable=True):
        (level,) = store._connection.execute("PRAGMA synchronous").fetchone()
    assert level == 2
