"""A training run under way: curves, epoch, time left, what it says, and Cancel."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from mgc_desktop.ui import theme, wording
from mgc_desktop.ui.models.curves import TrainingCurves
from mgc_desktop.ui.models.left_out import left_out_lines

_LOG_LINES = 2000


class RunView(QWidget):
    """Follows the JSON objects of the training process; emits `cancel_asked`."""

    cancel_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._epochs = 0
        self.headline = QLabel(self)
        self.headline.setAccessibleName("Progress")
        self.headline.setTextFormat(Qt.TextFormat.PlainText)
        self.headline.setFont(theme.tabular(theme.scaled(self.font(), 1.25, bold=True)))
        self.line = QLabel(self)
        self.line.setAccessibleName("What is going on")
        self.line.setTextFormat(Qt.TextFormat.PlainText)
        self.line.setProperty("rank", "muted")
        self.line.setFont(theme.tabular(self.font()))
        self.line.setWordWrap(True)
        self.bar = QProgressBar(self)
        self.bar.setAccessibleName("Share of the run that is done")
        self.bar.setTextVisible(False)
        self.curves = TrainingCurves(self)
        self.log = QPlainTextEdit(self)
        self.log.setAccessibleName("Log of the run")
        self.log.setReadOnly(True)
        self.log.setMaximumBlockCount(_LOG_LINES)
        self.log.hide()
        self._make_buttons()
        self._lay_out()

    def _make_buttons(self) -> None:
        self.more = QToolButton(self)
        self.more.setText("Log")
        self.more.setAutoRaise(True)
        self.more.setCheckable(True)
        self.more.setArrowType(Qt.ArrowType.RightArrow)
        self.more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.more.setToolTip("What the run says, line by line")
        self.more.toggled.connect(self._show_log)
        self.cancel = QPushButton("Cancel", self)
        self.cancel.setToolTip("End the run; the model in use stays as it is")
        self.cancel.clicked.connect(self._ask_cancel)

    def _show_log(self, wanted: bool) -> None:
        self.log.setVisible(wanted)
        self.more.setArrowType(Qt.ArrowType.DownArrow if wanted else Qt.ArrowType.RightArrow)

    def _lay_out(self) -> None:
        last = QHBoxLayout()
        last.addWidget(self.more)
        last.addStretch(1)
        last.addWidget(self.cancel)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 16)
        layout.setSpacing(8)
        layout.addWidget(self.headline)
        layout.addWidget(self.line)
        layout.addWidget(self.bar)
        layout.addSpacing(4)
        layout.addWidget(self.curves, 2)
        layout.addWidget(self.log, 1)
        layout.addLayout(last)

    def start(self, name: str, epochs: int) -> None:
        """Begin anew."""
        self._epochs = epochs
        self.headline.setText(f"Teaching {name}")
        self.line.setText("Starting…")
        self.bar.setRange(0, 0)
        self.log.clear()
        self.cancel.setEnabled(True)
        self.cancel.setText("Cancel")
        self.curves.start(epochs)

    def take(self, kind: str, data: Mapping[str, Any]) -> None:
        """Follow one JSON object of the training process; kinds that are unknown here are passed over."""
        takers: dict[str, Callable[[Mapping[str, Any]], None]] = {
            "start": self._take_start,
            "prepare": self._take_prepare,
            "step": self._take_step,
            "epoch": self._take_epoch,
            "note": lambda d: self.log.appendPlainText(str(d.get("sentence", ""))),
        }
        if kind in takers:
            takers[kind](data)

    def _take_start(self, data: Mapping[str, Any]) -> None:
        tracks = data.get("tracks") or {}
        self._epochs = int(data.get("epochs") or self._epochs)
        self.curves.start(self._epochs)
        self.line.setText(
            f"{tracks.get('train', 0):,} tracks to learn from, {tracks.get('valid', 0):,} to check with, "
            f"{tracks.get('test', 0):,} kept aside for the score"
        )
        self.log.appendPlainText(
            f"{data.get('system', '')} on {data.get('device', '')}, {int(data.get('parameters') or 0):,} parameters"
        )
        for line in left_out_lines(data):
            self.log.appendPlainText(f"left out: {line}")

    def _take_prepare(self, data: Mapping[str, Any]) -> None:
        done, total = int(data.get("done") or 0), int(data.get("total") or 0)
        self.bar.setRange(0, max(1, total))
        self.bar.setValue(done)
        self.line.setText(f"Reading the tracks: {done:,} of {total:,}")

    def _take_step(self, data: Mapping[str, Any]) -> None:
        epoch, step, steps = (int(data.get(key) or 0) for key in ("epoch", "step", "steps"))
        self._show_epoch(epoch, data.get("seconds_left"))
        self.bar.setRange(0, max(1, self._epochs * max(1, steps)))
        self.bar.setValue((epoch - 1) * max(1, steps) + step)

    def _take_epoch(self, data: Mapping[str, Any]) -> None:
        self._epochs = int(data.get("epochs") or self._epochs)
        self.curves.add_epoch(data)
        epoch = int(data.get("epoch") or 0)
        self._show_epoch(epoch, data.get("seconds_left"))
        self.bar.setRange(0, max(1, self._epochs))
        self.bar.setValue(epoch)
        figures = [
            f"{name} {data[key]:.3f}"
            for key, name in (
                ("train_loss", "training loss"), ("valid_loss", "validation loss"), ("valid_accuracy", "accuracy"),
            )
            if isinstance(data.get(key), int | float)
        ]  # fmt: skip
        best = ", best so far" if data.get("best") else ""
        self.log.appendPlainText(f"epoch {epoch}: {', '.join(figures)}{best}")

    def _show_epoch(self, epoch: int, seconds_left: Any) -> None:
        left = wording.time_left(seconds_left) if isinstance(seconds_left, int | float) else ""
        self.line.setText(", ".join(part for part in (f"Epoch {epoch} of {self._epochs}", left) if part))

    def _ask_cancel(self) -> None:
        self.cancel.setEnabled(False)
        self.cancel.setText("Cancelling…")
        self.cancel_asked.emit()
