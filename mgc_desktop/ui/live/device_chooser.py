"""The choice of an input: listed by another process, so that the window never waits for a sound system."""

from __future__ import annotations

import threading
from concurrent.futures import Future

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QPaintEvent, QShowEvent
from PySide6.QtWidgets import QComboBox, QStyle, QStyleOptionComboBox, QStylePainter, QWidget

from mgc_desktop.audio.devices import InputDevice, list_inputs
from mgc_desktop.core.errors import DeviceError

_LOOK_EVERY_MS = 40  # for the answer, while a question is under way
_TEXT_MARGIN = 4  # px left and right of the name
_NONE_FOUND = "No microphone found"


class DeviceChooser(QComboBox):
    """Lists the inputs when it is first shown and each time it is opened; remembers by name. GUI thread.

    Signals
    -------
    device_chosen : str or None
        The person chose an input; None: what the system uses by default.
    listed
        The list is up to date.
    """

    device_chosen = Signal(object)
    listed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Input device")
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(12)
        self._wanted: str | None = None
        self._answer: Future[list[InputDevice]] | None = None
        self._shown: list[tuple[str, str | None]] = []
        self._look = QTimer(self)
        self._look.setInterval(_LOOK_EVERY_MS)
        self._look.timeout.connect(self._take_answer)
        self.activated.connect(self._chosen_by_hand)
        self._fill([("Default input", None)], "The input to listen to")

    def paintEvent(self, event: QPaintEvent) -> None:
        # A combo box cuts a long name off in the middle of a letter: this one says that there is more.
        painter = QStylePainter(self)
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        field = self.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, self
        )
        room = field.width() - 2 * _TEXT_MARGIN
        option.currentText = self.fontMetrics().elidedText(self.currentText(), Qt.TextElideMode.ElideRight, room)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)

    def device_name(self) -> str | None:
        """Return the name of the chosen input; None: what the system uses by default."""
        return self._wanted

    def set_device_name(self, name: str | None) -> None:
        """Choose an input, which need not be connected now."""
        self._wanted = name
        if name is not None and name not in [data for _, data in self._shown]:
            self._fill([*self._shown, (name, name)], self.toolTip())
        self._select()

    def refresh(self) -> None:
        """Ask afresh which inputs there are. Returns at once; `listed` says when they are shown."""
        if self._answer is None:
            self._answer = Future()
            # A thread that knows nothing of Qt: it may outlive this widget by the time a sound system takes.
            threading.Thread(target=_answer, args=(self._answer,), name="list-inputs", daemon=True).start()
            self._look.start()

    def _take_answer(self) -> None:
        if self._answer is None or not self._answer.done():
            return
        self._look.stop()
        answer, self._answer = self._answer, None
        try:
            self._show(answer.result())
        except DeviceError as error:
            self._fill([(_NONE_FOUND, None)], error.sentence)
        self._select()
        self.listed.emit()

    def _show(self, inputs: list[InputDevice]) -> None:
        if not inputs:
            entries: list[tuple[str, str | None]] = [(_NONE_FOUND, None)]
            tip = "Connect a microphone, or allow its use in the system's sound settings, and open this list again"
        else:
            usual = next((device.name for device in inputs if device.is_default), "")
            entries = [(f"Default: {usual}" if usual else "Default input", None)]
            entries += [(device.name, device.name) for device in inputs]
            tip = "The input to listen to"
        if self._wanted is not None and self._wanted not in [data for _, data in entries]:
            entries.append((f"{self._wanted} (not connected)", self._wanted))
        self._fill(entries, tip)

    def _fill(self, entries: list[tuple[str, str | None]], tip: str) -> None:
        self.setToolTip(tip)
        if entries == self._shown:
            return  # an open list is not disturbed
        self._shown = entries
        self.clear()
        for row, (text, name) in enumerate(entries):
            self.addItem(text, name)
            self.setItemData(row, text, Qt.ItemDataRole.ToolTipRole)
        widest = max(self.fontMetrics().horizontalAdvance(text) for text, _ in entries)
        self.view().setMinimumWidth(min(widest + 40, 480))

    def _select(self) -> None:
        names = [name for _, name in self._shown]
        self.setCurrentIndex(names.index(self._wanted) if self._wanted in names else 0)

    def _chosen_by_hand(self, row: int) -> None:
        name = self._shown[row][1]
        if name != self._wanted:
            self._wanted = name
            self.device_chosen.emit(name)

    # Qt's events -----------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not event.spontaneous():
            self.refresh()

    def showPopup(self) -> None:
        self.refresh()
        super().showPopup()


def _answer(future: Future[list[InputDevice]]) -> None:
    try:
        future.set_result(list_inputs())
    except DeviceError as error:
        future.set_exception(error)
