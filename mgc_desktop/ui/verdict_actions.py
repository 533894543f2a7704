"""The buttons under a track's verdict: accept it or say otherwise, or take back what was said."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from mgc_desktop.ui.actions import Actions


class ActionButton(QPushButton):
    """A button for an action: has its short text, its tool tip and its state."""

    def __init__(self, action: QAction, parent: QWidget) -> None:
        super().__init__(parent)
        self._action = action
        self.setProperty("size", "small")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keyboard in the table
        self.clicked.connect(action.trigger)
        action.changed.connect(self._follow)
        self._follow()

    def _follow(self) -> None:
        text = self._action.iconText()
        self.setText(text)
        self.setAccessibleName(text.rstrip("…"))
        self.setToolTip(self._action.toolTip())
        self.setEnabled(self._action.isEnabled())


class VerdictActions(QWidget):
    """Two buttons in a line; keeps its place while it is hidden."""

    def __init__(self, actions: Actions, parent: QWidget) -> None:
        super().__init__(parent)
        self.accept = ActionButton(actions["accept"], self)
        self.take_back = ActionButton(actions["take_back"], self)
        self.set_genre = ActionButton(actions["set_genre"], self)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 3, 0, 0)
        line.setSpacing(8)
        for button in (self.accept, self.take_back, self.set_genre):
            line.addWidget(button)
        line.addStretch(1)
        policy = self.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.setSizePolicy(policy)
        self.show_for(corrected=False)

    def show_for(self, *, corrected: bool) -> None:
        """Offer what can be done with a track that was, or was not, corrected."""
        self.accept.setVisible(not corrected)
        self.take_back.setVisible(corrected)
