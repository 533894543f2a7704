"""How well listening keeps up: delays, dropped windows, overruns; a small table beside the picture."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QSize, Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from mgc_desktop.engine.events import ListenChanged, ListenState, LiveNumbers
from mgc_desktop.ui import theme, wording
from mgc_desktop.ui.elided import ElidedLabel
from mgc_desktop.ui.live.live_panel import LivePanel
from mgc_desktop.ui.main_window import MainWindow
from mgc_desktop.ui.port import SettingsPort

SETTING = "live.numbers"
PRIVACY = "No sound leaves this computer."
_NONE = "-"  # stands where nothing was measured yet
_WIDTH = 216  # px
_SIZE = 0.92  # of the usual font
_WIDEST = "88,888"  # what a column of ms has room for, so that nothing moves
_SLACK = 6  # px, as a font is not drawn as wide as it is measured
_PAIRS = (
    ("picture", "Picture", "From a sound's arrival to its place in the picture, ms"),
    ("verdict", "Verdict", "From a window's last sound to its verdict, ms"),
    ("inference", "Model", "What the model takes for one window, ms"),
)
_FACTS = (
    ("hop", "Every", "Time between two verdicts; longer where the model cannot keep up"),
    ("dropped", "Dropped", "Windows left out because the model was still busy"),
    ("overruns", "Overruns", "How often the sound system lost input"),
    ("input", "Input", "What is listened to"),
    ("format", "Format", "Its sample rate and channels"),
    ("device", "Runs on", "What the model runs on"),
)


class LiveNumbersView(QScrollArea):
    """The table. Its digits are all of one width, and its columns keep theirs. GUI thread."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Live numbers")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setFixedWidth(_WIDTH)
        self._pairs: dict[str, tuple[QLabel, QLabel]] = {}
        self._facts: dict[str, ElidedLabel] = {}
        page = QWidget(self)
        page.setAccessibleName("Table")
        page.setFont(theme.tabular(theme.scaled(self.font(), _SIZE)))
        column = QVBoxLayout(page)
        column.setContentsMargins(12, 2, 8, 2)
        column.setSpacing(5)
        column.addWidget(_heading(page, PRIVACY, ""))  # first, so that it is seen in a low window, too
        column.addLayout(self._make_pairs(page))
        column.addLayout(self._make_facts(page))
        column.addStretch(1)
        self.setWidget(page)
        self.viewport().setAutoFillBackground(False)
        page.setAutoFillBackground(False)
        self.clear()

    def minimumSizeHint(self) -> QSize:
        return QSize(_WIDTH, 60)

    def text(self, name: str) -> str:
        """Return what a line says: `14 / 33 ms` for a pair."""
        if name in self._pairs:
            median, last = self._pairs[name]
            return f"{median.text()} / {last.text()} ms"
        return self._facts[name].text()

    def _make_pairs(self, page: QWidget) -> QGridLayout:
        grid = _grid()
        grid.setColumnStretch(0, 1)
        widest = page.fontMetrics().horizontalAdvance(_WIDEST) + _SLACK
        grid.addWidget(_heading(page, "Delay, ms", "Of the last minute"), 0, 0)
        for place, heading in ((1, "median"), (2, "99 %")):
            grid.addWidget(_label(page, heading, muted=True), 0, place)
            grid.setColumnMinimumWidth(place, widest)
        for row, (name, heading, tip) in enumerate(_PAIRS, 1):
            grid.addWidget(_heading(page, heading, tip), row, 0)
            self._pairs[name] = _label(page), _label(page)
            for place, label in enumerate(self._pairs[name], 1):
                grid.addWidget(label, row, place)
        return grid

    def _make_facts(self, page: QWidget) -> QGridLayout:
        # A grid of its own: the length of a fact moves no column of numbers.
        grid = _grid()
        grid.setColumnStretch(1, 1)
        for row, (name, heading, tip) in enumerate(_FACTS):
            grid.addWidget(_heading(page, heading, tip), row, 0)
            self._facts[name] = ElidedLabel(page, Qt.TextElideMode.ElideRight)
            grid.addWidget(self._facts[name], row, 1)
        return grid

    def clear(self) -> None:
        """Show that nothing is measured yet."""
        for pair in self._pairs.values():
            for label in pair:
                label.setText(_NONE)
        for name in self._facts:
            self._say(name, _NONE)

    def show_input(self, event: ListenChanged) -> None:
        """Name the input, with its rate and channels where they are known."""
        facts = [f"{event.sample_rate / 1000:g} kHz"] if event.sample_rate else []
        facts += [wording.count(event.channels, "channel")] if event.channels else []
        self._say("input", event.device or _NONE)
        self._say("format", ", ".join(facts) or _NONE)

    def show_numbers(self, numbers: LiveNumbers, picture_ms: tuple[float, float]) -> None:
        """Show the last minute's numbers.

        Parameters
        ----------
        numbers : LiveNumbers
        picture_ms : (float, float)
            Median and 99th percentile of capture to picture, ms.
        """
        for name, values in (
            ("picture", picture_ms),
            ("verdict", numbers.verdict_ms),
            ("inference", numbers.inference_ms),
        ):
            for label, value in zip(self._pairs[name], values, strict=True):
                label.setText(f"{value:,.0f}" if value > 0 else _NONE)
        self._say("hop", f"{numbers.hop_seconds:.1f} s")
        self._say("dropped", f"{numbers.dropped:,} of {numbers.windows + numbers.dropped:,}")
        self._say("overruns", f"{numbers.overruns:,}")
        self._say("device", numbers.device or _NONE)

    def _say(self, name: str, text: str) -> None:
        self._facts[name].set_text(text)


def _grid() -> QGridLayout:
    grid = QGridLayout()
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(8)
    grid.setVerticalSpacing(1)
    return grid


def _label(page: QWidget, text: str = "", *, muted: bool = False) -> QLabel:
    label = QLabel(text, page)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    if muted:
        label.setProperty("rank", "muted")
    return label


def _heading(page: QWidget, text: str, tip: str) -> QLabel:
    label = _label(page, text, muted=True)
    label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    label.setToolTip(tip)
    return label


class Numbers(QObject):
    """Shows the table when it is asked for: by its action, or by a click on the status bar's line about the machine.

    Parameters
    ----------
    window : MainWindow
    settings : SettingsPort
    live : LivePanel
        Has the table beside its picture.
    """

    def __init__(self, window: MainWindow, settings: SettingsPort, live: LivePanel) -> None:
        super().__init__(window)
        self._window, self._settings = window, settings
        self._picture_ms: Callable[[], tuple[float, float]] = lambda: live.spectrogram.latency_ms
        self.view = LiveNumbersView(live)
        live.add_beside(self.view)
        self._action = window.commands["numbers"]
        wanted = settings.get(SETTING, False) is True
        self._action.setChecked(wanted)
        self.view.setVisible(wanted)
        self._action.triggered.connect(self._show)
        window.status.machine_clicked.connect(self._action.trigger)

    def _show(self, wanted: bool) -> None:
        self._settings.set(SETTING, wanted)
        self.view.setVisible(wanted)
        if wanted:
            self._window.live_dock.show()

    def listen_changed(self, event: ListenChanged) -> None:
        """Begin anew with each listening; after it, what was measured stays to be read."""
        if event.state is ListenState.STARTING:
            self.view.clear()
        if event.state in (ListenState.STARTING, ListenState.RUNNING):
            self.view.show_input(event)

    def told(self, numbers: LiveNumbers) -> None:
        """Show what the engine tells once a second."""
        self._window.status.show_numbers(numbers)
        self.view.show_numbers(numbers, self._picture_ms())
