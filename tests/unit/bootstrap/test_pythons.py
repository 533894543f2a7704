"""Which Pythons and machines will do, and what is said to the others."""

from __future__ import annotations

import ast
import os
from pathlib import Path

import pytest

from bootstrap import pythons
from tests.checkouts import ROOT


@pytest.mark.parametrize("path", [ROOT / "run.py", *sorted((ROOT / "bootstrap").glob("*.py"))], ids=lambda p: p.name)
def test_an_old_python_can_read_it(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 7))
    imported = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert "__future__" not in imported  # 3.6 has no `annotations` there


@pytest.mark.parametrize(
    ("version", "fits"), [((3, 10), False), ((3, 11), True), ((3, 12), True), ((3, 13), True), ((3, 14), False)]
)
def test_pythons_that_fit(version: tuple[int, int], fits: bool) -> None:
    assert pythons.suits(version) is fits


@pytest.mark.skipif(os.name == "nt", reason="Windows finds Pythons by its launcher")
def test_a_fitting_python_is_asked_and_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, answer in (("python3.11", "exit 127"), ("python3.12", "echo 3 9"), ("python3.13", "echo 3 13")):
        script = tmp_path / name
        script.write_text(f"#!/bin/sh\n{answer}\n")
        script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert pythons.find_python() == [str(tmp_path / "python3.13")]


@pytest.mark.parametrize(
    ("machine", "said"),
    [
        (("Linux", "x86_64", 64, (2, 36)), None),
        (("Linux", "x86_64", 64, (2, 31)), "glibc 2.34"),
        (("Linux", "x86_64", 64, ()), None),
        (("Linux", "i686", 32, (2, 36)), "64-bit"),
        (("Darwin", "x86_64", 64, ()), "Apple silicon"),
        (("Darwin", "arm64", 64, ()), None),
        (("Windows", "AMD64", 64, ()), None),
    ],
)
def test_machines_that_fit(machine: tuple[str, str, int, tuple[int, ...]], said: str | None) -> None:
    sentence = pythons.unfit_machine(*machine)
    assert sentence is None if said is None else said in str(sentence)
