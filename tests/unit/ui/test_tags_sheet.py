"""What the preview counts, sorts and filters, and how it is planned anew without touching a file."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from mgc_desktop.core.values import TrackState, VerdictKind
from mgc_desktop.engine.events import PlannedWrite, TagFinished, TagProgress
from mgc_desktop.engine.tag_plan import TagPolicy
from mgc_desktop.ui.tags import words
from mgc_desktop.ui.tags.desk import replan
from mgc_desktop.ui.tags.sheet import Kind, kind_of, make_sheet, reason
from tests.unit.ui.fakes import FakeLibrary, make_row, many_rows, plan_rows


def library() -> FakeLibrary:
    """Return five tracks: two to be filled, one that says so already, one that has another genre, one unsure."""
    return FakeLibrary(
        [
            make_row(1, title="Delta", artist="Zed", label="blues", confidence=0.9, existing_genre=""),
            make_row(2, title="alpha", artist="Yan", label="rock", confidence=0.8, existing_genre=""),
            make_row(3, title="Bravo", artist="Xia", label="jazz", confidence=0.9, existing_genre="Jazz"),
            make_row(4, title="Charlie", artist="Wim", label="pop", confidence=0.9, existing_genre="Disco"),
            make_row(5, title="Echo", kind=VerdictKind.UNSURE, label="rock", confidence=0.3, existing_genre=""),
        ]
    )


def titles(rows: list[PlannedWrite]) -> list[str]:
    return [row.title for row in rows]


def test_each_file_is_of_one_kind() -> None:
    rows = plan_rows(library(), range(1, 6), TagPolicy("replace"))
    kinds = [kind_of(row) for row in rows]
    assert kinds == [Kind.CHANGE, Kind.CHANGE, Kind.SAME, Kind.CHANGE, Kind.LEFT]
    unwritable = replace(rows[0], problem="The file is locked; close the program that plays it.")
    assert kind_of(unwritable) is Kind.LEFT
    sheet = make_sheet(rows)
    assert [sheet.count(kind) for kind in Kind] == [3, 1, 1]


def test_filters_and_orders_work_together() -> None:
    sheet = make_sheet(plan_rows(library(), range(1, 6), TagPolicy("replace")))

    def listed(*question: object) -> list[str]:
        return titles([sheet.rows[place] for place in sheet.places(*question)])  # type: ignore[arg-type]

    assert listed() == ["Delta", "alpha", "Bravo", "Charlie", "Echo"]
    assert listed("", None, "title") == ["alpha", "Bravo", "Charlie", "Delta", "Echo"]
    assert listed("", Kind.CHANGE, "artist", True) == ["Delta", "alpha", "Charlie"]
    assert listed("", None, "before")[-2:] == ["Charlie", "Bravo"]
    assert listed("disco charl") == ["Charlie"]
    assert listed("unsure") == ["Echo"]
    assert listed("WIM", Kind.SAME) == []


def test_another_policy_is_planned_without_reading_a_file() -> None:
    tracks = library()
    rows = plan_rows(tracks, range(1, 6), TagPolicy())
    assert [row.to_do for row in rows] == [True, True, False, False, False]
    known = dict(tracks.rows)
    again, unread = replan(rows, known, TagPolicy("replace", names={"pop": "Schlager"}))
    assert unread == 0
    assert [row.after for row in again] == [("Blues",), ("Rock",), ("Jazz",), ("Schlager",), ()]
    added, _ = replan(again, known, TagPolicy("append"))
    assert added[3].after == ("Disco", "Pop")
    assert [row.to_do for row in replan(rows, known, TagPolicy(min_confidence=0.85))[0]] == [True] + [False] * 4
    assert not any(row.to_do for row in replan(rows, known, TagPolicy(only_accepted=True))[0])


def test_what_was_not_read_or_cannot_be_written_is_known_when_planning_again() -> None:
    tracks = library()
    rows = plan_rows(tracks, range(1, 6), TagPolicy())
    unread = replace(rows[3], state=None)
    locked = replace(rows[0], after=(), problem="The file is locked.")
    again, number = replan((locked, unread), dict(tracks.rows), TagPolicy("replace"))
    assert number == 1
    assert again[0] is locked
    gone = replan(rows[:1], {}, TagPolicy("replace"))[0]
    assert gone == rows[:1]


def test_twenty_thousand_files_are_sorted_and_filtered_at_once() -> None:
    sheet = make_sheet(plan_rows(FakeLibrary(many_rows(20_000)), range(1, 20_001), TagPolicy("replace")))
    began = time.perf_counter()
    found = sheet.places("river 1", Kind.CHANGE, "artist", True)
    taken = time.perf_counter() - began
    assert 0 < len(found) < 5000
    assert taken < 0.25, f"{1000 * taken:.0f} ms"  # some 5 ms when the machine has nothing else to do


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ((312, 20, 8, 312), "312 of 340 files will change, 20 already say so, 8 left alone"),
        ((312, 1, 0, 300), "300 of 313 files will change, 12 unticked, 1 already says so"),
        ((0, 0, 1, 0), "None of 1 file will change, 1 left alone"),
        ((0, 0, 0, 0), ""),
    ],
)
def test_counts_in_words(numbers: tuple[int, int, int, int], said: str) -> None:
    assert words.counts(*numbers) == said


def test_sentences_of_a_batch() -> None:
    progress = TagProgress(1203, 20_411, 1200, 3, 0, 280.0, 70.0)
    assert words.working(progress, undo=False) == "Writing genres: 1,203 of 20,411, 280/s, 1 min left"
    assert words.working_short(progress, undo=True) == "Undoing 1,203 of 20,411, 1 min left"
    done = TagFinished(3, "write", None, 306, 4, 2, False, 4.2, (("/a.mp3", "It is read-only."),))
    assert words.summary(done) == "Wrote the genre into 306 files in 4 s, 4 files left alone, 2 failed."
    assert words.problems(done) == "/a.mp3\n    It is read-only.\nand 5 more: Library > History lists them all."
    cancelled = TagFinished(4, "undo", 3, 1, 0, 0, True, 1.0)
    assert words.summary(cancelled) == "Put the old genre back into 1 file in 1 s, cancelled."
    failed = TagFinished(0, "write", None, 0, 0, 0, False, 0.0, (("", "The journal is full."),))
    assert (words.summary(failed), words.problems(failed)) == ("Nothing was written.", "The journal is full.")
    assert (words.write_button(0), words.write_button(1), words.write_button(1200)) == (
        "&Write",
        "&Write 1 File",
        "&Write 1,200 Files",
    )


def test_a_file_that_is_gone_or_not_heard_is_left_alone() -> None:
    none = dict.fromkeys(("kind", "label", "confidence", "runner_up", "runner_up_confidence"))
    tracks = FakeLibrary(
        [make_row(1, state=TrackState.MISSING, existing_genre=""), make_row(2, state=TrackState.QUEUED, **none)]
    )
    assert [kind_of(row) for row in plan_rows(tracks, (1, 2), TagPolicy("replace"))] == [Kind.LEFT, Kind.LEFT]


def test_protected_files_are_left_unless_the_person_insists() -> None:
    tracks = library()
    guarded = replace(plan_rows(tracks, (1,), TagPolicy())[0], guard="The file is read-only.")
    (left,), _ = replan((guarded,), tracks.rows, TagPolicy())
    assert (kind_of(left), reason(left)) == (Kind.LEFT, "The file is read-only.")
    (written,), _ = replan((left,), tracks.rows, TagPolicy(), insist=True)
    assert (kind_of(written), written.after) == (Kind.CHANGE, ("Blues",))
    (unsure,), _ = replan((replace(guarded, track_id=5),), tracks.rows, TagPolicy())
    assert "nsure" in reason(unsure)  # the reason that counts, whether or not it is protected
    assert replan((left,), tracks.rows, TagPolicy())[0][0] is left
