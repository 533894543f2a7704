"""Over the picture: which times and bands a verdict rests on, and what a span was judged to be."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QPainter, QRegion

from mgc_desktop.core.values import Verdict
from mgc_desktop.engine.events import SpanExplained
from mgc_desktop.ui import wording
from mgc_desktop.ui.theme import display_name, label_colour, scaled

# Blue and orange: apart for every kind of colour vision. What speaks against is hatched as well.
SUPPORTS, AGAINST = QColor("#3db4ff"), QColor("#ff8a1e")
_HATCH = QColor(0, 0, 0, 150)
_VEIL = QColor(0, 0, 0, 165)  # under the map: its colours must not mix with those of the picture
_SURFACE, _TEXT = QColor(0, 0, 0, 195), QColor("#ffffff")
_LEAST_SHARE = 0.12  # of the strongest cell: weaker ones are left clear
_FAINTEST, _STRONGEST = 0.2, 0.9  # opacity
_PADDING, _CHIP, _GAP = 7, 10, 12  # px
_BUTTON = 110  # px at the upper right, where the way back to now may stand

Place = Callable[[float], float]


class WhyOverlay:
    """Paints a map of what supports a label and what speaks against it. GUI thread."""

    def __init__(self) -> None:
        self.shown: SpanExplained | None = None

    def paint(self, painter: QPainter, plot: QRect, x_of: Place, y_of: Place) -> None:
        """Paint within `plot`; `x_of` gives logical pixels for s of the recording, `y_of` for Hz."""
        event = self.shown
        if event is None:
            return
        painter.save()
        painter.setClipRect(plot)
        left, right = x_of(event.start), x_of(event.end)
        if right > plot.left() and left < plot.right() + 1 and event.weights.any():
            self._paint_cells(painter, plot, event, x_of, y_of)
        painter.restore()

    def stays(self, plot: QRect) -> QRegion | None:
        """Return nothing where nothing is shown; else all of it is painted again."""
        return QRegion() if self.shown is None else None

    def _paint_cells(self, painter: QPainter, plot: QRect, event: SpanExplained, x_of: Place, y_of: Place) -> None:
        left, right = x_of(event.start), x_of(event.end)
        for start, end in event.heard or ((event.start, event.end),):  # what was not heard keeps its colours
            x = round(x_of(start))
            painter.fillRect(QRect(x, plot.top(), round(x_of(end)) - x, plot.height()), _VEIL)
        times = event.weights.shape[1]
        # Whole pixels: cells that overlap by a part of one would show as a grid.
        xs = [round(left + (right - left) * column / times) for column in range(times + 1)]
        ys = [round(min(y_of(hz), plot.bottom() + 1.0)) for hz in event.edges_hz]
        shares = event.weights / max(float(np.abs(event.weights).max()), 1e-9)
        for band, column in np.argwhere(np.abs(shares) >= _LEAST_SHARE).tolist():
            share = float(shares[band, column])
            cell = QRect(xs[column], ys[band + 1], xs[column + 1] - xs[column], ys[band] - ys[band + 1])
            if cell.isEmpty() or not cell.intersects(plot):
                continue
            colour = QColor(SUPPORTS if share > 0 else AGAINST)
            colour.setAlphaF(_FAINTEST + (_STRONGEST - _FAINTEST) * abs(share))
            painter.fillRect(cell, colour)
            if share < 0:
                painter.fillRect(cell, QBrush(_HATCH, Qt.BrushStyle.BDiagPattern))


class WhyLegend:
    """Paints what the colours of a map mean, and how far it is, over everything else. GUI thread."""

    def __init__(self, map_of: WhyOverlay) -> None:
        self._map = map_of

    def paint(self, painter: QPainter, plot: QRect, x_of: Place, y_of: Place) -> None:
        """Paint within `plot`; `x_of` gives logical pixels for s of the recording."""
        event = self._map.shown
        if event is not None:
            painter.save()
            # In the corner that the map leaves, and away from the buttons and warnings at the top.
            middle = (x_of(event.start) + x_of(event.end)) / 2
            self._paint(painter, plot, event, at_left=middle > plot.center().x())
            painter.restore()

    def stays(self, plot: QRect) -> QRegion | None:
        """Return nothing where nothing is shown; else all of it is painted again."""
        return QRegion() if self._map.shown is None else None

    def _paint(self, painter: QPainter, plot: QRect, event: SpanExplained, *, at_left: bool) -> None:
        painter.setFont(scaled(painter.font(), 0.95, bold=True))
        metrics = QFontMetricsF(painter.font())
        parts = legend(event)
        height = metrics.height() + 6
        chips = [None if colour is None else _CHIP + 5 for _, colour in parts]
        widths = [metrics.horizontalAdvance(text) + (chip or 0) for (text, _), chip in zip(parts, chips, strict=True)]
        box = QRectF(plot.left() + 5, 0, sum(widths) + _GAP * (len(parts) - 1) + 2 * _PADDING, height)
        box.moveBottom(plot.bottom() - 4)
        if not at_left:
            box.moveRight(plot.right() - 5)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_SURFACE)
        painter.drawRoundedRect(box, 4, 4)
        x = box.left() + _PADDING
        for (text, colour), chip, width in zip(parts, chips, widths, strict=True):
            if colour is not None and chip is not None:
                square = QRectF(x, box.center().y() - _CHIP / 2, _CHIP, _CHIP)
                painter.fillRect(square, colour)
                if colour == AGAINST:
                    painter.fillRect(square, QBrush(_HATCH, Qt.BrushStyle.BDiagPattern))
            painter.setPen(_TEXT)
            place = QRectF(x + (chip or 0), box.top(), width + 2, height)
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, text)
            x += width + _GAP


def legend(event: SpanExplained) -> list[tuple[str, QColor | None]]:
    """Return the words of the legend, each with the colour of its chip."""
    going = event.done < event.total
    name = display_name(event.label)
    if not event.weights.any():
        words = f"Looking for what {name} rests on…" if going else f"{name} rests on the whole, on no part alone"
        return [(words, None)]
    parts: list[tuple[str, QColor | None]] = [(f"supports {name}", SUPPORTS), ("speaks against", AGAINST)]
    return [*parts, (f"{100 * event.done // event.total} %", None)] if going else parts


def in_words(event: SpanExplained) -> str:
    """Return the strongest cell of a map in words, for those who cannot see it."""
    if not event.weights.any():
        return legend(event)[0][0]
    band, column = np.unravel_index(int(np.argmax(event.weights)), event.weights.shape)
    step = (event.end - event.start) / event.weights.shape[1]
    start = event.start + int(column) * step
    low, high = event.edges_hz[int(band)], event.edges_hz[int(band) + 1]
    where = f"{_roughly(low)} to {_roughly(high)} Hz"
    return f"{display_name(event.label)} rests most on {where}, from {start:.1f} s to {start + step:.1f} s"


def _roughly(hz: float) -> str:
    """Return a frequency without digits that nobody needs."""
    return f"{round(hz, -1 if hz < 1000 else -2):,.0f}"


class JudgedOverlay:
    """Paints a line in the label's colour along a span that was judged, with what it was judged to be. GUI thread.

    Parameters
    ----------
    covered : callable
        Returns how much of the picture's top is covered by something else, px.
    """

    def __init__(self, covered: Callable[[], int]) -> None:
        self.shown: tuple[float, float, Verdict] | None = None
        self._covered = covered

    def paint(self, painter: QPainter, plot: QRect, x_of: Place, y_of: Place) -> None:
        """Paint within `plot`; `x_of` gives logical pixels for s of the recording."""
        if self.shown is None:
            return
        start, end, verdict = self.shown
        left, right = max(round(x_of(start)), plot.left()), min(round(x_of(end)), plot.right() + 1)
        if right <= left:
            return
        painter.save()
        painter.setClipRect(plot)
        colour = label_colour((verdict.label if verdict.kind == "genre" else None) or verdict.kind)
        top = plot.top() + self._covered()
        painter.fillRect(QRect(left, top, right - left, 4), colour)
        text = judged_text(verdict)
        painter.setFont(scaled(painter.font(), 0.95, bold=True))
        metrics = QFontMetricsF(painter.font())
        box = QRectF(left + 2, top + 6, metrics.horizontalAdvance(text) + _CHIP + 5 + 2 * _PADDING, 0)
        box.setHeight(metrics.height() + 6)
        box.moveLeft(max(plot.left() + 2.0, min(box.left(), plot.right() - _BUTTON - box.width())))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_SURFACE)
        painter.drawRoundedRect(box, 4, 4)
        painter.fillRect(QRectF(box.left() + _PADDING, box.center().y() - _CHIP / 2, _CHIP, _CHIP), colour)
        painter.setPen(_TEXT)
        painter.drawText(box.adjusted(_PADDING + _CHIP + 5, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, text)
        painter.restore()

    def stays(self, plot: QRect) -> QRegion | None:
        """Return nothing where nothing is shown; else all of it is painted again."""
        return QRegion() if self.shown is None else None


def judged_text(verdict: Verdict) -> str:
    """Return what a span was judged to be, in a few words."""
    if verdict.kind == "unsure" and verdict.label:
        return f"Unsure, perhaps {display_name(verdict.label)}"
    number = wording.percent(verdict.confidence) if verdict.kind in ("genre", "not_music") else ""
    return f"{wording.headline(verdict)} {number}".strip()
