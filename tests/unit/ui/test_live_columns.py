"""Columns from a ring: each computed once, the same in whatever order they are asked for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from mgc_desktop.core.mel import MelBands, picture_filters, to_decibels
from mgc_desktop.core.mel_picture import FLOOR_DB, LOWEST_HZ
from mgc_desktop.core.ring import AudioRing
from mgc_desktop.ui.live.colours import colour_table
from mgc_desktop.ui.live.columns import ColumnHistory, ColumnPlan, ColumnSource, decode, encode
from mgc_desktop.ui.live.picture import Picture
from mgc_desktop.ui.live.picture_settings import PictureSettings
from mgc_desktop.ui.live.strip import Strip
from mgc_desktop.ui.live.time_scale import TimeScale, columns_a_second, scale_for
from tests import synth

_RATE = 8000  # Hz
_PLAN = ColumnPlan(hop=100, n_fft=256, bands=12, highest_hz=4000.0)
_SOUND = synth.song(8.0, _RATE)
_HOURS = (2**31 // 100 + 77) * 100  # frames: beyond what 32 bits can count


def _all_levels(sound: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return every column of a sound, computed at one go, float32[k, bands] in dB."""
    mel = MelBands(_PLAN.n_fft, picture_filters(_RATE, _PLAN.n_fft, _PLAN.bands, LOWEST_HZ, _PLAN.highest_hz))
    padded = np.concatenate([np.zeros(_PLAN.n_fft // 2, np.float32), sound])
    return decode(encode(to_decibels(mel.power(padded, _PLAN.hop, (len(padded) - _PLAN.n_fft) // _PLAN.hop + 1))))


_LEVELS = _all_levels(_SOUND)


def _ring(seconds: float = 20.0, before: int = 0) -> AudioRing:
    ring = AudioRing(seconds, _RATE)
    ring.skip(before)
    ring.write(_SOUND)
    return ring


def test_bytes_are_within_a_quarter_of_a_decibel() -> None:
    levels = np.linspace(-120, 7, 500, dtype=np.float32)
    np.testing.assert_allclose(decode(encode(levels)), levels, atol=0.251)
    assert decode(encode(np.array([-300, 50], np.float32))).tolist() == [FLOOR_DB, 7.5]


def test_a_history_grows_at_both_ends_and_forgets_at_the_far_one() -> None:
    history = ColumnHistory(bands=1, capacity=5)
    history.restart(10)
    history.append(np.array([[-10.0], [-11.0]], np.float32))
    history.prepend(np.array([[-8.0], [-9.0]], np.float32))
    assert (history.start, history.end) == (8, 12)
    assert history.read(8, 12)[:, 0].tolist() == [-8, -9, -10, -11]
    history.append(np.array([[-12.0], [-13.0], [-14.0]], np.float32))
    assert (history.start, history.end) == (10, 15)
    history.prepend(np.array([[-1.0]], np.float32))  # there is no room
    assert history.start == 10
    assert history.read(10, 15)[:, 0].tolist() == [-10, -11, -12, -13, -14]
    history.append(np.arange(-40, -20, dtype=np.float32)[:, np.newaxis])
    assert (history.start, history.end) == (30, 35)
    assert history.read(30, 35)[:, 0].tolist() == [-25, -24, -23, -22, -21]


@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_columns_are_the_same_in_any_order(data: st.DataObject) -> None:
    source = ColumnSource(_ring(), _PLAN)
    last = source.ready(len(_SOUND))
    assert last == len(_LEVELS)
    at = data.draw(st.integers(0, last))
    source.go_near(at, at)
    for _ in range(6):
        if data.draw(st.booleans()):
            source.extend(last, data.draw(st.integers(1, 200)))
        else:
            source.extend_back(0, data.draw(st.integers(1, 200)))
        history = source.history
        # A transform of other neighbours in the same call may differ in the last bit, which a byte may show.
        np.testing.assert_allclose(
            history.read(history.start, history.end), _LEVELS[history.start : history.end], atol=0.5
        )


def test_what_the_ring_has_lost_is_not_asked_for() -> None:
    ring = _ring(seconds=2.0)
    source = ColumnSource(ring, _PLAN)
    assert source.oldest == -(-(6 * _RATE + 128) // 100)
    source.go_near(source.oldest, source.oldest + 10)
    assert source.extend_back(source.oldest, 100) == 10
    np.testing.assert_allclose(
        source.history.read(source.oldest, source.oldest + 10), _LEVELS[source.oldest : source.oldest + 10], atol=0.5
    )


def test_after_more_frames_than_32_bits_count_columns_are_the_same() -> None:
    source = ColumnSource(_ring(before=_HOURS), _PLAN)
    first = _HOURS // _PLAN.hop
    source.go_near(first + 400, first + 400)
    assert source.extend(first + 420, 100) == 20
    np.testing.assert_allclose(source.history.read(first + 400, first + 420), _LEVELS[400:420], atol=0.5)


_SCALES = [TimeScale(100, 1, 100), TimeScale(1600, 1, 100), TimeScale(40_001, 97, 100), TimeScale(2400, 131, 100)]


def _expected(scale: TimeScale, pixel: int) -> NDArray[np.float32]:
    """Return a pixel as it is defined: the loudest of its columns, or what is between two."""
    start, end = scale.frame(pixel), scale.frame(pixel + 1)
    inside = [column for column in range(len(_LEVELS)) if start <= column * scale.hop < end]
    if scale.frames >= scale.pixels * scale.hop:
        loudest: NDArray[np.float32] = _LEVELS[inside].max(axis=0)
        return loudest
    place = (pixel + 0.5) * scale.frames / scale.pixels / scale.hop
    below = int(place)
    mixed: NDArray[np.float32] = _LEVELS[below] + (place - below) * (_LEVELS[below + 1] - _LEVELS[below])
    return mixed


@pytest.mark.parametrize("scale", _SCALES)
def test_a_pixel_leaves_nothing_out(scale: TimeScale) -> None:
    history = ColumnHistory(_PLAN.bands, 1000)
    history.append(_LEVELS)
    whole, shown = scale.drawable(len(_LEVELS))
    assert whole <= shown <= whole + 1
    assert scale.frame(shown) == pytest.approx(len(_LEVELS) * 100, abs=scale.frames / scale.pixels + 100)
    read = scale.read(history, 0, shown)
    assert read.shape == (shown, _PLAN.bands)
    for pixel in range(0, whole, 7):
        np.testing.assert_allclose(read[pixel], _expected(scale, pixel), atol=1e-3)
        assert scale.first_column(pixel) * 100 >= scale.frame(pixel) - 100
        np.testing.assert_array_equal(scale.read(history, pixel, pixel + 1)[0], read[pixel])


@pytest.mark.parametrize("scale", _SCALES)
@pytest.mark.parametrize("before", [0, _HOURS])
@given(data=st.data())
@settings(max_examples=15, deadline=None)
def test_whatever_is_looked_at_in_whatever_order_is_drawn_as_if_at_once(
    scale: TimeScale, before: int, data: st.DataObject
) -> None:
    ring = AudioRing(20.0, _RATE)
    ring.skip(before)
    source = ColumnSource(ring, _PLAN)
    strip = Strip(source, scale, Picture(60, 24, _PLAN.bands, colour_table("grey"), -100.0, 0.0))
    written = 0
    for _ in range(data.draw(st.integers(2, 7))):
        more = data.draw(st.integers(0, 20_000))
        ring.write(_SOUND[written : written + more])
        written = min(len(_SOUND), written + more)
        columns = source.ready(ring.frames)
        newest = scale.drawable(columns)[1]
        first = int(scale.pixel(before))
        end = data.draw(st.one_of(st.none(), st.integers(min(first, newest), newest)))
        strip.look_at(end, columns)
        strip.work(0.0)  # as if there were no time: the next look comes first
        strip.look_at(end, columns)
        while not strip.work(0.001):
            pass
    fresh_source = ColumnSource(ring, _PLAN)
    fresh = Strip(fresh_source, scale, Picture(60, 24, _PLAN.bands, colour_table("grey"), -100.0, 0.0))
    fresh.look_at(strip.end, columns)
    while not fresh.work(0.001):
        pass
    left = max(fresh._first(), first)
    if left < strip.end:
        assert strip.picture.start <= left
        assert strip.picture.shown >= strip.end
    places = np.arange(left, strip.end) % 60
    # Colours of levels that differ by a step of half a decibel.
    seen, wanted = (drawn.picture._pixels[:, places] & 255 for drawn in (strip, fresh))
    np.testing.assert_allclose(seen.astype(int), wanted.astype(int), atol=2)
    np.testing.assert_array_equal(strip.picture._pixels[:, places], strip.picture._pixels[:, places + 60])


def test_columns_follow_the_span_in_whole_steps() -> None:
    spans = {None: 60, 300.0: 60, 60.0: 60, 20.0: 60, 10.0: 120, 5.0: 240}
    for span, wanted in spans.items():
        assert columns_a_second(PictureSettings(span_seconds=span), 1500, 1.0) == wanted
    assert columns_a_second(PictureSettings(), 3000, 2.0) == 120
    assert columns_a_second(PictureSettings(columns_per_second=30, span_seconds=5.0), 1500, 1.0) == 30


def test_scales_span_the_width() -> None:
    assert scale_for(PictureSettings(), 44_100, 735, 1500, 1.0) == TimeScale(735, 1, 735)
    thirty = scale_for(PictureSettings(span_seconds=30.0), 44_100, 735, 1500, 1.0)
    assert thirty.frame(1500) == 30 * 44_100
    fixed = scale_for(PictureSettings(columns_per_second=30), 44_100, 1470, 1500, 1.0)
    assert fixed.frame(60) == 44_100
