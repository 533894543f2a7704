"""What is under the cursor: time, frequency, nearest note and level, each in a place of its own."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from mgc_desktop.core.note_names import nearest_note
from mgc_desktop.ui.live import axes
from mgc_desktop.ui.theme import scaled, tabular, tokens

_MINUS = "\N{MINUS SIGN}"
# What each field has room for, so that nothing moves while the cursor does.
_WIDEST = ("0:00:00.0", "88,888 Hz", f"G♯10 {_MINUS}50 cents", f"{_MINUS}120 dB")
_GAP = 12  # px between two fields


class Readout(QWidget):
    """Four fields, right-aligned in digits of one width; empty while there is no cursor. GUI thread."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Under the cursor")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._fields: tuple[str, ...] = ()

    def text(self) -> str:
        """Return what is shown, field after field."""
        return ", ".join(field for field in self._fields if field)

    def show_place(self, time: str, hz: float, level_db: float | None) -> None:
        """Show a place of the picture; without a level where nothing was heard yet."""
        name, cents = nearest_note(hz)
        sign = _MINUS if cents < 0 else "+"
        level = f"{axes.minus(level_db)} dB" if level_db is not None else ""
        self._show((time, f"{hz:,.0f} Hz", f"{name} {sign}{abs(cents)} cents", level))

    def clear(self) -> None:
        self._show(())

    def _show(self, fields: tuple[str, ...]) -> None:
        if fields != self._fields:
            self._fields = fields
            self.setAccessibleDescription(self.text())
            self.update()

    def _font(self) -> QFont:
        return tabular(scaled(self.font(), 0.9))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(self._font())
        metrics = QFontMetricsF(painter.font())
        colours = tokens()
        left = 0.0
        for place, (widest, text) in enumerate(zip(_WIDEST, self._fields, strict=False)):
            width = metrics.horizontalAdvance(widest)
            painter.setPen(QColor(colours.text if place else colours.muted))
            room = QRectF(left, 0, width, self.height())
            painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
            left += width + _GAP

    def sizeHint(self) -> QSize:
        metrics = QFontMetricsF(self._font())
        width = sum(metrics.horizontalAdvance(text) for text in _WIDEST) + _GAP * (len(_WIDEST) - 1)
        return QSize(int(width) + 2, int(metrics.height()) + 4)
