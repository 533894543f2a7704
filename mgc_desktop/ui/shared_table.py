"""Tables of whole rows, as the windows of genres in files and of sessions have them."""

from __future__ import annotations

from PySide6.QtCore import QAbstractItemModel, QItemSelectionModel, Qt
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from mgc_desktop.ui import theme

LEAST_COLUMN = 34  # px; what a tick needs


def set_up_rows(table: QTableView) -> None:
    """Give a table of whole rows, which has its model, the looks that all have; no row is ever measured."""
    table.setFont(theme.tabular(table.font()))
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    table.setAlternatingRowColors(True)
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.setTabKeyNavigation(False)
    table.setCornerButtonEnabled(False)
    table.setStyleSheet("QTableView::item { padding: 0 6px; } QTableView { outline: none; }")
    rows = table.verticalHeader()
    rows.hide()
    rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    rows.setDefaultSectionSize(QFontMetrics(table.font()).height() + 12)
    columns = table.horizontalHeader()
    columns.setHighlightSections(False)
    columns.setMinimumSectionSize(LEAST_COLUMN)
    # Of its own, and always empty: with the table's, Qt asks every row before it paints a heading.
    columns.setSelectionModel(QItemSelectionModel(table.model(), columns))


class SharedTable(QTableView):
    """A table of whole rows, one of which is chosen, and whose columns share its width."""

    def __init__(self, name: str, model: QAbstractItemModel, shares: tuple[float, ...], parent: QWidget) -> None:
        super().__init__(parent)
        self._shares = shares
        self.setModel(model)
        self.setAccessibleName(name)
        set_up_rows(self)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)  # so that no column moves for it
        self.horizontalHeader().setStretchLastSection(True)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        for column, share in enumerate(self._shares[:-1]):
            self.setColumnWidth(column, int(share * self.viewport().width()))
