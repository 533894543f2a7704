"""Which other genre belongs beside a verdict, because it is close or because the model is known to confuse the two."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mgc_desktop.core.confusion import Confusion
from mgc_desktop.core.model_info import NOT_MUSIC_LABEL

if TYPE_CHECKING:  # numpy comes with the values, and the window shows a panel before
    from mgc_desktop.core.values import Verdict

CLOSE = 0.15  # a runner-up within this distance of the best label is close
# A genre counts as often taken for another from so many tracks on, and from such a part of what is called so. With
# fewer it is as likely a chance of the few tracks that a model is tried on.
_FEWEST, _OFTEN = 3, 0.125
_HEARD = 0.1  # probability under which even a genre that is often confused is no rival in what is heard now
_HOLD = 0.05  # that a rival which was named may fall short of these before it goes: so that no name flickers


@dataclass(frozen=True, slots=True)
class Taken:
    """What the figures of a model say of two genres: of `of` tracks that it called `said`, `number` were `truth`."""

    truth: str
    said: str
    number: int
    of: int

    @property
    def share(self) -> float:
        return self.number / self.of


@dataclass(frozen=True, slots=True)
class Rival:
    """A genre that a verdict may be instead. `taken` is None where it is merely close."""

    label: str
    confidence: float  # calibrated probability, 0..1
    taken: Taken | None = None


def often_taken(confusion: Confusion | None, said: str) -> tuple[Taken, ...]:
    """Return the genres that a model often takes for `said`, by its own figures, the most frequent first."""
    if confusion is None or said not in confusion.labels:
        return ()
    of = confusion.said(confusion.labels.index(said))
    wrong = (Taken(label, said, number, of) for label, number in confusion.taken_for(said) if label != NOT_MUSIC_LABEL)
    return tuple(taken for taken in wrong if taken.number >= _FEWEST and taken.share >= _OFTEN)


def rival_of(verdict: Verdict, confusion: Confusion | None = None, named: str | None = None) -> Rival | None:
    """Return the genre to name beside the one of a verdict, or None where that stands alone.

    A genre that the model often takes for it comes first, where it is heard at all; else a runner-up that is close.

    Parameters
    ----------
    confusion : Confusion, optional
        Of the model that said so, on tracks that it had not learnt from.
    named : str, optional
        The rival that is on show, where this verdict follows another one of the same sound.
    """
    if verdict.label is None or verdict.kind not in ("genre", "unsure"):
        return None
    heard = {label: p + _HOLD * (label == named) for label, p in verdict.probabilities.items()}
    confused = [one for one in often_taken(confusion, verdict.label) if heard.get(one.truth, 0.0) >= _HEARD]
    if confused:
        taken = max(confused, key=lambda one: heard[one.truth])
        return Rival(taken.truth, verdict.probabilities[taken.truth], taken)
    second = verdict.runner_up
    if second is not None and verdict.confidence - heard.get(second, verdict.runner_up_confidence) < CLOSE:
        return Rival(second, verdict.runner_up_confidence)
    return None
