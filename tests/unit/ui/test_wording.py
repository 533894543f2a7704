"""Numbers, times and verdicts in words."""

from __future__ import annotations

import math

import pytest

from mgc_desktop.core.values import TrackState, VerdictKind
from mgc_desktop.engine.events import ScanFinished, ScanProgress, ScanState
from mgc_desktop.ui import wording
from tests.unit.ui.fakes import make_row, make_verdict


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.874, "87 %"), (1.0, "100 %"), (0.999, "99 %"), (0.0, "0 %"), (0.002, "<1 %"), (None, ""), (math.nan, "")],
)
def test_percent(share: float | None, text: str) -> None:
    assert wording.percent(share) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(252.3, "4:12"), (59.6, "1:00"), (4000, "1:06:40"), (0, "0:00"), (None, ""), (-1, "")]
)
def test_duration(seconds: float | None, text: str) -> None:
    assert wording.duration(seconds) == text


def test_no_figure_loses_its_unit_to_the_next_line() -> None:
    assert wording.unbroken("Between Jazz, 48 %, and Blues, 47 %") == "Between Jazz, 48\xa0%, and Blues, 47\xa0%"


@pytest.mark.parametrize(
    ("seconds", "text"), [(3, "5 s left"), (42, "40 s left"), (1380, "23 min left"), (9000, "2.5 h left"), (None, "")]
)
def test_time_left(seconds: float | None, text: str) -> None:
    assert wording.time_left(seconds) == text


def test_scan_line() -> None:
    running = ScanProgress(ScanState.RUNNING, 1203, 20411, 0, 14.2, 1380)
    assert wording.scan_line(running) == "Heard 1,203 of 20,411, 14/s, 23 min left"
    paused = ScanProgress(ScanState.PAUSED, 3, 8, 2, 1.5, 4)
    assert wording.scan_line(paused) == "Heard 3 of 8, 2 could not be read, paused"
    assert wording.scan_line(ScanProgress(ScanState.RUNNING, 0, 8, 0, None, None)) == "Heard 0 of 8"


def test_scan_summary() -> None:
    assert wording.scan_summary(ScanFinished(12, 2, 5, 90.0, False)) == (
        "Heard 10 tracks in 2 min, 5 unchanged, 2 could not be read"
    )
    assert wording.scan_summary(ScanFinished(1, 0, 0, 3.0, True)) == "Cancelled after 1 track"
    assert wording.scan_summary(ScanFinished(0, 0, 40, 0.1, False)) == "Nothing new: 40 tracks heard before"
    assert wording.scan_summary(ScanFinished(0, 0, 0, 0.1, False)) == "Nothing new was found"


def test_verdicts() -> None:
    assert wording.verdict_word("genre", "hiphop") == "Hip-Hop"
    assert wording.verdict_word("unsure", "rock") == "Unsure (Rock?)"
    assert wording.verdict_word("not_music", "_not_music") == "Not music"
    assert wording.verdict_word("silence", None) == "Silence"
    assert wording.verdict_word(None, None) == ""
    assert wording.headline(make_verdict(kind=VerdictKind.UNSURE)) == "Unsure"
    assert wording.rival_line(make_verdict("rock", 0.3, VerdictKind.UNSURE)) == "Best guess: Rock, 30 %"
    assert wording.rival_line(make_verdict("rock", 0.6)) == "Then Blues, 20 %"


def test_a_failed_track_says_why() -> None:
    assert wording.state_word(make_row(1, state=TrackState.FAILED, error="It is empty.")) == "It is empty."
    assert wording.state_word(make_row(1, state=TrackState.FAILED)) == "Could not be heard"
    assert wording.state_word(make_row(1, state=TrackState.QUEUED)) == "Waiting"


def test_what_needed_no_hearing_is_in_the_summary() -> None:
    moved = ScanFinished(0, 0, 40, 2.0, False, (), moved=12, missing=3, offline=1)
    assert wording.scan_summary(moved) == "Nothing new to hear: 12 moved, 3 gone, 1 offline"
    both = ScanFinished(7, 1, 40, 2.0, False, (), moved=12)
    assert wording.scan_summary(both) == "Heard 6 tracks in 2 s, 12 moved, 40 unchanged, 1 could not be read"
    reading = ScanProgress(ScanState.RUNNING, 0, 5, 0, None, None, read=1203, to_read=20411)
    assert wording.scan_line(reading) == "Reading tags: 1,203 read, 19,208 to go"
