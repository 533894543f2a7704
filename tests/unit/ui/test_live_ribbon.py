"""What was heard, as coloured stretches under the picture."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QColor, QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from mgc_desktop.core.recording import Gap, Recording
from mgc_desktop.core.ring import AudioRing
from mgc_desktop.core.values import Verdict, VerdictKind
from mgc_desktop.engine.events import LiveVerdict
from mgc_desktop.ui.live import axes
from mgc_desktop.ui.live.heard import Heard, Stretch
from mgc_desktop.ui.live.ribbon import Ribbon, stretch_text
from mgc_desktop.ui.theme import label_colour


def _verdict(
    time: float, label: str | None = "rock", kind: VerdictKind = VerdictKind.GENRE, confidence: float = 0.8
) -> LiveVerdict:
    return LiveVerdict(time, 3.0, Verdict(kind, label, confidence, None, 0.0, {}, "m"), {}, 20.0, 40.0, "cpu")


@pytest.fixture
def heard() -> Heard:
    """Return ten seconds of rock, then five of jazz."""
    heard = Heard()
    for half in range(1, 21):
        heard.add(_verdict(half / 2))
    for half in range(21, 31):
        heard.add(_verdict(half / 2, "jazz", confidence=half / 40))
    return heard


def _ribbon(qtbot: QtBot, heard: Heard, seconds: float | None = None) -> Ribbon:
    ribbon = Ribbon(heard, "heard", 20, seconds)
    qtbot.addWidget(ribbon)
    ribbon.resize(axes.LEFT + 1200 + axes.RIGHT, 20)
    ribbon.show()
    qtbot.waitExposed(ribbon)
    return ribbon


def _colour_at(ribbon: Ribbon, x: float) -> QColor:
    return ribbon.grab().toImage().pixelColor(round(x), 2)


def test_verdicts_of_one_headline_are_one_stretch(heard: Heard) -> None:
    rock, jazz = heard.stretches
    assert (rock.start, rock.end, rock.label, rock.verdicts) == (0.0, 10.0, "rock", 20)
    assert (jazz.start, jazz.end) == (10.0, 15.0)
    assert rock.confidence == pytest.approx(0.8)
    assert jazz.confidence == pytest.approx(np.mean(np.arange(21, 31) / 40))


def test_a_pause_is_not_painted_over(heard: Heard) -> None:
    heard.add(_verdict(30.0, "jazz"))
    assert (heard.stretches[-1].start, heard.stretches[-1].end) == (29.5, 30.0)


def test_what_is_long_ago_is_forgotten(heard: Heard) -> None:
    for second in range(16, 700):
        heard.add(_verdict(float(second), "blues"))
    assert [stretch.label for stretch in heard.stretches] == ["blues"]


def test_the_ribbon_lies_under_the_moment_it_speaks_of(qtbot: QtBot, heard: Heard) -> None:
    ribbon = _ribbon(qtbot, heard)
    ribbon.set_now(16.0)
    now = axes.LEFT + 1200  # x of the right edge
    per_second = axes.PIXELS_PER_SECOND
    assert _colour_at(ribbon, now - 10 * per_second) == label_colour("rock")
    assert _colour_at(ribbon, now - 6 * per_second - 3) == label_colour("rock")
    assert _colour_at(ribbon, now - 6 * per_second + 3) == label_colour("jazz")
    assert _colour_at(ribbon, now - 2) == label_colour("jazz")  # reaches on to now until the next verdict
    assert _colour_at(ribbon, now - 17 * per_second) not in (label_colour("rock"), label_colour("jazz"))


def test_after_the_last_verdict_is_overdue_it_ends(qtbot: QtBot, heard: Heard) -> None:
    ribbon = _ribbon(qtbot, heard)
    ribbon.set_now(18.0)
    now = axes.LEFT + 1200
    assert _colour_at(ribbon, now - 2) != label_colour("jazz")
    assert _colour_at(ribbon, now - 3.1 * axes.PIXELS_PER_SECOND) == label_colour("jazz")


def test_the_long_ribbon_covers_minutes(qtbot: QtBot, heard: Heard) -> None:
    ribbon = _ribbon(qtbot, heard, seconds=300.0)
    ribbon.set_now(15.0)
    now, per_second = axes.LEFT + 1200, 4
    assert _colour_at(ribbon, now - 10 * per_second) == label_colour("rock")
    assert _colour_at(ribbon, now - 2 * per_second) == label_colour("jazz")


@pytest.mark.parametrize("kind", [VerdictKind.UNSURE, VerdictKind.NOT_MUSIC, VerdictKind.SILENCE])
def test_what_is_no_genre_has_no_genres_colour(qtbot: QtBot, kind: VerdictKind) -> None:
    heard = Heard()
    label = None if kind is VerdictKind.SILENCE else "rock"
    for half in range(1, 21):
        heard.add(_verdict(half / 2, label, kind))
    ribbon = _ribbon(qtbot, heard)
    ribbon.set_now(10.0)
    image = ribbon.grab().toImage()
    colours = [image.pixelColor(x, y) for x in range(axes.LEFT + 620, axes.LEFT + 1200, 3) for y in (2, 10, 17)]
    assert max(colour.hsvSaturation() for colour in colours) < 80


def test_stretches_are_named() -> None:
    def text(kind: VerdictKind, label: str | None) -> str:
        return stretch_text(Stretch(0, 1, kind, label, 0.42, 1), confidence=True)

    assert text(VerdictKind.GENRE, "hiphop") == "Hip-Hop, 42 %"
    assert text(VerdictKind.UNSURE, "rock") == "Unsure, perhaps Rock, 42 %"
    assert text(VerdictKind.NOT_MUSIC, "rock") == "Not music"
    assert text(VerdictKind.SILENCE, None) == "Silence"


def test_tool_tip(qtbot: QtBot, heard: Heard) -> None:
    ribbon = _ribbon(qtbot, heard)
    ribbon.set_now(16.0)
    place = QPoint(axes.LEFT + 1200 - 10 * axes.PIXELS_PER_SECOND, 10)
    QApplication.sendEvent(ribbon, QHelpEvent(QEvent.Type.ToolTip, place, ribbon.mapToGlobal(place)))
    assert QToolTip.text() == "Rock, 80 %\n0:00 to 0:10 of listening, until 6 s ago"
    QToolTip.hideText()


def test_one_colour_from_edge_to_edge_is_not_painted_again(qtbot: QtBot) -> None:
    heard = Heard()
    for half in range(1, 101):
        heard.add(_verdict(half / 2))
    ribbon = _ribbon(qtbot, heard)
    ribbon.set_now(50.0)
    before = ribbon._where_it_moves()
    ribbon.set_now(50.3)
    assert ribbon._where_it_moves() == before


def test_the_ribbon_shows_the_stretch_that_it_is_told(qtbot: QtBot, heard: Heard) -> None:
    ribbon = _ribbon(qtbot, heard)
    ribbon.set_view(9.0, 12.0)
    assert ribbon.x_of(9.0) == axes.LEFT
    assert ribbon.x_of(12.0) == axes.LEFT + 1200
    assert ribbon.seconds_at(axes.LEFT + 400) == pytest.approx(10.0)
    assert _colour_at(ribbon, axes.LEFT + 395) == label_colour("rock")
    assert _colour_at(ribbon, axes.LEFT + 405) == label_colour("jazz")
    assert ribbon.span_at(axes.LEFT + 405) == heard.stretches[-1]


def test_without_input_it_is_hatched_and_says_so(qtbot: QtBot, heard: Heard) -> None:
    recording = Recording(AudioRing(20.0, 8000), "Microphone")
    ribbon = _ribbon(qtbot, heard)
    ribbon.set_recording(recording)
    ribbon.set_view(0.0, 12.0)
    plain = ribbon.grab().toImage()
    recording.gaps = (Gap(2 * 8000, 4 * 8000), Gap(14 * 8000, 15 * 8000))
    ribbon.set_view(0.0, 12.0)
    image = ribbon.grab().toImage()
    changed = [x for x in range(image.width()) if any(image.pixel(x, y) != plain.pixel(x, y) for y in range(20))]
    assert (changed[0], changed[-1]) == (axes.LEFT + 200, axes.LEFT + 399)
    assert recording.gaps_between(0.0, 12.0) == [(2.0, 4.0)]


def test_what_the_picture_shows_is_framed_in_the_long_ribbon(qtbot: QtBot, heard: Heard) -> None:
    ribbon = _ribbon(qtbot, heard, seconds=600.0)
    ribbon.set_now(600.0)
    ribbon.mark(300.0, 420.0)
    ink = _colour_at(ribbon, axes.LEFT + 600)
    assert ink == _colour_at(ribbon, axes.LEFT + 839)
    assert ink != _colour_at(ribbon, axes.LEFT + 700)
    ribbon.mark(0.0, 600.0)  # all there is
    assert _colour_at(ribbon, axes.LEFT + 600) != ink
    with qtbot.waitSignal(ribbon.sought) as told:
        qtbot.mouseClick(ribbon, Qt.MouseButton.LeftButton, pos=QPoint(axes.LEFT + 240, 5))
    assert told.args == [pytest.approx(120.0, abs=0.5)]
