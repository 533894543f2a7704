"""The ribbon: what was heard, in the colours of the labels, along a time axis."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFontMetricsF,
    QHelpEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from mgc_desktop.core.recording import Recording
from mgc_desktop.core.values import VerdictKind
from mgc_desktop.ui import wording
from mgc_desktop.ui.live import axes
from mgc_desktop.ui.live.heard import Heard, Stretch
from mgc_desktop.ui.live.no_input import paint_gaps
from mgc_desktop.ui.theme import contrast, display_name, label_colour, scaled, tokens

_STRETCH_ON_SECONDS = 1.5  # the newest stretch reaches on to now, until the next verdict is overdue
_PADDING = 6  # px around a name


class StretchRibbon(QWidget):
    """One line of stretches between the margins of the picture. GUI thread.

    Subclasses say which stretches are where (`_visible`, `span_at`) and what is told of one (`_told`).

    Parameters
    ----------
    title : str
        Written at the left.
    height : int
        px.
    """

    def __init__(self, title: str, height: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = title
        self._height = height
        self.setAccessibleName(f"Heard: {title}")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def span_at(self, x: float) -> Stretch | None:
        """Return the stretch at `x`, logical pixels."""
        raise NotImplementedError

    def _visible(self) -> list[tuple[int, int, Stretch]]:
        """Return the stretches with their edges, px."""
        raise NotImplementedError

    def _told(self, stretch: Stretch) -> str:
        """Return what the tool tip says of a stretch."""
        raise NotImplementedError

    def _names(self, stretch: Stretch) -> tuple[str, ...]:
        """Return what may be written on a stretch, the longest first: the first that has room is."""
        return (stretch_text(stretch),)

    def _line(self) -> QRect:
        return self.rect().adjusted(axes.LEFT, 0, -axes.RIGHT, 0)

    # Painting --------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        colours, line = tokens(), self._line()
        if not line.contains(event.rect()):
            painter.fillRect(self.rect(), QColor(colours.window))
            painter.setFont(axes.axis_font(self.font()))
            painter.setPen(QColor(colours.muted))
            room = QRect(0, 0, axes.LEFT - 7, self.height())
            painter.drawText(room, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), self._title)
        painter.fillRect(line, QColor(colours.groove))
        painter.setFont(scaled(self.font(), 0.86, bold=True))
        for left, right, stretch in self._visible():
            self._paint_stretch(painter, QRect(left, 0, right - left, self.height()), stretch)

    def _paint_stretch(self, painter: QPainter, place: QRect, stretch: Stretch) -> None:
        colours = tokens()
        fill = stretch_colour(stretch)
        if stretch.kind is VerdictKind.SILENCE:
            middle = place.center().y()
            painter.fillRect(QRect(place.left(), middle, place.width(), 1), fill)
            surface = QColor(colours.groove)
        elif stretch.kind is VerdictKind.GENRE:
            painter.fillRect(place, fill)
            surface = fill
        else:
            faint = QColor(fill)
            faint.setAlphaF(0.25)
            painter.fillRect(place, faint)
            pattern = Qt.BrushStyle.BDiagPattern if stretch.kind is VerdictKind.UNSURE else Qt.BrushStyle.Dense6Pattern
            painter.fillRect(place, QBrush(fill, pattern))
            surface = QColor(colours.groove)
        painter.fillRect(QRect(place.left(), 0, 1, place.height()), QColor(colours.window))
        self._paint_name(painter, place, stretch, surface)

    def _paint_name(self, painter: QPainter, place: QRect, stretch: Stretch, surface: QColor) -> None:
        metrics = QFontMetricsF(painter.font())
        widths = {name: metrics.horizontalAdvance(name) for name in self._names(stretch)}
        text = next((name for name, width in widths.items() if width + 2 * _PADDING <= place.width()), "")
        if metrics.height() > self.height() + 1 or not text:
            return
        width = widths[text]
        box = QRectF(place.left() + _PADDING, 0, width + 1, self.height())
        if stretch.kind is not VerdictKind.GENRE:
            painter.fillRect(box.adjusted(-3, 0, 3, 0), QColor(tokens().groove))
        inks = (QColor("#ffffff"), QColor("#101216"))
        painter.setPen(max(inks, key=lambda ink: contrast(ink, surface)))
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, text)

    # Qt's events -----------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(1100, self._height)

    def minimumSizeHint(self) -> QSize:
        return QSize(320, self._height)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip:
            help_event = cast(QHelpEvent, event)
            stretch = self.span_at(help_event.pos().x())
            text = self._told(stretch) if stretch is not None else ""
            QToolTip.showText(help_event.globalPos(), text, self)
            return True
        return super().event(event)


class Ribbon(StretchRibbon):
    """What was heard while listening, over the stretch of time that it is told to show.

    Signals
    -------
    sought : float
        A click on this moment, s since listening began.

    Parameters
    ----------
    heard : Heard
        What to show; may be shared.
    seconds : float or None
        What the whole width stands for; None: a second is as wide as in the picture above, until `set_view`.
    """

    sought = Signal(float)

    def __init__(
        self, heard: Heard, title: str, height: int, seconds: float | None, parent: QWidget | None = None
    ) -> None:
        super().__init__(title, height, parent)
        self._heard = heard
        self._seconds = seconds
        self._recording: Recording | None = None
        self._start = self._end = 0.0  # s at the left and right edge
        self._shown: tuple[object, ...] = ()  # what was painted, in pixels
        self._now: float | None = None  # s at the right edge, while that is all that is known
        self._marked: tuple[float, float] | None = None  # s

    def set_recording(self, recording: Recording) -> None:
        """Show where this recording has no input."""
        self._recording = recording
        self.update()

    def set_now(self, now: float) -> None:
        """Move the right edge to `now`, s since listening began; repaints where that changes a pixel."""
        self._now = now
        width = self._line().width()
        self._show(now - (self._seconds or width / axes.PIXELS_PER_SECOND), now)

    def set_view(self, start: float, end: float) -> None:
        """Show what was heard from `start` to `end`, s since listening began; repaints where that changes a pixel."""
        self._now = None
        self._show(start, end)

    def mark(self, start: float, end: float) -> None:
        """Frame a stretch: the one that the picture shows."""
        before, self._marked = self._mark(), (start, end)
        if self._mark() != before:
            self.update(self._line())

    def unmark(self) -> None:
        """Frame nothing."""
        if self._marked is not None:
            self._marked = None
            self.update(self._line())

    @property
    def is_blank(self) -> bool:
        """Whether no stretch is in sight."""
        return not self._visible()

    def seconds_at(self, x: float) -> float:
        """Return the moment at `x`, logical pixels."""
        edge, scale = self._axis()
        return self._end - (edge - x) / scale

    def x_of(self, seconds: float) -> float:
        """Return where a moment is, logical pixels; it may lie beside the line."""
        edge, scale = self._axis()
        return edge - (self._end - seconds) * scale

    def _axis(self) -> tuple[int, float]:
        """Return the right edge, px, and the pixels of a second."""
        line = self._line()
        return line.right() + 1, max(1, line.width()) / max(1e-9, self._end - self._start)

    def span_at(self, x: float) -> Stretch | None:
        """Return the stretch at `x`, logical pixels."""
        time = self.seconds_at(x)
        return next((stretch for stretch in self._reaching_on() if stretch.start <= time < stretch.end), None)

    def _show(self, start: float, end: float) -> None:
        before = self._shown
        self._start, self._end = start, end
        self._shown = self._where_it_moves()
        if self._shown != before:
            self.update(self._line())

    def _reaching_on(self) -> list[Stretch]:
        stretches = list(self._heard.stretches)
        if stretches and 0 < self._end - stretches[-1].end < _STRETCH_ON_SECONDS:
            stretches[-1] = replace(stretches[-1], end=self._end)
        return stretches

    def _where_it_moves(self) -> tuple[object, ...]:
        """Return the visible edges in pixels; a single colour from edge to edge does not move at all."""
        stretches = [
            (left, right, replace(stretch, start=0, end=0, confidence=0, verdicts=0))
            for left, right, stretch in self._visible()
        ]
        return stretches, self._gaps(), self._mark()

    def _visible(self) -> list[tuple[int, int, Stretch]]:
        line, (edge, scale) = self._line(), self._axis()
        found = []
        for stretch in self._reaching_on():
            if stretch.end > self._start and stretch.start < self._end:
                left = max(line.left(), round(edge - (self._end - stretch.start) * scale))
                right = min(edge, round(edge - (self._end - stretch.end) * scale))
                if right > left:
                    found.append((left, right, stretch))
        return found

    def _gaps(self) -> list[tuple[int, int]]:
        """Return the edges of what had no input, px."""
        recording = self._recording
        if recording is None or not recording.gaps:
            return []
        edge, scale = self._axis()
        return [
            (round(edge - (self._end - start) * scale), round(edge - (self._end - end) * scale))
            for start, end in recording.gaps_between(self._start, self._end)
        ]

    def _mark(self) -> tuple[int, int] | None:
        """Return the edges of what is framed, px; None where that is all there is."""
        line = self._line()
        if self._marked is None:
            return None
        left, right = (round(self.x_of(moment)) for moment in self._marked)
        left, right = max(left, line.left()), min(right, line.right() + 1)
        return (left, right) if right - left < line.width() and right > left else None

    def _told(self, stretch: Stretch) -> str:
        times = f"{wording.duration(stretch.start)} to {wording.duration(stretch.end)} of listening"
        now = self._now if self._recording is None else self._recording.seconds
        ago = f", until {now - stretch.end:.0f} s ago" if now is not None else ""
        return f"{stretch_text(stretch, confidence=True)}\n{times}{ago}"

    # Qt's events -----------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        gaps, mark = self._gaps(), self._mark()
        if not gaps and mark is None:
            return
        painter, line = QPainter(self), self._line()
        paint_gaps(painter, line, gaps, axes.axis_font(self.font()))
        if mark is not None:
            left, right = mark
            painter.setPen(QColor(tokens().window))
            painter.drawRect(QRect(left + 1, 1, max(1, right - left - 3), line.height() - 3))
            painter.setPen(QColor(tokens().text))
            painter.drawRect(QRect(left, 0, max(2, right - left - 1), line.height() - 1))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._line().contains(event.position().toPoint()):
            self.sought.emit(self.seconds_at(event.position().x()))
        else:
            super().mousePressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._now is not None:
            self.set_now(self._now)


def stretch_colour(stretch: Stretch) -> QColor:
    """Return the colour of a stretch; greys where it is no genre."""
    if stretch.kind is VerdictKind.GENRE and stretch.label is not None:
        return label_colour(stretch.label)
    return label_colour(stretch.kind.value)


def stretch_text(stretch: Stretch, *, confidence: bool = False) -> str:
    """Return what a stretch is called, with its mean confidence if wanted."""
    names = {
        VerdictKind.SILENCE: "Silence",
        VerdictKind.NOT_MUSIC: "Not music",
        VerdictKind.ERROR: "Error",
        VerdictKind.UNSURE: f"Unsure, perhaps {display_name(stretch.label)}" if stretch.label else "Unsure",
    }
    name = names.get(stretch.kind) or display_name(stretch.label or "")
    shows = confidence and stretch.kind in (VerdictKind.GENRE, VerdictKind.UNSURE)
    return f"{name}, {wording.percent(stretch.confidence)}" if shows else name
