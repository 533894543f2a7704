"""Setting genres through the writer thread: steps that are undone and made again as a whole."""

from __future__ import annotations

import contextlib
import queue

import pytest

from mgc_desktop.core.paths import Profile
from mgc_desktop.engine.corrections import Corrections
from mgc_desktop.engine.events import CorrectionAction, CorrectionsChanged, CorrectionStep, Problem, TracksChanged
from mgc_desktop.engine.sources import Found
from mgc_desktop.engine.writer import Change, Writer
from mgc_desktop.library.reader import Reader
from mgc_desktop.library.store import AddResult, Store
from tests.events import WAIT, Events
from tests.library_rows import MODEL, add, result


@pytest.fixture
def corrections(writer: Writer, events: Events) -> Corrections:
    return Corrections(writer, events)


@pytest.fixture
def tracks(writer: Writer) -> tuple[int, ...]:
    """Return three tracks of a library; the first two were heard as metal."""
    answers: queue.Queue[AddResult | None] = queue.Queue()
    writer.register([Found(f"/music/{name}.wav", 1, 1) for name in "abc"], "", answers.put)
    added = answers.get(timeout=WAIT)
    assert added is not None

    def hear(store: Store) -> Change:
        for track in added.new_ids[:2]:
            store.set_result(track, result(label="metal"), MODEL)
        return Change()

    writer.submit(hear)
    return added.new_ids


def told(events: Events, count: int) -> CorrectionsChanged:
    return events.wait(CorrectionsChanged, count)


def labels(profile: Profile) -> list[str | None]:
    with contextlib.closing(Reader(profile.library_file)) as reader:
        return [row.correction for row in reader.rows(reader.ids(order="id"))]


def test_what_is_told_is_on_the_disk(
    corrections: Corrections, events: Events, profile: Profile, tracks: tuple[int, ...]
) -> None:
    corrections.set_label(tracks[:2], "tango")
    event = told(events, 1)
    assert labels(profile) == ["tango", "tango", None]
    step = CorrectionStep(CorrectionAction.SET, "tango", 2)
    assert (event.step, event.way, event.changed, event.left, event.undo, event.redo) == (
        step,
        "done",
        2,
        0,
        step,
        None,
    )
    assert events.of(TracksChanged)[-1].ids == tracks[:2]
    corrections.set_label(tracks, "tango")
    event = told(events, 2)
    assert (event.changed, event.left) == (1, 2)


def test_steps_are_undone_and_made_again_in_order(
    corrections: Corrections, events: Events, profile: Profile, tracks: tuple[int, ...]
) -> None:
    corrections.set_label(tracks[:1], "tango")
    corrections.accept(tracks)  # the second only: the first is set, the third was not heard
    corrections.take_back(tracks[:1])
    assert (told(events, 2).changed, told(events, 2).left) == (1, 2)
    assert told(events, 3).way == "done"
    assert labels(profile) == [None, "metal", None]
    for _ in range(4):  # at once, and once more than there are steps
        corrections.undo()
    event = told(events, 6)
    assert labels(profile) == [None, None, None]
    assert (event.way, event.undo) == ("undone", None)
    assert event.redo == CorrectionStep(CorrectionAction.SET, "tango", 1)
    for _ in range(3):
        corrections.redo()
    assert told(events, 9).redo is None
    assert labels(profile) == [None, "metal", None]
    corrections.undo()
    assert told(events, 10).redo is not None
    corrections.set_label(tracks[2:], "polka")
    assert told(events, 11).redo is None  # what is done anew ends what could be made again
    assert labels(profile) == ["tango", "metal", "polka"]


def test_a_step_that_changes_nothing_is_no_step(
    corrections: Corrections, events: Events, tracks: tuple[int, ...]
) -> None:
    corrections.take_back(tracks)
    corrections.accept(tracks[2:])
    event = told(events, 2)
    assert (event.changed, event.left, event.undo) == (0, 1, None)
    corrections.undo()
    corrections.set_label(tracks, "tango")
    assert told(events, 3).way == "done"


def test_what_another_program_set_since_is_left_alone(
    corrections: Corrections, events: Events, profile: Profile, tracks: tuple[int, ...]
) -> None:
    corrections.set_label(tracks, "tango")
    told(events, 1)
    with contextlib.closing(Store(profile.library_file)) as other:  # as the command line does
        other.correct(tracks[:1], "salsa")
    corrections.undo()
    event = told(events, 2)
    assert (event.way, event.changed, event.left) == ("undone", 2, 1)
    assert labels(profile) == ["salsa", None, None]
    corrections.redo()
    assert told(events, 3).changed == 2
    assert labels(profile) == ["salsa", "tango", "tango"]


def test_undo_and_redo_in_one_breath(
    corrections: Corrections, events: Events, profile: Profile, tracks: tuple[int, ...]
) -> None:
    corrections.set_label(tracks, "tango")
    corrections.undo()
    corrections.redo()
    corrections.undo()
    corrections.redo()
    assert told(events, 5).undo == CorrectionStep(CorrectionAction.SET, "tango", 3)
    assert labels(profile) == ["tango"] * 3


def test_the_steps_that_are_kept_are_bounded(
    corrections: Corrections,
    events: Events,
    profile: Profile,
    tracks: tuple[int, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("mgc_desktop.engine.corrections.UNDO_STEPS", 3)
    for number in range(5):
        corrections.set_label(tracks[:1], str(number))
    for _ in range(5):
        corrections.undo()
    assert told(events, 8).undo is None
    assert labels(profile)[0] == "1"


def test_many_tracks_are_one_step_written_in_pieces(
    corrections: Corrections,
    events: Events,
    profile: Profile,
    tracks: tuple[int, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("mgc_desktop.engine.corrections.CHUNK", 2)
    corrections.set_label(tracks, "tango")
    corrections.undo()
    corrections.redo()
    event = told(events, 3)
    assert (event.changed, event.step.tracks) == (3, 3)
    assert labels(profile) == ["tango"] * 3
    assert [change.ids for change in events.of(TracksChanged)][-2:] == [tracks[:2], tracks[2:]]


def test_stopping_leaves_no_step_half_done(profile: Profile, events: Events, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mgc_desktop.engine.corrections.CHUNK", 1)
    with contextlib.closing(Store(profile.library_file)) as store:
        ids = add(store, *(f"/m/{number}.wav" for number in range(20)))
    writer = Writer(profile.library_file, events)
    writer.start()
    Corrections(writer, events).set_label(ids, "tango")
    assert writer.stop()
    assert labels(profile) == ["tango"] * 20


def test_a_library_that_cannot_be_written_keeps_nobody_waiting(profile: Profile, events: Events) -> None:
    profile.library_file.write_bytes(b"this is no database" * 1000)
    writer = Writer(profile.library_file, events)
    writer.start()
    try:
        corrections = Corrections(writer, events)
        corrections.set_label([1], "tango")
        event = told(events, 1)
        assert (event.changed, event.undo) == (0, None)
        assert "is damaged" in events.wait(Problem).sentence
    finally:
        assert writer.stop()
