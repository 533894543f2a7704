"""The verdict panel says what the figures of the model say: the rival, and what a confidence is worth."""

from __future__ import annotations

import html
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from mgc_desktop.core.model_figures import figures_of
from mgc_desktop.core.rivals import Rival, Taken
from mgc_desktop.core.values import Verdict, VerdictKind
from mgc_desktop.engine.events import ListenChanged, ListenState, LiveVerdict, ModelReady
from mgc_desktop.ui import wording
from mgc_desktop.ui.verdict_panel import Subject, VerdictPanel
from tests.model_figures import FULL, model_info
from tests.unit.ui.conftest import Bench, BenchMaker
from tests.unit.ui.fakes import make_row

SUBJECT = Subject("Selected track", "Song")
FIGURES = figures_of({"test": FULL}, 0.6)


def said(kind: VerdictKind = VerdictKind.GENRE, model: str = "mine", **probabilities: float) -> Verdict:
    best, second = sorted(probabilities, key=lambda label: -probabilities[label])[:2]
    return Verdict(kind, best, probabilities[best], second, probabilities[second], probabilities, model)


ROCK = said(rock=0.64, pop=0.31, jazz=0.05)


def ready(made: Bench, metrics: dict[str, Any], **changes: Any) -> VerdictPanel:
    """Put a model with these metrics in use, and return the panel."""
    info = model_info(metrics, **changes)
    made.post(ModelReady("/models/mine", info.name, info.labels, "cpu", 1.0, info))
    return made.window.verdict


def tip(panel: VerdictPanel) -> str:
    return html.unescape(panel.headline.toolTip())


def test_the_words_for_rivals() -> None:
    taken = Rival("pop", 0.31, Taken("pop", "rock", 5, 19))
    assert wording.rival_line(ROCK, Rival("pop", 0.31)) == "Or Pop, 31 %"
    assert wording.rival_line(ROCK, taken) == "Or Pop, 31 %; often taken for Rock"
    unsure = said(VerdictKind.UNSURE, rock=0.4, pop=0.31)
    assert wording.rival_line(unsure, Rival("pop", 0.31)) == "Between Rock, 40 %, and Pop, 31 %"
    assert wording.rival_line(unsure, taken) == "Rock, 40 %, or Pop, 31 %; often confused"
    assert wording.short_rival_line(ROCK, taken) == "Or Pop, 31 %; often confused"
    assert wording.short_rival_line(unsure, taken) == "Rock, or Pop, 31 %"
    assert FIGURES is not None
    assert wording.rival_tip(taken, FIGURES.confusion) == (
        "The model often takes Pop for Rock.\nOf 19 tracks that it called Rock, 13 were Rock, 5 Pop and 1 Jazz."
    )


@pytest.mark.parametrize(
    ("confidence", "words"),
    [
        (0.2, ""),
        (0.3, "Of verdicts at 30 % or more, 8 of 10 were right on music it had never heard (79 % of 43)."),
        (0.85, "Of verdicts at 80 % or more, 9 of 10 were right on music it had never heard (94 % of 17)."),
    ],
)
def test_what_a_confidence_is_worth(confidence: float, words: str) -> None:
    assert wording.confidence_tip(FIGURES, confidence) == words
    assert wording.confidence_tip(None, confidence) == ""
    claimed = wording.confidence_tip(FIGURES, confidence, claimed=True)
    assert ("by its maker's figures" in claimed) is bool(words)


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.0, "none"), (0.02, "hardly any"), (0.5, "5 of 10"), (0.94, "9 of 10"), (0.98, "nearly all"), (1.0, "all")],
)
def test_shares_as_people_say_them(share: float, words: str) -> None:
    assert wording.of_ten(share) == words


def test_a_genre_that_is_often_confused_has_its_rival_and_leads_to_the_card(bench: BenchMaker, qtbot: QtBot) -> None:
    made = bench([])
    panel = ready(made, {"test": FULL})
    panel.show_verdict(SUBJECT, ROCK)
    assert panel.line() == panel.confused.words == "Or Pop, 31 %; often taken for Rock"
    assert panel.confused.isVisible()
    assert panel.confused.accessibleName() == panel.line()
    assert "5 Pop" in html.unescape(panel.confused.toolTip())
    assert tip(panel).count("\n") == 1
    assert "9 of 10 were right on music it had never heard" in tip(panel)
    panel.confused.resize(190, panel.confused.height())
    assert panel.confused.text() == "Or Pop, 31 %; often confused"
    opened: list[bool] = []
    made.window.commands["model_card"].triggered.connect(lambda: opened.append(True))
    panel.confused.click()
    assert len(opened) == 1
    panel.show_verdict(SUBJECT, said(jazz=0.9, rock=0.07, pop=0.03))
    assert panel.line() == "Then Rock, 7 %"
    assert not panel.confused.isVisible()


def test_a_line_takes_the_place_of_the_other(bench: BenchMaker) -> None:
    panel = ready(bench([]), {"test": FULL})
    panel.show_verdict(SUBJECT, said(jazz=0.9, rock=0.07, pop=0.03))
    bars = panel.bars.mapTo(panel, panel.bars.rect().topLeft()).y()
    panel.show_verdict(SUBJECT, ROCK)
    assert panel.bars.mapTo(panel, panel.bars.rect().topLeft()).y() == bars


def test_figures_of_another_model_do_not_count(bench: BenchMaker) -> None:
    made = bench([])
    panel = ready(made, {"test": FULL})
    panel.show_verdict(SUBJECT, said(model="older", rock=0.64, pop=0.31, jazz=0.05))
    assert panel.line() == "Then Pop, 31 %"
    assert panel.headline.toolTip() == ""


def test_a_model_that_says_less_of_itself(bench: BenchMaker) -> None:
    made = bench([])
    old = {key: FULL[key] for key in ("split", "n", "accuracy", "low", "high", "given")}
    panel = ready(made, {"test": old})
    panel.show_verdict(SUBJECT, ROCK)
    assert panel.line() == "Then Pop, 31 %"
    assert "at 60 % or more" in tip(panel)  # by the one threshold that is known
    panel = ready(made, {})
    assert panel.headline.toolTip() == ""
    ready(made, {"test": FULL}, made_with={"imported": {}})
    assert "by its maker's figures" in tip(panel)  # also of what was on show before


def test_listening_keeps_a_rival_that_fades_and_forgets_it_with_the_sound(bench: BenchMaker) -> None:
    made = bench([])
    panel = ready(made, {"test": FULL})
    made.post(ListenChanged(ListenState.RUNNING, "Built-in", 44100))

    def hear(rock: float, pop: float) -> str:
        verdict = said(rock=rock, pop=pop, jazz=1.0 - rock - pop)
        made.post(LiveVerdict(12.0, 10.0, verdict, {"rock": rock}, 23.4, 300.0, "cpu"))
        return panel.line()

    assert hear(0.88, 0.08) == "Then Pop, 8 %"
    assert hear(0.86, 0.12) == "Or Pop, 12 %; often taken for Rock"
    assert hear(0.88, 0.08) == "Or Pop, 8 %; often taken for Rock"
    made.post(ListenChanged(ListenState.WAITING, "Built-in"))
    made.post(ListenChanged(ListenState.RUNNING, "Built-in", 44100))
    assert hear(0.88, 0.08) == "Then Pop, 8 %"


def test_what_the_person_set_has_no_figures(bench: BenchMaker) -> None:
    panel = ready(bench([]), {"test": FULL})
    panel.show_verdict(SUBJECT, ROCK)
    panel.show_correction(SUBJECT, make_row(1, correction="tango"), ROCK)
    assert panel.line() == "Set by you"
    assert panel.headline.toolTip() == ""
    assert not panel.confused.isVisible()
