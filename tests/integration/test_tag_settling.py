"""What the next start makes of a batch that a crash cut off, told by looking at each file."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

import pytest

from mgc_desktop.core.paths import Profile
from mgc_desktop.engine.events import Problem, TracksChanged
from mgc_desktop.library.journal import ChangeRow, ChangeState, NewChange, PendingChange
from mgc_desktop.library.reader import Reader
from mgc_desktop.library.store import Store
from mgc_desktop.library.tags.write import Prepared, WriteOptions, commit, prepare_write
from tests import synth
from tests.events import Events
from tests.tagging import enter, strays, tagging


def changes(profile: Profile) -> dict[str, ChangeRow]:
    with contextlib.closing(Reader(profile.library_file)) as reader:
        return {Path(change.path).stem: change for change in reader.changes(1)}


def pending(number: int, prepared: Prepared) -> PendingChange:
    digests = (prepared.old_digest, prepared.new_digest)
    return PendingChange(
        number, prepared.target, prepared.container, prepared.before, prepared.after, *digests, prepared.patch
    )


@pytest.fixture
def cut_off(profile: Profile, tmp_path: Path) -> Path:
    """Return a folder whose files were being written when the program was killed, each at another moment."""
    music = tmp_path / "music"
    (music / "away").mkdir(parents=True)
    names = ("planned", "half", "old", "new", "other", "gone", "away/away")
    files = [synth.write_audio(music / f"{name}.mp3", synth.song(1.0)) for name in names]
    tracks = enter(profile, files)
    with contextlib.closing(Store(profile.library_file)) as store, store.batch():
        batch = store.journal.begin("write", "window", {})
        new = [NewChange(track, str(path), "", (), ("Metal",)) for track, path in zip(tracks, files, strict=True)]
        numbers = store.journal.plan(batch, new)
        for number, path in zip(numbers[2:], files[2:], strict=True):
            prepared = prepare_write(str(path), ("Metal",), None, WriteOptions())
            store.journal.pend(pending(number, prepared))
            if path.stem in ("new", "other"):
                commit(prepared)
    shutil.copy(files[1], music / ".mgc-0123abcd-half.mp3")
    (music / ".mgc-0123abcd-a file of somebody else.txt").write_text("mine")
    with files[4].open("ab") as file:
        file.write(b"something else")
    files[5].unlink()
    shutil.move(music / "away", tmp_path / "drive that is away")
    return music


def test_each_file_is_told_by_looking_at_it(profile: Profile, events: Events, cut_off: Path) -> None:
    before = {path: path.read_bytes() for path in cut_off.glob("[!.]*.mp3")}
    with tagging(profile, events):
        pass
    found = changes(profile)
    assert {name: change.state for name, change in found.items()} == {
        "planned": ChangeState.LEFT,
        "half": ChangeState.LEFT,
        "old": ChangeState.LEFT,
        "new": ChangeState.DONE,
        "other": ChangeState.FAILED,
        "gone": ChangeState.FAILED,
        "away": ChangeState.PENDING,
    }
    assert all(change.reason for change in found.values() if change.state in (ChangeState.LEFT, ChangeState.FAILED))
    assert {path: path.read_bytes() for path in before} == before  # no music file was touched
    assert [path.name for path in strays(cut_off)] == [".mgc-0123abcd-a file of somebody else.txt"]
    with contextlib.closing(Reader(profile.library_file)) as reader:
        rows = {Path(row.path).stem: row.existing_genre for row in reader.rows(reader.ids())}
        assert (rows["new"], rows["old"]) == ("Metal", "")
        (batch,) = reader.batches()
        assert batch.ended_at is not None
    (told,) = events.of(Problem)
    assert "6 open files" in told.sentence
    assert "2 of them" in told.sentence
    assert [track for event in events.of(TracksChanged) for track in event.ids] == [found["new"].track_id]


def test_a_drive_that_comes_back_is_settled_then(profile: Profile, events: Events, cut_off: Path) -> None:
    with tagging(profile, Events()):
        pass
    with tagging(profile, events):
        pass
    assert changes(profile)["away"].state is ChangeState.PENDING
    assert events.of(Problem) == []  # nothing new is known of it
    shutil.move(cut_off.parent / "drive that is away", cut_off / "away")
    assert strays(cut_off / "away")
    with tagging(profile, events):
        pass
    assert changes(profile)["away"].state is ChangeState.LEFT
    assert strays(cut_off / "away") == []
