"""Shows the pane of filters where there is room for it: in a narrow window only when it is asked for."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDockWidget, QMainWindow, QWidget
from shiboken6 import isValid

NARROW = 1150  # px: in a narrower window the table needs the room
FILTERS_WIDTH = 218  # px at first


class FilterDock(QObject):
    """Hides and shows the dock as the window's width goes, and as the person wants it."""

    def __init__(self, window: QMainWindow, dock: QDockWidget, pane: QWidget, action: QAction) -> None:
        super().__init__(window)
        self._window, self._dock, self._pane, self._action = window, dock, pane, action
        self.wanted = True  # by the person, where there is room
        self._asked = False  # also where there is little
        self._sharing = False
        action.setChecked(True)
        action.triggered.connect(self._ask)
        dock.visibilityChanged.connect(self._seen)
        window.installEventFilter(self)

    def restore(self, wanted: bool) -> None:
        """Show the pane or not, as it was left."""
        self.wanted = wanted
        self._share()

    def _ask(self, shown: bool) -> None:
        self.wanted = self._asked = shown
        self._share()
        if shown:
            self._dock.raise_()
            self._pane.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _share(self) -> None:
        shown = self.wanted and (self._window.width() >= NARROW or self._asked or self._dock.isFloating())
        self._sharing = True
        if self._dock.isHidden() == shown:
            self._dock.setVisible(shown)
        self._sharing = False
        self._action.setChecked(shown)

    def _seen(self) -> None:
        if isValid(self._window) and not self._sharing and self._window.isVisible():
            shown = not self._dock.isHidden()
            if not shown and self._action.isChecked():  # closed by its cross
                self.wanted = self._asked = False
            self._action.setChecked(shown)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._window and event.type() == QEvent.Type.Resize:
            self._share()
        return False
