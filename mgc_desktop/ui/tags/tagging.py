"""Writing genres into files, as the window does it: preview, progress, summary, history and undo, put together."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QVBoxLayout

from mgc_desktop.engine.events import TagFinished, TagProgress
from mgc_desktop.ui.bridge import Bridge
from mgc_desktop.ui.main_window import MainWindow
from mgc_desktop.ui.port import EnginePort, SettingsPort
from mgc_desktop.ui.tags import choices, words
from mgc_desktop.ui.tags.desk import JournalReader, TagDesk
from mgc_desktop.ui.tags.looking_back import LookingBack
from mgc_desktop.ui.tags.previewing import Previewing
from mgc_desktop.ui.tags.progress_line import ProgressLine
from mgc_desktop.ui.tags.summary_bar import SummaryBar
from mgc_desktop.ui.undo_order import TagBatch

if TYPE_CHECKING:
    from mgc_desktop.library.journal import BatchRow


class Tagging(QObject):
    """Connects Write Tags and History with the engine's tagger. GUI thread."""

    def __init__(self, window: MainWindow, engine: EnginePort, settings: SettingsPort) -> None:
        super().__init__(window)
        self._window, self._tagger, self._settings = window, engine.tagger, settings
        self.desk = TagDesk(cast("Callable[[], JournalReader]", engine.reader), self)
        self.previewing = Previewing(window, engine.tagger, self.desk, settings)
        self.history = LookingBack(window, self.desk, settings, self._undo_batch, engine.tagger.cancel)
        self.bar = SummaryBar(window)
        centre = window.library.parentWidget()
        assert centre is not None
        cast(QVBoxLayout, centre.layout()).insertWidget(1, self.bar)  # below the messages
        self.line = ProgressLine(window.status)
        window.status.insertPermanentWidget(1, self.line)  # before what is said of the machine
        self.line.cancel_asked.connect(engine.tagger.cancel)
        self._undoing = self._again = False  # what is under way puts old genres back, or writes some again
        self.desk.failed.connect(window.messages.show_problem)
        window.commands["write_tags"].triggered.connect(self.previewing.open)
        window.commands["history"].triggered.connect(lambda: self._open_history())
        window.installEventFilter(self)

    def stop(self) -> None:
        """End the thread that plans. Idempotent, bounded in time."""
        self.previewing.stop()
        self.desk.stop()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.PaletteChange:
            self.line.renew_icon()
            for dialog in (self.previewing.dialog, self.history.dialog):
                if dialog is not None:
                    dialog.renew_icons()
        return False

    # What the person asks for.
    def _open_history(self, batch: int | None = None) -> None:
        self.history.open(self.previewing.labels_by_name(choices.remembered(self._settings)), batch)

    def ask_undo(self, batch: TagBatch, writes_again: bool) -> None:
        """Ask whether files are really to be changed: a key that is pressed once too often must not do it."""
        if self.previewing.writing:
            self._window.status.say("Files are being written: Undo can follow when that is done")
            return
        files = words.files(batch.files)
        if writes_again:
            text = f"Write the genres into {files} again?"
        else:
            text = f"Put the genres of {files} back as they were?"
        button = words.undo_button(batch.files, redo=writes_again)
        tip = "The files are changed now; that can be undone as well (Return)"
        self.bar.show_message(
            text, ((button, tip, lambda: self._undo(batch.id, again=writes_again)),), dismiss="Leave Them"
        )
        self.bar.take_focus()

    def _undo_batch(self, batch: BatchRow) -> None:
        self._undo(batch.id, again=batch.kind == "undo", insist=bool(batch.policy.get("insist")))

    def _undo(self, batch: int, *, again: bool, insist: bool = False) -> None:
        made = choices.remembered(self._settings)
        # What was written into a protected file because the person insisted goes back in the same way.
        options = choices.Choices(keep_times=made.keep_times, insist=insist).options()
        self.previewing.writing, self._undoing, self._again = True, not again, again
        self._tagger.undo(batch, options)
        self._show_progress(TagProgress(0, 0, 0, 0, 0, None, None))

    # News from the engine.
    def connect_engine(self, bridge: Bridge) -> None:
        """Take the news of tags, tracks and models."""
        bridge.model_ready.connect(self.previewing.model_ready)
        bridge.tracks_changed.connect(self.previewing.tracks_changed)
        bridge.tag_plan_progress.connect(self.previewing.progress)
        bridge.tag_plan_ready.connect(self.previewing.ready)
        bridge.tag_progress.connect(self.progress)
        bridge.tag_finished.connect(self.finished)

    def progress(self, event: TagProgress) -> None:
        """Show how far a batch is, wherever somebody may look."""
        self.previewing.writing = True
        self._show_progress(event)

    def _show_progress(self, event: TagProgress) -> None:
        self.line.show_progress(words.working_short(event, undo=self._undoing), event.done, event.total)
        if self.previewing.dialog is not None:
            self.previewing.dialog.show_writing(event, undo=self._undoing)
        self.history.progress(event, undo=self._undoing)

    def finished(self, event: TagFinished) -> None:
        """Say what a batch came to, and offer the way back."""
        again = self._again
        self.previewing.writing = self._undoing = self._again = False
        self.line.hide()
        summary = words.summary(event, again=again)
        self.bar.show_message(
            summary, self._offers(event, puts_back=event.kind == "undo" and not again), words.problems(event)
        )
        self._window.status.say(summary.rstrip("."))
        self.history.finished(summary)
        self.previewing.finished()

    def _offers(self, event: TagFinished, *, puts_back: bool) -> list[tuple[str, str, Callable[[], object]]]:
        offers: list[tuple[str, str, Callable[[], object]]] = []
        if event.batch_id and event.written:
            text = words.undo_button(event.written, redo=puts_back)
            tip = "Write the genres again" if puts_back else "Put the old genres back"
            offers.append((text, tip, lambda: self._undo(event.batch_id, again=puts_back)))
        if event.batch_id:
            tip = "Show the batch with all its files"
            offers.append(("History", tip, lambda: self._open_history(event.batch_id)))
        return offers
