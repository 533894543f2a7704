"""The menus of inputs and of their channels; they and the chooser in the tool bar say the same."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu

from mgc_desktop.ui.live.device_chooser import DeviceChooser
from mgc_desktop.ui.port import SettingsPort

CHANNELS_SETTING = "live.channels"  # by the input's name, from 0


class InputMenus(QObject):
    """Fills Listen > Input Device and Listen > Channels, and remembers each input's channel. GUI thread.

    Parameters
    ----------
    chooser : DeviceChooser
    devices, channels : QMenu
        Theirs to fill.
    settings : SettingsPort
    """

    def __init__(self, chooser: DeviceChooser, devices: QMenu, channels: QMenu, settings: SettingsPort) -> None:
        super().__init__(chooser)
        self._chooser, self._settings = chooser, settings
        self._devices, self._channels = devices, channels
        self._device_group, self._channel_group = QActionGroup(self), QActionGroup(self)
        chooser.set_channels(_remembered(settings))
        chooser.listed.connect(self._fill)
        chooser.device_chosen.connect(self._fill)
        chooser.channel_chosen.connect(self._channel_chosen)
        for menu in (devices, channels):
            menu.setToolTipsVisible(True)
            menu.aboutToShow.connect(self._fill)
        devices.aboutToShow.connect(chooser.refresh)
        self._fill()

    def _channel_chosen(self) -> None:
        self._settings.set(CHANNELS_SETTING, dict(self._chooser.channels))
        self._fill()

    def _fill(self) -> None:
        self._fill_devices()
        self._fill_channels()

    def _fill_devices(self) -> None:
        self._devices.clear()
        for entry in self._chooser.shown:
            is_there = entry.name in {device.name for device in self._chooser.inputs}
            text = _literal(f"{entry.text} ({entry.detail})" if is_there else entry.text)
            action = self._add(self._devices, self._device_group, text, entry.name == self._chooser.device_name())
            action.setStatusTip(f"Listen to {entry.text}" if entry.name else "Listen to what the system chooses")
            action.triggered.connect(lambda _=False, name=entry.name: self._chooser.choose(name))

    def _fill_channels(self) -> None:
        self._channels.clear()
        device, chosen = self._chooser.device(), self._chooser.channel()
        if device is None or device.channels < 2:
            text = "One channel" if device is not None else "The input is not connected"
            self._channels.addAction(text).setEnabled(False)
            return
        mix = self._add(self._channels, self._channel_group, "&Mix of All", chosen is None)
        mix.setStatusTip("Listen to all channels of the input, mixed")
        mix.triggered.connect(lambda: self._chooser.choose_channel(None))
        self._channels.addSeparator()
        for channel in range(device.channels):
            name = device.positions[channel] if channel < len(device.positions) else ""
            text = channel_text(channel, name)
            action = self._add(self._channels, self._channel_group, text, chosen == channel)
            action.setStatusTip(f"Listen to channel {channel + 1} alone")
            action.triggered.connect(lambda _=False, channel=channel: self._chooser.choose_channel(channel))

    def _add(self, menu: QMenu, group: QActionGroup, text: str, is_chosen: bool) -> QAction:
        action = QAction(text, menu)
        action.setCheckable(True)
        group.addAction(action)
        action.setChecked(is_chosen)
        menu.addAction(action)
        return action


def channel_text(channel: int, position: str) -> str:
    """Return a channel's name for people: ``1``, or ``1\\tFront left`` where its place is known."""
    number = f"&{channel + 1}" if channel < 9 else str(channel + 1)
    is_place = position and not position.startswith(("aux", "mono"))
    return f"{number}\t{position.replace('-', ' ').capitalize()}" if is_place else number


def _literal(text: str) -> str:
    """Return text for a menu, in which no letter becomes a key and nothing a second column."""
    return text.replace("&", "&&").replace("\t", " ")


def _remembered(settings: SettingsPort) -> dict[str, int]:
    kept = settings.get(CHANNELS_SETTING, {})
    return {name: channel for name, channel in kept.items() if isinstance(channel, int) and channel >= 0}
