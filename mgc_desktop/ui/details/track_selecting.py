"""Choosing a span of a track, or of a kept session, in its picture; a click still goes there."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QWidget

from mgc_desktop.ui.details.track_ribbon import TrackRibbon
from mgc_desktop.ui.details.track_spectrogram import TrackSpectrogram
from mgc_desktop.ui.live.selection import Selection
from mgc_desktop.ui.live.span_selecting import SpanSelecting


class TrackSelecting(SpanSelecting):
    """Drag: choose; click: go there, and choose nothing; double click in a ribbon: choose that stretch. GUI thread.

    Parameters
    ----------
    picture : TrackSpectrogram
    ribbons : sequence of TrackRibbon
        Aligned with the picture; a click and a drag in them go on seeking.
    selection : Selection
    kept : callable
        Returns the earliest and the latest moment that can be chosen, s.
    """

    def __init__(
        self,
        picture: TrackSpectrogram,
        ribbons: Sequence[TrackRibbon],
        selection: Selection,
        kept: Callable[[], tuple[float, float]],
    ) -> None:
        super().__init__(picture, (), selection, kept)
        self._picture = picture
        for ribbon in ribbons:
            ribbon.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(watched, TrackRibbon):
            if isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseButtonDblClick:
                return self._take_stretch(watched, event.position().x())
            return False
        return super().eventFilter(watched, event)

    def _take_stretch(self, ribbon: TrackRibbon, x: float) -> bool:
        stretch = ribbon.span_at(x)
        start, end = self._kept()
        if stretch is None or end <= start:
            return False
        self._picture.setFocus(Qt.FocusReason.MouseFocusReason)
        self._selection.set_span(max(start, stretch.start), min(end, stretch.end))
        return True

    def _clicked(self, place: QPoint) -> None:
        self._selection.clear()
        self._picture.sought.emit(self._picture.seconds_at(place.x()))

    def _hover_shape(self, widget: QWidget) -> Qt.CursorShape | None:
        return Qt.CursorShape.PointingHandCursor

    def _begins_at(self) -> float:
        return self._picture.place or 0.0
