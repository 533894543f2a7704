"""What few people want to turn: batch size, learning rate, seed, device, and where learning begins."""

from __future__ import annotations

import sys

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QFormLayout, QSpinBox, QWidget

EPOCHS, BATCH_SIZE, LEARNING_RATE, SEED = 60, 32, 0.001, 1  # the reference recipe
FROM_MODEL, FROM_NOTHING = "model", "nothing"
_DEVICES = (("Automatic", "auto"), ("CPU", "cpu"), ("NVIDIA GPU (CUDA)", "cuda"))


class Knobs(QWidget):
    """Rows of fields; those that a quick run does not use are greyed out."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.epochs = QSpinBox(self)
        self.epochs.setRange(1, 1000)
        self.epochs.setValue(EPOCHS)
        self.begin = QComboBox(self)
        self.begin.addItem("The model in use", FROM_MODEL)
        self.begin.addItem("Nothing", FROM_NOTHING)
        self.batch_size = QSpinBox(self)
        self.batch_size.setRange(1, 1024)
        self.batch_size.setValue(BATCH_SIZE)
        self.learning_rate = QDoubleSpinBox(self)
        self.learning_rate.setDecimals(5)
        self.learning_rate.setRange(0.00001, 1.0)
        self.learning_rate.setSingleStep(0.0005)
        self.learning_rate.setValue(LEARNING_RATE)
        self.seed = QSpinBox(self)
        self.seed.setRange(0, 2**31 - 1)
        self.seed.setValue(SEED)
        self.device = QComboBox(self)
        for text, value in (*_DEVICES, *((("Apple GPU (MPS)", "mps"),) if sys.platform == "darwin" else ())):
            self.device.addItem(text, value)
        self._lay_out()

    def _lay_out(self) -> None:
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setVerticalSpacing(6)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
        rows: tuple[tuple[str, QWidget, str], ...] = (
            ("Epochs", self.epochs, "How often it goes through all tracks; it ends sooner when it learns no more"),
            ("Begin with", self.begin, "The model in use, or nothing: then your genres alone are learnt"),
            ("Batch size", self.batch_size, "Tracks looked at before each correction of the model"),
            ("Learning rate", self.learning_rate, "How large each correction is (Adam)"),
            ("Seed", self.seed, "The same seed divides the tracks and starts the model the same way"),
            ("Device", self.device, "What the training runs on"),
        )
        for text, field, tip in rows:
            field.setAccessibleName(text)
            field.setToolTip(tip)
            field.setMaximumWidth(190)
            form.addRow(text, field)

    def fields(self) -> tuple[QWidget, ...]:
        return self.epochs, self.begin, self.batch_size, self.learning_rate, self.seed, self.device

    def suit(self, *, in_full: bool, may_begin_with_nothing: bool, has_model: bool) -> None:
        """Let those fields be turned that have a meaning for the choices made."""
        for field in (self.epochs, self.batch_size, self.learning_rate):
            field.setEnabled(in_full)
        self.begin.setEnabled(in_full and may_begin_with_nothing and has_model)
        if not has_model:
            self.begin.setCurrentIndex(self.begin.findData(FROM_NOTHING))
        elif not self.begin.isEnabled():
            self.begin_with_model()

    def begin_with_model(self) -> None:
        self.begin.setCurrentIndex(self.begin.findData(FROM_MODEL))

    def begins_with_model(self) -> bool:
        return bool(self.begin.currentData() == FROM_MODEL)
