"""Model > Models in the real window: switch, rename, go back, throw away and take in, while the engine runs."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from mgc_desktop.app import WindowSession
from mgc_desktop.core.paths import Profile
from mgc_desktop.core.settings import Settings
from mgc_desktop.engine.choice import MODEL_SETTING, SHIPPED_MODEL
from mgc_desktop.engine.own_models import export_model, install_model
from mgc_desktop.ui.models.manager_window import ManagerWindow
from tests.app.harness import open_window, screenshot, tiny_model, trust, wait_for, wait_for_model
from tests.model_folders import copy_of_shipped

__all__ = ["tiny_model"]

IMPORT_SECONDS = 100.0


def manager(session: WindowSession, number: int) -> ManagerWindow:
    """Open Model > Models and wait until `number` models are listed."""
    session.window.commands["manage_models"].trigger()
    assert session.conductor is not None
    dialog = session.conductor.management.dialog
    assert dialog is not None
    wait_for(lambda: len(dialog.table.rows.entries) == number, what=f"{number} models")
    return dialog


def choose(dialog: ManagerWindow, name: str) -> None:
    names = [entry.name for entry in dialog.table.rows.entries]
    dialog.table.selectRow(names.index(name))


def said(dialog: ManagerWindow, part: str, seconds: float = 30.0) -> None:
    wait_for(lambda: part in dialog.notice.text(), seconds, f"{part!r}, not {dialog.notice.text()!r}")


@pytest.mark.timeout(180)
def test_use_rename_go_back_and_throw_away(
    qapp: QApplication, profile: Profile, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    trust(profile, tiny_model)
    install_model(tiny_model, profile.models_dir, "mine")
    with open_window(qapp, profile) as session:
        wait_for_model(session, SHIPPED_MODEL)
        dialog = manager(session, 2)
        choose(dialog, "tiny")
        dialog.use.click()
        wait_for_model(session, "tiny")
        dialog.table.rows.rename_asked.emit(dialog.table.entry(), "Late night")
        wait_for_model(session, "Late night")
        said(dialog, "mine is called Late night now.")
        screenshot(dialog, "models")
        for name in (SHIPPED_MODEL, "Late night"):
            session.window.commands["previous_model"].trigger()
            wait_for_model(session, name)
        choose(dialog, "Late night")
        dialog.delete.click()
        wait_for_model(session, SHIPPED_MODEL)
        said(dialog, "Late night is in the trash.")
        assert list(profile.models_dir.iterdir()) == []
        assert session.window.messages.sentence == ""
    assert Settings(profile.settings_file).get(MODEL_SETTING) == ""


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_model_from_elsewhere_is_imported_and_used(
    qapp: QApplication, profile: Profile, tiny_model: Path, tmp_path: Path
) -> None:
    archive = export_model(tiny_model, tmp_path / "given.zip")
    for number in range(3):
        copy_of_shipped(profile.models_dir, f"Winter {number}")
    with open_window(qapp, profile) as session:
        wait_for_model(session, SHIPPED_MODEL)
        dialog = manager(session, 4)
        dialog.import_given.emit(str(archive))
        wait_for(lambda: dialog.cancel.isVisible(), what="the import")
        screenshot(dialog, "models-import")
        said(dialog, "tiny was imported", IMPORT_SECONDS)
        entry = dialog.table.entry()
        assert entry is not None
        assert entry.folder == profile.models_dir / "tiny"
        dialog.use.click()
        wait_for_model(session, "tiny")
        shutil.copy(tiny_model / "model.json", archive)
        dialog.import_given.emit(str(archive))
        said(dialog, "no zip archive")
        dialog.import_given.emit(str(tiny_model))
        wait_for(lambda: dialog.cancel.isVisible(), what="the second import")
        dialog.cancel.click()
        said(dialog, "was cancelled", IMPORT_SECONDS)
        screenshot(dialog, "models-several")
    assert sorted(path.name for path in profile.models_dir.iterdir()) == ["Winter 0", "Winter 1", "Winter 2", "tiny"]
