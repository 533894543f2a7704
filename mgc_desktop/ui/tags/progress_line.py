"""A batch under way, in the status bar: how far it is, how long it will take, and a way to stop it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QToolButton, QWidget

from mgc_desktop.ui import icons, theme

_BAR_WIDTH = 90  # px
CANCEL_TIP = "Stop after the file that is being written; what is written stays, and Undo takes it back"


class ProgressLine(QWidget):
    """Hidden while nothing goes on."""

    cancel_asked = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName("Writing into files")
        self._text = QLabel(self)
        self._text.setAccessibleName("Progress of writing")
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setFont(theme.tabular(self._text.font()))
        self._bar = QProgressBar(self)
        self._bar.setAccessibleName("Progress of writing")
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(_BAR_WIDTH)
        self.cancel = QAction("Stop Writing", self)
        self.cancel.setToolTip(CANCEL_TIP)
        self.cancel.triggered.connect(self.cancel_asked)
        button = QToolButton(self)
        button.setDefaultAction(self.cancel)
        button.setAutoRaise(True)
        button.setAccessibleName("Stop writing")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 12, 0)
        line.setSpacing(8)
        for widget in (self._text, self._bar, button):
            line.addWidget(widget)
        self.renew_icon()
        self.hide()

    def renew_icon(self) -> None:
        self.cancel.setIcon(icons.icon("close"))

    def text(self) -> str:
        return self._text.text()

    def show_progress(self, text: str, done: int, total: int) -> None:
        """Show how far it is; a total of 0: nobody knows yet."""
        self._text.setText(text)
        self._bar.setRange(0, total)
        self._bar.setValue(done)
        self.show()
