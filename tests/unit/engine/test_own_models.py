"""The models of a profile on the disk: renamed, given away, thrown away, listed; and which one is used."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest

from mgc_desktop.core.errors import MgcError, ModelError, UsageError
from mgc_desktop.core.paths import Profile, shipped_models_dir
from mgc_desktop.core.settings import Settings
from mgc_desktop.engine.choice import (
    MODEL_SETTING,
    SHIPPED_MODEL,
    choose_for_later,
    chosen_model,
    follow_move,
    previous_model,
    shipped_model,
)
from mgc_desktop.engine.model_archive import unpack_model
from mgc_desktop.engine.model_list import Figure, find_entry, model_entries
from mgc_desktop.engine.own_models import (
    check_own,
    export_model,
    free_folder,
    install_model,
    rename_model,
    trash_model,
)
from mgc_desktop.model.contract import read_info
from tests.model_folders import copy_of_shipped


@pytest.fixture
def mine(profile: Profile) -> Path:
    """Return a copy of the shipped model as one of the profile's own."""
    return copy_of_shipped(profile.models_dir, "mine")


def change(folder: Path, **values: Any) -> None:
    path = folder / "model.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | values), "utf-8")


def test_a_new_name_keeps_the_digest_valid(profile: Profile, mine: Path) -> None:
    before = read_info(mine)
    renamed = rename_model(profile, mine, "  Łódź / late  night ")
    assert renamed == profile.models_dir / "Łódź - late night"
    assert not mine.exists()
    info = read_info(renamed)
    assert (info.name, info.sha256) == ("Łódź / late night", before.sha256)


@pytest.mark.parametrize("name", ["", "   ", "a" * 61, "x\x00y", "a\u202eb", SHIPPED_MODEL, "other"])
def test_a_name_that_cannot_be_changes_nothing(profile: Profile, mine: Path, name: str) -> None:
    install_model(shipped_model(), profile.models_dir, "other")
    with pytest.raises(UsageError):
        rename_model(profile, mine, name)
    assert read_info(mine).name == "mine"


def test_a_name_that_cannot_be_written_leaves_the_old_one(
    profile: Profile, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("mgc_desktop.engine.own_models.write_name", full)
    with pytest.raises(ModelError, match="No space left"):
        rename_model(profile, mine, "new")
    assert read_info(mine).name == "mine"


def test_the_shipped_model_stays(profile: Profile, tmp_path: Path) -> None:
    for do in (lambda f: rename_model(profile, f, "x"), lambda f: trash_model(profile, f)):
        with pytest.raises(UsageError, match="came with the program"):
            do(shipped_model())
    with pytest.raises(UsageError, match="none of the models"):
        check_own(profile, tmp_path)
    assert shipped_model().is_dir()
    assert free_folder(profile.models_dir, shipped_model().name).name == f"{SHIPPED_MODEL}-2"


def test_an_export_can_be_unpacked_again(profile: Profile, mine: Path, tmp_path: Path) -> None:
    (mine / "private.txt").write_text("not for others")
    archive = export_model(mine, tmp_path / "new" / "mine.zip")
    with zipfile.ZipFile(archive) as opened:
        assert {name.split("/")[0] for name in opened.namelist()} == {"mine"}
        assert "mine/private.txt" not in opened.namelist()
    (tmp_path / "unpacked").mkdir()
    unpack_model(archive, tmp_path / "unpacked")
    names = {path.name for path in (tmp_path / "unpacked").iterdir()}
    assert names == {path.name for path in mine.iterdir()} - {"private.txt", "model.pt"}
    assert (tmp_path / "unpacked" / "card.md").read_bytes() == (mine / "card.md").read_bytes()


def test_an_export_to_a_folder_writes_over_nothing(mine: Path, tmp_path: Path) -> None:
    assert export_model(mine, tmp_path) == tmp_path / "mine"
    assert (tmp_path / "mine" / "model.pt").read_bytes() == (mine / "model.pt").read_bytes()
    with pytest.raises(UsageError, match="is there already"):
        export_model(mine, tmp_path)
    (tmp_path / "file").write_text("x")
    with pytest.raises(ModelError, match="could not be written"):
        export_model(mine, tmp_path / "file" / "below")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "mine", "profile"]


def test_trash(profile: Profile, mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    trash_model(profile, mine)
    assert not mine.exists()

    def refuse(path: str) -> None:
        raise OSError(13, "Permission denied")

    monkeypatch.setattr("send2trash.send2trash", refuse)
    again = install_model(shipped_model(), profile.models_dir, "again")
    with pytest.raises(ModelError, match=r"delete .* by hand"):
        trash_model(profile, again)
    assert again.is_dir()


def test_the_list_says_what_the_models_say(profile: Profile, mine: Path) -> None:
    change(mine, name="Mine", metrics={"x": {"n": 1000, "accuracy": 0.5, "low": 0.4, "high": 0.6, "protocol": "kfold"}})
    (profile.models_dir / ".half.new").mkdir()
    shutil.copy(mine / "model.json", profile.models_dir / ".half.new")
    shipped, own = model_entries(profile)
    assert (shipped.folder, shipped.shipped, shipped.problem) == (shipped_model(), True, "")
    assert shipped.figure is not None
    assert shipped.figure.n > 100
    assert (own.name, own.shipped, own.figure) == ("Mine", False, Figure(0.5, 0.4, 0.6, 1000, "kfold"))
    assert (own.system, own.date, own.data, own.genres) == (
        shipped.system,
        "2026-11-21",
        "985 tracks, 28a92938",
        shipped.genres,
    )
    assert own.size == sum(path.stat().st_size for path in mine.iterdir())
    assert find_entry(profile, "Mine") == find_entry(profile, "mine") == own
    with pytest.raises(UsageError, match="no model called yours"):
        find_entry(profile, "yours")


@pytest.mark.parametrize(
    "metrics",
    [
        {"test": 7},
        {"test": {"n": True, "accuracy": 0.5, "low": 0.4, "high": 0.6}},
        {"test": {"n": 10, "accuracy": 0.9, "low": 0.95, "high": 1.0}},
        {"test": {"n": 10, "accuracy": 1e308, "low": 0, "high": 1}},
        {"test": {"n": 0, "accuracy": 0, "low": 0, "high": 1}},
        {},
    ],
    ids=range(6),
)
def test_a_score_that_cannot_be_is_none(profile: Profile, mine: Path, metrics: dict[str, Any]) -> None:
    change(mine, metrics=metrics, data={"tracks": {"train": "all"}, "fingerprint": 3}, made_with={"date": 5})
    entry = model_entries(profile)[-1]
    assert (entry.figure, entry.data, entry.problem) == (None, "", "")
    assert len(entry.date) == 10


def test_a_damaged_model_is_listed_with_the_reason(profile: Profile, mine: Path) -> None:
    (mine / "model.json").write_text("{")
    entry = model_entries(profile)[-1]
    assert entry.name == "mine"
    assert entry.problem.endswith(".")


def test_the_model_before_is_remembered(profile: Profile, mine: Path) -> None:
    settings = Settings(profile.settings_file)
    assert chosen_model(profile, settings) == shipped_model()
    assert previous_model(profile, settings) is None
    choose_for_later(settings, mine, shipped_model())
    assert chosen_model(profile, settings) == mine
    assert previous_model(profile, settings) == shipped_model()
    choose_for_later(settings, shipped_model(), mine)
    assert (settings.get(MODEL_SETTING), previous_model(profile, settings)) == ("", mine)
    renamed = rename_model(profile, mine, "new")
    follow_move(settings, mine, renamed)
    assert previous_model(profile, settings) == renamed
    choose_for_later(settings, renamed, shipped_model())
    follow_move(settings, renamed, None)
    assert chosen_model(profile, settings) == shipped_model()
    assert previous_model(profile, settings) is None


def test_the_shipped_models_are_where_they_are_looked_for() -> None:
    assert shipped_model().parent == shipped_models_dir()
    assert issubclass(UsageError, MgcError)
