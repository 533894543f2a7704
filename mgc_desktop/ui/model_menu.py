"""The models that are installed: the Model menu, the button in the tool bar, and the switch between them."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu

from mgc_desktop.core.paths import Profile, shipped_models_dir
from mgc_desktop.engine.events import ModelFailed, ModelLoading, ModelReady
from mgc_desktop.model.trust import list_models
from mgc_desktop.ui import theme
from mgc_desktop.ui.main_window import MainWindow
from mgc_desktop.ui.port import EnginePort


class ModelMenu(QObject):
    """Lists the shipped and the trained models; what is chosen is loaded, and the engine remembers it."""

    def __init__(self, window: MainWindow, engine: EnginePort, profile: Profile) -> None:
        super().__init__(window)
        self._window, self._engine, self._profile = window, engine, profile
        self._group = QActionGroup(self)
        self._menu = window.commands.submenus["models"]
        self._menu.aboutToShow.connect(self._fill_submenu)
        self._button_menu = QMenu(window.model_button)
        self._button_menu.setToolTipsVisible(True)
        self._button_menu.aboutToShow.connect(self._fill_button_menu)
        window.model_button.setMenu(self._button_menu)
        self._wanted = ""  # what was chosen and has not answered yet
        self.folder = ""  # the model in use
        self.name = ""
        self._device = ""  # what it runs on

    def use(self, folder: str) -> None:
        """Load a model; the one in use answers until the new one is ready, and remains if that fails."""
        self._wanted = folder
        self._engine.use_model(folder)

    def loading(self, event: ModelLoading) -> None:
        name = Path(event.folder).name
        self._window.status.show_model(f"Loading {name}…")
        if not self.folder:
            self._window.name_model(f"Loading {name}…", "The model is being loaded and tested")

    def ready(self, event: ModelReady) -> None:
        self.folder, self.name, self._device = event.folder, event.name, event.device
        self._window.name_model(event.name, f"{event.name} answers on {event.device}: choose another, or teach one")
        theme.use_labels(event.labels)
        self._window.library.table.viewport().update()  # its chips are in those colours
        self._window.verdict.set_model(event.name, event.labels, event.device, event.info)
        self._window.status.show_model(event.device)
        if _same(event.folder, self._wanted):
            self._wanted = ""
            self._window.status.say(f"{event.name} is in use")

    def failed(self, event: ModelFailed) -> None:
        self._wanted = ""
        kept = f" {self.name} stays in use." if self.name else ""
        self._window.messages.show_problem(event.sentence + kept, event.detail)
        self._window.status.show_model(self._device or "no model")
        if not self.folder:
            self._window.name_model("No model", event.sentence)

    def models(self) -> list[Path]:
        """Return the installed model folders: shipped ones first."""
        return list_models((shipped_models_dir(), self._profile.models_dir))

    def _fill(self, menu: QMenu) -> None:
        menu.clear()
        found = self.models()
        for folder in found:
            action = QAction(folder.name.replace("&", "&&"), menu)
            action.setCheckable(True)
            action.setChecked(_same(str(folder), self.folder))
            action.setToolTip(str(folder))
            action.setStatusTip(f"Use the model {folder.name}")
            action.triggered.connect(lambda _=False, folder=folder: self.use(str(folder)))
            self._group.addAction(action)
            menu.addAction(action)
        if not found:
            menu.addAction("No model is installed").setEnabled(False)

    def _fill_submenu(self) -> None:
        self._fill(self._menu)

    def _fill_button_menu(self) -> None:
        self._fill(self._button_menu)
        self._button_menu.addSeparator()
        self._button_menu.addAction(self._window.commands["previous_model"])
        self._button_menu.addAction(self._window.commands["manage_models"])
        self._button_menu.addAction(self._window.commands["retrain"])
        self._button_menu.addAction(self._window.commands["model_card"])


def _same(one: str, other: str) -> bool:
    return bool(one and other) and Path(one).resolve() == Path(other).resolve()
