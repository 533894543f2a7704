"""Writing genres into real files and taking it back, through the journal, as the window does it."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

import mutagen.flac
import mutagen.id3
import pytest

from mgc_desktop.core.paths import Profile
from mgc_desktop.core.values import TrackState, VerdictKind
from mgc_desktop.engine.events import ScanFinished, TagFinished, TagPlanReady, TagProgress, TracksChanged
from mgc_desktop.engine.tag_plan import TagPolicy
from mgc_desktop.library.journal import ChangeState
from mgc_desktop.library.reader import Reader
from mgc_desktop.library.store import Store
from mgc_desktop.library.tags.genre import read_genre
from mgc_desktop.library.tags.write import WriteOptions
from tests import synth
from tests.engines import EngineFactory, rows
from tests.events import Events
from tests.tagging import WRITABLE, enter, planned, strays, tagging, to_write, undone, written


@pytest.fixture(scope="module")
def every_format(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("formats")
    for extension in WRITABLE:
        synth.write_audio(folder / f"song{extension}", synth.song(1.0))
    return folder


@pytest.fixture
def music(every_format: Path, tmp_path: Path) -> list[Path]:
    """Return a file of each format that may be written into."""
    return sorted(Path(shutil.copytree(every_format, tmp_path / "music")).iterdir())


def existing(profile: Profile, tracks: list[int]) -> list[str]:
    with contextlib.closing(Reader(profile.library_file)) as reader:
        return [row.existing_genre for row in reader.rows(tracks)]


def test_from_preview_to_undo_and_back_in_every_format(profile: Profile, events: Events, music: list[Path]) -> None:
    before = {path: path.read_bytes() for path in music}
    tracks = enter(profile, music)
    with tagging(profile, events) as tagger:
        plan = planned(tagger, events, tracks, TagPolicy())
        assert [(row.before, row.after, row.why, row.problem) for row in plan] == [
            ((), ("Metal",), "Metal 90 %", "")
        ] * len(music)
        assert all(row.container and row.state is not None for row in plan)
        ended = written(tagger, events, plan)
        assert (ended.kind, ended.undoes, ended.written, ended.cancelled) == ("write", None, len(music), False)
        assert ended.problems == ()
        assert events.of(TagProgress)[-1].done == len(music)
        assert all(read_genre(str(path)).values == ("Metal",) for path in music)
        assert {track for event in events.of(TracksChanged) for track in event.ids} == set(tracks)
        assert existing(profile, tracks) == ["Metal"] * len(music)
        after = {path: path.read_bytes() for path in music}
    with tagging(profile, Events()):
        pass
    events = Events()
    with tagging(profile, events) as tagger:  # months later
        undo = undone(tagger, events, ended.batch_id)
        assert (undo.kind, undo.undoes, undo.written) == ("undo", ended.batch_id, len(music))
        assert {path: path.read_bytes() for path in music} == before
        assert existing(profile, tracks) == [""] * len(music)
        redo = undone(tagger, events, undo.batch_id)
        assert (redo.undoes, redo.written) == (undo.batch_id, len(music))
        assert {path: path.read_bytes() for path in music} == after
        assert undone(tagger, events, redo.batch_id).written == len(music)
        assert {path: path.read_bytes() for path in music} == before
    assert strays(music[0].parent) == []
    with contextlib.closing(Reader(profile.library_file)) as reader:
        assert [change.state for change in reader.track_changes(tracks[0])] == [ChangeState.DONE] * 4
        assert {row.state for row in reader.rows(tracks)} == {TrackState.DONE}


def test_undo_skips_what_was_changed_since_and_says_so(profile: Profile, events: Events, tmp_path: Path) -> None:
    files = [
        synth.write_audio(tmp_path / f"{name}.flac", synth.song(1.0)) for name in ("same", "title", "genre", "gone")
    ]
    same = files[0].read_bytes()
    tracks = enter(profile, files)
    with tagging(profile, events) as tagger:
        ended = written(tagger, events, to_write(tracks, files, "Metal"))
        for path, key, value in ((files[1], "title", "Daylight"), (files[2], "genre", "Polka")):
            tags = mutagen.flac.FLAC(path)
            tags[key] = value
            tags.save()
        files[3].unlink()
        undo = undone(tagger, events, ended.batch_id)
    assert (undo.written, undo.left + undo.failed) == (2, 2)
    assert files[0].read_bytes() == same
    tags = mutagen.flac.FLAC(files[1])
    assert (tags.get("genre"), tags["title"]) == (None, ["Daylight"])  # its own field alone
    assert read_genre(str(files[2])).values == ("Polka",)
    reasons = {Path(path).stem: sentence for path, sentence in undo.problems}
    assert "Polka" in reasons["genre"]
    assert set(reasons) == {"genre", "gone"}


def test_a_file_that_moved_since_is_undone_where_it_is(profile: Profile, events: Events, tmp_path: Path) -> None:
    file = synth.write_audio(tmp_path / "a.mp3", synth.song(1.0))
    before = file.read_bytes()
    (track,) = enter(profile, [file])
    with tagging(profile, events) as tagger:
        batch = written(tagger, events, to_write([track], [file], "Metal")).batch_id
    moved = file.rename(tmp_path / "b.mp3")
    with contextlib.closing(Store(profile.library_file)) as store:
        store._connection.execute("UPDATE tracks SET path = ?", (str(moved).encode(),))
    events = Events()
    with tagging(profile, events) as tagger:
        assert undone(tagger, events, batch).written == 1
    assert moved.read_bytes() == before


def test_policies_and_several_values(profile: Profile, events: Events, tmp_path: Path) -> None:
    file = synth.write_audio(tmp_path / "a.mp3", synth.song(1.0))
    (track,) = enter(profile, [file])
    with tagging(profile, events) as tagger:
        written(tagger, events, to_write([track], [file], "Rock", "Swing"))
        (row,) = planned(tagger, events, [track], TagPolicy("fill"))
        assert (row.to_do, row.why) == (False, "Has a genre already")
        (row,) = planned(tagger, events, [track], TagPolicy("append", names={"metal": "Heavy Metal"}))
        assert row.after == ("Rock", "Swing", "Heavy Metal")
        assert written(tagger, events, [row]).written == 1
        assert mutagen.id3.ID3(file)["TCON"].text == ["Rock", "Swing", "Heavy Metal"]
        assert existing(profile, [track]) == ["Rock; Swing; Heavy Metal"]
        (row,) = planned(tagger, events, [track], TagPolicy("replace"))
        assert written(tagger, events, [row]).written == 1
        assert read_genre(str(file)).values == ("Metal",)


def test_previews(profile: Profile, events: Events, tmp_path: Path) -> None:
    good = synth.write_audio(tmp_path / "a.mp3", synth.song(1.0))
    placeless = synth.write_audio(tmp_path / "b.mka", synth.song(1.0))
    gone = tmp_path / "c.mp3"
    tracks = enter(profile, [good, placeless, gone])
    with tagging(profile, events) as tagger:
        first, second, third = planned(tagger, events, tracks, TagPolicy())
        assert (first.to_do, second.to_do, third.to_do) == (True, False, False)
        assert "no place" in second.problem
        assert third.problem
        assert planned(tagger, events, [999, tracks[1], tracks[0]], TagPolicy()) == (second, first)
        good.write_bytes(good.read_bytes() + b"more")  # a look that was remembered does not hold
        assert planned(tagger, events, tracks[:1], TagPolicy())[0].state != first.state
        said = len(events.of(TagPlanReady))
        for minimum in (0.1, 0.2, 0.3):
            tagger.preview(tracks, TagPolicy(min_confidence=minimum))
        ready = events.wait(TagPlanReady, said + 1)  # the latest alone, where it comes before the others begin
        assert len(ready.rows) == 3


def test_nothing_to_do_is_no_batch(profile: Profile, events: Events, tmp_path: Path) -> None:
    file = synth.write_audio(tmp_path / "a.mp3", synth.song(1.0))
    tracks = enter(profile, [file], confidence=0.5)
    with tagging(profile, events) as tagger:
        ended = written(tagger, events, planned(tagger, events, tracks, TagPolicy()))
        assert (ended.batch_id, ended.written, ended.cancelled) == (0, 0, False)
        assert undone(tagger, events, 7).batch_id == 0
    with contextlib.closing(Reader(profile.library_file)) as reader:
        assert reader.batches() == []


def test_a_link_stays_a_link(profile: Profile, events: Events, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    file = synth.write_audio(tmp_path / "real" / "a.mp3", synth.song(1.0))
    before = file.read_bytes()
    link = tmp_path / "link.mp3"
    link.symlink_to(file)
    (track,) = enter(profile, [link])
    with tagging(profile, events) as tagger:
        ended = written(tagger, events, planned(tagger, events, [track], TagPolicy()))
        assert ended.written == 1
        assert link.is_symlink()
        assert read_genre(str(file)).values == ("Metal",)
        assert undone(tagger, events, ended.batch_id).written == 1
    assert link.is_symlink()
    assert file.read_bytes() == before


def test_two_names_of_one_file_are_written_once(profile: Profile, events: Events, tmp_path: Path) -> None:
    """The second finds a file that is not what was looked at; nothing is written over what the first wrote."""
    file = synth.write_audio(tmp_path / "a.mp3", synth.song(1.0))
    before = file.read_bytes()
    (tmp_path / "b.mp3").symlink_to(file)
    names = [file, tmp_path / "b.mp3"]
    tracks = enter(profile, names)
    with tagging(profile, events) as tagger:
        plan = [*to_write(tracks[:1], names[:1], "Metal"), *to_write(tracks[1:], names[1:], "Rock")]
        ended = written(tagger, events, plan)
        assert (ended.written, ended.left) == (1, 1)
        (said,) = read_genre(str(file)).values
        assert existing(profile, tracks) in ([said, ""], ["", said])
        assert undone(tagger, events, ended.batch_id).written == 1
    assert file.read_bytes() == before


def test_times_are_kept_where_the_person_wants_it(profile: Profile, events: Events, tmp_path: Path) -> None:
    files = [synth.write_audio(tmp_path / f"{name}.mp3", synth.song(1.0)) for name in "ab"]
    times = [path.stat().st_mtime_ns for path in files]
    tracks = enter(profile, files)
    with tagging(profile, events) as tagger:
        written(tagger, events, to_write(tracks[:1], files[:1], "Metal"), WriteOptions(keep_times=True))
        written(tagger, events, to_write(tracks[1:], files[1:], "Metal"))
    assert [path.stat().st_mtime_ns == time for path, time in zip(files, times, strict=True)] == [True, False]


def test_a_tag_write_causes_no_analysis(engines: EngineFactory, tmp_path: Path) -> None:
    """Neither now nor at the next walk; the row shows what the file says at once."""
    music = tmp_path / "music"
    music.mkdir()
    for name in ("a.mp3", "b.flac"):
        synth.write_audio(music / name, synth.song(6.0))
    with engines() as (engine, events):
        engine.scanner.add([music])
        assert events.wait(ScanFinished).done == 2
        tracks = [row.id for row in rows(engine)]
        verdicts = [(row.kind, row.label, row.confidence) for row in rows(engine)]
        assert {kind for kind, _, _ in verdicts} == {VerdictKind.GENRE}
        engine.tagger.preview(tracks, TagPolicy(min_confidence=0.0))
        plan = events.wait(TagPlanReady).rows
        engine.tagger.write(plan, TagPolicy(), WriteOptions())
        assert events.wait(TagFinished).written == 2
        assert [row.existing_genre for row in rows(engine)] == [row.after[0] for row in plan]
        engine.scanner.add([music])
        again = events.wait(ScanFinished, 2)
        assert (again.done, again.unchanged) == (0, 2)
        assert [(row.kind, row.label, row.confidence) for row in rows(engine)] == verdicts
