"""Loss and validation accuracy, epoch by epoch."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHBoxLayout, QWidget

from mgc_desktop.ui import theme

_LEAST_EPOCHS = 5  # the axis shows at least so many, so that the first points do not jump about


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else math.nan


class EpochAxis(pg.AxisItem):  # type: ignore[misc]
    """An axis of whole numbers: there is no half epoch."""

    def tickSpacing(self, low: float, high: float, size: float) -> list[tuple[float, float]]:
        """Return (spacing, offset) of each level of ticks; pyqtgraph's own from 1 on are 1, 2 and 10 times a power."""
        return [(step, start) for step, start in super().tickSpacing(low, high, size) if step >= 1] or [(1, 0)]


class TrainingCurves(QWidget):
    """Two plots side by side; a point an epoch, the one that is kept marked. GUI thread."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Training curves")
        self.setMinimumHeight(200)
        self._epochs: list[float] = []
        self._train: list[float] = []
        self._valid: list[float] = []
        self._accuracy: list[float] = []
        self._best = math.nan
        self._total = _LEAST_EPOCHS
        self._loss_plot, self._accuracy_plot = (
            pg.PlotWidget(self, axisItems={"bottom": EpochAxis("bottom")}) for _ in range(2)
        )
        self._loss_plot.setAccessibleName("Loss by epoch")
        self._accuracy_plot.setAccessibleName("Accuracy on validation tracks by epoch")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for plot in (self._loss_plot, self._accuracy_plot):
            plot.setMouseEnabled(False, False)
            plot.hideButtons()
            plot.setMenuEnabled(False)
            layout.addWidget(plot)
        self._legend = self._loss_plot.addLegend(offset=(-8, 8))
        self._train_line = self._loss_plot.plot(name="training")
        self._valid_line = self._loss_plot.plot(name="validation")
        self._accuracy_line = self._accuracy_plot.plot()
        self._best_mark = self._accuracy_plot.plot()
        self._accuracy_plot.setYRange(0, 100, padding=0.02)
        self._put_on_colours()

    def _put_on_colours(self) -> None:
        tokens = theme.tokens()
        muted = QColor(tokens.muted)
        titles = ((self._loss_plot, "Loss"), (self._accuracy_plot, "Accuracy on validation tracks, %"))
        for plot, title in titles:
            plot.setBackground(QColor(tokens.base))
            plot.setTitle(title, color=tokens.text, size="9pt")
            plot.showGrid(y=True, alpha=0.15)
            plot.setLabel("bottom", "epoch", color=tokens.muted)
            for name in ("left", "bottom"):
                axis = plot.getAxis(name)
                axis.setPen(QColor(tokens.border))
                axis.setTextPen(muted)
                axis.enableAutoSIPrefix(False)
        self._legend.setLabelTextColor(QColor(tokens.text))
        for line, colour, dashed in (
            (self._train_line, tokens.muted, True),
            (self._valid_line, tokens.accent, False),
            (self._accuracy_line, tokens.accent, False),
        ):
            style = Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine
            line.setPen(pg.mkPen(colour, width=2, style=style))
            if not dashed:
                line.setSymbol("o")
                line.setSymbolSize(5)
                line.setSymbolPen(None)
                line.setSymbolBrush(QColor(colour))
        self._best_mark.setSymbol("o")
        self._best_mark.setSymbolSize(11)
        self._best_mark.setSymbolBrush(QColor(0, 0, 0, 0))
        self._best_mark.setSymbolPen(pg.mkPen(tokens.text, width=1.5))

    def start(self, epochs: int) -> None:
        """Forget an earlier run; the axis goes to `epochs`."""
        for values in (self._epochs, self._train, self._valid, self._accuracy):
            values.clear()
        self._best, self._total = math.nan, epochs
        self._draw()

    def add_epochs(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add "epoch" objects of the training process."""
        for data in rows:
            self._epochs.append(_number(data.get("epoch")))
            self._train.append(_number(data.get("train_loss")))
            self._valid.append(_number(data.get("valid_loss")))
            self._accuracy.append(100 * _number(data.get("valid_accuracy")))
            if data.get("best"):
                self._best = self._epochs[-1]
        self._draw()

    def points(self) -> list[tuple[float, float, float, float]]:
        """Return (epoch, training loss, validation loss, accuracy in %) of each point."""
        return list(zip(self._epochs, self._train, self._valid, self._accuracy, strict=True))

    def _draw(self) -> None:
        lines = (
            (self._train_line, self._train),
            (self._valid_line, self._valid),
            (self._accuracy_line, self._accuracy),
        )
        for line, values in lines:
            # Epochs without a value are left out: pyqtgraph cannot take the bounds of points that are none.
            shown = [(e, v) for e, v in zip(self._epochs, values, strict=True) if math.isfinite(v)]
            line.setData([e for e, _ in shown], [v for _, v in shown])
        best = [
            (e, a) for e, a in zip(self._epochs, self._accuracy, strict=True) if e == self._best and math.isfinite(a)
        ]
        self._best_mark.setData([e for e, _ in best], [a for _, a in best])
        reached = max(self._epochs, default=0)
        for plot in (self._loss_plot, self._accuracy_plot):
            # Grows in steps, so that the curve does not slide with each epoch.
            last = min(self._total, max(_LEAST_EPOCHS, 10 * math.ceil(reached / 10)))
            plot.setXRange(1, max(2, last), padding=0.03)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self._put_on_colours()
        super().changeEvent(event)
