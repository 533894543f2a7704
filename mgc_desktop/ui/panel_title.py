"""The title of a panel that can be moved: its name in small letters, and a cross that hides it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QDockWidget, QHBoxLayout, QLabel, QSizePolicy, QSpacerItem, QToolButton, QWidget

from mgc_desktop.ui import icons, theme


class PanelTitle(QWidget):
    """Drag it to move the panel; the View menu brings a hidden panel back."""

    def __init__(self, dock: QDockWidget) -> None:
        super().__init__(dock)
        name = QLabel(dock.windowTitle(), self)
        name.setProperty("rank", "muted")
        name.setFont(theme.scaled(self.font(), 0.92, bold=True))
        dock.windowTitleChanged.connect(name.setText)
        self._close = QToolButton(self)
        self._close.setAutoRaise(True)
        self._close.setIconSize(QSize(12, 12))
        self._close.setToolTip(f"Hide this panel (View > {dock.windowTitle()} brings it back)")
        self._close.setAccessibleName(f"Hide {dock.windowTitle()}")
        self._close.clicked.connect(dock.close)
        line = QHBoxLayout(self)
        line.setContentsMargins(16, 3, 6, 3)
        line.setSpacing(0)
        line.addWidget(name)
        self._room = QSpacerItem(0, 0, QSizePolicy.Policy.Expanding)
        line.addSpacerItem(self._room)
        line.addWidget(self._close)
        self._line = line
        self._renew_icon()

    def put(self, tools: QWidget) -> None:
        """Put tools between the name and the cross, as wide as the room there."""
        margins = self._line.contentsMargins()
        self._line.setContentsMargins(margins.left(), 1, margins.right(), 1)  # the tools have room of their own
        self._line.removeItem(self._room)
        self._line.insertWidget(1, tools, 1)

    def _renew_icon(self) -> None:
        self._close.setIcon(icons.icon("close"))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self._renew_icon()
        super().changeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(QColor(theme.tokens().border))
        painter.drawLine(0, 0, self.width(), 0)
