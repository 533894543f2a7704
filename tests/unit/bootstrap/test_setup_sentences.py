"""Failures of the installers and of the system, each told in one sentence."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bootstrap import base, packages


@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_no_network_is_recognised_in_what_installers_say(installer: str, tmp_path: Path) -> None:
    nobody = "http://127.0.0.1:9/simple"  # nothing listens there
    command = [sys.executable, "-m", "pip", "download", "--retries", "1", "--index-url", nobody]
    if installer == "uv":
        uv = shutil.which("uv", path=os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", ""))))
        if uv is None:
            pytest.skip("needs uv")
        command = [uv, "--no-cache", "pip", "install", "--target", str(tmp_path), "--default-index", nobody]
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_"))}
    env.update(PIP_CONFIG_FILE=os.devnull, UV_HTTP_RETRIES="0")
    done = subprocess.run([*command, "mgc-no-such-thing"], env=env, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "there is no network" in str(base.known_cause(done.stderr + done.stdout))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_recognised_in_what_installers_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "VENV", tmp_path)
    monkeypatch.setattr(base, "LOG", tmp_path / "setup.log")
    output = base.logged("Filling", [sys.executable, "-c", "open('/dev/full', 'w', buffering=1).write('x\\n')"])
    assert output is not None
    assert "no space left on the disk" in str(base.problem("Filling", output))


def test_an_unknown_failure_shows_the_end_of_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "VENV", tmp_path)
    monkeypatch.setattr(base, "LOG", tmp_path / "setup.log")
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    code = "import sys\nfor i in range(99): print('line', i)\nsys.exit('odd thing')"
    output = base.logged("Trying", [sys.executable, "-c", code])
    text = str(base.problem("Trying", output or ""))
    assert text.splitlines()[0] == f"Trying failed; the end of {tmp_path / 'setup.log'} says why:"
    assert "odd thing" in text
    assert "line 0\n" not in text


def test_too_little_space_is_told_before_anything_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10**10, 10**10, 10**9))
    with pytest.raises(base.Problem, match=r"takes 3 GB of disk space and only 1\.0 GB are free"):
        packages.check_space(base.SPACE_NEEDED)
