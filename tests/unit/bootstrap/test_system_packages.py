"""What Linux lacks, and who installs it."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

import pytest

from bootstrap import base, system


@pytest.fixture
def apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put an apt-get on the path that notes how it is called; return the note."""
    note = tmp_path / "called"
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "apt-get").write_text(f'#!/bin/sh\necho "$DEBIAN_FRONTEND $*" >> "{note}"\n')
    (tools / "apt-get").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(base, "VENV", tmp_path)
    monkeypatch.setattr(base, "LOG", tmp_path / "setup.log")
    return note


EGL = system.Part("libEGL.so.1", "libegl1", True)
FONTS = system.Part("fonts", "fonts-dejavu-core", False)


@pytest.mark.skipif(os.name == "nt", reason="shell scripts stand in for apt-get")
class TestSystemPackages:
    def test_the_lists_are_fetched_where_there_are_none(self, apt: Path, tmp_path: Path) -> None:
        assert system.apt_install(["libegl1"], [], lists=tmp_path)
        calls = apt.read_text().splitlines()
        assert [call.split()[-1] for call in calls] == ["update", "libegl1"]
        assert all(call.startswith("noninteractive ") for call in calls)
        assert "--no-remove" in calls[1]

    def test_the_lists_are_not_fetched_in_vain(self, apt: Path, tmp_path: Path) -> None:
        (tmp_path / "main_binary-amd64_Packages.lz4").touch()
        assert system.apt_install(["libegl1"], [], lists=tmp_path)
        assert len(apt.read_text().splitlines()) == 1

    def test_without_rights_the_command_is_printed(self, apt: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(system, "missing_parts", lambda use, venv_is_made: [EGL, FONTS])
        monkeypatch.setattr(system, "root_prefix", lambda: None)
        with pytest.raises(base.Problem, match=r"sudo apt-get install libegl1 fonts-dejavu-core$"):
            system.provide_system_parts("window", True)
        assert not apt.exists()

    def test_what_is_only_nicer_stops_nobody(self, apt: Path, monkeypatch: pytest.MonkeyPatch, capfd) -> None:
        monkeypatch.setattr(system, "missing_parts", lambda use, venv_is_made: [FONTS])
        monkeypatch.setattr(system, "root_prefix", lambda: None)
        system.provide_system_parts("window", True)
        assert "sudo apt-get install fonts-dejavu-core" in capfd.readouterr().err

    def test_other_systems_are_told_the_names(self, apt: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(system, "missing_parts", lambda use, venv_is_made: [EGL])
        monkeypatch.setenv("PATH", "")
        with pytest.raises(base.Problem, match=r"This system lacks libEGL\.so\.1"):
            system.provide_system_parts("window", True)


def test_a_missing_venv_module_is_missed_until_there_is_an_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    module = "python{}.{}-venv".format(*sys.version_info[:2])
    assert module in [part.package for part in system.missing_parts("program", venv_is_made=False)]
    assert module not in [part.package for part in system.missing_parts("program", venv_is_made=True)]


def test_libraries_are_tried_by_loading_them(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not system.loads("libmgc-no-such-thing.so.1")
    monkeypatch.setattr(system, "loads", lambda library: library != "libxcb-cursor.so.0")
    assert [part.package for part in system.missing_parts("window", True) if part.needed] == ["libxcb-cursor0"]
    assert not [part for part in system.missing_parts("program", True) if part.needed]
