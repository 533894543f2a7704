"""From what is typed to a label."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mgc_desktop.core.model_info import NOT_MUSIC_LABEL
from mgc_desktop.engine.genre_words import LONGEST, GenreWords, tidy

WORDS = GenreWords(("hiphop", "rock", "rnb", "Tango Nuevo", "Rock", "punk rock", "R&B"))


@pytest.mark.parametrize(
    ("typed", "label"),
    [
        ("Hip-Hop", "hiphop"),
        ("  hip   HOP ", "hiphop"),
        ("R&B", "rnb"),
        ("r'n'b", "rnb"),
        ("tango nuevo", "Tango Nuevo"),
        ("Not music", NOT_MUSIC_LABEL),
        ("Tango", "Tango"),
        ("  Deep \n House\t", "Deep House"),
        ("_secret", "secret"),
        ("夜曲", "夜曲"),
        ("!!!", "!!!"),
        ("   ", ""),
        ("_", ""),
    ],
)
def test_labels(typed: str, label: str) -> None:
    assert WORDS.label(typed) == label


def test_of_two_spellings_the_first_counts() -> None:
    assert WORDS.labels() == ("hiphop", "rock", "rnb", "Tango Nuevo", "punk rock", NOT_MUSIC_LABEL)


def test_what_fits_best_comes_first() -> None:
    assert WORDS.matching("ro", 5) == ["rock", "punk rock"]
    assert WORDS.matching("rock", 5) == ["rock", "punk rock"]
    assert WORDS.matching("op", 5) == ["hiphop"]
    assert WORDS.matching("zz", 5) == []
    assert WORDS.matching("", 2) == ["hiphop", "rock"]
    assert WORDS.matching("nuevo", 1) == ["Tango Nuevo"]


def test_shown_names_count_too() -> None:
    words = GenreWords(("dnb",), {"dnb": "Drum & Bass", NOT_MUSIC_LABEL: "Not music"}.__getitem__)
    assert words.label("drum and bass") == words.label("dnb") == words.label("D&B") == "dnb"
    assert words.matching("bass", 3) == ["dnb"]
    assert words.knows("Drum'n'Bass")


@settings(max_examples=60)
@given(st.text(max_size=300))
def test_any_text_makes_a_clean_label_or_none(text: str) -> None:
    label = WORDS.label(text)
    assert label in WORDS.labels() or label == tidy(text)
    assert len(label) <= LONGEST
    assert label == label.strip()
    assert label.isprintable()
    if label and label not in WORDS.labels():
        assert GenreWords((label,)).label(label) == label
