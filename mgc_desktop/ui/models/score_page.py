"""Both models side by side: their scores, and their confusion matrices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from mgc_desktop.core.confusion import Confusion
from mgc_desktop.ui.models import parts
from mgc_desktop.ui.models.comparison import Comparison, Score
from mgc_desktop.ui.models.confusion_view import ConfusionView
from mgc_desktop.ui.models.score_row import ScoreRow

_HOW_TO_READ = "Rows: what the tracks are. Columns: what the model said. Click a cell, or go there with the arrow keys."


class ScorePage(QWidget):
    """A column for the new model, and one for the model in use."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._columns = QHBoxLayout()
        self._columns.setSpacing(24)
        self._made: list[QWidget] = []
        self.cell = parts.label("What a cell of the confusion matrix means", muted=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 8, 0, 0)
        layout.addLayout(self._columns, 1)
        layout.addWidget(self.cell)

    def clear(self) -> None:
        for widget in self._made:
            widget.hide()
            widget.deleteLater()
        self._made.clear()

    def show_scores(self, comparison: Comparison, confusion: Mapping[str, Any] | None) -> None:
        """Show what is there of scores and matrices."""
        self.clear()
        has_matrix = self._add_column("New", comparison.new, Confusion.from_json(confusion, "new"))
        if comparison.old is not None:
            has_matrix |= self._add_column("In use", comparison.old, Confusion.from_json(confusion, "old"))
        self.cell.setText(_HOW_TO_READ if has_matrix else "")

    def _add_column(self, caption: str, score: Score, confusion: Confusion | None) -> bool:
        column = QWidget(self)
        layout = QVBoxLayout(column)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(ScoreRow(caption, score, column))
        if confusion is not None:
            view = ConfusionView(f"the {'new model' if caption == 'New' else 'model in use'}", confusion, column)
            view.pointed.connect(self.cell.setText)
            layout.addWidget(view, 1)
        else:
            layout.addStretch(1)
        self._columns.addWidget(column, 1)
        self._made.append(column)
        return confusion is not None
