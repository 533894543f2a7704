"""How `listen` writes what it hears: JSON lines, or lines to read."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any, Protocol, TextIO

from mgc_desktop.commands.output import rival_json, rival_words, rounded
from mgc_desktop.core.confusion import Confusion
from mgc_desktop.core.model_figures import confusion_of
from mgc_desktop.core.rivals import rival_of
from mgc_desktop.core.values import Verdict, VerdictKind
from mgc_desktop.engine.events import (
    Event,
    InputGap,
    InputWarned,
    ListenChanged,
    ListenState,
    LiveVerdict,
    ModelFailed,
    ModelReady,
    Problem,
)
from mgc_desktop.engine.sources import shown

_VERDICT_WIDTH = 14
_RIVAL_WIDTH = 24


class LiveOutput(Protocol):
    """Gets the events of listening, in one thread; the ones it has no words for it leaves out."""

    def verdict(self, event: LiveVerdict, hop_seconds: float, dropped: int, overruns: int) -> None: ...

    def news(self, event: Event) -> None: ...


def verdict_json(
    event: LiveVerdict, hop_seconds: float, dropped: int, overruns: int, confusion: Confusion | None = None
) -> str:
    """Return a judgement as one line of JSON in ASCII; numbers that nothing is known of are null."""
    verdict = event.verdict
    said: dict[str, Any] = {
        "time": round(event.time, 3),
        "seconds": round(event.seconds, 3),
        "verdict": verdict.kind.value,
        "label": verdict.label,
        "confidence": round(verdict.confidence, 6),
        "runner_up": verdict.runner_up,
        "runner_up_confidence": round(verdict.runner_up_confidence, 6),
        "rival": rival_json(rival_of(verdict, confusion)),
        "probabilities": rounded(verdict.probabilities),
        "raw": rounded(event.raw),
        "reason": verdict.reason or None,
        "level_dbfs": round(event.level_dbfs, 2) if math.isfinite(event.level_dbfs) else None,
        "latency_ms": round(event.latency_ms, 2),
        "inference_ms": round(event.inference_ms, 2),
        "hop_seconds": round(hop_seconds, 3),
        "dropped": dropped,
        "overruns": overruns,
        "device": event.device,
        "model": verdict.model,
    }
    return json.dumps(said, ensure_ascii=True, allow_nan=False)


def news_json(event: Event) -> str:
    """Return a change of state, a warning or a gap as one line of JSON in ASCII; empty where it is none of these."""
    said: dict[str, Any]
    match event:
        case ListenChanged():
            said = {
                "event": "state", "state": event.state.value, "device": event.device or None,
                "sample_rate": event.sample_rate or None, "channels": event.channels or None,
                "sentence": event.sentence or None,
            }  # fmt: skip
        case InputWarned():
            said = {"event": "warning", "kind": event.kind.value, "sentence": event.sentence or None}
        case InputGap():
            said = {"event": "gap", "start": round(event.start, 3), "end": round(event.end, 3)}
        case ModelReady():
            said = {"event": "model", "name": event.name, "device": event.device}
        case ModelFailed() | Problem():
            said = {"event": "problem", "sentence": event.sentence}
        case _:
            return ""
    return json.dumps(said, ensure_ascii=True, allow_nan=False)


class LiveJson:
    """One object a judgement on `stream`, and nothing else there; states, warnings and gaps go to `aside`."""

    def __init__(self, stream: TextIO, aside: Callable[[str], None]) -> None:
        self._stream, self._aside = stream, aside
        self._confusion: Confusion | None = None  # of the model that listens

    def verdict(self, event: LiveVerdict, hop_seconds: float, dropped: int, overruns: int) -> None:
        self._stream.write(verdict_json(event, hop_seconds, dropped, overruns, self._confusion) + "\n")
        self._stream.flush()

    def news(self, event: Event) -> None:
        if isinstance(event, ModelReady):
            self._confusion = confusion_of(event.info)
        line = news_json(event)
        if line:
            self._aside(line)


class LiveLines:
    """For people: time, verdict, confidence, rival, runner-up or reason, level and inference, in columns."""

    def __init__(self, stream: TextIO, aside: Callable[[str], None]) -> None:
        self._stream, self._aside = stream, aside
        self._confusion: Confusion | None = None  # of the model that listens

    def verdict(self, event: LiveVerdict, hop_seconds: float, dropped: int, overruns: int) -> None:
        level = f"{event.level_dbfs:4.0f} dBFS" if math.isfinite(event.level_dbfs) else "   - dBFS"
        said = _said(event.verdict, self._confusion)
        self._stream.write(f"{moment(event.time):>9}  {said}  {level}  {event.inference_ms:4.0f} ms\n")
        self._stream.flush()

    def news(self, event: Event) -> None:
        if isinstance(event, ModelReady):
            self._confusion = confusion_of(event.info)
        line = _news_line(event)
        if line:
            self._aside(line)


def _said(verdict: Verdict, confusion: Confusion | None) -> str:
    named = verdict.kind in (VerdictKind.GENRE, VerdictKind.UNSURE)
    word = shown(verdict.label or "") if named else verdict.kind.value.replace("_", " ")
    mark = "?" if verdict.kind is VerdictKind.UNSURE else ""
    sure = f"{verdict.confidence:.0%}" if named else ""
    rival, found = verdict.reason, rival_of(verdict, confusion)
    if not rival and found is not None:
        rival = rival_words(found)
    elif not rival and named and verdict.runner_up:
        rival = f"then {shown(verdict.runner_up)} {verdict.runner_up_confidence:.0%}"
    return f"{word + mark:<{_VERDICT_WIDTH}} {sure:>4}  {shown(rival):<{_RIVAL_WIDTH}}"


def _news_line(event: Event) -> str:
    match event:
        case ListenChanged(state=ListenState.RUNNING):
            facts = [f"{event.sample_rate} Hz"] if event.sample_rate else []
            if event.channels:
                facts.append("1 channel" if event.channels == 1 else f"{event.channels} channels")
            return f"Listening to {shown(event.device)}" + (f" ({', '.join(facts)})." if facts else ".")
        case ListenChanged() | InputWarned() | ModelFailed() | Problem():
            return shown(event.sentence)
        case InputGap():
            return f"Nothing arrived from {moment(event.start)} to {moment(event.end)}."
        case ModelReady():
            return f"The model {shown(event.name)} listens, on {event.device}."
    return ""


def moment(seconds: float) -> str:
    """Return a moment of listening, e.g. ``3:07.5`` or ``1:02:03.0``."""
    tenths = round(seconds * 10)
    minutes, rest = divmod(tenths, 600)
    clock = f"{minutes % 60}:{rest / 10:04.1f}" if minutes < 60 else f"{minutes % 60:02d}:{rest / 10:04.1f}"
    return clock if minutes < 60 else f"{minutes // 60}:{clock}"
