"""The values that cross threads and processes: frozen, and never written again once made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mgc_desktop.core.kinds import TrackState as TrackState
from mgc_desktop.core.kinds import VerdictKind as VerdictKind

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is said of a track or moment, by the one verdict rule (`mgc_desktop.model.verdict`).

    Attributes
    ----------
    kind : VerdictKind
    label : str or None
        Best genre, also where the kind is *unsure* (the best guess); `_not_music` where the kind is *not music*; None
        for silence and errors.
    confidence : float
        Calibrated probability of `label`, 0..1.
    runner_up : str or None
    runner_up_confidence : float
    probabilities : Mapping[str, float]
        Every label of the model (a `_not_music` label among them, if it has one), in the model's order.
    model : str
        Name of the model that said so.
    reason : str
        Why it is not a plain genre ("too quiet", "between rock and metal"), or empty.
    """

    kind: VerdictKind
    label: str | None
    confidence: float
    runner_up: str | None
    runner_up_confidence: float
    probabilities: Mapping[str, float]
    model: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AudioWindow:
    """A stretch of a track as a model sees it: mono float32 in -1..1 at the model's sample rate."""

    start: float  # s from the beginning of the track
    samples: Samples  # (N,)


@dataclass(frozen=True, slots=True)
class WindowScores:
    """Calibrated probabilities of one window, for the timeline of a track."""

    start: float  # s
    end: float  # s
    probabilities: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class TrackTags:
    """What a file says of itself. Every text is untrusted: show it as plain text only."""

    title: str = ""
    artist: str = ""
    album: str = ""
    genres: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DecodedFile:
    """What a decoder process brings back from one file."""

    path: str
    duration: float  # s, of the whole track
    sample_rate: int  # Hz, of the file
    channels: int
    level_dbfs: float  # loudest window's RMS level in dB re full scale; -inf for digital silence
    windows: tuple[AudioWindow, ...]
    tags: TrackTags = field(default_factory=TrackTags)
    payload_digest: str = ""  # of the audio without its tags (`mgc_desktop.library.identity`)


@dataclass(frozen=True, slots=True)
class FileResult:
    """One file, heard to the end: what `classify` prints and the library keeps.

    `verdict.kind` is ERROR where the file could not be read; `error` is then the sentence.
    """

    path: str
    duration: float | None
    verdict: Verdict
    windows: tuple[WindowScores, ...] = ()
    tags: TrackTags = field(default_factory=TrackTags)
    error: str = ""


@dataclass(frozen=True, slots=True)
class TrackRow:
    """One row of the library table: what the model says of a track, and what the person says instead."""

    id: int
    path: str
    title: str
    artist: str
    existing_genre: str
    state: TrackState
    kind: VerdictKind | None
    label: str | None
    confidence: float | None
    runner_up: str | None
    runner_up_confidence: float | None
    duration: float | None
    error: str
    correction: str | None = None  # the label that the person set; it beats the verdict
    corrected_at: float | None = None  # s since the epoch
    offline: bool = False  # its drive was not there when it was last looked for; the state is as it was
