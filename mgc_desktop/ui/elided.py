"""A line of plain text that is cut in the middle when there is no room, and whole in its tool tip."""

from __future__ import annotations

import html

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QFrame, QSizePolicy, QWidget


def plain_tip(text: str) -> str:
    """Return `text` as a tool tip that Qt cannot take for rich text."""
    return f"<span style='white-space:pre-wrap'>{html.escape(text)}</span>" if text else ""


class ElidedLabel(QFrame):
    """Shows text from files and tags: never as rich text, never wider than its place."""

    def __init__(self, parent: QWidget | None = None, mode: Qt.TextElideMode = Qt.TextElideMode.ElideMiddle) -> None:
        super().__init__(parent)
        self._text = ""
        self._mode = mode
        self._muted = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_muted(self) -> None:
        """Draw the text as second in rank."""
        self._muted = True

    def text(self) -> str:
        return self._text

    def set_text(self, text: str) -> None:
        line = " ".join(text.split())
        if line != self._text:
            self._text = line
            self.setToolTip(plain_tip(line))
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(self._text) + 2, metrics.height() + 2)

    def minimumSizeHint(self) -> QSize:
        return QSize(40, self.fontMetrics().height() + 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        role = QPalette.ColorRole.PlaceholderText if self._muted else self.foregroundRole()
        painter.setPen(self.palette().color(role))
        text = self.fontMetrics().elidedText(self._text, self._mode, self.width())
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
