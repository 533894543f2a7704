"""`mgc-desktop listen` as a process: a microphone in, JSON lines out, and an exit code that says how it went."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from _pytest.capture import CaptureResult

from mgc_desktop.__main__ import main
from mgc_desktop.core.paths import Profile
from tests import synth
from tests.model_folders import trust
from tests.pulse import RATE, SoundServer

ROOT = Path(__file__).resolve().parents[2]
WAIT = 100.0  # s

pytestmark = pytest.mark.skipif(os.name != "posix", reason="POSIX signals")


@contextmanager
def listening(profile: Profile, model: Path, *words: str | Path) -> Iterator[subprocess.Popen[str]]:
    options = ["--profile", profile.data_dir, "--model", trust(profile, model), "--compute", "cpu", *words]
    command = [sys.executable, "-m", "mgc_desktop", "listen", *map(str, options)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            yield process
        finally:
            process.kill()


def test_json_until_ctrl_c(profile: Profile, tiny_model: Path, virtual_microphone: SoundServer) -> None:
    virtual_microphone.add_sink("Second")
    virtual_microphone.play(synth.song(60.0, RATE), "Second")
    with listening(profile, tiny_model, "--device", "of Second", "--json") as process:
        assert process.stdout is not None
        verdicts = [json.loads(process.stdout.readline()) for _ in range(2)]
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=WAIT)
    assert process.returncode == 130, err
    verdicts += [json.loads(line) for line in out.splitlines()]
    news = [json.loads(line) for line in err.splitlines()]  # no word besides, and no traceback
    running = next(one for one in news if one.get("state") == "running")
    assert (running["device"], running["sample_rate"], running["channels"]) == ("Monitor of Second", RATE, 2)
    assert any(one["event"] == "model" and one["name"] == "tiny" for one in news)
    assert [one["time"] for one in verdicts] == sorted(one["time"] for one in verdicts)
    for one in verdicts:
        assert one["verdict"] == "genre"
        assert sum(one["probabilities"].values()) == pytest.approx(1.0, abs=1e-3)
        assert one["confidence"] == one["probabilities"][one["label"]]
        assert one["raw"].keys() == one["probabilities"].keys()
        assert one["seconds"] >= 3.0
        assert -60 < one["level_dbfs"] < 0
        assert one["inference_ms"] > 0
        assert one["latency_ms"] > 0
        assert one["hop_seconds"] >= 0.5
        assert one["overruns"] == 0
    assert virtual_microphone.pactl("list", "short", "source-outputs").stdout == ""


@pytest.mark.slow
def test_a_sound_server_that_dies_leaves_nothing_but_json(
    profile: Profile, tiny_model: Path, virtual_microphone: SoundServer
) -> None:
    virtual_microphone.play(synth.song(60.0, RATE))
    with listening(profile, tiny_model, "--json") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()  # a verdict: it listens
        virtual_microphone.kill()
        news: list[dict[str, Any]] = []
        while not news or news[-1].get("state") != "waiting":
            news.append(json.loads(process.stderr.readline()))
        time.sleep(2.0)  # in which it looks for the input again
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=WAIT)
    assert process.returncode == 130, err
    assert all(json.loads(line)["event"] for line in err.splitlines())
    assert "A library says" in profile.log_file.read_text("utf-8")  # ALSA and PortAudio did complain


# In this process: what is asked of the arguments, the output and the exit code is the same.


def listen(profile: Profile, model: Path, *words: str | Path) -> int:
    options = ["--profile", profile.data_dir, "--model", trust(profile, model), "--compute", "cpu", *words]
    return main(["listen", *map(str, options)])


def told(captured: CaptureResult[str]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    out, err = captured.out.splitlines(), captured.err.splitlines()
    return [json.loads(line) for line in out], [json.loads(line) for line in err]


def test_the_seconds_are_over(
    profile: Profile, tiny_model: Path, no_sound_server: None, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    song = synth.write_audio(tmp_path / "song.wav", synth.song(90.0))
    began = time.monotonic()
    assert listen(profile, tiny_model, "--file", song, "--seconds", "0.5") == 0
    assert 0.5 < time.monotonic() - began < 60.0
    news = capfd.readouterr().err
    assert "Listening to song.wav (" in news
    assert "song.wav runs without sound because" in news


@pytest.mark.slow
def test_a_file_is_listened_to_without_any_sound_card(
    profile: Profile, tiny_model: Path, no_sound_server: None, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    song = synth.write_audio(tmp_path / "song.flac", synth.song(4.5))
    assert listen(profile, tiny_model, "--file", song, "--json") == 0
    verdicts, news = told(capfd.readouterr())
    assert verdicts
    assert verdicts[-1]["time"] <= 4.6
    states = [one["state"] for one in news if one["event"] == "state"]
    assert (states[0], states[-1]) == ("starting", "stopped")
    assert [one["kind"] for one in news if one["event"] == "warning"] == ["unheard"]


def test_what_cannot_be_heard_is_code_1(
    profile: Profile, tiny_model: Path, no_sound_server: None, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    for words in (["--device", "Studio microphone"], ["--file", str(tmp_path / "no such song.mp3")]):
        assert listen(profile, tiny_model, *words, "--json") == 1
        verdicts, news = told(capfd.readouterr())
        assert verdicts == []
        failed = next(one for one in news if one.get("state") == "failed")
        assert failed["sentence"].endswith(".")


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["--seconds", "0"], "--seconds"),
        (["--seconds", "nan"], "--seconds"),
        (["--channel", "0"], "--channel"),
        (["--file", "song.flac", "--device", "Yeti"], "--file"),
    ],
)
def test_wrong_usage_is_code_2(
    words: list[str], part: str, profile: Profile, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["listen", "--profile", str(profile.data_dir), *words]) == 2
    assert part in capfd.readouterr().err


def test_no_model_is_code_2(profile: Profile, virtual_microphone: SoundServer, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mgc_desktop", "listen", "--profile", str(profile.data_dir)]
    command += ["--model", str(tmp_path / "no model"), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=WAIT, check=False)
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
