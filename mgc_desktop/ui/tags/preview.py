"""The window of Library > Write Tags: what would be written into which file, and why, before anything is written."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from mgc_desktop.engine.events import TagPlanProgress, TagProgress
from mgc_desktop.ui.models.parts import button, label
from mgc_desktop.ui.tags import words
from mgc_desktop.ui.tags.choices import WIDTH, ChoicesPanel
from mgc_desktop.ui.tags.plan_model import PlanModel
from mgc_desktop.ui.tags.plan_table import PlanTable
from mgc_desktop.ui.tags.progress_line import CANCEL_TIP
from mgc_desktop.ui.tags.search_window import SearchWindow
from mgc_desktop.ui.tags.sheet import Kind, Sheet

FIRST_SIZE, LEAST_SIZE = QSize(1140, 720), QSize(900, 560)
_KINDS: tuple[tuple[Kind | None, str, str], ...] = (
    (Kind.CHANGE, "Will &change", "List the files whose genre changes"),
    (Kind.SAME, "Alread&y so", "List the files that say so already"),
    (Kind.LEFT, "&Left alone", "List the files that are left alone, and why"),
    (None, "&All", "List every file"),
)
_SCROLL_BAR = 14  # px
_READING = "Reading what the files say…"
_NO_TRACKS = "There are no tracks in the library's list: add a folder, or clear the filter."


class PreviewWindow(SearchWindow):
    """Widgets only; what is asked for comes out as signals. It blocks nothing.

    Signals
    -------
    write_asked : list of PlannedWrite
    plan_asked
        The policy changed: `panel.choices()` says what is wanted now.
    scope_asked : int
        Another choice of tracks: its place in what `show_scopes` was given.
    cancel_asked
    hidden
    """

    write_asked = Signal(object)
    plan_asked = Signal()
    scope_asked = Signal(int)
    cancel_asked = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Write Tags")
        self.setAccessibleName("Write tags")
        self.setMinimumSize(LEAST_SIZE)
        self.resize(FIRST_SIZE)
        self._busy = self._stopped = False
        self._planning = False  # what is listed is not yet what was chosen: nothing can be written
        self._kind: Kind | None = Kind.CHANGE
        self._follows = True  # what would change, or all where that is nothing; until the person chooses a kind
        self._sorted: tuple[str, bool] = ("", False)
        self.rows = PlanModel(self)
        self.table = PlanTable(self.rows, self)
        self.panel = ChoicesPanel(self)
        self._make_filters()
        self._make_ends()
        self._lay_out()
        self.panel.touched.connect(lambda: self._set_planning(True))
        self.panel.changed.connect(self.plan_asked)
        self.rows.ticks_changed.connect(self._show_counts)
        self._ask()
        self.table.sort_asked.connect(self._sort)
        for keys, do in (("Ctrl+F", self._find), ("Ctrl+Return", self._write), ("F5", self._read_again)):
            QShortcut(QKeySequence(keys), self).activated.connect(do)
        self._show_counts()

    def _make_filters(self) -> None:
        self.scope = QComboBox(self)
        self.scope.setAccessibleName("Which tracks")
        self.scope.setToolTip("Which tracks this is about")
        self.scope.activated.connect(self.scope_asked)
        self.make_search(
            self.table,
            "Filter",
            "Filter the files",
            "List the files with these words in track, artist, genre, reason or path (Ctrl+F)",
        )
        self.search.textChanged.connect(lambda _: self._ask())
        self.kinds: dict[Kind | None, QPushButton] = {}
        group = QButtonGroup(self)
        for kind, text, tip in _KINDS:
            made = self.kinds[kind] = button(text, tip)
            made.setProperty("size", "small")
            made.setCheckable(True)
            made.clicked.connect(lambda _=False, kind=kind: self.show_kind(kind))
            group.addButton(made)
        self.kinds[self._kind].setChecked(True)
        self.all = button("&Tick These", "Tick every file that is listed below (Space ticks those that are selected)")
        self.none = button("&Untick These", "Take the tick from every file that is listed below")
        for made, ticked in ((self.all, True), (self.none, False)):
            made.setProperty("size", "small")
            made.setAccessibleName(f"{'Tick' if ticked else 'Untick'} all that are listed")
            made.clicked.connect(lambda _=False, ticked=ticked: self.rows.tick_all(ticked))

    def _make_ends(self) -> None:
        self.counts = label("What will be done")
        self.progress = QProgressBar(self)
        self.progress.setAccessibleName("Progress")
        self.progress.setTextVisible(False)
        self.progress.setFixedWidth(140)
        self.cancel = button("&Stop", CANCEL_TIP)
        self.cancel.clicked.connect(self.cancel_asked)
        for widget in (self.progress, self.cancel):
            kept = widget.sizePolicy()
            kept.setRetainSizeWhenHidden(True)  # nothing jumps when work begins or ends
            widget.setSizePolicy(kept)
            widget.hide()
        self.write = button("&Write", "Write the files that have a tick; Undo takes all of it back (Ctrl+Return)")
        self.write.setProperty("rank", "first")  # no default: Return in the filter must not write files
        self.write.clicked.connect(self._write)
        self.done_with = button("Close", "Close this window; nothing is written by that (Escape)")
        self.done_with.clicked.connect(self.close)

    def _lay_out(self) -> None:
        right = QVBoxLayout()
        right.setSpacing(8)
        first, second = QHBoxLayout(), QHBoxLayout()
        for shown in (self.search, self.all, self.none):
            first.addWidget(shown)
        for made in self.kinds.values():
            second.addWidget(made)
        second.addStretch(1)
        right.addLayout(first)
        right.addLayout(second)
        right.addWidget(self._framed_table(), 1)
        middle = QHBoxLayout()
        middle.setSpacing(14)
        middle.addWidget(self._side())
        middle.addLayout(right, 1)
        last = QHBoxLayout()
        last.addWidget(self.counts, 1)
        for widget in (self.progress, self.cancel, self.write, self.done_with):
            last.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 12)
        layout.setSpacing(12)
        layout.addLayout(middle, 1)
        layout.addLayout(last)

    def _side(self) -> QWidget:
        side = QWidget(self)
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(self.scope)
        area = QScrollArea(side)
        area.setAccessibleName("What to write")
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidgetResizable(True)
        area.setWidget(self.panel)
        area.viewport().setAutoFillBackground(False)
        self.panel.setAutoFillBackground(False)
        side.setFixedWidth(WIDTH + _SCROLL_BAR)
        column.addWidget(area, 1)
        return side

    def _framed_table(self) -> QWidget:
        frame = QFrame(self)
        frame.setProperty("role", "card")
        inside = QVBoxLayout(frame)
        inside.setContentsMargins(1, 1, 1, 1)
        self._stack = QStackedWidget(frame)
        self._empty = QLabel(frame)
        self._empty.setAccessibleName("Why nothing is listed")
        self._empty.setTextFormat(Qt.TextFormat.PlainText)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        self._empty.setContentsMargins(40, 0, 40, 0)
        self._empty.setProperty("rank", "muted")
        self._stack.addWidget(self.table)
        self._stack.addWidget(self._empty)
        inside.addWidget(self._stack)
        return frame

    # What the person does.
    def _find(self) -> None:
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def _read_again(self) -> None:
        if self.scope.isEnabled() and self.scope.count():
            self.scope_asked.emit(self.scope.currentIndex())

    def show_kind(self, kind: Kind | None) -> None:
        """List the files of one kind, or all."""
        self._follows = False
        self._list(kind)

    def follow(self) -> None:
        """List what would change, or all with the reasons where that is nothing, until a kind is chosen."""
        self._follows = True
        self._list(Kind.CHANGE)

    def _list(self, kind: Kind | None) -> None:
        self._kind = kind
        self.kinds[kind].setChecked(True)
        self._ask()

    def _sort(self, column: str, descending: bool) -> None:
        self._sorted = (column, descending)
        self._ask()

    def _ask(self) -> None:
        self.rows.ask(self.search.text(), self._kind, *self._sorted)
        self._show_counts()

    def _write(self) -> None:
        if self.write.isEnabled():
            self.write_asked.emit(self.rows.to_write())

    # What is shown.
    def show_scopes(self, texts: list[str], chosen: int) -> None:
        """Show which choices of tracks there are."""
        self.scope.clear()
        self.scope.addItems(texts)
        self.scope.setCurrentIndex(chosen)

    def show_names(self, labels: Mapping[str, str]) -> None:
        """Take the labels by the names that are written: the chips have the labels' colours."""
        self.table.painter.labels = labels
        self.table.viewport().update()

    def show_sheet(self, sheet: Sheet, *, same_files: bool, final: bool = True) -> None:
        """Show what would be done; with `same_files` the ticks stay. It can be written where it is `final`."""
        self.table.show_sheet(sheet, same_files=same_files)
        self._planning = not final
        nothing = bool(sheet.rows) and not sheet.count(Kind.CHANGE)
        if self._follows and (self._kind is None) != nothing:
            self._list(None if nothing else Kind.CHANGE)
        else:
            self._show_counts()

    def _set_planning(self, planning: bool) -> None:
        self._planning = planning
        self._enable_write()

    def _enable_write(self) -> None:
        self.write.setEnabled(self.rows.ticked() > 0 and not self._busy and not self._planning)

    def show_reading(self, progress: TagPlanProgress) -> None:
        self._show_work(words.reading(progress), progress.done, progress.total)

    def show_writing(self, progress: TagProgress, *, undo: bool) -> None:
        self._show_work(words.working(progress, undo=undo), progress.done, progress.total)

    def _show_work(self, text: str, done: int, total: int) -> None:
        self._set_busy(True)
        self._stopped = False
        self.counts.setText(text)
        self.progress.setRange(0, total)
        self.progress.setValue(done)

    def show_stopped(self) -> None:
        """Show that the files were not looked at to the end."""
        self._stopped = True
        self.show_idle()

    def show_idle(self) -> None:
        """Show that nothing goes on any more."""
        self._set_busy(False)
        self._show_counts()

    def _set_busy(self, busy: bool) -> None:
        self._busy = busy
        for widget in (self.progress, self.cancel):
            widget.setVisible(busy)
        self._enable_write()
        self.scope.setEnabled(not busy)

    @property
    def busy(self) -> bool:
        """Whether tags are read or written."""
        return self._busy

    def _show_counts(self) -> None:
        sheet, ticked = self.rows.sheet, self.rows.ticked()
        by_kind = {kind: sheet.count(kind) for kind in Kind}
        for kind, text, _ in _KINDS:
            made, number = self.kinds[kind], len(sheet.rows) if kind is None else by_kind[kind]
            made.setText(f"{text} {number:,}")
            made.setAccessibleName(made.text().replace("&", ""))
        if not self._busy:
            self.counts.setText(words.counts(by_kind[Kind.CHANGE], by_kind[Kind.SAME], by_kind[Kind.LEFT], ticked))
        self.write.setText(words.write_button(ticked))
        self._enable_write()
        some = self.rows.rowCount() > 0
        for made in (self.all, self.none):
            made.setEnabled(some and by_kind[Kind.CHANGE] > 0)
        self._empty.setText(self._why_empty(by_kind))
        self._stack.setCurrentIndex(0 if some else 1)

    def _why_empty(self, by_kind: Mapping[Kind, int]) -> str:
        if not self.rows.sheet.rows:
            if self._stopped:
                return "Reading what the files say was stopped: press F5 to begin again."
            return _READING if self._busy else _NO_TRACKS
        if self.search.text().strip():
            return "No file has these words in it."
        if self._kind is Kind.CHANGE:
            return "No file would change: choose another policy, or a lower confidence."
        return "No file is already so." if self._kind is Kind.SAME else "No file is left alone."
