"""Probes: what an ingredient brought, read from layers that never heard the artist that they judge."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mgc_desktop.core.errors import TrainingError
from mgc_desktop.core.model_figures import figures_of as figures_of_model
from mgc_desktop.core.model_info import NOT_MUSIC_LABEL
from mgc_desktop.engine.choice import shipped_model
from mgc_desktop.model.contract import read_info
from tests.unit.training.test_last_layer import points
from training.data.items import Item
from training.data.tracks import Track
from training.export import add_metrics
from training.last_layer import Lesson
from training.left_out import COLUMNS
from training.memory import WHOLE, WORN, Heard, part
from training.outcome import write_figures, write_left_out
from training.probe import AS_MADE, as_markdown, probes_of, tried
from training.systems import get_system

CONFIG = get_system("crnn_pair").frontend_config
LABELS = ["jazz", "metal", NOT_MUSIC_LABEL]
FRAMES = 500  # 10.7 s
SHIFT = {WHOLE: 0.0, WORN: 3.0, part(10.0): 0.2, part(5.0): 0.4, part(3.0): 1.0}  # how far each kind leads astray


def lesson(n: int = 90, artists: int = 11) -> Lesson:
    """Return tracks whose first numbers tell the label, the less the further the kind is from the whole."""
    vectors, truth = points(n, 3, 1, spread=0.8)
    tracks, rows, kinds = [], [], []
    noise = np.random.default_rng(2)
    for kind, shift in SHIFT.items():
        for i, (row, label) in enumerate(zip(vectors, truth, strict=True)):
            source = "field" if label == 2 else ("tapes" if i % 2 else "discs")
            item = Item(Path(f"{i}.wav"), LABELS[label], f"{LABELS[label]}{i % artists}", "train", source=source)
            tracks.append(Track(item, (np.zeros((96, FRAMES), np.float16),)))
            rows.append(row + shift * noise.normal(0, 1, row.shape) * np.arange(1, 7))
            kinds.append(kind)
    return Lesson(Heard(tracks, np.array(rows, np.float32), np.array(kinds)), {}, LABELS)


def test_each_kind_is_judged_by_itself() -> None:
    figures = tried(lesson(), CONFIG)
    assert figures["n"] == 60  # of music
    kinds = figures["kinds"]
    assert list(kinds) == list(COLUMNS)
    right = {kind: said["accuracy"] for kind, said in kinds.items()}
    assert right[WHOLE] > right[part(3.0)] > right[WORN]
    for said in kinds.values():
        assert said["n"] == 60
        assert said["low"] < said["accuracy"] < said["high"]
        assert said["surest"] >= said["accuracy"]
        assert 0 <= said["ece"] < 0.4
    assert kinds[WHOLE]["ece"] < 0.3
    assert 0 < figures["not_music"] <= 1
    assert figures["macro_recall"] == pytest.approx(right[WHOLE], abs=0.02)  # two genres, as often
    # One temperature for all: the more is heard that leads astray, the further is the confidence from what is right.
    assert kinds[WORN]["ece"] > kinds[WHOLE]["ece"]


def test_what_is_left_out_teaches_nothing_and_is_judged_all_the_same() -> None:
    made = lesson()
    probes = {probe.name: probe.lesson for probe in probes_of(made)}
    assert list(probes)[:2] == ["as it is made", "without what the teachers say"]
    assert list(probes)[-2:] == ["without discs", "without tapes"]  # of music
    kinds = made.heard.kinds
    taught = {name: probe.taught for name, probe in probes.items()}
    assert set(kinds[taught["without worn copies"]]) == {WHOLE, part(10.0), part(5.0), part(3.0)}
    assert set(kinds[taught["without parts of 3 and 5 s"]]) == {WHOLE, WORN, part(10.0)}
    assert set(kinds[taught["without any parts"]]) == {WHOLE, WORN}
    assert set(kinds[taught["labels of whole tracks alone"]]) == {WHOLE}
    assert probes["labels of whole tracks alone"].tutor_share == 0.0
    figures = tried(probes["without discs"], CONFIG)
    assert figures["n"] == 60


def test_an_ingredient_that_misleads_is_seen_to() -> None:
    """The tapes have their labels the wrong way round: without them more of the others is right."""
    made = lesson()
    tracks = [
        replace(track, item=replace(track.item, label=LABELS[1 - LABELS.index(track.item.label)]))
        if track.item.source == "tapes"
        else track
        for track in made.heard.tracks
    ]
    wrong = replace(made, heard=replace(made.heard, tracks=tracks))
    without = next(probe.lesson for probe in probes_of(wrong) if probe.name == "without tapes")
    discs = np.array([track.item.source == "discs" for track in made.heard.wholes])
    right = []
    for one in (wrong, without):
        found = one.cross(0.1, 0)
        assert found is not None
        said = found.logits[: len(discs), :2].argmax(axis=1)  # of the two genres
        right.append((said == one.truth[: len(discs)])[discs].mean())
    assert right[1] > right[0] + 0.1


def test_too_few_artists_are_a_sentence() -> None:
    with pytest.raises(TrainingError, match="too few artists"):
        tried(lesson(artists=1), CONFIG)


def test_music_that_nobody_else_could_judge_is_a_sentence() -> None:
    made = lesson()
    tracks = [
        track
        if track.item.label == NOT_MUSIC_LABEL
        else replace(track, item=replace(track.item, group=track.item.label))
        for track in made.heard.tracks
    ]
    with pytest.raises(TrainingError, match="too few artists"):
        tried(replace(made, heard=replace(made.heard, tracks=tracks)), CONFIG)


def test_figures_go_into_the_folder_and_onto_its_card(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(shipped_model(), folder)
    before = read_info(folder)
    write_left_out(before, tried(lesson(), CONFIG))
    after = read_info(folder)
    assert after.metrics["test"] == before.metrics["test"]
    whole = after.metrics["left_out"]["kinds"]["whole"]
    card = (folder / "card.md").read_text("utf-8")
    assert "### With artists left out" in card
    assert f"| as they are | {whole['accuracy']:.3f} [" in card
    assert "| parts of 5 s | " in card
    figures = figures_of_model(after.metrics)
    assert figures is not None
    assert figures.right.n == before.metrics["test"]["n"]  # of what was held out, as before
    assert [row.kind for row in figures.left_out] == list(COLUMNS)
    write_figures(after, dict(after.metrics["test"]))  # as `evaluate --write` does
    assert (folder / "card.md").read_text("utf-8") == card
    odd = {"n": 3, "accuracy": 0.5}
    # A model from elsewhere may say anything there: its card can be written all the same.
    add_metrics(folder, {"left_out": {"kinds": {"whole": {"accuracy": "much"}, "worn": {"accuracy": 1}, "5 s": odd}}})
    write_figures(read_info(folder), dict(after.metrics["test"]))
    card = (folder / "card.md").read_text("utf-8")
    assert "| parts of 5 s | 0.500 [" in card
    assert "much" not in card


def test_the_table_has_a_line_for_each_and_a_dash_for_what_there_is_not() -> None:
    figures = tried(lesson(30), CONFIG)
    del figures["kinds"][part(3.0)]
    lines = as_markdown([{"model": "m", "last_layer": "as it is made", **figures}]).splitlines()
    assert lines[0].startswith("20 tracks of music")
    assert "| m | as it is made |" in lines[-1]
    assert " - |" in lines[-1]
    assert lines[2].count("|") == lines[3].count("|") == lines[4].count("|")


def test_of_several_models_there_are_mean_and_spread() -> None:
    figures = tried(lesson(30), CONFIG)
    rows = [
        {"model": f"seed {k}", "last_layer": AS_MADE, **figures, "macro_recall": recall}
        for k, recall in enumerate((0.70, 0.72, 0.77))
    ]
    ablated = {**rows[0], "last_layer": "without tapes", "macro_recall": 0.1}
    lines = as_markdown([rows[0], ablated, *rows[1:]]).splitlines()
    assert lines[-2].startswith(f"| mean of 3 | {AS_MADE} | {figures['kinds'][WHOLE]['accuracy']:.3f} |")
    assert lines[-1].startswith(f"| standard deviation of 3 | {AS_MADE} | 0.000 |")
    recalls = [line.split(" | ")[2 + len(COLUMNS)] for line in lines[-2:]]
    assert recalls == ["0.730", "0.036"]
    assert lines[-1].count("|") == lines[2].count("|")
    assert "mean" not in as_markdown(rows[:2]).splitlines()[-1]
