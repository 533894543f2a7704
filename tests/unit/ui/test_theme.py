"""The label colours are apart for every eye and on both schemes; names and figures read well."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations

import numpy as np
import pytest
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QLabel

from mgc_desktop.ui import theme
from mgc_desktop.ui.theme import DARK, LABEL_COLOURS, LIGHT, Theme

# Machado, Oliveira, Fernandes 2009, severity 1.0, on linear RGB.
_SIGHT = {
    "all colours": np.eye(3),
    "deuteranopia": np.array([[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]]),
    "protanopia": np.array([[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]]),
    "tritanopia": np.array([[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]]),
}


def _lab(colour: QColor, sight: np.ndarray) -> np.ndarray:
    rgb = np.array([colour.redF(), colour.greenF(), colour.blueF()])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    matrix = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = np.clip(matrix @ np.clip(sight @ linear, 0, 1), 1e-6, None) / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("sight", _SIGHT)
def test_label_colours_are_apart_for_every_eye(sight: str) -> None:
    seen = {label: _lab(theme.label_colour(label), _SIGHT[sight]) for label in LABEL_COLOURS}
    nearest = min((np.linalg.norm(seen[a] - seen[b]), a, b) for a, b in combinations(seen, 2))
    assert nearest[0] >= 12, nearest


@pytest.mark.parametrize("label", [*LABEL_COLOURS, "krautrock", "Hard Bop", "中文", "", "x" * 300])
def test_label_colours_stand_out_on_light_and_dark(label: str) -> None:
    colour = theme.label_colour(label)
    for surface in (LIGHT.base, DARK.base):
        assert theme.contrast(colour, QColor(surface)) >= 2.9


@pytest.fixture
def use_labels() -> Iterator[Callable[[Sequence[str]], None]]:
    yield theme.use_labels
    theme.use_labels(())


@pytest.mark.parametrize("names", [["Chords", "Drums"], ["Chords", "blues", "Drums", "rock", "_not_music"]])
@pytest.mark.parametrize("sight", _SIGHT)
def test_the_labels_of_a_taught_model_are_apart_for_every_eye(
    sight: str, names: list[str], use_labels: Callable[[Sequence[str]], None]
) -> None:
    use_labels(names)
    seen = [_lab(theme.label_colour(name), _SIGHT[sight]) for name in names if name != "_not_music"]
    assert min(np.linalg.norm(a - b) for a, b in combinations(seen, 2)) >= (60 if len(names) == 2 else 18)
    assert theme.label_colour("blues").name() == LABEL_COLOURS["blues"]


def test_taught_labels_keep_their_colour(use_labels: Callable[[Sequence[str]], None]) -> None:
    names = [f"genre {number}" for number in range(14)]
    alone = [theme.label_colour(name).name() for name in names]
    use_labels([*names, names[0]])
    colours = [theme.label_colour(name).name() for name in names]
    assert len(set(colours)) == len(names)
    use_labels(["Jazz"])
    assert [theme.label_colour(name).name() for name in names] == alone
    use_labels(names)
    assert [theme.label_colour(name).name() for name in names] == colours
    assert theme.label_colour("Jazz") == theme.label_colour("jazz")


def test_what_is_no_genre_is_grey() -> None:
    for kind in ("unsure", "not_music", "_not_music", "silence"):
        assert theme.label_colour(kind).hslSaturationF() < 0.1


@pytest.mark.parametrize("tokens", [LIGHT, DARK])
def test_text_can_be_read(tokens: theme.Tokens) -> None:
    for text in (tokens.text, tokens.muted, tokens.error, tokens.warning):
        for surface in (tokens.window, tokens.base):
            assert theme.contrast(QColor(text), QColor(surface)) >= 4.5, (text, surface)
    assert theme.contrast(QColor(tokens.accent_text), QColor(tokens.accent)) >= 4.5
    assert theme.contrast(QColor(tokens.text), QColor(tokens.selection)) >= 4.5


@pytest.mark.parametrize(
    ("label", "shown"),
    [("hiphop", "Hip-Hop"), ("metal", "Metal"), ("_not_music", "Not music"), ("deep_house", "Deep House"),
     ("UK garage", "UK Garage"), ("rnb", "R&B"), ("éthio-jazz", "Éthio-jazz"), ("", "")],
)  # fmt: skip
def test_labels_are_written_as_people_write_them(label: str, shown: str) -> None:
    assert theme.display_name(label) == shown


def test_the_scheme_can_be_chosen(qapp: QApplication, theme: Theme) -> None:
    changes: list[str] = []
    theme.changed.connect(lambda: changes.append(theme.mode))
    theme.set_mode("dark")
    assert qapp.palette().color(QPalette.ColorRole.Window) == QColor(DARK.window)
    theme.set_mode("light")
    assert qapp.palette().color(QPalette.ColorRole.Window) == QColor(LIGHT.window)
    theme.set_mode("purple")
    assert theme.mode == "system"
    assert changes == ["dark", "light", "system"]


def test_digits_are_of_one_width(qapp: QApplication) -> None:
    label = QLabel()
    label.setFont(theme.tabular(label.font()))
    assert len({label.fontMetrics().horizontalAdvance(digit * 8) for digit in "0123456789"}) == 1
