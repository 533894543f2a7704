"""What is painted over the picture when a verdict is explained, read back pixel by pixel."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication

from mgc_desktop.core.values import VerdictKind
from mgc_desktop.engine.events import SpanExplained
from mgc_desktop.model.explain import band_edges
from mgc_desktop.ui.live.axes import frequency_scale
from mgc_desktop.ui.live.why import (
    AGAINST,
    SUPPORTS,
    JudgedOverlay,
    WhyLegend,
    WhyOverlay,
    in_words,
    judged_text,
    legend,
)
from mgc_desktop.ui.theme import label_colour
from tests.unit.ui.fakes import make_verdict

PLOT = QRect(40, 10, 800, 240)
SCALE = frequency_scale(6000.0)
EDGES = band_edges(12_000)


def x_of(seconds: float) -> float:
    return PLOT.left() + 40.0 * seconds  # 20 s


def y_of(hz: float) -> float:
    return PLOT.bottom() + 1 - SCALE.share(hz) * PLOT.height()


def explained(weights: dict[tuple[int, int], float], *, done: int = 10, total: int = 10) -> SpanExplained:
    """Return a map of 10 columns over 4 s to 14 s with these cells (band, column)."""
    cells = np.zeros((8, 10), np.float32)
    for place, weight in weights.items():
        cells[place] = weight
    return SpanExplained(1, 4.0, 14.0, "metal", cells, EDGES, done, total)


def painted(*overlays: WhyOverlay | WhyLegend | JudgedOverlay) -> NDArray[np.int_]:
    """Return what overlays paint on grey, int[height, width, 3] (blue, green, red)."""
    image = QImage(900, 300, QImage.Format.Format_RGB32)
    image.fill(QColor(128, 128, 128))
    painter = QPainter(image)
    for overlay in overlays:
        overlay.paint(painter, PLOT, x_of, y_of)
    painter.end()
    raw = np.frombuffer(image.constBits(), np.uint8).reshape(300, 900, 4)
    return raw[:, :, :3].astype(int)


def middle(pixels: NDArray[np.int_], band: int, column: int) -> NDArray[np.float64]:
    """Return the mean colour in the middle of a cell."""
    x = round(x_of(4.5 + column))
    y = round((y_of(max(EDGES[band], 40.0)) + y_of(EDGES[band + 1])) / 2)
    return np.asarray(pixels[y - 4 : y + 5, x - 6 : x + 7].mean(axis=(0, 1)))


def test_each_cell_is_where_its_time_and_band_are(qapp: QApplication) -> None:
    overlay = WhyOverlay()
    overlay.shown = explained({(2, 3): 1.0, (6, 7): -1.0, (5, 1): 0.5})
    pixels = painted(overlay)
    supports, against, weaker, none = (middle(pixels, *place) for place in ((2, 3), (6, 7), (5, 1), (4, 5)))
    assert supports[0] > supports[2] + 100  # blue
    assert against[2] > against[0] + 80  # orange
    assert weaker[0] > weaker[2] + 30
    assert supports[0] > weaker[0]
    assert np.ptp(none) < 2
    assert none.mean() < 70  # the picture is dimmed, where there is nothing
    assert np.array_equal(pixels[20, 100], [128, 128, 128])  # beside the span it is as it was
    assert np.array_equal(pixels[20, 700], [128, 128, 128])


def test_what_speaks_against_is_hatched_so_that_colour_is_not_all(qapp: QApplication) -> None:
    overlay = WhyOverlay()
    overlay.shown = explained({(2, 3): 1.0, (6, 7): -1.0})
    pixels = painted(overlay)
    y, x = round((y_of(EDGES[6]) + y_of(EDGES[7])) / 2), round(x_of(11.5))
    assert pixels[y - 5 : y + 6, x - 8 : x + 9].std(axis=(0, 1)).max() > 20
    y, x = round((y_of(EDGES[2]) + y_of(EDGES[3])) / 2), round(x_of(7.5))
    assert pixels[y - 5 : y + 6, x - 8 : x + 9].std(axis=(0, 1)).max() < 1


def test_nothing_is_painted_outside_of_the_picture(qapp: QApplication) -> None:
    overlay = WhyOverlay()
    overlay.shown = SpanExplained(1, -30.0, 60.0, "metal", np.ones((8, 16), np.float32), EDGES, 1, 1)
    judged = JudgedOverlay(lambda: 0)
    judged.shown = -30.0, 60.0, make_verdict()
    pixels = painted(overlay, WhyLegend(overlay), judged)
    outside = np.ones((300, 900), bool)
    outside[PLOT.top() : PLOT.bottom() + 1, PLOT.left() : PLOT.right() + 1] = False
    assert (pixels[outside] == 128).all()


def test_the_legend_says_what_the_colours_mean_and_how_far_it_is() -> None:
    going = legend(explained({(1, 1): 1.0}, done=30, total=120))
    assert [text for text, _ in going] == ["supports Metal", "speaks against", "25 %"]
    assert [colour for _, colour in going] == [SUPPORTS, AGAINST, None]
    assert [text for text, _ in legend(explained({(1, 1): 1.0}))] == ["supports Metal", "speaks against"]
    assert legend(explained({}, done=3, total=90))[0][0] == "Looking for what Metal rests on…"
    assert legend(explained({}))[0][0] == "Metal rests on the whole, on no part alone"


@pytest.mark.parametrize(("start", "at_left"), [(0.0, False), (10.0, True)])
def test_the_legend_stands_where_the_map_is_not(qapp: QApplication, start: float, at_left: bool) -> None:
    overlay = WhyOverlay()
    overlay.shown = SpanExplained(1, start, start + 8.0, "metal", np.ones((8, 4), np.float32), EDGES, 1, 1)
    pixels = painted(WhyLegend(overlay))
    changed = np.flatnonzero((pixels != 128).any(axis=(0, 2)))
    assert bool(changed.max() < PLOT.center().x()) is at_left
    assert bool(changed.min() > PLOT.center().x()) is not at_left


def test_it_is_told_in_words(qapp: QApplication) -> None:
    assert (
        in_words(explained({(2, 3): 1.0, (6, 7): -2.0})) == "Metal rests most on 680 to 1,000 Hz, from 7.0 s to 8.0 s"
    )
    assert "rests on the whole" in in_words(explained({}))


def test_a_judged_span_has_a_line_in_the_colour_of_its_genre(qapp: QApplication) -> None:
    overlay = JudgedOverlay(lambda: 0)
    assert (painted(overlay) == 128).all()
    overlay.shown = 4.0, 14.0, make_verdict("metal")
    pixels = painted(overlay)
    colour = label_colour("metal")
    wanted = [colour.blue(), colour.green(), colour.red()]
    assert np.array_equal(pixels[PLOT.top() + 2, round(x_of(4.0)) + 1], wanted)
    assert np.array_equal(pixels[PLOT.top() + 2, round(x_of(14.0)) - 2], wanted)
    assert np.array_equal(pixels[PLOT.top() + 2, round(x_of(14.0)) + 2], [128, 128, 128])
    overlay.shown = 4.0, 14.0, make_verdict("metal", kind=VerdictKind.UNSURE)
    assert not np.array_equal(painted(overlay)[PLOT.top() + 2, round(x_of(9.0))], wanted)


def test_what_it_was_judged_to_be_is_written_there() -> None:
    assert judged_text(make_verdict("metal", 0.87)) == "Metal 87 %"
    assert judged_text(make_verdict("_not_music", 0.9, VerdictKind.NOT_MUSIC)) == "Not music 90 %"
    assert judged_text(make_verdict("hiphop", 0.4, VerdictKind.UNSURE)) == "Unsure, perhaps Hip-Hop"
    assert judged_text(make_verdict("metal", 0.0, VerdictKind.SILENCE)) == "Silence"


def test_a_warning_at_the_top_leaves_room_for_it(qapp: QApplication) -> None:
    overlay = JudgedOverlay(lambda: 26)
    overlay.shown = 4.0, 14.0, make_verdict("metal")
    pixels = painted(overlay)
    assert (pixels[PLOT.top() : PLOT.top() + 26] == 128).all()
    assert (pixels[PLOT.top() + 26 : PLOT.top() + 60] != 128).any()
