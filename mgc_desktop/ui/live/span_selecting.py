"""Choosing a span with the mouse or the keys, in a picture and in what is aligned with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QWidget

from mgc_desktop.ui.live.picture_view import PictureView
from mgc_desktop.ui.live.selection import Selection

_SLIP = 4  # px that a hand may move within a click
_GRIP = 6  # px on each side of an edge

_Key = Qt.Key


class SpanSelecting(QObject):
    """Watches what the mouse and the keys do, and eats what is a selection. GUI thread.

    Drag: choose; drag an edge: move it; Shift and click: move the nearest edge there. Keys: Shift with Left, Right,
    Home, End; Ctrl+A, Esc. Subclasses say what a click is (`_clicked`), and may do more.

    Parameters
    ----------
    picture : PictureView
    beside : sequence of QWidget
        Aligned with the picture; may be chosen in as well.
    selection : Selection
    kept : callable
        Returns the earliest and the latest moment that can be chosen, s.
    """

    def __init__(
        self,
        picture: PictureView,
        beside: Sequence[QWidget],
        selection: Selection,
        kept: Callable[[], tuple[float, float]],
    ) -> None:
        super().__init__(picture)
        self._watched, self._beside = picture, tuple(beside)
        self._selection, self._kept = selection, kept
        self._pressed: QPoint | None = None  # where the button went down
        self._anchor = 0.0  # s; what stays while the rest is dragged
        self._dragging = False
        self._x = 0.0  # px, where a drag is now
        picture.setMouseTracking(True)
        for widget in (picture, *self._beside):
            widget.installEventFilter(self)

    # What subclasses do otherwise --------------------------------------------------------------------

    def _clicked(self, place: QPoint) -> None:
        """Answer a click that selects nothing."""
        self._selection.clear()

    def _double_clicked(self, place: QPoint) -> bool:
        """Answer a double click; return whether it is eaten."""
        return False

    def _hold(self) -> None:
        """Hold the picture still: who chooses a span looks at it."""

    def _dragged(self, widget: QWidget, place: QPoint) -> None:
        """Follow a drag, which may have left the picture."""

    def _drag_ended(self) -> None:
        """Be done with a drag."""

    def _hover_shape(self, widget: QWidget) -> Qt.CursorShape | None:
        """Return the pointer over what can be chosen in; None: the usual one."""
        return Qt.CursorShape.CrossCursor if widget is self._watched else None

    def _begins_at(self) -> float:
        """Return where a selection begins that is made with the keys, s."""
        return self._kept()[0]

    # The mouse ---------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if isinstance(event, QMouseEvent) and isinstance(watched, QWidget):
            return self._mouse(watched, event)
        if watched is self._watched:
            if kind == QEvent.Type.ShortcutOverride and self._is_mine(cast(QKeyEvent, event)):
                event.accept()
                return True
            if kind == QEvent.Type.KeyPress:
                return self._key(cast(QKeyEvent, event))
        return False

    def _mouse(self, widget: QWidget, event: QMouseEvent) -> bool:
        kind, place = event.type(), event.position().toPoint()
        if kind == QEvent.Type.MouseMove and self._pressed is None:
            self._hover(widget, place)
            return False
        left = event.button() == Qt.MouseButton.LeftButton
        plain = not event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if kind == QEvent.Type.MouseButtonPress and left and plain and self._can_begin(widget, place):
            self._watched.setFocus(Qt.FocusReason.MouseFocusReason)
            self._press(widget, place, shift=bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        elif kind == QEvent.Type.MouseMove:
            self._drag(widget, place)
        elif kind == QEvent.Type.MouseButtonRelease and left and self._pressed is not None:
            self._release()
        elif kind == QEvent.Type.MouseButtonDblClick and left and plain and self._can_begin(widget, place):
            return self._double_clicked(place)
        else:
            return False
        return True

    def _can_begin(self, widget: QWidget, place: QPoint) -> bool:
        start, end = self._kept()
        plot = self._watched.plot_rect()
        inside = plot.left() - _GRIP <= place.x() <= plot.right() + _GRIP
        return end > start and inside and (widget is not self._watched or plot.contains(place))

    def _inside(self, widget: QWidget, place: QPoint) -> bool:
        plot = self._watched.plot_rect()
        return plot.contains(place) if widget is self._watched else plot.left() <= place.x() <= plot.right()

    def _hover(self, widget: QWidget, place: QPoint) -> None:
        inside = self._inside(widget, place)
        at_edge = inside and self._edge_at(place.x()) is not None
        shape = Qt.CursorShape.SizeHorCursor if at_edge else self._hover_shape(widget) if inside else None
        if shape is None:
            widget.unsetCursor()
        else:
            widget.setCursor(shape)

    def _edge_at(self, x: float) -> int | None:
        """Return which edge of the selection is within reach: 0, 1 or None."""
        span = self._selection.span
        if span is None:
            return None
        distances = [abs(self._watched.x_of(moment) - x) for moment in span]
        nearest = 0 if distances[0] <= distances[1] else 1
        return nearest if distances[nearest] <= _GRIP else None

    def _press(self, widget: QWidget, place: QPoint, *, shift: bool) -> None:
        self._pressed, self._x = place, place.x()
        moment = self._moment(place.x(), widget)
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
        self._hold()
        self._x = place.x()
        self._selection.set_span(self._anchor, self._moment(self._x))
        self._dragged(widget, place)

    def _release(self) -> None:
        self._drag_ended()
        place, self._pressed = self._pressed, None
        if not self._dragging and place is not None:
            self._clicked(place)
        self._dragging = False

    def _moment(self, x: float, widget: QWidget | None = None) -> float:
        plot = self._watched.plot_rect()
        start, end = self._kept()
        inside = min(max(x, plot.left()), plot.right() + 1)
        return min(max(self._seconds_at(inside, widget), start), end)

    def _seconds_at(self, x: float, widget: QWidget | None) -> float:
        """Return the moment at `x` in a widget that is chosen in; None: the picture."""
        return self._watched.seconds_at(x)

    # The keyboard ------------------------------------------------------------------------------------

    def _is_mine(self, event: QKeyEvent) -> bool:
        key, control = event.key(), bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if key == _Key.Key_Escape:
            return self._selection.span is not None
        return key == _Key.Key_A and control

    def _key(self, event: QKeyEvent) -> bool:
        key, modifiers = event.key(), event.modifiers()
        shift = bool(modifiers & Qt.KeyboardModifier.ShiftModifier)
        control = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        if key == _Key.Key_Escape and self._selection.span is not None:
            self._selection.clear()
        elif key == _Key.Key_A and control:
            self.take_all()
        elif shift and key in (_Key.Key_Left, _Key.Key_Right, _Key.Key_Home, _Key.Key_End):
            self._extend(_Key(key), faster=10 if control else 1)
        else:
            return False
        return True

    def take_all(self) -> None:
        """Choose all that is kept."""
        start, end = self._kept()
        if end > start:
            self._hold()
            self._selection.set_span(start, end)

    def _extend(self, key: Qt.Key, faster: int) -> None:
        """Move the later edge; a new selection begins where the cursor is."""
        kept_start, kept_end = self._kept()
        if kept_end <= kept_start:
            return
        self._hold()
        start, end = self._watched.visible
        span = self._selection.span
        if span is None:
            self._anchor = moving = min(max(self._begins_at(), kept_start), kept_end)
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
