"""One kept session: its picture, what was heard, what a person said, played with a cursor like a track."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from mgc_desktop.core.session_values import SessionDetails
from mgc_desktop.core.values import VerdictKind, WindowScores
from mgc_desktop.ui import wording
from mgc_desktop.ui.details.track_panel import TrackPanel
from mgc_desktop.ui.details.track_ribbon import TrackRibbon
from mgc_desktop.ui.live.heard import Stretch
from mgc_desktop.ui.live.ribbon import stretch_text
from mgc_desktop.ui.sessions import words
from mgc_desktop.ui.sessions.label_lane import paint_keys

_LABELS_HEIGHT = 17  # px


class _KeptRibbon(TrackRibbon):
    """Stretches that are known beforehand; `set_windows` says how long the whole is."""

    def __init__(self, title: str, height: int, nothing: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._title, self._height, self.nothing = title, height, nothing
        self.setAccessibleName(title.capitalize())
        self._known: tuple[Stretch, ...] = ()

    def know(self, stretches: Iterable[Stretch]) -> None:
        """Take the stretches, s since the session began."""
        self._known = tuple(stretches)

    def set_windows(self, windows: Sequence[WindowScores], duration: float) -> None:
        super().set_windows((), duration)
        if duration:
            self._stretches = self._known
            self._describe()
            self.update()

    def _describe(self) -> None:
        said = ", ".join(f"{wording.duration(s.start)} {stretch_text(s)}" for s in self._known)
        self.setAccessibleDescription(said or self._without())

    def _without(self) -> str:
        """Return what is said where there is no stretch."""
        return self.nothing

    def _told(self, stretch: Stretch) -> str:
        return f"{stretch_text(stretch)}\n{wording.duration(stretch.start)} to {wording.duration(stretch.end)}"

    def _names(self, stretch: Stretch) -> tuple[str, ...]:
        return (stretch_text(stretch),)


class _LabelRibbon(_KeptRibbon):
    """What a person said; without a label, it says which key is which genre."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__("labels", _LABELS_HEIGHT, "", parent)
        self._keys: tuple[tuple[str, str], ...] = ()

    def set_keys(self, keys: Sequence[tuple[str, str]], nothing: str) -> None:
        """Say which key is which genre, as (key, name) pairs; without them, what else there is to say."""
        self._keys, self.nothing = tuple(keys), nothing
        self._describe()
        self.update()

    def _without(self) -> str:
        return self.nothing or ", ".join(f"{key} {name}" for key, name in self._keys)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._visible() and self._duration:
            paint_keys(QPainter(self), self._line().adjusted(8, 0, -8, 0), self._keys, self.font())


class _Ribbons(_KeptRibbon):
    """What was heard, and below it what a person said; one widget for the panel."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__("heard", 24, "Nothing was heard", parent)
        self.labels = _LabelRibbon(parent)
        self.labels.sought.connect(self.sought)

    def set_windows(self, windows: Sequence[WindowScores], duration: float) -> None:
        super().set_windows(windows, duration)
        self.labels.set_windows((), duration)

    def set_cursor(self, x: int | None) -> None:
        super().set_cursor(x)
        self.labels.set_cursor(x)


class SessionPanel(TrackPanel):
    """Shows one session. GUI thread; its picture is given as that of a track."""

    ribbon: _Ribbons

    def __init__(self, keys: str, parent: QWidget | None = None) -> None:
        super().__init__(keys, parent)
        self.setAccessibleName("Selected session")

    def _make_ribbon(self) -> _Ribbons:
        return _Ribbons(self)

    def _ribbons(self) -> list[TrackRibbon]:
        return [self.ribbon, self.ribbon.labels]

    def _put_in_place(self) -> None:
        super()._put_in_place()
        grid = self.layout()
        assert isinstance(grid, QGridLayout)
        grid.addWidget(self.ribbon.labels, 2, 1)

    def set_keys(self, keys: Sequence[tuple[str, str]]) -> None:
        """Say which key labels the selected span as which genre; without any, that nothing can be labelled."""
        self.ribbon.labels.set_keys(keys, "" if keys else words.NOT_LABELLED)

    def show_session(self, details: SessionDetails) -> None:
        """Show a session, or the same one anew."""
        row, zero = details.row, details.row.start
        self.ribbon.know(
            Stretch(s.start - zero, s.end - zero, s.kind, s.label, s.confidence, 1) for s in details.stretches
        )
        self.ribbon.labels.know(
            Stretch(la.start - zero, la.end - zero, VerdictKind.GENRE, la.label, 1.0, 1) for la in details.labels
        )
        silent = words.why_silent(row)
        self.show_track(details.path or f"session {row.id}", row.seconds)
        self.transport.setEnabled(not silent)
        if silent:
            self._patience.stop()
            self.picture.clear()
            self.picture.set_notice(silent)
            self.ribbon.set_windows((), row.seconds)
        elif self.picture.path == details.path:
            self.ribbon.set_windows((), self.picture.duration)

    def show_nothing(self) -> None:
        """Show no session."""
        self.show_track("", None)
        self._patience.stop()
        self.transport.setEnabled(False)
        self.picture.clear()
        self.picture.set_notice("")
        self.ribbon.know(())
        self.ribbon.labels.know(())
        self.ribbon.set_windows((), 0.0)
