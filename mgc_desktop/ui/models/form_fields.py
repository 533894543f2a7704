"""The fields of the form and where they stand: choices at the left, what they find at the right."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QLineEdit, QStackedWidget, QVBoxLayout, QWidget

from mgc_desktop.ui import theme
from mgc_desktop.ui.models import choices, parts
from mgc_desktop.ui.models.findings_view import CheckLine, findings_list
from mgc_desktop.ui.models.genre_table import GenreTable
from mgc_desktop.ui.models.knobs import Knobs
from mgc_desktop.ui.models.unfinished import UnfinishedOffer

_LEFT_WIDTH = 372  # px: the widest row of answers
_EXAMPLE = (
    "Drop a folder here. It should look like this:\n\n"
    "My genres\n"
    "Bebop   ·   24 tracks\n"
    "Krautrock   ·   31 tracks\n"
    "Samba   ·   18 tracks\n\n"
    "The tracks are read where they are, and nothing in them is changed."
)


class FormFields(QWidget):
    """Widgets alone: `RetrainForm` gives them their meaning."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._make_fields()
        self._make_findings()
        self._lay_out()

    def _make_fields(self) -> None:
        self.offer = UnfinishedOffer(self)
        self.source = choices.source_question(self)
        self.labels = choices.labels_question(self)
        self.how = choices.how_question(self)
        self.folder = QLineEdit(self)
        self.folder.setAccessibleName("Folder of genre folders, or list")
        self.folder.setPlaceholderText("Drop a folder here, or browse")
        self.browse = parts.button("Folder…", "Choose a folder that holds a folder for each genre")
        self.browse_list = parts.button("List…", "Choose a CSV list with the columns path and label")
        self.name = QLineEdit(self)
        self.name.setAccessibleName("Name of the new model")
        self.name.setMaxLength(60)
        self.knobs = Knobs(self)
        self.advanced = parts.fold_button("Advanced", "Epochs, batch size, learning rate, seed, device")
        self.start = parts.button("Start", "Start teaching; the program can be used meanwhile")
        self.start.setDefault(True)

    def _make_findings(self) -> None:
        self.example = parts.label("How the folder should look", muted=True)
        self.example.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.example.setText(_EXAMPLE)
        self.found = GenreTable(self)
        self.findings = findings_list(self)
        self.summary = parts.label("What was found")
        self.summary.setFont(theme.scaled(self.font(), 1.0, bold=True))
        self.trouble = parts.label("What is missing")
        self.check_line = CheckLine(self)
        self.pane = QStackedWidget(self)
        knobs = QWidget(self)
        column = QVBoxLayout(knobs)
        column.setContentsMargins(0, 4, 0, 0)
        column.addWidget(self.knobs)
        column.addStretch(1)
        self.knobs_page = knobs
        for page in (self.example, self.found, self.findings, knobs):
            self.pane.addWidget(page)

    def _lay_out(self) -> None:
        columns = QHBoxLayout()
        columns.setSpacing(22)
        columns.addWidget(self._left_column())
        columns.addLayout(self._right_column(), 1)
        layout = parts.page_layout(self)
        layout.addWidget(self.offer)
        layout.addLayout(columns, 1)
        layout.addLayout(parts.bottom_row((), (self.start,)))
        self._order_keys()

    def _left_column(self) -> QWidget:
        line = QHBoxLayout()
        line.setSpacing(6)
        for widget, stretch in ((self.folder, 1), (self.browse, 0), (self.browse_list, 0)):
            line.addWidget(widget, stretch)
        form = QFormLayout()
        form.setLabelAlignment(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
        form.addRow("Name", self.name)
        place = QWidget(self)
        place.setFixedWidth(_LEFT_WIDTH)
        column = QVBoxLayout(place)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(self.source)
        column.addLayout(line)
        column.addWidget(self.labels)
        column.addWidget(self.how)
        column.addLayout(form)
        column.addWidget(self.advanced)
        column.addStretch(1)
        return place

    def _right_column(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(6)
        column.addWidget(self.summary)
        column.addWidget(self.pane, 1)
        column.addWidget(self.check_line)
        column.addWidget(self.trouble)
        return column

    def _order_keys(self) -> None:
        """Let Tab go down the left column, then down the right one."""
        order: tuple[QWidget, ...] = (
            self.offer.resume,
            self.offer.discard,
            *self.source.buttons.values(),
            self.folder,
            self.browse,
            self.browse_list,
            *self.labels.buttons.values(),
            *self.how.buttons.values(),
            self.name,
            self.advanced,
            *self.knobs.fields(),
            self.found,
            self.findings.table,
            self.findings.play,
            self.check_line.skip,
            self.check_line.unfold,
            self.start,
        )
        for before, after in pairwise(order):
            QWidget.setTabOrder(before, after)
