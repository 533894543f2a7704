"""Figures as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mgc_desktop.core.intervals import wilson


def figures_text(metrics: dict[str, Any]) -> str:
    """Return the figures of `training.figures`, and what `evaluate` adds, in lines; what is not there is left out."""
    return "\n".join(_lines(metrics))


def _lines(metrics: dict[str, Any]) -> Iterator[str]:
    yield f"accuracy      {_of(metrics)} (95 %, Wilson)"
    yield f"macro F1      {metrics['macro_f1']:.3f}"
    yield f"macro recall  {metrics['macro_recall']:.3f}"
    yield f"ECE           {metrics['ece']:.3f}{_by_chance(metrics)}"
    given = metrics["given"]
    yield f"said plainly  {given['coverage']:.1%} of tracks" + _right(given, "of them right")
    if "refused_music" in metrics:
        yield f"music refused {metrics['refused_music']['n']} of {metrics['n']}"
    if "not_music" in metrics:
        yield f"not music     {metrics['not_music']['refused']:.1%} of {metrics['not_music']['n']} refused"
        for kind, found in metrics.get("kinds", {}).items():
            yield f"  {kind:12s}{found['refused']:.1%} of {found['n']}"
    yield from _recalls(metrics)
    if "sources" in metrics:
        yield "by source"
        for source, found in metrics["sources"].items():
            yield f"  {source:12s}{_of(found)} of {found['n']}"
    yield from _risk(metrics)
    yield from _conditions(metrics)
    yield from _other_music(metrics)
    yield from _timing(metrics)


def _by_chance(metrics: dict[str, Any]) -> str:
    chance = metrics.get("ece_by_chance")
    if not chance:
        return ""
    return f" (exact confidences on as many tracks: {chance['mean']:.3f}, in 95 of 100 up to {chance['most']:.3f})"


def _recalls(metrics: dict[str, Any]) -> Iterator[str]:
    found = metrics.get("confusion", {"labels": [], "counts": []})
    tracks = {label: sum(row) for label, row in zip(found["labels"], found["counts"], strict=True)}
    yield "recall"
    for label, value in metrics["recall"].items():
        n = tracks.get(label, 0)
        low, high = wilson(round(value * n), n)
        line = f"  {label:12s}{value:.2f} [{low:.2f}, {high:.2f}] of {n}" if n else f"  {label:12s}{value:.2f}"
        if more := metrics.get("also", {}).get(label):
            line += f", with short excerpts {round(more['accuracy'] * more['n'])} of {more['n']} "
            line += f"[{more['low']:.2f}, {more['high']:.2f}]"
        yield line


def _risk(metrics: dict[str, Any]) -> Iterator[str]:
    if "risk_coverage" in metrics:
        yield "at a threshold for unsure of"
        for point in metrics["risk_coverage"]:
            yield f"  {point['threshold']:.2f}        {point['coverage']:6.1%} of tracks" + _right(point, "right")


def _conditions(metrics: dict[str, Any]) -> Iterator[str]:
    if "conditions" in metrics:
        yield "under conditions"
        for name, found in metrics["conditions"].items():
            turned = f"{found['lost']} lost, {found['won']} won, {found['refused']:.1%} refused"
            yield f"  {name:16s}{_of(found)} of {found['n']}, {found['points']:+.1f} points ({turned})"


def _other_music(metrics: dict[str, Any]) -> Iterator[str]:
    if "other_music" in metrics:
        found = metrics["other_music"]
        most = ", ".join(f"{label} {n}" for label, n in found["most"].items())
        yield f"other music   {found['given_share']:.1%} of {found['n']} given a genre{f' ({most})' if most else ''}"
        yield f"              {found['in_genre_wrong_share']:.1%} of music of its genres given a wrong one"


def _timing(metrics: dict[str, Any]) -> Iterator[str]:
    if "timing" in metrics:
        found = metrics["timing"]
        yield (
            f"time          {found['window_ms']:.1f} ms for {found['window_seconds']:g} s on {found['threads']} cores, "
            f"{found['cpu_ms']:.1f} ms of processor time ({found['device']})"
        )
        yield f"size          {found['model_bytes'] / 1e6:.2f} MB"
        yield f"in a batch    logits of a track differ by {found['alone_and_in_batch']:.1e} at most"
        if "from_cpu" in found:
            yield f"on the cpu    logits of a track differ by {found['from_cpu']:.1e} at most"


def _right(found: dict[str, Any], words: str) -> str:
    return f", {found['accuracy']:.1%} {words}" if found["n"] else ""


def _of(found: dict[str, Any]) -> str:
    return f"{found['accuracy']:.3f} [{found['low']:.3f}, {found['high']:.3f}]"
