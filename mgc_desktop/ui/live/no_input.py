"""How a stretch without input looks, in the picture and in the ribbon: hatched, never like silence."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QPainter

from mgc_desktop.ui.theme import tokens

TEXT = "no input"
_LEAST = 2  # px: a short gap is still seen
_PADDING = 6  # px


_ON_PICTURE = QColor("#2b2e35"), QColor("#9ba1ad"), QColor("#e7e9ee")  # surface, hatching, text: maps begin dark


def paint_gaps(
    painter: QPainter, place: QRect, spans: Iterable[tuple[float, float]], font: QFont, *, on_picture: bool = False
) -> None:
    """Hatch the spans, given by their left and right edges in logical pixels, within `place`.

    Parameters
    ----------
    on_picture : bool
        Whether a spectrogram is around, which is dark in both schemes.
    """
    spans = list(spans)
    if not spans:
        return
    colours = tokens()
    here = QColor(colours.groove), QColor(colours.muted), QColor(colours.text)
    surface, hatching, ink = _ON_PICTURE if on_picture else here
    painter.save()
    painter.setClipRect(place)
    painter.setFont(font)
    metrics = QFontMetricsF(font)
    width = metrics.horizontalAdvance(TEXT)
    for start, end in spans:
        left, right = max(place.left(), round(start)), min(place.right() + 1, max(round(end), round(start) + _LEAST))
        if right <= left:
            continue
        gap = QRect(left, place.top(), right - left, place.height())
        painter.fillRect(gap, surface)
        painter.fillRect(gap, QBrush(hatching, Qt.BrushStyle.BDiagPattern))
        if width + 2 * _PADDING <= gap.width() and metrics.height() <= gap.height() + 1:
            box = QRect(0, 0, round(width) + 2 * _PADDING, min(gap.height(), round(metrics.height()) + 4))
            box.moveCenter(gap.center())
            painter.fillRect(box, surface)
            painter.setPen(ink)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, TEXT)
    painter.restore()
