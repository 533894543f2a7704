"""The walk through the doubtful tracks: forth, back, skipped, undone, and how long the rest takes."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from mgc_desktop.ui.review.session import Choice, ReviewSession, Summary


def walk(number: int = 4) -> ReviewSession:
    return ReviewSession(np.arange(1, number + 1, dtype=np.int64) * 10)


def test_every_track_comes_once() -> None:
    session, seen = walk(), []
    while (track := session.current) is not None:
        seen.append(track)
        session.decide(Choice.ACCEPTED)
    assert seen == [10, 20, 30, 40]
    assert session.summary() == Summary(4, 4, 0, 0)


def test_skipped_tracks_come_back_once_at_the_end() -> None:
    session, seen = walk(), []
    while (track := session.current) is not None:
        seen.append(track)
        session.skip() if track in (10, 30) else session.decide(Choice.CHANGED)
    assert seen == [10, 20, 30, 40, 10, 30]
    assert session.summary() == Summary(4, 0, 2, 2)
    session.look_again()
    assert session.current == 10
    assert session.in_second_round
    session.decide(Choice.ACCEPTED)
    session.skip()
    assert session.finished
    assert session.summary() == Summary(4, 1, 2, 1)


def test_after_a_look_back_the_walk_goes_on_where_it_was() -> None:
    session = walk()
    session.decide(Choice.ACCEPTED)
    session.skip()
    session.decide(Choice.ACCEPTED)
    assert (session.current, session.place) == (40, 4)
    for expected in (30, 20, 10):
        assert session.back()
        assert session.current == expected
    assert not session.back()
    session.decide(Choice.CHANGED)  # another word on the first
    assert session.current == 40
    assert session.summary() == Summary(4, 1, 1, 1)
    session.decide(Choice.ACCEPTED)
    assert session.current == 20  # the skipped one
    session.decide(Choice.ACCEPTED)
    assert session.finished


def test_what_is_undone_is_shown_again_and_what_is_redone_is_passed() -> None:
    session = walk()
    session.decide(Choice.ACCEPTED)
    session.decide(Choice.CHANGED)
    session.undone(20)
    assert (session.current, session.choice(20)) == (20, None)
    session.done_elsewhere(20, Choice.CHANGED)
    assert session.current == 30
    session.decide(Choice.ACCEPTED)
    session.decide(Choice.ACCEPTED)
    assert session.finished
    session.undone(40)  # also after the last
    assert session.current == 40


def test_of_several_undone_tracks_none_is_left_behind() -> None:
    session = walk()
    for _ in range(3):
        session.decide(Choice.ACCEPTED)
    for track in (30, 20):
        session.undone(track)
        assert session.current == track
    session.decide(Choice.CHANGED)
    assert session.current == 30
    session.skip()
    assert session.current == 40
    session.decide(Choice.ACCEPTED)
    assert session.current == 30
    session.decide(Choice.ACCEPTED)
    assert session.finished
    assert session.summary() == Summary(4, 3, 1, 0)


def test_tracks_that_went_are_left_out_of_the_count() -> None:
    session = walk()
    session.drop(20)
    session.drop(10)
    assert (session.current, session.place, session.summary().total) == (30, 1, 2)
    assert not session.back()


def test_the_next_tracks_are_known_beforehand() -> None:
    session = walk()
    assert session.coming(2) == [20, 30]
    session.decide(Choice.ACCEPTED)
    session.skip()
    assert session.coming(5) == [40, 20]
    session.back()
    assert session.coming(1) == [30]


def test_the_pace_is_known_after_some_decisions_and_forgives_a_pause() -> None:
    session = walk(10)
    for seconds in (2.0, 4.0):
        session.decide(Choice.ACCEPTED, seconds)
    assert session.seconds_left() is None
    session.decide(Choice.ACCEPTED, 3600.0)
    assert session.seconds_left() == (2 + 4 + 60) / 3 * 7


def test_a_track_that_was_left_out_counts_again_once_it_is_undone_or_redone() -> None:
    session = walk(2)
    session.decide(Choice.ACCEPTED)
    session.back()
    session.decide(Choice.CHANGED)
    session.undone(10)
    session.drop(10)  # set elsewhere
    assert (session.current, session.summary().total) == (20, 1)
    session.undone(10)  # that, and the first decision
    assert (session.current, session.summary().total) == (10, 2)
    session.drop(10)
    session.done_elsewhere(10, Choice.ACCEPTED)
    assert session.summary() == Summary(total=2, accepted=1, changed=0, skipped=0)
    assert session.current == 20


@given(st.lists(st.sampled_from(("accept", "skip", "back", "undo", "drop")), max_size=60), st.integers(0, 6))
@example(["accept", "back", "accept", "undo", "drop", "undo", "accept"], 1)
def test_whatever_is_done_the_walk_ends_and_the_counts_agree(steps: list[str], number: int) -> None:
    session = walk(number)
    decided: list[int] = []
    for step in steps:
        current = session.current
        if step == "accept" and current is not None:
            session.decide(Choice.ACCEPTED)
            decided.append(current)
        elif step == "skip":
            session.skip()
        elif step == "back":
            session.back()
        elif step == "undo" and decided:
            session.undone(decided[-1])
            assert session.current == decided.pop()
        elif step == "drop" and current is not None:
            session.drop(current)
        summary = session.summary()
        assert summary.decided + summary.skipped <= summary.total
        assert number == 0 or session.finished or 0 <= session.place <= summary.total + 1
    for _ in range(3 * number + len(steps) + 1):
        if session.finished:
            break
        session.decide(Choice.ACCEPTED)
    assert session.finished
