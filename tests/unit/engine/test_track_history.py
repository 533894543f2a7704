"""What the library knows of a track, read beside everything else."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from mgc_desktop.core.errors import LibraryError
from mgc_desktop.core.paths import Profile
from mgc_desktop.engine.events import Problem, TrackHistoryReady
from mgc_desktop.engine.track_history import TrackHistories
from mgc_desktop.library.journal import ChangeState, NewChange
from mgc_desktop.library.reader import Reader
from mgc_desktop.library.store import Store
from tests.events import Events
from tests.library_rows import add


@pytest.fixture
def store(profile: Profile) -> Iterator[Store]:
    store = Store(profile.library_file)
    yield store
    store.close()


def test_the_last_one_asked_for_is_answered(store: Store, profile: Profile, events: Events) -> None:
    first, second = add(store, "/m/a.mp3", "/m/b.mp3")
    with store.batch():
        batch = store.journal.begin("write", "window", {})
        (change,) = store.journal.plan(batch, [NewChange(second, "/m/b.mp3", "ID3v2.4", ("Pop",), ("Rock",), "why")])
        store.journal.settle(change, ChangeState.DONE)
    histories = TrackHistories(lambda: Reader(profile.library_file), events)
    try:
        histories.ask(first)
        histories.ask(second)
        history = events.wait(TrackHistoryReady, where=lambda e: e.track_id == second)
        assert [(row.before, row.after, row.state) for row in history.changes] == [(("Pop",), ("Rock",), "done")]
        assert history.windows == ()
        assert history.corrections == ()
        histories.ask(first)
        assert events.wait(TrackHistoryReady, where=lambda e: e.track_id == first).changes == ()
        store.correct([second], "tango")
        store.correct([second], "polka")
        store.apply_corrections([step.reversed() for step in store.correct([second], None)])  # taken back, and undone
        histories.ask(second)
        said = events.wait(TrackHistoryReady, where=lambda e: bool(e.corrections)).corrections
        assert [each.label for each in said][-3:] == [None, "polka", "tango"]
        assert said[0].label == "polka"
        store.remove([second])  # with all that is known of it
        histories.ask(second)
        assert events.wait(TrackHistoryReady, where=lambda e: e is not history and not e.corrections)
    finally:
        assert histories.stop()


def test_a_library_that_cannot_be_read_is_told_and_tried_again(store: Store, profile: Profile, events: Events) -> None:
    (track,) = add(store, os.fspath("/m/a.mp3"))
    trouble = [LibraryError("The library is locked.")]

    def open_reader() -> Reader:
        if trouble:
            raise trouble.pop()
        return Reader(profile.library_file)

    histories = TrackHistories(open_reader, events)
    try:
        histories.ask(track)
        assert events.wait(Problem).sentence == "The library is locked."
        histories.ask(track)
        events.wait(TrackHistoryReady)
    finally:
        assert histories.stop()
