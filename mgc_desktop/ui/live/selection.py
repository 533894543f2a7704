"""The span of what was listened to that a person has chosen, and how it looks over the picture."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QRegion

from mgc_desktop.ui.theme import scaled

LEAST_SECONDS = 0.05  # a shorter span is a slip of the hand
_VEIL = QColor(0, 0, 0, 110)  # over what is not selected: the selection keeps its colours
_EDGE, _OUTLINE = QColor("#ffffff"), QColor(0, 0, 0, 150)
_HANDLE_HEIGHT, _HANDLE_WIDTH = 22, 5  # px, of the grip on each edge
_LABEL_PADDING = 6  # px


class Selection(QObject):
    """From where to where, in s of the recording; or nothing. GUI thread.

    Signals
    -------
    changed
        The span is another one, or none.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._span: tuple[float, float] | None = None

    @property
    def span(self) -> tuple[float, float] | None:
        """Start and end in s since listening began, or None."""
        return self._span

    def set_span(self, one: float, other: float) -> None:
        """Choose what is between two moments; nothing where they are next to each other."""
        start, end = max(0.0, min(one, other)), max(one, other)
        self._put((start, end) if end - start >= LEAST_SECONDS else None)

    def clear(self) -> None:
        self._put(None)

    def _put(self, span: tuple[float, float] | None) -> None:
        if span != self._span:
            self._span = span
            self.changed.emit()


class SelectionPainter:
    """Paints a selection over a picture: veil beside it, two edges with grips, and its length."""

    def __init__(self, selection: Selection) -> None:
        self._selection = selection

    def paint(
        self, painter: QPainter, plot: QRect, x_of: Callable[[float], float], y_of: Callable[[float], float]
    ) -> None:
        """Paint within `plot`; `x_of` gives logical pixels for s of the recording."""
        span = self._selection.span
        if span is None:
            return
        left, right = (round(x_of(moment)) for moment in span)
        if right < plot.left() or left > plot.right() + 1:
            painter.fillRect(plot, _VEIL)
            return
        painter.fillRect(QRect(plot.left(), plot.top(), left - plot.left(), plot.height()).intersected(plot), _VEIL)
        painter.fillRect(QRect(right, plot.top(), plot.right() + 1 - right, plot.height()).intersected(plot), _VEIL)
        painter.save()
        painter.setClipRect(plot)
        for x in (left, right):
            self._paint_edge(painter, plot, x)
        self._paint_length(painter, plot, max(left, plot.left()), min(right, plot.right() + 1), span[1] - span[0])
        painter.restore()

    def stays(self, plot: QRect) -> QRegion | None:
        """Return nothing where nothing is selected; else veil and length are as wide as what is in sight."""
        return QRegion() if self._selection.span is None else None

    def _paint_edge(self, painter: QPainter, plot: QRect, x: int) -> None:
        painter.fillRect(QRect(x - 1, plot.top(), 3, plot.height()), _OUTLINE)
        painter.fillRect(QRect(x, plot.top(), 1, plot.height()), _EDGE)
        grip = QRectF(0, 0, _HANDLE_WIDTH, _HANDLE_HEIGHT)
        grip.moveCenter(QPointF(x + 0.5, plot.center().y() + 0.5))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(_OUTLINE)
        painter.setBrush(_EDGE)
        painter.drawRoundedRect(grip, 2.5, 2.5)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)

    def _paint_length(self, painter: QPainter, plot: QRect, left: int, right: int, seconds: float) -> None:
        text = seconds_text(seconds)
        painter.setFont(scaled(painter.font(), 0.9, bold=True))
        metrics = QFontMetricsF(painter.font())
        width = metrics.horizontalAdvance(text) + 2 * _LABEL_PADDING
        box = QRectF(0, plot.bottom() - metrics.height() - 5, width, metrics.height() + 2)
        box.moveLeft(min(max((left + right - width) / 2, plot.left() + 2.0), plot.right() - width - 1))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 190))
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(_EDGE)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


def seconds_text(seconds: float) -> str:
    """Return a length as `0.85 s`, `19.5 s` or `4:12`."""
    if seconds < 1:
        return f"{seconds:.2f} s"
    if seconds < 99.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02} min"


def span_text(span: tuple[float, float]) -> str:
    """Return a span as `12.0 s to 31.5 s`, or `1:02.0 to 1:31.5` beyond the first minute."""
    if span[1] < 60:
        return f"{span[0]:.1f} s to {span[1]:.1f} s"
    return " to ".join(_clock(moment) for moment in span)


def _clock(seconds: float) -> str:
    tenths = round(seconds * 10)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    fine = f"{rest // 10:02}.{rest % 10}"
    return f"{hours}:{minutes:02}:{fine}" if hours else f"{minutes}:{fine}"
