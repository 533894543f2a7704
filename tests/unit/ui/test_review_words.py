"""What a review says of a track, of itself, and in the end."""

from __future__ import annotations

import pytest

from mgc_desktop.core.values import Verdict, VerdictKind, WindowScores
from mgc_desktop.ui.review import words
from mgc_desktop.ui.review.session import Choice, ReviewSession, Summary
from tests.unit.ui.fakes import make_row


def verdict(label: str, confidence: float, second: float, kind: VerdictKind = VerdictKind.GENRE) -> Verdict:
    return Verdict(kind, label, confidence, "metal", second, {label: confidence, "metal": second}, "genres-1")


def heard(*labels: str) -> list[WindowScores]:
    return [WindowScores(0, 10, {label: 0.6, "other": 0.4}) for label in labels]


@pytest.mark.parametrize(
    ("said", "windows", "line"),
    [
        (verdict("rock", 0.41, 0.38, VerdictKind.UNSURE), [], "Between Rock and Metal"),
        (verdict("rock", 0.41, 0.11, VerdictKind.UNSURE), [], "A weak guess at Rock"),
        (verdict("hiphop", 0.6, 0.2), heard("hiphop"), "Hip-Hop, but only 60 % sure"),
        (
            verdict("rock", 0.5, 0.4),
            heard("rock", "metal", "rock"),
            "Between Rock and Metal · 1 of 3 places sounds like Metal",
        ),
        (
            verdict("rock", 0.5, 0.1),
            heard("metal", "metal", "rock"),
            "Rock, but only 50 % sure · 2 of 3 places sound like Metal",
        ),
        (
            verdict("_not_music", 0.6, 0.3, VerdictKind.NOT_MUSIC),
            [],
            "Perhaps not music, 60 % sure; if it is music, Metal",
        ),
    ],
)
def test_why_a_track_is_doubtful(said: Verdict, windows: list[WindowScores], line: str) -> None:
    assert words.doubt_line(said, windows) == line


def test_what_is_known_of_a_track_besides() -> None:
    row = make_row(1, artist="  Ana\nLucia ", duration=252.0, existing_genre="Alternative;  Rock")
    assert words.facts_line(row) == "Ana Lucia · 4:12"
    assert words.existing_line(row) == "The file says Alternative; Rock"
    assert words.existing_line(make_row(1, existing_genre="")) == "The file says no genre"
    assert words.said_line("rock", verdict("rock", 0.5, 0.4)) == "You accepted Rock"
    assert words.said_line("tango", verdict("rock", 0.5, 0.4)) == "You said Tango"


def test_how_far_it_is() -> None:
    session = ReviewSession(range(1, 341))
    assert words.progress_line(session) == "1 of 340 doubtful"
    for _ in range(11):
        session.decide(Choice.ACCEPTED, 1.7)
    assert words.progress_line(session) == "12 of 340 doubtful, some 9 min left"


@pytest.mark.parametrize(
    ("summary", "end", "left"),
    [
        (Summary(3, 0, 0, 3), "Nothing was decided", ""),
        (Summary(1, 1, 0, 0), "Decided", "Reviewed 1 of 1 doubtful tracks: 1 accepted, 0 changed"),
        (Summary(12, 10, 2, 0), "All 12 tracks decided", "Reviewed 12 of 12 doubtful tracks: 10 accepted, 2 changed"),
        (Summary(340, 10, 2, 1), "12 of 340 decided", "Reviewed 12 of 340 doubtful tracks: 10 accepted, 2 changed"),
    ],
)
def test_what_it_came_to(summary: Summary, end: str, left: str) -> None:
    assert words.end_line(summary) == end
    assert words.left_line(summary) == left
