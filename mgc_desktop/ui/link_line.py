"""A line that leads somewhere, cut where there is no room for it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QToolButton, QWidget

_NOTHING = "Nothing to add"


class LinkLine(QToolButton):
    """Looks like a link and is pressed like a button; hidden while it says nothing."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._words = self._short = ""
        self.setAccessibleName(_NOTHING)
        self.setProperty("role", "link")
        self.setStyleSheet("padding: 1px 0;")  # as far left as the lines above it
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keyboard where it is
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.hide()

    @property
    def words(self) -> str:
        """The whole line."""
        return self._words

    def show_words(self, words: str, tip: str, short: str = "") -> None:
        """Show a line and its tool tip (as `plain_tip` makes them); without words there is nothing to press.

        Parameters
        ----------
        short : str
            What is shown where there is no room for all of it.
        """
        self.setToolTip(tip)
        self.setVisible(bool(words))
        if words != self._words:
            self._words, self._short = words, short
            self.setAccessibleName(words or _NOTHING)
            self._fit()
            self.updateGeometry()

    def _fit(self) -> None:
        metrics, room = self.fontMetrics(), self.width()
        words = self._short if self._short and metrics.horizontalAdvance(self._words) > room else self._words
        self.setText(metrics.elidedText(words, Qt.TextElideMode.ElideRight, room).replace("&", "&&"))

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(self._words) + 2, metrics.height() + 4)

    def minimumSizeHint(self) -> QSize:
        return QSize(40, self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()
