"""The pane of genres and filters: a bar a genre, states, confidence, folders, each with what it would list."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QScrollArea, QSpinBox, QVBoxLayout, QWidget

from mgc_desktop.core.filter import EVERYTHING, Filter, Summary
from mgc_desktop.ui import theme
from mgc_desktop.ui.library.bar_list import BarList, Entry
from mgc_desktop.ui.library.filter_words import STATUSES, folder_name, statuses, with_statuses

MOST_GENRES = 12  # shown until all are asked for


class FilterPane(QScrollArea):
    """Chooses what the table lists. Knows no library: `show_summary` brings the counts.

    Signals
    -------
    changed : Filter
        What the person chose, but for the text that is searched for.
    """

    changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Genres and filters")
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._filter, self._summary = EVERYTHING, Summary()
        self._order: list[str] = []  # genres as they stand: counts come and go, bars stay where they are
        self._all = False
        self.genres = BarList("Genres", parent=self)
        self.states = BarList("States", parent=self)
        self.folders = BarList("Folders", several=False, parent=self)
        self.least, self.most = self._spin("Least confidence", 0), self._spin("Most confidence", 100)
        self.none = self._note("No track has a genre yet.")
        self.more = QPushButton(self)
        self.more.setAccessibleName("All genres")
        self.more.setFlat(True)
        self.more.setProperty("size", "small")
        self.clear = QPushButton("Clear Filters", self)
        self.clear.setToolTip("List every track again (Esc)")
        self._folders_title = self._title("Folders")
        self._lay_out()
        self.genres.chosen_changed.connect(lambda keys: self._choose(replace(self._filter, labels=keys)))
        self.states.chosen_changed.connect(lambda keys: self._choose(with_statuses(self._filter, keys)))
        self.folders.chosen_changed.connect(lambda keys: self._choose(replace(self._filter, folder="".join(keys))))
        self.least.valueChanged.connect(lambda value: self._set_confidence(value, max(value, self.most.value())))
        self.most.valueChanged.connect(lambda value: self._set_confidence(min(value, self.least.value()), value))
        self.more.clicked.connect(self._show_all)
        self.clear.clicked.connect(lambda: self._choose(EVERYTHING))
        self._renew()

    def _spin(self, name: str, value: int) -> QSpinBox:
        spin = QSpinBox(self)
        spin.setAccessibleName(name)
        spin.setRange(0, 100)
        spin.setSingleStep(5)
        spin.setSuffix(" %")
        spin.setValue(value)
        spin.setKeyboardTracking(False)
        spin.setMinimumWidth(spin.fontMetrics().horizontalAdvance("100 %") + 34)
        spin.setToolTip("List verdicts of this confidence only")
        return spin

    def _title(self, text: str) -> QLabel:
        title = QLabel(text, self)
        title.setProperty("rank", "muted")
        title.setFont(theme.scaled(self.font(), 0.92, bold=True))
        title.setContentsMargins(10, 10, 10, 2)
        return title

    def _note(self, text: str) -> QLabel:
        note = QLabel(text, self)
        note.setProperty("rank", "muted")
        note.setWordWrap(True)
        note.setContentsMargins(10, 0, 10, 0)
        return note

    def _lay_out(self) -> None:
        inside = QWidget(self)
        inside.setAutoFillBackground(True)
        inside.setBackgroundRole(self.palette().ColorRole.Base)
        column = QVBoxLayout(inside)
        column.setContentsMargins(6, 0, 6, 10)
        column.setSpacing(0)
        column.addWidget(self._title("Genres"))
        for widget in (self.none, self.genres, self.more):
            column.addWidget(widget)
        column.addWidget(self._title("Confidence"))
        edges = QHBoxLayout()
        edges.setContentsMargins(10, 2, 10, 0)
        edges.setSpacing(6)
        edges.addWidget(self.least, 1)
        edges.addWidget(QLabel("to", self))
        edges.addWidget(self.most, 1)
        column.addLayout(edges)
        for widget in (self._title("States"), self.states, self._folders_title, self.folders):
            column.addWidget(widget)
        column.addSpacing(10)
        row = QHBoxLayout()
        row.setContentsMargins(10, 0, 10, 0)
        row.addWidget(self.clear)
        column.addLayout(row)
        column.addStretch(1)
        self.setWidget(inside)

    def sizeHint(self) -> QSize:
        return QSize(218, 300)

    def minimumSizeHint(self) -> QSize:
        return QSize(214, 120)

    def filter(self) -> Filter:
        """Return what is chosen."""
        return self._filter

    def show_filter(self, wanted: Filter) -> None:
        """Show what another part of the window asked for."""
        if wanted != self._filter:
            self._filter = wanted
            self._renew()

    def show_summary(self, summary: Summary) -> None:
        """Show how many tracks there are of everything."""
        self._summary = summary
        busy = self.underMouse() or self.genres.hasFocus()
        if not (self._filter or (busy and self._order)):
            self._order = list(summary.genres)
        self._order += [label for label in summary.genres if label not in self._order]
        self._renew()

    def _renew(self) -> None:
        genres, wanted = self._summary.genres, self._filter
        shown = [label for label in self._order if label in genres or label in wanted.labels]
        shown += sorted(wanted.labels.difference(shown))
        if not self._all and len(shown) > MOST_GENRES + 1:
            kept = [label for place, label in enumerate(shown) if place < MOST_GENRES or label in wanted.labels]
            self.more.setText(f"All {len(shown):,} Genres")
            shown = kept
        self.more.setVisible(not self._all and len(self._order) > MOST_GENRES + 1)
        self.none.setVisible(not shown)
        self.genres.setVisible(bool(shown))
        entries = [_genre(label, genres.get(label, 0)) for label in shown]
        self.genres.show_entries(entries, wanted.labels)
        states = [Entry(s.name, s.text, s.count(self._summary), s.tip) for s in STATUSES]
        self.states.show_entries(states, statuses(wanted))
        folders = dict(self._summary.folders)
        if wanted.folder:
            folders.setdefault(wanted.folder, 0)
        self.folders.show_entries(
            [Entry(path, folder_name(path), number, path) for path, number in folders.items()],
            frozenset({wanted.folder} if wanted.folder else ()),
        )
        for widget in (self._folders_title, self.folders):
            widget.setVisible(bool(folders))
        for spin, edge in ((self.least, wanted.min_confidence), (self.most, wanted.max_confidence)):
            spin.blockSignals(True)
            spin.setValue(round(100 * edge))
            spin.blockSignals(False)
        self.clear.setEnabled(bool(wanted))

    def _set_confidence(self, least: int, most: int) -> None:
        self._choose(replace(self._filter, min_confidence=least / 100, max_confidence=most / 100))

    def _choose(self, wanted: Filter) -> None:
        if wanted != self._filter:
            self._filter = wanted
            self._renew()
            self.changed.emit(wanted)

    def _show_all(self) -> None:
        self._all = True
        self._renew()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._choose(EVERYTHING)
            return
        super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_order"):
            self._renew()


def _genre(label: str, number: int) -> Entry:
    return Entry(label, theme.display_name(label), number, colour=theme.label_colour(label))
