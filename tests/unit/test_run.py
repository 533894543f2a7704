"""run.py: what opens a window, what is said without a display, and the checks."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import mgc_desktop.__main__
import run
from bootstrap import environment, pythons
from tests.checkouts import copy_setup, start

PROBLEM_EXIT = 1


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    return copy_setup(tmp_path / "check out")


@pytest.mark.parametrize(
    ("words", "window"),
    [
        ([], True),
        (["music"], True),
        (["--listen"], True),
        (["classify", "music"], False),
        (["--profile", "here", "doctor"], False),
        (["--help"], False),
        (["--version"], False),
    ],
)
def test_what_opens_a_window(words: list[str], window: bool) -> None:
    assert run.wants_window(words) is window


def test_the_verbs_without_a_window_are_those_of_the_program() -> None:
    assert set(run.WINDOWLESS) == set(mgc_desktop.__main__._VERBS)


@pytest.mark.parametrize(
    ("platform", "environ", "expected"),
    [
        ("linux", {}, False),
        ("linux", {"DISPLAY": ""}, False),
        ("linux", {"DISPLAY": ":0"}, True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
        ("linux", {"QT_QPA_PLATFORM": "offscreen"}, True),
        ("darwin", {}, True),
        ("win32", {}, True),
    ],
)
def test_displays(platform: str, environ: dict[str, str], expected: bool) -> None:
    assert run.has_display(platform, environ) is expected


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux can lack a display")
def test_without_a_display_the_commands_that_need_none_are_named(checkout: Path) -> None:
    done = start(checkout)
    assert done.returncode == PROBLEM_EXIT
    assert done.stderr == (
        "run.py: There is no display to open a window on; these need none: "
        "python3 run.py classify, train, evaluate, devices, doctor, test\n"
    )
    assert not (checkout / ".venv").exists()  # said at once, not after everything was fetched


def test_help_is_given_before_anything_is_installed(checkout: Path) -> None:
    done = start(checkout, "--help")
    assert done.returncode == 0
    assert "python3 run.py test" in done.stdout
    assert not (checkout / ".venv").exists()


def test_every_check_runs_whatever_the_first_says(monkeypatch: pytest.MonkeyPatch, capfd) -> None:
    tell = "import sys; print('told', sys.argv[1:])"
    checks = (("one", ("-c", "raise SystemExit(3)")), ("two", ("-c", tell)), ("pytest", ("-c", tell)))
    monkeypatch.setattr(run, "CHECKS", checks)
    monkeypatch.setattr(environment, "venv_program", lambda name: Path(sys.executable))
    assert run.run_checks(["-k", "foo"]) == 1
    said = capfd.readouterr().out
    assert "told []" in said
    assert "told ['-k', 'foo']" in said
    summary = [line.split()[:2] for line in said.splitlines()[-3:]]
    assert summary == [["one", "FAILED"], ["two", "passed"], ["pytest", "passed"]]
    monkeypatch.setattr(run, "CHECKS", checks[1:])
    assert run.run_checks([]) == 0


@pytest.mark.parametrize(("second", "word"), [(0, "passed"), (1, "FAILED")])
def test_what_fails_is_tried_once_more_and_named(
    second: int, word: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    code = f"import sys; raise SystemExit({second} if '--last-failed' in sys.argv else 1)"
    monkeypatch.setattr(run, "CHECKS", (("pytest", ("-c", code)),))
    monkeypatch.setattr(environment, "venv_program", lambda name: Path(sys.executable))
    assert run.run_checks([]) == second
    last = capfd.readouterr().out.splitlines()[-1]
    assert last.split()[:2] == ["pytest", word]
    assert last.endswith("at the second try")


def test_a_wrong_python_is_told_in_one_sentence(checkout: Path, monkeypatch: pytest.MonkeyPatch, capfd) -> None:
    monkeypatch.setattr(environment, "VENV", checkout / ".venv")
    monkeypatch.setattr(sys, "version_info", (3, 9, 2, "final", 0))
    monkeypatch.setattr(pythons, "find_python", lambda: None)
    assert run.main(["classify", "music"]) == PROBLEM_EXIT
    assert capfd.readouterr().err == (
        "run.py: Python 3.11 to 3.13 is needed and this is 3.9: install one of them and start again\n"
    )
    assert not (checkout / ".venv").exists()


def test_an_error_of_the_system_is_no_traceback(monkeypatch: pytest.MonkeyPatch, capfd) -> None:
    def fail(use: str) -> bool:
        raise PermissionError(13, "Permission denied", "/somewhere/.venv")

    monkeypatch.setattr(environment, "is_ready", fail)
    assert run.main(["doctor"]) == PROBLEM_EXIT
    said = capfd.readouterr().err
    assert said.count("\n") == 1
    assert "Permission denied: '/somewhere/.venv'" in said
