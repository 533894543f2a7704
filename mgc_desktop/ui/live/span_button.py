"""The time span of the picture, named on a button that offers others."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from mgc_desktop.ui.live.options_popup import span_choices, span_name
from mgc_desktop.ui.live.picture_tools import FlatTool
from mgc_desktop.ui.theme import tabular

_WIDEST = "88.8 s ▾"


class SpanButton(FlatTool):
    """A button of the row of tools. GUI thread."""

    chosen = Signal(object)  # s, or None: as wide as the window

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Time span", parent)
        self.setToolTip("How many seconds the picture is wide (Ctrl and the wheel over the picture)")
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setFont(tabular(self.font()))
        self._choices = QMenu("Time span", self)
        self._choices.setAccessibleName("Time spans")
        self._group = QActionGroup(self)
        for text, seconds in span_choices():
            action = QAction(text, self._group)
            action.setCheckable(True)
            action.setData(seconds)
            self._choices.addAction(action)
        self._group.triggered.connect(lambda action: self.chosen.emit(action.data()))
        self.setMenu(self._choices)
        self.show_span(None)
        self.setFixedWidth(self.fontMetrics().horizontalAdvance(_WIDEST) + 22)

    def show_span(self, seconds: float | None) -> None:
        """Name the span that holds now."""
        name = span_name(seconds)
        self.setText(f"{name} ▾")
        self.setAccessibleDescription("As wide as the window" if seconds is None else name)
        self._group.setExclusive(False)  # so that none can be marked
        for action in self._group.actions():
            action.setChecked(action.data() == seconds)
        self._group.setExclusive(True)
