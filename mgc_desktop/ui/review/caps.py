"""Keys as they look on a keyboard: small caps to be painted beside what they do."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter

from mgc_desktop.ui import theme

_PADDING = 6.0  # px beside the text


def cap_font(font: QFont) -> QFont:
    return theme.tabular(theme.scaled(font, 0.9, bold=True))


def cap_size(font: QFont, text: str) -> tuple[float, float]:
    """Return width and height of a cap, px; never narrower than high."""
    metrics = QFontMetricsF(cap_font(font))
    height = metrics.height() + 4
    return max(height, metrics.horizontalAdvance(text) + 2 * _PADDING), height


def paint_cap(painter: QPainter, font: QFont, left: float, middle: float, text: str, *, lit: bool = False) -> float:
    """Paint the cap of one key, centred on the line `middle`; return where it ends, px."""
    colours = theme.tokens()
    width, height = cap_size(font, text)
    box = QRectF(left + 0.5, round(middle - height / 2) + 0.5, width - 1, height - 1)
    painter.setPen(QColor(colours.accent if lit else colours.border))
    painter.setBrush(QColor(colours.accent if lit else colours.raised))
    painter.drawRoundedRect(box, 4, 4)
    painter.setFont(cap_font(font))
    painter.setPen(QColor(colours.accent_text if lit else colours.text))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
    painter.setFont(font)
    return left + width
