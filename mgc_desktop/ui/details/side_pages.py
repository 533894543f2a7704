"""Probabilities and facts of a track: one below the other where there is room, else one at a time."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from mgc_desktop.ui.details.facts_view import LEAST_HEIGHT, FactsView
from mgc_desktop.ui.probability_bars import ProbabilityBars

_AIRY = 0.72  # of the height that the bars would like: with less, the facts have a page of their own
TO_FACTS, TO_BARS = "Tags and history", "Genres"


class SidePages(QWidget):
    """Holds the bars and the facts; the facts are only there for a track. GUI thread.

    Attributes
    ----------
    switch : QToolButton
        Goes from one page to the other; hidden where both are shown. Whoever owns this puts it in its place.
    """

    def __init__(self, bars: ProbabilityBars, facts: FactsView, parent: QWidget) -> None:
        super().__init__(parent)
        self._bars, self._facts = bars, facts
        self._has_track = False
        self._wants_facts = False
        self.switch = QToolButton(parent)
        self.switch.setProperty("role", "link")
        self.switch.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.switch.clicked.connect(self._turn)
        self._line = QFrame(self)
        self._line.setFrameShape(QFrame.Shape.HLine)
        self._line.setProperty("rank", "line")
        self._spare = QWidget(self)
        self._spare.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(bars)
        column.addWidget(self._line)
        column.addWidget(facts, 1)
        column.addWidget(self._spare, 1)
        self._arrange()

    def set_has_track(self, has_track: bool) -> None:
        """Say whether the panel is about a track of the library: nothing else has tags."""
        if has_track != self._has_track:
            self._has_track = has_track
            self._arrange()

    @property
    def shows_both(self) -> bool:
        """Whether there is room for both."""
        return self.height() >= self._bars.sizeHint().height() * _AIRY + LEAST_HEIGHT + 12

    def _turn(self) -> None:
        self._wants_facts = not self._wants_facts
        self._arrange()

    def _arrange(self) -> None:
        both = self._has_track and self.shows_both
        facts = self._has_track and (both or self._wants_facts)
        self.switch.setVisible(self._has_track and not both)
        text = TO_BARS if self._wants_facts else TO_FACTS
        self.switch.setText(text)
        self.switch.setAccessibleName(f"Show {text.lower()}")
        self.switch.setToolTip(
            "Show the probability of every genre"
            if self._wants_facts
            else "Show what the file says of itself, and what was done to it"
        )
        self._bars.setVisible(both or not facts)
        self._line.setVisible(both)
        self._facts.setVisible(facts)
        self._spare.setVisible(not facts)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def event(self, event: QEvent) -> bool:
        # Another model has another number of bars, and may come after the track was chosen.
        if event.type() == QEvent.Type.LayoutRequest:
            self._arrange()
        return super().event(event)

    def minimumSizeHint(self) -> QSize:
        # The same on both pages: turning them moves nothing.
        return QSize(180, self._bars.minimumSizeHint().height())
