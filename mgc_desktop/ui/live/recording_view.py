"""A picture of a recording, drawn some columns at a time: which stretch is seen, where what is, what lies over it."""

from __future__ import annotations

import math
import time

import numpy as np
from PySide6.QtCore import QEvent, QRect, QTimer, Signal
from PySide6.QtGui import QColor, QPainter, QRegion, QResizeEvent
from PySide6.QtWidgets import QWidget

from mgc_desktop.core.recording import Recording
from mgc_desktop.ui.live import axes
from mgc_desktop.ui.live.columns import ColumnPlan, ColumnSource
from mgc_desktop.ui.live.no_input import paint_gaps
from mgc_desktop.ui.live.picture import Picture
from mgc_desktop.ui.live.picture_settings import PictureSettings
from mgc_desktop.ui.live.picture_view import PictureView
from mgc_desktop.ui.live.strip import Strip
from mgc_desktop.ui.live.time_scale import columns_a_second, scale_for
from mgc_desktop.ui.theme import tokens

FRAME_WORK, _TURN_WORK = 0.003, 0.005  # s of drawing in a frame of the display, and in a turn between two
_BETWEEN_PAINTS = 0.03  # s, while it is being drawn: to paint it takes longer than a turn
_PATIENCE = 0.3  # s that the picture of before stays while another one is drawn


class RecordingView(PictureView):
    """Shows a stretch of a `Recording`: the newest, or one that is held. GUI thread.

    Where it changes, it is drawn anew beside what is on the screen, for some milliseconds at a time, the newest first.
    Times are s since listening began.

    Signals
    -------
    moved : float, float
        Another stretch is visible, from .. to.
    """

    moved = Signal(float, float)

    def __init__(self, told: str, parent: QWidget | None = None) -> None:
        super().__init__(told, parent)
        self._settings = PictureSettings()
        self._recording: Recording | None = None
        self._source: ColumnSource | None = None
        self._step = 0  # the column that is due
        self._columns = 0  # that may be shown
        self._held: float | None = None  # frame at the right edge, while frozen
        self._is_live = False  # sound arrives
        self._strip: Strip | None = None  # what is on the screen
        self._coming: Strip | None = None  # takes its place once it shows as much
        self._coming_since = 0.0
        self._again = False  # it will be out of date when it is there
        self._former: Picture | None = None  # was on the screen before
        self._painted_at = 0.0
        self._builder = QTimer(self)
        self._builder.setInterval(0)
        self._builder.timeout.connect(self._build)

    # Where what is ---------------------------------------------------------------------------------

    @property
    def levels(self) -> tuple[float, float]:
        """dB of the darkest and of the brightest colour, as the colour bar shows them."""
        return self._range.low, self._range.high

    @property
    def is_blank(self) -> bool:
        """Whether nothing is shown at all."""
        return self._strip is None

    @property
    def visible(self) -> tuple[float, float]:
        """What is between the left and the right edge; the beginning may lie before the recording's."""
        strip, recording = self._strip, self._recording
        if strip is None or recording is None:
            return 0.0, 0.0
        begin = strip.end - self.plot_rect().width() * self.devicePixelRatioF()
        rate = recording.sample_rate
        return strip.scale.frame(begin) / rate, strip.scale.frame(strip.end) / rate

    @property
    def seconds_shown(self) -> float:
        """Seconds at the right edge, since the recording's beginning."""
        return self.visible[1] if self._strip is not None else 0.0

    @property
    def now(self) -> float:
        """The newest that can be shown, also while something older is."""
        source = self._source
        return self._columns / source.columns_per_second if source is not None else 0.0

    @property
    def seconds_per_pixel(self) -> float:
        """Of logical pixels."""
        if self._strip is None or self._recording is None:
            return 1 / axes.PIXELS_PER_SECOND
        return self._strip.scale.frame(self.devicePixelRatioF()) / self._recording.sample_rate

    def seconds_at(self, x: float) -> float:
        """Return the moment at `x`, logical pixels."""
        strip = self._strip
        if strip is None or self._recording is None:
            return 0.0
        pixel = strip.end - (self.plot_rect().right() + 1 - x) * self.devicePixelRatioF()
        return strip.scale.frame(pixel) / self._recording.sample_rate

    def x_of(self, seconds: float) -> float:
        """Return where a moment is, logical pixels; it may lie beside the picture."""
        return self.plot_rect().right() + 1 - (self.seconds_shown - seconds) / self.seconds_per_pixel

    def seconds_before_now(self, x: float) -> float:
        """Return how long ago what is at `x` was heard, s."""
        return max(self.now, self.seconds_shown) - self.seconds_at(x)

    def level_at(self, seconds: float, hz: float) -> float | None:
        """Return the level in the picture, dB re full scale; None where there is nothing to be seen."""
        source = self._source
        if source is None:
            return None
        history, column = source.history, round(seconds * source.columns_per_second)
        if not max(0, history.start) <= column < min(history.end, self._columns):
            return None
        place = self._scale.share(hz) * (history.bands + 1) - 1
        return float(np.interp(place, np.arange(history.bands), history.read(column, column + 1)[0]))

    # Drawing: some columns at a time, so that nothing waits for it -----------------------------------

    def _redraw(self) -> None:
        """Begin to draw what is shown anew, as size, pixels and settings are now."""
        place, ratio = self._device_rect(), self.devicePixelRatioF()
        width, height = place.width(), place.height()
        if width < 1 or height < 1 or self._recording is None:
            self._strip = self._coming = None
            return
        source = self._source_for(self._recording, width, ratio)
        scale = scale_for(self._settings, self._recording.sample_rate, source.hop, width, ratio)
        coming = self._coming
        if coming is not None and coming.source is source and coming.scale == scale and coming.fits(width, height):
            self._again = True  # colours that change faster than they can be drawn would never be seen
            return
        former, self._former = self._coming.picture if self._coming is not None else self._former, None
        bands, low, high = source.plan.bands, self._range.low, self._range.high
        picture = Picture(width, height, bands, self._table, low, high, former)
        self._coming, self._coming_since, self._again = Strip(source, scale, picture), time.perf_counter(), False
        self._build()
        self._builder.start()

    def _source_for(self, recording: Recording, width: int, ratio: float) -> ColumnSource:
        settings = self._settings
        plan = ColumnPlan.of(recording.sample_rate, settings, columns_a_second(settings, width, ratio))
        if self._source is None or self._source.plan != plan:
            place = self._step * self._source.hop if self._source is not None else 0
            self._source = ColumnSource(recording.ring, plan)
            self._step = place // plan.hop
            self._columns = self._source.ready(self._step * plan.hop)
            self._next_fit = self._columns
        return self._source

    def _look(self) -> None:
        """Turn to what is to be seen now, and draw it."""
        strip = self._strip
        if strip is not None and strip.source is self._source:
            self._look_with(strip)
            if not strip.work(FRAME_WORK):
                self._builder.start()
            self.moved.emit(*self.visible)

    def _look_with(self, strip: Strip) -> None:
        end = math.ceil(strip.scale.pixel(self._held) - 1e-6) if self._held is not None else None
        strip.look_at(end, self._columns)

    def _build(self) -> None:
        """Do the next piece of it."""
        strip = self._coming or self._strip
        if strip is None:
            self._builder.stop()
            return
        self._look_with(strip)
        is_done = strip.work(_TURN_WORK)
        if strip is self._coming:
            if is_done or self._strip is None or time.perf_counter() - self._coming_since > _PATIENCE:
                self._take_over(strip)
        elif is_done or time.perf_counter() - self._painted_at > _BETWEEN_PAINTS:
            self._painted_at = time.perf_counter()
            self.update(self.plot_rect())
        if is_done and self._coming is None:
            self._builder.stop()

    def _take_over(self, strip: Strip) -> None:
        self._former = self._picture
        self._strip, self._coming, self._picture = strip, None, strip.picture
        self._scale = axes.frequency_scale(strip.source.plan.highest_hz)
        self.update()
        self.moved.emit(*self.visible)
        if self._again:
            self._redraw()

    # Painting --------------------------------------------------------------------------------------

    def _is_empty(self) -> bool:
        return self._recording is None

    def _blit(self, painter: QPainter, place: QRect, picture: Picture) -> None:
        if self._strip is not None:
            picture.paint(painter, place, self._strip.end)

    def _paint_over(self, painter: QPainter, plot: QRect) -> None:
        gaps = self._visible_gaps()
        if gaps:
            spans = [(self.x_of(start), self.x_of(end)) for start, end in gaps]
            paint_gaps(painter, plot, spans, axes.axis_font(self.font()), on_picture=True)
        self._paint_overlays(painter, plot)
        if self.hasFocus():
            painter.setPen(QColor(tokens().accent))
            painter.drawRect(plot.adjusted(0, 0, -1, -1))

    def _visible_gaps(self) -> list[tuple[float, float]]:
        recording = self._recording
        if recording is None or not recording.gaps or self._strip is None:
            return []
        return recording.gaps_between(*self.visible)

    def _staying(self, plot: QRect) -> QRegion | None:
        """Return what lies over the picture and stays there while it moves; None: all of it is to be painted again."""
        if self._notice or self._visible_gaps() or self.childrenRegion().intersects(plot):
            return None
        staying = QRegion()
        for overlay in self._overlays:
            part = overlay.stays(plot)
            if part is None:
                return None
            staying |= part
        if self.hasFocus():
            staying |= QRect(plot.left(), plot.top(), 1, plot.height())
            staying |= QRect(plot.right(), plot.top(), 1, plot.height())
        return staying

    # Qt's events -----------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._redraw()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._redraw()  # other pixels are other columns
        return super().event(event)
