"""Two models on the same held-out tracks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scipy.stats import binomtest

from mgc_desktop.core.errors import ModelError
from mgc_desktop.model.runtime import Runtime
from mgc_desktop.model.trust import TrustStore
from training.figures import figures
from training.score import Hearing, hear, said

_SURE = 0.05
_FEW = 10  # tracks; no test can tell two models apart on fewer


@dataclass(frozen=True)
class Comparison:
    """The new model's hearing and the old one's, or why there is none."""

    new: Hearing
    hearing: Hearing | None
    error: str = ""

    def as_event(self) -> dict[str, Any]:
        """Return both scores, and whether one is better beyond chance.

        A track of a label that the old model does not have counts as wrong for it; `unknown_labels` names those.
        """
        if self.hearing is None:
            return {"error": self.error}
        new_right = [said(h.verdict) == h.item.label for h in self.new.heard]
        old_right = [said(h.verdict) == h.item.label for h in self.hearing.heard]
        verdict, sentence = judged(new_right, old_right)
        return {
            "n": figures(self.new)["n"],
            "split": self.new.heard[0].item.split if self.new.heard else "",
            "new": {"name": self.new.info.name, **_short(self.new)},
            "old": {"name": self.hearing.info.name, **_short(self.hearing)},
            "unknown_labels": sorted({h.item.label for h in self.new.heard} - set(self.hearing.info.labels)),
            "verdict": verdict,
            "sentence": sentence,
        }


def compare(
    new: Hearing, old_folder: Path, device: str, trust: TrustStore, workers: int, should_stop: Callable[[], bool]
) -> Comparison:
    """Hear with the old model what `new` was tried on."""
    try:
        runtime = Runtime.load(old_folder, device, trust=trust)
    except ModelError as error:
        return Comparison(new, None, error.sentence)
    return Comparison(new, hear(runtime, [h.item for h in new.heard], workers, lambda *_: None, should_stop))


def judged(new_right: list[bool], old_right: list[bool]) -> tuple[str, str]:
    """Return "better", "worse" or "no clear difference", and a sentence, by the exact test of McNemar (1947).

    Parameters
    ----------
    new_right, old_right : list of bool
        Whether each model is right, track by track.
    """
    n = len(new_right)
    won = sum(a and not b for a, b in zip(new_right, old_right, strict=True))
    lost = sum(b and not a for a, b in zip(new_right, old_right, strict=True))
    if n < _FEW:
        return "no clear difference", f"{n} held-out tracks are too few to tell which model is better."
    p = binomtest(won, won + lost).pvalue if won + lost else 1.0
    counts = f"of {n} tracks, {won} are right only now and {lost} were right only before"
    if p >= _SURE:
        return "no clear difference", f"No clear difference: {counts} (p = {p:.2f})."
    if won > lost:
        return "better", f"The new model is better: {counts} (p = {p:.3f})."
    return "worse", f"The new model is worse: {counts} (p = {p:.3f})."


def _short(hearing: Hearing) -> dict[str, Any]:
    result = figures(hearing)
    return {key: result[key] for key in ("n", "accuracy", "low", "high", "macro_f1", "ece")}
