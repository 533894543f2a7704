"""The window of Model > Models: the list, what can be done with a model, and what the chosen one says of itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QMenu,
    QProgressBar,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from mgc_desktop.ui.drop_overlay import local_paths
from mgc_desktop.ui.models.manager_details import ManagerDetails
from mgc_desktop.ui.models.manager_table import ModelsTable
from mgc_desktop.ui.models.parts import bottom_row, button, label, set_rank

if TYPE_CHECKING:
    from mgc_desktop.engine.model_list import ModelEntry

FIRST_SIZE, LEAST_SIZE = QSize(1100, 680), QSize(860, 520)
_ONLY_SHIPPED = "Only the model that came with the program is here: teach one with Model > Retrain, or import one."


class ManagerWindow(QDialog):
    """Widgets only; what is asked for comes out as signals. It blocks nothing."""

    use_asked = Signal(object)  # ModelEntry
    card_asked = Signal(object)
    rename_asked = Signal(object, str)
    export_asked = Signal(object, bool)  # ModelEntry, as a zip file
    delete_asked = Signal(object)
    import_asked = Signal(bool)  # a zip file
    import_given = Signal(str)
    previous_asked = Signal()
    cancel_asked = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Models")
        self.setAccessibleName("Models")
        self.setAcceptDrops(True)
        self.setMinimumSize(LEAST_SIZE)
        self.resize(FIRST_SIZE)
        self._busy = False
        self.table, self.details = ModelsTable(self), ManagerDetails(self)
        self._make_buttons()
        self._make_notice()
        self._lay_out()
        self.table.chosen.connect(self._choose)
        self.table.use_asked.connect(self._use)
        self.table.rows.rename_asked.connect(self.rename_asked)
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.table.customContextMenuRequested.connect(self._show_menu)
        self._set_keys()
        self._update_buttons()

    def _set_keys(self) -> None:
        for keys, do in (
            ("F2", self.table.edit_name),
            ("Delete", self._delete),
            ("Return", self._use),
            ("Alt+Return", self.card.click),
            ("Ctrl+I", self.card.click),
        ):
            shortcut = QShortcut(QKeySequence(keys), self.table)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(do)

    def _make_buttons(self) -> None:
        self.use = button("&Use", "Switch to this model now; it is remembered (Return)")
        self.card = button("&Card", "What this model is worth, where it is weak, and how it was made (Alt+Return)")
        self.rename = button("&Rename", "Type another name in the list (F2)")
        self.export = button("&Export", "Write a copy of this model, for another computer or another person")
        self.delete = button("&Delete", "Move this model to the trash (Delete)")
        self.take_in = button("&Import", "Take in a model from elsewhere: it is rebuilt from its weights, never opened")
        self.previous = button("&Back to the Previous Model", "Use the model again that was in use before")
        self.use.clicked.connect(self._use)
        self.card.clicked.connect(lambda: self._ask(self.card_asked))
        self.rename.clicked.connect(self.table.edit_name)
        self.delete.clicked.connect(self._delete)
        self.previous.clicked.connect(self.previous_asked)
        ways = (("As a &Zip File…", True), ("As a &Folder…", False))
        self.export.setMenu(self._menu(ways, lambda zipped: self._ask(self.export_asked, zipped)))
        ways = (("From a &Zip File…", True), ("From a &Folder…", False))
        self.take_in.setMenu(self._menu(ways, self.import_asked.emit))

    def _menu(self, ways: Sequence[tuple[str, bool]], do: object) -> QMenu:
        menu = QMenu(self)
        for text, zipped in ways:
            menu.addAction(text).triggered.connect(lambda _=False, zipped=zipped: do(zipped))  # type: ignore[operator]
        return menu

    def menu(self) -> QMenu:
        """Return what can be done with the chosen model."""
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        for one in (self.use, self.card, self.rename, self.delete):
            action = menu.addAction(one.text())
            action.setToolTip(one.toolTip())
            action.setEnabled(one.isEnabled())
            action.triggered.connect(one.click)
        return menu

    def _show_menu(self, place: QPoint) -> None:
        if self.table.indexAt(place).isValid():
            menu = self.menu()
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(self.table.viewport().mapToGlobal(place))

    def _make_notice(self) -> None:
        self.notice = label("Notice")
        self.notice.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.progress = QProgressBar(self)
        self.progress.setAccessibleName("Under way")
        self.progress.setRange(0, 0)
        self.progress.setTextVisible(False)
        self.progress.setFixedWidth(140)
        self.cancel = button("Cancel", "End the import; nothing is taken in")
        self.cancel.clicked.connect(self.cancel_asked)
        for widget in (self.progress, self.cancel):
            kept = widget.sizePolicy()
            kept.setRetainSizeWhenHidden(True)  # nothing jumps when work begins or ends
            widget.setSizePolicy(kept)
            widget.hide()

    def _lay_out(self) -> None:
        frame = QFrame(self)
        frame.setProperty("role", "card")
        inside = QVBoxLayout(frame)
        inside.setContentsMargins(1, 1, 1, 1)
        inside.addWidget(self.table)
        parts = QSplitter(Qt.Orientation.Vertical, self)
        parts.setChildrenCollapsible(False)
        parts.setHandleWidth(1)
        parts.addWidget(frame)
        parts.addWidget(self.details)
        parts.setSizes([210, 400])
        parts.setStretchFactor(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 12)
        layout.setSpacing(10)
        layout.addLayout(
            bottom_row((self.use, self.card, self.rename, self.export, self.delete), (self.take_in, self.previous))
        )
        layout.addWidget(parts, 1)
        last = QHBoxLayout()
        last.addWidget(self.notice, 1)
        last.addWidget(self.progress)
        last.addWidget(self.cancel)
        layout.addLayout(last)

    # What the person does.
    def entry(self) -> ModelEntry | None:
        return self.table.entry()

    def _choose(self, entry: ModelEntry | None) -> None:
        self.details.show_entry(entry)
        self._update_buttons()

    def _ask(self, signal: object, *more: object) -> None:
        entry = self.entry()
        if entry is not None:
            signal.emit(entry, *more)  # type: ignore[attr-defined]

    def _use(self) -> None:
        if self.use.isEnabled():
            self._ask(self.use_asked)

    def _delete(self) -> None:
        if self.delete.isEnabled():
            self._ask(self.delete_asked)

    # What is shown.
    def show_entries(self, entries: Sequence[ModelEntry], wanted: Path | None) -> None:
        """List models, and choose `wanted` where it is among them."""
        self.table.show_entries(entries, wanted)
        if all(entry.shipped for entry in entries) and not self.notice.text():
            self.say(_ONLY_SHIPPED)
        elif self.notice.text() == _ONLY_SHIPPED:
            self.say("")
        self._choose(self.entry())

    def show_in_use(self, folder: str) -> None:
        self.table.rows.show_in_use(folder)
        self.table.fit_columns()
        self._update_buttons()

    def say(self, sentence: str, rank: str = "muted") -> None:
        """Show a sentence at the bottom; `rank` is "muted", "warning" or "error"."""
        set_rank(self.notice, rank)
        self.notice.setText(sentence)

    def show_work(self, text: str, *, can_cancel: bool = False) -> None:
        """Show what is going on; an empty text: nothing any more."""
        if text:
            self.say(text)
        elif self._busy and self.notice.property("rank") == "muted":
            self.say("")
        self._busy = bool(text)
        self.progress.setVisible(self._busy)
        self.cancel.setVisible(self._busy and can_cancel)
        self._update_buttons()

    def _update_buttons(self) -> None:
        entry = self.entry()
        usable = entry is not None and not entry.problem
        own = entry is not None and not entry.shipped
        in_use = entry is not None and self.table.rows.is_in_use(entry)
        self.card.setEnabled(usable)
        self.use.setEnabled(usable and not in_use and not self._busy)
        self.rename.setEnabled(own and usable and not self._busy)
        self.export.setEnabled(usable and not self._busy)
        self.delete.setEnabled(own and not self._busy)
        self.take_in.setEnabled(not self._busy)
        self.previous.setEnabled(not self._busy)

    def come_up(self) -> None:
        self.show()
        self.raise_()
        self.activateWindow()
        self.table.setFocus()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if len(local_paths(event.mimeData())) == 1:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        if not self._busy:
            self.import_given.emit(local_paths(event.mimeData())[0])
