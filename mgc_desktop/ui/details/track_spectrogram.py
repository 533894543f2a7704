"""The mel spectrogram of a whole track: one image, a cursor over it, and the mouse and keys that seek."""

from __future__ import annotations

from typing import cast

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPolygonF,
    QResizeEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from mgc_desktop.core.mel_picture import CODES_PER_DB, FLOOR_DB, N_MELS
from mgc_desktop.engine.events import TrackPictureReady
from mgc_desktop.ui.live import axes
from mgc_desktop.ui.live.columns import LARGEST_STEP, ColumnHistory
from mgc_desktop.ui.live.level_range import LevelRange
from mgc_desktop.ui.live.picture import Picture
from mgc_desktop.ui.live.picture_view import PictureView
from mgc_desktop.ui.theme import tokens

STEP_SECONDS = 5.0  # of the arrow keys
_QUIETEST = -60.0  # dB at the top of a range before it is fitted


class TrackSpectrogram(PictureView):
    """Shows a `TrackPictureReady` from edge to edge. GUI thread.

    What is shown stays until what takes its place is drawn.
    """

    sought = Signal(float)  # s, by a click or a key
    play_asked = Signal()
    play_from_asked = Signal(float)  # s, by a double click
    drawn = Signal()  # another picture is on the screen

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Loudness by frequency over the length of the track", parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._shown: TrackPictureReady | None = None
        self._next: TrackPictureReady | None = None  # being drawn
        self._history: ColumnHistory | None = None  # its columns, one a pixel
        self._next_range = LevelRange()
        self._coming: Picture | None = None
        self._builder = QTimer(self)
        self._builder.setInterval(0)
        self._builder.timeout.connect(self._build)
        self._place: float | None = None  # s

    @property
    def place(self) -> float | None:
        """Where the cursor is, s."""
        return self._place

    @property
    def visible(self) -> tuple[float, float]:
        return 0.0, self.duration

    @property
    def duration(self) -> float:
        """s of the track that is shown; 0 where there is none."""
        return self._shown.duration if self._shown is not None else 0.0

    @property
    def path(self) -> str:
        """The track that is shown."""
        return self._shown.path if self._shown is not None else ""

    def show_picture(self, picture: TrackPictureReady) -> None:
        """Draw a picture, and show it once it is there; nothing happens where it is shown already."""
        if picture is self._next:
            return
        is_more = self._next is not None and self._next.path == picture.path
        if not is_more:
            self._next_range = LevelRange(_QUIETEST)
        self._next = picture
        self._redraw()

    def clear(self) -> None:
        """Show nothing."""
        self._builder.stop()
        self._shown = self._next = self._picture = self._coming = None
        self._place = None
        self.update()

    def set_place(self, seconds: float | None) -> int | None:
        """Put the cursor at a place of the track, or take it away; return where it is, px from the left."""
        before, self._place = self._x(self._place), seconds
        now = self._x(seconds)
        if before != now:
            plot = self.plot_rect()
            for x in (before, now):
                if x is not None:
                    self.update(QRect(x - 6, plot.top(), 13, plot.height()))
        return now

    def seconds_at(self, x: float) -> float:
        """Return the place in the track at `x`, logical pixels."""
        plot = self.plot_rect()
        return min(max((x - plot.left()) / max(1, plot.width()), 0.0), 1.0) * self.duration

    def x_of(self, seconds: float) -> float:
        plot = self.plot_rect()
        return plot.left() + plot.width() * seconds / max(self.duration, 1e-9)

    def _x(self, seconds: float | None) -> int | None:
        if seconds is None or not self.duration:
            return None
        plot = self.plot_rect()
        share = min(max(seconds / self.duration, 0.0), 1.0)
        return plot.left() + round(share * (plot.width() - 1))

    # Drawing: some columns at a time, so that nothing waits for it -----------------------------------

    def _redraw(self) -> None:
        """Begin to draw what is to be shown, at the size that there is now."""
        self._history = self._coming = None
        if self._next is not None:
            self._builder.start()

    def _build(self) -> None:
        """Do the next piece of it."""
        width, height = self._device_rect().width(), self._device_rect().height()
        picture = self._next
        if picture is None or width < 1 or height < 1:
            self._builder.stop()
        elif self._history is None:
            self._history = ColumnHistory(N_MELS, width)
            self._history.append(columns_for(picture, width))
        elif self._coming is None:
            there = max(1, round(self._history.end * picture.done / max(1, len(picture.codes))))
            self._next_range = LevelRange(self._next_range.high)  # its own: the one before is still on the axis
            self._next_range.fit(self._history.read(0, there))
            low, high = self._next_range.low, self._next_range.high
            self._coming = Picture(self._history.end, height, N_MELS, self._table, low, high)
        elif self._coming.catch_up(self._history, LARGEST_STEP):
            self._builder.stop()
            self._take_over(picture, self._coming)

    def _take_over(self, picture: TrackPictureReady, drawn: Picture) -> None:
        self._picture, self._coming, self._history = drawn, None, None
        self._shown, self._range = picture, self._next_range
        self._scale = axes.frequency_scale(picture.highest_hz)
        self.update()
        self.drawn.emit()

    # Painting --------------------------------------------------------------------------------------

    def _is_empty(self) -> bool:
        return self._shown is None

    def _paint_times(self, painter: QPainter, plot: QRect, ink: QColor) -> None:
        axes.paint_track_times(painter, plot, self.duration, ink)

    def _blit(self, painter: QPainter, place: QRect, picture: Picture) -> None:
        # Of another size only while one of the right size is drawn.
        painter.drawImage(place, picture.image, QRect(0, 0, picture.width, picture.height))

    def _paint_over(self, painter: QPainter, plot: QRect) -> None:
        if self._picture is not None and self.duration:
            self._paint_overlays(painter, plot)
        x = self._x(self._place)
        if x is not None and self._picture is not None:
            painter.fillRect(QRect(x - 1, plot.top(), 3, plot.height()), QColor(0, 0, 0, 120))
            painter.fillRect(QRect(x, plot.top(), 1, plot.height()), QColor("#ffffff"))
            painter.save()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QColor(0, 0, 0, 120))
            painter.setBrush(QColor("#ffffff"))
            top, middle = float(plot.top()), x + 0.5
            painter.drawPolygon(
                QPolygonF([QPointF(middle - 5, top), QPointF(middle + 5, top), QPointF(middle, top + 7)])
            )
            painter.restore()
        if self.hasFocus():
            painter.setPen(QColor(tokens().accent))
            painter.drawRect(plot.adjusted(0, 0, -1, -1))

    # Qt's events -----------------------------------------------------------------------------------

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.duration:
            self.play_from_asked.emit(self.seconds_at(event.position().x()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        here, key = self._place or 0.0, event.key()
        places = {
            Qt.Key.Key_Left: here - STEP_SECONDS,
            Qt.Key.Key_Right: here + STEP_SECONDS,
            Qt.Key.Key_Home: 0.0,
            Qt.Key.Key_End: self.duration - STEP_SECONDS,
        }
        if key == Qt.Key.Key_Space:
            self.play_asked.emit()
        elif key in places and self.duration:
            self.sought.emit(min(max(0.0, places[Qt.Key(key)]), self.duration))
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._redraw()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip:
            self._tell_place(cast(QHelpEvent, event).pos(), cast(QHelpEvent, event).globalPos())
            return True
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._redraw()
        return super().event(event)

    def _tell_place(self, place: QPoint, on_screen: QPoint) -> None:
        if not self.duration or not self.plot_rect().contains(place):
            QToolTip.hideText()
            return
        when, hz = axes.clock_text(self.seconds_at(place.x())), self.frequency_at(place.y())
        what = "Click to go there, double click to play from there, drag to select"
        QToolTip.showText(on_screen, f"{when}, {hz:,.0f} Hz\n{what}", self)


def columns_for(picture: TrackPictureReady, width: int) -> NDArray[np.float32]:
    """Return the picture at a width of its own, float32[width, bands] in dB: means where there are more columns."""
    levels = picture.codes.astype(np.float32) / np.float32(CODES_PER_DB) + np.float32(FLOOR_DB)
    if not len(levels):
        return np.full((width, N_MELS), FLOOR_DB, np.float32)
    wanted = picture.duration / picture.column_seconds  # the last column may reach past the end
    edges = np.linspace(0, min(max(wanted, 1.0), len(levels)), width + 1)
    firsts = np.minimum(edges[:-1].astype(np.intp), len(levels) - 1)
    if len(levels) <= width:
        return levels[firsts]
    sums = np.add.reduceat(levels[: max(1, int(np.ceil(edges[-1])))], firsts, axis=0)
    counts = np.diff(np.append(firsts, max(firsts[-1] + 1, int(np.ceil(edges[-1])))))
    return (sums / counts[:, np.newaxis]).astype(np.float32)
