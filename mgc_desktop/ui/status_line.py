"""The status bar: what the scan is doing on the left, what the machine is doing on the right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QStatusBar, QToolButton, QWidget

from mgc_desktop.ui import theme, wording
from mgc_desktop.ui.actions import Actions

if TYPE_CHECKING:  # numpy comes with the values: after the first paint
    from mgc_desktop.engine.events import LiveVerdict, ScanFinished, ScanProgress


class StatusLine(QStatusBar):
    """Count, rate, time left and the buttons of a scan; device, milliseconds and overruns."""

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self.setAccessibleName("Status")
        self._actions = actions
        self._text = self._label("What is going on")
        self._bar = QProgressBar(self)
        self._bar.setAccessibleName("Progress of hearing")
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(160)
        self._pause = self._button(actions, "pause_scan")
        self._cancel = self._button(actions, "cancel_scan")
        self._machine = self._label("Device, speed, overruns")
        self._machine.setProperty("rank", "muted")
        self._model = self._live = self._listed = self._teaching = ""
        box = QWidget(self)
        line = QHBoxLayout(box)
        line.setContentsMargins(8, 2, 0, 2)
        line.setSpacing(8)
        for widget in (self._text, self._bar, self._pause, self._cancel):
            line.addWidget(widget)
        line.addStretch(1)
        self.addWidget(box, 1)
        self.addPermanentWidget(self._machine)
        self._show_buttons(visible=False)

    def _label(self, name: str) -> QLabel:
        label = QLabel(self)
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
        return self._machine.text()

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
        self._live = f"{verdict.inference_ms:.0f} ms, {wording.count(overruns, 'overrun')}"
        self._name_machine()

    def clear_live(self) -> None:
        self._live = ""
        self._name_machine()

    def _name_machine(self) -> None:
        machine = ", ".join(part for part in (self._model, self._live) if part)
        self._machine.setText("   ·   ".join(part for part in (self._teaching, self._listed, machine) if part) + "  ")
