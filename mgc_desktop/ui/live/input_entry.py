"""An input as it stands in lists: its name, and below it how it is reached, its channels and its rate."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from mgc_desktop.audio.devices import InputDevice
from mgc_desktop.ui import theme

DETAIL_ROLE = int(Qt.ItemDataRole.UserRole) + 1
_PAD_X, _PAD_Y = 8, 4  # px
_SMALL = 0.86  # of the font, for the second line


@dataclass(frozen=True, slots=True)
class InputEntry:
    """What a list shows of an input. `name` is what is remembered; None: what the system uses by default."""

    text: str
    name: str | None
    detail: str = ""

    @property
    def spoken(self) -> str:
        """The whole of it in one line."""
        return f"{self.text}, {self.detail}" if self.detail else self.text


def entries_of(inputs: list[InputDevice], wanted: str | None) -> list[InputEntry]:
    """Return what there is to choose from, the usual input first; `wanted` is among it, connected or not."""
    usual = next((device for device in inputs if device.is_default), None)
    if usual is None:
        found = [InputEntry("Default input", None, "what the system chooses")]
    else:
        found = [InputEntry(f"Default: {usual.name}", None, "the system's choice")]
    found += [InputEntry(device.name, device.name, detail_of(device)) for device in inputs]
    return found + missing_of(wanted, found)


def missing_of(wanted: str | None, found: list[InputEntry]) -> list[InputEntry]:
    """Return an entry for a remembered input that is not there, if it is not."""
    if wanted is None or wanted in [entry.name for entry in found]:
        return []
    return [InputEntry(f"{wanted} (not connected)", wanted, "comes back by itself when it is plugged in")]


def detail_of(device: InputDevice) -> str:
    """Return the second line, e.g. ``PulseAudio, 2 channels, 44.1 kHz, default``."""
    channels = "1 channel" if device.channels == 1 else f"{device.channels} channels"
    default = ["default"] if device.is_default else []
    return ", ".join([device.host_api, channels, f"{device.default_rate / 1000:.4g} kHz", *default])


class EntryDelegate(QStyledItemDelegate):
    """Paints an entry in two lines."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        line = option.fontMetrics.height()
        return QSize(120, round(line * (1 + _SMALL)) + 2 * _PAD_Y)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        tokens, rect = theme.tokens(), QRect(option.rect)
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, QColor(tokens.selection))
        room = rect.adjusted(_PAD_X, _PAD_Y, -_PAD_X, -_PAD_Y)
        painter.setFont(option.font)
        painter.setPen(QColor(tokens.text))
        self._write(painter, room, Qt.AlignmentFlag.AlignTop, str(index.data() or ""))
        painter.setFont(theme.scaled(option.font, _SMALL))
        painter.setPen(QColor(tokens.text if option.state & QStyle.StateFlag.State_Selected else tokens.muted))
        self._write(painter, room, Qt.AlignmentFlag.AlignBottom, str(index.data(DETAIL_ROLE) or ""))
        painter.restore()

    def _write(self, painter: QPainter, room: QRect, place: Qt.AlignmentFlag, text: str) -> None:
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, int(Qt.AlignmentFlag.AlignLeft | place), shown)
