"""Choosing a span of what is listened to, in the picture and in the ribbon; the picture holds still for it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from mgc_desktop.ui.live.cursor import PictureCursor
from mgc_desktop.ui.live.ribbon import Ribbon
from mgc_desktop.ui.live.selection import Selection
from mgc_desktop.ui.live.span_selecting import SpanSelecting
from mgc_desktop.ui.live.spectrogram import Spectrogram

_STEP = 4  # px that a key moves the cursor
_EDGE_MS = 30  # between two steps of a picture that scrolls because a drag has left it
_EDGE_SHARE = 0.02  # of the visible span, for each of them

_Key = Qt.Key
_MOVES = {_Key.Key_Left: (-1, 0), _Key.Key_Right: (1, 0), _Key.Key_Up: (0, -1), _Key.Key_Down: (0, 1)}


class Selecting(SpanSelecting):
    """A click chooses nothing, a double click the stretch of the ribbon; a drag that leaves the picture scrolls it.

    Keys besides those of `SpanSelecting`: Up, Down and, with Ctrl, Left and Right move the cursor; Space holds the
    picture, and so Esc lets it go.

    Parameters
    ----------
    picture : Spectrogram
    ribbons : list of Ribbon
        Aligned with the picture.
    selection : Selection
    cursor : PictureCursor
    kept : callable
        Returns the earliest and the latest moment that can be chosen, s.
    freeze : callable
        Holds the picture still, or lets it go.
    """

    def __init__(
        self,
        picture: Spectrogram,
        ribbons: list[Ribbon],
        selection: Selection,
        cursor: PictureCursor,
        kept: Callable[[], tuple[float, float]],
        freeze: Callable[[bool], None],
    ) -> None:
        super().__init__(picture, ribbons, selection, kept)
        self._picture, self._ribbons = picture, ribbons
        self._cursor, self._freeze = cursor, freeze
        self._edge = QTimer(self)
        self._edge.setInterval(_EDGE_MS)
        self._edge.timeout.connect(self._scroll_on)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._picture and event.type() == QEvent.Type.Leave:
            self._cursor.put(None)
        return super().eventFilter(watched, event)

    # The mouse ---------------------------------------------------------------------------------------

    def _hold(self) -> None:
        if not self._picture.frozen:
            self._freeze(True)

    def _seconds_at(self, x: float, widget: QWidget | None) -> float:
        # The ribbon may be aligned with something that stands in the picture's place.
        return widget.seconds_at(x) if isinstance(widget, Ribbon) else super()._seconds_at(x, widget)

    def _hover(self, widget: QWidget, place: QPoint) -> None:
        super()._hover(widget, place)
        if widget is self._picture:
            self._cursor.put(place if self._inside(widget, place) else None)

    def _dragged(self, widget: QWidget, place: QPoint) -> None:
        plot = self._picture.plot_rect()
        if plot.left() <= self._x <= plot.right():
            self._edge.stop()
        elif not self._edge.isActive():
            self._edge.start()
        if widget is self._picture:
            self._cursor.put(place if plot.contains(place) else None)

    def _drag_ended(self) -> None:
        self._edge.stop()

    def _scroll_on(self) -> None:
        start, end = self._picture.visible
        plot = self._picture.plot_rect()
        step = (end - start) * _EDGE_SHARE
        self._picture.scroll_to(end - step if self._x < plot.left() else end + step)
        self._selection.set_span(self._anchor, self._moment(self._x))

    def _double_clicked(self, place: QPoint) -> bool:
        stretch = self._ribbons[0].span_at(place.x())
        if stretch is not None:
            start, end = self._kept()
            self._selection.set_span(max(start, stretch.start), min(end, stretch.end))
        return True

    # The keyboard ------------------------------------------------------------------------------------

    def _is_mine(self, event: QKeyEvent) -> bool:
        if event.key() == _Key.Key_Escape and self._picture.frozen:
            return True
        return super()._is_mine(event) or event.key() == _Key.Key_Space or event.key() in _MOVES

    def _key(self, event: QKeyEvent) -> bool:
        if super()._key(event):
            return True
        key, modifiers = event.key(), event.modifiers()
        control = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        if key == _Key.Key_Escape and self._picture.frozen:
            self._freeze(False)
        elif key == _Key.Key_Space and not modifiers:
            self._freeze(not self._picture.frozen)
        elif key in (_Key.Key_Up, _Key.Key_Down) or (control and key in _MOVES):
            across, down = _MOVES[_Key(key)]
            self._step(across * _STEP, down * (10 * _STEP if control else _STEP))
        else:
            return False
        return True

    def _step(self, across: int, down: int) -> None:
        plot, place = self._picture.plot_rect(), self._cursor.place
        place = place + QPoint(across, down) if place is not None else plot.center()
        x = min(max(place.x(), plot.left()), plot.right())
        self._cursor.put(QPoint(x, min(max(place.y(), plot.top()), plot.bottom())))

    def _begins_at(self) -> float:
        place = self._cursor.place
        return self._moment(place.x()) if place is not None else self._picture.visible[1]
