"""Wheel, mouse and keys of the moving picture: back through the last ten minutes, and nearer or farther."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent

from mgc_desktop.ui.live.picture_settings import LONGEST_SPAN, SHORTEST_SPAN

if TYPE_CHECKING:
    from mgc_desktop.ui.live.spectrogram import Spectrogram

_NOTCH = 120  # of a wheel, in Qt's units
_PART_OF_SPAN = 0.1  # that a notch or an arrow key goes
_ZOOM = 1.25  # that a notch makes of the span


class Browsing:
    """Turns events into places and spans of a `Spectrogram`. GUI thread.

    The middle button drags the picture; the left one is left to those who select.
    """

    def __init__(self, picture: Spectrogram) -> None:
        self._picture = picture
        self._from: tuple[float, float] | None = None  # x and right edge, s, where a drag began

    def wheel(self, event: QWheelEvent) -> None:
        """Scroll, or with Ctrl change the span around the cursor."""
        picture = self._picture
        angle = event.angleDelta()
        notches = (angle.y() or angle.x()) / _NOTCH
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            span = picture.span_seconds * _ZOOM**-notches
            picture.set_span(min(max(span, SHORTEST_SPAN), LONGEST_SPAN), event.position().x())
        elif not event.pixelDelta().isNull():
            pixels = event.pixelDelta()
            self._move(-(pixels.x() or pixels.y()) * picture.seconds_per_pixel)
        else:
            self._move(-notches * _PART_OF_SPAN * self._picture.span_seconds)
        event.accept()

    def press(self, event: QMouseEvent) -> bool:
        """Begin to drag; return whether this event is one for it."""
        if event.button() == Qt.MouseButton.MiddleButton and not self._picture.is_blank:
            self._from = (event.position().x(), self._picture.visible[1])
            self._picture.setCursor(Qt.CursorShape.ClosedHandCursor)
            return True
        return False

    def move(self, place: QPointF) -> bool:
        """Drag on; return whether something is dragged."""
        if self._from is None:
            return False
        x, end = self._from
        self._picture.scroll_to(end - (place.x() - x) * self._picture.seconds_per_pixel)
        return True

    def release(self) -> bool:
        """End the drag; return whether there was one."""
        if self._from is None:
            return False
        self._from = None
        self._picture.unsetCursor()
        return True

    def key(self, event: QKeyEvent) -> bool:
        """Follow a key; return whether it is one of these."""
        picture, span = self._picture, self._picture.span_seconds
        moves = {
            Qt.Key.Key_Left: -_PART_OF_SPAN * span,
            Qt.Key.Key_Right: _PART_OF_SPAN * span,
            Qt.Key.Key_PageUp: -0.9 * span,
            Qt.Key.Key_PageDown: 0.9 * span,
        }
        plain = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier == Qt.KeyboardModifier.NoModifier
        if not plain or picture.is_blank:
            return False
        if event.key() in moves:
            self._move(moves[Qt.Key(event.key())])
        elif event.key() == Qt.Key.Key_Home:
            picture.scroll_to(0.0)
        elif event.key() == Qt.Key.Key_End:
            picture.freeze(False)
        else:
            return False
        return True

    def _move(self, seconds: float) -> None:
        if seconds < 0 or self._picture.frozen:  # forward from now there is nothing
            self._picture.scroll_to(self._picture.visible[1] + seconds)
