"""The check of training data: what its process says, and how it fails."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import psutil
import pytest

from mgc_desktop.core.errors import TrainingError
from mgc_desktop.core.paths import Profile
from mgc_desktop.engine.preparation import DataReport, FindingKind, Preparation
from tests.fake_training import FakeTraining, fake_training

__all__ = ["fake_training"]

REPORT = {
    "tracks": 30,
    "labels": {"bebop": 12, "fado": 18},
    "left_out": [{"path": "/m/bebop/a.mp3", "reason": "damaged"}],
    "warnings": [
        {"path": "/m/fado/b.mp3", "kind": "clipped", "sentence": "Clipped."},
        {"path": "/m/fado/c.mp3", "kind": "near_duplicate", "sentence": "The same.", "other": "/m/fado/d.mp3"},
    ],
    "duplicates": [
        {"path": "/m/fado/c.mp3", "other": "/m/fado/d.mp3"},
        {"path": "/m/bebop/z.mp3", "other": "/m/bebop/a.mp3"},
    ],
    "suspect_labels": [{"path": "/m/fado/e.mp3", "label": "fado", "rather": "bebop", "probability": 0.91}],
    "groups": 9,
    "ok": True,
    "sentence": "",
}


def test_a_report_is_read_and_progress_is_told(profile: Profile, fake_training: FakeTraining) -> None:
    progress = [{"event": "prepare", "done": n, "total": 2} for n in (1, 2)]
    fake_training.plan([*progress, "a library that talks", REPORT])
    told: list[tuple[int, int]] = []
    report = Preparation(profile).run(["/m", "--library", "/c.csv"], lambda *n: told.append(n))
    assert report is not None
    assert told == [(1, 2), (2, 2)]
    assert (report.tracks, dict(report.labels), report.ok) == (30, {"bebop": 12, "fado": 18}, True)
    assert [(finding.kind, finding.path) for finding in report.findings] == [
        (FindingKind.LEFT_OUT, "/m/bebop/a.mp3"),
        (FindingKind.DUPLICATE, "/m/fado/c.mp3"),
        (FindingKind.LABEL, "/m/fado/e.mp3"),
        (FindingKind.WARNING, "/m/fado/b.mp3"),
    ]
    assert "/m/fado/d.mp3" in report.of(FindingKind.DUPLICATE)[0].sentence
    assert "sounds like bebop (91" in report.of(FindingKind.LABEL)[0].sentence
    assert fake_training.words()[:4] == ["prepare", "/m", "--library", "/c.csv"]
    assert {"--json", "--json-progress", "--out"} <= set(fake_training.words())


@pytest.mark.parametrize(
    ("lines", "code", "part"),
    [
        ([{"event": "error", "sentence": "The list is no CSV: save it again.", "detail": "x"}], 1, "no CSV"),
        ([], 0, "without a result"),
        ([{"tracks": "many", "labels": 3}], 0, "understood"),
        ([{"tracks": 3, "labels": {}, "left_out": [7], "ok": True}], 0, "understood"),
    ],
)
def test_a_check_that_fails_is_a_sentence(
    profile: Profile, fake_training: FakeTraining, lines: list[dict[str, object]], code: int, part: str
) -> None:
    fake_training.plan(lines, code=code)
    with pytest.raises(TrainingError, match=part):
        Preparation(profile).run(["/m"], lambda *_: None)


def test_a_cancelled_check_ends_at_once_and_says_nothing(profile: Profile, fake_training: FakeTraining) -> None:
    fake_training.plan([{"event": "prepare", "done": 0, "total": 9}], waits=True)
    preparation, began = Preparation(profile), threading.Event()
    answers: list[DataReport | None] = []
    thread = threading.Thread(target=lambda: answers.append(preparation.run(["/m"], lambda *_: began.set())))
    thread.start()
    assert began.wait(20)
    start = time.monotonic()
    preparation.cancel()
    thread.join(5)
    assert time.monotonic() - start < 3
    assert answers == [None]
    assert not [child for child in psutil.Process().children() if "prepare" in child.cmdline()]


def test_a_check_that_was_cancelled_before_it_began_says_nothing(profile: Profile, fake_training: FakeTraining) -> None:
    fake_training.plan([], waits=True)
    preparation = Preparation(profile)
    preparation.cancel()
    assert preparation.run(["/m"], lambda *_: None) is None


def test_a_folder_that_cannot_be_written_is_a_sentence(profile: Profile, tmp_path: Path) -> None:
    profile.cache_dir.rmdir()
    profile.cache_dir.write_text("in the way")
    with pytest.raises(TrainingError, match="could not be started"):
        Preparation(profile).run([str(tmp_path)], lambda *_: None)
