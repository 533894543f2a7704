"""The card of a model: what it says in words, what its window shows, and how one gets there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QApplication, QMenu, QPlainTextEdit, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from mgc_desktop.core.model_info import ModelInfo
from mgc_desktop.core.paths import Profile
from mgc_desktop.engine.choice import shipped_model
from mgc_desktop.model.contract import read_description
from mgc_desktop.ui.models.bar_table import BarTable
from mgc_desktop.ui.models.card_sections import Section
from mgc_desktop.ui.models.card_tables import condition_name
from mgc_desktop.ui.models.card_window import LEAST_SIZE, CardWindow
from mgc_desktop.ui.models.card_words import model_card
from mgc_desktop.ui.models.confusion_view import ConfusionView
from mgc_desktop.ui.models.manager_details import Details, Picture, read_details
from tests.model_figures import FULL, model_info
from tests.model_folders import copy_of_shipped
from tests.unit.ui.conftest import Bench, BenchMaker

WAIT = 60_000  # ms, for a machine that has much else to do
EVIL = "<img src=x><b>evil</b>\u202e\n\x1b[2J"
INFO = model_info(
    {"test": FULL},
    data={
        "tracks": {"train": 985, "valid": 156},
        "labels": {"jazz": 125},
        "sources": [{"name": "Emotify", "tracks": 120, "licence": "CC BY-NC-SA"}],
    },
    made_with={"command": "python3 run.py train data.csv --seed 1", "parameters": 167_371, "seconds": 3067},
)
BARE = replace(INFO, metrics={}, data={}, made_with={})


@pytest.fixture
def window(qapp: QApplication, qtbot: QtBot) -> Iterator[CardWindow]:
    parent = QWidget()
    qtbot.addWidget(parent)
    window = CardWindow(parent)
    window.show()
    yield window
    window.close()


def show(window: CardWindow, info: ModelInfo, card: str = "") -> list[str]:
    """Show a model, and return the titles of what is said of it."""
    window.show_details(Details(info.folder, card, None, model_card(info)))
    QApplication.processEvents()
    return [section.accessibleName() for section in window.columns.sections() if isinstance(section, Section)]


def test_a_card_in_words() -> None:
    text = model_card(INFO).text()
    for line in (
        "It tells 3 genres apart: Jazz, Pop and Rock. It knows speech and noise from music. "
        "It hears 1 to 29.12 s of mono sound at 12,000 Hz at a time.",
        "On 43 tracks that it had not learnt from (test). In brackets: the 95 % interval.",
        "- Right: 79 % (69 to 89) of 43 tracks",
        "- Confidence is off by: 4.3 points where chance makes 3.1",
        "- Right where given: 90 % (80 to 100) of 30 verdicts",
        "- Pop: 71 % (47 to 87), 17 tracks",
        "- Pop is taken for Rock in 5 of 17 tracks.",
        "- 60 % or more: given 70 %, right 90 % (80 to 100) (in use: anything less is unsure)",
        "- Through a microphone: 72 % (62 to 82), \N{MINUS SIGN}7",
        "- 5 s of each track alone: 79 % (69 to 89), ±0",
        "- Speech refused: 100 % (84 to 100), 20 clips",
        "Music of other genres is mostly called Pop (5) and Rock (3).",
        "- Emotify, 120 tracks, CC BY-NC-SA",
        "- Speed: a window of 29.12 s takes 23 ms on cpu with 2 cores",
        "- python3 run.py train data.csv --seed 1",
    ):
        assert line in text
    assert "With short excerpts of further tracks: Jazz 85 % (75 to 95) of 40 tracks." in text


def test_artists_left_out_in_words() -> None:
    kinds = {
        "whole": {"n": 571, "accuracy": 0.743, "low": 0.705, "high": 0.777, "ece": 0.035, "surest": 0.897},
        "worn": {"n": 571, "accuracy": 0.64, "low": 0.6, "high": 0.68, "ece": 0.063},
        "5 s": {"n": 571, "accuracy": 0.665, "low": 0.625, "high": 0.702, "ece": 0.041, "surest": 0.8},
    }
    text = model_card(replace(INFO, metrics={"test": FULL, "left_out": {"n": 571, "kinds": kinds}})).text()
    for line in (
        "WITH ARTISTS LEFT OUT",
        "- The files as they are: right 74 % (70 to 78), where surest 90 %",
        "- In rooms and noise, equalised: right 64 % (60 to 68), where surest not known",
        "- 5 s of each track alone: right 66 % (62 to 70), where surest 80 %",
        "Confidence is off by 3.5 points (the files as they are), 6.3 points (in rooms and noise, "
        "equalised) and 4.1 points (5 s of each track alone) on average.",
    ):
        assert line in text


def test_where_it_is_weak_comes_with_its_tracks() -> None:
    weak = dict(FULL, recall={"jazz": 0.9, "pop": 0.3, "rock": 0.5})
    card = model_card(replace(INFO, metrics={"test": weak}))
    assert card.weak[0] == "Pop: recognised in 30 % (14 to 54) of 17 tracks, mostly taken for Rock (5)."
    assert card.weak[1].startswith("Rock: recognised in 50 %")
    old = model_card(read_description(shipped_model()))
    assert all(line.endswith(".") for line in old.weak)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("gain", "20 dB quieter"),
        ("window-3s", "3 s of each track alone"),
        ("window-s", "window-s"),
        ("in the rain", "in the rain"),
    ],
)
def test_conditions_have_names_that_people_read(name: str, words: str) -> None:
    assert condition_name(name) == words


def test_the_window_shows_what_there_is_and_nothing_else(window: CardWindow) -> None:
    everything = show(window, INFO, "# card")
    assert everything == [
        "What it is worth",
        "Genre by genre",
        "Where it is weak",
        "What it takes for what",
        "Source by source",
        "When the sound is worse",
        "Confidence",
        "What it cannot name",
        "What it learnt from",
        "How it was made",
    ]
    assert window.findChild(ConfusionView) is not None
    assert show(window, BARE) == ["What it is worth", "How it was made"]
    assert "how good it is cannot be said" in model_card(BARE).lead


def test_the_shipped_model_and_a_broken_one(window: CardWindow, tmp_path: Path) -> None:
    window.show_details(read_details(shipped_model()))
    assert window.origin.text() == "It came with the program."
    assert window.findChild(ConfusionView) is not None or window.findChild(Picture) is not None
    (tmp_path / "model.json").write_text("{")
    (tmp_path / "model.pt").write_text("x")
    window.show_details(read_details(tmp_path))
    assert "damaged model.json" in window.sentence.text()
    assert not window.copy.isEnabled()


def test_no_text_is_cut_at_any_size(window: CardWindow) -> None:
    show(window, INFO, "# card\n\n" + "word " * 500)
    for width in (LEAST_SIZE.width(), 640, 1000, 1800):
        window.resize(width, 640)
        QApplication.processEvents()
        room = window.page.viewport().width()
        assert window.columns.width() == room
        for section in window.columns.sections():
            assert section.mapTo(window.columns, section.rect().topRight()).x() <= room
        for table in window.columns.findChildren(BarTable):
            left, bar, figures = table._cells()[-1]
            assert left + bar + figures <= table.width(), table.accessibleName()


def test_the_keyboard_reads_every_row(window: CardWindow, qtbot: QtBot) -> None:
    show(window, INFO)
    table = next(one for one in window.columns.findChildren(BarTable) if one.accessibleName() == "Genre by genre")
    assert "Rock: 81 %" in table.accessibleDescription()
    window.come_up()
    qtbot.waitUntil(window.isActiveWindow, timeout=WAIT)
    table.setFocus(Qt.FocusReason.TabFocusReason)
    assert table.accessibleDescription().startswith("Jazz: 90 %")
    qtbot.keyClick(table, Qt.Key.Key_Down)
    assert table.accessibleDescription() == "Pop: 71 % (47 to 87), 17 tracks"
    qtbot.keyClick(table, Qt.Key.Key_Up)
    assert table.accessibleDescription().startswith("Jazz")
    table.grab()  # with the row marked


def test_what_strangers_write_is_plain_text(window: CardWindow) -> None:
    foreign = replace(
        INFO,
        name=EVIL,
        metrics={"test": dict(FULL, sources={EVIL: {"n": 3, "accuracy": 0.5}}, split=EVIL)},
        data={"licences": EVIL * 30, "sources": {EVIL: EVIL}},
        made_with={"command": EVIL, "imported": {}, "versions": {EVIL: EVIL}, "seconds": "1", "date": EVIL},
    )
    show(window, foreign, EVIL)
    assert "what its maker says" in window.origin.text()
    assert window.name.text() == "<img src=x><b>evil</b> [2J"
    assert window.name.textFormat() is Qt.TextFormat.PlainText
    assert window.columns.width() <= window.page.viewport().width()
    panes = window.columns.findChildren(QPlainTextEdit)
    assert [pane.accessibleName() for pane in panes] == ["The command that made it", "card.md"]
    assert "<b>evil</b>" in panes[1].toPlainText()
    table = next(one for one in window.columns.findChildren(BarTable) if one.accessibleName() == "Source by source")
    assert "\u202e" not in table.accessibleDescription()


def test_copy_as_text_and_copy_the_command(window: CardWindow, qtbot: QtBot) -> None:
    show(window, INFO, "# card")
    clipboard = QGuiApplication.clipboard()
    window.copy.click()
    assert clipboard.text() == model_card(INFO).text()
    assert window.notice.text() == "Copied."
    next(one for one in window.columns.findChildren(QPushButton) if one.text() == "Copy Command").click()
    assert clipboard.text() == "python3 run.py train data.csv --seed 1"
    fold = next(one for one in window.columns.findChildren(QToolButton) if "card.md" in one.text())
    fold.click()
    assert all(pane.isVisibleTo(window) for pane in window.columns.findChildren(QPlainTextEdit))


def help_entries(made: Bench) -> list[str]:
    menus = [menu for menu in made.window.menuBar().findChildren(QMenu) if menu.title() == "&Help"]
    return [action.text() for action in menus[0].actions()]


def opened(made: Bench, qtbot: QtBot, name: str) -> CardWindow:
    """Wait until the card of the model called `name` is on show."""
    dialog = made.conductor.cards.dialog
    assert dialog is not None
    qtbot.waitUntil(lambda: dialog.name.text() == name and bool(dialog.columns.sections()), timeout=WAIT)
    assert not dialog.isModal()
    return dialog


def test_it_opens_from_help_and_from_the_list_of_models(
    bench: BenchMaker, qtbot: QtBot, profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = copy_of_shipped(profile.models_dir, "mine", metrics={"test": FULL})
    shown: list[str] = []

    def open_folder(url: QUrl) -> bool:
        shown.append(url.toLocalFile())
        return True

    monkeypatch.setattr(QDesktopServices, "openUrl", open_folder)
    made = bench([])
    made.window.commands["model_card"].trigger()
    assert made.window.messages.sentence == "No model is in use, so there is no card to show."
    made.ready(folder=str(shipped_model()))
    assert help_entries(made).count(made.window.commands["model_card"].text()) == 1
    made.window.commands["model_card"].trigger()
    opened(made, qtbot, shipped_model().name)
    made.window.commands["manage_models"].trigger()
    manager = made.conductor.management.dialog
    assert manager is not None
    qtbot.waitUntil(lambda: manager.table.rows.place_of(mine) > 0, timeout=WAIT)
    manager.table.selectRow(manager.table.rows.place_of(mine))
    entries = {action.text(): action for action in manager.menu().actions()}
    assert entries["&Rename"].isEnabled()
    entries["&Card"].trigger()
    opened(made, qtbot, "mine").folder.click()
    assert shown == [str(mine)]
    manager.come_up()
    qtbot.waitUntil(manager.isActiveWindow, timeout=WAIT)
    manager.table.selectRow(0)
    qtbot.keyClick(manager.table, Qt.Key.Key_Return, Qt.KeyboardModifier.AltModifier)
    opened(made, qtbot, shipped_model().name)
