"""A short list to choose from, with a bar and a number behind each name: genres, states, folders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListWidget,
    QListWidgetItem,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from mgc_desktop.ui import theme
from mgc_desktop.ui.elided import plain_tip

_PAD = 10  # px at both sides
_BAR = 3  # px high, under the name
_KEY, _COUNT, _COLOUR, _MOST = (int(Qt.ItemDataRole.UserRole) + place for place in range(4))


@dataclass(frozen=True, slots=True)
class Entry:
    """A name to choose. `colour` gives it a bar; `key` is what `BarList.chosen` calls it."""

    key: str
    text: str
    count: int
    tip: str = ""
    colour: QColor | None = None


class _Delegate(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(80, entry_height(option.fontMetrics.height()))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        tokens, rect = theme.tokens(), QRect(option.rect)
        painter.save()
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        if chosen:
            painter.fillRect(rect, QColor(tokens.selection))
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QColor(tokens.accent))
            painter.drawRect(rect.adjusted(0, 0, -1, -1))
        count = int(index.data(_COUNT) or 0)
        painter.setFont(theme.tabular(option.font))
        number, room = f"{count:,}", rect.adjusted(_PAD, 0, -_PAD, 0)
        side = painter.fontMetrics().horizontalAdvance(number) + 8
        painter.setPen(QColor(tokens.text if chosen else tokens.muted))
        painter.drawText(room, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), number)
        painter.setPen(QColor(tokens.text if count or chosen else tokens.muted))
        name = painter.fontMetrics().elidedText(str(index.data()), Qt.TextElideMode.ElideRight, room.width() - side)
        painter.drawText(room, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), name)
        colour = index.data(_COLOUR)
        if colour is not None:
            self._paint_bar(painter, room, count / max(1, int(index.data(_MOST) or 1)), colour)
        painter.restore()

    def _paint_bar(self, painter: QPainter, room: QRect, share: float, colour: QColor) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        bar = QRectF(room.left(), room.bottom() - _BAR, room.width(), _BAR)
        painter.setBrush(QColor(theme.tokens().groove))
        painter.drawRoundedRect(bar, _BAR / 2, _BAR / 2)
        if share > 0:
            bar.setWidth(max(_BAR, bar.width() * min(1.0, share)))
            painter.setBrush(colour)
            painter.drawRoundedRect(bar, _BAR / 2, _BAR / 2)


def entry_height(line: int) -> int:
    """Return an entry's height in px for a line of text that is `line` px high."""
    return round(line * 1.62)


class BarList(QListWidget):
    """A click chooses one, Ctrl and a click adds or takes away; a click on the only one chosen takes it back.

    By keyboard: the arrow keys choose, with Ctrl they only move, and Space chooses or takes away.
    """

    chosen_changed = Signal(object)  # frozenset[str]: keys

    def __init__(self, name: str, *, several: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setItemDelegate(_Delegate(self))
        self.setFrameShape(QListWidget.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setUniformItemSizes(True)
        mode = QAbstractItemView.SelectionMode
        self.setSelectionMode(mode.ExtendedSelection if several else mode.SingleSelection)
        self.viewport().setAutoFillBackground(False)
        self._quiet = False
        self.itemSelectionChanged.connect(self._tell)

    def keys(self) -> list[str]:
        return [str(self.item(place).data(_KEY)) for place in range(self.count())]

    def chosen(self) -> frozenset[str]:
        """Return the keys that are chosen."""
        return frozenset(str(item.data(_KEY)) for item in self.selectedItems())

    def count_of(self, key: str) -> int:
        """Return the number behind an entry."""
        return int(self.item(self.keys().index(key)).data(_COUNT))

    def show_entries(self, entries: Sequence[Entry], chosen: frozenset[str]) -> None:
        """Show `entries`; those that are there already stay the same items, so that focus and choice stay too."""
        self._quiet = True
        if self.keys() != [entry.key for entry in entries]:
            current = self.currentItem().data(_KEY) if self.currentItem() is not None else None
            self.clear()
            for entry in entries:
                item = QListWidgetItem(self)
                item.setData(_KEY, entry.key)
                if entry.key == current:
                    self.setCurrentItem(item)
            self.updateGeometry()
        most = max((entry.count for entry in entries), default=1)
        for place, entry in enumerate(entries):
            self._show(self.item(place), entry, most, entry.key in chosen)
        self._quiet = False

    def _show(self, item: QListWidgetItem, entry: Entry, most: int, chosen: bool) -> None:
        tip = plain_tip(f"{entry.tip or entry.text}: {entry.count:,}")
        values = {
            int(Qt.ItemDataRole.DisplayRole): entry.text,
            int(Qt.ItemDataRole.ToolTipRole): tip,
            int(Qt.ItemDataRole.AccessibleTextRole): f"{entry.text}, {entry.count:,}",
            _COUNT: entry.count,
            _COLOUR: entry.colour,
            _MOST: most,
        }
        for role, value in values.items():
            if item.data(role) != value:
                item.setData(role, value)
        if item.isSelected() != chosen:
            item.setSelected(chosen)

    def choose(self, keys: frozenset[str]) -> None:
        """Choose what another part of the window asked for; nothing is told."""
        self._quiet = True
        for place in range(self.count()):
            item = self.item(place)
            item.setSelected(item.data(_KEY) in keys)
        self._quiet = False

    def _tell(self) -> None:
        if not self._quiet:
            self.chosen_changed.emit(self.chosen())

    def sizeHint(self) -> QSize:
        return QSize(160, self.count() * entry_height(self.fontMetrics().height()))

    def minimumSizeHint(self) -> QSize:
        return QSize(80, self.sizeHint().height())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.updateGeometry()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        item = self.itemAt(event.position().toPoint())
        if item is not None and self.selectedItems() == [item] and not event.modifiers():
            self.clearSelection()
            return
        super().mousePressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if self.currentItem() is None and self.count():
            flag = self.selectionModel().SelectionFlag.NoUpdate  # to be here chooses nothing
            self.selectionModel().setCurrentIndex(self.model().index(0, 0), flag)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and self.currentItem() is not None:
            item = self.currentItem()
            if self.selectionMode() == QAbstractItemView.SelectionMode.SingleSelection and not item.isSelected():
                self.clearSelection()
            item.setSelected(not item.isSelected())
            return
        if event.key() == Qt.Key.Key_Escape:
            event.ignore()  # the pane clears all filters
            return
        super().keyPressEvent(event)
