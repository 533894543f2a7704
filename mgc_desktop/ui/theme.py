"""Colours, fonts and names as they are shown: one place, so that a label looks the same everywhere.

Imports Qt only: it is needed before the window's first paint.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import chain

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from mgc_desktop.core.genre_names import display_name as display_name
from mgc_desktop.core.paths import resources_dir
from mgc_desktop.ui.style import STYLE_SHEET

# Ten colours that stay apart for deuteranopes, protanopes and tritanopes (CIELAB distance of 12 and more in the
# simulation of Machado et al. 2009) and stand out from the white and from the dark surface (contrast 3:1 and more).
LABEL_COLOURS = {
    "blues": "#0e729b",
    "classical": "#8e8dd8",
    "country": "#945d3d",
    "disco": "#a96bf6",
    "hiphop": "#ce841b",
    "jazz": "#2aa59d",
    "metal": "#c3390d",
    "pop": "#9e2fe0",
    "reggae": "#9a984c",
    "rock": "#b54068",
}
# What is no genre is grey, so that colour always means a genre.
OTHER_COLOURS = {
    "unsure": "#8a8f99",
    "not_music": "#737a86",
    "_not_music": "#737a86",
    "silence": "#6c727c",
    "error": "#c3390d",
}
# For labels that were taught, the same ten: each the farthest from those before it, for every eye.
_TAUGHT_COLOURS = tuple(
    LABEL_COLOURS[name]
    for name in ("blues", "hiphop", "pop", "country", "rock", "classical", "jazz", "reggae", "metal", "disco")
)
_TAUGHT_LUMINANCE = 0.21  # between the two limits that contrast 3:1 on white and on the dark surface leave


@dataclass(frozen=True, slots=True)
class Tokens:
    """The named colours of one scheme, as `#rrggbb`."""

    window: str  # behind everything
    base: str  # tables, fields, pictures
    alternate: str  # every second row
    raised: str  # buttons
    text: str
    muted: str  # second-rank text; contrast 4.5:1 and more on window and base
    border: str
    accent: str
    accent_text: str  # on accent
    selection: str  # behind selected rows
    groove: str  # the empty part of a bar
    error: str
    warning: str
    notice: str  # behind the message bar


LIGHT = Tokens(
    window="#f3f4f7", base="#ffffff", alternate="#f8f9fb", raised="#fdfdfe", text="#1b1d22", muted="#5b616d",
    border="#d5d8df", accent="#2a62c4", accent_text="#ffffff", selection="#d8e4fa", groove="#e6e8ed",
    error="#b3261e", warning="#8a5a00", notice="#fff6dd",
)  # fmt: skip
DARK = Tokens(
    window="#15161a", base="#1b1c20", alternate="#1f2025", raised="#26282e", text="#e7e9ee", muted="#9ba1ad",
    border="#34373f", accent="#7aa5f7", accent_text="#10131a", selection="#2b3c5e", groove="#2d3037",
    error="#ff8a80", warning="#e8b04b", notice="#332c18",
)  # fmt: skip


def luminance(colour: QColor) -> float:
    """Return the relative luminance of WCAG 2, 0..1."""

    def linear(channel: float) -> float:
        return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4

    return 0.2126 * linear(colour.redF()) + 0.7152 * linear(colour.greenF()) + 0.0722 * linear(colour.blueF())


def contrast(one: QColor, other: QColor) -> float:
    """Return the contrast ratio of WCAG 2, 1..21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@lru_cache(maxsize=512)
def label_colour(label: str) -> QColor:
    """Return the colour of a label, the same in every view, scheme and session with one model.

    Labels that were taught have theirs from `use_labels`, or else by their name alone; *unsure*, *not_music* and
    *silence* are greys.
    """
    key = _key(label)
    known = LABEL_COLOURS.get(key) or OTHER_COLOURS.get(key) or _in_use.get(key)
    return QColor(known or _computed_colour(key))


_in_use: dict[str, str] = {}  # colours of the model's labels that are not among the ten


def use_labels(labels: Iterable[str]) -> None:
    """Take the labels of the model in use, in its order: no two of them share a colour. GUI thread.

    What is on the screen in a colour of before has to be drawn again.
    """
    keys = [_key(label) for label in labels]
    taken = {LABEL_COLOURS[key] for key in keys if key in LABEL_COLOURS}
    free = [colour for colour in _TAUGHT_COLOURS if colour not in taken]
    taught = [key for key in dict.fromkeys(keys) if key not in LABEL_COLOURS and key not in OTHER_COLOURS]
    more = (_computed_colour(key) for key in taught[len(free) :])
    _in_use.clear()
    _in_use.update(zip(taught, chain(free, more), strict=False))
    label_colour.cache_clear()


def _key(label: str) -> str:
    return label.strip().lower()


def _seed(key: str) -> int:
    return zlib.crc32(key.encode("utf-8", "surrogatepass"))


def _computed_colour(key: str) -> str:
    # More labels than there are colours that stay apart: the name decides.
    seed = _seed(key)
    hue, saturation = (seed % 360) / 360, 0.55 + 0.4 * ((seed >> 16) % 256) / 255
    low, high = 0.0, 1.0
    for _ in range(12):  # 1/4096 of lightness is finer than a screen's step
        middle = (low + high) / 2
        if luminance(QColor.fromHslF(hue, saturation, middle)) < _TAUGHT_LUMINANCE:
            low = middle
        else:
            high = middle
    return QColor.fromHslF(hue, saturation, high).name()


@cache
def _tabular_tag() -> QFont.Tag:
    return QFont.Tag("tnum")


def tabular(font: QFont) -> QFont:
    """Return a copy of `font` whose digits are all of one width, so that columns of numbers line up."""
    copy = QFont(font)
    copy.setFeature(_tabular_tag(), 1)
    return copy


def scaled(font: QFont, factor: float, *, bold: bool = False) -> QFont:
    """Return a copy of `font`, `factor` times as large."""
    copy = QFont(font)
    if copy.pointSizeF() > 0:
        copy.setPointSizeF(copy.pointSizeF() * factor)
    else:
        copy.setPixelSize(max(1, round(copy.pixelSize() * factor)))
    if bold:
        copy.setWeight(QFont.Weight.DemiBold)
    return copy


def make_palette(tokens: Tokens) -> QPalette:
    """Return the palette of a scheme for the Fusion style."""
    palette = QPalette()
    role, group = QPalette.ColorRole, QPalette.ColorGroup
    plain = {
        role.Window: tokens.window, role.WindowText: tokens.text, role.Base: tokens.base,
        role.AlternateBase: tokens.alternate, role.Text: tokens.text, role.Button: tokens.raised,
        role.ButtonText: tokens.text, role.BrightText: tokens.error, role.PlaceholderText: tokens.muted,
        role.Highlight: tokens.accent, role.HighlightedText: tokens.accent_text, role.Link: tokens.accent,
        role.LinkVisited: tokens.accent, role.ToolTipBase: tokens.raised, role.ToolTipText: tokens.text,
        role.Light: tokens.raised, role.Midlight: tokens.groove, role.Mid: tokens.border, role.Dark: tokens.border,
        role.Accent: tokens.accent,
    }  # fmt: skip
    for name, colour in plain.items():
        palette.setColor(name, QColor(colour))
    for name in (role.WindowText, role.Text, role.ButtonText):
        faded = QColor(tokens.muted)
        faded.setAlphaF(0.65)
        palette.setColor(group.Disabled, name, faded)
    return palette


class Theme(QObject):
    """Light or dark, as the system says or as the person chose. GUI thread.

    Parameters
    ----------
    app : QApplication
    mode : str
        "system", "light" or "dark".
    """

    changed = Signal()

    def __init__(self, app: QApplication, mode: str = "system") -> None:
        super().__init__(app)
        self._app = app
        self._mode = ""
        app.setStyle("Fusion")
        app.styleHints().colorSchemeChanged.connect(self._follow_system)
        self.set_mode(mode)

    @property
    def mode(self) -> str:
        return self._mode

    def set_mode(self, mode: str) -> None:
        """Switch to "system", "light" or "dark"; anything else counts as "system"."""
        self._mode = mode if mode in ("light", "dark") else "system"
        schemes = {"light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark}
        # Told to Qt as well, so that the platform's title bars and file dialogs match.
        self._app.styleHints().setColorScheme(schemes.get(self._mode, Qt.ColorScheme.Unknown))
        self._apply()

    def _follow_system(self) -> None:
        if self._mode == "system":
            self._apply()

    def _apply(self) -> None:
        dark = self._mode == "dark" or (
            self._mode == "system" and self._app.styleHints().colorScheme() == Qt.ColorScheme.Dark
        )
        tokens = DARK if dark else LIGHT
        self._app.setPalette(make_palette(tokens))
        tick = resources_dir() / f"tick-{'dark' if dark else 'light'}.svg"
        self._app.setStyleSheet(STYLE_SHEET.format(t=tokens, tick=tick.as_posix()))
        self.changed.emit()


def is_dark() -> bool:
    """Return whether the scheme in use is the dark one."""
    palette = QGuiApplication.palette()
    return palette.color(QPalette.ColorRole.Window).lightness() < 128


def tokens() -> Tokens:
    """Return the named colours of the scheme in use; ask again after `changeEvent` or `Theme.changed`."""
    return DARK if is_dark() else LIGHT
