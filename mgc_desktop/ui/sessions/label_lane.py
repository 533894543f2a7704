"""The lane of labels: which genre a person said the spans of the present listening are, under the ribbon."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRect, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QFont, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QMenu, QWidget

from mgc_desktop.core.session_values import SessionLabel
from mgc_desktop.core.values import VerdictKind
from mgc_desktop.ui import theme, wording
from mgc_desktop.ui.live import axes
from mgc_desktop.ui.live.heard import Heard, Stretch
from mgc_desktop.ui.live.ribbon import Ribbon

_HEIGHT = 17  # px
_HINT_GAP = 12  # px between two keys of the hint


class LabelLane(Ribbon):
    """Aligned with the picture above; without a label in sight, it says which key is which genre. GUI thread.

    Signals
    -------
    take_back_asked : int
        The number of a label.
    span_chosen : float, float
        A label was clicked: from where to where it reaches.
    """

    take_back_asked = Signal(object)  # a number is too long for Qt's int
    span_chosen = Signal(float, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Heard(), "labels", _HEIGHT, None, parent)
        self.setAccessibleName("Labels")
        self._labels: tuple[SessionLabel, ...] = ()
        self._open: tuple[float, str] | None = None  # since when, s, and which genre
        self._keys: tuple[tuple[str, str], ...] = ()
        self._describe()

    def set_labels(self, labels: Sequence[SessionLabel]) -> None:
        """Show these labels."""
        self._labels = tuple(labels)
        self._describe()
        self.update()

    def set_open(self, start: float | None, genre: str = "") -> None:
        """Show a label that goes on since `start`; None: none does."""
        self._open = None if start is None else (start, genre)
        self._describe()
        self.update()

    def set_keys(self, keys: Sequence[tuple[str, str]]) -> None:
        """Say which key is which genre, as (key, name) pairs."""
        self._keys = tuple(keys)
        self._describe()
        self.update()

    def label_at(self, x: float) -> SessionLabel | None:
        """Return the label at `x`, logical pixels; of several, the one that was set last."""
        moment = self.seconds_at(x)
        inside = [label for label in self._labels if label.start <= moment < label.end]
        return max(inside, key=lambda label: label.id, default=None)

    def _describe(self) -> None:
        said = [
            f"{axes.clock_text(label.start)} to {axes.clock_text(label.end)} {theme.display_name(label.label)}"
            for label in self._labels
        ]
        if self._open is not None:
            said.append(f"{theme.display_name(self._open[1])} since {axes.clock_text(self._open[0])}")
        self.setAccessibleDescription("; ".join(said) or self._hint())

    def _hint(self) -> str:
        return ", ".join(f"{key} {name}" for key, name in self._keys)

    def _reaching_on(self) -> list[Stretch]:
        found = [Stretch(la.start, la.end, VerdictKind.GENRE, la.label, 1.0, 1) for la in self._labels]
        if self._open is not None:
            now = self._recording.seconds if self._recording is not None else self._end
            found.append(Stretch(self._open[0], max(now, self._open[0]), VerdictKind.GENRE, self._open[1], 1.0, 1))
        return found

    def _told(self, stretch: Stretch) -> str:
        times = f"{wording.duration(stretch.start)} to {wording.duration(stretch.end)} of listening"
        return f"{theme.display_name(stretch.label or '')}, by your word\n{times}, kept to learn from"

    # Painting and the mouse --------------------------------------------------------------------------

    def _gaps(self) -> list[tuple[int, int]]:
        return []  # the ribbon above says where there was no input, and the hint needs the room

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._visible():
            paint_keys(QPainter(self), self._line().adjusted(8, 0, -8, 0), self._keys, self.font())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        label = self.label_at(event.position().x())
        if event.button() == Qt.MouseButton.LeftButton and label is not None:
            self.span_chosen.emit(label.start, label.end)
        else:
            super().mousePressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        label = self.label_at(event.pos().x())
        if label is not None:
            self._show_menu(label, event.globalPos())

    def _show_menu(self, label: SessionLabel, where: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        action = menu.addAction(f"Take Back {theme.display_name(label.label)}")
        action.triggered.connect(lambda: self.take_back_asked.emit(label.id))
        menu.popup(where)


def paint_keys(painter: QPainter, room: QRect, keys: Sequence[tuple[str, str]], font: QFont) -> None:
    """Write which key is which genre, as many as there is room for."""
    colours, small = theme.tokens(), axes.axis_font(font)
    bold = theme.scaled(font, 0.82, bold=True)
    plain, strong = QFontMetricsF(small), QFontMetricsF(bold)
    left = float(room.left())
    for key, name in keys:
        width = strong.horizontalAdvance(key) + 4 + plain.horizontalAdvance(name)
        if left + width > room.right():
            return
        for text, used, ink in ((key, bold, colours.text), (name, small, colours.muted)):
            painter.setFont(used)
            painter.setPen(QColor(ink))
            painter.drawText(
                QRect(round(left), room.top(), room.right() - round(left), room.height()),
                int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft),
                text,
            )
            left += strong.horizontalAdvance(text) + 4 if used is bold else plain.horizontalAdvance(text)
        left += _HINT_GAP
