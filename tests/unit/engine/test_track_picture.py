"""Pictures of tracks by a real process: the newest first, kept, told in parts where they take long."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from mgc_desktop.core.mel_picture import N_MELS
from mgc_desktop.engine import track_picture
from mgc_desktop.engine.events import TrackFactsReady, TrackPictureReady
from mgc_desktop.engine.track_picture import TrackPictures
from tests import synth
from tests.events import Events


@pytest.fixture
def pictures(events: Events) -> Iterator[TrackPictures]:
    pictures = TrackPictures(events)
    yield pictures
    assert pictures.stop()


def whole(events: Events, path: Path, count: int = 1) -> TrackPictureReady:
    return events.wait(
        TrackPictureReady, count, where=lambda e: e.path == str(path) and e.done >= len(e.codes) and not e.sentence
    )


def test_a_picture_and_what_the_file_says(pictures: TrackPictures, events: Events, tmp_path: Path) -> None:
    pictures.warm_up()
    path = synth.write_audio(tmp_path / "a.flac", synth.stereo(synth.song(20.0)))
    pictures.ask(str(path))
    picture = whole(events, path)
    assert picture.codes.shape == (len(picture.codes), N_MELS)
    assert picture.codes.dtype == np.uint8
    assert 1500 < len(picture.codes) <= track_picture.COLUMNS
    assert picture.duration == pytest.approx(20.0)
    assert picture.column_seconds * len(picture.codes) == pytest.approx(20.0, abs=0.1)
    facts = events.of(TrackFactsReady)[0].facts
    assert (facts.format, facts.bits, facts.sample_rate, facts.channels) == ("FLAC", 16, synth.RATE, 2)
    # Asked again, it is there at once; changed, it is made anew.
    number = len(events.seen)
    pictures.ask(str(path))
    assert whole(events, path, 2) is picture
    assert len(events.seen) == number + 2
    synth.write_audio(path, synth.song(10.0))
    pictures.ask(str(path))
    assert whole(events, path, 3).duration == pytest.approx(10.0)


def test_stepping_through_a_list_makes_the_last_one(pictures: TrackPictures, events: Events, tmp_path: Path) -> None:
    paths = [synth.write_audio(tmp_path / f"{name}.wav", synth.drums(60.0)) for name in "abcdefgh"]
    pictures.warm_up()
    for path in paths:
        pictures.ask(str(path))
    whole(events, paths[-1])
    assert len(events.of(TrackPictureReady)) <= 2  # perhaps the first, which was at work


def test_what_cannot_be_read_says_why_and_the_next_is_shown(
    pictures: TrackPictures, events: Events, tmp_path: Path
) -> None:
    (tmp_path / "bad.mp3").write_bytes(os.urandom(2000))
    pictures.ask(str(tmp_path / "bad.mp3"))
    failed = events.wait(TrackPictureReady)
    assert failed.sentence.endswith(".")
    assert len(failed.codes) == 0
    pictures.ask(str(tmp_path / "gone.mp3"))
    assert "not there" in events.wait(TrackPictureReady, 2).sentence
    good = synth.write_audio(tmp_path / "good.wav", synth.drums(3.0))
    pictures.ask(str(good))
    whole(events, good)


def test_a_long_one_comes_in_parts_and_is_left_for_another(
    pictures: TrackPictures, events: Events, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(track_picture, "_PART_SHOWN_AFTER", 0.0)
    monkeypatch.setattr(track_picture, "_SECONDS_BETWEEN_PARTS", 0.0)
    long = synth.write_audio(tmp_path / "long.flac", np.tile(synth.drums(60.0), 20))
    short = synth.write_audio(tmp_path / "short.wav", synth.drums(4.0))
    pictures.ask(str(long))
    first = events.wait(TrackPictureReady)
    assert 0 < first.done < len(first.codes)
    assert first.codes[: first.done].max() > 0
    assert first.codes[first.done :].max() == 0
    pictures.ask(str(short))
    whole(events, short)
    assert events.of(TrackPictureReady)[-1].path == str(short)


def test_a_file_that_hangs_holds_up_nobody(
    pictures: TrackPictures, events: Events, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(track_picture, "_PATIENCE", 0.3)
    good = synth.write_audio(tmp_path / "good.wav", synth.drums(3.0))
    pictures.warm_up()
    pictures.ask(str(good))
    whole(events, good)
    assert pictures._pool is not None
    pictures._orders.put(
        lambda: pictures._work_at(track_picture._Work(track_picture._identity("/x"), 0.0), time.sleep, 60.0)
    )
    other = synth.write_audio(tmp_path / "other.wav", synth.drums(3.0))
    began = time.monotonic()
    pictures.ask(str(other))
    whole(events, other)
    assert time.monotonic() - began < 15
