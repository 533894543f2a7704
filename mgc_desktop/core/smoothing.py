"""Verdicts of a stream of windows, calm enough to be read: averaged over time, with a headline that holds."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mgc_desktop.core.values import Verdict, VerdictKind

_LEAST = 1e-6  # a probability of 0 would never be forgotten by its logarithm

Headline = tuple[VerdictKind, str | None]


class VerdictSmoother:
    """Smooths the probabilities of overlapping windows, and holds the headline until a new one has lasted.

    Parameters
    ----------
    time_constant : float
        s; after this long, what was before weighs 37 %.
    hold_seconds : float
        s; a new headline is shown once it has won for this long without a break, and any once the one on show has not
        won for twice as long. Silence is shown at once.
    """

    def __init__(self, time_constant: float = 1.5, hold_seconds: float = 1.7) -> None:
        self._time_constant = time_constant
        self._hold_seconds = hold_seconds
        self._logs: NDArray[np.float64] | None = None
        self._averaged_at = 0.0
        self._shown: Verdict | None = None
        self._losing_since: float | None = None  # s, since when the headline that is shown has not won
        self._rival: Headline | None = None
        self._rival_since = 0.0

    def reset(self) -> None:
        """Forget everything: after silence, and when another model answers."""
        self._logs = self._shown = self._rival = self._losing_since = None

    def average(
        self, probabilities: NDArray[np.float64], time: float, *, normalised: bool = True
    ) -> NDArray[np.float64]:
        """Return the running average of log-probabilities, as probabilities.

        Parameters
        ----------
        probabilities : float64[L]
            Of the newest window.
        time : float
            s, of the window's end; does not go back.
        normalised : bool
            Whether they add up to 1 (softmax), so that the average has to as well.

        Returns
        -------
        float64[L]
        """
        logs = np.log(np.maximum(probabilities, _LEAST))
        if self._logs is not None:
            weight = math.exp(-max(0.0, time - self._averaged_at) / self._time_constant)
            logs = weight * self._logs + (1.0 - weight) * logs
        self._logs, self._averaged_at = logs, time
        averaged: NDArray[np.float64] = np.exp(logs)
        return averaged / averaged.sum() if normalised else averaged

    def hold(self, verdict: Verdict, time: float) -> Verdict:
        """Return `verdict` with its own headline, or with the one that is shown until the new one has lasted.

        Parameters
        ----------
        verdict : Verdict
            By the verdict rule, from averaged probabilities.
        time : float
            s, as in `average`.
        """
        shown, headline = self._shown, _headline(verdict)
        if shown is None or headline == _headline(shown) or verdict.kind is VerdictKind.SILENCE:
            return self._show(verdict)
        if self._losing_since is None:
            self._losing_since = time
        if headline != self._rival:
            self._rival, self._rival_since = headline, time
        has_won = time - self._rival_since >= self._hold_seconds
        has_lost = time - self._losing_since >= 2.0 * self._hold_seconds
        if has_won or has_lost or not _can_hold(shown, verdict):
            return self._show(verdict)
        return _under_headline(verdict, shown)

    def _show(self, verdict: Verdict) -> Verdict:
        self._shown, self._rival, self._losing_since = verdict, None, None
        return verdict


def _headline(verdict: Verdict) -> Headline:
    named = verdict.kind in (VerdictKind.GENRE, VerdictKind.UNSURE)
    return verdict.kind, verdict.label if named else None


def _can_hold(shown: Verdict, verdict: Verdict) -> bool:
    """Return whether the model that gave `verdict` knows the label that is shown."""
    return shown.label is None or shown.label in verdict.probabilities


def _under_headline(verdict: Verdict, shown: Verdict) -> Verdict:
    """Return the numbers of `verdict` with the kind and label of `shown`."""
    held = replace(verdict, kind=shown.kind, reason=verdict.reason if verdict.kind == shown.kind else shown.reason)
    if shown.label is None or shown.label == verdict.label:
        return held
    return replace(
        held,
        label=shown.label,
        confidence=verdict.probabilities[shown.label],
        runner_up=verdict.label,
        runner_up_confidence=verdict.confidence,
    )
