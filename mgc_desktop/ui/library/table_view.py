"""The library table: keeps its place and selection while results arrive."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QTableView, QWidget

from mgc_desktop.ui.actions import TRACK_ACTIONS, Actions
from mgc_desktop.ui.library.delegates import TrackDelegate, row_height
from mgc_desktop.ui.library.query import Listing, Question
from mgc_desktop.ui.library.table_model import COLUMNS, PLACES, TrackModel

_LEAST_WIDTH = 44  # px


class TrackTable(QTableView):
    """Shows a `TrackModel`; sorting is asked of the library, never done here."""

    sort_asked = Signal(str, bool)  # column name, descending
    current_changed = Signal(object)  # id of the current track, or None
    selection_counted = Signal(int)

    def __init__(self, model: TrackModel, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._actions = actions
        self._current: int | None = None
        self._restoring = False
        self.setAccessibleName("Library")
        self.setModel(model)
        self.setItemDelegate(TrackDelegate(self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self._set_up_headers()
        self.selectionModel().selectionChanged.connect(self._selection_changed)

    def _set_up_headers(self) -> None:
        rows, columns = self.verticalHeader(), self.horizontalHeader()
        rows.hide()
        # Fixed, so that Qt never measures a row: a hundred thousand of them open at once.
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(row_height(self.fontMetrics().height()))
        columns.setAccessibleName("Columns")
        columns.setMinimumSectionSize(_LEAST_WIDTH)
        columns.setHighlightSections(False)
        columns.setSectionsMovable(True)
        columns.setSectionsClickable(True)
        columns.setSortIndicatorShown(True)
        columns.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        character = self.fontMetrics().averageCharWidth()
        for place, column in enumerate(COLUMNS):
            columns.resizeSection(place, column.width * character + 16)
        columns.setStretchLastSection(True)
        columns.sectionClicked.connect(self._sort_clicked)

    def fit_columns(self) -> None:
        """Share the width among the columns by what they hold; the title takes what is left."""
        columns = self.horizontalHeader()
        character = self.fontMetrics().averageCharWidth()
        widths = [column.width * character + 16 for column in COLUMNS]
        spare = self.viewport().width() - sum(widths)
        # The title and the artist give or take first; the others are as wide as their longest common text.
        widths[PLACES["title"]] = max(14 * character, widths[PLACES["title"]] + round(spare * 0.65))
        widths[PLACES["artist"]] = max(11 * character, widths[PLACES["artist"]] + round(spare * 0.35))
        for place, width in enumerate(widths[:-1]):
            columns.resizeSection(place, width)

    def show_order(self, question: Question) -> None:
        """Mark the column that the library is sorted by."""
        order = Qt.SortOrder.DescendingOrder if question.descending else Qt.SortOrder.AscendingOrder
        self.horizontalHeader().setSortIndicator(PLACES.get(question.order, -1), order)

    def _sort_clicked(self, section: int) -> None:
        # The header has turned its arrow already when this is called.
        descending = self.horizontalHeader().sortIndicatorOrder() == Qt.SortOrder.DescendingOrder
        self.sort_asked.emit(COLUMNS[section].name, descending)

    def take_listing(self, listing: Listing, *, keep_place: bool) -> None:
        """Show a new list of ids; the selection stays, and with `keep_place` the first row in sight as well."""
        selected, current = self.selected_ids(), self._current
        top = self.indexAt(QPoint(0, 0))
        anchor = self._model.id_at(top.row()) if top.isValid() else None
        offset = self.rowViewportPosition(top.row()) if top.isValid() else 0
        self._restoring = True
        try:
            self._model.take_listing(listing)
            self._select(selected, current)
        finally:
            self._restoring = False
        place = self._model.place_of(anchor) if anchor is not None else None
        if keep_place and place is not None:
            self.updateGeometries()
            self.verticalScrollBar().setValue(place * self.verticalHeader().defaultSectionSize() - offset)
        elif not keep_place:
            self.scrollToTop()
        self._tell_selection()

    def _select(self, ids: Sequence[int], current: int | None) -> None:
        if self.selectionModel().hasSelection() or not ids:
            return  # the list was the same: nothing was lost
        places = sorted(place for i in ids if (place := self._model.place_of(i)) is not None)
        selection, last = QItemSelection(), len(COLUMNS) - 1
        start = 0
        for end in range(1, len(places) + 1):
            if end == len(places) or places[end] != places[end - 1] + 1:
                selection.select(self._model.index(places[start], 0), self._model.index(places[end - 1], last))
                start = end
        place = self._model.place_of(current) if current is not None else None
        flags = QItemSelectionModel.SelectionFlag
        if place is not None:
            self.selectionModel().setCurrentIndex(self._model.index(place, 0), flags.NoUpdate)
        self.selectionModel().select(selection, flags.ClearAndSelect)

    def selected_ids(self) -> list[int]:
        """Return the ids of the selected tracks, in the order of the table."""
        places: set[int] = set()
        for part in self.selectionModel().selection():
            places.update(range(part.top(), part.bottom() + 1))
        return [track for place in sorted(places) if (track := self._model.id_at(place)) is not None]

    def visible_ids(self) -> tuple[int, ...]:
        """Return the ids of the rows in sight."""
        first = max(0, self.rowAt(0))
        last = self.rowAt(self.viewport().height() - 1)
        ids = self._model.ids()
        return ids[first : (last + 1 if last >= 0 else len(ids))]

    def current_id(self) -> int | None:
        return self._current

    def _selection_changed(self) -> None:
        if not self._restoring:
            self._tell_selection()

    def _tell_selection(self) -> None:
        index = self.selectionModel().currentIndex()
        selected = self.selectionModel().hasSelection()
        track = self._model.id_at(index.row()) if selected and index.isValid() else None
        if track != self._current:
            self._current = track
            self.current_changed.emit(track)
        self.selection_counted.emit(sum(p.height() for p in self.selectionModel().selection()))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if not self.selected_ids():
            return
        menu = QMenu(self)
        for name in TRACK_ACTIONS:
            menu.addAction(self._actions[name])
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())
