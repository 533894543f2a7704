"""A line of text over a picture, readable whatever is behind it."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from mgc_desktop.ui.theme import tokens

_PADDING_X, _PADDING_Y = 16, 9
_WIDEST = 760  # px; longer lines are hard to read


def paint_notice(painter: QPainter, place: QRect, text: str, *, error: bool = False) -> None:
    """Paint `text`, wrapped and centred in `place`, on a surface of its own.

    Parameters
    ----------
    error : bool
        Whether it says that something failed.
    """
    colours = tokens()
    room = QRect(0, 0, min(_WIDEST, place.width() - 4 * _PADDING_X), place.height())
    flags = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
    size = painter.fontMetrics().boundingRect(room, flags, text).size()
    box = QRectF(0, 0, size.width() + 2 * _PADDING_X, size.height() + 2 * _PADDING_Y)
    box.moveCenter(QRectF(place).center())
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    surface = QColor(colours.raised)
    surface.setAlphaF(0.94)
    painter.setPen(QColor(colours.error if error else colours.border))
    painter.setBrush(surface)
    painter.drawRoundedRect(box, 8, 8)
    painter.setPen(QColor(colours.error if error else colours.text))
    painter.drawText(box.adjusted(_PADDING_X - 1, 0, 1 - _PADDING_X, 0), flags, text)  # wrapped as it was measured
    painter.restore()
