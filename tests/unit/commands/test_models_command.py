"""`mgc-desktop models`: what it lists, chooses, moves, and refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mgc_desktop.__main__ import main
from mgc_desktop.core.paths import Profile
from mgc_desktop.engine.choice import SHIPPED_MODEL
from tests.model_folders import copy_of_shipped

Capture = pytest.CaptureFixture[str]


def models(profile: Profile, *words: str) -> int:
    return main(["--profile", str(profile.data_dir), "models", *words])


@pytest.fixture
def mine(profile: Profile) -> Path:
    return copy_of_shipped(profile.models_dir, "mine")


def listed(profile: Profile, capsys: Capture) -> dict[str, bool]:
    """Return the models by the names of their folders, and whether they are in use."""
    capsys.readouterr()
    assert models(profile, "list", "--json") == 0
    return {Path(row["folder"]).name: row["in_use"] for row in json.loads(capsys.readouterr().out)}


def test_the_list_is_for_people_and_for_programs(profile: Profile, mine: Path, capsys: Capture) -> None:
    assert models(profile) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"* {SHIPPED_MODEL} ")
    assert lines[0].endswith("shipped")
    assert lines[1].startswith("  mine ")
    assert "60 % (51 to 68), 125 tracks, test" in lines[1]
    assert lines[1].endswith("2026-11-21  made here")
    assert listed(profile, capsys) == {SHIPPED_MODEL: True, "mine": False}


def test_use_and_back(profile: Profile, mine: Path, capsys: Capture) -> None:
    assert models(profile, "previous") == 2
    assert "no other model" in capsys.readouterr().err
    assert models(profile, "use", "mine") == 0
    assert listed(profile, capsys) == {SHIPPED_MODEL: False, "mine": True}
    assert models(profile, "previous") == 0
    assert listed(profile, capsys) == {SHIPPED_MODEL: True, "mine": False}
    assert models(profile, "previous") == 0
    assert listed(profile, capsys) == {SHIPPED_MODEL: False, "mine": True}


def test_the_chosen_model_is_followed_and_never_lost(
    profile: Profile, mine: Path, capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert models(profile, "use", "mine") == 0
    assert models(profile, "rename", "mine", "yours") == 0
    assert listed(profile, capsys) == {SHIPPED_MODEL: False, "yours": True}
    assert models(profile, "export", "yours", str(tmp_path / "yours.zip")) == 0
    assert (tmp_path / "yours.zip").is_file()
    assert models(profile, "delete", "yours") == 0
    assert f"{SHIPPED_MODEL} will be used" in capsys.readouterr().out
    assert listed(profile, capsys) == {SHIPPED_MODEL: True}


def test_what_is_refused_is_told_in_a_sentence(profile: Profile, mine: Path, capsys: Capture) -> None:
    altered = mine / "model.pt"
    altered.write_bytes(altered.read_bytes() + b"x")
    assert models(profile, "use", "mine") == 1
    assert "truncated or altered" in capsys.readouterr().err
    for words in (("delete", SHIPPED_MODEL), ("rename", SHIPPED_MODEL, "x"), ("use", "nobody"), ("import", "/nowhere")):
        assert models(profile, *words) == 2
        said = capsys.readouterr().err
        assert said.count("\n") == 1
        assert said.endswith(".\n")
    assert listed(profile, capsys) == {SHIPPED_MODEL: True, "mine": False}


def test_a_model_from_elsewhere_cannot_be_chosen(profile: Profile, mine: Path, capsys: Capture) -> None:
    from mgc_desktop.model.contract import file_sha256

    (mine / "model.pt").write_bytes(b"anything")
    data = json.loads((mine / "model.json").read_text())
    (mine / "model.json").write_text(json.dumps(data | {"sha256": file_sha256(mine / "model.pt")}))
    assert models(profile, "use", "mine") == 1
    assert "not made on this computer" in capsys.readouterr().err
