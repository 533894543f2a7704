"""Settings: kept atomically, and never fatal."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from mgc_desktop.core.errors import UsageError
from mgc_desktop.core.settings import Settings


def test_values_survive(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "settings.json"
    settings = Settings(path)
    settings.set("model", "genres-1")
    settings.set("columns", [1, 2, 3])
    settings.set("folder", "/music/été 夜曲")
    settings.save()
    again = Settings(path)
    assert again.get("model") == "genres-1"
    assert again.get("columns") == [1, 2, 3]
    assert again.get("folder") == "/music/été 夜曲"
    assert again.note == ""


def test_a_value_of_another_kind_counts_as_not_set(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text('{"volume": "loud", "width": 3, "flag": 1}', encoding="utf-8")
    settings = Settings(path)
    assert settings.get("volume", 0.5) == 0.5
    assert settings.get("width", 1.0) == 3.0
    assert settings.get("flag", False) is False
    assert settings.get("absent", "default") == "default"
    assert settings.get("absent") is None


@pytest.mark.parametrize("content", [b"", b"{", b"[1, 2]", b"\xff\xfe\x00", b"[" * 100_000, b'{"a": NaN'])
def test_a_damaged_file_is_set_aside_with_a_note(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "settings.json"
    path.write_bytes(content)
    settings = Settings(path)
    assert "damaged" in settings.note
    assert settings.get("model", "default") == "default"
    (aside,) = tmp_path.glob("settings.damaged-*.json")
    assert aside.read_bytes() == content
    settings.set("model", "new")
    settings.save()
    assert Settings(path).get("model") == "new"


def test_saving_nothing_new_writes_nothing(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "settings.json")
    settings.save()
    assert not settings.path.exists()
    settings.set("a", 1)
    settings.save()
    before = settings.path.stat().st_mtime_ns, settings.path.stat().st_ino
    settings.set("a", 1)
    settings.save()
    assert (settings.path.stat().st_mtime_ns, settings.path.stat().st_ino) == before


def test_a_list_changed_in_place_is_saved(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "settings.json")
    recent = ["one"]
    settings.set("recent", recent)
    settings.save()
    recent.append("two")
    settings.save()
    assert Settings(settings.path).get("recent") == ["one", "two"]


@pytest.mark.skipif(sys.platform == "win32", reason="symbolic links")
def test_a_save_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(tmp_path / "settings.json")
    settings.set("a", 1)
    settings.save()
    before = settings.path.read_bytes()

    def no_room(source: object, target: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", no_room)
    settings.set("a", 2)
    with pytest.raises(UsageError, match="No space left"):
        settings.save()
    monkeypatch.undo()
    assert settings.path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["settings.json"]
    settings.save()
    assert json.loads(settings.path.read_text(encoding="utf-8")) == {"a": 2}


def test_names_with_undecodable_bytes_can_be_kept(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "settings.json")
    settings.set("folder", "/music/\udcff")
    settings.save()
    assert Settings(settings.path).note == ""
