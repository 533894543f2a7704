"""What to teach: the folder, what is in it, the new model's name, and the knobs."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QStackedWidget,
    QTableWidget,
    QTableWidgetItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from mgc_desktop.ui import theme, wording
from mgc_desktop.ui.drop_overlay import local_paths
from mgc_desktop.ui.models.data_check import FEW_TRACKS, DataCheck, DataChecker

if TYPE_CHECKING:
    from mgc_desktop.engine.trainer import TrainRequest

EPOCHS, BATCH_SIZE, LEARNING_RATE, SEED = 60, 32, 0.001, 1  # the reference recipe
_DEVICES = (("Automatic", "auto"), ("CPU", "cpu"), ("NVIDIA GPU (CUDA)", "cuda"))
_INTRODUCTION = (
    "Choose a folder that holds a folder for each genre, named after it. The tracks are read where they are, "
    "and nothing in them is changed."
)
_EXAMPLE = (
    "Drop the folder here. It should look like this:\n\n"
    "My genres\n"
    "Bebop   ·   24 tracks\n"
    "Krautrock   ·   31 tracks\n"
    "Samba   ·   18 tracks"
)


class RetrainForm(QWidget):
    """Emits `start_asked` with a `TrainRequest` (its `compare_with` is left to the caller)."""

    start_asked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptDrops(True)
        self._check: DataCheck | None = None
        self._named_by_person = False
        self.checker = DataChecker(self)
        self.checker.checked.connect(self._take_check)
        self._make_fields()
        self._make_knobs()
        self._lay_out()
        self._update_start()

    def _make_fields(self) -> None:
        self.folder = QLineEdit(self)
        self.folder.setAccessibleName("Folder of genre folders")
        self.folder.setPlaceholderText("Drop the folder here, or browse")
        self.folder.editingFinished.connect(lambda: self.set_folder(self.folder.text()))
        self.browse = QPushButton("Browse…", self)
        self.browse.setToolTip("Choose the folder of genre folders")
        self.browse.clicked.connect(self._browse)
        self.found = QTableWidget(0, 2, self)
        self.found.setAccessibleName("Genres in the folder")
        tracks = QTableWidgetItem("Tracks")
        tracks.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.found.setHorizontalHeaderItem(0, QTableWidgetItem("Genre"))
        self.found.setHorizontalHeaderItem(1, tracks)
        self.found.verticalHeader().hide()
        self.found.setShowGrid(False)
        self.found.setAlternatingRowColors(True)
        self.found.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.found.setSelectionMode(QTableWidget.SelectionMode.NoSelection)
        self.found.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.found.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.found.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.found.horizontalHeader().resizeSection(1, 110)
        self.example = _note("How the folder should look", muted=True)
        self.example.setFrameShape(QLabel.Shape.NoFrame)
        self.example.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.example.setText(_EXAMPLE)
        self.summary = _note("What the folder holds")
        self.trouble = _note("What is missing")
        self.name = QLineEdit(self)
        self.name.setAccessibleName("Name of the new model")
        self.name.setMaxLength(60)
        self.name.textEdited.connect(self._name_edited)
        self.epochs = QSpinBox(self)
        self.epochs.setAccessibleName("Epochs")
        self.epochs.setRange(1, 1000)
        self.epochs.setValue(EPOCHS)
        self.epochs.setToolTip("How often it goes through all tracks; it ends sooner when it learns no more")
        self.start = QPushButton("Start", self)
        self.start.setToolTip("Start teaching; the program can be used meanwhile")
        self.start.setDefault(True)
        self.start.clicked.connect(self._ask_start)

    def _make_knobs(self) -> None:
        self.knobs = QWidget(self)
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
        form = QFormLayout(self.knobs)
        form.setContentsMargins(0, 0, 0, 0)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
        rows: tuple[tuple[str, QWidget, str], ...] = (
            ("Batch size", self.batch_size, "Tracks looked at before each correction of the model"),
            ("Learning rate", self.learning_rate, "How large each correction is (Adam)"),
            ("Seed", self.seed, "The same seed divides the tracks and starts the model the same way"),
            ("Device", self.device, "What the training runs on"),
        )
        for text, field, tip in rows:
            field.setAccessibleName(text)
            field.setToolTip(tip)
            field.setMaximumWidth(200)
            form.addRow(text, field)
        self.knobs.hide()
        self.advanced = QToolButton(self)
        self.advanced.setText("Advanced")
        self.advanced.setAutoRaise(True)
        self.advanced.setCheckable(True)
        self.advanced.setArrowType(Qt.ArrowType.RightArrow)
        self.advanced.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.advanced.setToolTip("Batch size, learning rate, seed, device")
        self.advanced.toggled.connect(self._show_knobs)

    def _show_knobs(self, wanted: bool) -> None:
        self.knobs.setVisible(wanted)
        self.advanced.setArrowType(Qt.ArrowType.DownArrow if wanted else Qt.ArrowType.RightArrow)

    def _lay_out(self) -> None:
        introduction = _note("Introduction", muted=True)
        introduction.setText(_INTRODUCTION)
        line = QHBoxLayout()
        line.addWidget(self.folder, 1)
        line.addWidget(self.browse)
        form = QFormLayout()
        form.setLabelAlignment(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
        form.addRow("Name of the new model", self.name)
        self.epochs.setMaximumWidth(200)
        form.addRow("Epochs", self.epochs)
        last = QHBoxLayout()
        last.addStretch(1)
        last.addWidget(self.start)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 16)
        layout.setSpacing(10)
        layout.addWidget(introduction)
        layout.addLayout(line)
        self.pane = QStackedWidget(self)
        self.pane.addWidget(self.example)
        self.pane.addWidget(self.found)
        layout.addWidget(self.pane, 1)
        layout.addWidget(self.summary)
        layout.addWidget(self.trouble)
        layout.addLayout(form)
        layout.addWidget(self.advanced)
        layout.addWidget(self.knobs)
        layout.addLayout(last)

    def set_folder(self, folder: str) -> None:
        """Take a folder or CSV and look what is in it."""
        folder = folder.strip()
        if self._check is not None and self._check.data == folder:
            return
        self.folder.setText(folder)
        self._check = None
        self._update_start()
        if folder:
            self.summary.setText("Looking…")
            self.trouble.setText("")
            self.checker.check(folder)
            if not self._named_by_person:
                self.name.setText(os.path.splitext(os.path.basename(folder.rstrip("/\\")))[0])

    def _browse(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Choose the folder of genre folders", self.folder.text())
        if folder:
            self.set_folder(folder)

    def _name_edited(self, text: str) -> None:
        self._named_by_person = bool(text.strip())
        self._update_start()

    def _take_check(self, check: DataCheck) -> None:
        self._check = check
        self.found.setRowCount(len(check.genres))
        for place, (genre, number) in enumerate(check.genres.items()):
            count = QTableWidgetItem(f"{number:,}")
            count.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            count.setFont(theme.tabular(self.font()))
            if number < FEW_TRACKS:
                count.setToolTip("Few tracks: its score will be mostly chance")
            self.found.setItem(place, 0, QTableWidgetItem(genre))
            self.found.setItem(place, 1, count)
        what = f"{wording.count(len(check.genres), 'genre')}, {wording.count(check.files, 'track')}"
        self.summary.setText(what if check.genres else "")
        self.pane.setCurrentWidget(self.found if check.genres else self.example)
        self.trouble.setProperty("rank", "error" if check.blocker else "warning")
        self.trouble.style().polish(self.trouble)
        self.trouble.setText("\n".join(filter(None, (check.blocker, *check.warnings))))
        self._update_start()

    def check(self) -> DataCheck | None:
        """Return what was found in the folder, or None while it is looked at."""
        return self._check

    def _update_start(self) -> None:
        ready = self._check is not None and not self._check.blocker
        self.start.setEnabled(ready and bool(self.name.text().strip()))

    def _ask_start(self) -> None:
        self.start_asked.emit(self.request())

    def request(self) -> TrainRequest:
        """Return the choices made here."""
        # Imported here: the form is shown long after the start, which the engine's modules would slow down.
        from mgc_desktop.engine.trainer import TrainRequest

        return TrainRequest(
            data=self.folder.text(),
            name=self.name.text().strip(),
            epochs=self.epochs.value(),
            batch_size=self.batch_size.value(),
            learning_rate=self.learning_rate.value(),
            device=str(self.device.currentData()),
            seed=self.seed.value(),
        )

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if local_paths(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.set_folder(local_paths(event.mimeData())[0])


def _note(name: str, *, muted: bool = False) -> QLabel:
    label = QLabel()
    label.setAccessibleName(name)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    if muted:
        label.setProperty("rank", "muted")
    return label
