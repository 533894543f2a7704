"""What may be chosen about the picture, in a small window that stays open while the picture follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QImage, QPixmap
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from mgc_desktop.core.mel_picture import transform_length
from mgc_desktop.ui.live.colours import COLOUR_MAPS, colour_table
from mgc_desktop.ui.live.picture_settings import (
    BANDS,
    COLUMNS_PER_SECOND,
    HIGHEST_FREQUENCIES,
    LOUDEST_DB,
    QUIETEST_DB,
    SPANS,
    TRANSFORMS,
    PictureSettings,
)
from mgc_desktop.ui.live.range_drag import proper_levels
from mgc_desktop.ui.live.selection import seconds_text

AUTOMATIC = "Automatic"
_SWATCH = QSize(96, 12)  # px
_FIELD_WIDTH = 210  # px


class OptionsPopup(QDialog):
    """Every choice is made at once, and `changed` says what is wanted now. GUI thread."""

    changed = Signal(object)  # PictureSettings

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Tool)
        self.setWindowTitle("Picture options")
        self.setAccessibleName("Picture options")
        self._settings = PictureSettings()
        self._rate = 0
        self._fitted = (-80.0, -20.0)  # dB, what an automatic range has come to
        self._filling = False
        self.span = self._combo("Time span", "How many seconds the picture is wide")
        self.colours = self._combo("Colours", "Every one is even to the eye, and readable without seeing red or green")
        self.colours.setIconSize(_SWATCH)
        self.automatic = QCheckBox("Follow the music", self)
        self.automatic.setAccessibleName("Range follows the music")
        self.automatic.setToolTip("Fit the range of colours to the loudness of the last seconds")
        self.low, self.high = self._level("Darkest"), self._level("Brightest")
        self.highest = self._combo("Highest frequency", "Upper edge of the picture; at most half the sample rate")
        self.bands = self._combo("Bands", "Rows of the mel scale: more of them are finer")
        self.transform = self._combo("Transform", "Longer ones tell tones apart, shorter ones tell moments apart")
        self.columns = self._combo("Columns per second", "How finely time is cut; the hop is the sample rate by this")
        self.reset = QPushButton("Reset", self)
        self.reset.setAutoDefault(False)  # Return in a field is no wish to reset
        self.reset.setToolTip("Everything as it was at first")
        self._put_in_place()
        self._connect()
        self.show_settings(self._settings)

    def _put_in_place(self) -> None:
        levels = QWidget(self)
        levels.setAccessibleName("Range in dB")
        row = QHBoxLayout(levels)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self.low, 1)
        to = QLabel("to", levels)
        to.setProperty("rank", "muted")
        row.addWidget(to)
        row.addWidget(self.high, 1)
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(7)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        for text, field in (
            ("&Time span", self.span),
            ("&Colours", self.colours),
            ("&Range", self.automatic),
            ("", levels),
            ("&Highest frequency", self.highest),
            ("&Bands", self.bands),
            ("Trans&form", self.transform),
            ("Columns per &second", self.columns),
        ):
            form.addRow(text, field)
        foot = QHBoxLayout()
        hint = QLabel("The range can be dragged at the colour bar, too.", self)
        hint.setProperty("rank", "muted")
        foot.addWidget(hint, 1)
        foot.addWidget(self.reset)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 14)
        column.setSpacing(12)
        column.addLayout(form)
        column.addLayout(foot)
        column.setSizeConstraint(QVBoxLayout.SizeConstraint.SetFixedSize)

    def _combo(self, name: str, tip: str) -> QComboBox:
        combo = QComboBox(self)
        combo.setAccessibleName(name)
        combo.setToolTip(tip)
        combo.setMinimumWidth(_FIELD_WIDTH)
        return combo

    def _level(self, name: str) -> QSpinBox:
        field = QSpinBox(self)
        field.setAccessibleName(f"{name} colour, dB")
        field.setToolTip(f"Level of the {name.lower()} colour, dB re full scale")
        field.setRange(round(QUIETEST_DB), round(LOUDEST_DB))
        field.setSuffix(" dB")
        return field

    def _connect(self) -> None:
        for combo in (self.span, self.colours, self.highest, self.bands, self.transform, self.columns):
            combo.activated.connect(self._choose)
        self.automatic.toggled.connect(self._choose)
        for field in (self.low, self.high):
            field.setKeyboardTracking(False)  # -6 on the way to -60 is not meant
            field.valueChanged.connect(self._choose)
        self.reset.clicked.connect(self._reset)

    # What is shown -----------------------------------------------------------------------------------

    @property
    def settings(self) -> PictureSettings:
        """What is chosen."""
        return self._settings

    def show_settings(self, settings: PictureSettings, *, rate: int = 0, fitted: tuple[float, float] = (0, 0)) -> None:
        """Show what holds now.

        Parameters
        ----------
        settings : PictureSettings
        rate : int
            Hz, of what is listened to; 0: not known.
        fitted : (float, float)
            dB of an automatic range, (0, 0) where it is not known: a fixed one begins with it.
        """
        self._settings, self._rate = settings, rate
        if fitted[1] > fitted[0]:
            self._fitted = fitted
        self._filling = True
        self._fill()
        self._filling = False

    def _fill(self) -> None:
        now = self._settings
        _choices(self.span, span_choices())
        _select(self.span, now.span_seconds, _span)
        if not self.colours.count():
            for name in COLOUR_MAPS:
                self.colours.addItem(_swatch(name, self.devicePixelRatioF()), name.capitalize(), name)
        _select(self.colours, now.colour_map, str)
        self.automatic.setChecked(now.levels is None)
        low, high = now.levels or self._fitted
        for field, value in ((self.low, low), (self.high, high)):
            field.setEnabled(now.levels is not None)
            field.setValue(round(value))
        _choices(self.highest, [(_kilohertz(value), value) for value in HIGHEST_FREQUENCIES])
        _select(self.highest, now.highest_hz, _kilohertz)
        _choices(self.bands, [(str(value), value) for value in BANDS])
        _select(self.bands, now.bands, str)
        automatic = f"{AUTOMATIC}, {self._samples(transform_length(self._rate))}" if self._rate else AUTOMATIC
        _choices(self.transform, [(automatic, None), *((self._samples(value), value) for value in TRANSFORMS)])
        _select(self.transform, now.n_fft, self._samples)
        _choices(self.columns, [(AUTOMATIC, None), *((str(value), value) for value in COLUMNS_PER_SECOND)])
        _select(self.columns, now.columns_per_second, str)

    def _samples(self, count: int) -> str:
        duration = f", {1000 * count / self._rate:.0f} ms" if self._rate else ""
        return f"{count:,} samples{duration}"

    # What is chosen ----------------------------------------------------------------------------------

    def _choose(self) -> None:
        if self._filling:
            return
        wanted = replace(
            self._settings,
            bands=self.bands.currentData(),
            n_fft=self.transform.currentData(),
            columns_per_second=self.columns.currentData(),
            highest_hz=self.highest.currentData(),
            colour_map=self.colours.currentData(),
            levels=None if self.automatic.isChecked() else self._levels(),
            span_seconds=self.span.currentData(),
        )
        self._take(wanted)

    def _levels(self) -> tuple[float, float]:
        # The one that was not touched gives way.
        return proper_levels(self.low.value(), self.high.value(), keeps_low=self.sender() is self.low)

    def _reset(self) -> None:
        self._take(PictureSettings())

    def _take(self, wanted: PictureSettings) -> None:
        if wanted != self._settings:
            self.show_settings(wanted, rate=self._rate)
            self.changed.emit(wanted)


def _choices(combo: QComboBox, entries: Sequence[tuple[str, object]]) -> None:
    shown = [(combo.itemText(place), combo.itemData(place)) for place in range(combo.count())]
    if shown != list(entries):
        combo.clear()
        for text, value in entries:
            combo.addItem(text, value)


def _select(combo: QComboBox, value: Any, text: Any) -> None:
    """Show a value; one that is not among the choices becomes one."""
    place = combo.findData(value)
    if place < 0:
        combo.addItem(text(value), value)
        place = combo.count() - 1
    combo.setCurrentIndex(place)


def span_choices() -> list[tuple[str, float | None]]:
    """Return the time spans with what they are called."""
    return [("As wide as the window", None), *((_span(value), value) for value in SPANS)]


def span_name(seconds: float | None) -> str:
    """Return a time span in a word or two, for a narrow button."""
    return "Auto" if seconds is None else _span(seconds)


def _span(seconds: float) -> str:
    if seconds >= 60 and seconds % 60 == 0:
        return f"{seconds / 60:g} min"
    return f"{seconds:g} s" if seconds == round(seconds) else seconds_text(seconds)


def _kilohertz(hz: float) -> str:
    return f"{hz / 1000:g} kHz"


def _swatch(name: str, ratio: float) -> QIcon:
    """Return a colour map from quiet to loud."""
    size = _SWATCH * ratio
    places = np.linspace(0, 255, size.width()).astype(np.intp)
    pixels = np.ascontiguousarray(np.broadcast_to(colour_table(name)[places], (size.height(), size.width())))
    image = QImage(pixels.data, size.width(), size.height(), 4 * size.width(), QImage.Format.Format_RGB32).copy()
    image.setDevicePixelRatio(ratio)
    return QIcon(QPixmap.fromImage(image))
