"""Help > About the Model, and the cards of the models in the list: one window, and the thread that reads for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from mgc_desktop.ui.main_window import MainWindow
from mgc_desktop.ui.track_actions import show_folder

if TYPE_CHECKING:
    from mgc_desktop.ui.model_menu import ModelMenu
    from mgc_desktop.ui.models.card_window import CardWindow
    from mgc_desktop.ui.models.manager_details import Details, DetailsReader


class ModelCards(QObject):
    """Opens the card of one model at a time, beside whatever else is open. GUI thread."""

    def __init__(self, window: MainWindow, models: ModelMenu) -> None:
        super().__init__(window)
        self._window, self._models = window, models
        self.dialog: CardWindow | None = None
        self._reader: DetailsReader | None = None
        self._folder: Path | None = None  # of the model on show

    def open_in_use(self) -> None:
        """Show the card of the model in use."""
        if self._models.folder:
            self.open(Path(self._models.folder))
        else:
            self._window.messages.show_problem("No model is in use, so there is no card to show.")

    def open(self, folder: Path) -> None:
        """Show the card of the model in `folder`."""
        dialog, reader = self._made()
        if folder != self._folder:
            self._folder = folder
            dialog.show_waiting(folder.name)
        reader.ask(folder)  # also the same one: its figures may have been written anew
        dialog.come_up()

    def stop(self) -> None:
        """End the thread. Idempotent, bounded in time."""
        if self._reader is not None:
            self._reader.stop()

    def _made(self) -> tuple[CardWindow, DetailsReader]:
        if self.dialog is None or self._reader is None:
            # Imported here: most starts never need it.
            from mgc_desktop.ui.models.card_window import CardWindow
            from mgc_desktop.ui.models.manager_details import DetailsReader

            self.dialog, self._reader = CardWindow(self._window), DetailsReader(self)
            self._reader.arrived.connect(self._show)
            self.dialog.folder_asked.connect(self._show_folder)
        return self.dialog, self._reader

    def _show(self, details: Details) -> None:
        if self.dialog is not None:
            self.dialog.show_details(details)

    def _show_folder(self) -> None:
        if self._folder is not None:
            show_folder(self._window, str(self._folder))
