"""Sessions: what is kept of listening, with sound and without, and what can be done with it."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from mgc_desktop.audio.long_flac import blocks, facts
from mgc_desktop.core.paths import Profile
from mgc_desktop.core.session_values import SessionDetails, SessionRow, SoundState
from mgc_desktop.core.values import Samples, VerdictKind
from mgc_desktop.engine import session_audio
from mgc_desktop.engine.events import (
    Problem,
    SessionChanged,
    SessionDeleted,
    SessionExported,
    SessionOpened,
    SessionsListed,
    SpanLabelled,
)
from mgc_desktop.engine.session_audio import read_span
from mgc_desktop.engine.session_labels import NO_SOUND, TOO_SHORT
from mgc_desktop.engine.sessions import Sessions
from mgc_desktop.engine.writer import Writer
from tests import synth
from tests.events import Events
from tests.listening import RATE, STARTED_AT, FakeListening, kept_sessions


@dataclass
class Bench:
    """Sessions of a profile, and a listener that is fed."""

    sessions: Sessions
    listening: FakeListening
    events: Events
    folder: Path

    def listed(self, where: Callable[[tuple[SessionRow, ...]], object] = lambda rows: True) -> tuple[SessionRow, ...]:
        """Return the list as it is now, once it is as wanted."""
        self.sessions.ask()
        return self.events.wait(SessionsListed, where=lambda e: bool(where(e.sessions))).sessions

    def whole(self, number: int = 1) -> SessionRow:
        """Return the newest session once all have ended with their sound in one file, and so many are listed."""
        return self.listed(
            lambda rows: len(rows) == number and not any(row.going_on or row.sound is SoundState.PARTS for row in rows)
        )[0]

    def details(self, session: int) -> SessionDetails:
        before = len(self.events.of(SessionOpened))
        self.sessions.open(session)
        details = self.events.wait(SessionOpened, before + 1).details
        assert details is not None
        return details

    def begin(self, *, sound: bool = True) -> int:
        """Keep a session; return its number once it is begun."""
        before = len([e for e in self.events.of(SessionChanged) if e.keeping])
        self.sessions.keep(sound)
        return self.events.wait(SessionChanged, before + 1, where=lambda e: e.keeping).session


@pytest.fixture
def bench(profile: Profile, writer: Writer, events: Events) -> Iterator[Bench]:
    sessions, listening = kept_sessions(profile, writer, events)
    yield Bench(sessions, listening, events, profile.sessions_dir)
    assert sessions.stop()


def sound(path: str) -> Samples:
    return np.concatenate(list(blocks(Path(path))))


def test_a_session_with_its_sound_from_the_first_sample_to_the_last(bench: Bench) -> None:
    music = synth.song(8.0, RATE)
    bench.listening.start()
    bench.listening.feed(music[: 2 * RATE])
    session = bench.begin()
    assert bench.sessions.keeping
    bench.listening.feed(music[2 * RATE : 5 * RATE])
    bench.sessions.note("  the band\nchanges ", 4.0)
    bench.listening.feed(music[5 * RATE :], "rock")
    bench.listening.stop()
    row = bench.whole()
    assert [event.keeping for event in bench.events.of(SessionChanged)][-1] is False
    assert (row.id, row.source, row.started_at, row.start, row.end) == (session, "Microphone", STARTED_AT, 2.0, 8.0)
    assert (row.sound, row.notes, row.labels, row.going_on) == (SoundState.WHOLE, 1, 0, False)
    details = bench.details(session)
    assert np.abs(sound(details.path) - music[2 * RATE :]).max() < 1e-6
    assert [(s.kind, s.label, s.start, s.end) for s in details.stretches] == [
        (VerdictKind.GENRE, "jazz", 2.0, 5.0),
        (VerdictKind.GENRE, "rock", 5.0, 8.0),
    ]
    assert [(note.time, note.text) for note in details.notes] == [(4.0, "the band changes")]
    assert {stretch.label for stretch in row.stretches} == {"jazz", "rock"}
    assert sorted(path.name for path in (bench.folder / str(session)).iterdir()) == ["lock", "sound.flac"]


def test_without_sound_nothing_that_was_heard_is_on_the_disk(bench: Bench) -> None:
    bench.listening.start()
    session = bench.begin(sound=False)
    bench.listening.feed(synth.song(3.0, RATE))
    bench.sessions.stop_keeping()
    row = bench.whole()
    assert (row.sound, row.end) == (SoundState.NONE, 3.0)
    assert len(bench.details(session).stretches) == 1
    assert [path.name for path in (bench.folder / str(session)).iterdir()] == ["lock"]


def test_what_was_heard_before_can_be_kept_as_well(bench: Bench) -> None:
    music = synth.song(70.0, RATE)
    bench.listening.start()
    bench.listening.feed(music[: 65 * RATE], "blues")
    session = bench.begin()
    assert bench.events.of(SessionChanged)[-1].earlier == 65.0
    bench.listening.feed(music[65 * RATE :])
    bench.sessions.keep_earlier()
    bench.events.wait(SessionChanged, where=lambda e: e.keeping and e.kept_from == 0.0)
    bench.sessions.stop_keeping()
    assert bench.whole().start == 0.0
    details = bench.details(session)
    assert np.abs(sound(details.path) - music).max() < 1e-6
    assert [(s.label, s.end) for s in details.stretches] == [("blues", 65.0), ("jazz", 70.0)]


def test_sound_can_be_given_up_in_the_middle(bench: Bench) -> None:
    bench.listening.start()
    session = bench.begin()
    bench.listening.feed(synth.song(40.0, RATE))
    bench.sessions.drop_audio()
    bench.events.wait(SessionChanged, where=lambda e: e.keeping and not e.with_sound)
    bench.listening.feed(synth.song(2.0, RATE))
    bench.listening.stop()
    assert bench.whole().sound is SoundState.NONE
    assert bench.details(session).stretches[-1].end == 42.0
    assert [path.name for path in (bench.folder / str(session)).iterdir()] == ["lock"]


def test_gaps_are_silence_and_are_remembered(bench: Bench) -> None:
    music = synth.song(4.0, RATE)
    bench.listening.start()
    session = bench.begin()
    bench.listening.feed(music[: 2 * RATE])
    bench.listening.gap(900.0)  # longer than the ring
    bench.listening.feed(music[2 * RATE :])
    bench.listening.stop()
    row = bench.whole()
    details = bench.details(session)
    assert (row.seconds, details.gaps) == (904.0, ((2.0, 902.0),))
    frames, rate = facts(Path(details.path))
    assert (frames, rate) == (904 * RATE, RATE)
    heard = sound(details.path)
    assert np.abs(heard[902 * RATE :] - music[2 * RATE :]).max() < 1e-6
    assert not heard[400 * RATE : 902 * RATE].any()


def test_another_recording_goes_on_in_a_session_of_its_own(bench: Bench) -> None:
    bench.listening.start()
    bench.begin()
    bench.listening.feed(synth.song(2.0, RATE))
    bench.listening.start("Another")  # the old rate was refused: a new axis of time
    bench.listening.feed(synth.song(3.0, RATE))
    bench.listening.stop()
    rows = bench.listed(lambda rows: len(rows) == 2 and all(row.sound is SoundState.WHOLE for row in rows))
    assert [(row.source, row.seconds) for row in rows] == [("Another", 3.0), ("Microphone", 2.0)]


def test_who_does_not_listen_is_told(bench: Bench) -> None:
    bench.sessions.keep(True)
    assert bench.events.wait(SessionChanged).sentence.startswith("There is nothing to keep")
    bench.listening.start()
    bench.sessions.note("lost")
    bench.events.wait(SessionChanged, where=lambda e: e.sentence.startswith("A note needs a session"))
    assert bench.listed() == ()


# Labels ------------------------------------------------------------------------------------------


def test_a_label_in_a_session_with_sound_lies_in_it(bench: Bench) -> None:
    music = synth.song(10.0, RATE)
    bench.listening.start()
    bench.listening.feed(music[: 2 * RATE])
    session = bench.begin()
    bench.listening.feed(music[2 * RATE :])
    number = bench.sessions.label(3.0, 7.5, "Krautrock")
    labelled = bench.events.wait(SpanLabelled)
    assert (labelled.label.id, labelled.label.sound, labelled.alone) == (number, "", False)
    bench.listening.stop()
    assert bench.whole().labels == 1
    assert [(la.start, la.end, la.label) for la in bench.details(session).labels] == [(3.0, 7.5, "Krautrock")]
    read, rate = read_span(bench.folder / str(session), 2.0, 3.0, 7.5)
    assert rate == RATE
    assert np.abs(read - music[3 * RATE : round(7.5 * RATE)]).max() < 1e-6


def test_a_label_without_a_session_keeps_the_sound_of_its_span_alone(bench: Bench) -> None:
    music = synth.song(10.0, RATE)
    bench.listening.start()
    bench.listening.feed(music)
    bench.sessions.label(2.0, 5.0, "jazz")
    labelled = bench.events.wait(SpanLabelled)
    assert labelled.alone
    assert not bench.sessions.keeping
    bench.sessions.label(-3.0, 1.5, "rock")
    bench.events.wait(SpanLabelled, 2)
    bench.listening.stop()
    # The list that the first label asked for may come when listening has ended and the second is still being written.
    (row,) = bench.listed(lambda rows: rows and rows[0].labels == 2 and not rows[0].going_on)
    assert (row.keeps_timeline, row.stretches) == (False, ())
    folder = bench.folder / str(row.id)
    files = {label.label: folder / label.sound for label in bench.details(row.id).labels}
    assert np.abs(sound(str(files["jazz"])) - music[2 * RATE : 5 * RATE]).max() < 1e-6
    assert facts(files["rock"]) == (round(1.5 * RATE), RATE)
    assert {path.name for path in folder.iterdir()} == {"lock", *(path.name for path in files.values())}


def test_a_span_of_a_session_that_has_ended_is_labelled_and_taken_back(bench: Bench) -> None:
    bench.listening.start()
    bench.listening.feed(synth.song(2.0, RATE))
    session = bench.begin()
    bench.listening.feed(synth.song(6.0, RATE))
    bench.listening.stop()
    bench.whole()
    number = bench.sessions.label_kept(session, 3.0, 7.5, "Krautrock")
    bench.sessions.label_kept(session, 7.0, 99.0, "jazz")  # to the end, which is at 8 s
    bench.listed(lambda rows: rows and rows[0].labels == 2)
    first, last = bench.events.of(SpanLabelled)
    assert (first.label.id, first.label.sound, first.alone) == (number, "", False)
    assert (last.label.start, last.label.end) == (7.0, 8.0)
    assert [(la.start, la.label) for la in bench.details(session).labels] == [(3.0, "Krautrock"), (7.0, "jazz")]
    bench.sessions.take_back_label(number)
    bench.listed(lambda rows: rows and rows[0].labels == 1)
    bench.sessions.put_back_label(number)
    bench.listed(lambda rows: rows and rows[0].labels == 2)


def test_a_session_that_teaches_nothing_is_not_labelled(bench: Bench) -> None:
    bench.listening.start()
    silent = bench.begin(sound=False)
    bench.listening.feed(synth.song(3.0, RATE))
    bench.sessions.stop_keeping()
    bench.whole()
    bench.sessions.label_kept(silent, 0.0, 2.0, "jazz")
    assert bench.events.wait(SessionChanged, where=lambda e: bool(e.sentence)).sentence == NO_SOUND
    bench.sessions.label_kept(silent + 1, 0.0, 2.0, "jazz")
    bench.events.wait(SessionChanged, where=lambda e: "no longer there" in e.sentence)
    bench.begin()
    bench.listening.feed(synth.song(3.0, RATE))
    bench.listening.stop()
    row = bench.whole(2)
    bench.sessions.label_kept(row.id, row.start, row.start + 0.5, "jazz")
    bench.events.wait(SessionChanged, where=lambda e: e.sentence == TOO_SHORT)
    assert not bench.events.of(SpanLabelled)


def test_the_session_that_goes_on_is_labelled_as_while_listening(bench: Bench) -> None:
    bench.listening.start()
    session = bench.begin()
    bench.listening.feed(synth.song(4.0, RATE))
    bench.sessions.label_kept(session, 1.0, 3.0, "jazz")
    assert bench.events.wait(SessionChanged, where=lambda e: len(e.labels) == 1).keeping
    bench.listening.stop()


def test_a_label_is_taken_back_and_put_back(bench: Bench) -> None:
    bench.listening.start()
    bench.begin(sound=False)
    bench.listening.feed(synth.song(5.0, RATE))
    number = bench.sessions.label(0.0, 4.0, "jazz")
    bench.events.wait(SessionChanged, where=lambda e: len(e.labels) == 1)
    bench.sessions.take_back_label(number)
    assert bench.events.wait(SpanLabelled, where=lambda e: e.taken_back).label.label == "jazz"
    assert bench.listed(lambda rows: rows and rows[0].labels == 0)[0].notes == 0
    bench.sessions.put_back_label(number)
    bench.events.wait(SessionChanged, 2, where=lambda e: len(e.labels) == 1)
    bench.listed(lambda rows: rows and rows[0].labels == 1)


def test_too_short_and_too_old_spans_are_told(bench: Bench) -> None:
    bench.listening.start()
    bench.listening.feed(synth.song(3.0, RATE))
    bench.sessions.label(1.0, 1.2, "jazz")
    bench.events.wait(SessionChanged, where=lambda e: "too short" in e.sentence)
    bench.listening.gap(700.0)
    bench.sessions.label(0.0, 3.0, "jazz")
    bench.events.wait(SessionChanged, where=lambda e: "kept no longer" in e.sentence)
    assert bench.events.of(SpanLabelled) == []


# The list ----------------------------------------------------------------------------------------


def kept_session(bench: Bench) -> int:
    """Return a session of four seconds, with a note, a label, and sound."""
    bench.listening.start()
    session = bench.begin()
    bench.listening.feed(synth.song(2.0, RATE))
    bench.listening.feed(synth.silence(2.0, RATE), None)
    bench.sessions.note("=HYPERLINK(a)", 1.0)
    bench.sessions.label(0.5, 2.0, "jazz")
    bench.events.wait(SpanLabelled)
    bench.listening.stop()
    bench.whole()
    return session


def test_rename_delete_and_put_back(bench: Bench) -> None:
    session = kept_session(bench)
    bench.sessions.rename(session, " Evening\n at home ")
    assert bench.listed(lambda rows: rows and rows[0].name)[0].name == "Evening at home"
    bench.sessions.delete(session)
    assert bench.events.wait(SessionDeleted).name == "Evening at home"
    bench.events.wait(SessionsListed, where=lambda e: not e.sessions)
    bench.sessions.put_back(session)
    bench.events.wait(SessionDeleted, where=lambda e: e.back)
    assert bench.listed(lambda rows: len(rows) == 1)[0].labels == 1
    assert Path(bench.details(session).path).is_file()


def test_export_as_json_and_csv(bench: Bench, tmp_path: Path) -> None:
    session = kept_session(bench)
    for kind in ("json", "csv"):
        bench.sessions.export(session, str(tmp_path / f"a.{kind}"), kind)
    bench.events.wait(SessionExported, 2)
    assert {event.sentence for event in bench.events.of(SessionExported)} == {""}
    told = json.loads((tmp_path / "a.json").read_text("utf-8"))
    assert [change["kind"] for change in told["changes"]] == ["genre", "silence"]
    assert len(told["timeline"]) == 8
    assert told["timeline"][0]["probabilities"]["jazz"] == pytest.approx(0.8)
    assert told["labels"][0] | {"clock": ""} == {"start": 0.5, "end": 2.0, "clock": "", "genre": "jazz"}
    with (tmp_path / "a.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["entry"] for row in rows].count("verdict") == 8
    assert next(row["text"] for row in rows if row["entry"] == "note") == "'=HYPERLINK(a)"
    assert next(row["genre"] for row in rows if row["entry"] == "label") == "jazz"
    bench.sessions.export(session, str(tmp_path / "none" / "a.csv"), "csv")
    assert "could not be written" in bench.events.wait(SessionExported, where=lambda e: e.sentence != "").sentence


def test_a_full_disk_ends_the_sound_and_not_the_timeline(
    profile: Profile, bench: Bench, mount: Callable[..., None]
) -> None:
    profile.sessions_dir.mkdir()
    mount("-t", "tmpfs", "-o", "size=300k", "tmpfs", str(profile.sessions_dir))
    bench.listening.start()
    session = bench.begin()
    bench.listening.feed(synth.noise(30.0, RATE))
    told = bench.events.wait(SessionChanged, where=lambda e: e.sentence != "")
    assert told.sentence.startswith("The sound of this session is kept no longer (No space left")
    assert told.keeping
    assert not told.with_sound
    bench.listening.feed(synth.noise(2.0, RATE), "rock")
    bench.listening.stop()
    bench.events.wait(Problem, where=lambda e: "could not be made one file" in e.sentence)
    assert bench.details(session).stretches[-1].label == "rock"
    assert session_audio.parts(profile.sessions_dir / str(session)) == []
    assert list((profile.sessions_dir / str(session)).glob("*.raw"))  # what there is stays for the next start


def test_a_folder_that_cannot_be_made_is_told(profile: Profile, bench: Bench) -> None:
    profile.sessions_dir.write_text("in the way")
    bench.listening.start()
    bench.listening.feed(synth.song(3.0, RATE))
    bench.sessions.keep(True)
    bench.events.wait(SessionChanged, where=lambda e: e.sentence.startswith("This cannot be kept (Not a directory)"))
    bench.sessions.label(0.0, 2.0, "jazz")
    bench.events.wait(SessionChanged, 2, where=lambda e: e.sentence.startswith("This cannot be kept"))
    assert not bench.sessions.keeping
    assert bench.listed() == ()
    assert bench.events.of(Problem) == []
