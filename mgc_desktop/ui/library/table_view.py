"""The library table: keeps its place and selection while results arrive."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import quote

from PySide6.QtCore import (
    QByteArray,
    QItemSelection,
    QItemSelectionModel,
    QItemSelectionRange,
    QMimeData,
    QPoint,
    QRect,
    Qt,
    QUrl,
    Signal,
)
from PySide6.QtGui import QContextMenuEvent, QDrag, QFocusEvent, QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QTableView, QWidget

from mgc_desktop.ui import theme
from mgc_desktop.ui.actions import GENRE_ACTIONS, TRACK_ACTIONS, Actions
from mgc_desktop.ui.library.query import Listing, Question
from mgc_desktop.ui.library.row_painter import RowPainter, row_height
from mgc_desktop.ui.library.table_model import COLUMNS, MOST_DRAGGED, ORDERS, PLACES, Column, TrackModel

if TYPE_CHECKING:  # numpy comes with the values: after the first paint
    import numpy as np
    from numpy.typing import NDArray

_LEAST_WIDTH = 44  # px
_LEFT_OUT = ("runner_up", "duration", "state", "artist")  # one after the other, where there is too little room
_SPARE = {"title": 0.5, "artist": 0.2, "state": 0.3}  # who gets the room that is left over
MOST_PIECES = 2000  # Qt looks through all of them for each cell that it paints


class TrackTable(QTableView):
    """Shows a `TrackModel`; sorting is asked of the library, never done here."""

    sort_asked = Signal(str, bool)  # what `Reader.ids` sorts by, descending
    current_changed = Signal(object)  # id of the current track, or None
    selection_counted = Signal(int)
    drag_refused = Signal(str)  # why
    selection_lost = Signal(int)  # so many tracks were selected in too many places

    def __init__(self, model: TrackModel, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._actions = actions
        self._current: int | None = None
        self._restoring = False
        self._fitting = False
        self._fits_itself = True  # until the person sets a column
        self.setAccessibleName("Library")
        self.setModel(model)
        self._painter = RowPainter(self, model)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)  # so that no column moves for it
        self.setShowGrid(False)
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
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
        # Of its own, and always empty: with the table's, Qt asks every row before it paints a heading.
        columns.setSelectionModel(QItemSelectionModel(self._model, columns))
        columns.setSectionsMovable(True)
        columns.setSectionsClickable(True)
        columns.setSortIndicatorShown(True)
        columns.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        for place, column in enumerate(COLUMNS):
            columns.resizeSection(place, self._text_width(column, column.usual))
        columns.setStretchLastSection(True)
        columns.sectionClicked.connect(self._sort_clicked)
        columns.sectionResized.connect(self._section_resized)
        columns.sectionMoved.connect(lambda *_: self._leave_to_person())
        columns.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        columns.customContextMenuRequested.connect(self._show_column_menu)

    def fit_columns(self) -> None:
        """Share the width among the columns by what they hold, until the person sets one.

        Where there is too little room for all, those are left out that are least missed.
        """
        if not self._fits_itself:
            return
        room = self.viewport().width()
        least = [self._text_width(column, column.least) for column in COLUMNS]
        wanted = [self._text_width(column, column.usual) for column in COLUMNS]
        for name in _LEFT_OUT:
            if sum(least) > room:
                least[PLACES[name]] = wanted[PLACES[name]] = 0
        share = min(1.0, max(0.0, (room - sum(least)) / (sum(wanted) - sum(least))))
        widths = [round(low + share * (high - low)) for low, high in zip(least, wanted, strict=True)]
        spare = max(0, room - sum(widths))
        parts = {name: part for name, part in _SPARE.items() if widths[PLACES[name]]}
        for name, part in parts.items():
            widths[PLACES[name]] += round(part / sum(parts.values()) * spare)
        last = max(place for place, width in enumerate(widths) if width)
        widths[last] = max(_LEAST_WIDTH, widths[last] - 2)  # rounding must not call for a scroll bar
        self._fitting = True
        for place, width in enumerate(widths):
            self.setColumnHidden(place, not width)
        for place, width in enumerate(widths):
            if width:
                self.horizontalHeader().resizeSection(place, width)
        self._fitting = False

    def _text_width(self, column: Column, text: str) -> int:
        metrics = QFontMetrics(theme.tabular(self.font()))
        return 18 + max(metrics.horizontalAdvance(column.heading), metrics.horizontalAdvance(text) + column.extra)

    def columns_state(self) -> QByteArray | None:
        """Return the columns as the person set them, or None where they still fit themselves."""
        return None if self._fits_itself else self.horizontalHeader().saveState()

    def restore_columns(self, state: QByteArray) -> None:
        """Set the columns as they were left."""
        self._fitting = True
        self._fits_itself = not self.horizontalHeader().restoreState(state)
        self._fitting = False

    def _section_resized(self, section: int, before: int, after: int) -> None:
        if not before or not after:
            return  # hidden or shown: Qt may tell of it when the table is laid out, long after
        # The last section in sight follows the window; Qt tells of it as of any other.
        header = self.horizontalHeader()
        later = (header.logicalIndex(place) for place in range(header.visualIndex(section) + 1, len(COLUMNS)))
        if any(not header.isSectionHidden(other) for other in later):
            self._leave_to_person()

    def _leave_to_person(self) -> None:
        if not self._fitting:
            self._fits_itself = False

    def _show_column_menu(self, where: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for place, column in enumerate(COLUMNS):
            action = menu.addAction(column.heading)
            action.setCheckable(True)
            action.setChecked(not self.isColumnHidden(place))
            action.setEnabled(column.name != "title")
            action.triggered.connect(lambda shown, place=place: self._show_column(place, shown))
        menu.addSeparator()
        menu.addAction("Fit to the Window").triggered.connect(self._fit_again)
        menu.popup(self.horizontalHeader().mapToGlobal(where))

    def _show_column(self, place: int, shown: bool) -> None:
        self._fits_itself = False
        self.setColumnHidden(place, not shown)

    def _fit_again(self) -> None:
        for place in range(len(COLUMNS)):
            self.setColumnHidden(place, False)
        self._fits_itself = True
        self.fit_columns()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if not self.selectionModel().hasSelection():
            # Qt makes the first row the current one and selects nothing: the first arrow key would pass it by.
            self.selectionModel().clearCurrentIndex()

    def paintEvent(self, event: QPaintEvent) -> None:
        self._painter.paint(QPainter(self.viewport()), event.rect())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit_columns()

    def show_order(self, question: Question) -> None:
        """Mark the column that the library is sorted by."""
        order = Qt.SortOrder.DescendingOrder if question.descending else Qt.SortOrder.AscendingOrder
        self.horizontalHeader().setSortIndicator(ORDERS.get(question.order, -1), order)

    def _sort_clicked(self, section: int) -> None:
        # The header has turned its arrow already when this is called.
        descending = self.horizontalHeader().sortIndicatorOrder() == Qt.SortOrder.DescendingOrder
        self.sort_asked.emit(COLUMNS[section].order, descending)

    def take_listing(self, listing: Listing, *, keep_place: bool) -> None:
        """Show a new list of ids; the selection stays, and with `keep_place` the first row in sight as well.

        Where everything was selected, everything stays selected, also what was added to the same list. A selection
        that would fall apart into thousands of pieces is given up: `selection_lost` tells.
        """
        selected, current = self.selected_array(), self._current
        everything = keep_place and 0 < selected.size == self._model.rowCount()
        top = self.indexAt(QPoint(0, 0))
        anchor = self._model.id_at(top.row()) if top.isValid() else None
        offset = self.rowViewportPosition(top.row()) if top.isValid() else 0
        self._restoring = True
        try:
            self._model.take_listing(listing)
            if selected.size and not self.selectionModel().hasSelection():  # else the list was the same
                self._select(listing.ids if everything else selected, current)
        finally:
            self._restoring = False
        place = self._model.place_of(anchor) if anchor is not None else None
        if keep_place and place is not None:
            self.updateGeometries()
            self.verticalScrollBar().setValue(place * self.verticalHeader().defaultSectionSize() - offset)
        elif not keep_place:
            self.scrollToTop()
        self._tell_selection()

    def _select(self, ids: NDArray[np.int64], current: int | None) -> None:
        import numpy as np  # it comes with the values: after the first paint

        places = self._model.places_of(ids)
        ends = np.append(np.flatnonzero(np.diff(places) != 1), places.size - 1)
        if not places.size or ends.size > MOST_PIECES:
            if places.size:
                self.selection_lost.emit(places.size)
            return
        starts = np.append(0, ends[:-1] + 1)
        selection, last = QItemSelection(), len(COLUMNS) - 1
        for first, end in zip(places[starts].tolist(), places[ends].tolist(), strict=True):
            selection.append(QItemSelectionRange(self._model.index(first, 0), self._model.index(end, last)))
        place = self._model.place_of(current) if current is not None else None
        flags = QItemSelectionModel.SelectionFlag
        if place is not None:
            self.selectionModel().setCurrentIndex(self._model.index(place, 0), flags.NoUpdate)
        self.selectionModel().select(selection, flags.ClearAndSelect)

    def cell_rect(self, track: int, column: str) -> QRect | None:
        """Return where a cell is (of a hidden column, the title), in px of this widget; None for no track listed."""
        place = self._model.place_of(track)
        if place is None:
            return None
        shown = "title" if self.isColumnHidden(PLACES[column]) else column
        rect = self.visualRect(self._model.index(place, PLACES[shown]))
        return rect.translated(self.viewport().pos())

    def scroll_to(self, track: int) -> None:
        """Bring a track's row into sight."""
        place = self._model.place_of(track)
        if place is not None:
            self.scrollTo(self._model.index(place, PLACES["verdict"]))

    def selected_count(self) -> int:
        return sum(part.height() for part in self.selectionModel().selection().toList())

    def selected_array(self) -> NDArray[np.int64]:
        """Return the ids of the selected tracks, in the order of the table."""
        import numpy as np  # it comes with the values: after the first paint

        ids, parts, after = self._model.ids(), [], 0
        for top, bottom in sorted((p.top(), p.bottom()) for p in self.selectionModel().selection().toList()):
            parts.append(ids[max(top, after) : bottom + 1])  # by the slice: there may be a hundred thousand
            after = max(after, bottom + 1)
        return np.concatenate(parts) if parts else ids[:0]

    def selected_ids(self) -> list[int]:
        """Return the ids of the selected tracks, in the order of the table."""
        selected: list[int] = self.selected_array().tolist()
        return selected

    def visible_ids(self) -> NDArray[np.int64]:
        """Return the ids of the rows in sight."""
        first = max(0, self.rowAt(0))
        last = self.rowAt(self.viewport().height() - 1)
        ids = self._model.ids()
        return ids[first : (last + 1 if last >= 0 else ids.size)]

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
        self.selection_counted.emit(self.selected_count())

    def startDrag(self, actions: Qt.DropAction) -> None:
        """Drag the files of the selected tracks to another program."""
        count = self.selected_count()
        if count > MOST_DRAGGED:
            self.drag_refused.emit(f"At most {MOST_DRAGGED:,} tracks can be dragged at once; export a playlist instead")
            return
        paths = [row.path for row in self._model.kept(self.selected_ids())]
        if len(paths) < count:
            self.drag_refused.emit("These tracks are still being read; drag them again in a moment")
            return
        drag = QDrag(self)
        drag.setMimeData(files_data(paths))
        drag.exec(Qt.DropAction.CopyAction)  # never moved: what takes them gets a copy or the name

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if not self.selectionModel().hasSelection():
            return
        menu = QMenu(self)
        for name in (*GENRE_ACTIONS, "", "write_tags", "", "listen_track", "", *TRACK_ACTIONS):
            menu.addAction(self._actions[name]) if name else menu.addSeparator()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())


def files_data(paths: Sequence[str]) -> QMimeData:
    """Return files as other programs take them: as addresses, byte for byte, and as lines of text."""
    data = QMimeData()
    data.setUrls([QUrl.fromEncoded(f"file://{quote(_slashed(path))}".encode("ascii")) for path in paths])
    data.setText("\n".join(paths))
    return data


def _slashed(path: str) -> bytes:
    if os.name == "nt":
        path = "/" + path.replace("\\", "/")
    return os.fsencode(path)
