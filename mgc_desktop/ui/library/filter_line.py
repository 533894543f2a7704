"""The line above the table that says what it is limited to, each condition as a chip that a click takes away."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from mgc_desktop.core.filter import ROWS, Filter
from mgc_desktop.ui import theme
from mgc_desktop.ui.elided import plain_tip
from mgc_desktop.ui.library import filter_words

_CROSS = "  ✕"
_CHIP_PAD = 9  # px at both sides
_LEAST_CHIP = 104  # px: five of them fit in the least window


class Chip(QPushButton):
    """A condition in words and a cross; where there is little room, the words are cut."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "chip")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("No condition")
        self.words = ""

    def set_words(self, words: str) -> None:
        self.words = words
        self.setAccessibleName(f"Only {words}: take it away")
        self.setToolTip(plain_tip(f"Only {words}: a click takes it away"))
        self.updateGeometry()
        self._cut()

    def _cut(self) -> None:
        room = self.width() - self.fontMetrics().horizontalAdvance(_CROSS) - 2 * _CHIP_PAD
        words = self.fontMetrics().elidedText(self.words, Qt.TextElideMode.ElideRight, max(room, 20))
        self.setText(words.replace("&", "&&") + _CROSS)

    def sizeHint(self) -> QSize:
        width = self.fontMetrics().horizontalAdvance(self.words + _CROSS) + 2 * _CHIP_PAD + 4
        return QSize(width, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(min(_LEAST_CHIP, self.sizeHint().width()), super().sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._cut()


class FilterLine(QFrame):
    """Hidden while every track is listed."""

    removed = Signal(str)  # a key of `ROWS`
    cleared = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "filters")
        self.setAccessibleName("What is listed")
        self._only = QLabel("Only", self)
        self._only.setProperty("rank", "muted")
        self._count = QLabel(self)
        self._count.setProperty("rank", "muted")
        self._count.setFont(theme.tabular(self._count.font()))
        self._chips = {row: self._chip(row) for row in ROWS}
        self._clear = QPushButton("Clear Filters", self)
        self._clear.setProperty("size", "small")
        self._clear.setFlat(True)
        self._clear.setAccessibleName("Clear filters")
        self._clear.setToolTip("List every track again (Esc in the pane of genres and filters)")
        self._clear.clicked.connect(self.cleared)
        line = QHBoxLayout(self)
        line.setContentsMargins(12, 4, 8, 4)
        line.setSpacing(6)
        line.addWidget(self._only)
        for chip in self._chips.values():
            line.addWidget(chip)
        line.addStretch(1)
        line.addWidget(self._count)
        line.addWidget(self._clear)
        self.hide()

    def _chip(self, row: str) -> Chip:
        chip = Chip(self)
        chip.clicked.connect(lambda: self.removed.emit(row))
        chip.hide()
        return chip

    def show_filter(self, wanted: Filter) -> None:
        """Say what is asked for."""
        for row, chip in self._chips.items():
            there = wanted.has(row)
            if there:
                chip.set_words(filter_words.chip(row, wanted))
            chip.setVisible(there)
        if not wanted:
            self._count.clear()
        self.setVisible(bool(wanted))

    def show_count(self, listed: int, total: int) -> None:
        """Say how many tracks are left, of how many."""
        self._count.setText(f"{listed:,} of {total:,}")

    def chips(self) -> list[str]:
        """Return what the chips say."""
        return [chip.words for chip in self._chips.values() if chip.isVisibleTo(self)]

    def chip_of(self, row: str) -> Chip:
        return self._chips[row]
