"""The status bar: what the scan is doing on the left, what the machine is doing on the right."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QStatusBar, QToolButton, QWidget

from mgc_desktop.ui import theme, wording
from mgc_desktop.ui.actions import Actions

if TYPE_CHECKING:  # numpy comes with the values: after the first paint
    from mgc_desktop.engine.events import LiveNumbers, LiveVerdict, ScanFinished, ScanProgress


_L = TypeVar("_L", bound=QLabel)
_USUAL_HOP_SECONDS = 0.5  # between two verdicts; a longer one is worth a word


class _Clickable(QLabel):
    clicked = Signal()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.clicked.emit()
        super().mouseReleaseEvent(event)


class StatusLine(QStatusBar):
    """Count, rate, time left and the buttons of a scan; device, milliseconds and overruns.

    Signals
    -------
    machine_clicked
        The line about the machine was clicked.
    """

    machine_clicked = Signal()

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self.setAccessibleName("Status")
        self._actions = actions
        self._text = self._label("What is going on", QLabel(self))
        self._bar = QProgressBar(self)
        self._bar.setAccessibleName("Progress of hearing")
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(160)
        self._pause = self._button(actions, "pause_scan")
        self._cancel = self._button(actions, "cancel_scan")
        self.machine_line = self._label("Device, speed, overruns", _Clickable(self))
        self.machine_line.setProperty("rank", "muted")
        self.machine_line.setCursor(Qt.CursorShape.PointingHandCursor)
        self.machine_line.setToolTip(actions["numbers"].toolTip())
        self.machine_line.clicked.connect(self.machine_clicked)
        self._model = self._live = self._took = self._hop = self._listed = self._teaching = ""
        box = QWidget(self)
        line = QHBoxLayout(box)
        line.setContentsMargins(8, 2, 0, 2)
        line.setSpacing(8)
        for widget in (self._text, self._bar, self._pause, self._cancel):
            line.addWidget(widget)
        line.addStretch(1)
        self.addWidget(box, 1)
        self.addPermanentWidget(self.machine_line)
        self._show_buttons(visible=False)

    def _label(self, name: str, label: _L) -> _L:
        label.setAccessibleName(name)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setFont(theme.tabular(label.font()))
        return label

    def _button(self, actions: Actions, name: str) -> QToolButton:
        button = QToolButton(self)
        button.setDefaultAction(actions[name])
        button.setAutoRaise(True)
        button.setAccessibleName(actions[name].text().replace("&", ""))
        return button

    def _show_buttons(self, *, visible: bool) -> None:
        for widget in (self._bar, self._pause, self._cancel):
            widget.setVisible(visible)
        self._actions.enable_for_scan(running=visible)

    @property
    def scanning(self) -> bool:
        """Whether the progress of a scan is shown."""
        return self._bar.isVisibleTo(self)

    def text(self) -> str:
        """Return the sentence on the left."""
        return self._text.text()

    def machine_text(self) -> str:
        """Return the line on the right."""
        return self.machine_line.text()

    def say(self, text: str) -> None:
        """Show a line on the left until something else is said."""
        self._text.setText(text)

    def show_scan(self, progress: ScanProgress) -> None:
        """Show how far a scan is."""
        if progress.state == "idle":
            self._show_buttons(visible=False)
            return
        self._text.setText(wording.scan_line(progress))
        self._bar.setRange(0, max(1, progress.total))
        self._bar.setValue(progress.done)
        self._actions["pause_scan"].setChecked(progress.state == "paused")
        self._show_buttons(visible=True)

    def show_finished(self, finished: ScanFinished) -> None:
        """Show what a scan came to."""
        self._text.setText(wording.scan_summary(finished))
        self._actions["pause_scan"].setChecked(False)
        self._show_buttons(visible=False)

    def show_listed(self, text: str) -> None:
        """Say how many tracks are listed."""
        self._listed = text
        self._name_machine()

    def show_teaching(self, text: str) -> None:
        """Say how far a training run is, or nothing."""
        self._teaching = text
        self._name_machine()

    def show_model(self, text: str) -> None:
        """Name the compute device, or say that the model is loading."""
        self._model = text
        self._name_machine()

    def show_live(self, verdict: LiveVerdict, overruns: int) -> None:
        """Show what the last judgement took, and how often the sound card was not served in time."""
        if verdict.inference_ms > 0:  # the model is not asked about silence
            self._took = f"{verdict.inference_ms:.0f} ms"
        self._live = ", ".join(part for part in (self._took, wording.count(overruns, "overrun")) if part)
        self._name_machine()

    def show_numbers(self, numbers: LiveNumbers) -> None:
        """Say how often there is a verdict, where the model cannot keep up with the usual pace."""
        late = numbers.hop_seconds > _USUAL_HOP_SECONDS
        self._hop = f"every {numbers.hop_seconds:.1f} s" if late else ""
        self._name_machine()

    def clear_live(self) -> None:
        self._live = self._took = self._hop = ""
        self._name_machine()

    def _name_machine(self) -> None:
        machine = ", ".join(part for part in (self._model, self._live, self._hop) if part)
        self.machine_line.setText(
            "   ·   ".join(part for part in (self._teaching, self._listed, machine) if part) + "  "
        )
