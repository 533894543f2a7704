"""The preview's table: Space ticks what is selected, a heading sorts."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from mgc_desktop.ui.shared_table import LEAST_COLUMN, set_up_rows
from mgc_desktop.ui.tags.plan_delegate import PlanDelegate
from mgc_desktop.ui.tags.plan_model import BEFORE, COLUMNS, TICK, PlanModel
from mgc_desktop.ui.tags.sheet import Sheet

_LEAST = (LEAST_COLUMN, 104, 72, 90, 112, 126)  # px
_SHARES = (0.0, 0.26, 0.16, 0.14, 0.12, 0.32)  # of what is left over


class PlanTable(QTableView):
    """Shows a `PlanModel`."""

    sort_asked = Signal(str, bool)  # a column, descending

    def __init__(self, model: PlanModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows = model
        self.setAccessibleName("Files and their genres")
        self.setModel(model)
        set_up_rows(self)
        self.painter = PlanDelegate(BEFORE, self)
        self.setItemDelegate(self.painter)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)  # so that no column moves for it
        self._fitting = False
        self._fits_itself = True  # until the person sets a column
        header = self.horizontalHeader()
        header.setAccessibleName("Columns")
        header.setSectionsClickable(True)
        header.setSortIndicatorShown(True)
        header.setSortIndicatorClearable(True)  # a third click: as the library listed them
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        header.setStretchLastSection(True)
        header.setSectionResizeMode(TICK, QHeaderView.ResizeMode.Fixed)
        header.sortIndicatorChanged.connect(self._sort)
        self.clicked.connect(self._toggle_clicked)
        header.sectionResized.connect(self._section_resized)

    def _sort(self, section: int, order: Qt.SortOrder) -> None:
        column = COLUMNS[section] if 0 < section < len(COLUMNS) else ""
        self.sort_asked.emit(column, order == Qt.SortOrder.DescendingOrder)

    def show_sheet(self, sheet: Sheet, *, same_files: bool) -> None:
        """Show a sheet; with `same_files` the current row stays the current one, and in sight."""
        place = self.rows.place_at(self.currentIndex().row())
        scrolled = self.verticalScrollBar().value()
        self.rows.show_sheet(sheet, same_files=same_files)
        line = self.rows.line_of(place) if same_files else -1
        if line >= 0:
            self.selectRow(line)
        if same_files:
            self.verticalScrollBar().setValue(scrolled)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.modifiers():
            self.toggle_selected()
        else:
            super().keyPressEvent(event)

    def _toggle_clicked(self, index: QModelIndex) -> None:
        if index.column() == TICK:
            line = index.row()
            self.rows.tick(line, line, not self.rows.all_ticked(line, line))

    def toggle_selected(self) -> None:
        """Untick the selected rows if all of them are ticked, else tick them."""
        parts = [(part.top(), part.bottom()) for part in self.selectionModel().selection().toList()]
        ticked = all(self.rows.all_ticked(*part) for part in parts)
        for first, last in parts:
            self.rows.tick(first, last, not ticked)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit_columns()

    def fit_columns(self) -> None:
        """Share the width among the columns until the person sets one."""
        if not self._fits_itself:
            return
        self._fitting = True
        room = max(0, self.viewport().width() - sum(_LEAST))
        for column, (least, share) in enumerate(zip(_LEAST, _SHARES, strict=True)):
            self.setColumnWidth(column, least + int(share * room))
        self._fitting = False

    def _section_resized(self, section: int, before: int, after: int) -> None:
        if not self._fitting and section < len(COLUMNS) - 1:  # the last one follows the window
            self._fits_itself = False
