"""References beside networks: the same folds, table and files of results, by the same command."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mgc_desktop.core.paths import Profile
from tests import synth
from tests.teacher_files import make_teacher
from training.__main__ import main
from training.compare import CompareOptions, Comparing
from training.foreign_teachers import ForeignTeacher
from training.report import SilentReporter
from training.table import rows_of

SPLITS = ("train", "train", "train", "train", "valid", "test", "test")
BOTH = ("teachers_lr", "handcrafted_svm")

Compare = Callable[..., list[dict[str, Any]]]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a list of drums and of chords, two pieces long, with a split of its own."""
    folder = tmp_path_factory.mktemp("music")
    rows = [["path", "label", "group", "split"]]
    for kind in ("drums", "chords"):
        for seed, split in enumerate(SPLITS):
            path = synth.write_audio(folder / f"{kind}{seed}.wav", synth.KINDS[kind](6.5, 12_000, seed=seed), 12_000)
            rows.append([path.name, kind, f"{kind}{seed}", split])
    with (folder / "list.csv").open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows(rows)
    return folder / "list.csv"


@pytest.fixture
def compare(tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> Compare:
    """Give a command, and return its events."""
    teacher = tmp_path / "teacher.pt"
    digest = make_teacher(teacher)

    def give(*words: str) -> list[dict[str, Any]]:
        common = ["--out", str(tmp_path / "out"), "--profile", str(tmp_path / "profile"), "--device", "cpu"]
        trust = ["--teachers", str(teacher), "--trust-teacher", digest.upper()]
        assert main(["compare", str(data), *common, *words, *trust, "--json-progress"]) == 0
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return give


@pytest.mark.timeout(120)
def test_references_stand_in_the_table(compare: Compare, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("--systems", ",".join(BOTH), "--protocols", "given,segment-random", "--folds", "2")
    rows = compare(*words)[-1]["rows"]
    assert [(row["system"], row["protocol"]) for row in rows] == [
        (system, protocol) for system in BOTH for protocol in ("given", "segment-random")
    ]
    for row in rows:
        assert row["accuracy"] == 1.0
        assert row["n"] == (28 if row["leaky"] else 4)
        assert row["pieces"] == 1.0
        assert 0 <= row["ece"] < 0.5
        assert row["parameters"] > 0
        assert row["inference_ms"] > 0
        assert (row["epochs"], row["claim"]) == (0, None)
    folds = [json.loads(path.read_text("utf-8")) for path in (tmp_path / "out" / "folds").iterdir()]
    assert len(folds) == 2 * (1 + 2)
    assert all("Validation tracks are learnt too: there is nothing to stop in time." in fold["notes"] for fold in folds)
    assert all(set(fold["choice"]) == {"C", "gamma"} for fold in folds if fold["system"] == "handcrafted_svm")
    text = (tmp_path / "out" / "table.md").read_text("utf-8")
    assert "- `teachers_lr`: Logistic regression" in text
    assert " epochs" not in text
    # What is there is not done again, and no teacher is asked twice.
    monkeypatch.setattr(ForeignTeacher, "outputs", lambda *_: pytest.fail("a teacher was asked again"))
    assert compare(*words)[-1]["rows"] == rows


@pytest.mark.timeout(120)
def test_pieces_are_heard_only_beside_a_leak(compare: Compare) -> None:
    (row,) = compare("--systems", "teachers_lr", "--protocols", "given")[-1]["rows"]
    assert (row["accuracy"], row["pieces"]) == (1.0, None)


@pytest.mark.timeout(180)
def test_the_same_tracks_under_conditions(compare: Compare, data: Path, tmp_path: Path) -> None:
    sounds = [["path", "kind", "split"], ["hall.wav", "rir", "train"], ["rain.wav", "noise", "test"]]
    synth.write_audio(data.parent / "hall.wav", synth.drums(1.0, 12_000), 12_000)
    synth.write_audio(data.parent / "rain.wav", synth.noise(4.0, 12_000), 12_000)
    listing = data.parent / "sounds.csv"
    with listing.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows(sounds)
    systems = (*BOTH, "cnn_mfcc")
    words = ("--systems", ",".join(systems), "--protocols", "given,segment-random", "--folds", "1", "--epochs", "3")
    asked = ("--conditions", "microphone,window-3s", "--rooms", str(listing), "--noise", str(listing))
    events = compare(*words, *asked)
    assert any("too few rooms to keep one" in event.get("sentence", "") for event in events)
    assert {event["total"] for event in events if event["event"] == "conditions"} == {2 * 4}
    rows = events[-1]["rows"]
    for row in rows:
        assert set(row.get("conditions", {})) == (set() if row["leaky"] else {"microphone", "window-3s"})
    short = {row["system"]: row["conditions"]["window-3s"] for row in rows if not row["leaky"]}
    assert all(short[name] == {"accuracy": 1.0, "points": 0.0} for name in BOTH)
    table = (tmp_path / "out" / "table.md").read_text("utf-8")
    assert "| system | protocol | as they are | microphone | window-3s |" in table
    # Without conditions it is another comparison; and with them it is not done again.
    assert "conditions" not in compare(*words[:4], *words[6:])[-1]["rows"][0]
    assert not [event for event in compare(*words, *asked) if event["event"] in {"conditions", "epoch"}]


def test_conditions_are_refused_in_a_sentence(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    common = ["compare", str(data), "--systems", "handcrafted_svm", "--out", str(tmp_path), "--profile", str(tmp_path)]
    assert main([*common, "--conditions", "bathroom"]) == 2
    assert "There is no condition 'bathroom': choose from microphone" in capsys.readouterr().err
    assert main([*common, "--conditions", "microphone"]) == 2
    assert "add --rooms LIST and --noise LIST" in capsys.readouterr().err


@pytest.mark.timeout(120)
def test_what_cannot_be_read_is_left_out(tmp_path: Path, data: Path) -> None:
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"no sound")
    text = data.read_text("utf-8").replace("drums0.wav", str(broken))
    for name in sorted(data.parent.glob("*.wav")):
        text = text.replace(f"{name.name},", f"{name},")
    listing = tmp_path / "list.csv"
    listing.write_text(text, "utf-8")
    profile = Profile.open(tmp_path / "profile")
    options = CompareOptions(
        (), tmp_path / "out", profile, ("handcrafted_svm",), ("grouped-kfold",), library=(listing,), k=3, device="cpu"
    )
    (row,) = rows_of(Comparing(options, SilentReporter(), lambda: False).run())
    assert row["n"] == 2 * len(SPLITS) - 1
    assert row["accuracy"] > 0.8
    assert row["pieces"] > 0.8  # those of hand-crafted features cost nothing


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_the_published_teachers_are_worth_what_is_said_of_them(real_data: Path, tmp_path: Path) -> None:
    """Some six minutes on two idle cores: each of the three networks hears 696 tracks."""
    files = tuple(sorted((real_data / "teachers").glob("*.pt")))
    if not files:
        pytest.skip(f"needs the published networks in {real_data / 'teachers'}")
    profile = Profile.open(tmp_path / "profile")
    options = CompareOptions(
        (real_data / "tracks.csv",), tmp_path / "out", profile, ("teachers_lr",), ("given",), teachers=files
    )
    (row,) = rows_of(Comparing(options, SilentReporter(), lambda: False).run())
    assert row["n"] == 125
    assert row["accuracy"] == pytest.approx(
        0.744, abs=0.008
    )  # within one track: every build of torch rounds its own way
