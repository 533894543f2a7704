"""How the preview and the history draw their cells: the genre that gives way struck through, the new one as a chip."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from mgc_desktop.ui import theme
from mgc_desktop.ui.tags.plan_model import CELL_ROLE, Cell, Genres

_PAD = 8  # px at both sides of a cell
_GAP = 6  # px between two values
_DOT = 8  # px
_BOX = 15  # px
_TICK = ((0.22, 0.53), (0.42, 0.72), (0.79, 0.31))  # of the box's width and height
_TINT = 0.20  # of the chip's colour behind its text
_NONE = "no genre"
_SIDE = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft


class PlanDelegate(QStyledItemDelegate):
    """Draws what a model gives as `Cell`. Plain text only, elided.

    Attributes
    ----------
    labels : Mapping[str, str]
        The model's labels by the names that are written for them: they have the colours.
    """

    def __init__(self, before: int, parent: QWidget) -> None:
        super().__init__(parent)
        self._before = before  # the column of what is there; in others, what will be
        self.labels: Mapping[str, str] = {}

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(80, option.fontMetrics.height() + 12)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        cell: Cell | None = index.data(CELL_ROLE)
        if cell is None:
            return
        tokens = theme.tokens()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, QColor(tokens.selection))
        room: QRect = option.rect.adjusted(_PAD, 0, -_PAD, 0)
        if cell.genres is None and cell.ticked is None:
            if cell.text:
                colour = {"muted": tokens.muted, "warning": tokens.warning}.get(cell.rank, tokens.text)
                painter.setFont(option.font)
                painter.setPen(QColor(colour))
                elided = option.fontMetrics.elidedText(cell.text, Qt.TextElideMode.ElideRight, room.width())
                painter.drawText(room, _SIDE, elided)
            return
        painter.save()
        painter.setClipRect(option.rect)
        painter.setFont(option.font)
        if cell.genres is None:
            _draw_box(painter, room, tokens, ticked=bool(cell.ticked))
        elif index.column() == self._before:
            _draw_before(painter, room, cell.genres, tokens)
        else:
            self._draw_after(painter, room, cell.genres, tokens)
        painter.restore()

    def _draw_after(self, painter: QPainter, room: QRect, genres: Genres, tokens: theme.Tokens) -> None:
        """Draw what the file will say: what is new as chips, after a plus where the old stays."""
        ink = QColor(tokens.text if genres.changes else tokens.muted)
        new = [value for value in genres.after if value not in genres.before] if genres.changes else []
        if not genres.after:
            _draw_text(painter, room, _NONE, QColor(tokens.muted))
        elif not new:
            for value in genres.after:
                room = _draw_text(painter, room, _shown(value), ink)
        elif len(new) < len(genres.after):  # what stays stands in the cell before
            room = _draw_text(painter, room, "+", ink)
        for value in new:
            room = _draw_chip(painter, room, _shown(value), ink, theme.label_colour(self.labels.get(value, value)))


def _draw_before(painter: QPainter, room: QRect, genres: Genres, tokens: theme.Tokens) -> None:
    """Draw what the file says now: what gives way is struck through."""
    if not genres.before:
        _draw_text(painter, room, _NONE, QColor(tokens.muted))
        return
    plain = painter.font()
    struck = QFont(plain)
    struck.setStrikeOut(True)
    for value in genres.before:
        goes = genres.changes and value not in genres.after
        painter.setFont(struck if goes else plain)
        room = _draw_text(
            painter, room, _shown(value), QColor(tokens.text if genres.changes and not goes else tokens.muted)
        )
    painter.setFont(plain)


def _shown(value: str) -> str:
    return " ".join(value.split()) or "(empty)"


def _draw_text(painter: QPainter, room: QRect, text: str, colour: QColor) -> QRect:
    """Draw a value, and return what is left of the room."""
    painter.setPen(colour)
    elided = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, max(0, room.width()))
    painter.drawText(room, _SIDE, elided)
    return room.adjusted(painter.fontMetrics().horizontalAdvance(elided) + _GAP, 0, 0, 0)


def _draw_chip(painter: QPainter, room: QRect, text: str, ink: QColor, colour: QColor) -> QRect:
    left = room.width() - _DOT - 20
    if left < 12:
        return room
    metrics = painter.fontMetrics()
    elided = metrics.elidedText(text, Qt.TextElideMode.ElideRight, left)
    height = min(room.height() - 4, metrics.height() + 4)
    width = metrics.horizontalAdvance(elided) + _DOT + 20
    chip = QRectF(room.left(), room.center().y() - height / 2 + 0.5, width, height)
    tint = QColor(colour)
    tint.setAlphaF(_TINT)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(tint)
    painter.drawRoundedRect(chip, height / 2, height / 2)
    painter.setBrush(colour)
    painter.drawEllipse(QRectF(chip.left() + 7, chip.center().y() - _DOT / 2, _DOT, _DOT))
    painter.setPen(ink)
    painter.drawText(chip.adjusted(_DOT + 12, 0, 0, 0), _SIDE, elided)
    return room.adjusted(round(chip.width()) + _GAP, 0, 0, 0)


def _draw_box(painter: QPainter, room: QRect, tokens: theme.Tokens, *, ticked: bool) -> None:
    """Draw a box as the style sheet has them."""
    box = QRectF(room.left() + 0.5, room.center().y() - _BOX / 2 + 0.5, _BOX, _BOX)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(tokens.accent if ticked else tokens.muted), 1))
    painter.setBrush(QColor(tokens.accent if ticked else tokens.base))
    painter.drawRoundedRect(box, 3, 3)
    if ticked:
        painter.setPen(QPen(QColor(tokens.accent_text), 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawPolyline([QPointF(box.left() + box.width() * x, box.top() + box.height() * y) for x, y in _TICK])
