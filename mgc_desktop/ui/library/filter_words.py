"""A filter in words: the states that can be chosen, the chips above the table, and how it is kept in the settings."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from mgc_desktop.core.filter import EVERYTHING, Filter, Summary
from mgc_desktop.core.kinds import TrackState, VerdictKind
from mgc_desktop.ui import wording
from mgc_desktop.ui.theme import display_name

_NAMED = 3  # genres or states that a chip names one by one


@dataclass(frozen=True, slots=True)
class Status:
    """A state that can be chosen: exactly one of `kind`, `state` and `flag` is set."""

    name: str
    text: str
    tip: str
    kind: VerdictKind | None = None
    state: TrackState | None = None
    flag: str = ""

    def count(self, summary: Summary) -> int:
        """Return how many tracks it would list."""
        if self.kind is not None:
            return summary.kinds.get(self.kind, 0)
        return summary.states.get(self.state, 0) if self.state is not None else int(getattr(summary, self.flag))

    def chosen(self, wanted: Filter) -> bool:
        if self.flag:
            return bool(getattr(wanted, self.flag))
        return self.kind in wanted.kinds if self.kind is not None else self.state in wanted.states


STATUSES = (
    Status("unsure", "Unsure", "Nothing stands out enough: worth a listen", kind=VerdictKind.UNSURE),
    Status("not_music", "Not music", "Speech or noise", kind=VerdictKind.NOT_MUSIC),
    Status("silence", "Silence", "Too quiet throughout to say anything", kind=VerdictKind.SILENCE),
    Status("differs", "Existing genre differs", "The file says another genre than the verdict", flag="differs"),
    Status("corrected", "Set by you", "The genre is your word, or a verdict that you accepted", flag="corrected"),
    Status("failed", "Could not be read", "The row says why", state=TrackState.FAILED),
    Status("queued", "Waiting", "Not heard yet", state=TrackState.QUEUED),
    Status("missing", "Gone", "The file is no longer where it was", state=TrackState.MISSING),
    Status("offline", "Offline", "On a drive that is not connected", flag="offline"),
)


def with_statuses(wanted: Filter, names: frozenset[str]) -> Filter:
    """Return `wanted` with the states called `names` instead of those that it has."""
    chosen = [status for status in STATUSES if status.name in names]
    flags = {status.flag for status in chosen}
    return replace(
        wanted,
        kinds=frozenset(status.kind for status in chosen if status.kind is not None),
        states=frozenset(status.state for status in chosen if status.state is not None),
        differs="differs" in flags,
        corrected="corrected" in flags,
        offline="offline" in flags,
    )


def statuses(wanted: Filter) -> frozenset[str]:
    """Return the names of the states that a filter asks for."""
    return frozenset(status.name for status in STATUSES if status.chosen(wanted))


def folder_name(folder: str) -> str:
    """Return the last part of a folder's path, as it is shown."""
    return os.path.basename(folder.rstrip("/\\")) or folder


def chip(row: str, wanted: Filter) -> str:
    """Return what a row of conditions asks for, in a few words."""
    if row == "text":
        return f"“{wording.shortened(wanted.text, 30)}”"
    if row == "genre":
        return _some([display_name(label) for label in sorted(wanted.labels)])
    if row == "status":
        return _some([status.text for status in STATUSES if status.chosen(wanted)]) or "another verdict"
    if row == "folder":
        return f"in {wording.shortened(folder_name(wanted.folder), 30)}"
    low, high = wording.percent(wanted.min_confidence), wording.percent(wanted.max_confidence)
    if wanted.max_confidence > 0.999:  # the audit leaves out what a person set, which is above every verdict
        return f"{low} and surer"
    return f"{high} and less sure" if wanted.min_confidence <= 0 else f"{low} to {high} sure"


def _some(names: list[str]) -> str:
    shown = [wording.shortened(name, 24) for name in names]
    if len(shown) > _NAMED:
        return f"{', '.join(shown[: _NAMED - 1])} or {len(shown) - _NAMED + 1} more"
    return " or ".join(filter(None, (", ".join(shown[:-1]), shown[-1]))) if shown else ""


_ROW_NAMES = {
    "text": "the search",
    "genre": "the genre",
    "status": "the state",
    "folder": "the folder",
    "confidence": "the confidence",
}


def relaxing(row: str, number: int) -> str:
    """Return what a button says that takes a row of conditions away: `Without the genre: 12 tracks`."""
    return f"Without {_ROW_NAMES[row]}: {wording.count(number, 'track')}"


def to_settings(wanted: Filter) -> dict[str, Any]:
    """Return a filter as JSON can hold it; what was searched for is not kept."""
    kept: dict[str, Any] = {
        "labels": sorted(wanted.labels),
        "statuses": sorted(statuses(wanted)),
        "folder": wanted.folder,
        "confidence": [wanted.min_confidence, wanted.max_confidence],
    }
    return kept if wanted.without("text") else {}


def from_settings(kept: object) -> Filter:
    """Return what `to_settings` gave; anything else asks for everything."""
    if not isinstance(kept, Mapping):
        return EVERYTHING
    labels, names, folder = kept.get("labels"), kept.get("statuses"), kept.get("folder")
    wanted = with_statuses(EVERYTHING, frozenset(map(str, names)) if isinstance(names, list) else frozenset())
    low, high = _range(kept.get("confidence"))
    return replace(
        wanted,
        labels=frozenset(map(str, labels)) if isinstance(labels, list) else frozenset(),
        folder=folder if isinstance(folder, str) else "",
        min_confidence=low,
        max_confidence=high,
    )


def _range(kept: object) -> tuple[float, float]:
    if isinstance(kept, list) and len(kept) == 2 and all(isinstance(edge, int | float) for edge in kept):
        low, high = float(kept[0]), float(kept[1])
        if 0 <= low <= high <= 1:
            return low, high
    return 0.0, 1.0
