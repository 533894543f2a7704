"""Choosing a span with the mouse or the keys, in the picture and in the ribbon; the picture holds still for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from mgc_desktop.ui.live.cursor import PictureCursor
from mgc_desktop.ui.live.ribbon import Ribbon
from mgc_desktop.ui.live.selection import Selection
from mgc_desktop.ui.live.spectrogram import Spectrogram

_SLIP = 4  # px that a hand may move within a click
_GRIP = 6  # px on each side of an edge
_STEP = 4  # px that a key moves the cursor
_EDGE_MS = 30  # between two steps of a picture that scrolls because a drag has left it
_EDGE_SHARE = 0.02  # of the visible span, for each of them

_Key = Qt.Key
_MOVES = {_Key.Key_Left: (-1, 0), _Key.Key_Right: (1, 0), _Key.Key_Up: (0, -1), _Key.Key_Down: (0, 1)}


class Selecting(QObject):
    """Watches what the mouse and the keys do in the picture and the ribbons, and eats what is a selection. GUI thread.

    Drag: choose; drag an edge: move it; Shift and click: move the nearest edge there; click: choose nothing; double
    click: choose the stretch of the ribbon. Keys: Shift with Left, Right, Home, End; Ctrl+A, Esc; Up, Down and, with
    Ctrl, Left and Right move the cursor; Space holds the picture.

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
        super().__init__(picture)
        self._picture, self._ribbons = picture, ribbons
        self._selection, self._cursor, self._kept, self._freeze = selection, cursor, kept, freeze
        self._pressed: QPoint | None = None  # where the button went down
        self._anchor = 0.0  # s; what stays while the rest is dragged
        self._dragging = False
        self._x = 0.0  # px, where a drag is now
        self._edge = QTimer(self)
        self._edge.setInterval(_EDGE_MS)
        self._edge.timeout.connect(self._scroll_on)
        picture.setMouseTracking(True)
        for widget in (picture, *ribbons):
            widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if isinstance(event, QMouseEvent) and isinstance(watched, QWidget):
            return self._mouse(watched, event)
        if isinstance(event, QWheelEvent) and watched is not self._picture:
            self._picture.wheelEvent(event)  # the ribbon scrolls as the picture does
            return True
        if watched is self._picture:
            if kind == QEvent.Type.Leave:
                self._cursor.put(None)
            elif kind == QEvent.Type.ShortcutOverride and self._is_mine(cast(QKeyEvent, event)):
                event.accept()
                return True
            elif kind == QEvent.Type.KeyPress:
                return self._key(cast(QKeyEvent, event))
        return False

    # The mouse ---------------------------------------------------------------------------------------

    def _mouse(self, widget: QWidget, event: QMouseEvent) -> bool:
        kind, place = event.type(), event.position().toPoint()
        if kind == QEvent.Type.MouseMove and self._pressed is None:
            self._hover(widget, place)
            return False
        left = event.button() == Qt.MouseButton.LeftButton
        plain = not event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if kind == QEvent.Type.MouseButtonPress and left and plain and self._can_begin(widget, place):
            self._picture.setFocus(Qt.FocusReason.MouseFocusReason)
            self._press(place, shift=bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        elif kind == QEvent.Type.MouseMove:
            self._drag(widget, place)
        elif kind == QEvent.Type.MouseButtonRelease and left and self._pressed is not None:
            self._release()
        elif kind == QEvent.Type.MouseButtonDblClick and left and plain and self._can_begin(widget, place):
            self._take_stretch(place.x())
        else:
            return False
        return True

    def _can_begin(self, widget: QWidget, place: QPoint) -> bool:
        start, end = self._kept()
        plot = self._picture.plot_rect()
        inside = plot.left() - _GRIP <= place.x() <= plot.right() + _GRIP
        return end > start and inside and (widget is not self._picture or plot.contains(place))

    def _hover(self, widget: QWidget, place: QPoint) -> None:
        plot = self._picture.plot_rect()
        inside = plot.contains(place) if widget is self._picture else plot.left() <= place.x() <= plot.right()
        if not inside:
            widget.unsetCursor()
        elif self._edge_at(place.x()) is not None:
            widget.setCursor(Qt.CursorShape.SizeHorCursor)
        elif widget is self._picture:
            widget.setCursor(Qt.CursorShape.CrossCursor)
        else:
            widget.unsetCursor()
        if widget is self._picture:
            self._cursor.put(place if inside else None)

    def _edge_at(self, x: float) -> int | None:
        """Return which edge of the selection is within reach: 0, 1 or None."""
        span = self._selection.span
        if span is None:
            return None
        distances = [abs(self._picture.x_of(moment) - x) for moment in span]
        nearest = 0 if distances[0] <= distances[1] else 1
        return nearest if distances[nearest] <= _GRIP else None

    def _press(self, place: QPoint, *, shift: bool) -> None:
        self._pressed, self._x = place, place.x()
        moment = self._moment(place.x())
        span, edge = self._selection.span, self._edge_at(place.x())
        if span is not None and edge is None and shift:
            edge = 0 if abs(span[0] - moment) < abs(span[1] - moment) else 1
        if span is not None and edge is not None:
            self._anchor = span[1 - edge]
            self._dragging = True
            if shift:
                self._selection.set_span(self._anchor, moment)
        else:
            self._anchor = moment
            self._dragging = False

    def _drag(self, widget: QWidget, place: QPoint) -> None:
        assert self._pressed is not None
        if not self._dragging:
            if abs(place.x() - self._pressed.x()) <= _SLIP:
                return
            self._dragging = True
        if not self._picture.frozen:
            self._freeze(True)  # who chooses a span looks at it
        self._x = place.x()
        plot = self._picture.plot_rect()
        if plot.left() <= self._x <= plot.right():
            self._edge.stop()
        elif not self._edge.isActive():
            self._edge.start()
        self._selection.set_span(self._anchor, self._moment(self._x))
        if widget is self._picture:
            self._cursor.put(place if plot.contains(place) else None)

    def _release(self) -> None:
        self._edge.stop()
        self._pressed = None
        if not self._dragging:
            self._selection.clear()
        self._dragging = False

    def _scroll_on(self) -> None:
        start, end = self._picture.visible
        plot = self._picture.plot_rect()
        step = (end - start) * _EDGE_SHARE
        self._picture.scroll_to(end - step if self._x < plot.left() else end + step)
        self._selection.set_span(self._anchor, self._moment(self._x))

    def _take_stretch(self, x: float) -> None:
        stretch = self._ribbons[0].span_at(x)
        if stretch is not None:
            start, end = self._kept()
            self._selection.set_span(max(start, stretch.start), min(end, stretch.end))

    def _moment(self, x: float) -> float:
        plot = self._picture.plot_rect()
        start, end = self._kept()
        inside = min(max(x, plot.left()), plot.right() + 1)
        return min(max(self._picture.seconds_at(inside), start), end)

    # The keyboard ------------------------------------------------------------------------------------

    def _is_mine(self, event: QKeyEvent) -> bool:
        key, control = event.key(), bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if key == _Key.Key_Escape:
            return self._selection.span is not None or self._picture.frozen
        return (key == _Key.Key_A and control) or key == _Key.Key_Space or key in _MOVES

    def _key(self, event: QKeyEvent) -> bool:
        key, modifiers = event.key(), event.modifiers()
        shift = bool(modifiers & Qt.KeyboardModifier.ShiftModifier)
        control = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        if key == _Key.Key_Escape:
            return self._escape()
        if key == _Key.Key_Space and not modifiers:
            self._freeze(not self._picture.frozen)
        elif key == _Key.Key_A and control:
            self.take_all()
        elif shift and key in (_Key.Key_Left, _Key.Key_Right, _Key.Key_Home, _Key.Key_End):
            self._extend(_Key(key), faster=10 if control else 1)
        elif key in (_Key.Key_Up, _Key.Key_Down) or (control and key in _MOVES):
            across, down = _MOVES[_Key(key)]
            self._step(across * _STEP, down * (10 * _STEP if control else _STEP))
        else:
            return False
        return True

    def _escape(self) -> bool:
        if self._selection.span is not None:
            self._selection.clear()
        elif self._picture.frozen:
            self._freeze(False)
        else:
            return False
        return True

    def take_all(self) -> None:
        """Choose all that is kept."""
        start, end = self._kept()
        if end > start:
            self._freeze(True)
            self._selection.set_span(start, end)

    def _step(self, across: int, down: int) -> None:
        plot, place = self._picture.plot_rect(), self._cursor.place
        place = place + QPoint(across, down) if place is not None else plot.center()
        x = min(max(place.x(), plot.left()), plot.right())
        self._cursor.put(QPoint(x, min(max(place.y(), plot.top()), plot.bottom())))

    def _extend(self, key: Qt.Key, faster: int) -> None:
        """Move the later edge; a new selection begins at the cursor, or else where the picture ends."""
        kept_start, kept_end = self._kept()
        if kept_end <= kept_start:
            return
        self._freeze(True)
        start, end = self._picture.visible
        span = self._selection.span
        if span is None:
            place = self._cursor.place
            here = self._moment(place.x()) if place is not None else min(end, kept_end)
            self._anchor = moving = here
        else:
            # The edge that a key moved before goes on moving, also past the other one.
            moving = span[0] if self._anchor == span[1] else span[1]
            self._anchor = span[1] if moving == span[0] else span[0]
        step = (end - start) / 100 * faster
        wanted = {
            _Key.Key_Left: moving - step,
            _Key.Key_Right: moving + step,
            _Key.Key_Home: start,
            _Key.Key_End: end,
        }[key]
        self._selection.set_span(self._anchor, min(max(wanted, kept_start), kept_end))
