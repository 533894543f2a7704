"""The locks: every pin with its hashes, no address, and what the project asks for."""

from __future__ import annotations

import re
import tomllib

import pytest
from packaging.requirements import Requirement

from bootstrap import locks
from tests.checkouts import ROOT

LOCKS = sorted(path.name for path in ROOT.glob("requirements*.lock"))


@pytest.mark.parametrize("name", LOCKS)
def test_locks_pin_with_hashes_and_name_no_host(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^-", text, re.MULTILINE)
    blocks = "".join(locks.split_pins(text).values())
    pins = re.findall(r"^[\w.-]+==\S+.*\n(?:\s+--hash=sha256:[0-9a-f]{64}.*\n)+", blocks, re.MULTILINE)
    assert "".join(pins) == blocks
    assert pins


def test_the_locks_are_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    text = "".join((ROOT / name).read_text(encoding="utf-8") for name in LOCKS)
    for line in (*project["dependencies"], *project["optional-dependencies"]["test"]):
        asked = Requirement(line)
        versions = re.findall(rf"^{asked.name.lower()}==([\w.+]+)", text, re.MULTILINE)
        assert versions, line
        assert all(asked.specifier.contains(version) for version in versions), line
