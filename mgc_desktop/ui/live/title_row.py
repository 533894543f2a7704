"""What stands in the title of the lower panel: the tools of the picture, and what is under the cursor."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from mgc_desktop.ui.live.picture_tools import HEIGHT, PictureTools
from mgc_desktop.ui.live.readout import Readout

_ROOM_FOR_READOUT = 620  # px; with less, the tools need it


class TitleRow(QWidget):
    """Tools at the left, the readout at the right, and a way to the other picture. GUI thread.

    Signals
    -------
    switched
        The person wants to see the other of what was listened to and the selected track.
    """

    switched = Signal()

    def __init__(self, tools: PictureTools, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Picture")
        self.setFixedHeight(HEIGHT)
        self.tools, self.readout = tools, Readout(self)
        self._other = QToolButton(self)
        self._other.setProperty("role", "link")
        self._other.clicked.connect(self.switched)
        self._wants_readout = True
        line = QHBoxLayout(self)
        line.setContentsMargins(14, 0, 8, 0)
        line.setSpacing(12)
        line.addWidget(self._other)
        line.addWidget(tools, 1)
        line.addStretch(0)
        line.addWidget(self.readout)
        self.offer("")

    def offer(self, name: str) -> None:
        """Offer to show the other picture, of this name; nothing where there is none."""
        self._other.setText(name)
        self._other.setAccessibleName(f"Show {name}")
        self._other.setToolTip(f"Show this instead: {name.lower()}")
        self._other.setVisible(bool(name))

    def want_readout(self, wanted: bool) -> None:
        """Say whether there is a picture that a cursor can be in."""
        self._wants_readout = wanted
        self._renew()

    def _renew(self) -> None:
        self.readout.setVisible(self._wants_readout and self.width() >= _ROOM_FOR_READOUT)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._renew()
