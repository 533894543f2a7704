"""A small card at the row: type a genre, take one that fits, or a new word. For one track or for many."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QIcon, QKeyEvent, QPainter, QPixmap
from PySide6.QtWidgets import QFrame, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from mgc_desktop.engine.genre_words import LONGEST, GenreWords
from mgc_desktop.ui import theme
from mgc_desktop.ui.elided import ElidedLabel
from mgc_desktop.ui.library.table_view import TrackTable
from mgc_desktop.ui.wording import shortened

_SHOWN = 6  # genres offered at once; typing finds the others
_WIDTH = 270  # px
_CHIP = 9  # px
_LABEL = int(Qt.ItemDataRole.UserRole)
_PASSING = (  # the keyboard goes for a moment and comes back
    Qt.FocusReason.ActiveWindowFocusReason,
    Qt.FocusReason.PopupFocusReason,
    Qt.FocusReason.MenuBarFocusReason,
)


class GenreCard(QFrame):
    """Lies over `home`, which gets the keyboard back; those who make one of it say where. GUI thread.

    Enter takes what is marked, the arrow keys mark another, Escape leaves everything as it was.
    """

    chosen = Signal(str)  # the label

    def __init__(self, home: QWidget) -> None:
        super().__init__(home)
        self._home = home
        self._words = GenreWords(())
        self.setProperty("role", "card")
        self.setAutoFillBackground(True)
        self.setAccessibleName("Set genre")
        self._about = ElidedLabel(self, Qt.TextElideMode.ElideRight)
        self._about.setAccessibleName("Tracks that get the genre")
        self._about.set_muted()
        self.field = QLineEdit(self)
        self.field.setAccessibleName("Genre")
        self.field.setMaxLength(LONGEST)
        self.field.setToolTip("Type a genre: Enter sets it, the arrow keys choose another, Escape leaves")
        self.field.textEdited.connect(self._offer)
        self.field.installEventFilter(self)
        self.offers = QListWidget(self)
        self.offers.setAccessibleName("Genres that fit")
        self.offers.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.offers.setFrameShape(QFrame.Shape.NoFrame)
        self.offers.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.offers.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.offers.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.offers.setUniformItemSizes(True)
        self.offers.itemClicked.connect(self._take)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 8, 10, 8)
        layout.setSpacing(6)
        for widget in (self._about, self.field, self.offers):
            layout.addWidget(widget)
        self.hide()

    def ask(self, about: str, now: str, words: GenreWords, typed: str = "") -> None:
        """Come up.

        Parameters
        ----------
        about : str
            Which tracks get the genre.
        now : str
            What the track is taken for now.
        words : GenreWords
        typed : str
            What was typed already.
        """
        self._words = words
        self._about.set_text(about)
        self.field.setText(typed)
        self.field.setPlaceholderText(now or "Type a genre")
        self._offer(typed)
        self.show()
        self.raise_()
        self.field.setFocus(Qt.FocusReason.OtherFocusReason)

    def set_words(self, words: GenreWords) -> None:
        """Take more genres to offer, while it is open."""
        self._words = words
        self._offer(self.field.text())

    def leave(self) -> None:
        """Close without a change."""
        if self.isVisible():
            held_keyboard = self.field.hasFocus()
            self.hide()
            if held_keyboard:
                self._home.setFocus(Qt.FocusReason.OtherFocusReason)

    # What fits.
    def _offer(self, text: str) -> None:
        self.offers.clear()
        typed = text.strip()
        labels = self._words.matching(typed, _SHOWN)
        for label in labels:
            self._add(theme.display_name(label), label)
        new = self._words.label(typed)
        if new and not self._words.knows(typed):
            self._add(f"New genre: {shortened(new)}", new)
        self.offers.setCurrentRow(self._best_row(typed, labels))
        self._describe()
        self._place()

    def _best_row(self, typed: str, labels: list[str]) -> int:
        """Return what Enter takes: a genre that begins with what was typed, or else the new word."""
        if not typed:
            return -1
        best = theme.display_name(labels[0]) if labels else ""
        fits = best.casefold().startswith(typed.casefold()) or self._words.knows(typed)
        return 0 if fits else self.offers.count() - 1

    def _add(self, text: str, label: str) -> None:
        item = QListWidgetItem(_chip_icon(label, self.devicePixelRatioF()), text, self.offers)
        item.setData(_LABEL, label)
        item.setSizeHint(QSize(0, round(self.fontMetrics().height() * 1.7)))

    def _describe(self) -> None:
        item = self.offers.currentItem()
        self.field.setAccessibleDescription(f"Enter sets {item.text()}" if item else "Nothing is chosen yet")

    def _take(self, item: QListWidgetItem | None) -> None:
        label = item.data(_LABEL) if item is not None else ""
        self.leave()
        if label:
            self.chosen.emit(label)

    # Where it is.
    def _where(self) -> tuple[QRect, QRect]:
        """Return the room that it must stay in, and what it is to stand below or above; px of `home`."""
        raise NotImplementedError

    def _place(self) -> None:
        rows = min(self.offers.count(), _SHOWN + 1)
        height = rows * round(self.fontMetrics().height() * 1.7)
        self.offers.setVisible(rows > 0)
        self.offers.setFixedHeight(height)
        self.resize(_WIDTH, self.sizeHint().height())
        room, cell = self._where()
        left = max(room.left() + 2, min(cell.left(), room.right() - self.width() - 2))
        below, above = cell.bottom() + 1, cell.top() - self.height()
        top = below if below + self.height() <= room.bottom() else above
        self.move(left, max(room.top() + 2, min(top, room.bottom() - self.height())))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is not self.field:
            if event.type() == QEvent.Type.Resize:
                self._place()
        elif isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self._press(event.key())
        elif isinstance(event, QFocusEvent) and event.lostFocus() and event.reason() not in _PASSING:
            self.hide()
        return super().eventFilter(watched, event)

    def _press(self, key: int) -> bool:
        """Return whether a key was for the list and not for the text."""
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._take(self.offers.currentItem())
        elif key == Qt.Key.Key_Escape:
            self.leave()
        elif key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            last = self.offers.count() - 1
            row = self.offers.currentRow() + (1 if key == Qt.Key.Key_Down else -1)
            self.offers.setCurrentRow(0 if row > last else last if row < 0 else row)
            self._describe()
        elif key not in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
            return False
        return True


class GenreEditor(GenreCard):
    """Lies over the table, beside the row it is about, and follows it."""

    def __init__(self, table: TrackTable) -> None:
        super().__init__(table)
        self._table = table
        self._track: int | None = None
        table.verticalScrollBar().valueChanged.connect(self._place)
        table.horizontalScrollBar().valueChanged.connect(self._place)
        table.model().modelReset.connect(self._place)
        table.viewport().installEventFilter(self)

    def open(self, track: int, about: str, now: str, words: GenreWords) -> None:
        """Come up beside the row of `track`; the others as of `ask`."""
        self._track = track
        self.ask(about, now, words)

    def _where(self) -> tuple[QRect, QRect]:
        room = self._table.viewport().geometry()
        cell = self._table.cell_rect(self._track, "verdict") if self._track is not None else None
        return room, cell or QRect(room.topLeft(), QSize(1, 1))


def _chip_icon(label: str, ratio: float) -> QIcon:
    pixmap = QPixmap(QSize(_CHIP, _CHIP) * ratio)
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.label_colour(label))
    painter.drawRoundedRect(QRectF(0, 0, _CHIP, _CHIP), 2.5, 2.5)
    painter.end()
    icon = QIcon()
    for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected):  # else Qt tints the one that is marked
        icon.addPixmap(pixmap, mode)
    return icon
