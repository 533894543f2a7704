"""Checking data: what is found, what is left out and why, and what the report and its list say."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests import synth
from training.data.checks import division_warnings, track_warnings, unusable
from training.data.duplicates import find_duplicates, left_out_for
from training.data.fingerprint import Fingerprint
from training.data.items import Item, Manifest
from training.data.listening import Sound, clipped_share, listen, quiet_share
from training.data.manifest import read_manifest
from training.data.suspects import find_suspects
from training.prepare import PrepareOptions, Report, prepare, write_report
from training.prepare_text import markdown

NOBODY = Fingerprint(np.empty(0, np.uint32), np.empty(0, bool))
FINE = Sound(30.0, "", -15.0, 0.0, 0.0, NOBODY, np.zeros(4, np.float32))


def item(name: str, label: str = "rock", split: str = "", group: str = "") -> Item:
    return Item(Path(name), label, group or name, split)


def random_print(seed: int, words: int = 200) -> Fingerprint:
    rng = np.random.default_rng(seed)
    return Fingerprint(rng.integers(0, 1 << 32, words, dtype=np.uint32), np.ones(words, bool))


def reasons(items: list[Item], sounds: dict[Path, Sound]) -> dict[str, str]:
    return {str(path): text for path, text in left_out_for(find_duplicates(items, sounds), sounds).items()}


def sounds_for(items: list[Item], prints: dict[str, int], digests: dict[str, str] | None = None) -> dict[Path, Sound]:
    """Return sounds where `prints` gives a recording by number, and `digests` a file; else each is its own."""
    return {
        i.path: replace(
            FINE,
            digest=(digests or {}).get(str(i.path), str(i.path)),
            print=random_print(prints.get(str(i.path), 1000 + n)),
        )
        for n, i in enumerate(items)
    }


def test_of_copies_the_held_out_one_stays() -> None:
    items = [item("a", split="train"), item("b", split="test"), item("c", split="train"), item("d")]
    sounds = sounds_for(items, {"a": 1, "b": 1, "c": 1})
    found = find_duplicates(items, sounds)
    assert [(str(d.item.path), str(d.other.path), d.kind, d.across) for d in found] == [
        ("a", "b", "near", ("splits",)),
        ("a", "c", "near", ()),
        ("b", "c", "near", ("splits",)),
    ]
    same = "the same recording as b, which is in test"
    assert reasons(items, sounds) == {"a": same, "c": same}


def test_of_copies_without_splits_the_longest_stays_then_the_first() -> None:
    items = [item("a"), item("b"), item("c")]
    sounds = sounds_for(items, {"a": 1, "b": 1, "c": 1})
    assert reasons(items, sounds) == dict.fromkeys("bc", "the same recording as a")
    sounds[Path("c")] = replace(sounds[Path("c")], seconds=240.0)
    assert reasons(items, sounds) == dict.fromkeys("ab", "the same recording as c")


def test_one_recording_under_two_labels_is_left_out_altogether() -> None:
    items = [item("a", "rock"), item("b", "jazz"), item("c", "jazz")]
    assert reasons(items, sounds_for(items, {"a": 1, "b": 1})) == {
        "a": "one recording under jazz and rock: one of the labels is wrong (see b)",
        "b": "one recording under jazz and rock: one of the labels is wrong (see a)",
    }


def test_the_same_file_is_told_from_the_same_sound() -> None:
    items = [item("a"), item("b"), item("c"), item("d")]
    sounds = sounds_for(items, {"a": 1, "b": 1, "c": 1}, {"a": "x", "b": "x"})
    found = {(str(d.item.path), str(d.other.path), d.kind) for d in find_duplicates(items, sounds)}
    assert found == {("a", "b", "exact"), ("a", "c", "near")}
    assert set(reasons(items, sounds)) == {"b", "c"}


def test_a_track_that_cannot_be_learnt_from() -> None:
    assert unusable(FINE) == ""
    assert unusable(replace(FINE, seconds=0.4)) == "too short (0.4 s; it takes 1 s)"
    assert unusable(replace(FINE, level=-75.0)) == "silent"
    assert unusable(replace(FINE, level=float("-inf"))) == "silent"


def test_clipping_is_flat_tops_and_not_loudness() -> None:
    tone = synth.tone(1.0, 220.0, level=0.9)
    assert clipped_share(tone) < 1e-3
    assert clipped_share(np.clip(3 * tone, -1, 1)) > 0.3
    # Cut off, then turned down.
    assert clipped_share(0.4 * np.clip(3 * tone, -1, 1)) > 0.3
    assert clipped_share(np.clip(synth.noise(1.0, level=0.5), -0.6, 0.6)) < 0.1
    assert clipped_share(1.8 * synth.song(2.0)) < 1e-3  # peaks of a lossy codec over full scale
    assert clipped_share(synth.silence(1.0)) == 0.0


def test_how_much_of_a_track_is_quiet() -> None:
    samples = np.concatenate([synth.tone(1.0), synth.silence(3.0)])
    assert quiet_share(samples, synth.RATE, -60.0) == pytest.approx(0.75, abs=0.03)
    assert quiet_share(synth.silence(0.01), synth.RATE, -60.0) == 1.0


def test_what_is_doubtful_is_told_and_kept() -> None:
    items = (
        item("a", split="train", group="x"),
        item("b", split="test", group="x"),
        item("c", group="y"),
        item("d", "jazz"),
    )
    sounds = {i.path: FINE for i in items}
    sounds[Path("c")] = replace(FINE, clipped=0.05, quiet=0.9)
    found = [(w.kind, w.path) for w in (*track_warnings(Manifest(items), sounds), *division_warnings(Manifest(items)))]
    assert found == [
        ("clipped", "c"),
        ("mostly_silent", "c"),
        ("group_across_splits", "a"),
        ("few_groups", ""),
        ("few_groups", ""),
    ]


def test_a_known_fault_of_gtzan_is_named() -> None:
    good, bad = (Item(Path(name), "jazz", name, "", gtzan=name) for name in ("jazz.00000", "jazz.00033"))
    found = track_warnings(Manifest((good, bad)), {i.path: FINE for i in (good, bad)})
    assert [(w.kind, w.path) for w in found] == [("known_fault", "jazz.00033")]


def clusters(n: int, wrong: dict[int, str]) -> tuple[list[Item], dict[Path, NDArray[np.float32]]]:
    """Return n tracks a label whose summaries lie apart, and set some labels wrong."""
    rng = np.random.default_rng(0)
    items, summaries = [], {}
    for i in range(3 * n):
        truth = i % 3
        made = Item(Path(f"{i}"), wrong.get(i, "abc"[truth]), f"{i // 6}{truth}", "")
        items.append(made)
        summaries[made.path] = (rng.normal(size=40) + 4 * (np.arange(40) % 3 == truth)).astype(np.float32)
    return items, summaries


def test_labels_that_were_set_wrong_are_named_with_the_right_one() -> None:
    items, summaries = clusters(200, {0: "b", 31: "c", 62: "a"})
    found = {str(s.item.path): (s.item.label, s.rather) for s in find_suspects(items, summaries)}
    assert found == {"0": ("b", "a"), "31": ("c", "b"), "62": ("a", "c")}
    assert all(s.probability > 0.6 for s in find_suspects(items, summaries))


def test_with_few_tracks_no_label_is_doubted() -> None:
    items, summaries = clusters(200, {0: "b"})
    assert find_suspects(items[:12], summaries) == []
    assert find_suspects([i for i in items if i.label == "a"], summaries) == []
    assert find_suspects([], {}) == []


@pytest.fixture(scope="module")
def messy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a track of every fault."""
    root = tmp_path_factory.mktemp("messy")
    for genre in ("chords", "drums"):
        (root / genre).mkdir()
        for seed in range(3):
            make = synth.KINDS[genre]
            synth.write_wav(root / genre / f"{genre}{seed}.wav", make(5.0, bpm=70.0 + 37 * seed, seed=seed))
    shutil.copy(root / "drums/drums0.wav", root / "drums/again.wav")
    shutil.copy(root / "drums/drums1.wav", root / "chords/elsewhere.wav")
    synth.write_audio(root / "drums/coded.mp3", 0.3 * synth.drums(5.0, bpm=144.0, seed=2)[synth.RATE :])
    synth.write_wav(root / "chords/silent.wav", synth.silence(4.0))
    synth.write_wav(root / "chords/short.wav", synth.tone(0.3))
    synth.write_wav(root / "chords/clipped.wav", np.clip(9 * synth.chords(5.0, bpm=111.0, seed=7), -1, 1))
    (root / "chords/broken.mp3").write_bytes(b"this is no music" * 100)
    return root


@pytest.fixture(scope="module")
def report(messy: Path) -> Report:
    done: list[tuple[int, int]] = []
    made = prepare(PrepareOptions((messy,), workers=1), lambda n, total: done.append((n, total)))
    assert done[0] == (0, 13)
    assert done[-1] == (13, 13)
    return made


def test_each_fault_in_a_folder_is_found(report: Report) -> None:
    left_out = {Path(path).name: reason for path, reason in report.clean.left_out}
    assert left_out.pop("broken.mp3").startswith("unreadable: ")
    assert left_out == {
        "drums0.wav": "the same recording as again.wav",  # by the alphabet, again.wav comes first
        "coded.mp3": "the same recording as drums2.wav",
        "drums1.wav": "one recording under chords and drums: one of the labels is wrong (see elsewhere.wav)",
        "elsewhere.wav": "one recording under chords and drums: one of the labels is wrong (see drums1.wav)",
        "silent.wav": "silent",
        "short.wav": "too short (0.3 s; it takes 1 s)",
    }
    assert [w.kind for w in report.warnings if w.kind == "clipped"] == ["clipped"]


def test_the_report_is_json_and_readable(report: Report, tmp_path: Path) -> None:
    said = json.loads(json.dumps(report.as_dict()))
    assert said["ok"]
    assert said["tracks"] == sum(said["labels"].values()) == len(report.clean.items)
    assert said["found"] == said["tracks"] + len(said["left_out"])
    assert "\n" not in said["sentence"]
    write_report(report, tmp_path)
    text = (tmp_path / "report.md").read_text("utf-8")
    assert said["sentence"] in text
    assert "`chords/silent.wav`: silent" in text
    assert json.loads((tmp_path / "report.json").read_text()) == said
    short = markdown(said, most=1)
    assert "more" in short
    assert len(short) < len(text)


def test_names_from_elsewhere_are_shown_as_plain_text(tmp_path: Path) -> None:
    (tmp_path / "a_b").mkdir()
    for seed, name in enumerate(("\x1b[31m*red*.wav", "no\udcfftext.wav")):
        synth.write_wav(tmp_path / "a_b" / name, synth.noise(2.0, seed=seed))
    made = prepare(PrepareOptions((tmp_path,), workers=1), lambda *_: None)
    assert len(made.clean.items) == 2
    write_report(made, tmp_path / "out")
    text = (tmp_path / "out/report.md").read_text("utf-8")
    assert "\x1b" not in text
    assert "a\\_b" in text
    assert "*red*" not in text.replace("`\ufffd[31m*red*.wav`", "")
    # A list is text: what has no name that is text stays out of it.
    assert len(read_manifest([], library=[tmp_path / "out/clean.csv"]).items) == 1


def test_the_clean_list_reads_back(report: Report, tmp_path: Path) -> None:
    write_report(report, tmp_path)
    again = read_manifest([], library=[tmp_path / "clean.csv"])
    assert again.items == report.clean.items
    assert again.left_out == ()


def test_a_clean_list_above_its_tracks_is_a_list_like_any_other(messy: Path, tmp_path: Path) -> None:
    root = tmp_path / "music"
    for name in ("chords/chords0.wav", "drums/drums0.wav", "drums/drums2.wav"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(messy / name, root / name)
    write_report(prepare(PrepareOptions((root,), workers=1), lambda *_: None), root)
    with (root / "clean.csv").open(newline="", encoding="utf-8") as stream:
        assert [row["path"] for row in csv.DictReader(stream)] == [
            "chords/chords0.wav", "drums/drums0.wav", "drums/drums2.wav",
        ]  # fmt: skip
    assert read_manifest([root / "clean.csv"]).counts() == {"chords": 1, "drums": 2}


def test_data_with_nothing_to_tell_apart_is_not_ok(tmp_path: Path) -> None:
    (tmp_path / "rock").mkdir()
    synth.write_wav(tmp_path / "rock/a.wav", synth.song(2.0))
    made = prepare(PrepareOptions((tmp_path,), workers=1), lambda *_: None)
    assert not made.as_dict()["ok"]
    assert "one genre only (rock)" in made.sentence


def test_what_is_heard_of_one_track(messy: Path) -> None:
    sound = listen(str(messy / "drums/drums0.wav"), -60.0)
    assert sound.seconds == pytest.approx(5.0)
    assert len(sound.digest) == 64
    assert -30 < sound.level < 0
    assert sound.quiet < 0.5
    assert np.isfinite(sound.summary).all()
    silent = listen(str(messy / "chords/silent.wav"), -60.0)
    assert (silent.level, silent.quiet) == (float("-inf"), 1.0)
    assert not silent.print.heard.any()
    assert np.isfinite(listen(str(messy / "chords/short.wav"), -60.0).summary).all()
