"""The two parts of the tests, and what goes from one of their processes to another."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.parts import must_run_alone
from tests.pulse import SoundServer

ROOT = Path(__file__).resolve().parents[2]
ODD = "def test_odd():\n    raise ValueError('\\udcff.wav')\n"
CONFTEST = "from tests.parts import pytest_report_to_serializable\n"


def test_this_one_may_run_beside_others(request: pytest.FixtureRequest) -> None:
    assert not must_run_alone(request.node)


@pytest.mark.alone
def test_this_one_may_not(request: pytest.FixtureRequest) -> None:
    assert must_run_alone(request.node)


def test_sound_has_the_machine_to_itself(request: pytest.FixtureRequest, virtual_microphone: SoundServer) -> None:
    assert must_run_alone(request.node)


def test_a_name_that_is_no_text_can_be_told_by_a_worker(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text(f"[pytest]\npythonpath = {ROOT}\n")
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_odd.py").write_text(ODD)
    words = [sys.executable, "-m", "pytest", "-n", "1", "-p", "no:cacheprovider", "-p", "no:xvfb", str(tmp_path)]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert "1 failed" in done.stdout
    assert r"\udcff.wav" in done.stdout
    assert "INTERNALERROR" not in done.stdout
