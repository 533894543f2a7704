"""Many channels to one, and where a sound server puts them."""

from __future__ import annotations

import numpy as np
import pytest

from mgc_desktop.audio.mixing import Mixer, bridge_positions, plain_layout, server_layout


def test_two_channels_are_averaged_as_those_of_a_file_are() -> None:
    block = np.array([[0.5, 0.0], [1.0, 1.0]], np.float32)
    samples, clipped = Mixer((0, 1)).mono(block)
    np.testing.assert_allclose(samples, [0.25, 1.0])
    assert clipped == 1


def test_one_instrument_in_eighteen_inputs_is_as_loud_as_it_is() -> None:
    mixer = Mixer(range(18))
    block = np.random.default_rng(0).normal(0, 1e-5, (100, 18)).astype(np.float32)  # open preamplifiers
    block[:, 11] = 0.5
    np.testing.assert_allclose(mixer.mono(block)[0], 0.5, atol=1e-3)
    block[:, 3] = 0.3
    np.testing.assert_allclose(mixer.mono(block)[0], 0.4, atol=1e-3)
    block[:, 3] = 0.0  # it was heard, so it counts: the level does not jump in each of its pauses
    np.testing.assert_allclose(mixer.mono(block)[0], 0.25, atol=1e-3)


def test_eight_silent_channels_are_silence() -> None:
    samples, clipped = Mixer(range(8)).mono(np.zeros((10, 8), np.float32))
    assert samples.tolist() == [0.0] * 10
    assert clipped == 0


def test_a_mix_does_not_hide_that_one_channel_clips() -> None:
    block = np.array([[1.0, -0.2], [-1.0, 0.1], [0.9, 0.9]], np.float32)
    samples, clipped = Mixer((0, 1)).mono(block)
    assert np.abs(samples).max() < 0.95
    assert clipped == 2


def test_columns_of_a_wider_stream_are_picked() -> None:
    block = np.linspace(0.0, 0.07, 8, dtype=np.float32).reshape(1, 8)
    assert Mixer((2, 4)).mono(block)[0][0] == pytest.approx(0.03)
    assert Mixer((5,)).mono(block)[0][0] == pytest.approx(0.05)


@pytest.mark.parametrize("channels", [1, 2, 4, 8, 18])
def test_a_block_without_frames(channels: int) -> None:
    samples, clipped = Mixer(range(channels)).mono(np.zeros((0, channels), np.float32))
    assert (len(samples), clipped) == (0, 0)


@pytest.mark.parametrize(
    ("positions", "channels", "columns"),
    [
        (["mono"], 1, (0,)),
        (["front-left", "front-right"], 2, (0, 1)),
        (["front-right", "front-left"], 2, (1, 0)),
        (["front-left", "front-right", "lfe"], 6, (0, 1, 5)),
        (["aux0", "aux1", "aux2"], 11, (8, 9, 10)),
        ([f"aux{number}" for number in range(18)], 26, tuple(range(8, 26))),
    ],
)
def test_a_stream_that_keeps_every_channel_apart(positions: list[str], channels: int, columns: tuple[int, ...]) -> None:
    layout = server_layout(positions)
    assert layout is not None
    assert (layout.channels, layout.columns) == (channels, columns)
    names = bridge_positions(channels)
    assert [names[column] for column in columns] == positions


def test_where_there_is_no_such_stream() -> None:
    assert server_layout(["front-left", "front-left-of-center"]) is None
    assert server_layout([f"aux{number}" for number in range(32)]) is None
    assert plain_layout(3).columns == (0, 1, 2)
