"""The mel spectrogram that scrolls: each column is computed once, and a frame of the display is one blit."""

from __future__ import annotations

import time
from dataclasses import replace

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QRegion,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QToolButton, QWidget

from mgc_desktop.core.recording import Recording
from mgc_desktop.core.ring import AudioRing
from mgc_desktop.ui.live import axes
from mgc_desktop.ui.live.browsing import Browsing
from mgc_desktop.ui.live.clock import FRAMES_PER_SECOND
from mgc_desktop.ui.live.colours import colour_table
from mgc_desktop.ui.live.columns import ColumnSource
from mgc_desktop.ui.live.latency import PictureLatency
from mgc_desktop.ui.live.level_range import LevelRange
from mgc_desktop.ui.live.picture_settings import PictureSettings
from mgc_desktop.ui.live.picture_view import parts_of
from mgc_desktop.ui.live.playhead import Playhead, steps_due
from mgc_desktop.ui.live.recording_view import FRAME_WORK, RecordingView

_FIT_SECONDS = 1.0  # between two looks at the range of levels
_FIT_OVER_SECONDS = 8.0
_FIT_COLUMNS = 480  # that are looked at, at most
_LEAST_TO_FIT = 2.0  # s; less may be a pause
_QUIETEST = -60.0  # dB at the top of a range before it is fitted
_LARGE, _HUGE = 1_000_000, 4_000_000  # pixels; painted as a whole 60, 30 or 20 times a second: it costs as many
_NEWEST = 2  # px at the right edge, of which more may be known, or a frame's line


class Spectrogram(RecordingView):
    """Shows what is recorded, newest at the right edge; or, frozen, any stretch of the last ten minutes. GUI thread.

    Call `advance` at each tick of a `DisplayClock`; nothing moves by itself. Times are s since listening began.

    Signals
    -------
    frozen_changed : bool
    settings_changed : PictureSettings
    """

    frozen_changed = Signal(bool)
    settings_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Loudness by frequency over the last seconds, newest at the right", parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._playhead: Playhead | None = None
        self._next_fit = 0
        self._ticks = 0
        self._paints_whole = False  # what is on the screen could not be moved the last time
        self._latency = PictureLatency()
        self._browsing = Browsing(self)
        self._back = _back_button(self)
        self._back.clicked.connect(lambda: self.freeze(False))

    # What is shown ---------------------------------------------------------------------------------

    def set_ring(self, ring: AudioRing) -> None:
        """Show what `ring` records from now on."""
        self.set_recording(Recording(ring, ""))

    def set_recording(self, recording: Recording) -> None:
        """Show what is recorded from now on, and where nothing was."""
        self._recording = recording
        self._range = LevelRange(fixed=self._settings.levels)
        self._playhead = Playhead(recording.sample_rate)
        self._source = self._strip = self._coming = self._picture = None
        self._step = self._columns = 0
        self._latency.clear()
        self._is_live = True
        self.freeze(False)
        self._redraw()
        self.update()

    def rest(self) -> None:
        """Nothing more is recorded: the axis says when it was, and no longer how long ago."""
        self._is_live = False
        self.update()

    @property
    def follows(self) -> bool:
        """Whether it moves with what is recorded, and the axis counts back from now."""
        return self._is_live and self._held is None

    @property
    def settings(self) -> PictureSettings:
        return self._settings

    def set_settings(self, settings: PictureSettings) -> None:
        """Compute and paint as `settings` say from now on; also what was heard before."""
        before, self._settings = self._settings, settings
        if settings == before:
            return
        if settings.levels != before.levels:
            self._range = LevelRange(_QUIETEST, fixed=settings.levels)
            if self._source is not None:
                self._fit_range(self._source)
        if settings.colour_map != before.colour_map:
            self._table = colour_table(settings.colour_map)
        self._redraw()
        self.update()
        self.settings_changed.emit(settings)

    def set_colour_map(self, name: str) -> None:
        """Use one of `colours.COLOUR_MAPS`; it is one of the settings."""
        self.set_settings(replace(self._settings, colour_map=name))

    @property
    def span_seconds(self) -> float:
        """What the whole width stands for, or is about to."""
        return self._settings.span_seconds or self.plot_rect().width() / axes.PIXELS_PER_SECOND

    def set_span(self, seconds: float, around: float | None = None) -> None:
        """Let the whole width stand for so many seconds; what is at `around` (logical pixels) stays there if frozen."""
        if self._held is not None and around is not None and self._strip is not None:
            plot = self.plot_rect()
            end = self.seconds_at(around) + (plot.right() + 1 - around) * seconds / max(1, plot.width())
            self._held = self._clamped(end, seconds)
        self.set_settings(replace(self._settings, span_seconds=seconds))

    @property
    def latency_ms(self) -> tuple[float, float]:
        """From the arrival of the newest sample that is shown until it was painted: median and 99th percentile, ms."""
        return self._latency.ms

    # Looking back ----------------------------------------------------------------------------------

    @property
    def frozen(self) -> bool:
        return self._held is not None

    def freeze(self, on: bool) -> None:
        """Hold the picture still; or go back to now."""
        if on == self.frozen or (on and self._strip is None):
            return
        strip = self._strip
        self._held = strip.scale.frame(strip.end) if on and strip is not None else None
        self._back.setVisible(on)
        self._place_button()
        self._look()
        self.update()
        self.frozen_changed.emit(on)

    def scroll_to(self, end_seconds: float) -> None:
        """Freeze, with this moment at the right edge, or the nearest that is kept."""
        if self._strip is None:
            return
        self.freeze(True)
        self._held = self._clamped(end_seconds, self.span_seconds)
        self._look()
        self.update()

    def _clamped(self, end_seconds: float, span: float) -> float:
        recording = self._recording
        assert recording is not None
        least = min(recording.kept_from + span, self.now)
        return min(max(end_seconds, least), self.now) * recording.sample_rate

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
        self._ticks += 1
        frames = source.ring.frames
        self._latency.look(frames)
        place = playhead.advance(time.perf_counter() if now is None else now, frames)
        self._step += steps_due(place / source.hop - self._step, source.columns_per_second / FRAMES_PER_SECOND)
        if self._ticks % self._ticks_a_painting():
            return
        columns = source.ready(self._step * source.hop)
        if columns != self._columns:
            self._columns = columns
            if self._held is None:
                self._follow(source)

    def _ticks_a_painting(self) -> int:
        strip = self._strip
        pixels = strip.picture.width * strip.picture.height if strip is not None else 0
        return 1 + (pixels > _HUGE) + (self._paints_whole and pixels > _LARGE)

    def _follow(self, source: ColumnSource) -> None:
        strip = self._strip
        if strip is None or strip.source is not source:
            return  # another one is about to take its place
        before = strip.end
        strip.look_at(None, self._columns)
        if not strip.work(FRAME_WORK):
            self._builder.start()
        if self._columns >= self._next_fit:
            self._fit_range(source)
        if self._strip is strip:  # else all of it is about to be painted
            self._show_moved(strip.end - before)
        self.moved.emit(*self.visible)

    def _show_moved(self, pixels: int) -> None:
        """Move what is on the screen by so many device pixels, and paint what is new; or paint it as a whole."""
        plot, ratio = self.plot_rect(), self.devicePixelRatioF()
        if not pixels:
            self.update(QRect(plot.right() + 1 - _NEWEST, plot.top(), _NEWEST, plot.height()))
            return
        step, staying = int(pixels / ratio), self._staying(plot)
        can_move = step * ratio == pixels and ratio == int(ratio) and 0 < step < plot.width() // 2
        if staying is None or not can_move or self._builder.isActive():
            self.update(plot)
            return
        self.scroll(-step, 0, plot)
        new = QRegion(plot.right() + 1 - step - _NEWEST, plot.top(), step + _NEWEST, plot.height())
        self.update((new | staying | staying.translated(-step, 0)) & plot)

    def _fit_range(self, source: ColumnSource) -> None:
        history, rate = source.history, source.columns_per_second
        self._next_fit = self._columns + round(_FIT_SECONDS * rate)
        start = max(history.start, history.end - round(_FIT_OVER_SECONDS * rate))
        if history.start > 0 and history.end - start < _LEAST_TO_FIT * rate:
            return
        step = max(1, (history.end - start) // _FIT_COLUMNS)
        if self._range.fit(history.read(start, history.end)[::step]):
            self._redraw()

    # Painting --------------------------------------------------------------------------------------

    def _paint_times(self, painter: QPainter, plot: QRect, ink: QColor) -> None:
        if self.follows or self._is_empty():
            axes.paint_times(painter, plot, self.seconds_per_pixel, ink)
        else:
            axes.paint_moments(painter, plot, self.visible[0], self.seconds_per_pixel, ink)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painted, plot = sum(part.width() * part.height() for part in parts_of(event.region())), self.plot_rect()
        self._paints_whole = 2 * painted > plot.width() * plot.height()
        source = self._source
        if source is not None and self._held is None and self._columns:
            self._latency.painted(source.last_frame(self._columns - 1))

    def _place_button(self) -> None:
        plot, size = self.plot_rect(), self._back.sizeHint()
        self._back.setGeometry(QRect(plot.right() - size.width() - 5, plot.top() + 6, size.width(), size.height()))

    # Qt's events -----------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_button()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.is_blank:
            event.ignore()
        else:
            self._browsing.wheel(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self._browsing.press(event):
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if not self._browsing.move(event.position()):
            super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if not self._browsing.release():
            super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._browsing.key(event):
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()


def _back_button(parent: QWidget) -> QToolButton:
    button = QToolButton(parent)
    button.setText("Back to now")
    button.setToolTip("Go on with what is heard now (End)")
    button.setAccessibleName("Back to now")
    button.setCursor(Qt.CursorShape.PointingHandCursor)
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    button.hide()
    return button
