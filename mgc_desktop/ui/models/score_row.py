"""A model's score on a scale of 0 to 100 %: a dot, and the 95 % interval as a line through it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from mgc_desktop.ui import theme
from mgc_desktop.ui.models.comparison import Score


def score_text(score: Score) -> str:
    """Return a score in words: `74 % (66 to 81), macro F1 0.72, 125 tracks`."""
    return (
        f"{100 * score.accuracy:.0f} % ({100 * score.low:.0f} to {100 * score.high:.0f}), "
        f"macro F1 {score.macro_f1:.2f}, {score.n} tracks"
    )


class ScoreRow(QWidget):
    """Name, scale and figures of one model; two of them under each other compare at a glance."""

    def __init__(self, caption: str, score: Score, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._caption, self._score = caption, score
        self.setAccessibleName(f"{caption}: {score.name}")
        self.setAccessibleDescription(score_text(score))
        self.setToolTip("Accuracy with its 95 % interval: where it would mostly lie on other tracks of the same kind")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(420, round(self.fontMetrics().height() * 4.6))

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens, line = theme.tokens(), self.fontMetrics().height()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop
        painter.setPen(QColor(tokens.muted))
        painter.drawText(self.rect(), left, self._caption)
        painter.setPen(QColor(tokens.text))
        painter.setFont(theme.tabular(theme.scaled(self.font(), 1.15, bold=True)))
        room = self.rect().adjusted(0, round(line * 1.2), 0, 0)
        number = f"{100 * self._score.accuracy:.0f} %"
        painter.drawText(room, right, number)
        width = self.width() - painter.fontMetrics().horizontalAdvance(number) - 12
        name = painter.fontMetrics().elidedText(self._score.name, Qt.TextElideMode.ElideMiddle, width)
        painter.drawText(room, left, name)
        self._paint_scale(painter, QRectF(2, line * 2.9, self.width() - 4, 6))
        painter.setFont(theme.tabular(theme.scaled(self.font(), 0.92)))
        painter.setPen(QColor(tokens.muted))
        painter.drawText(self.rect().adjusted(0, round(line * 3.5), 0, 0), left, score_text(self._score))

    def _paint_scale(self, painter: QPainter, scale: QRectF) -> None:
        tokens = theme.tokens()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.groove))
        painter.drawRoundedRect(scale, 3, 3)
        score, middle = self._score, scale.center().y()
        ends = [scale.left() + scale.width() * min(1.0, max(0.0, share)) for share in (score.low, score.high)]
        painter.setPen(QPen(QColor(tokens.accent), 2.5))
        painter.drawLine(QPointF(ends[0], middle), QPointF(ends[1], middle))
        for x in ends:
            painter.drawLine(QPointF(x, middle - 4), QPointF(x, middle + 4))
        painter.setBrush(QColor(tokens.accent))
        painter.drawEllipse(QPointF(scale.left() + scale.width() * score.accuracy, middle), 4, 4)
