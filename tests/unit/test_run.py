"""run.py: what opens a window, what is said without a display, and what a failure looks like."""

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
    assert set(run.WINDOWLESS) == {*mgc_desktop.__main__._VERBS, *mgc_desktop.__main__._TRAINING}


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
        f"python3 run.py {', '.join(run.WINDOWLESS)}, test\n"
    )
    assert not (checkout / ".venv").exists()  # said at once, not after everything was fetched


def test_help_is_given_before_anything_is_installed(checkout: Path) -> None:
    done = start(checkout, "--help")
    assert done.returncode == 0
    assert "python3 run.py test" in done.stdout
    assert not (checkout / ".venv").exists()


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
