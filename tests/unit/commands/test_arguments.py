"""The command line: what goes where, and what is refused."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from mgc_desktop import __main__ as program
from mgc_desktop.__main__ import parse
from training.__main__ import VERBS


def test_the_window_is_what_no_verb_means() -> None:
    run, args = parse(["music/", "--listen", "Yeti", "--model", "m", "--device", "cpu", "--profile", "p"])
    assert run is program._window
    assert (args.paths, args.listen, args.model, args.device, args.profile) == (["music/"], "Yeti", "m", "cpu", "p")
    _, bare = parse([])
    assert (bare.paths, bare.listen, bare.model, bare.device) == ([], None, None, "auto")
    assert parse(["--listen"])[1].listen == ""


def test_a_verb_is_found_behind_the_profile() -> None:
    for words in (
        ["--profile", "p", "classify", "a"],
        ["--profile=p", "classify", "a"],
        ["classify", "a", "--profile", "p"],
    ):
        run, args = parse(words)
        assert run is program._classify
        assert (args.profile, args.paths) == ("p", ["a"])


def test_names_with_a_leading_dash() -> None:
    assert parse(["classify", "--json", "--", "-a.wav", "--b.wav"])[1].paths == ["-a.wav", "--b.wav"]


def test_training_words_go_on_as_given() -> None:
    words = ["train", "data", "--out", "o", "--system", "crnn", "--epochs", "3", "--lr", "0.01", "--resume"]
    run, args = parse(words)
    assert run is program._training
    assert (args.verb, args.words) == ("train", words[1:])
    run, args = parse(["--profile", "p", "evaluate", "m", "data", "--split", "test", "--json"])
    assert run is program._training
    assert (args.verb, args.words) == ("evaluate", ["--profile", "p", "m", "data", "--split", "test", "--json"])


def test_each_verb_of_training_is_one_of_the_program() -> None:
    assert set(program._TRAINING) == set(VERBS)
    assert all(f"  {verb} " in program._EPILOG for verb in VERBS)


@pytest.mark.parametrize(
    "words",
    [
        ["classify"],
        ["classify", "a", "--frobnicate"],
        ["classify", "a", "--json", "--csv", "t.csv"],
        ["classify", "a", "--device", "abacus"],
        ["devices", "x"],
        ["--frobnicate"],
    ],
)
def test_wrong_usage_is_code_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        parse(words)
    assert stop.value.code == 2
    assert "usage: mgc-desktop" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["train", "data"], ["evaluate"], ["rebuild", "m"]])
def test_wrong_usage_of_training_is_code_2_too(words: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    assert program.main(words) == 2
    assert f"usage: mgc-desktop {words[0]}" in capfd.readouterr().err


@pytest.mark.parametrize("verb", VERBS)
def test_help_of_a_verb_of_training(verb: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert program.main([verb, "--help"]) == 0
    assert f"usage: mgc-desktop {verb}" in capfd.readouterr().out


@pytest.mark.parametrize("verb", [[], ["classify"], ["devices"], ["doctor"]])
def test_help_is_quick_and_imports_nothing_heavy(verb: list[str]) -> None:
    code = (
        "import sys\nfrom mgc_desktop.__main__ import parse\n"
        "try:\n    parse(sys.argv[1:])\nexcept SystemExit as stop:\n    assert stop.code == 0\n"
        "names = {'numpy', 'torch', 'PySide6', 'av', 'soundfile', 'sounddevice', 'rich', 'sqlite3'}\n"
        "heavy = names & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    took = []
    for _ in range(3):
        began = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", code, *verb, "--help"], capture_output=True, text=True, check=False
        )
        took.append(time.perf_counter() - began)
        assert done.returncode == 0, done.stderr
        assert "usage: mgc-desktop" in done.stdout
    assert min(took) < 0.3


def test_version() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mgc_desktop", "--version"], capture_output=True, text=True, check=True, env=os.environ
    )
    assert done.stdout.startswith("mgc-desktop ")
