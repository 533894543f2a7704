"""The mel spectrogram that scrolls: each column is computed once, and a frame of the display is one blit."""

from __future__ import annotations

import time
from typing import cast

from PySide6.QtCore import QEvent, QPoint, QRect, QTimer
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import QToolTip, QWidget

from mgc_desktop.core.ring import AudioRing
from mgc_desktop.ui.live import axes
from mgc_desktop.ui.live.clock import FRAMES_PER_SECOND
from mgc_desktop.ui.live.colours import colour_table
from mgc_desktop.ui.live.columns import LARGEST_STEP, N_MELS, ColumnSource, highest_hz
from mgc_desktop.ui.live.level_range import LevelRange
from mgc_desktop.ui.live.picture import Picture
from mgc_desktop.ui.live.picture_view import PictureView
from mgc_desktop.ui.live.playhead import Playhead, steps_due

_FIT_SECONDS = 1.0  # between two looks at the range of levels
_FIT_OVER_SECONDS = 8.0


class Spectrogram(PictureView):
    """Shows what a ring records, newest at the right edge. GUI thread.

    Call `advance` at each tick of a `DisplayClock`; nothing moves by itself.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Loudness by frequency over the last seconds, newest at the right", parent)
        self._source: ColumnSource | None = None
        self._playhead: Playhead | None = None
        self._step = 0  # the column that the playhead has reached
        self._next_fit = 0
        self._coming: Picture | None = None  # takes the place of `_picture` once it shows as much
        self._builder = QTimer(self)
        self._builder.setInterval(0)
        self._builder.timeout.connect(self._build)

    # What is shown ---------------------------------------------------------------------------------

    def set_ring(self, ring: AudioRing) -> None:
        """Show what `ring` records from now on."""
        self._range = LevelRange()
        self._begin(ring, 0)

    def set_colour_map(self, name: str) -> None:
        """Use one of `colours.COLOUR_MAPS`."""
        self._table = colour_table(name)
        self._redraw()
        self.update()

    @property
    def seconds_shown(self) -> float:
        """Seconds at the right edge, since the ring's beginning."""
        source = self._source
        return source.history.end / source.columns_per_second if source is not None else 0.0

    def seconds_before_now(self, x: float) -> float:
        """Return how long ago what is at `x` was heard, s."""
        return (self.plot_rect().right() + 1 - x) / axes.PIXELS_PER_SECOND

    # Motion ----------------------------------------------------------------------------------------

    def advance(self, now: float | None = None) -> None:
        """Bring the picture up to what is due; takes 0.2 ms in a usual frame, 5 ms in the longest.

        Parameters
        ----------
        now : float, optional
            s, of any steady clock; None: the computer's.
        """
        source, playhead = self._source, self._playhead
        if source is None or playhead is None:
            return
        place = playhead.advance(time.perf_counter() if now is None else now, source.ring.frames)
        self._step += steps_due(place / source.hop - self._step, source.columns_per_second / FRAMES_PER_SECOND)
        if not source.advance(self._step * source.hop):
            return
        if source.history.end >= self._next_fit:
            self._fit_range(source)
        if self._picture is not None:
            self._picture.catch_up(source.history, LARGEST_STEP)
            self.update(self.plot_rect())

    def _begin(self, ring: AudioRing, start: int) -> None:
        self._source = ColumnSource(ring, axes.PIXELS_PER_SECOND * self.devicePixelRatioF(), start)
        self._playhead = Playhead(ring.sample_rate)
        self._step = start // self._source.hop
        self._next_fit = 0
        self._scale = axes.frequency_scale(highest_hz(ring.sample_rate))
        self._picture = None
        self._redraw()
        self.update()

    def _fit_range(self, source: ColumnSource) -> None:
        history, rate = source.history, source.columns_per_second
        self._next_fit = history.end + round(_FIT_SECONDS * rate)
        start = max(history.start, history.end - round(_FIT_OVER_SECONDS * rate))
        if self._range.fit(history.read(start, history.end)):
            self._redraw()
            self.update()

    def _redraw(self) -> None:
        """Begin to draw the whole picture anew, beside the one that is shown."""
        plot, ratio = self.plot_rect(), self.devicePixelRatioF()
        width, height = round(plot.width() * ratio), round(plot.height() * ratio)
        if width < 1 or height < 1 or self._source is None:
            self._picture = self._coming = None
            return
        self._coming = Picture(width, height, N_MELS, self._table, self._range.low, self._range.high)
        if self._picture is None:
            self._picture = self._coming
        self._builder.start()

    def _build(self) -> None:
        if self._coming is None or self._source is None:
            self._builder.stop()
        elif self._coming.catch_up(self._source.history, LARGEST_STEP):
            self._picture, self._coming = self._coming, None
            self._builder.stop()
            self.update()

    # Painting --------------------------------------------------------------------------------------

    def _is_empty(self) -> bool:
        return self._source is None

    def _paint_times(self, painter: QPainter, plot: QRect, ink: QColor) -> None:
        axes.paint_times(painter, plot, ink)

    # Qt's events -----------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._redraw()

    def event(self, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.ToolTip:
            self._tell_place(cast(QHelpEvent, event).pos(), cast(QHelpEvent, event).globalPos())
            return True
        if kind == QEvent.Type.DevicePixelRatioChange and self._source is not None:
            # Other pixels are other columns: heard again from the ring, as far back as they are shown.
            ring, hop = self._source.ring, self._source.hop
            shown = self.plot_rect().width() * ring.sample_rate // axes.PIXELS_PER_SECOND
            self._begin(ring, max(0, ring.frames - shown) // hop * hop)
        return super().event(event)

    def _tell_place(self, place: QPoint, on_screen: QPoint) -> None:
        if self._source is None or not self.plot_rect().contains(place):
            QToolTip.hideText()
            return
        hz, ago = self.frequency_at(place.y()), self.seconds_before_now(place.x())
        QToolTip.showText(on_screen, f"{hz:,.0f} Hz, {ago:.1f} s ago", self)
