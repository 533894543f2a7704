"""The choice of an input: listed by another process, so that the window never waits for a sound system."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import Future

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QComboBox, QStyle, QStyleOptionComboBox, QStylePainter, QWidget

from mgc_desktop.audio import hotplug
from mgc_desktop.audio.devices import InputDevice, list_inputs
from mgc_desktop.core.errors import DeviceCause, DeviceError
from mgc_desktop.ui.elided import plain_tip
from mgc_desktop.ui.live.input_entry import DETAIL_ROLE, EntryDelegate, InputEntry, entries_of, missing_of

_LOOK_EVERY_MS = 40  # for the answer, while a question is under way
_PATIENCE_SECONDS = 10.0  # a computer that has just started may take long for the first list
_TEXT_MARGIN = 4  # px left and right of the name
_POPUP_WIDTH, _POPUP_MARGIN = 480, 40  # px at most; around the widest text
_TIP = "The input to listen to"
_NONE_TIP = "Connect a microphone, or allow its use in the system's sound settings"
_FAILED = {DeviceCause.DENIED: "Microphone not allowed", DeviceCause.STALLED: "Sound system hangs"}
_NONE_FOUND = "No microphone found"


class DeviceChooser(QComboBox):
    """Lists the inputs, and follows while they are plugged in and out; remembers by name. GUI thread.

    Signals
    -------
    device_chosen : str or None
        The person chose an input; None: what the system uses by default.
    channel_chosen : int or None
        The person chose a channel of the input, from 0; None: the mix of all.
    listed
        The list is up to date.
    """

    device_chosen = Signal(object)
    channel_chosen = Signal(object)
    listed = Signal()
    _plugged = Signal()  # comes from another thread

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Input device")
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(12)
        self.setItemDelegate(EntryDelegate(self))
        self.inputs: list[InputDevice] = []  # as listed last
        self._wanted: str | None = None
        self._channels: dict[str, int] = {}  # chosen ones, by the input's name
        self._answer: Future[list[InputDevice]] | None = None
        self._is_outdated = False  # something was plugged while a question was under way
        self._shown: list[InputEntry] = []
        self._watching: hotplug.Watching | None = None
        self._look = QTimer(self)
        self._look.setInterval(_LOOK_EVERY_MS)
        self._look.timeout.connect(self._take_answer)
        self._plugged.connect(self.refresh, Qt.ConnectionType.QueuedConnection)
        self.activated.connect(lambda row: self.choose(self._shown[row].name))
        self._fill([InputEntry("Default input", None)], _TIP)

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

    @property
    def shown(self) -> list[InputEntry]:
        """What there is to choose from."""
        return self._shown

    def device_name(self) -> str | None:
        """Return the name of the chosen input; None: what the system uses by default."""
        return self._wanted

    def set_device_name(self, name: str | None) -> None:
        """Choose an input, which need not be connected now."""
        self._wanted = name
        if name is not None and name not in [entry.name for entry in self._shown]:
            self._fill([*self._shown, InputEntry(name, name)], self.toolTip())
        self._select()

    def choose(self, name: str | None) -> None:
        """Choose an input as the person does: it is told."""
        if name != self._wanted:
            self._wanted = name
            self._select()
            self.device_chosen.emit(name)

    def device(self) -> InputDevice | None:
        """Return the chosen input as it was listed last; None where it is not connected, or not known yet."""
        if self._wanted is None:
            return next((device for device in self.inputs if device.is_default), None)
        return next((device for device in self.inputs if device.name == self._wanted), None)

    def channel(self) -> int | None:
        """Return the channel to listen to, from 0; None: the mix of all. Each input has a choice of its own."""
        device = self.device()
        name = device.name if device is not None else self._wanted or ""
        channel = self._channels.get(name)
        if channel is not None and device is not None and channel >= device.channels:
            return None  # another profile of the device has fewer
        return channel

    def choose_channel(self, channel: int | None) -> None:
        """Choose a channel of the chosen input as the person does: it is told."""
        device = self.device()
        if device is None or channel == self.channel():
            return
        if channel is None:
            self._channels.pop(device.name, None)
        else:
            self._channels[device.name] = channel
        self.channel_chosen.emit(channel)

    @property
    def channels(self) -> Mapping[str, int]:
        """The channels that were chosen, by the input's name."""
        return self._channels

    def set_channels(self, channels: Mapping[str, int]) -> None:
        """Take over what was chosen on another day."""
        self._channels = dict(channels)

    # Listing ---------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Ask afresh which inputs there are. Returns at once; `listed` says when they are shown."""
        if self._answer is not None:
            self._is_outdated = True
            return
        self._answer = Future()
        # A thread that knows nothing of Qt: it may outlive this widget by the time a sound system takes.
        threading.Thread(target=_answer, args=(self._answer,), name="list-inputs", daemon=True).start()
        self._look.start()

    def _take_answer(self) -> None:
        if self._answer is None or not self._answer.done():
            return
        self._look.stop()
        answer, self._answer = self._answer, None
        if self._is_outdated:
            self._is_outdated = False
            self.refresh()
        try:
            self._show(answer.result())
        except DeviceError as error:
            self.inputs = []
            self._fill_none(_FAILED.get(error.cause, _NONE_FOUND), error.sentence)
        self._select()
        self.listed.emit()

    def _show(self, inputs: list[InputDevice]) -> None:
        self.inputs = inputs
        if inputs:
            self._fill(entries_of(inputs, self._wanted), _TIP)
        else:
            self._fill_none(_NONE_FOUND, _NONE_TIP)

    def _fill_none(self, text: str, tip: str) -> None:
        none = [InputEntry(text, None, "appears here when it is connected")]
        self._fill([*none, *missing_of(self._wanted, none)], tip)

    def _fill(self, entries: list[InputEntry], tip: str) -> None:
        self.setToolTip(tip)
        if entries == self._shown:
            return  # an open list is not disturbed
        self._shown = entries
        self.clear()
        for row, entry in enumerate(entries):
            self.addItem(entry.text, entry.name)
            self.setItemData(row, entry.detail, DETAIL_ROLE)
            self.setItemData(row, plain_tip(entry.spoken), Qt.ItemDataRole.ToolTipRole)
            self.setItemData(row, entry.spoken, Qt.ItemDataRole.AccessibleTextRole)
        widest = max(
            self.fontMetrics().horizontalAdvance(part) for entry in entries for part in (entry.text, entry.detail)
        )
        self.view().setMinimumWidth(min(widest + _POPUP_MARGIN, _POPUP_WIDTH))
        if self.view().isVisible():
            self._select()
            super().showPopup()  # it is as high as its entries

    def _select(self) -> None:
        names = [entry.name for entry in self._shown]
        self.setCurrentIndex(names.index(self._wanted) if self._wanted in names else 0)

    def stop(self) -> None:
        """Follow no plugging any more. Idempotent."""
        watching, self._watching = self._watching, None
        if watching is not None:
            watching.stop()

    # Qt's events -----------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not event.spontaneous():
            if self._watching is None:
                self._watching = hotplug.watch(self._plugged.emit)
            self.refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if not event.spontaneous():
            self.stop()

    def showPopup(self) -> None:
        self.refresh()
        super().showPopup()


def _answer(future: Future[list[InputDevice]]) -> None:
    try:
        future.set_result(list_inputs(_PATIENCE_SECONDS))
    except DeviceError as error:
        future.set_exception(error)
