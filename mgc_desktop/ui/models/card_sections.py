"""The parts of the window that shows a model's card: frames with a title, and what is in them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontDatabase, QGuiApplication, QImage, QResizeEvent, QTextOption
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from mgc_desktop.core.confusion import Confusion
from mgc_desktop.ui import theme
from mgc_desktop.ui.elided import plain_tip
from mgc_desktop.ui.models.bar_table import BarTable
from mgc_desktop.ui.models.card_tables import Table
from mgc_desktop.ui.models.card_words import Figure, Source
from mgc_desktop.ui.models.confusion_view import ConfusionView
from mgc_desktop.ui.models.manager_details import Picture
from mgc_desktop.ui.models.parts import button, fold_button, label, log_pane

_TWO_COLUMNS = 780  # px from which on there is room for two
_GAP = 12  # px
_MATRIX_HEIGHT = 430  # px
_HOW_TO_READ = "Rows: what the tracks are. Columns: what it said. Click a cell, or go there with the arrow keys."


class Section(QFrame):
    """A frame with a title and a sentence."""

    def __init__(self, title: str, lead: str = "") -> None:
        super().__init__()
        self.setProperty("role", "card")
        self.setAccessibleName(title)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(16, 12, 16, 14)
        self.body.setSpacing(6)
        head = flowing(title)
        head.setFont(theme.scaled(head.font(), 1.1, bold=True))
        self.body.addWidget(head)
        if lead:
            self.body.addWidget(flowing(lead, muted=True))


class Columns(QWidget):
    """Sections in two columns where there is room for both, else in one."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sections: list[tuple[QWidget, int]] = []
        self._wide = True
        self._sides = [QVBoxLayout(), QVBoxLayout()]
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 8, 0)
        for side in self._sides:
            side.setSpacing(_GAP)
            side.setAlignment(Qt.AlignmentFlag.AlignTop)
            self._row.addLayout(side)

    def show_sections(self, sections: Sequence[tuple[QWidget, int]]) -> None:
        """Show sections, each with its column: 0 or 1. They are given in the order of a single column."""
        for section, _ in self._sections:
            section.hide()
            section.deleteLater()
        self._sections = list(sections)
        self._place()

    def sections(self) -> list[QWidget]:
        return [section for section, _ in self._sections]

    def _place(self) -> None:
        self._row.setSpacing(_GAP if self._wide else 0)
        for place, column in enumerate(self._sides):
            self._row.setStretch(place, 1 if self._wide or place == 0 else 0)
            while column.takeAt(0) is not None:
                pass
        for section, place in self._sections:
            self._sides[place if self._wide else 0].addWidget(section)
            section.show()

    def minimumSizeHint(self) -> QSize:
        return QSize(280, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = self.width() >= _TWO_COLUMNS
        if wide != self._wide:
            self._wide = wide
            self._place()


def flowing(text: str, *, muted: bool = False, name: str = "") -> QLabel:
    """Return plain text that is broken where the window is narrow, and can be copied."""
    made = label(name or text, muted=muted)
    made.setText(text)
    made.setMinimumWidth(1)  # one long word must not widen the window
    made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return made


def worth_section(lead: str, worth: Sequence[Figure]) -> Section:
    """Return the small table of the figures that matter most."""
    section = Section("What it is worth", lead)
    grid = QGridLayout()
    grid.setHorizontalSpacing(14)
    grid.setVerticalSpacing(7)
    for place, figure in enumerate(worth):
        value = flowing(figure.value, name=f"{figure.name}: {figure.value} {figure.on}".strip())
        value.setWordWrap(False)
        value.setFont(theme.tabular(theme.scaled(value.font(), 1.0, bold=True)))
        for column, part in enumerate((flowing(figure.name), value, flowing(figure.on, muted=True))):
            part.setToolTip(plain_tip(figure.tip))
            grid.addWidget(part, place, column)
    grid.setColumnStretch(0, 3)
    grid.setColumnStretch(2, 3)
    section.body.addLayout(grid)
    return section


def table_section(table: Table) -> Section:
    section = Section(table.title, table.lead)
    section.body.addWidget(BarTable(table))
    if table.note:
        section.body.addWidget(flowing(table.note, muted=True))
    return section


def matrix_section(name: str, confusion: Confusion) -> Section:
    section = Section("What it takes for what")
    cell = flowing(_HOW_TO_READ, muted=True, name="What a cell of the confusion matrix means")
    view = ConfusionView(name, confusion)
    view.setMinimumHeight(_MATRIX_HEIGHT)
    view.pointed.connect(cell.setText)
    section.body.addWidget(view)
    section.body.addWidget(cell)
    return section


def picture_section(image: QImage) -> Section:
    section = Section("What it takes for what")
    picture = Picture()
    picture.setMinimumHeight(_MATRIX_HEIGHT)
    picture.show_image(image)
    section.body.addWidget(picture)
    return section


def lines_section(title: str, lines: Sequence[str]) -> Section:
    section = Section(title)
    for line in lines:
        section.body.addWidget(flowing(line))
    return section


def facts_section(title: str, facts: Sequence[tuple[str, str]], sources: Sequence[Source] = ()) -> Section:
    """Return a section of names and what is said to each; collections follow as a table of their own."""
    section = Section(title)
    section.body.addLayout(_pairs(facts))
    if sources:
        rows = [(source.name, " · ".join(filter(None, (source.tracks, source.licence)))) for source in sources]
        section.body.addWidget(flowing("Collections", muted=True))
        section.body.addLayout(_pairs(rows))
    return section


def _pairs(facts: Sequence[tuple[str, str]]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(14)
    grid.setVerticalSpacing(5)
    for place, (name, said) in enumerate(facts):
        for column, part in enumerate((flowing(name, muted=True), flowing(said, name=f"{name}: {said}"))):
            part.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
            grid.addWidget(part, place, column)
    grid.setColumnStretch(0, 2)
    grid.setColumnStretch(1, 5)
    return grid


def command_pane(command: str) -> QWidget:
    """Return a command to read, with a button that copies it."""
    place = QWidget()
    pane = _text_pane("The command that made it", command, lines=3)
    copy = button("Copy Command", "Copy the command that made this model")
    copy.setProperty("size", "small")
    copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(command))
    column = QVBoxLayout(place)
    column.setContentsMargins(0, 4, 0, 0)
    column.setSpacing(6)
    column.addWidget(pane)
    column.addWidget(copy, 0, Qt.AlignmentFlag.AlignLeft)
    return place


def card_file_pane(text: str) -> QWidget:
    """Return the card's own file, folded away: as plain text, whoever wrote it."""
    place = QWidget()
    fold = fold_button("The card as it was written (card.md)", "Show the text of card.md in the model's folder")
    pane = _text_pane("card.md", text, lines=16)
    pane.hide()
    fold.toggled.connect(pane.setVisible)
    column = QVBoxLayout(place)
    column.setContentsMargins(0, 0, 0, 0)
    column.addWidget(fold, 0, Qt.AlignmentFlag.AlignLeft)
    column.addWidget(pane)
    return place


def _text_pane(name: str, text: str, *, lines: int) -> QPlainTextEdit:
    pane = log_pane(name)
    pane.setPlainText(text)
    pane.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setPointSizeF(pane.font().pointSizeF() * 0.95 if pane.font().pointSizeF() > 0 else 10)
    pane.setFont(font)
    pane.setFixedHeight(round(pane.fontMetrics().lineSpacing() * lines + 2 * pane.document().documentMargin()) + 6)
    return pane
