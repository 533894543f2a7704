"""What a model says of itself, beside the list: card and confusion matrix, read in a thread."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QImageReader, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from mgc_desktop.core.errors import ModelError
from mgc_desktop.core.paths import shipped_models_dir
from mgc_desktop.ui import theme, wording
from mgc_desktop.ui.models.card_words import ModelCard, model_card
from mgc_desktop.ui.models.parts import headline, label
from mgc_desktop.ui.safe_text import SafeTextBrowser

if TYPE_CHECKING:
    from mgc_desktop.engine.model_list import ModelEntry

MAX_CARD = 60_000  # characters on show
MAX_PICTURE_BYTES = 4_000_000
MAX_PICTURE_SIDE = 4000  # px
_PICTURE_LEAST, _PICTURE_BEST = QSize(220, 200), QSize(380, 340)
_JOIN_SECONDS = 2.0
_PICTURES = re.compile(r"!\[[^\]]*\](\([^)]*\))?")
_TITLE = re.compile(r"\A\s*# [^\n]*\n")


@dataclass(frozen=True, slots=True)
class Details:
    """What was read of a model's folder. `picture` and `said` are None where there is none that can be shown."""

    folder: Path
    card: str
    picture: QImage | None
    said: ModelCard | None = None  # by model.json
    problem: str = ""  # why that cannot be read


def read_details(folder: Path) -> Details:
    """Read card, picture and description. Any thread; none of them can make it read much."""
    try:
        with (folder / "card.md").open(encoding="utf-8", errors="replace") as stream:
            card = stream.read(MAX_CARD)
    except OSError:
        card = ""
    said, problem = _read_description(folder)
    return Details(folder, card, _read_picture(folder / "confusion.png"), said, problem)


def _read_description(folder: Path) -> tuple[ModelCard | None, str]:
    from mgc_desktop.model.contract import read_description  # here: its schema checker takes 0.1 s to import

    try:
        info = read_description(folder)
    except ModelError as error:
        return None, error.sentence
    return model_card(info, shipped=folder.resolve().parent == shipped_models_dir().resolve()), ""


def _read_picture(path: Path) -> QImage | None:
    try:
        if path.stat().st_size > MAX_PICTURE_BYTES:
            return None
    except OSError:
        return None
    reader = QImageReader(str(path), b"png")  # by its name alone, a file could be of any kind that Qt knows
    reader.setAutoDetectImageFormat(False)
    size = reader.size()
    if not size.isValid() or max(size.width(), size.height()) > MAX_PICTURE_SIDE:
        return None
    image = reader.read()
    return None if image.isNull() else image


class DetailsReader(QObject):
    """Runs `read_details` in a thread; only the answer to the last question is delivered."""

    arrived = Signal(object)  # Details
    _read = Signal(int, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._generation = 0
        self._threads: list[threading.Thread] = []
        self._read.connect(self._deliver)

    def ask(self, folder: Path) -> None:
        self._generation += 1
        thread = threading.Thread(target=self._run, args=(self._generation, folder), name="model-details", daemon=True)
        self._threads = [other for other in self._threads if other.is_alive()] + [thread]
        thread.start()

    def stop(self) -> None:
        """Deliver nothing any more, and wait for the threads."""
        self._generation += 1
        for thread in self._threads:
            thread.join(_JOIN_SECONDS)

    def _run(self, generation: int, folder: Path) -> None:
        details = read_details(folder)
        if generation == self._generation:
            self._read.emit(generation, details)

    def _deliver(self, generation: int, details: Details) -> None:
        if generation == self._generation:
            self.arrived.emit(details)


class Picture(QWidget):
    """A figure on white paper, as large as there is room for and never larger than it is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Confusion matrix")
        self._image: QImage | None = None
        self.setMinimumSize(_PICTURE_LEAST)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        return _PICTURE_BEST

    def show_image(self, image: QImage | None) -> None:
        self._image = image
        said = "What it said of the tracks it was tried on: a row a genre, a column what was said"
        self.setAccessibleDescription(said if image is not None else "There is none")
        self.setToolTip(said if image is not None else "")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._image is None:
            painter.setPen(QColor(theme.tokens().muted))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect(), flags.value, "No confusion matrix:\nit was not scored")
            return
        ratio = self.devicePixelRatioF()
        room = (self.size() - QSize(12, 12)) * ratio
        size = self._image.size().scaled(room, Qt.AspectRatioMode.KeepAspectRatio).boundedTo(self._image.size())
        # Scaled down in one go, Qt takes one pixel of many; smoothly, it takes their mean.
        image = self._image.scaled(size, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)
        width, height = image.width() / ratio, image.height() / ratio
        place = QRectF((self.width() - width) / 2, 6, width, height)
        painter.setPen(QColor(theme.tokens().border))
        painter.setBrush(QColor("white"))
        painter.drawRoundedRect(place.adjusted(-5, -5, 5, 5), 6, 6)
        painter.drawImage(place, image)


class ManagerDetails(QWidget):
    """Name, facts, card and picture of the chosen model."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = headline("Chosen model")
        self.facts = label("What it is", muted=True)
        self.facts.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.card = SafeTextBrowser("Model card", self)
        self.card.document().setDocumentMargin(8)
        self.picture = Picture(self)
        self.reader = DetailsReader(self)
        self.reader.arrived.connect(self._show)
        self._entry: ModelEntry | None = None
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self.card, 3)
        row.addWidget(self.picture, 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 10, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.name)
        layout.addWidget(self.facts)
        layout.addLayout(row, 1)

    def show_entry(self, entry: ModelEntry | None) -> None:
        """Show a model, or that none is chosen; its files are read meanwhile."""
        self._entry = entry
        self.name.setText(entry.name if entry else "No model is chosen")
        self.facts.setText(facts(entry) if entry else "")
        if entry is None:
            self._show(Details(Path(), "", None))
        else:
            self.reader.ask(entry.folder)

    def _show(self, details: Details) -> None:
        entry = self._entry
        self.picture.show_image(details.picture)
        if entry is not None and entry.problem:
            self.card.setPlainText(entry.problem + ("" if entry.shipped else "\n\nDelete moves it to the trash."))
            return
        # The name stands above and the figure beside it already.
        card = _PICTURES.sub("", _TITLE.sub("", details.card))
        self.card.show_markdown(card if card.strip() else "It has no card: nothing is said about how it was made.")


def facts(entry: ModelEntry) -> str:
    """Return in two lines what is known of a model."""
    if entry.problem:
        return f"It cannot be used.\n{entry.folder}"
    origin = "Came with the program" if entry.shipped else "Imported, rebuilt here" if entry.imported else "Taught here"
    first = [origin, wording.count(len(entry.genres), "genre")]
    if entry.data:
        first.append(f"learnt from {entry.data.split(', ')[0]}")
    if entry.imported and entry.figure is not None:
        first.append("its figures are those of its maker")
    return f"{', '.join(first)}.\n{entry.folder}"
