"""From a span of what was listened to to the windows that the model hears of it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from mgc_desktop.core.errors import MgcError
from mgc_desktop.core.model_info import ModelInfo
from mgc_desktop.core.recording import KEPT_SECONDS, Recording
from mgc_desktop.core.values import AudioWindow, Samples
from mgc_desktop.engine.live_sound import resampled
from mgc_desktop.engine.results import level_dbfs

_TOUCHING = 0.01  # s between two windows that are one stretch


class SpanError(MgcError):
    """A span cannot be judged or explained."""


@dataclass(frozen=True, slots=True)
class Cut:
    """The windows of a span: of each unbroken stretch all of it, in equal parts that are as long as may be."""

    start: float  # s since listening began; later than was asked for where that is no longer kept
    end: float
    info: ModelInfo  # that the windows are cut for
    windows: tuple[AudioWindow, ...]  # oldest first; their starts are s since listening began

    @property
    def level_dbfs(self) -> float:
        """RMS level of the loudest window, dB re full scale."""
        return max(level_dbfs(window.samples) for window in self.windows)

    @property
    def stretches(self) -> tuple[tuple[float, float], ...]:
        """What its windows cover, as from and to, s; those that touch are one."""
        found: list[tuple[float, float]] = []
        for window in self.windows:
            end = self.end_of(window)
            if found and window.start - found[-1][1] < _TOUCHING:
                found[-1] = (found[-1][0], end)
            else:
                found.append((window.start, end))
        return tuple(found)

    @property
    def silent(self) -> bool:
        """Whether it is under the model's silence level throughout."""
        return self.level_dbfs < self.info.thresholds.silence_dbfs

    def end_of(self, window: AudioWindow) -> float:
        """Return where a window ends, s since listening began."""
        return window.start + len(window.samples) / self.info.sample_rate


def cut_span(recording: Recording, start: float, end: float, info: ModelInfo) -> Cut:
    """Return the windows of a span. Takes some milliseconds a minute: not for the GUI thread.

    Parameters
    ----------
    recording : Recording
    start, end : float
        s since listening began. What is not kept any more, and gaps, are left out.
    info : ModelInfo

    Raises
    ------
    SpanError
        Where nothing is left that is long enough.
    """
    if end - start < info.min_seconds:
        raise _too_short(info)
    rate = recording.sample_rate
    pieces = list(_unbroken(recording, max(0, round(start * rate)), round(end * rate)))
    if not pieces:
        raise _nothing_there(recording, start, end)
    windows = tuple(window for first, samples in pieces for window in windows_of(first, samples, rate, info))
    if not windows:
        raise _too_short(info)
    first, (last, samples) = pieces[0][0], pieces[-1]
    return Cut(first / rate, (last + len(samples)) / rate, info, windows)


def _unbroken(recording: Recording, start: int, end: int) -> Iterator[tuple[int, Samples]]:
    """Return the stretches between gaps that are kept: first frame, samples."""
    for gap in recording.gaps:
        if gap.end > start and gap.start < end:
            yield from _kept(recording, start, gap.start)
            start = max(start, gap.end)
    yield from _kept(recording, start, end)


def _kept(recording: Recording, start: int, end: int) -> Iterator[tuple[int, Samples]]:
    if end > start:
        samples, first = recording.ring.read(start, end)
        if len(samples):
            yield first, samples


def windows_of(first: int, samples: Samples, rate: int, info: ModelInfo) -> Iterator[AudioWindow]:
    """Cut a stretch at `rate` Hz, from frame `first` on, into equal windows; nothing where it is too short."""
    wanted = resampled(samples, rate, info.sample_rate)
    longest, shortest = int(info.window_seconds * info.sample_rate), math.ceil(info.min_seconds * info.sample_rate)
    length = -(-len(wanted) // -(-len(wanted) // longest)) if len(wanted) else 0
    for at in range(0, len(wanted), length or 1):
        window = wanted[at : at + length]
        if len(window) >= shortest:
            yield AudioWindow(first / rate + at / info.sample_rate, window)


def _too_short(info: ModelInfo) -> SpanError:
    return SpanError(f"The selection is too short: select at least {info.min_seconds:g} s of sound.")


def _nothing_there(recording: Recording, start: float, end: float) -> SpanError:
    if end <= recording.kept_from:
        minutes = round(KEPT_SECONDS / 60)
        return SpanError(f"That sound is no longer kept: select from the last {minutes} minutes.")
    if start >= recording.seconds:
        return SpanError("That sound has not been heard yet: select what is in the picture.")
    return SpanError("No sound arrived there: select a place outside of the gap.")
