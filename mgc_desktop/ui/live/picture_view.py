"""What the picture of what is listened to and that of a track have in common: place, axes, colours, a notice."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Protocol, cast

import numpy as np
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QRegion
from PySide6.QtWidgets import QSizePolicy, QWidget

from mgc_desktop.core.mel_picture import HIGHEST_HZ
from mgc_desktop.ui.live import axes
from mgc_desktop.ui.live.colours import COLOUR_MAPS, colour_table
from mgc_desktop.ui.live.level_range import LevelRange
from mgc_desktop.ui.live.notice import paint_notice
from mgc_desktop.ui.live.picture import Picture
from mgc_desktop.ui.theme import tokens


class Overlay(Protocol):
    """Something painted over the picture, with its axes."""

    def paint(
        self, painter: QPainter, plot: QRect, x_of: Callable[[float], float], y_of: Callable[[float], float]
    ) -> None:
        """Paint within `plot`; the functions give logical pixels for s of the recording and for Hz."""

    def stays(self, plot: QRect) -> QRegion | None:
        """Return what of it stays where it is while the picture moves on beneath; None: neither stays nor moves."""


class PictureView(QWidget):
    """A mel spectrogram with its axes and colour bar. GUI thread.

    Subclasses say what is shown (`_is_empty`, `_redraw`, `_blit`, `_paint_times`), where it is (`seconds_at`, `x_of`,
    `visible`), and may paint over it (`_paint_over`).

    Parameters
    ----------
    told : str
        What the picture shows, for those who hear the window read out.
    """

    def __init__(self, told: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._told = told
        self.setAccessibleName("Mel spectrogram")
        self.setAccessibleDescription(told)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._table = colour_table(COLOUR_MAPS[0])
        self._scale = axes.frequency_scale(HIGHEST_HZ)
        self._range = LevelRange()
        self._picture: Picture | None = None
        self._notice = ""
        self._notice_is_error = False
        self._overlays: list[Overlay] = []

    def set_colour_map(self, name: str) -> None:
        """Use one of `colours.COLOUR_MAPS`."""
        table = colour_table(name)
        if not np.array_equal(table, self._table):
            self._table = table
            self._redraw()
            self.update()

    def set_notice(self, text: str, *, error: bool = False) -> None:
        """Write a line over the picture, or nothing where `text` is empty."""
        if (text, error) != (self._notice, self._notice_is_error):
            self._notice, self._notice_is_error = text, error
            self.setAccessibleDescription(text or self._told)
            self.update()

    def plot_rect(self) -> QRect:
        """Return where the picture is, in logical pixels."""
        return axes.plot_rect(self.rect())

    def frequency_at(self, y: float) -> float:
        """Return the frequency in Hz at `y` (logical pixels, 0 at the widget's top)."""
        plot = self.plot_rect()
        return self._scale.hz((plot.bottom() + 1 - y) / plot.height())

    def y_of(self, hz: float) -> float:
        """Return where a frequency is, logical pixels from the widget's top."""
        plot = self.plot_rect()
        return plot.bottom() + 1 - self._scale.share(hz) * plot.height()

    @property
    def visible(self) -> tuple[float, float]:
        """What is between the left and the right edge, s."""
        raise NotImplementedError

    def seconds_at(self, x: float) -> float:
        """Return the moment at `x`, logical pixels."""
        raise NotImplementedError

    def x_of(self, seconds: float) -> float:
        """Return where a moment is, logical pixels."""
        raise NotImplementedError

    # Overlays --------------------------------------------------------------------------------------

    def add_overlay(self, overlay: Overlay, *, below: bool = False) -> None:
        """Let something paint over the picture, after (or below) those before it. Call `update` when it has changed."""
        self._overlays.insert(0 if below else len(self._overlays), overlay)
        self.update()

    def remove_overlay(self, overlay: Overlay) -> None:
        self._overlays.remove(overlay)
        self.update()

    def _paint_overlays(self, painter: QPainter, plot: QRect) -> None:
        for overlay in self._overlays:
            overlay.paint(painter, plot, self.x_of, self.y_of)

    # Painting --------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        plot = self.plot_rect()
        if event.rect().intersects(plot):
            self._paint_picture(painter, plot, event.region())
            self._paint_over(painter, plot)
            if self._notice:
                paint_notice(painter, plot, self._notice, error=self._notice_is_error)
        if not plot.contains(event.rect()):
            self._paint_axes(painter, plot)

    def _redraw(self) -> None:
        """Begin to draw the picture anew, in other colours."""
        raise NotImplementedError

    def _is_empty(self) -> bool:
        """Return whether there is nothing that a picture could be made of."""
        raise NotImplementedError

    def _paint_times(self, painter: QPainter, plot: QRect, ink: QColor) -> None:
        """Label the time axis."""
        raise NotImplementedError

    def _paint_over(self, painter: QPainter, plot: QRect) -> None:
        """Paint what lies over the picture."""

    def _paint_picture(self, painter: QPainter, plot: QRect, exposed: QRegion) -> None:
        picture, ratio = self._picture, self.devicePixelRatioF()
        if picture is None:
            painter.fillRect(plot, QColor(tokens().base if self._is_empty() else int(self._table[0])))
            return
        for part in parts_of(exposed & plot):
            painter.save()
            if part != plot:
                painter.setClipRect(part)  # alone: through several at once a picture is drawn line by line
            painter.scale(1 / ratio, 1 / ratio)  # device pixels: nothing is scaled on the way to the screen
            self._blit(painter, self._device_rect(), picture)
            painter.restore()

    def _device_rect(self) -> QRect:
        """Return where the picture is, in device pixels; where these do not fit the logical ones, up to a whole one."""
        plot, ratio = self.plot_rect(), self.devicePixelRatioF()
        left, top = round(plot.x() * ratio), round(plot.y() * ratio)
        right, bottom = math.ceil((plot.right() + 1) * ratio), math.ceil((plot.bottom() + 1) * ratio)
        return QRect(left, top, right - left, bottom - top)

    def _blit(self, painter: QPainter, place: QRect, picture: Picture) -> None:
        """Paint the picture into `place`, in device pixels."""
        raise NotImplementedError

    def _paint_axes(self, painter: QPainter, plot: QRect) -> None:
        colours = tokens()
        for rect in (
            QRect(0, 0, self.width(), plot.top()),
            QRect(0, plot.bottom() + 1, self.width(), axes.BOTTOM),
            QRect(0, plot.top(), plot.left(), plot.height()),
            QRect(plot.right() + 1, plot.top(), axes.RIGHT, plot.height()),
        ):
            painter.fillRect(rect, QColor(colours.window))
        painter.setFont(axes.axis_font(self.font()))
        ink = QColor(colours.muted)
        axes.paint_frequencies(painter, plot, self._scale, ink)
        self._paint_times(painter, plot, ink)
        axes.paint_colour_bar(painter, plot, self._table, self._range.low, self._range.high, ink)

    def sizeHint(self) -> QSize:
        return QSize(1100, 190)

    def minimumSizeHint(self) -> QSize:
        return QSize(320, 90)


def parts_of(region: QRegion) -> list[QRect]:
    """Return the rectangles that a region is made of; mostly one, which is had more quickly."""
    if region.rectCount() == 1:
        return [region.boundingRect()]
    return list(cast(Iterable[QRect], region))  # which it is, though Qt's stubs do not say so
