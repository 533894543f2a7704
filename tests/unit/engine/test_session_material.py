"""Labelled spans as a list to train on: a file each, and all of one listening on one side."""

from __future__ import annotations

import contextlib
import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from mgc_desktop.audio.long_flac import blocks, facts
from mgc_desktop.core.paths import Profile
from mgc_desktop.engine.events import SessionChanged, SessionsListed, SpanLabelled, TrainFinished
from mgc_desktop.engine.session_material import write_session_list
from mgc_desktop.engine.train_request import TrainRequest
from mgc_desktop.engine.trainer import Trainer
from mgc_desktop.engine.writer import Writer
from mgc_desktop.library.reader import Reader
from mgc_desktop.ui.models.data_check import DataCheck, Known, Source, judge
from mgc_desktop.ui.models.data_checker import DataChecker
from tests import synth
from tests.events import Events
from tests.fake_training import FakeTraining, fake_training
from tests.listening import RATE, kept_sessions
from training.data.manifest import read_manifest

__all__ = ["fake_training"]


@pytest.fixture
def labelled(profile: Profile, writer: Writer, events: Events) -> Iterator[Profile]:
    """Two listenings: one with sound and two labels, one without sound and a label; one label is taken back."""
    sessions, listening = kept_sessions(profile, writer, events)
    listening.start()
    sessions.keep(True)
    listening.feed(synth.song(40.0, RATE))
    sessions.label(1.0, 36.0, "Krautrock")
    sessions.label(36.0, 39.0, "jazz")
    wrong = sessions.label(5.0, 9.0, "pop")
    sessions.take_back_label(wrong)
    events.wait(SpanLabelled, 4)
    listening.stop()
    listening.start()
    assert listening.recording is not None
    listening.recording.started_at += 100.0
    listening.feed(synth.song(6.0, RATE))
    sessions.label(1.0, 5.0, "jazz")
    events.wait(SpanLabelled, 5)
    listening.stop()
    events.wait(
        SessionsListed, where=lambda e: len(e.sessions) == 2 and all(row.sound != "parts" for row in e.sessions)
    )
    yield profile
    assert sessions.stop()


def listed(profile: Profile, path: Path) -> list[dict[str, str]]:
    with contextlib.closing(Reader(profile.library_file)) as reader:
        counts = write_session_list(reader, profile.sessions_dir, path)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert counts.total() == len(rows)
    return rows


def test_what_was_labelled_afterwards_is_learnt_from_too(
    profile: Profile, writer: Writer, events: Events, tmp_path: Path
) -> None:
    music = synth.song(9.0, RATE)
    sessions, listening = kept_sessions(profile, writer, events)
    listening.start()
    listening.feed(music[: 2 * RATE])
    sessions.keep(True)
    events.wait(SessionChanged, where=lambda e: e.keeping)
    listening.feed(music[2 * RATE :])
    listening.stop()
    row = events.wait(SessionsListed, where=lambda e: bool(e.sessions) and e.sessions[0].sound == "whole").sessions[0]
    sessions.label_kept(row.id, 4.0, 6.0, "jazz")
    events.wait(SpanLabelled)
    events.wait(SessionsListed, where=lambda e: bool(e.sessions) and e.sessions[0].labels == 1)
    (only,) = listed(profile, tmp_path / "list.csv")
    heard = np.concatenate(list(blocks(Path(only["path"]))))
    assert np.abs(heard - music[4 * RATE : 6 * RATE]).max() < 1e-6
    assert sessions.stop()


def test_each_span_is_a_file_and_each_listening_a_group(labelled: Profile, tmp_path: Path) -> None:
    rows = listed(labelled, tmp_path / "list.csv")
    assert [row["label"] for row in rows] == ["Krautrock", "jazz", "jazz"]
    assert [facts(Path(row["path"]))[0] / RATE for row in rows] == [35.0, 3.0, 4.0]
    groups = [row["group"] for row in rows]
    assert groups[0] == groups[1] != groups[2]
    written = {path: path.stat().st_mtime_ns for row in rows if (path := Path(row["path"]))}
    assert listed(labelled, tmp_path / "again.csv") == rows
    assert {path: path.stat().st_mtime_ns for path in written} == written  # cut once


def test_training_takes_the_list(labelled: Profile, tmp_path: Path) -> None:
    listed(labelled, tmp_path / "list.csv")
    manifest = read_manifest((), library=(tmp_path / "list.csv",))
    assert manifest.counts() == {"Krautrock": 1, "jazz": 2}
    assert manifest.left_out == ()
    assert len({item.group for item in manifest.items}) == 2


def test_what_is_gone_is_left_out(labelled: Profile, tmp_path: Path) -> None:
    for path in labelled.sessions_dir.glob("*/*.flac"):
        path.unlink()
    assert listed(labelled, tmp_path / "list.csv") == []


def test_a_run_learns_from_sessions_and_corrections_alike(labelled: Profile, fake_training: FakeTraining) -> None:
    events = Events()
    fake_training.plan([{"event": "error", "sentence": "Enough."}], code=1)
    trainer = Trainer(labelled, events, lambda: Reader(labelled.library_file))
    try:
        trainer.start(TrainRequest("", "mine", corrections=True, sessions=True))
        assert events.wait(TrainFinished).sentence == "Enough."
        words = fake_training.words()
        assert words[1::2][:2] == ["--library", "--library"]
        lists = [Path(word).read_text("utf-8") for word in words[2:5:2]]
        assert [text.count("\n") for text in lists] == [1, 4]  # no correction, three spans
    finally:
        trainer.stop()


def test_the_look_at_the_data_counts_labelled_spans(labelled: Profile, qtbot: QtBot) -> None:
    checker = DataChecker(labelled, lambda: Reader(labelled.library_file))
    try:
        with qtbot.waitSignal(checker.looked, timeout=20_000) as looked:
            checker.check(Source("", sessions=True))
        assert looked.args is not None
        check = looked.args[0]
        assert (check.genres, check.labelled, check.corrected) == ({"Krautrock": 1, "jazz": 2}, 3, 0)
    finally:
        checker.stop()


def test_without_a_label_there_is_nothing_to_learn_from() -> None:
    said = judge(DataCheck(Source("", sessions=True)), Known(), "add", in_full=False)
    assert said.blocker.startswith("No span of a session was labelled yet")
