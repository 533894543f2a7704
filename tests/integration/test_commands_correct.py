"""`mgc-desktop correct`: the library of the window, from a terminal."""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path

import pytest

from mgc_desktop.__main__ import main
from mgc_desktop.core.paths import Profile
from mgc_desktop.core.values import TrackState
from mgc_desktop.engine.writer import Writer
from mgc_desktop.library.reader import Reader
from mgc_desktop.library.store import Store
from tests.events import Events
from tests.library_rows import MODEL, add, result


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """Return a folder with three files that nobody has to hear."""
    folder = tmp_path / "Music"
    folder.mkdir()
    for name in ("a.mp3", "b.mp3", "-c.mp3"):
        (folder / name).write_bytes(b"x" * 1000)
    return folder


def correct(profile: Profile, *words: str | Path) -> int:
    return main(["correct", "--profile", str(profile.data_dir), *map(str, words)])


def corrections(profile: Profile) -> dict[str, str | None]:
    with contextlib.closing(Reader(profile.library_file)) as reader:
        return {os.path.basename(row.path): row.correction for row in reader.rows(reader.ids())}


def test_known_and_unknown_files_are_corrected(
    profile: Profile, music: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with contextlib.closing(Store(profile.library_file)) as store:
        (track,) = add(store, str(music / "a.mp3"))
        store.set_result(track, result(label="jazz"), MODEL)
    assert correct(profile, "Hip Hop", music) == 0
    out, err = capsys.readouterr()
    assert corrections(profile) == {"a.mp3": "hiphop", "b.mp3": "hiphop", "-c.mp3": "hiphop"}  # in the model's spelling
    assert out.splitlines()[0].split() == ["hiphop", str(music / "-c.mp3")]
    assert len(out.splitlines()) == 3
    assert err == "Set hiphop on 3 tracks; 2 tracks new in the library, to be heard when its window opens next.\n"
    with contextlib.closing(Reader(profile.library_file)) as reader:
        assert {row.state for row in reader.rows(reader.ids())} == {TrackState.DONE, TrackState.QUEUED}
    assert correct(profile, "Tango Nuevo", music / "a.mp3") == 0
    assert correct(profile, "tango nuevo", music / "a.mp3", "--", music / "-c.mp3") == 0
    assert "Set Tango Nuevo on 1 track; 1 track had it already." in capsys.readouterr().err
    assert corrections(profile)["-c.mp3"] == "Tango Nuevo"


def test_corrections_are_removed(profile: Profile, music: Path, capsys: pytest.CaptureFixture[str]) -> None:
    correct(profile, "tango", music)
    (music / "b.mp3").unlink()  # what is set can be taken back, though the file is gone
    capsys.readouterr()
    assert correct(profile, "--remove", music / "a.mp3", music / "b.mp3") == 0
    assert corrections(profile) == {"a.mp3": None, "b.mp3": None, "-c.mp3": "tango"}
    out, err = capsys.readouterr()
    assert [line.split("  ")[0] for line in out.splitlines()] == ["taken back", "taken back"]
    assert err == "Took back the genre of 2 tracks.\n"
    assert correct(profile, "--remove", music / "a.mp3") == 0
    assert capsys.readouterr().out.startswith("none was set")


def test_a_link_leads_to_the_track_that_is_known(profile: Profile, music: Path, tmp_path: Path) -> None:
    with contextlib.closing(Store(profile.library_file)) as store:
        add(store, str((music / "a.mp3").resolve()))
    link = tmp_path / "link.mp3"
    link.symlink_to(music / "a.mp3")
    assert correct(profile, "tango", link) == 0
    assert corrections(profile) == {"a.mp3": "tango"}


def test_what_is_not_there_is_named(profile: Profile, music: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert correct(profile, "tango", music / "none.mp3", music / "a.mp3") == 1
    assert "none.mp3 could not be opened" in capsys.readouterr().err
    assert corrections(profile) == {"a.mp3": "tango"}


@pytest.mark.parametrize("words", [["tango"], [" ", "x.mp3"], ["--remove"]])
def test_wrong_usage(profile: Profile, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code = correct(profile, *words)
    except SystemExit as end:  # argparse's own
        code = int(end.code or 0)
    assert code == 2
    assert capsys.readouterr().err.strip()


def test_a_damaged_library_is_a_sentence(profile: Profile, music: Path, capsys: pytest.CaptureFixture[str]) -> None:
    profile.library_file.write_bytes(b"this is no database" * 1000)
    assert correct(profile, "tango", music) == 1
    assert "is damaged" in capsys.readouterr().err


def test_it_may_be_used_while_a_window_writes(profile: Profile, music: Path) -> None:
    """Two writers on one library: nothing of either is lost."""
    events = Events()
    writer = Writer(profile.library_file, events)
    writer.start()
    stop = threading.Event()
    written = 0
    try:
        writer.wait_open(30)
        with contextlib.closing(Store(profile.library_file)) as store:
            tracks = add(store, *(f"/m/{number}.mp3" for number in range(200)))
        for number, name in enumerate(["a.mp3", "b.mp3", "-c.mp3"] * 3):
            for track in tracks:
                writer.mark_missing([track])
                written += 1
            assert correct(profile, f"word {number}", "--", music / name) == 0
        writer.after_all(stop.set)
        assert stop.wait(30)
    finally:
        assert writer.stop()
    assert written == 9 * 200
    kept = corrections(profile)
    assert (kept["a.mp3"], kept["b.mp3"], kept["-c.mp3"]) == ("word 6", "word 7", "word 8")
    with contextlib.closing(Reader(profile.library_file)) as reader:
        assert reader.counts().states == {TrackState.MISSING: 200, TrackState.QUEUED: 3}
    assert not [event for event in events.seen if type(event).__name__ == "Problem"]
