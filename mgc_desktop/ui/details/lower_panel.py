"""The place of the picture: what is listened to, or else the selected track."""

from __future__ import annotations

from PySide6.QtWidgets import QStackedWidget, QWidget

from mgc_desktop.ui.details.track_panel import TrackPanel
from mgc_desktop.ui.live.live_panel import LivePanel


class LowerPanel(QStackedWidget):
    """One of two panels at a time; the one that is not seen costs nothing."""

    def __init__(self, live: LivePanel, track: TrackPanel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Picture")
        self._live, self._track = live, track
        self.addWidget(live)
        self.addWidget(track)
        live.spectrogram.settings_changed.connect(lambda now: track.picture.set_colour_map(now.colour_map))

    def show_live(self) -> None:
        self.setCurrentWidget(self._live)

    def show_track(self) -> None:
        self.setCurrentWidget(self._track)

    @property
    def shows_track(self) -> bool:
        return self.currentWidget() is self._track
