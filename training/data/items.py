"""The tracks of a training run: where each lies, what it is, and what it must stay together with."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

SPLITS = ("train", "valid", "test")


@dataclass(frozen=True, slots=True)
class Item:
    """One track, or a stretch of one, to learn from or to be tried on.

    Attributes
    ----------
    group : str
        What must not be split between training and test: an artist, an album.
    split : str
        One of `SPLITS`, or "" where the data brings none.
    start, seconds : float, float or None
        s; a stretch of the track (only the protocol `segment-random` makes such), None for all of it.
    gtzan : str
        Name in GTZAN, such as "blues.00012"; "" for all other tracks.
    source : str
        Collection that it is from, as its list says, or "".
    kind : str
        What is heard where it is no music ("speech", "noise"), as its list says, or "".
    licence : str
        As its list says, or "".
    """

    path: Path
    label: str
    group: str
    split: str
    start: float = 0.0
    seconds: float | None = None
    gtzan: str = ""
    source: str = ""
    kind: str = ""
    licence: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    items: tuple[Item, ...]
    left_out: tuple[tuple[str, str], ...] = ()  # (path, reason)

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(sorted({item.label for item in self.items}))

    def split(self, name: str) -> tuple[Item, ...]:
        return tuple(item for item in self.items if item.split == name)

    def counts(self) -> dict[str, int]:
        """Return the number of tracks a label."""
        return dict(sorted(Counter(item.label for item in self.items).items()))

    def sources(self) -> list[dict[str, Any]]:
        """Return ``name``, ``tracks`` and ``licence`` of each source of tracks to learn from, and kind of no music.

        Nothing of tracks of which the lists do not say it.
        """
        found: dict[str, list[Item]] = defaultdict(list)
        for item in self.split("train"):
            if name := item.kind or item.source:
                found[name].append(item)
        return [
            {"name": name, "tracks": len(items), "licence": "; ".join(sorted({item.licence for item in items} - {""}))}
            for name, items in sorted(found.items(), key=lambda pair: -len(pair[1]))
        ]

    def fingerprint(self) -> str:
        """Return a digest over names, sizes, labels, groups and splits: the same data, the same fingerprint."""
        rows = sorted(
            f"{item.path.name}\0{item.path.stat().st_size}\0{item.label}\0{item.group}\0{item.split}"
            for item in self.items
        )
        return hashlib.sha256("\n".join(rows).encode("utf-8", "surrogateescape")).hexdigest()

    def without(self, bad: dict[Path, str]) -> Manifest:
        """Return the manifest less the tracks in `bad`, which gives a reason for each path."""
        kept = tuple(item for item in self.items if item.path not in bad)
        reasons = tuple((str(item.path), bad[item.path]) for item in self.items if item.path in bad)
        return replace(self, items=kept, left_out=self.left_out + reasons)
