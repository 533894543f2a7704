"""`mgc-desktop classify` as a process, on real files."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from mgc_desktop.core.paths import Profile
from tests import synth
from tests.model_folders import GENRES, trust

ROOT = Path(__file__).resolve().parents[2]
WAIT = 100.0


class Program:
    """Starts the program with one profile, and a tiny model in it."""

    def __init__(self, profile: Path, model: Path) -> None:
        self.profile = profile
        self.model = model

    def command(self, *words: str | Path, model: Path | None = None) -> list[str]:
        options = ["--profile", str(self.profile), "--model", str(model or self.model), "--device", "cpu"]
        return [sys.executable, "-m", "mgc_desktop", "classify", *options, *map(str, words)]

    def run(
        self, *words: str | Path, model: Path | None = None, cwd: Path = ROOT
    ) -> subprocess.CompletedProcess[bytes]:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        command = self.command(*words, model=model)
        return subprocess.run(command, capture_output=True, cwd=cwd, env=environment, timeout=WAIT, check=False)

    def lines(self, done: subprocess.CompletedProcess[bytes]) -> dict[str, dict[str, Any]]:
        """Return the JSON lines by path; fails where standard output holds anything else."""
        said = [json.loads(line) for line in done.stdout.decode("ascii").splitlines()]
        return {entry["path"]: entry for entry in said}


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Program:
    profile = Profile.open(tmp_path_factory.mktemp("classify") / "profile")
    return Program(profile.data_dir, trust(profile, tiny_model))


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("music")
    for name in ("a.wav", "b.mp3", "inner/c.flac", "inner/d.ogg"):
        (folder / name).parent.mkdir(exist_ok=True)
        synth.write_audio(folder / name, synth.song(5.0))
    return folder


def test_json_lines(program: Program, music: Path) -> None:
    done = program.run("--json", music)
    assert (done.returncode, done.stderr) == (0, b"")
    said = program.lines(done)
    assert sorted(said) == sorted(str(music / name) for name in ("a.wav", "b.mp3", "inner/c.flac", "inner/d.ogg"))
    for entry in said.values():
        assert set(entry) == {
            "path", "duration", "verdict", "label", "confidence", "runner_up", "runner_up_confidence", "rival",
            "probabilities", "model", "error",
        }  # fmt: skip
        assert entry["duration"] == pytest.approx(5.0, abs=0.2)
        assert entry["verdict"] == "genre"
        assert tuple(entry["probabilities"]) == GENRES
        assert entry["label"] == max(entry["probabilities"], key=entry["probabilities"].__getitem__)
        assert entry["confidence"] == entry["probabilities"][entry["label"]]
        assert (entry["model"], entry["error"]) == ("tiny", None)


def test_windows_on_demand_and_paths_as_given(program: Program, music: Path) -> None:
    done = program.run("--json", "--windows", "a.wav", "inner", cwd=music)
    said = program.lines(done)
    assert sorted(said) == ["a.wav", os.path.join("inner", "c.flac"), os.path.join("inner", "d.ogg")]
    (window,) = said["a.wav"]["windows"]
    assert window["start"] == 0.0
    assert window["end"] == pytest.approx(5.0, abs=0.1)
    assert sum(window["probabilities"].values()) == pytest.approx(1.0, abs=1e-4)


def test_what_cannot_be_read_has_its_line_and_code_1(program: Program, music: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.mp3").touch()
    (tmp_path / "random.mp3").write_bytes(os.urandom(20_000))
    (tmp_path / "text.wav").write_text("not music at all\n" * 100)
    whole = synth.write_audio(tmp_path / "whole.flac", synth.song(5.0))
    (tmp_path / "cut.flac").write_bytes(whole.read_bytes()[:200])
    done = program.run("--json", tmp_path, music / "gone.wav")
    assert done.returncode == 1
    said = program.lines(done)
    kinds = {Path(path).name: entry["verdict"] for path, entry in said.items()}
    assert kinds == {
        "empty.mp3": "error",
        "random.mp3": "error",
        "text.wav": "error",
        "cut.flac": "error",
        "gone.wav": "error",
        "whole.flac": "genre",
    }
    for entry in said.values():
        assert (entry["verdict"] == "error") == bool(entry["error"])
    assert b"Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="such names are not allowed there")
def test_any_name_is_one_valid_line(program: Program, tmp_path: Path) -> None:
    names = ["new\nline.wav", "-dash.wav", "Käse 夜曲 🎷.wav", "quote\"'.wav", "n" * 246 + ".wav", "\udcff\udcfe.wav"]
    samples = synth.song(2.0)
    for name in names:
        synth.write_audio(tmp_path / name, samples)
    done = program.run("--json", ".", cwd=tmp_path)
    assert done.returncode == 0
    assert sorted(program.lines(done)) == sorted(f"./{name}" for name in names)
    done = program.run("--json", "--", "-dash.wav", cwd=tmp_path)
    assert list(program.lines(done)) == ["-dash.wav"]
    done = program.run(".", cwd=tmp_path)
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == len(names)


def test_a_table_to_read(program: Program, music: Path) -> None:
    done = program.run(music / "a.wav", music / "gone.wav")
    assert done.returncode == 1
    text = done.stdout.decode()
    assert "not readable" in text
    assert f"0:05  {music / 'a.wav'}" in text
    assert "could not be opened" in text


def test_csv(program: Program, music: Path, tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    done = program.run("--csv", table, music)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    with table.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 4
    assert {row["verdict"] for row in rows} == {"genre"}
    assert set(GENRES) <= set(rows[0])
    on_stdout = program.run("--csv", "-", music / "a.wav")
    assert on_stdout.stdout.startswith(b"path,duration,verdict,")


def test_a_csv_that_cannot_be_written_is_code_2(program: Program, music: Path, tmp_path: Path) -> None:
    done = program.run("--csv", tmp_path / "no" / "such" / "t.csv", music)
    assert done.returncode == 2
    assert b"could not be written" in done.stderr


def test_an_empty_folder_is_a_sentence_and_no_failure(program: Program, tmp_path: Path) -> None:
    done = program.run("--json", tmp_path)
    assert (done.returncode, done.stdout) == (0, b"")
    assert done.stderr.decode().strip() == f"There is no audio file in {tmp_path}: choose a folder with music in it."


def _altered(folder: Path) -> None:
    with (folder / "model.pt").open("r+b") as stream:
        stream.seek(1000)
        stream.write(b"\0\1\2\3")


def _truncated(folder: Path) -> None:
    os.truncate(folder / "model.pt", 1000)


def _other_format(folder: Path) -> None:
    said = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps({**said, "format": 99}))


def _gone(folder: Path) -> None:
    (folder / "model.pt").unlink()


@pytest.mark.parametrize("damage", [_altered, _truncated, _other_format, _gone])
def test_a_damaged_model_is_a_sentence_and_code_2(
    program: Program, music: Path, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    import shutil

    model = shutil.copytree(program.model, tmp_path / "damaged")
    damage(model)
    done = program.run("--json", music, model=model)
    assert (done.returncode, done.stdout) == (2, b"")
    assert str(model) in done.stderr.decode()
    assert b"Traceback" not in done.stderr


def test_a_model_from_elsewhere_is_not_run(program: Program, music: Path, two_models: Path) -> None:
    done = program.run("--json", music, model=two_models / "two")
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"was not made on this computer" in done.stderr


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupt_keeps_what_was_done_and_leaves_no_process(
    program: Program, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    first = synth.write_audio(tmp_path / "000.mp3", synth.song(60.0))
    for index in range(1, 60):
        os.link(first, tmp_path / f"{index:03}.mp3")
    command = program.command("--json", tmp_path)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, start_new_session=True
    ) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["verdict"] == "genre"
        children = psutil.Process(process.pid).children(recursive=True)
        assert children
        if number == signal.SIGINT:
            os.killpg(process.pid, number)  # a terminal's Ctrl-C goes to the decoders too
        else:
            process.send_signal(number)
        out, err = process.communicate(timeout=WAIT)
    assert process.returncode == code
    assert b"Traceback" not in err
    for line in out.splitlines():
        assert json.loads(line)["verdict"] == "genre"
    deadline = time.monotonic() + 5.0
    while any(child.is_running() for child in children) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not [child for child in children if child.is_running()]


@pytest.mark.skipif(os.name != "posix", reason="POSIX pipes")
def test_a_reader_that_leaves_is_no_traceback(program: Program, tmp_path: Path) -> None:
    first = synth.write_audio(tmp_path / "000.wav", synth.song(3.0))
    for index in range(1, 30):
        os.link(first, tmp_path / f"{index:03}.wav")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = program.command("--json", tmp_path)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read()
        assert process.wait(timeout=WAIT) == 141
    assert err == b""


def test_every_format_there_is(program: Program, real_formats: Path) -> None:
    done = program.run("--json", real_formats)
    said = {Path(path).name: entry for path, entry in program.lines(done).items()}
    unreadable = {"empty.mp3", "text_named.mp3", "id3_tag_only.mp3", "too_short_0_4s.mp3"}
    assert {name for name, entry in said.items() if entry["verdict"] == "error"} <= unreadable
    assert said["digital_silence.flac"]["verdict"] == "silence"
    assert done.returncode == 1
    assert len(said) >= 48
