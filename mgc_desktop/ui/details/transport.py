"""Play, pause and where one is: the column at the left of a track's picture."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtWidgets import QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from mgc_desktop.engine.events import PlayState
from mgc_desktop.ui import icons, theme, wording
from mgc_desktop.ui.live import axes

WIDTH = 54  # px: as wide as the level meter, so that the picture stays where it is


class Transport(QWidget):
    """A button and two times. GUI thread."""

    play_asked = Signal()

    def __init__(self, keys: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Playing")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self._keys = keys
        self._state = PlayState.STOPPED
        self.button = QToolButton(self)
        self.button.setProperty("role", "play")
        self.button.setIconSize(QSize(20, 20))
        self.button.setFixedSize(38, 38)
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.button.clicked.connect(self.play_asked)
        self.place = self._label("Place in the track", 0.95, bold=True)
        self.length = self._label("Length of the track", 0.82, bold=False)
        self.length.setProperty("rank", "muted")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, axes.TOP, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(4)
        column.addWidget(self.place)
        column.addWidget(self.length)
        column.addStretch(1)
        self.set_state(PlayState.STOPPED)
        self.set_times(0.0, 0.0)

    def _label(self, name: str, size: float, *, bold: bool) -> QLabel:
        label = QLabel(self)
        label.setAccessibleName(name)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        label.setFont(theme.tabular(theme.scaled(self.font(), size, bold=bold)))
        return label

    def set_state(self, state: PlayState) -> None:
        """Offer what can be done now."""
        self._state = state
        on = state in (PlayState.PLAYING, PlayState.LOADING)
        word = "Pause" if on else "Play"
        self.button.setIcon(icons.icon("pause" if on else "resume"))
        self.button.setAccessibleName(word)
        self.button.setToolTip(f"{word} ({self._keys})")

    def set_times(self, place: float, duration: float) -> None:
        """Say where one is, in s, and how long the track is; a length of 0 is not known."""
        self._put(self.place, axes.clock_text(place) if duration else "")
        self._put(self.length, f"of {wording.duration(duration)}" if duration else "")

    def _put(self, label: QLabel, text: str) -> None:
        if label.text() != text:
            label.setText(text)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self.set_state(self._state)
        super().changeEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(WIDTH, 190)

    def minimumSizeHint(self) -> QSize:
        return QSize(WIDTH, 90)
