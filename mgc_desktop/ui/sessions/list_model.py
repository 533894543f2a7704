"""The kept sessions for Qt: a table with a small ribbon of what was heard in each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from mgc_desktop.core.session_values import SessionRow, SessionStretch
from mgc_desktop.core.values import VerdictKind
from mgc_desktop.ui import theme
from mgc_desktop.ui.elided import plain_tip
from mgc_desktop.ui.sessions import words
from mgc_desktop.ui.theme import display_name

Index = QModelIndex | QPersistentModelIndex

BEGAN, TITLE, LENGTH, SOUND, LABELS, NOTES, HEARD = range(7)
_HEADINGS = ("Began", "Name or input", "Length", "Sound", "Labels", "Notes", "Heard")
_RIGHT = (LENGTH, LABELS, NOTES)
_ALIGNED_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_ALIGNED_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_NAMED = 3  # genres that a tool tip has


class SessionModel(QAbstractTableModel):
    """Sessions, the latest first. Names can be edited.

    Signals
    -------
    renamed : int, str
    """

    renamed = Signal(object, str)  # a number is too long for Qt's int

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sessions: list[SessionRow] = []

    def show_sessions(self, sessions: Sequence[SessionRow]) -> None:
        """List these; where they are the same ones, the choice and an editor stay."""
        same = [row.id for row in sessions] == [row.id for row in self.sessions]
        if not same:
            self.beginResetModel()
        self.sessions = list(sessions)
        if not same:
            self.endResetModel()
        elif self.sessions:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.sessions) - 1, HEARD))

    def line_of(self, session: int) -> int:
        """Return the line of a session, or -1."""
        return next((line for line, row in enumerate(self.sessions) if row.id == session), -1)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self.sessions)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(_HEADINGS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return _HEADINGS[section]
        return _alignment(section) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsEditable if index.column() == TITLE else flags

    def data(self, index: Index, role: int = 0) -> Any:
        row, column = self.sessions[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return _text(row, column)
        if role == Qt.ItemDataRole.EditRole:
            return row.name
        if role == Qt.ItemDataRole.UserRole:
            return row
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return plain_tip(heard(row) if column == HEARD else _text(row, column))
        return _alignment(column) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        row = self.sessions[index.row()]
        name = " ".join(str(value).split())
        if name != row.name:
            self.renamed.emit(row.id, name)
        return True


def _alignment(column: int) -> Qt.AlignmentFlag:
    return _ALIGNED_RIGHT if column in _RIGHT else _ALIGNED_LEFT


def _text(row: SessionRow, column: int) -> str:
    if column == BEGAN:
        return words.began(row)
    if column == TITLE:
        return words.title(row)
    if column == LENGTH:
        return words.length(row)
    if column == SOUND:
        return words.sound(row)
    number = {LABELS: row.labels, NOTES: row.notes}.get(column, 0)
    return f"{number:,}" if number else ""


def heard(row: SessionRow) -> str:
    """Return what was heard most in a session: `Jazz, Rock and Blues`."""
    seconds: dict[str, float] = {}
    for stretch in row.stretches:
        name = display_name(stretch.label) if stretch.kind is VerdictKind.GENRE and stretch.label else ""
        seconds[name] = seconds.get(name, 0.0) + stretch.end - stretch.start
    names = [name for name in sorted(seconds, key=lambda name: -seconds[name]) if name][:_NAMED]
    if not names:
        return "No genre was heard"
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


class HeardDelegate(QStyledItemDelegate):
    """Paints what was heard as a ribbon from edge to edge of its cell."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: SessionRow = index.data(Qt.ItemDataRole.UserRole)
        widget = option.widget
        blank = QStyleOptionViewItem(option)
        self.initStyleOption(blank, index)
        blank.text = ""
        widget.style().drawControl(QStyle.ControlElement.CE_ItemViewItem, blank, painter, widget)
        place = option.rect.adjusted(6, 8, -6, -8)
        painter.fillRect(place, QColor(theme.tokens().groove))
        scale = place.width() / row.seconds if row.seconds else 0.0
        for stretch in row.stretches:
            left = place.left() + round((stretch.start - row.start) * scale)
            right = place.left() + round((stretch.end - row.start) * scale)
            colour = _colour(stretch)
            if colour is not None and right > left:
                painter.fillRect(left, place.top(), min(right, place.right() + 1) - left, place.height(), colour)


def _colour(stretch: SessionStretch) -> QColor | None:
    if stretch.kind is VerdictKind.GENRE and stretch.label:
        return theme.label_colour(stretch.label)
    return None if stretch.kind is VerdictKind.SILENCE else theme.label_colour(stretch.kind.value)
