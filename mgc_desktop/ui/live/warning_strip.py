"""One line over the top of the picture for what is wrong with the sound that arrives; nothing moves when it comes."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QAccessible, QAccessibleEvent, QColor, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QWidget

from mgc_desktop.ui import icons
from mgc_desktop.ui.elided import plain_tip
from mgc_desktop.ui.theme import tokens

_PADDING, _ICON = 8, 14  # px
_BESIDE = 110  # px at the right, for the way back to now


class WarningStrip(QWidget):
    """Shows the newest of several warnings, each known by a key. GUI thread.

    It lies over the picture and is opaque, so that the picture moves on beneath it at no cost.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._sentences: dict[str, str] = {}
        self.setAccessibleName("Warning")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.hide()

    @property
    def sentence(self) -> str:
        """What is shown, or empty."""
        return next(reversed(self._sentences.values()), "")

    def say(self, key: str, sentence: str) -> None:
        """Show a sentence; an empty one takes the one with this key away."""
        before = self.sentence
        if sentence:
            if self._sentences.get(key) == sentence:
                return
            self._sentences.pop(key, None)  # the newest stands last
            self._sentences[key] = sentence
        else:
            self._sentences.pop(key, None)
        if self.sentence != before:
            self._show()

    def clear(self) -> None:
        """Take every warning away."""
        self._sentences.clear()
        self._show()

    def keep_to(self, plot: QRect) -> None:
        """Lie along the top of the picture, which has been given another size."""
        width = plot.width() - _BESIDE
        room = width - 2 * _PADDING - _ICON - 6
        metrics = self.fontMetrics()
        text = metrics.boundingRect(QRect(0, 0, room, plot.height()), int(Qt.TextFlag.TextWordWrap), self.sentence)
        height = max(text.height(), metrics.height()) + 8
        self.setGeometry(plot.left(), plot.top(), width, min(height, plot.height()))

    def _show(self) -> None:
        sentence = self.sentence
        self.setVisible(bool(sentence))
        self.setAccessibleDescription(sentence)
        self.setToolTip(plain_tip(sentence))
        if sentence:
            self.raise_()
            self.update()
            QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        colours = tokens()
        painter.fillRect(self.rect(), QColor(colours.notice))
        painter.fillRect(QRect(0, self.height() - 1, self.width(), 1), QColor(colours.border))
        mark = icons.pixmap("warning", QColor(colours.warning), _ICON)
        painter.drawPixmap(_PADDING, (self.fontMetrics().height() + 8 - _ICON) // 2, mark)
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        room = self.rect().adjusted(_PADDING + _ICON + 6, 4, -_PADDING, -4)
        painter.drawText(room, int(Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignVCenter), self.sentence)
