"""What the window remembers between two starts: its place, its panels, its columns, what it is sorted by."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import QWidget

from mgc_desktop.ui.library.filter_words import from_settings, to_settings
from mgc_desktop.ui.library.query import Question
from mgc_desktop.ui.library.table_model import ORDERS
from mgc_desktop.ui.main_window import MainWindow
from mgc_desktop.ui.port import SettingsPort

_LAYOUT = 1  # raise it when panels get other names: what an older window saved is then left aside
GEOMETRY, STATE, COLUMNS, SORT, THEME = "window.geometry", "window.state", "library.columns", "library.sort", "theme"
FILTER, FILTER_PANE = "library.filter", "window.filters"


def _pack(data: QByteArray) -> str:
    return base64.b64encode(bytes(data.data())).decode("ascii")


def _unpack(text: Any) -> QByteArray | None:
    if not isinstance(text, str) or not text:
        return None
    try:
        return QByteArray(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return None


def restore(window: MainWindow, settings: SettingsPort) -> None:
    """Put the window as it was left; what can't be read is left as it is at a first start."""
    geometry, state = _unpack(settings.get(GEOMETRY)), _unpack(settings.get(STATE))
    columns = _unpack(settings.get(COLUMNS))
    if geometry is not None:
        window.restoreGeometry(geometry)
    if state is not None:
        window.restoreState(state, _LAYOUT)
    if columns is not None:
        window.library.table.restore_columns(columns)
    window.filters_place.restore(settings.get(FILTER_PANE, True))


def remembered_question(settings: SettingsPort) -> Question:
    """Return what the library was sorted by, and limited to."""
    saved, wanted = settings.get(SORT), from_settings(settings.get(FILTER))
    if isinstance(saved, list) and len(saved) == 2 and saved[0] in ORDERS:
        return Question("", saved[0], saved[1] is True, wanted)
    return Question(filter=wanted)


def remember(window: MainWindow, settings: SettingsPort) -> None:
    """Put everything into the settings; the caller saves them."""
    settings.set(GEOMETRY, _pack(window.saveGeometry()))
    settings.set(STATE, _pack(window.saveState(_LAYOUT)))
    columns = window.library.table.columns_state()
    settings.set(COLUMNS, _pack(columns) if columns is not None else "")
    question = window.library.question()
    settings.set(SORT, [question.order, question.descending])
    settings.set(FILTER, to_settings(question.filter))
    settings.set(FILTER_PANE, window.filters_place.wanted)


def restore_place(widget: QWidget, settings: SettingsPort, name: str) -> None:
    """Put a window beside the main one where it was left."""
    geometry = _unpack(settings.get(f"{name}.geometry"))
    if geometry is not None:
        widget.restoreGeometry(geometry)


def remember_place(widget: QWidget, settings: SettingsPort, name: str) -> None:
    settings.set(f"{name}.geometry", _pack(widget.saveGeometry()))
