"""Which genre is named beside another."""

from __future__ import annotations

import pytest

from mgc_desktop.core.confusion import Confusion
from mgc_desktop.core.rivals import often_taken, rival_of
from mgc_desktop.core.values import Verdict, VerdictKind
from tests.model_figures import CONFUSION

FIGURES = Confusion.from_json(CONFUSION)


def verdict(kind: VerdictKind = VerdictKind.GENRE, **probabilities: float) -> Verdict:
    best, second = sorted(probabilities, key=lambda label: -probabilities[label])[:2]
    return Verdict(kind, best, probabilities[best], second, probabilities[second], probabilities, "m")


def test_a_genre_counts_as_often_taken_by_tracks_and_by_share() -> None:
    assert [(one.truth, one.number, one.of) for one in often_taken(FIGURES, "rock")] == [("pop", 5, 19)]
    assert often_taken(FIGURES, "pop") == ()  # two tracks may be chance
    assert often_taken(FIGURES, "polka") == often_taken(None, "rock") == ()
    many = Confusion(("a", "b"), ((97, 0), (3, 10)))
    assert often_taken(many, "a") == ()  # 3 of 100


def test_what_is_often_confused_is_named_though_it_is_not_close() -> None:
    rival = rival_of(verdict(rock=0.6, jazz=0.25, pop=0.15), FIGURES)
    assert rival is not None
    assert (rival.label, rival.confidence) == ("pop", 0.15)
    assert rival.taken is not None
    assert (rival.taken.number, rival.taken.of) == (5, 19)


def test_what_is_not_heard_is_no_rival() -> None:
    assert rival_of(verdict(rock=0.9, jazz=0.06, pop=0.04), FIGURES) is None


def test_what_is_close_is_named_whatever_the_figures_say() -> None:
    for figures in (None, FIGURES):
        rival = rival_of(verdict(jazz=0.5, rock=0.4, pop=0.1), figures)
        assert rival is not None
        assert (rival.label, rival.taken) == ("rock", None)
    assert rival_of(verdict(jazz=0.6, rock=0.4, pop=0.0)) is None


def test_a_rival_that_is_on_show_stays_for_a_little_less() -> None:
    fading, gone = verdict(rock=0.92, pop=0.07, jazz=0.01), verdict(rock=0.95, pop=0.04, jazz=0.01)
    assert rival_of(fading, FIGURES) is None
    rival = rival_of(fading, FIGURES, "pop")
    assert rival is not None
    assert rival.confidence == 0.07
    assert rival_of(gone, FIGURES, "pop") is None
    assert rival_of(verdict(jazz=0.58, rock=0.4, pop=0.02), None, "rock") is not None


@pytest.mark.parametrize("kind", [VerdictKind.SILENCE, VerdictKind.NOT_MUSIC, VerdictKind.ERROR])
def test_what_names_no_genre_has_no_rival(kind: VerdictKind) -> None:
    assert rival_of(verdict(kind, rock=0.5, pop=0.49), FIGURES) is None
    assert rival_of(Verdict(kind, None, 0.0, None, 0.0, {}, "m"), FIGURES) is None
