"""`mgc-desktop tag`, `history` and `undo` as processes, on real files."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from mgc_desktop.__main__ import main
from mgc_desktop.core.paths import Profile
from mgc_desktop.engine.events import TagFinished
from mgc_desktop.library.journal import ChangeState
from mgc_desktop.library.reader import Reader
from mgc_desktop.library.tags.genre import read_genre
from tests import synth
from tests.events import Events
from tests.model_folders import trust
from tests.tagging import enter, strays, tagging, to_write, written

ROOT = Path(__file__).resolve().parents[2]
WAIT = 100.0


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """Return a folder with music without genres, and a file that is none."""
    folder = tmp_path / "music"
    (folder / "inner").mkdir(parents=True)
    for name in ("a.wav", "b.mp3", "inner/c.flac"):
        synth.write_audio(folder / name, synth.song(5.0))
    (folder / "text.mp3").write_text("no music\n" * 1000)
    return folder


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def command(profile: Profile, *words: str | Path) -> list[str]:
    return [sys.executable, "-m", "mgc_desktop", *map(str, words), "--profile", str(profile.data_dir)]


def run(profile: Profile, *words: str | Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        command(profile, *words), capture_output=True, cwd=ROOT, env=environment(), timeout=WAIT, check=False
    )


def here(capsys: pytest.CaptureFixture[str], profile: Profile, *words: str | Path, code: int = 0) -> str:
    """Run a command in this process, and return what it writes to standard output."""
    capsys.readouterr()
    assert main([*map(str, words), "--profile", str(profile.data_dir)]) == code
    return capsys.readouterr().out


def lines(done: subprocess.CompletedProcess[bytes]) -> dict[str, dict[str, Any]]:
    """Return the JSON lines by file name; fails where standard output holds anything else."""
    said = [json.loads(line) for line in done.stdout.decode("ascii").splitlines()]
    return {Path(entry["path"]).name: entry for entry in said}


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_tagging_and_taking_it_back(
    profile: Profile, music: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options: list[str | Path] = ["--model", trust(profile, tiny_model), "--device", "cpu", "--min-confidence", "0"]
    before = contents(music)
    stat = (music / "a.wav").stat()

    dry = here(capsys, profile, "tag", music, "--dry-run", *options, code=1)  # one of them is no music
    assert contents(music) == before
    assert (music / "a.wav").stat().st_mtime_ns == stat.st_mtime_ns
    said = {Path(entry["path"]).name: entry for entry in map(json.loads, dry.splitlines())}
    genre = said["a.wav"]["after"]
    assert len(genre) == 1
    assert {name: (entry["before"], entry["state"]) for name, entry in said.items()} == {
        "a.wav": ([], "planned"),
        "b.mp3": ([], "planned"),
        "c.flac": ([], "planned"),
        "text.mp3": ([], "failed"),
    }
    assert genre[0].lower() in said["a.wav"]["why"].lower()
    assert said["text.mp3"]["error"]
    assert here(capsys, profile, "history", "--json") == ""

    names = music.parent / "names.json"
    label = json.loads(json.dumps(genre[0].lower().replace("-", "")))
    names.write_text(json.dumps({label: "My Own Word"}))
    wrote = run(profile, "tag", music, "--write", "--map", names, *options)
    assert wrote.returncode == 1
    said = lines(wrote)
    assert (said["a.wav"]["before"], said["a.wav"]["after"]) == ([], ["My Own Word"])
    assert [said[name]["state"] for name in ("a.wav", "b.mp3", "c.flac")] == ["written"] * 3
    for name in ("a.wav", "inner/c.flac"):
        assert list(read_genre(str(music / name)).values) == said[Path(name).name]["after"]
    assert strays(music) == []

    (batch,) = (json.loads(line) for line in here(capsys, profile, "history", "--json").splitlines())
    assert (batch["batch"], batch["kind"], batch["origin"], batch["written"]) == (1, "write", "command line", 3)
    assert batch["policy"]["names"] == {label: "My Own Word"}
    assert batch["ended"] is not None
    listed = [json.loads(line) for line in here(capsys, profile, "history", "--json", "1").splitlines()]
    assert [entry["after"] for entry in listed] == [said[Path(entry["path"]).name]["after"] for entry in listed]

    undone = run(profile, "undo", "1", "--json")
    assert undone.returncode == 0, undone.stderr
    assert lines(undone)["a.wav"]["after"] == []
    assert contents(music) == before
    assert here(capsys, profile, "undo", "1", code=2) == ""
    assert "(empty) -> My Own Word" in here(capsys, profile, "undo", "2")  # undoing an undo
    assert read_genre(str(music / "a.wav")).values == ("My Own Word",)


def test_wrong_usage_is_code_2(profile: Profile, music: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def code(*words: str | Path) -> int:
        try:
            return main([*map(str, words), "--profile", str(profile.data_dir)])
        except SystemExit as end:  # argparse's own
            return int(end.code or 0)

    broken = music.parent / "names.csv"
    broken.write_text("one,two,three\n")
    assert code("tag", music) == 2  # neither --dry-run nor --write
    assert code("tag", music, "--dry-run", "--write") == 2
    assert code("tag", music, "--dry-run", "--policy", "guess") == 2
    assert code("tag", music, "--dry-run", "--min-confidence", "70") == 2
    assert code("tag", music, "--dry-run", "--map", broken) == 2
    assert code("tag", music, "--dry-run", "--map", music.parent / "none.csv") == 2
    assert code("history", "3") == 2
    assert code("undo", "3") == 2
    assert code("history") == 0
    assert "There is no batch 3" in capsys.readouterr().err


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
@pytest.mark.parametrize(
    ("number", "code"),
    [
        (signal.SIGINT, 130),
        pytest.param(signal.SIGTERM, 143, marks=pytest.mark.slow),
    ],
)
def test_an_interrupt_stops_between_files(profile: Profile, tmp_path: Path, number: signal.Signals, code: int) -> None:
    """The files that were written stay so, the others are as they were, and the journal says which is which."""
    folder = tmp_path / "music"
    folder.mkdir()
    first = synth.write_audio(folder / "000.mp3", synth.song(30.0))
    files = [first, *(Path(shutil.copy(first, folder / f"{index:03}.mp3")) for index in range(1, 300))]
    events = Events()
    tracks = enter(profile, files)
    with tagging(profile, events) as tagger:
        assert written(tagger, events, to_write(tracks, files, "Metal")).written == 300
    before = files[0].read_bytes()
    words = command(profile, "undo", "1", "--json")
    with subprocess.Popen(
        words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(), start_new_session=True
    ) as process:
        deadline = time.monotonic() + WAIT
        while files[-1].read_bytes() == before and time.monotonic() < deadline:  # the latest is undone first
            time.sleep(0.01)
        children = psutil.Process(process.pid).children(recursive=True)
        if number == signal.SIGINT:
            os.killpg(process.pid, number)  # a terminal's Ctrl-C goes to its processes too
        else:
            process.send_signal(number)
        out, err = process.communicate(timeout=WAIT)
    assert process.returncode == code, err
    assert b"Traceback" not in err
    states = {entry["path"]: entry["state"] for entry in map(json.loads, out.splitlines())}
    assert set(states.values()) == {"written", "left"}
    for path in files:
        assert read_genre(str(path)).values == (() if states[str(path)] == "written" else ("Metal",))
    assert strays(folder) == []
    with contextlib.closing(Reader(profile.library_file)) as reader:
        batch = reader.batches()[0]
        assert batch.ended_at is not None
        assert {change.state for change in reader.changes(batch.id)} == {ChangeState.DONE, ChangeState.LEFT}
    gone = time.monotonic() + 5.0
    while any(child.is_running() for child in children) and time.monotonic() < gone:
        time.sleep(0.05)
    assert not [child for child in children if child.is_running()]


def test_a_window_and_a_command_share_the_journal(
    profile: Profile, music: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was written in the window is listed and undone by the commands, and the window's rows follow."""
    events = Events()
    paths = [music / "a.wav", music / "b.mp3"]
    tracks = enter(profile, paths)
    with tagging(profile, events) as tagger:
        ended: TagFinished = written(tagger, events, to_write(tracks, paths, "Metal"))
        with contextlib.closing(Reader(profile.library_file)) as reader:
            assert [row.existing_genre for row in reader.rows(tracks)] == ["Metal", "Metal"]
            undone = run(profile, "undo", str(ended.batch_id))  # while the window is open
            assert undone.returncode == 0, undone.stderr
            assert [row.existing_genre for row in reader.rows(tracks)] == ["", ""]
            assert reader.batches()[1].undone_by == 2
    text = here(capsys, profile, "history")
    assert "undo of 1" in text
    assert "2 written  (undone by 2)" in text
