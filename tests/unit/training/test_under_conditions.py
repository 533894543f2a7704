"""Tracks that a contender is tried on, heard once more under conditions: what is counted, and of which tracks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mgc_desktop.core.errors import TrainingError
from mgc_desktop.core.paths import Profile
from mgc_desktop.core.values import Samples
from tests import synth
from training.contender import Bench
from training.data.items import Item
from training.data.middle import middle
from training.report import Reporter, SilentReporter
from training.stop import Stopped
from training.trials import Trials
from training.under_conditions import right_under

RATE = 12_000
REQUEST = middle(RATE, 120.0, 1.0)


class Told(SilentReporter):
    """Keeps the events."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []

    def __call__(self, event: str, **data: Any) -> None:
        self.events.append((event, data))


def bench(profile: Profile, *conditions: str, stopped: bool = False, report: Reporter | None = None) -> Bench:
    trials = Trials("the systems", (1.0, 120.0), "test", (), ())
    return Bench(profile, torch.device("cpu"), 1, report or SilentReporter(), lambda: stopped, trials, conditions)


@pytest.fixture
def tracks(tmp_path: Path) -> list[Item]:
    """Return a loud track and a soft one, of 8 s."""
    made = []
    for label, level in (("loud", 0.5), ("soft", 0.05)):
        wave = synth.song(8.0, RATE)
        path = synth.write_audio(tmp_path / f"{label}.wav", level * wave / np.abs(wave).max(), RATE)
        made.append(Item(path, label, label, "test"))
    return made


def by_level(_item: Item, samples: Samples) -> str:
    return "loud" if np.abs(samples).max() > 0.2 else "soft"


def as_labelled(tracks: list[Item]) -> list[tuple[Item, str]]:
    return [(item, item.label) for item in tracks]


def test_a_loud_track_is_taken_for_a_soft_one_20_db_down(profile: Profile, tracks: list[Item]) -> None:
    found = right_under(bench(profile, "gain", "window-5s"), as_labelled(tracks), REQUEST, by_level)
    assert found == {"gain": {"n": 2, "right": 1, "before": 2}, "window-5s": {"n": 2, "right": 2, "before": 2}}


def test_what_was_said_before_is_of_the_same_tracks(profile: Profile, tracks: list[Item]) -> None:
    gone = Item(tracks[0].path.with_name("gone.wav"), "loud", "loud", "test")
    said = [(tracks[0], "soft"), (tracks[1], "soft"), (gone, "loud")]
    told = Told()
    found = right_under(bench(profile, "window-5s", report=told), said, REQUEST, by_level)
    assert found == {"window-5s": {"n": 2, "right": 2, "before": 1}}
    (note,) = (data["sentence"] for event, data in told.events if event == "note")
    assert note.startswith(f"{gone.path} is left out of window-5s: The file is not there")
    assert [data["done"] for event, data in told.events if event == "conditions"] == [1, 2, 3]


def test_a_condition_leaves_less_of_a_track(profile: Profile, tracks: list[Item]) -> None:
    lengths = []

    def say(_item: Item, samples: Samples) -> str:
        lengths.append(len(samples) / RATE)
        return "loud"

    right_under(bench(profile, "window-3s", "gain"), as_labelled(tracks), REQUEST, say)
    assert lengths == pytest.approx([3.0, 3.0, 8.0, 8.0], abs=0.01)


def test_pieces_of_tracks_are_passed_over(profile: Profile, tracks: list[Item]) -> None:
    piece = Item(tracks[0].path, "loud", "loud", "test", start=2.0, seconds=3.0)
    found = right_under(bench(profile, "gain"), [(piece, "loud")], REQUEST, by_level)
    assert found == {"gain": {"n": 0, "right": 0, "before": 0}}


def test_it_stops_when_asked(profile: Profile, tracks: list[Item]) -> None:
    with pytest.raises(Stopped):
        right_under(bench(profile, "gain", stopped=True), as_labelled(tracks), REQUEST, by_level)


def test_a_microphone_needs_sounds(profile: Profile, tracks: list[Item], tmp_path: Path) -> None:
    (tmp_path / "sounds.csv").write_text("path,kind\n", "utf-8")
    lists = [tmp_path / "sounds.csv"]
    trials = Trials("the systems", (1.0, 120.0), "test", lists, lists)
    with pytest.raises(TrainingError, match="--rooms name no room responses"):
        trials.key(("microphone",))
    assert trials.key(("gain",)) == ["gain"]
