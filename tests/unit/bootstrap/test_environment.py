"""The state of .venv: what is ready, what is noticed, and who waits for whom."""

from __future__ import annotations

import re
import subprocess
import sys
import time
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

from bootstrap import base, environment
from tests.checkouts import copy_setup, start


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    return copy_setup(tmp_path / "check out")


@pytest.fixture
def place(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let `bootstrap.environment` work in `checkout`, which has a real .venv (without pip)."""
    folder = checkout / ".venv"
    venv.create(folder, with_pip=False)
    monkeypatch.setattr(environment, "ROOT", checkout)
    monkeypatch.setattr(environment, "VENV", folder)
    monkeypatch.setattr(environment, "STATE", folder / "setup.json")
    monkeypatch.setattr(environment, "UNFINISHED", folder / "setup-unfinished")
    return checkout


def test_the_second_start_is_quick_and_needs_no_installer(place: Path) -> None:
    environment.write_state("program")
    begun = time.monotonic()
    done = start(place, "classify", "a song.wav", "--json", PIP_NO_INDEX="1")
    seconds = time.monotonic() - begun
    # The arguments and the current folder are the caller's; the Python is that of .venv, which has neither pip nor uv.
    assert done.stdout.split("\n")[0] == f"{['classify', 'a song.wav', '--json']} {place.parent} {place / '.venv'}"
    assert (done.returncode, done.stderr) == (0, "")
    assert seconds < 2.0


def test_ready_after_and_only_for_what_was_set_up(place: Path) -> None:
    assert not environment.is_ready("program")
    environment.write_state("program")
    assert environment.is_ready("program")
    assert not environment.is_ready("window")
    environment.write_state("test")
    assert all(environment.is_ready(use) for use in ("program", "window", "test"))


def test_a_changed_lock_is_noticed_by_those_who_need_it(place: Path) -> None:
    environment.write_state("test")
    with (place / base.TEST_LOCK).open("a") as lock:
        lock.write("# changed\n")
    assert environment.is_ready("window")
    assert not environment.is_ready("test")
    with (place / base.PROGRAM_LOCK).open("a") as lock:
        lock.write("# changed\n")
    assert not environment.is_ready("window")


def _lose_python(place: Path) -> None:
    environment.venv_program("python").unlink()


def _interrupt(place: Path) -> None:
    environment.UNFINISHED.touch()


def _damage_state(place: Path) -> None:
    environment.STATE.write_text("{half")


def _other_python(place: Path) -> None:
    config = place / ".venv" / "pyvenv.cfg"
    config.write_text(re.sub(r"^version.*", "version = 3.9.2", config.read_text(), flags=re.MULTILINE))


@pytest.mark.parametrize("harm", [_lose_python, _interrupt, _damage_state, _other_python])
def test_what_is_broken_is_not_ready(place: Path, harm: Callable[[Path], None]) -> None:
    environment.write_state("test")
    harm(place)
    assert not environment.is_ready("test")


def test_two_first_starts_wait_for_each_other(checkout: Path) -> None:
    pytest.importorskip("fcntl")
    code = "from bootstrap.environment import one_at_a_time\nwith one_at_a_time(): input('mine')"
    pipe = subprocess.PIPE
    command = [sys.executable, "-u", "-c", code]
    with subprocess.Popen(command, cwd=checkout, stdin=pipe, stdout=pipe) as first:
        assert first.stdout is not None
        assert first.stdout.read(4) == b"mine"  # and holds on until it is answered
        with subprocess.Popen(command, cwd=checkout, stdin=pipe, stdout=pipe, stderr=pipe) as second:
            assert second.stderr is not None
            assert b"waiting" in second.stderr.readline()
            assert second.poll() is None
            first.communicate(b"\n", timeout=10)
            assert second.communicate(b"\n", timeout=10)[0] == b"mine"
