"""The offer to go on with a run that was cancelled, closed or killed."""

from __future__ import annotations

import time
from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from mgc_desktop.engine.runs import UnfinishedRun
from mgc_desktop.ui.models import parts
from mgc_desktop.ui.wording import count


def standing(run: UnfinishedRun) -> str:
    """Return how far a run came: `after epoch 12 of 60`."""
    if not run.epoch:
        return "before its first epoch was done" if not run.request.head_only else "before it was done"
    total = f" of {run.request.epochs}" if run.request.epochs else ""
    return f"after epoch {run.epoch}{total}"


def when(changed: float, now: float) -> str:
    """Return when that was, in a word or two: `today`, `yesterday`, `on 3 May`."""
    then, today = time.localtime(changed), time.localtime(now)
    if then[:3] == today[:3]:
        return time.strftime("today at %H:%M", then)
    if then[:3] == time.localtime(now - 86400)[:3]:
        return "yesterday"
    return f"on {then.tm_mday} {time.strftime('%B', then)}"


class UnfinishedOffer(QFrame):
    """Shows the newest of the runs that can be gone on with; hidden where there is none."""

    resume_asked = Signal(object)  # TrainRequest
    discard_asked = Signal(str)  # the run's folder

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.setAccessibleName("Unfinished run")
        self._run: UnfinishedRun | None = None
        self.text = parts.label("Unfinished run")
        self.more = parts.label("Other unfinished runs", muted=True)
        self.resume = parts.button("Go On", "Go on from the last whole epoch, with the same tracks and choices")
        self.discard = parts.button("Discard", "Move this unfinished run to the trash")
        self.resume.clicked.connect(self._resume)
        self.discard.clicked.connect(self._discard)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self.text)
        words.addWidget(self.more)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 8, 6)
        row.addLayout(words, 1)
        row.addWidget(self.discard)
        row.addWidget(self.resume)
        self.hide()

    def offer(self, runs: Sequence[UnfinishedRun]) -> None:
        """Offer the first of `runs`."""
        self._run = runs[0] if runs else None
        if self._run is None:
            self.hide()
            return
        run = self._run
        self.text.setText(f"Teaching {run.request.name} was stopped {standing(run)}, {when(run.changed, time.time())}.")
        self.more.setText(f"{count(len(runs) - 1, 'older run')} can be gone on with as well." if len(runs) > 1 else "")
        self.more.setVisible(len(runs) > 1)
        self.resume.setAccessibleName(f"Go on with {run.request.name}")
        self.discard.setAccessibleName(f"Discard {run.request.name}")
        self.show()

    def _resume(self) -> None:
        if self._run is not None:
            self.resume_asked.emit(self._run.request)

    def _discard(self) -> None:
        if self._run is not None:
            self.discard_asked.emit(self._run.folder)
