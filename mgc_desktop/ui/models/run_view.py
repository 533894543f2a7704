"""A training run under way: curves, epoch, time left, what it says, and Cancel."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QProgressBar, QWidget

from mgc_desktop.ui import wording
from mgc_desktop.ui.models import parts
from mgc_desktop.ui.models.curves import TrainingCurves
from mgc_desktop.ui.models.left_out import left_out_lines

_LOG_LINES = 2000
_LEAST_PACE_SECONDS = 2.0  # before that, the time left would be a guess
_FIGURES = (("train_loss", "training loss"), ("valid_loss", "validation loss"), ("valid_accuracy", "accuracy"))


class RunView(QWidget):
    """Follows the JSON objects of the training process; emits `cancel_asked`."""

    cancel_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._epochs = 0
        self._past: Sequence[Mapping[str, Any]] = ()  # epochs of before a run was gone on with
        self._stage, self._stage_began = "", 0.0
        self.headline = parts.headline("Progress")
        self.line = parts.label("What is going on", muted=True)
        self.bar = QProgressBar(self)
        self.bar.setAccessibleName("Share of the run that is done")
        self.bar.setTextVisible(False)
        self.curves = TrainingCurves(self)
        self.log = parts.log_pane("Log of the run")
        self.log.setMaximumBlockCount(_LOG_LINES)
        self.log.hide()
        self.more = parts.fold_button("Log", "Show what the training says")
        self.more.toggled.connect(self.log.setVisible)
        self.cancel = parts.button("Cancel", "Stop teaching; it can be gone on with later, and the model in use stays")
        self.cancel.clicked.connect(self._ask_cancel)
        layout = parts.page_layout(self, spacing=8)
        layout.addWidget(self.headline)
        layout.addWidget(self.line)
        layout.addWidget(self.bar)
        layout.addSpacing(4)
        layout.addWidget(self.curves, 2)
        layout.addWidget(self.log, 1)
        layout.addStretch(0)
        layout.addLayout(parts.bottom_row((self.more,), (self.cancel,)))

    def start(self, name: str, epochs: int, *, quick: bool = False) -> None:
        """Begin anew; a quick run has no epochs, and shows its log in place of curves."""
        self._epochs, self._past, self._stage = epochs, (), ""
        self.headline.setText(f"Teaching {name}")
        self.line.setText("Starting…")
        self.bar.setRange(0, 0)
        self.log.clear()
        self.more.setChecked(quick)
        self.cancel.setEnabled(True)
        self.cancel.setText("Cancel")
        self.curves.setVisible(not quick)
        self.curves.start(epochs)

    def take(self, kind: str, data: Mapping[str, Any]) -> None:
        """Follow one JSON object of the training process; kinds that are unknown here are passed over."""
        takers: dict[str, Callable[[Mapping[str, Any]], None]] = {
            "history": self._take_history,
            "start": self._take_start,
            "prepare": lambda d: self._take_stage("Reading the tracks", d),
            "hints": lambda d: self._take_stage(
                "Learning to hear from other networks", {"done": d.get("step"), "total": d.get("steps")}
            ),
            "step": self._take_step,
            "epoch": self._take_epoch,
            "hear": lambda d: self._take_stage("Finishing the last layer", d),
            "score": lambda d: self._take_stage("Trying it on tracks that it was not taught", d),
            "note": lambda d: self._note(str(d.get("sentence", ""))),
        }
        if kind in takers:
            takers[kind](data)

    def _note(self, text: str) -> None:
        self.log.appendPlainText(text)

    def _take_history(self, data: Mapping[str, Any]) -> None:
        self._past = tuple(data.get("rows") or ())
        self.curves.add_epochs(self._past)

    def _take_start(self, data: Mapping[str, Any]) -> None:
        tracks = data.get("tracks") or {}
        self._epochs = int(data.get("epochs") or self._epochs)
        self.curves.start(self._epochs)
        self.curves.add_epochs(self._past)
        self.line.setText(
            f"{tracks.get('train', 0):,} tracks to learn from, {tracks.get('valid', 0):,} to check with, "
            f"{tracks.get('test', 0):,} kept aside for the score"
        )
        self._note(self.line.text())
        self._note(
            f"{data.get('system', '')} on {data.get('device', '')}, {int(data.get('parameters') or 0):,} parameters"
        )
        for line in left_out_lines(data):
            self._note(f"left out: {line}")

    def _take_stage(self, stage: str, data: Mapping[str, Any]) -> None:
        done, total = int(data.get("done") or 0), int(data.get("total") or 0)
        now = time.monotonic()
        if stage != self._stage:
            self._stage, self._stage_began = stage, now
            self._note(f"{stage} ({total:,})")
        spent = now - self._stage_began
        left = wording.time_left(spent / done * (total - done)) if done and spent > _LEAST_PACE_SECONDS else ""
        self.bar.setRange(0, max(1, total))
        self.bar.setValue(done)
        self.line.setText(", ".join(part for part in (f"{stage}: {done:,} of {total:,}", left) if part))

    def _take_step(self, data: Mapping[str, Any]) -> None:
        epoch, step, steps = (int(data.get(key) or 0) for key in ("epoch", "step", "steps"))
        self._show_epoch(epoch, data.get("seconds_left"))
        self.bar.setRange(0, max(1, self._epochs * max(1, steps)))
        self.bar.setValue((epoch - 1) * max(1, steps) + step)

    def _take_epoch(self, data: Mapping[str, Any]) -> None:
        self._epochs = int(data.get("epochs") or self._epochs)
        self.curves.add_epochs((data,))
        epoch = int(data.get("epoch") or 0)
        self._show_epoch(epoch, data.get("seconds_left"))
        self.bar.setRange(0, max(1, self._epochs))
        self.bar.setValue(epoch)
        figures = [f"{name} {data[key]:.3f}" for key, name in _FIGURES if isinstance(data.get(key), int | float)]
        kept = ", kept" if data.get("best") else ""
        self._note(f"epoch {epoch}: {', '.join(figures)}{kept}")

    def _show_epoch(self, epoch: int, seconds_left: Any) -> None:
        left = wording.time_left(seconds_left) if isinstance(seconds_left, int | float) else ""
        self.line.setText(", ".join(part for part in (f"Epoch {epoch} of {self._epochs}", left) if part))

    def _ask_cancel(self) -> None:
        self.cancel.setEnabled(False)
        self.cancel.setText("Cancelling…")
        self.cancel_asked.emit()
