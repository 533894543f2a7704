"""Library > Write Tags: between its window, the engine's tagger, and the thread that plans."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer

from mgc_desktop.engine.events import (
    ModelReady,
    PlannedWrite,
    TagPlanProgress,
    TagPlanReady,
    TagProgress,
    TracksChanged,
)
from mgc_desktop.ui import window_state, wording
from mgc_desktop.ui.main_window import MainWindow
from mgc_desktop.ui.port import SettingsPort, TaggerPort
from mgc_desktop.ui.tags import choices
from mgc_desktop.ui.tags.desk import Planned, TagDesk
from mgc_desktop.ui.tags.sheet import Sheet

if TYPE_CHECKING:
    from mgc_desktop.ui.tags.names_dialog import NamesDialog
    from mgc_desktop.ui.tags.preview import PreviewWindow

PLACE = "tags.preview"
_CHANGED_MS = 400  # what changed in the library is planned anew this often
Ids = NDArray[np.int64]
_NO_IDS = np.zeros(0, np.int64)


class Previewing(QObject):
    """Keeps the one preview. GUI thread."""

    def __init__(self, window: MainWindow, tagger: TaggerPort, desk: TagDesk, settings: SettingsPort) -> None:
        super().__init__(window)
        self._window, self._tagger, self._desk, self._settings = window, tagger, desk, settings
        self.dialog: PreviewWindow | None = None
        self.names: NamesDialog | None = None
        self.writing = False  # a batch is under way: the preview reads when it is over
        self._ids: Ids = _NO_IDS
        self._scopes: list[Ids] = []
        self._known: frozenset[int] = frozenset()  # tracks that the preview is about, once it is made
        self._labels: tuple[str, ...] = ()  # of the model in use
        self._reading = False
        self._asked = choices.Choices().tag_policy()
        self._changed = QTimer(self)
        self._changed.setSingleShot(True)
        self._changed.setInterval(_CHANGED_MS)
        self._changed.timeout.connect(self._plan_changed)
        desk.planned.connect(self._planned)

    def open(self) -> None:
        """Show what would be written into the selected tracks, or else into all that are listed."""
        dialog = self._made_dialog()
        fresh = not dialog.isVisible()
        table = self._window.library.table
        selected, listed = table.selected_array(), self._window.library.model.ids()
        self._scopes = [ids for ids in (selected, listed) if len(ids)]
        names = (("Selected", selected), ("All listed", listed))
        texts = [f"{name}: {wording.count(len(ids), 'track')}" for name, ids in names if len(ids)]
        dialog.show_scopes(texts, 0)
        if fresh:
            dialog.panel.show_choices(choices.remembered(self._settings))
            dialog.search.clear()
            dialog.follow()
        self._show_names()
        self._choose_scope(0)
        dialog.come_up()

    def finished(self) -> None:
        """Look at the files again, where the preview is open: something was written into them."""
        self.writing = False
        if self.dialog is not None:
            self.dialog.show_idle()
            if self.dialog.isVisible():
                self._read()

    def stop(self) -> None:
        """Forget what waits. Idempotent."""
        self._changed.stop()

    def _made_dialog(self) -> PreviewWindow:
        if self.dialog is None:
            # Imported here: most starts never need it.
            from mgc_desktop.ui.tags.preview import PreviewWindow

            dialog = self.dialog = PreviewWindow(self._window)
            window_state.restore_place(dialog, self._settings, PLACE)
            dialog.write_asked.connect(self._write)
            dialog.plan_asked.connect(self._plan_again)
            dialog.scope_asked.connect(self._choose_scope)
            dialog.cancel_asked.connect(self._tagger.cancel)
            dialog.hidden.connect(self._hidden)
            dialog.panel.names_asked.connect(self._edit_names)
        return self.dialog

    def _hidden(self) -> None:
        assert self.dialog is not None
        choices.remember(self._settings, self.dialog.panel.choices())
        window_state.remember_place(self.dialog, self._settings, PLACE)
        if self._reading:
            self._tagger.cancel()
        if self.names is not None:
            self.names.close()

    # What the person asks for.
    def _choose_scope(self, place: int) -> None:
        self._ids = self._scopes[place] if place < len(self._scopes) else _NO_IDS
        self._known = frozenset()
        assert self.dialog is not None
        self.dialog.show_sheet(Sheet(), same_files=False)
        self._read()

    def _read(self) -> None:
        assert self.dialog is not None
        if self.writing:
            return  # it is read when that is over
        if not len(self._ids):
            self.dialog.show_idle()
            return
        self._reading = True
        self._asked = self.dialog.panel.choices().tag_policy()
        self.dialog.show_reading(TagPlanProgress(0, len(self._ids)))
        self._tagger.preview(self._ids, self._asked)

    def _plan_again(self) -> None:
        assert self.dialog is not None
        self._show_names()
        if not self._reading:  # otherwise it follows
            self._plan()

    def _plan_changed(self) -> None:
        if self.dialog is not None and self.dialog.isVisible() and not self._reading and not self.writing:
            self._plan(changed=True)

    def _plan(self, *, changed: bool = False) -> None:
        assert self.dialog is not None
        made = self.dialog.panel.choices()
        self._desk.plan_again(made.tag_policy(), insist=made.insist, changed=changed)

    def _write(self, rows: Sequence[PlannedWrite]) -> None:
        assert self.dialog is not None
        made = self.dialog.panel.choices()
        choices.remember(self._settings, made)
        self.writing = True
        self.dialog.show_writing(TagProgress(0, len(rows), 0, 0, 0, None, None), undo=False)
        self._tagger.write(rows, made.tag_policy(), made.options())

    def _edit_names(self) -> None:
        assert self.dialog is not None
        if self.names is None:
            # Imported here: most previews never need it.
            from mgc_desktop.ui.tags.names_dialog import NamesDialog

            self.names = NamesDialog(self.dialog)
            self.names.changed.connect(self.dialog.panel.set_names)
        self.names.show_names(self._labels, self.dialog.panel.choices().names)

    def _show_names(self) -> None:
        assert self.dialog is not None
        self.dialog.show_names(self.labels_by_name(self.dialog.panel.choices()))

    def labels_by_name(self, made: choices.Choices) -> dict[str, str]:
        """Return the labels by the names that are written for them."""
        policy = made.tag_policy()
        return {policy.name(label): label for label in (*policy.names, *self._labels)}

    # News from the engine and the thread that plans.
    def model_ready(self, event: ModelReady) -> None:
        """Take the labels of the model that answers from now on."""
        self._labels = tuple(label for label in event.labels if not label.startswith("_"))

    def progress(self, event: TagPlanProgress) -> None:
        """Show how many files were looked at."""
        if self._reading and self.dialog is not None:
            self.dialog.show_reading(event)

    def ready(self, event: TagPlanReady) -> None:
        """Take the preview that was asked for."""
        if not self._reading or self.dialog is None:
            return
        self._reading = False
        if len(self._ids) and not event.rows:
            self.dialog.show_stopped()
        made = self.dialog.panel.choices()
        self._desk.take(event.rows, self._asked, insist=made.insist)
        if made.tag_policy() != self._asked:
            self._plan()

    def _planned(self, made: Planned) -> None:
        if self.dialog is None or not self.dialog.isVisible() or self._reading:
            return
        if made.unread and made.policy == self.dialog.panel.choices().tag_policy():
            self._read()
            return
        self._known = made.sheet.tracks
        chosen = self.dialog.panel.choices()
        final = (made.policy, made.insist) == (chosen.tag_policy(), chosen.insist)
        self.dialog.show_sheet(made.sheet, same_files=made.same_files, final=final)
        if not self.writing:
            self.dialog.show_idle()

    def tracks_changed(self, event: TracksChanged) -> None:
        """Plan anew where the preview is about tracks that changed: a genre was set, a verdict came in."""
        if self._known and not self._changed.isActive() and not self._known.isdisjoint(event.ids):
            self._changed.start()
