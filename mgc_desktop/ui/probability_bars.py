"""Bars of calibrated probabilities: every label in its own place, so that nothing jumps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from mgc_desktop.ui import theme
from mgc_desktop.ui.wording import percent

_ROW = 1.75  # heights of a line of text: airy, and eleven of them fit beside the table at 640 px
_LEAST_ROW = 1.0
_MARK_WIDTH, _MARK_OVERHANG = 1.5, 1.5  # px
_LEAST_MARKED = 0.015  # lines at the beginning of every bar would say nothing
_RAW_TIP = "Bars: smoothed over the last windows. Thin lines: what the newest window alone says."


class ProbabilityBars(QWidget):
    """Name, bar and percentage of each label, in the model's order; the best one is emphasised."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model_labels: tuple[str, ...] = ()
        self._labels: tuple[str, ...] = ()  # those, and below them what an older verdict says besides
        self._values: dict[str, float] = {}
        self._raw: dict[str, float] = {}  # of the newest window alone
        self.setAccessibleName("Probabilities of all labels")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    def set_labels(self, labels: Sequence[str]) -> None:
        """Take the labels of a model, in its order."""
        self._model_labels = tuple(labels)
        self._place(self._model_labels)

    def _place(self, labels: tuple[str, ...]) -> None:
        if labels != self._labels:
            self._labels = labels
            self.updateGeometry()
            self.update()

    def set_values(self, probabilities: Mapping[str, float], raw: Mapping[str, float] | None = None) -> None:
        """Show probabilities (0..1); labels that the model in use does not have are added below.

        Parameters
        ----------
        raw : Mapping, optional
            What the newest window alone says, where `probabilities` are smoothed: a thin line across each bar.
        """
        missing = [label for label in probabilities if label not in self._model_labels]
        self._place((*self._model_labels, *missing))
        self._values, self._raw = dict(probabilities), dict(raw or {})
        self.setToolTip(_RAW_TIP if self._raw else "")
        self.setAccessibleDescription(
            ", ".join(f"{theme.display_name(label)} {percent(p)}" for label, p in self._values.items())
        )
        self.update()

    def clear(self) -> None:
        self._values, self._raw = {}, {}
        self.setToolTip("")
        self.setAccessibleDescription("")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, round(self.fontMetrics().height() * _ROW * max(1, len(self._labels))) + 4)

    def minimumSizeHint(self) -> QSize:
        return QSize(180, round(self.fontMetrics().height() * _LEAST_ROW * max(1, len(self._labels))) + 4)

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._labels:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line = self.fontMetrics().height()
        row = min(line * _ROW, self.height() / len(self._labels))
        font = theme.tabular(self.font())
        bold = theme.scaled(font, 1.0, bold=True)
        painter.setFont(bold)
        names = [theme.display_name(label) for label in self._labels]
        name_width = min(max(painter.fontMetrics().horizontalAdvance(name) for name in names), self.width() * 0.42) + 10
        number_width = painter.fontMetrics().horizontalAdvance("100 %") + 8
        best = max(self._values, key=self._values.__getitem__, default=None)
        for place, (label, name) in enumerate(zip(self._labels, names, strict=True)):
            painter.setFont(bold if label == best else font)
            cell = QRectF(0, place * row, self.width(), row)
            self._paint_row(painter, cell, label, name, name_width, number_width)

    def _paint_row(
        self, painter: QPainter, cell: QRectF, label: str, name: str, name_width: float, number_width: float
    ) -> None:
        tokens = theme.tokens()
        value = self._values.get(label)
        painter.setPen(QColor(tokens.text if value is not None else tokens.muted))
        left = QRectF(cell.left(), cell.top(), name_width - 6, cell.height())
        right = QRectF(cell.right() - number_width, cell.top(), number_width, cell.height())
        middle = Qt.AlignmentFlag.AlignVCenter
        text = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, round(left.width()))
        painter.drawText(left, middle | Qt.AlignmentFlag.AlignLeft, text)
        painter.drawText(right, middle | Qt.AlignmentFlag.AlignRight, percent(value))
        height = min(8.0, cell.height() * 0.4)
        bar = QRectF(cell.left() + name_width, cell.center().y() - height / 2, 0, height)
        bar.setRight(right.left() - 2)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.groove))
        painter.drawRoundedRect(bar, height / 2, height / 2)
        room = QRectF(bar)
        if value:
            # Cut out of the groove: rounded as it is at the left, and no wider than the value at the right.
            groove = QPainterPath()
            groove.addRoundedRect(bar, height / 2, height / 2)
            bar.setWidth(bar.width() * min(1.0, value))
            filled = QPainterPath()
            filled.addRect(bar)
            painter.fillPath(groove.intersected(filled), theme.label_colour(label))
        raw = self._raw.get(label)
        if raw is not None and max(raw, value or 0.0) >= _LEAST_MARKED:
            painter.fillRect(_mark(room, raw), QColor(tokens.text))


def _mark(bar: QRectF, value: float) -> QRectF:
    """Return where the newest window's own probability is marked on a bar, over and under which it stands out."""
    left = bar.left() + min(1.0, value) * (bar.width() - _MARK_WIDTH)
    return QRectF(left, bar.top() - _MARK_OVERHANG, _MARK_WIDTH, bar.height() + 2 * _MARK_OVERHANG)
