"""What the model sees, read back pixel by pixel."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from mgc_desktop.core.values import Verdict, VerdictKind
from mgc_desktop.engine.events import LiveVerdict
from mgc_desktop.ui.live.model_view import SILENT, WAITING, ModelView
from tests.unit.ui.fakes import make_verdict

Features = NDArray[np.float32]


@pytest.fixture
def view(qtbot: QtBot) -> ModelView:
    view = ModelView()
    qtbot.addWidget(view)
    view.resize(900, 300)
    view.show()
    qtbot.waitExposed(view)
    return view


def verdict(features: Features | None, seconds: float = 10.0, said: Verdict | None = None) -> LiveVerdict:
    return LiveVerdict(60.0, seconds, said or make_verdict(), {}, 20.0, 100.0, "cpu", -20.0, features)


def pixels(view: ModelView) -> NDArray[np.float64]:
    """Return the brightness of the window's part, float64[height, width]."""
    image = view.grab(view.window_rect()).toImage().convertToFormat(QImage.Format.Format_RGB32)
    raw = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
    brightness: NDArray[np.float64] = raw[:, : image.width(), :3].astype(float).sum(axis=2)
    return brightness


def test_a_feature_is_in_its_row_at_its_time(view: ModelView) -> None:
    features = np.full((96, 470), -60.0, np.float32)
    features[20:24, 100:140] = 0.0  # rows from the lowest, a fifth of the window from its beginning on
    view.show_verdict(verdict(features))
    seen = pixels(view)
    height, width = seen.shape
    rows, columns = np.nonzero(seen > 0.8 * seen.max())
    inside = (rows > 0.3 * height) & (columns < 0.5 * width)  # the caption is above
    assert 1 - rows[inside].mean() / height == pytest.approx(22 / 96, abs=0.01)
    assert columns[inside].min() / width == pytest.approx(100 / 470, abs=0.01)
    assert columns[inside].max() / width == pytest.approx(140 / 470, abs=0.01)


def test_the_window_begins_where_it_is_marked(view: ModelView) -> None:
    view.show_verdict(verdict(np.random.default_rng(0).normal(size=(20, 30)).astype(np.float32), 7.5))
    plot, window = view.plot_rect(), view.window_rect()
    assert view.span_seconds == 10.0
    assert window.right() == plot.right()
    assert window.width() / plot.width() == pytest.approx(0.75, abs=0.01)
    assert view.caption() == "What genres-1 sees: 20 by 30, 7.5 s"
    assert view.caption() in view.accessibleDescription()


@pytest.mark.parametrize("shape", [(1, 1), (3, 2000), (512, 7), (20, 1)])
def test_any_shape_has_its_picture(view: ModelView, shape: tuple[int, int]) -> None:
    features = np.linspace(-500.0, 900.0, shape[0] * shape[1], dtype=np.float32).reshape(shape)
    view.show_verdict(verdict(features, 3.0))
    assert view.shape == shape
    assert pixels(view).size
    view.resize(340, 110)
    view.grab()


def test_values_that_are_none_do_no_harm(view: ModelView) -> None:
    features = np.full((8, 8), np.nan, np.float32)
    view.show_verdict(verdict(features))
    features = np.zeros((8, 8), np.float32)
    features[0, 0] = -np.inf
    view.show_verdict(verdict(features))
    assert view.shape == (8, 8)
    assert pixels(view).size


def test_what_there_is_to_wait_for_is_told(view: ModelView) -> None:
    assert view.accessibleDescription() == WAITING
    view.show_verdict(verdict(None))
    assert view.accessibleDescription() == WAITING
    view.show_verdict(verdict(np.ones((4, 4), np.float32)))
    assert view.shape == (4, 4)
    view.show_verdict(verdict(None))  # not every verdict brings some: the last picture stays
    assert view.shape == (4, 4)
    silent = Verdict(VerdictKind.SILENCE, None, 0.0, None, 0.0, {}, "genres-1", "too quiet")
    view.show_verdict(verdict(None, 3.0, silent))
    assert view.accessibleDescription() == SILENT
    view.clear()
    assert view.shape == (0, 0)
    assert view.accessibleDescription() == WAITING


def test_colours_stay_while_the_music_stays(view: ModelView) -> None:
    rng = np.random.default_rng(1)
    view.show_verdict(verdict(rng.normal(-20, 10, (96, 400)).astype(np.float32)))
    before = (view._low, view._high)
    view.show_verdict(verdict(rng.normal(-20.5, 10, (96, 400)).astype(np.float32)))
    assert (view._low, view._high) == before
    view.show_verdict(verdict(rng.normal(10, 20, (96, 400)).astype(np.float32)))
    assert view._high > before[1] + 20
