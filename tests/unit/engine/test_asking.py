"""Writing the library from another thread and waiting for it: done, given up, or taken back in time."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time

import pytest

from mgc_desktop.core.errors import LibraryError
from mgc_desktop.core.paths import Profile
from mgc_desktop.engine.asking import NotWrittenError, ask
from mgc_desktop.engine.events import Problem, TracksChanged
from mgc_desktop.engine.writer import Change, Writer
from mgc_desktop.library.reader import Reader
from mgc_desktop.library.store import Store
from tests.events import WAIT, Events


def begin(store: Store) -> int:
    return store.journal.begin("write", "window", {})


def batches(profile: Profile) -> int:
    with contextlib.closing(Reader(profile.library_file)) as reader:
        return len(reader.batches())


def test_what_is_asked_is_written_and_told(writer: Writer, events: Events, profile: Profile) -> None:
    assert ask(writer, begin, changed=(7,), durable=True) == 1
    assert batches(profile) == 1
    assert events.wait(TracksChanged).ids == (7,)
    assert ask(writer, lambda store: None) is None


def test_what_must_be_on_the_disk_waits_for_no_batch_to_fill(writer: Writer) -> None:
    ask(writer, begin, durable=True)
    began = time.monotonic()
    for _ in range(50):
        ask(writer, begin, durable=True)
    assert time.monotonic() - began < 4.0  # 5 s and more at one batch a tenth of a second


def test_what_is_given_up_is_an_error(writer: Writer, events: Events, profile: Profile) -> None:
    def fail(store: Store) -> None:
        begin(store)
        raise LibraryError("No.")

    with pytest.raises(NotWrittenError, match=r"No\."):
        ask(writer, fail)
    events.wait(Problem)
    assert batches(profile) == 0
    assert ask(writer, begin) == 1  # the next one is written


def test_waiting_for_a_locked_library_can_be_given_up(writer: Writer, events: Events, profile: Profile) -> None:
    writer.wait_open(WAIT)
    hurry = threading.Event()
    with contextlib.closing(sqlite3.connect(profile.library_file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        timer = threading.Timer(0.3, hurry.set)
        timer.start()
        with pytest.raises(NotWrittenError):
            ask(writer, begin, hurry=hurry.is_set)
        timer.join()
        other.execute("ROLLBACK")
    done = threading.Event()
    writer.submit(lambda store: Change(), done.set)
    assert done.wait(WAIT)
    assert batches(profile) == 0  # what was taken back is not written later
