"""The ring: what is read is what was written, in order, and never torn."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mgc_desktop.core.ring import AudioRing

_RATE = 100  # Hz


def _count(start: int, count: int) -> np.ndarray:
    """Return samples that say which frame they are."""
    return np.arange(start, start + count, dtype=np.float32)


@given(
    capacity=st.integers(1, 64),
    blocks=st.lists(st.integers(0, 100), max_size=30),
    wanted=st.integers(0, 150),
)
def test_the_newest_samples_come_back_in_order(capacity: int, blocks: list[int], wanted: int) -> None:
    ring = AudioRing(capacity / _RATE, _RATE)
    assert ring.capacity == capacity
    written = 0
    for block in blocks:
        ring.write(_count(written, block))
        written += block
        samples, end = ring.read_last(wanted)
        assert ring.frames == end == written
        np.testing.assert_array_equal(samples, _count(written - len(samples), len(samples)))
        assert len(samples) == min(wanted, written, capacity)


@given(
    capacity=st.integers(1, 64),
    steps=st.lists(st.tuples(st.integers(0, 100), st.integers(0, 80)), max_size=30),
)
def test_a_reader_of_everything_misses_nothing_unsaid(capacity: int, steps: list[tuple[int, int]]) -> None:
    ring = AudioRing(capacity / _RATE, _RATE)
    written = place = 0
    for block, most in steps:
        ring.write(_count(written, block))
        written += block
        samples, following, lost = ring.read_from(place, most)
        assert lost == max(0, written - capacity - place)
        assert following == place + lost + len(samples) <= written
        assert len(samples) == min(most, written - place - lost)
        np.testing.assert_array_equal(samples, _count(place + lost, len(samples)))
        place = following


def test_what_was_read_is_a_copy() -> None:
    ring = AudioRing(1.0, _RATE)
    ring.write(_count(0, 50))
    samples, _ = ring.read_last(10)
    ring.write(np.full(100, -1, np.float32))
    np.testing.assert_array_equal(samples, _count(40, 10))


def test_a_writer_in_another_thread_never_tears_a_copy() -> None:
    ring = AudioRing(8192 / 48000, 48000)
    done = threading.Event()

    def write() -> None:
        start = 0
        while start < 2**22:  # up to here float32 counts exactly
            ring.write(_count(start, 1000))
            start += 1000
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    place = heard = 0
    while not done.is_set():
        samples, end = ring.read_last(8192)
        if len(samples):
            assert samples[-1] == end - 1
            assert np.all(np.diff(samples) == 1)
        samples, place, _ = ring.read_from(place, 4096)
        if len(samples):
            assert samples[-1] == place - 1
            assert np.all(np.diff(samples) == 1)
            heard += len(samples)
    writer.join()
    assert heard > 0


def test_a_copy_that_is_lapped_meanwhile_loses_its_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    ring = AudioRing(100 / _RATE, _RATE)
    ring.write(_count(0, 100))
    copy = np.empty

    def copy_slowly(count: int, dtype: type) -> np.ndarray:
        monkeypatch.setattr(np, "empty", copy)
        ring.write(_count(100, 30))  # the microphone does not wait for a reader
        return copy(count, dtype)

    monkeypatch.setattr(np, "empty", copy_slowly)
    samples, end = ring.read_last(100)
    assert end == 100
    np.testing.assert_array_equal(samples, _count(30, 70))


@pytest.mark.parametrize(("seconds", "rate"), [(0.0, 44100), (-1.0, 44100), (1.0, 0)])
def test_a_ring_needs_a_size(seconds: float, rate: int) -> None:
    with pytest.raises(ValueError, match="needs a length and a rate"):
        AudioRing(seconds, rate)
