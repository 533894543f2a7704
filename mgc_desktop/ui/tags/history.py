"""The window of Library > History: what was written into files, batch by batch, and the way back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from mgc_desktop.engine.events import TagProgress
from mgc_desktop.ui.models.parts import button, label
from mgc_desktop.ui.shared_table import SharedTable
from mgc_desktop.ui.side_window import empty_words
from mgc_desktop.ui.tags import words
from mgc_desktop.ui.tags.desk import Changes
from mgc_desktop.ui.tags.history_model import BEFORE, BatchModel, ChangeModel
from mgc_desktop.ui.tags.plan_delegate import PlanDelegate
from mgc_desktop.ui.tags.progress_line import CANCEL_TIP
from mgc_desktop.ui.tags.search_window import SearchWindow

if TYPE_CHECKING:
    from mgc_desktop.library.journal import BatchRow

FIRST_SIZE, LEAST_SIZE = QSize(1000, 640), QSize(760, 440)
_BATCH_SHARES = (0.07, 0.22, 0.33, 0.1, 0.28)  # of the table's width
_CHANGE_SHARES = (0.32, 0.19, 0.19, 0.3)
_NOTHING = "Nothing was written into files yet.\nLibrary > Write Tags shows first what would change."
_NO_FILES = "No file of this batch is listed."


class HistoryWindow(SearchWindow):
    """Widgets only; what is asked for comes out as signals. It blocks nothing.

    Signals
    -------
    batch_chosen : int
    undo_asked
        The chosen batch is to be undone; an undo can be undone as well.
    cancel_asked
    hidden
    """

    batch_chosen = Signal(int)
    undo_asked = Signal()
    cancel_asked = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("History")
        self.setAccessibleName("History of what was written into files")
        self.setMinimumSize(LEAST_SIZE)
        self.resize(FIRST_SIZE)
        self._busy = False
        self.batches, self.changes = BatchModel(self), ChangeModel(self)
        self.table = SharedTable("Batches", self.batches, _BATCH_SHARES, self)
        self.files = SharedTable("Files of the batch", self.changes, _CHANGE_SHARES, self)
        self.painter = PlanDelegate(BEFORE, self.files)
        self.files.setItemDelegate(self.painter)
        self._make_filters()
        self._make_ends()
        self._lay_out()
        self.table.selectionModel().currentRowChanged.connect(self._choose)
        QShortcut(QKeySequence("Ctrl+F"), self).activated.connect(self.search.setFocus)
        self._show_state()

    def _make_filters(self) -> None:
        self.make_search(
            self.table,
            "Filter the files of this batch",
            "Filter the files of this batch",
            "List the files with these words in name, genre or reason (Ctrl+F)",
        )
        self.left = QCheckBox("&Only what was left alone or failed", self)
        self.left.setToolTip("List only the files that were not written, and why")
        self.search.textChanged.connect(lambda _: self._filter())
        self.left.toggled.connect(lambda _: self._filter())

    def _make_ends(self) -> None:
        self.notice = label("What is going on", muted=True)
        self.progress = QProgressBar(self)
        self.progress.setAccessibleName("Progress")
        self.progress.setTextVisible(False)
        self.progress.setFixedWidth(140)
        self.cancel = button("&Stop", CANCEL_TIP)
        self.cancel.clicked.connect(self.cancel_asked)
        self.undo = button("&Undo", "")
        self.undo.clicked.connect(self.undo_asked)
        self.done_with = button("Close", "Close this window (Escape)")
        self.done_with.clicked.connect(self.close)
        for widget in (self.progress, self.cancel):
            kept = widget.sizePolicy()
            kept.setRetainSizeWhenHidden(True)  # nothing jumps when work begins or ends
            widget.setSizePolicy(kept)
            widget.hide()

    def _lay_out(self) -> None:
        filters = QHBoxLayout()
        filters.setSpacing(10)
        filters.addWidget(self.search, 1)
        filters.addWidget(self.left)
        below = QWidget(self)
        column = QVBoxLayout(below)
        column.setContentsMargins(0, 10, 0, 0)
        column.setSpacing(10)
        column.addLayout(filters)
        frame, self._files_place, self._no_files = self._framed(self.files, _NO_FILES)
        column.addWidget(frame, 1)
        frame, self._table_place, _ = self._framed(self.table, _NOTHING)
        parts = QSplitter(Qt.Orientation.Vertical, self)
        parts.setChildrenCollapsible(False)
        parts.setHandleWidth(1)
        parts.addWidget(frame)
        parts.addWidget(below)
        parts.setSizes([220, 340])
        parts.setStretchFactor(1, 1)
        last = QHBoxLayout()
        last.addWidget(self.notice, 1)
        for widget in (self.progress, self.cancel, self.undo, self.done_with):
            last.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 12)
        layout.setSpacing(12)
        layout.addWidget(parts, 1)
        layout.addLayout(last)

    def _framed(self, table: QWidget, when_empty: str) -> tuple[QFrame, QStackedWidget, QLabel]:
        frame = QFrame(self)
        frame.setProperty("role", "card")
        stack = QStackedWidget(frame)
        empty = empty_words(when_empty, stack)
        stack.addWidget(table)
        stack.addWidget(empty)
        inside = QVBoxLayout(frame)
        inside.setContentsMargins(1, 1, 1, 1)
        inside.addWidget(stack)
        return frame, stack, empty

    # What the person does.
    def batch(self) -> BatchRow | None:
        """Return the chosen batch."""
        line = self.table.currentIndex().row()
        return self.batches.batches[line] if 0 <= line < len(self.batches.batches) else None

    def _choose(self, current: QModelIndex, before: QModelIndex) -> None:
        batch = self.batch()
        if batch is not None:
            self.batch_chosen.emit(batch.id)
        self._show_state()

    def _filter(self) -> None:
        self.changes.ask(self.search.text(), self.left.isChecked())
        self._show_state()

    # What is shown.
    def show_batches(self, batches: Sequence[BatchRow], wanted: int | None = None) -> None:
        """List the batches, and choose `wanted`, else the one chosen before, else the latest."""
        before, first = self.batch(), not self.batches.batches
        self.batches.show_batches(batches)
        line = self.batches.line_of(wanted if wanted is not None else before.id if before is not None else 0)
        if batches:
            self.table.selectRow(max(0, line))
            if first:
                self._table_place.setCurrentIndex(0)
                self.table.setFocus()
        else:
            self.changes.show_changes(Changes())
        self._show_state()

    def show_changes(self, changes: Changes) -> None:
        """List the files of the chosen batch; those of another, which was overtaken, are not."""
        batch = self.batch()
        if batch is not None and batch.id == changes.batch:
            self.changes.show_changes(changes)
            self._show_state()

    def show_working(self, progress: TagProgress, *, undo: bool) -> None:
        self._busy = True
        self.notice.setText(words.working(progress, undo=undo))
        self.progress.setRange(0, progress.total)
        self.progress.setValue(progress.done)
        self._show_state()

    def show_idle(self, summary: str = "") -> None:
        """Show that nothing goes on any more, and what it came to."""
        self._busy = False
        self.notice.setText(summary)
        self._show_state()

    def _show_state(self) -> None:
        batch = self.batch()
        self._table_place.setCurrentIndex(0 if self.batches.batches else 1)
        self._files_place.setCurrentIndex(0 if self.changes.rows else 1)
        self._no_files.setText(_NO_FILES if batch is not None else "")
        for widget in (self.progress, self.cancel):
            widget.setVisible(self._busy)
        text, why_not = undo_offer(batch)
        self.undo.setText(text)
        self.undo.setEnabled(not why_not and not self._busy)
        self.undo.setToolTip(why_not or "Put every genre of this batch back as it was; that can be undone as well")


def undo_offer(batch: BatchRow | None) -> tuple[str, str]:
    """Return what the button says, and why it cannot be pressed (empty: it can)."""
    if batch is None:
        return "&Undo", "Choose a batch first"
    text = words.undo_button(batch.done, redo=batch.kind == "undo")
    if batch.ended_at is None:
        return text, "This batch is still under way"
    if batch.undone_by is not None:
        return text, f"It was undone already: undo no. {batch.undone_by} to have the genres written again"
    return text, "" if batch.done else "No file was written, so there is nothing to undo"
