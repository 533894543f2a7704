"""Model > Models on a fake engine and real folders: what is listed, and what each action does."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QImage
from PySide6.QtWidgets import QApplication, QLineEdit, QTextBrowser
from pytestqt.qtbot import QtBot

from mgc_desktop.core.paths import Profile
from mgc_desktop.engine.choice import SHIPPED_MODEL, shipped_model
from mgc_desktop.engine.events import ModelFailed
from mgc_desktop.ui.models import manager_details, manager_table
from mgc_desktop.ui.models.manager_window import ManagerWindow
from mgc_desktop.ui.safe_text import SafeTextBrowser
from tests.hostile_models import CARD, png
from tests.model_folders import copy_of_shipped
from tests.unit.ui.conftest import Bench, BenchMaker

WAIT = 10_000  # ms


@pytest.fixture
def mine(profile: Profile) -> Path:
    return copy_of_shipped(profile.models_dir, "mine")


def opened(made: Bench, qtbot: QtBot, number: int) -> ManagerWindow:
    """Open the window with the shipped model in use, and wait until `number` models are listed."""
    made.ready(folder=str(shipped_model()))
    made.window.commands["manage_models"].trigger()
    dialog = made.conductor.management.dialog
    assert dialog is not None
    qtbot.waitUntil(lambda: names(dialog)[1:] != [] or number == 1, timeout=WAIT)
    qtbot.waitUntil(lambda: len(names(dialog)) == number, timeout=WAIT)
    return dialog


def names(dialog: ManagerWindow) -> list[str]:
    return [entry.name for entry in dialog.table.rows.entries]


def choose(dialog: ManagerWindow, name: str) -> None:
    dialog.table.selectRow(names(dialog).index(name))


def cell(dialog: ManagerWindow, name: str, column: int, role: Any = Qt.ItemDataRole.DisplayRole) -> Any:
    return dialog.table.rows.index(names(dialog).index(name), column).data(role)


def test_the_list_says_which_is_in_use_and_how_good_each_is(bench: BenchMaker, qtbot: QtBot, mine: Path) -> None:
    dialog = opened(bench([]), qtbot, 2)
    assert not dialog.isModal()
    assert [cell(dialog, name, manager_table.IN_USE) for name in names(dialog)] == ["✓", ""]
    assert cell(dialog, "mine", manager_table.IN_USE, Qt.ItemDataRole.AccessibleTextRole) == "not in use"
    assert cell(dialog, "mine", manager_table.ACCURACY) == "60 % (51 to 68)"
    assert cell(dialog, "mine", manager_table.SCORED_ON) == "test, 125 tracks"
    assert cell(dialog, "mine", manager_table.GENRES).startswith("10: Blues, Classical")
    assert cell(dialog, "mine", manager_table.MADE) == "2026-11-21"
    assert not dialog.use.isEnabled()
    assert not dialog.delete.isEnabled()
    assert dialog.export.isEnabled()
    choose(dialog, "mine")
    qtbot.waitUntil(lambda: "What it is worth" in dialog.details.card.toPlainText(), timeout=WAIT)
    assert dialog.details.facts.text().startswith("Taught here, 10 genres, learnt from 985 tracks.")
    assert dialog.details.picture.accessibleDescription() != "There is none"


def test_no_text_is_cut_at_the_first_size_and_none_is_out_of_sight_at_the_least(
    bench: BenchMaker, qtbot: QtBot, mine: Path
) -> None:
    dialog = opened(bench([]), qtbot, 2)
    metrics = dialog.table.fontMetrics()
    for size in (dialog.size(), dialog.minimumSize()):
        dialog.resize(size)
        QApplication.processEvents()
        table = dialog.table
        total = sum(table.columnWidth(column) for column in range(len(manager_table.COLUMNS)))
        assert total <= table.viewport().width()
        for column in set(range(len(manager_table.COLUMNS))) - {manager_table.GENRES}:
            text = str(cell(dialog, "mine", column))
            assert metrics.horizontalAdvance(text) + 12 <= table.columnWidth(column), text


def test_return_uses_the_chosen_model(bench: BenchMaker, qtbot: QtBot, mine: Path) -> None:
    made = bench([])
    dialog = opened(made, qtbot, 2)
    choose(dialog, "mine")
    qtbot.keyClick(dialog.table, Qt.Key.Key_Return)
    assert made.engine.used == [str(mine)]
    made.ready("mine", str(mine))
    assert cell(dialog, "mine", manager_table.IN_USE) == "✓"
    assert not dialog.use.isEnabled()


def test_a_name_is_typed_in_the_list(bench: BenchMaker, qtbot: QtBot, mine: Path, profile: Profile) -> None:
    made = bench([])
    dialog = opened(made, qtbot, 2)
    choose(dialog, SHIPPED_MODEL)
    dialog.table.edit_name()
    assert dialog.table.viewport().findChild(QLineEdit) is None
    choose(dialog, "mine")
    made.ready("mine", str(mine))
    qtbot.keyClick(dialog.table, Qt.Key.Key_F2)
    editor = dialog.table.viewport().findChild(QLineEdit)
    assert editor is not None
    editor.setText("Late night")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "Late night" in names(dialog), timeout=WAIT)
    # The model in use is known by its new name at once.
    qtbot.waitUntil(lambda: made.engine.used == [str(profile.models_dir / "Late night")], timeout=WAIT)
    assert dialog.notice.text() == "mine is called Late night now."
    dialog.table.rows.rename_asked.emit(dialog.table.entry(), SHIPPED_MODEL)
    qtbot.waitUntil(lambda: "already" in dialog.notice.text(), timeout=WAIT)
    assert dialog.notice.property("rank") == "error"


def test_the_model_in_use_is_left_before_it_is_deleted(
    bench: BenchMaker, qtbot: QtBot, mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    made = bench([])
    dialog = opened(made, qtbot, 2)
    made.ready("mine", str(mine))
    choose(dialog, "mine")
    qtbot.keyClick(dialog.table, Qt.Key.Key_Delete)
    assert made.engine.used == [str(shipped_model())]
    made.post(ModelFailed(str(shipped_model()), "The model could not be loaded: check the disk."))
    assert dialog.notice.text().endswith("mine was not deleted.")
    made.ready(folder=str(shipped_model()))
    qtbot.wait(100)
    assert mine.is_dir()
    made.ready("mine", str(mine))
    dialog.delete.click()
    assert mine.is_dir()
    made.ready(folder=str(shipped_model()))
    qtbot.waitUntil(lambda: names(dialog) == [SHIPPED_MODEL], timeout=WAIT)
    assert not mine.exists()
    assert dialog.notice.text().startswith("mine is in the trash")


def test_back_to_the_previous_model_from_the_menu(bench: BenchMaker, qtbot: QtBot, mine: Path) -> None:
    made = bench([])
    made.ready("mine", str(mine))
    made.window.commands["previous_model"].trigger()
    qtbot.waitUntil(lambda: made.engine.used == [str(shipped_model())], timeout=WAIT)
    made.ready(folder=str(shipped_model()))
    made.settings.set("model before", str(mine))
    made.window.commands["previous_model"].trigger()
    qtbot.waitUntil(lambda: made.engine.used[1:] == [str(mine)], timeout=WAIT)


def test_with_the_shipped_model_alone_it_says_what_to_do(bench: BenchMaker, qtbot: QtBot, profile: Profile) -> None:
    made = bench([])
    dialog = opened(made, qtbot, 1)
    qtbot.waitUntil(lambda: "teach one with Model > Retrain" in dialog.notice.text(), timeout=WAIT)
    dialog.previous.click()
    qtbot.waitUntil(lambda: "no model to go back to" in dialog.notice.text(), timeout=WAIT)
    copy_of_shipped(profile.models_dir, "new")
    made.window.commands["manage_models"].trigger()
    qtbot.waitUntil(lambda: len(names(dialog)) == 2, timeout=WAIT)


def test_export_and_import_tell_how_it_went(
    bench: BenchMaker, qtbot: QtBot, mine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = bench([])
    dialog = opened(made, qtbot, 2)
    target = tmp_path / "given.zip"
    dialogs = "mgc_desktop.ui.models.manager.QFileDialog"
    monkeypatch.setattr(f"{dialogs}.getSaveFileName", lambda *a: (str(tmp_path / "given"), ""))
    dialog.export.menu().actions()[0].trigger()
    qtbot.waitUntil(target.exists, timeout=WAIT)
    qtbot.waitUntil(lambda: dialog.notice.text() == f"{SHIPPED_MODEL} is in {target}.", timeout=WAIT)
    target.write_bytes(b"no archive")
    monkeypatch.setattr(f"{dialogs}.getOpenFileName", lambda *a: (str(target), ""))
    dialog.take_in.menu().actions()[0].trigger()
    qtbot.waitUntil(lambda: "no zip archive" in dialog.notice.text(), timeout=WAIT)
    assert not dialog.progress.isVisible()
    assert dialog.take_in.isEnabled()
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "nowhere"))])
    dialog.dropEvent(
        QDropEvent(
            QPointF(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        )
    )
    qtbot.waitUntil(lambda: "does not exist" in dialog.notice.text(), timeout=WAIT)


def test_a_model_that_cannot_be_used_says_why(bench: BenchMaker, qtbot: QtBot, mine: Path) -> None:
    (mine / "model.json").write_text("{")
    dialog = opened(bench([]), qtbot, 2)
    choose(dialog, "mine")
    assert cell(dialog, "mine", manager_table.ACCURACY) == "cannot be used"
    assert (dialog.use.isEnabled(), dialog.rename.isEnabled(), dialog.delete.isEnabled()) == (False, False, True)
    qtbot.waitUntil(lambda: "damaged model.json" in dialog.details.card.toPlainText(), timeout=WAIT)


def is_red(pane: QTextBrowser) -> bool:
    """Return whether a patch of plain red is on show."""
    QApplication.processEvents()
    image = pane.grab().toImage()
    places = [(x, y) for x in range(0, image.width(), 5) for y in range(0, image.height(), 5)]
    return sum(image.pixelColor(x, y).name() == "#ff0000" for x, y in places) > 50


def test_a_card_from_elsewhere_loads_nothing(qapp: QApplication, qtbot: QtBot, tmp_path: Path) -> None:
    picture = QImage(300, 300, QImage.Format.Format_RGB32)
    picture.fill(0xFF0000)
    assert picture.save(str(tmp_path / "local.png"))
    text = f"a ![x]({QUrl.fromLocalFile(str(tmp_path / 'local.png')).toString()}) ![y]({tmp_path}/local.png) b\n\n"
    plain, pane = QTextBrowser(), SafeTextBrowser("card")
    for browser in (plain, pane):
        qtbot.addWidget(browser)
        browser.resize(600, 400)
        browser.show()
    plain.setMarkdown(text)
    assert is_red(plain)  # what Qt does by itself
    pane.show_markdown(text + CARD)
    assert not is_red(pane)
    assert "<script>" in pane.toPlainText()


def test_pictures_that_are_too_large_or_none_are_not_shown(tmp_path: Path) -> None:
    for name, data in (
        ("huge", png(100_000, 100_000, bytes(10))),
        ("svg", b"<svg xmlns='http://www.w3.org/2000/svg' width='10' height='10'/>"),
        ("long", b"\x89PNG\r\n\x1a\n" + bytes(manager_details.MAX_PICTURE_BYTES)),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "confusion.png").write_bytes(data)
        assert manager_details.read_details(tmp_path / name).picture is None
    shutil.copy(shipped_model() / "confusion.png", tmp_path)
    sound = manager_details.read_details(tmp_path).picture
    assert sound is not None
    assert not sound.isNull()
