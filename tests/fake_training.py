"""A process in the place of the training program: it says what a test wants, and keeps the words it was given."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

_PROGRAM = """
import json, pathlib, signal, sys, time
here = pathlib.Path(__file__).parent
plan = json.loads((here / "plan.json").read_text("utf-8"))
(here / "words.json").write_text(json.dumps(sys.argv[1:]), "utf-8")
said = []
signal.signal(signal.SIGTERM, lambda *_: said.append(1))
for line in plan["lines"]:
    print(line if isinstance(line, str) else json.dumps(line), flush=True)
while plan["waits"] and not said:
    time.sleep(0.02)
if said:
    print(json.dumps({"event": "cancelled", "resumable": True}), flush=True)
sys.exit(130 if said else plan["code"])
"""


class FakeTraining:
    """The program in a folder of its own; `plan` what it does, `words` what it was given."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True)
        self.program = folder / "program.py"
        self.program.write_text(_PROGRAM, "utf-8")
        self.plan([])

    def plan(self, lines: Sequence[dict[str, Any] | str], *, waits: bool = False, code: int = 0) -> None:
        """Say these lines; then end with `code`, or wait until asked to end."""
        plan = {"lines": list(lines), "waits": waits, "code": code}
        (self._folder / "plan.json").write_text(json.dumps(plan), "utf-8")

    def words(self) -> list[str]:
        """Return the words of the last start."""
        words: list[str] = json.loads((self._folder / "words.json").read_text("utf-8"))
        return words

    def option(self, name: str) -> str:
        """Return what follows an option."""
        words = self.words()
        return words[words.index(name) + 1]


@pytest.fixture
def fake_training(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeTraining:
    """Put a fake in the place of the training program."""
    fake = FakeTraining(tmp_path / "fake-training")
    monkeypatch.setattr(
        "mgc_desktop.engine.training_process.training_command",
        lambda words: [sys.executable, str(fake.program), *words],
    )
    return fake
