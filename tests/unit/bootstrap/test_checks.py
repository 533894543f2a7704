"""`run.py test`: every check runs, what fails in the tests is tried once more, and nothing can hang it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from bootstrap import checks
from bootstrap.base import VENV

TELL = "import sys; print('told', sys.argv[1:])"
ROOT = Path(__file__).resolve().parents[3]

posix = pytest.mark.skipif(os.name != "posix", reason="Windows has no process groups of this kind")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the checks run in a folder of the test's own."""
    monkeypatch.setattr(checks, "venv_program", lambda name: Path(sys.executable))
    monkeypatch.setattr(checks, "ROOT", tmp_path)
    monkeypatch.setattr(checks, "LAST_FAILED", tmp_path / ".pytest_cache" / "v" / "cache" / "lastfailed")
    return tmp_path


def summary(said: str, lines: int) -> list[list[str]]:
    return [line.split()[:2] for line in said.splitlines()[-lines:]]


def test_every_check_runs_whatever_the_first_says(monkeypatch: pytest.MonkeyPatch, capfd) -> None:
    made = (("one", ("-c", "raise SystemExit(3)")), ("two", ("-c", TELL)))
    monkeypatch.setattr(checks, "CHECKS", made)
    monkeypatch.setattr(checks, "WHOLE", (("tests", ("-c", TELL, "a part")), ("more", ("-c", TELL, "the rest"))))
    assert checks.run_checks([]) == 1
    said = capfd.readouterr().out
    assert [line for line in said.splitlines() if line.startswith("told")] == [
        "told []",
        "told ['a part']",
        "told ['the rest']",
    ]
    assert summary(said, 4) == [["one", "FAILED"], ["two", "passed"], ["tests", "passed"], ["more", "passed"]]
    monkeypatch.setattr(checks, "CHECKS", made[1:])
    assert checks.run_checks([]) == 0


def test_options_choose_the_tests_of_one_run(monkeypatch: pytest.MonkeyPatch, capfd) -> None:
    monkeypatch.setattr(checks, "CHECKS", ())
    monkeypatch.setattr(checks, "PYTEST", ("-c", TELL))
    assert checks.run_checks(["-k", "foo"]) == 0
    said = capfd.readouterr().out
    assert "told ['-k', 'foo']" in said
    assert summary(said, 1) == [["pytest", "passed"]]


@pytest.mark.parametrize(("second", "word"), [(0, "passed"), (1, "FAILED")])
def test_what_fails_is_tried_once_more_and_named(
    second: int, word: str, here: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    test = here / "test_twice.py"
    test.write_text(
        "from pathlib import Path\n"
        "def test_other(): pass\n"
        f"def test_once(tmp_path): flag = Path({str(here / 'flag')!r}); before = flag.exists(); flag.touch();"
        f" assert before and not {second}\n"
    )
    words = (*checks.PYTEST, "--rootdir", str(here), "-p", "no:xvfb", str(test))
    monkeypatch.setattr(checks, "CHECKS", ())
    monkeypatch.setattr(checks, "WHOLE", (("tests", words), ("more", ("-c", "pass"))))
    assert checks.run_checks([]) == second
    said = capfd.readouterr().out
    assert "1 failed, 1 passed" in said
    assert "rerun previous 1 failure" in said
    line = said.splitlines()[-2]
    assert line.split()[:2] == ["tests", word]
    assert line.endswith("at the second try")


def test_what_failed_in_an_earlier_run_is_no_second_try(here: Path, capfd) -> None:
    checks.LAST_FAILED.parent.mkdir(parents=True)
    checks.LAST_FAILED.write_text('{"test_gone.py::test_it": true}')
    assert checks.run_tests("tests", ("-c", "raise SystemExit(1)"), 60.0) == (1, "")
    assert "once more" not in capfd.readouterr().out


# What failing tests leave behind, and what is done about it.
LEAKY = """
import subprocess, sys, threading, time
import pytest

def test_leaves_a_thread():
    threading.Thread(target=time.sleep, args=(1000,), name="forgotten").start()
    assert False

def test_leaves_a_process_that_holds_the_output():
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"])
    sys.stdout.write(f"\\nchild {child.pid}\\n")
    assert False

@pytest.fixture
def endless():
    yield
    time.sleep(1000)

def test_is_torn_down_for_ever(endless):
    assert False

def test_comes_after_that():
    pass
"""


@posix
def test_what_failing_tests_leave_behind_keeps_nobody(here: Path) -> None:
    (here / "conftest.py").write_text(
        "from tests.limits import add_options as pytest_addoption\n"
        "from tests.limits import pytest_configure, pytest_runtest_protocol\n"
        "from tests.limits import pytest_runtest_teardown, pytest_unconfigure\n"
    )
    (here / "pytest.ini").write_text(
        f"[pytest]\npythonpath = {ROOT}\ntimeout = 60\nteardown_timeout = 1\nexit_timeout = 2\n"
    )
    (here / "test_leaky.py").write_text(LEAKY)
    code = (
        "import sys; from pathlib import Path; from bootstrap import checks\n"
        f"checks.ROOT, checks.venv_program = Path({str(here)!r}), lambda name: sys.executable\n"
        "print('code', checks.run_check((*checks.PYTEST, '-s', '-p', 'no:xvfb', '-p', 'no:cacheprovider'), 100.0))\n"
    )
    # Through a pipe: whoever reads it waits until all who hold it are gone.
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=90, check=True
    )
    assert "3 failed, 1 passed, 1 error" in done.stdout
    assert "Timeout (>1.0s)" in done.stdout
    assert done.stdout.splitlines()[-1] == "code 1"
    assert "in _shutdown" in done.stderr  # where Python stood when it had to be ended
    (child,) = [int(line.split()[1]) for line in done.stdout.splitlines() if line.startswith("child ")]
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE


@posix
def test_what_does_not_end_is_stopped_and_tells_where_it_stood(monkeypatch: pytest.MonkeyPatch, capfd) -> None:
    code = "import time\ndef stand_still(): time.sleep(1000)\nstand_still()"
    monkeypatch.setattr(checks, "CHECKS", (("one", ("-X", "faulthandler", "-c", code)),))
    monkeypatch.setattr(checks, "WHOLE", ())
    monkeypatch.setattr(checks, "LIMIT_SECONDS", 1.5)
    began = time.monotonic()
    assert checks.run_checks([]) == 1
    assert time.monotonic() - began < 60.0
    said = capfd.readouterr()
    assert "in stand_still" in said.err
    assert said.out.splitlines()[-1].split()[:2] == ["one", "FAILED"]
    assert said.out.endswith("did not end within 0.025 minutes\n")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux alone can promise it")
def test_a_check_ends_with_run_py_even_when_that_is_killed() -> None:
    check = "import os, time; print(os.getpid(), flush=True); time.sleep(1000)"
    code = (
        "import sys; from bootstrap import checks; checks.venv_program = lambda name: sys.executable\n"
        f"checks.run_check(('-c', {check!r}), 100.0)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        assert psutil.pid_exists(pid)
        process.kill()
        assert process.stdout.read() == ""  # whoever still ran would hold it open


def test_compiled_modules_are_kept_though_not_among_the_sources(here: Path) -> None:
    assert checks.check_environment({"HOME": "x", "PYTHONHOME": "y"}) == {"HOME": "x", "PYTHONPATH": str(here)}
    env = checks.check_environment({"PYTHONDONTWRITEBYTECODE": "1"})
    assert "PYTHONDONTWRITEBYTECODE" not in env
    assert Path(env["PYTHONPYCACHEPREFIX"]).parent == VENV
