"""Frequencies by the names of notes."""

from __future__ import annotations

import pytest

from mgc_desktop.core.note_names import nearest_note


@pytest.mark.parametrize(
    ("hz", "name"), [(440.0, "A4"), (261.626, "C4"), (27.5, "A0"), (4186.01, "C8"), (466.164, "A♯4"), (61.735, "B1")]
)
def test_notes_of_a_piano(hz: float, name: str) -> None:
    assert nearest_note(hz) == (name, 0)


def test_cents_say_how_far_it_is() -> None:
    assert nearest_note(443.0) == ("A4", 12)
    assert nearest_note(437.0) == ("A4", -12)
    assert nearest_note(440.0 * 2 ** (0.49 / 12)) == ("A4", 49)
    assert nearest_note(440.0 * 2 ** (0.51 / 12)) == ("A♯4", -49)
