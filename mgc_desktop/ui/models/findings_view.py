"""What the check of the data says: a line with a bar while it works, and a list to unfold."""

from __future__ import annotations

import time
from collections.abc import Iterable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QStackedWidget, QVBoxLayout, QWidget

from mgc_desktop.engine.preparation import DataReport, Finding, FindingKind
from mgc_desktop.ui import wording
from mgc_desktop.ui.models import parts
from mgc_desktop.ui.models.track_list import TrackLine, TrackList, track_name

_WORDS = {
    FindingKind.LEFT_OUT: "Left out",
    FindingKind.DUPLICATE: "Twice",
    FindingKind.LABEL: "Genre?",
    FindingKind.WARNING: "Note",
}
_LEAST_PACE_SECONDS = 2.0  # before that, the time left would be a guess


class CheckLine(QWidget):
    """How far the check is, or what it came to; `unfold` shows the list, `skip_asked` ends the check."""

    skip_asked = Signal()
    unfolded = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._began = 0.0
        self.text = parts.label("Check of the data")
        self.text.setMinimumHeight(2 * self.fontMetrics().lineSpacing())
        self.bar = QProgressBar(self)
        self.bar.setAccessibleName("Share of the tracks that is checked")
        self.bar.setTextVisible(False)
        policy = self.bar.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.bar.setSizePolicy(policy)
        self.unfold = parts.fold_button("Details", "Show what the check found, track by track")
        self.unfold.toggled.connect(self.unfolded)
        self.skip = parts.button("Skip", "End the check; what cannot be read is left out all the same")
        self.skip.clicked.connect(self.skip_asked)
        self._side = QStackedWidget(self)
        for widget in (QWidget(self), self.skip, self.unfold):
            self._side.addWidget(widget)
        self._side.setFixedWidth(max(self.skip.sizeHint().width(), self.unfold.sizeHint().width()))
        self._side.setFixedHeight(self.skip.sizeHint().height())
        row = QHBoxLayout()
        row.addWidget(self.text, 1)
        row.addWidget(self._side)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.bar)
        layout.addLayout(row)
        self.clear()

    def clear(self) -> None:
        """Say nothing."""
        self._end("", "")

    def begin(self) -> None:
        """Say that the check begins."""
        self._began = time.monotonic()
        self._end("Checking the tracks…", "")
        self.bar.setRange(0, 0)
        self.bar.show()
        self._side.setCurrentWidget(self.skip)

    def progress(self, done: int, total: int) -> None:
        self.bar.setRange(0, max(1, total))
        self.bar.setValue(done)
        spent = time.monotonic() - self._began
        left = wording.time_left(spent / done * (total - done)) if done and spent > _LEAST_PACE_SECONDS else ""
        checked = f"Checked {done:,} of {wording.count(total, 'track')}"
        self.text.setText(", ".join(part for part in (checked, left) if part))

    def show_report(self, report: DataReport, *, blocked: bool) -> None:
        """Say in a line what was found, or what is in the way."""
        parts.set_rank(self.text, "error" if blocked else "")
        self.text.setText(report.sentence if blocked else summary(report))
        self.bar.hide()
        if report.findings:
            self._side.setCurrentWidget(self.unfold)
        else:
            self._side.setCurrentIndex(0)

    def show_end(self, sentence: str) -> None:
        """Say why there is no report."""
        self._end(sentence, "muted")

    def _end(self, text: str, rank: str) -> None:
        parts.set_rank(self.text, rank)
        self.text.setText(text)
        self.bar.hide()
        self.unfold.setChecked(False)
        self._side.setCurrentIndex(0)


def summary(report: DataReport) -> str:
    """Return what a check came to: `696 tracks can be used: 3 left out, 2 are there twice`."""
    found = [
        (FindingKind.LEFT_OUT, "left out"),
        (FindingKind.DUPLICATE, "there twice"),
        (FindingKind.LABEL, "in a genre that looks wrong"),
    ]
    said = [f"{len(report.of(kind)):,} {words}" for kind, words in found if report.of(kind)]
    if notes := report.of(FindingKind.WARNING):
        said.append(wording.count(len(notes), "note"))
    usable = f"Checked: {wording.count(report.tracks, 'track')} to learn from"
    return f"{usable}; {', '.join(said)}." if said else f"{usable}, nothing wrong with any."


def findings_list(parent: QWidget) -> TrackList:
    """Return the list that `CheckLine.unfold` shows."""
    return TrackList("What the check found", ("Track", "", "What"), (150, 66), parent)


def finding_lines(findings: Iterable[Finding]) -> list[TrackLine]:
    return [
        TrackLine(
            finding.path,
            (track_name(finding.path), _WORDS[finding.kind], finding.sentence[:1].upper() + finding.sentence[1:]),
            f"{track_name(finding.path)}: {finding.sentence}",
        )
        for finding in findings
    ]
