"""The genres that were found, with their numbers of tracks, or an example where there are none."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from mgc_desktop.ui import theme
from mgc_desktop.ui.models.data_check import FEW_TRACKS, DataCheck, Known

_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class GenreTable(QTableWidget):
    """Genre, tracks, and what becomes of it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(0, 3, parent)
        self.setAccessibleName("Genres that were found")
        tracks = QTableWidgetItem("Tracks")
        tracks.setTextAlignment(_RIGHT)
        for column, item in enumerate((QTableWidgetItem("Genre"), tracks, QTableWidgetItem(""))):
            self.setHorizontalHeaderItem(column, item)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 8)
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QTableWidget.SelectionMode.NoSelection)
        self.setTabKeyNavigation(False)
        header = self.horizontalHeader()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setDefaultAlignment(_LEFT)
        header.setHighlightSections(False)
        header.resizeSection(1, 96)
        header.resizeSection(2, 84)

    def show_check(self, check: DataCheck, known: Known, labels: str, usable: Mapping[str, int] | None) -> None:
        """Show what is there.

        Parameters
        ----------
        labels : str
            What is learnt: "keep", "add" or "only".
        usable : Mapping[str, int] or None
            Tracks by genre that the check found fit to learn from, once it is done.
        """
        genres = check.genres
        self.setRowCount(len(genres))
        for place, (genre, number) in enumerate(genres.items()):
            fit = number if usable is None else usable.get(genre, 0)
            count = QTableWidgetItem(f"{fit:,}" if fit == number else f"{fit:,} of {number:,}")
            count.setTextAlignment(_RIGHT)
            count.setFont(theme.tabular(self.font()))
            if fit < FEW_TRACKS:
                count.setToolTip("Few tracks: its score will be mostly chance")
            is_new = bool(known.labels) and genre not in known.labels
            fate = QTableWidgetItem({"keep": "left out", "add": "new"}.get(labels, "") if is_new else "")
            fate.setForeground(QColor(theme.tokens().muted))
            for column, item in enumerate((QTableWidgetItem(genre), count, fate)):
                self.setItem(place, column, item)
