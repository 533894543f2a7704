"""A reference in a comparison: it is fitted and tried on the folds that the networks are trained on."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mgc_desktop.core.values import Samples
from training.contender import Bench, answers, machine, median_ms
from training.data.items import Item, Manifest
from training.data.segments import cut
from training.data.tracks import labels_of
from training.foreign_teachers import ForeignTeacher
from training.frontends.log_mel import LogMelConfig
from training.protocols import Fold
from training.references.classifiers import Fitted, fit
from training.references.hearing import HandcraftedHearing, Hearing, TaughtHearing
from training.references.table import Reference
from training.under_conditions import right_under

_WINDOW_SECONDS = LogMelConfig.window_seconds  # of the reference network, so that times can be compared
_NOTE = "Validation tracks are learnt too: there is nothing to stop in time."


class ReferenceContender:
    """A reference of the table.

    Parameters
    ----------
    teachers : sequence of ForeignTeacher
        For a reference that needs them.
    beside_a_leak : bool
        Whether a leaky protocol is asked for: only then pieces of tracks are tried under the others as well, where
        every piece has to be heard by itself.
    """

    def __init__(
        self, reference: Reference, bench: Bench, teachers: Sequence[ForeignTeacher], beside_a_leak: bool
    ) -> None:
        self.name = reference.name
        self._reference = reference
        self._bench = bench
        self._hearing: Hearing = (
            TaughtHearing(teachers, bench) if reference.needs_teachers else HandcraftedHearing(bench)
        )
        self._pieces = beside_a_leak or not self._hearing.pieces_cost
        self.hears = self._hearing.what
        self._window_ms: float | None = None

    def hear(self, manifest: Manifest) -> Manifest:
        return manifest.without(self._hearing.hear([item.path for item in manifest.items]))

    def durations(self) -> Mapping[Path, float]:
        return self._hearing.durations()

    def settings(self, seed: int) -> dict[str, Any]:
        choices = list(self._reference.classifier.choices)
        return {"seed": seed, "choices": choices, "pieces": self._pieces}

    def try_on(self, fold: Fold, seed: int) -> dict[str, Any]:
        learnt = [*fold.train, *fold.valid]
        known = {label for item in learnt for label in labels_of(item)[:1]}
        test = [item for item in fold.test if item.label in known]
        missed = [item for item in fold.test if item.label not in known]
        vectors = self._hearing.vectors([*learnt, *test])
        began = time.monotonic()
        fitted = fit(self._reference.classifier, learnt, vectors[: len(learnt)], seed)
        seconds = time.monotonic() - began
        logits = fitted.logits(vectors[len(learnt) :])
        return {
            **answers(test, logits, fitted.labels, fitted.temperature, missed),
            "notes": [_NOTE],
            "pieces": self._right_pieces(fitted, test),
            "conditions": self._right_under(fitted, test, logits),
            "parameters": fitted.size,
            "choice": fitted.choice,
            "epochs": 0,
            "train_seconds": round(seconds, 1),
            "inference_ms": round(self._inference_ms(fitted), 1),
            **machine(self._bench.device),
        }

    def _right_pieces(self, fitted: Fitted, items: Sequence[Item]) -> dict[str, int]:
        """Return how many pieces of the tracks are right and of how many, as the leaky protocol counts."""
        whole = [item for item in items if item.seconds is None]
        pieces = cut(whole, self._hearing.durations())[0] if self._pieces and whole else []
        if not pieces:
            return {"right": 0, "n": 0}
        said = fitted.logits(self._hearing.vectors(pieces)).argmax(axis=1)
        truth = [fitted.labels.index(labels_of(item)[0]) for item in pieces]
        return {"right": int((said == truth).sum()), "n": len(pieces)}

    def _right_under(
        self, fitted: Fitted, items: Sequence[Item], logits: NDArray[np.float64]
    ) -> dict[str, dict[str, int]]:
        said = [(item, fitted.labels[i]) for item, i in zip(items, logits.argmax(axis=1), strict=True)]

        def say(_item: Item, samples: Samples) -> str:
            return fitted.labels[int(fitted.logits(self._hearing.vector(samples)[None]).argmax())]

        return right_under(self._bench, said, self._hearing.request, say)

    def _inference_ms(self, fitted: Fitted) -> float:
        """Return the median time of one whole window from sound to logits, in ms; taken at the first fold.

        Nearly all of it is the hearing, which is the same for all folds.
        """
        if self._window_ms is None:
            self._window_ms = self._timed(fitted)
        return self._window_ms

    def _timed(self, fitted: Fitted) -> float:
        hearing = self._hearing
        n = round(_WINDOW_SECONDS * hearing.request.sample_rate)
        clip = np.random.default_rng(0).normal(0, 0.1, n).astype(np.float32)
        return median_ms(lambda: fitted.logits(hearing.vector(clip)[None]))
