"""What the model sees: the features of its newest window as a picture, in place of the spectrogram."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QImage, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from mgc_desktop.core.values import VerdictKind
from mgc_desktop.engine.events import LiveVerdict
from mgc_desktop.ui.live import axes
from mgc_desktop.ui.live.colours import COLOUR_MAPS, colour_table
from mgc_desktop.ui.live.notice import paint_notice
from mgc_desktop.ui.theme import scaled, tokens

WAITING = "What the model sees is shown with its next verdict"
SILENT = "It is silent: the model is not asked"
_TOLD = "The features of the model's newest window, the newest at the right"
_SPANS = (5.0, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 120.0, 300.0, 600.0)  # s of the axis: the least that has room
_QUIET, _LOUD = 0.02, 0.998  # shares of the values that the darkest and the brightest colour stand for
_MOST_VALUES = 16_000  # looked at to fit it: sorting takes time
_NEARLY = 0.08  # of the range: what it may be off before it is fitted anew
_STEPS = (1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000)  # rows between labels
_LABEL_ROOM = 26  # px between two of them
_TIME_STEPS = (1, 2, 5, 10, 15, 30, 60, 120)  # s between labels
_TIME_ROOM = 64  # px


class ModelView(QWidget):
    """Rows are numbered from the lowest on, for they need not be bands of frequency. GUI thread.

    Parameters
    ----------
    covered : callable, optional
        Returns how much of the top is covered by something else, px.
    """

    def __init__(self, parent: QWidget | None = None, covered: Callable[[], int] = lambda: 0) -> None:
        super().__init__(parent)
        self._covered = covered
        self.setAccessibleName("What the model sees")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._table = colour_table(COLOUR_MAPS[0])
        self._features: NDArray[np.float32] | None = None
        self._seconds = 0.0  # length of the window
        self._end = 0.0  # where it ends, s since listening began
        self._follows = True
        self._model = ""
        self._low, self._high = 0.0, 1.0
        self._image: QImage | None = None  # at the size of its place
        self._notice = ""
        self.clear()

    def set_colour_map(self, name: str) -> None:
        """Use one of `colours.COLOUR_MAPS`."""
        self._table = colour_table(name)
        self._draw()

    def clear(self) -> None:
        """Forget what was seen; from now on the newest is shown again."""
        self._features = self._image = None
        self._follows = True
        self.say(WAITING)

    def show_verdict(self, event: LiveVerdict) -> None:
        """Show what the model saw for a verdict; where that was not asked for, what is shown stays."""
        if event.features is None or event.features.size == 0:
            if event.verdict.kind is VerdictKind.SILENCE:
                self.say(SILENT)
            return
        is_other = self._features is None or self._features.shape[0] != event.features.shape[0]
        self._features, self._seconds, self._model = event.features, event.seconds, event.verdict.model
        self._end = event.time
        self._fit_range(event.features, at_once=is_other)
        self.say("")
        self._draw()

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of what is shown; (0, 0): nothing."""
        features = self._features
        return (features.shape[0], features.shape[1]) if features is not None else (0, 0)

    @property
    def span_seconds(self) -> float:
        """What the width stands for, s before the end of the newest window."""
        return next((span for span in _SPANS if span >= self._seconds), self._seconds)

    @property
    def visible(self) -> tuple[float, float] | None:
        """What the width stands for, s since listening began; None where nothing is shown."""
        return (self._end - self.span_seconds, self._end) if self._features is not None else None

    def rest(self) -> None:
        """Nothing more is heard: the axis says when it was, and no longer how long ago."""
        self._follows = False
        self.update()

    def plot_rect(self) -> QRect:
        """Return where the picture is, in logical pixels."""
        return axes.plot_rect(self.rect())

    def window_rect(self) -> QRect:
        """Return the part of it that the model's window takes, in logical pixels."""
        plot = self.plot_rect()
        return plot.adjusted(plot.width() - round(plot.width() * self._seconds / self.span_seconds), 0, 0, 0)

    def caption(self) -> str:
        """Return what is seen, in words."""
        rows, columns = self.shape
        return f"What {self._model} sees: {rows} by {columns}, {self._seconds:.1f} s" if rows else ""

    def say(self, notice: str) -> None:
        """Write a line in place of what was seen; the next verdict brings that back, and so does an empty one."""
        self._notice = notice
        self.setAccessibleDescription(notice or f"{_TOLD}. {self.caption()}")
        self.update()

    def _fit_range(self, features: NDArray[np.float32], *, at_once: bool) -> None:
        """Fit the colours to what is seen; small changes are left alone, so that the picture does not flicker."""
        some = features.ravel()[:: features.size // _MOST_VALUES + 1]
        finite = some[np.isfinite(some)]
        low, high = np.quantile(finite, (_QUIET, _LOUD)).tolist() if finite.size else (0.0, 1.0)
        off = max(abs(low - self._low), abs(high - self._high))
        if at_once or off > _NEARLY * (self._high - self._low):
            self._low, self._high = low, max(high, low + 1e-6)

    def _draw(self) -> None:
        """Make the image at the size of its place, twice a second: painting it is one blit."""
        place, ratio = self.window_rect(), self.devicePixelRatioF()
        if self._features is None or place.width() < 1 or place.height() < 1:
            self._image = None
            return
        scale = np.float32(255 / (self._high - self._low))
        with np.errstate(invalid="ignore"):
            codes = np.clip((self._features[::-1] - np.float32(self._low)) * scale, 0, 255)
        pixels = np.ascontiguousarray(self._table[np.nan_to_num(codes).astype(np.uint8)])
        height, width = pixels.shape
        image = QImage(pixels.data, width, height, pixels.strides[0], QImage.Format.Format_RGB32)
        wanted = QSize(round(place.width() * ratio), round(place.height() * ratio))
        # Rows stay rows: only time is smoothed, where there are more columns than pixels.
        wide = image.scaled(
            wanted.width(), height, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
        self._image = wide.scaled(
            wanted, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.FastTransformation
        )
        self._image.setDevicePixelRatio(ratio)
        self.update()

    # Painting --------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        colours, plot = tokens(), self.plot_rect()
        painter.fillRect(self.rect(), QColor(colours.window))
        painter.fillRect(plot, QColor(colours.base))
        painter.setFont(axes.axis_font(self.font()))
        if self._image is not None and not self._notice:
            self._paint_window(painter, plot)
            self._paint_rows(painter, plot)
            self._paint_times(painter, plot)
            self._paint_bar(painter, plot)
            self._paint_caption(painter)
        if self._notice:
            paint_notice(painter, plot, self._notice)

    def _paint_window(self, painter: QPainter, plot: QRect) -> None:
        place = self.window_rect()
        if self._image is not None:
            painter.drawImage(place.topLeft(), self._image)
        before = QRect(plot.left(), plot.top(), place.left() - plot.left(), plot.height())
        if not before.isEmpty():
            painter.fillRect(before, QBrush(QColor(tokens().groove), Qt.BrushStyle.BDiagPattern))
            painter.fillRect(QRect(place.left() - 1, plot.top(), 2, plot.height()), QColor(tokens().accent))

    def _paint_rows(self, painter: QPainter, plot: QRect) -> None:
        rows = self.shape[0]
        height = QFontMetricsF(painter.font()).height()
        painter.setPen(QColor(tokens().muted))
        room = max(1, plot.height() // _LABEL_ROOM)
        step = next((step for step in _STEPS if rows / step <= room), rows)
        bottom = plot.bottom() - 1.6 * height  # what they are stands there
        for row in range(step, rows + 1, step):
            y = plot.bottom() + 1 - (row - 0.5) * plot.height() / rows
            if y <= bottom:
                painter.drawLine(QPointF(plot.left() - 4, y), QPointF(plot.left() - 1, y))
                _right(painter, QRectF(0, y - height / 2, plot.left() - 7, height), str(row))
        _right(painter, QRectF(0, plot.bottom() + 1 - height, plot.left() - 7, height), "row")

    def _paint_times(self, painter: QPainter, plot: QRect) -> None:
        if not self._follows:
            span = self.span_seconds
            axes.paint_moments(painter, plot, self._end - span, span / plot.width(), QColor(tokens().muted))
            return
        metrics = QFontMetricsF(painter.font())
        painter.setPen(QColor(tokens().muted))
        span = self.span_seconds
        step = next((step for step in _TIME_STEPS if step * plot.width() / span >= _TIME_ROOM), _TIME_STEPS[-1])
        for number in range(int(span / step) + 1):
            x = plot.right() + 1 - number * step * plot.width() / span
            painter.drawLine(QPointF(x, plot.bottom() + 1), QPointF(x, plot.bottom() + 4))
            text = f"{axes.minus(-number * step)} s" if number else "now"
            width = metrics.horizontalAdvance(text) + 2
            place = QRectF(x - width / 2, plot.bottom() + 4, width, metrics.height())
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_bar(self, painter: QPainter, plot: QRect) -> None:
        pixels = np.ascontiguousarray(self._table[::-1, np.newaxis])
        image = QImage(pixels.data, 1, len(self._table), 4, QImage.Format.Format_RGB32)
        bar = QRect(plot.right() + 10, plot.top(), 10, plot.height())
        painter.drawImage(bar, image)
        height = QFontMetricsF(painter.font()).height()
        painter.setPen(QColor(tokens().muted))
        middle = (self._low + self._high) / 2
        for share, value in ((0.0, self._high), (0.5, middle), (1.0, self._low)):
            top = plot.top() + share * (plot.height() - height)
            place = QRectF(bar.right() + 5, top, axes.RIGHT, height)
            painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, axes.minus(value))

    def _paint_caption(self, painter: QPainter) -> None:
        painter.setFont(scaled(painter.font(), 0.95, bold=True))
        metrics = QFontMetricsF(painter.font())
        room = self.plot_rect()
        text = metrics.elidedText(self.caption(), Qt.TextElideMode.ElideRight, room.width() - 24)
        box = QRectF(0, room.top() + 5 + self._covered(), metrics.horizontalAdvance(text) + 14, metrics.height() + 6)
        box.moveRight(room.right() - 5)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 195))
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(QColor("#ffffff"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    # Qt's events -----------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._draw()

    def sizeHint(self) -> QSize:
        return QSize(1100, 190)

    def minimumSizeHint(self) -> QSize:
        return QSize(320, 90)


def _right(painter: QPainter, rect: QRectF, text: str) -> None:
    painter.drawText(rect, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
