"""The tools of the picture: the row and its overflow, the readout, the options, the colour bar, the warnings."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton, QWidget
from pytestqt.qtbot import QtBot

from mgc_desktop.ui import icons
from mgc_desktop.ui.live import axes
from mgc_desktop.ui.live.colours import COLOUR_MAPS
from mgc_desktop.ui.live.options_popup import OptionsPopup
from mgc_desktop.ui.live.picture_settings import LEAST_RANGE_DB, LOUDEST_DB, QUIETEST_DB, PictureSettings
from mgc_desktop.ui.live.picture_tools import PictureTools
from mgc_desktop.ui.live.range_drag import RangeDrag, proper_levels
from mgc_desktop.ui.live.readout import Readout
from mgc_desktop.ui.live.span_button import SpanButton
from mgc_desktop.ui.live.title_row import TitleRow
from mgc_desktop.ui.live.warning_strip import WarningStrip
from mgc_desktop.ui.theme import Theme

_MINUS = "\N{MINUS SIGN}"
_LEFT, _PLAIN = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier

# The row of tools ------------------------------------------------------------------------------------


@pytest.fixture
def tools(qtbot: QtBot, theme: Theme) -> PictureTools:
    row = PictureTools()
    qtbot.addWidget(row)
    for number, name in enumerate(("freeze", "judge", "why", "keep")):
        action = QAction(icons.icon(name), name.capitalize(), row)
        row.add_action(action, named=True, begins_group=number == 2)
    row.add_button(SpanButton())
    row.show()
    qtbot.waitExposed(row)
    return row


def _buttons(row: PictureTools) -> list[QToolButton]:
    shown = [button for button in row.findChildren(QToolButton) if button.isVisible()]
    return sorted(shown, key=lambda button: button.x())


def test_names_stand_beside_the_icons_where_there_is_room(tools: PictureTools) -> None:
    tools.resize(700, 24)
    buttons = _buttons(tools)
    assert [button.text() for button in buttons[:4]] == ["Freeze", "Judge", "Why", "Keep"]
    assert {button.toolButtonStyle() for button in buttons[:4]} == {Qt.ToolButtonStyle.ToolButtonTextBesideIcon}
    assert buttons[2].x() - buttons[1].geometry().right() > buttons[1].x() - buttons[0].geometry().right()  # a group
    tools.resize(240, 24)
    assert {button.toolButtonStyle() for button in _buttons(tools)[:4]} == {Qt.ToolButtonStyle.ToolButtonIconOnly}
    assert len(_buttons(tools)) == 5


def test_what_has_no_room_is_in_a_menu(qtbot: QtBot, tools: PictureTools) -> None:
    tools.resize(100, 24)
    buttons = _buttons(tools)
    assert buttons[-1].accessibleName() == "More tools of the picture"
    assert all(button.geometry().right() < 100 for button in buttons)
    menu = buttons[-1].menu()
    menu.aboutToShow.emit()
    names = [action.text() for action in menu.actions()]
    assert names == ["Freeze", "Judge", "Why", "Keep", "Time span"][len(buttons) - 1 :]
    tools.resize(700, 24)
    assert "More tools of the picture" not in [button.accessibleName() for button in _buttons(tools)]


def test_every_tool_is_reached_by_keyboard_and_has_a_name(tools: PictureTools) -> None:
    tools.resize(700, 24)
    for button in _buttons(tools):
        assert button.accessibleName()
        assert button.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_the_span_is_named_and_others_are_offered(qtbot: QtBot, theme: Theme) -> None:
    button = SpanButton()
    qtbot.addWidget(button)
    chosen: list[float | None] = []
    button.chosen.connect(chosen.append)
    width = button.width()
    for seconds, text in ((None, "Auto ▾"), (20.0, "20 s ▾"), (300.0, "5 min ▾"), (17.3, "17.3 s ▾")):
        button.show_span(seconds)
        assert button.text() == text
        assert button.sizeHint().width() <= width == button.width()
        marked = [action.data() for action in button.menu().actions() if action.isChecked()]
        assert marked == ([seconds] if seconds != 17.3 else [])
    button.menu().actions()[3].trigger()
    assert chosen == [20.0]


# The readout -----------------------------------------------------------------------------------------


def test_the_readout_says_where_the_cursor_is(qtbot: QtBot, theme: Theme) -> None:
    readout = Readout()
    qtbot.addWidget(readout)
    width = readout.sizeHint().width()
    readout.show_place("0:12.5", 443.0, -31.6)
    assert readout.text() == f"0:12.5, 443 Hz, A4 +12 cents, {_MINUS}32 dB"
    assert readout.accessibleDescription() == readout.text()
    readout.show_place(f"{_MINUS}3.2 s", 11_980.0, None)
    assert readout.text() == f"{_MINUS}3.2 s, 11,980 Hz, F♯9 +20 cents"
    assert readout.sizeHint().width() == width
    readout.clear()
    assert readout.text() == ""


def test_a_narrow_title_keeps_its_tools(qtbot: QtBot, theme: Theme) -> None:
    row = TitleRow(PictureTools())
    qtbot.addWidget(row)
    row.show()
    row.resize(900, 24)
    assert row.readout.isVisible()
    row.resize(400, 24)
    assert not row.readout.isVisible()
    row.resize(900, 24)
    row.want_readout(False)
    assert not row.readout.isVisible()
    told: list[None] = []
    row.switched.connect(lambda: told.append(None))
    row.offer("Live picture")
    link = next(button for button in row.findChildren(QToolButton) if button.text() == "Live picture")
    assert link.isVisible()
    QTest.mouseClick(link, _LEFT)
    assert told == [None]


# The options -----------------------------------------------------------------------------------------


@pytest.fixture
def options(qtbot: QtBot, theme: Theme) -> OptionsPopup:
    popup = OptionsPopup()
    qtbot.addWidget(popup)
    popup.show()
    qtbot.waitExposed(popup)
    return popup


def _pick(combo: Any, data: object) -> None:
    place = combo.findData(data)
    assert place >= 0
    combo.setCurrentIndex(place)
    combo.activated.emit(place)


def test_each_choice_is_told_at_once(options: OptionsPopup) -> None:
    told: list[PictureSettings] = []
    options.changed.connect(told.append)
    _pick(options.bands, 256)
    _pick(options.transform, 4096)
    _pick(options.columns, 120)
    _pick(options.highest, 16_000.0)
    _pick(options.colours, "viridis")
    _pick(options.span, 60.0)
    options.automatic.setChecked(False)
    options.low.setValue(-90)
    wanted = PictureSettings(256, 4096, 120, 16_000.0, "viridis", (-90.0, -20.0), 60.0)
    assert told[-1] == wanted == options.settings
    assert len(told) == 8
    options.reset.click()
    assert told[-1] == PictureSettings()
    assert options.automatic.isChecked()
    assert not options.low.isEnabled()
    options.reset.click()
    assert len(told) == 9  # nothing changed


def test_showing_what_holds_tells_nobody(options: OptionsPopup) -> None:
    told: list[PictureSettings] = []
    options.changed.connect(told.append)
    odd = PictureSettings(span_seconds=17.3, levels=(-100.0, -30.0), bands=100)
    options.show_settings(odd, rate=48_000)
    assert told == []
    assert options.settings == odd
    assert options.span.currentText() == "17.3 s"
    assert options.bands.currentText() == "100"
    assert (options.low.value(), options.high.value()) == (-100, -30)
    assert options.transform.itemText(0) == "Automatic, 2,048 samples, 43 ms"
    assert options.transform.itemText(1) == "512 samples, 11 ms"
    _pick(options.colours, "grey")
    assert told == [PictureSettings(span_seconds=17.3, levels=(-100.0, -30.0), bands=100, colour_map="grey")]


def test_a_fixed_range_begins_with_what_was_fitted(options: OptionsPopup) -> None:
    options.show_settings(PictureSettings(), fitted=(-95.0, -35.0))
    options.automatic.setChecked(False)
    assert options.settings.levels == (-95.0, -35.0)


def test_a_range_that_is_too_narrow_pushes_the_other_end(options: OptionsPopup) -> None:
    options.show_settings(PictureSettings(levels=(-80.0, -20.0)))
    options.low.setValue(-25)
    assert options.settings.levels == (-25.0, -15.0)
    options.high.setValue(-60)
    assert options.settings.levels == (-70.0, -60.0)


def test_every_colour_map_shows_itself(options: OptionsPopup) -> None:
    assert [options.colours.itemData(place) for place in range(options.colours.count())] == list(COLOUR_MAPS)
    seen = set()
    for place in range(options.colours.count()):
        image = options.colours.itemIcon(place).pixmap(96, 12).toImage()
        seen.add((image.pixel(5, 6), image.pixel(90, 6)))
        assert image.pixelColor(5, 6).lightness() < image.pixelColor(90, 6).lightness()
    assert len(seen) == len(COLOUR_MAPS)


def test_every_field_has_a_name_and_a_tip(options: OptionsPopup) -> None:
    for field in (options.span, options.colours, options.automatic, options.low, options.high, options.highest):
        assert field.accessibleName()
        assert field.toolTip()
    QTest.keyClick(options, Qt.Key.Key_Escape)
    assert not options.isVisible()


# The colour bar --------------------------------------------------------------------------------------


@pytest.fixture
def place(qtbot: QtBot, theme: Theme) -> QWidget:
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.resize(600, 300)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


@pytest.fixture
def bar(place: QWidget) -> RangeDrag:
    drag = RangeDrag(place)
    drag.keep_to(QRect(42, 8, 496, 240))
    drag.show_levels(-80.0, -20.0, automatic=True)
    drag.show()
    return drag


def _pull(bar: RangeDrag, start: int, end: int) -> list[Any]:
    told: list[Any] = []
    bar.wanted.connect(told.append)
    QTest.mousePress(bar, _LEFT, _PLAIN, QPoint(10, start))
    QTest.mouseMove(bar, QPoint(10, (start + end) // 2))
    QTest.mouseMove(bar, QPoint(10, end))
    QTest.mouseRelease(bar, _LEFT, _PLAIN, QPoint(10, end))
    return told


@pytest.mark.parametrize(
    ("start", "end", "levels"),
    [
        (5, 45, (-80.0, -30.0)),  # the upper end, 40 of 240 px down: 10 dB
        (235, 195, (-70.0, -20.0)),  # the lower end, up
        (120, 80, (-70.0, -10.0)),  # the middle, up
        (120, 2, (-54.0, 6.0)),  # as far as there is
        (235, 5, (-30.0, -20.0)),  # as narrow as there is
    ],
)
def test_the_range_is_dragged_at_the_colour_bar(
    bar: RangeDrag, start: int, end: int, levels: tuple[float, float]
) -> None:
    assert _pull(bar, start, end)[-1] == levels


def test_a_double_click_lets_the_range_follow_the_music(bar: RangeDrag) -> None:
    told: list[Any] = []
    bar.wanted.connect(told.append)
    QTest.mouseDClick(bar, _LEFT, _PLAIN, QPoint(10, 120))
    assert told[-1] is None


def test_keys_move_the_range_as_well(bar: RangeDrag) -> None:
    told: list[Any] = []
    bar.wanted.connect(told.append)
    bar.setFocus()
    QTest.keyClick(bar, Qt.Key.Key_Up)
    QTest.keyClick(bar, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(bar, Qt.Key.Key_Down, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(bar, Qt.Key.Key_Backspace)
    assert told == [(-75.0, -15.0), (-75.0, -10.0), (-80.0, -10.0), None]
    bar.show_levels(-80.0, -10.0, automatic=False)
    assert bar.accessibleDescription() == f"{_MINUS}80 dB to {_MINUS}10 dB, fixed"


def test_it_shows_what_would_be_dragged(bar: RangeDrag) -> None:
    plain = bar.grab().toImage()
    QTest.mouseMove(bar, QPoint(10, 5))
    upper = bar.grab().toImage()
    QTest.mouseMove(bar, QPoint(10, 120))
    assert len({bytes(image.constBits()) for image in (plain, upper, bar.grab().toImage())}) == 3


def test_it_lies_over_the_colours(bar: RangeDrag) -> None:
    assert bar.geometry().contains(axes.colour_bar(QRect(42, 8, 496, 240)))


@pytest.mark.parametrize("low", [-200.0, -120.0, -60.0, 0.0, 50.0])
@pytest.mark.parametrize("high", [-150.0, -60.0, 0.0, 80.0])
@pytest.mark.parametrize("keeps_low", [True, False])
def test_every_range_becomes_one_that_a_picture_can_have(low: float, high: float, keeps_low: bool) -> None:
    proper = proper_levels(low, high, keeps_low=keeps_low)
    assert PictureSettings(levels=proper).levels == proper
    assert QUIETEST_DB <= proper[0] <= proper[1] - LEAST_RANGE_DB <= LOUDEST_DB - LEAST_RANGE_DB


# The warnings ----------------------------------------------------------------------------------------


def test_the_newest_warning_is_shown_and_the_one_before_comes_back(place: QWidget) -> None:
    strip = WarningStrip(place)
    assert not strip.isVisible()
    strip.say("clipping", "It clips.")
    strip.say("slow", "It is slow.")
    assert (strip.sentence, strip.isVisible()) == ("It is slow.", True)
    strip.say("slow", "")
    assert (strip.sentence, strip.accessibleDescription()) == ("It clips.", "It clips.")
    strip.say("muted", "")
    strip.say("clipping", "")
    assert not strip.isVisible()


def test_a_long_warning_is_wrapped_and_never_cut(place: QWidget) -> None:
    strip = WarningStrip(place)
    strip.say("muted", "Nothing but zeros arrives: the input is muted, so switch it on in the sound settings.")
    strip.keep_to(QRect(42, 8, 800, 200))
    line = strip.height()
    strip.keep_to(QRect(42, 8, 400, 200))
    assert strip.height() > line
    assert strip.geometry().topLeft() == QPoint(42, 8)
    assert strip.geometry().right() < 42 + 400
