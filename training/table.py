"""The table of a comparison: figures of every system under every protocol, and how much of them is leakage."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.metrics import precision_score

from mgc_desktop.core.intervals import wilson
from training.metrics import summarise
from training.protocols import PROTOCOLS
from training.references.table import REFERENCES
from training.systems import SYSTEMS

COLUMNS = (
    "system", "protocol", "n", "accuracy", "low", "high", "seeds", "spread", "pieces", "macro_f1", "precision",
    "recall", "ece", "parameters", "epochs", "train_seconds", "inference_ms", "claim",
)  # fmt: skip
_AVERAGED = ("accuracy", "macro_f1", "precision", "recall", "ece")
_HONEST = ("grouped-kfold", "fault-filtered", "given")  # by preference, to measure a leak against


def rows_of(results: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a row for each system and protocol, its folds pooled."""
    cells: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for result in results:
        cells.setdefault((result["system"], result["protocol"]), []).append(result)
    return [_row(system, protocol, cell) for (system, protocol), cell in cells.items()]


def _row(system: str, protocol: str, cell: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the figures of a cell: folds are pooled, and what is pooled is averaged over the seeds."""
    seeds: dict[int, list[dict[str, Any]]] = {}
    for result in cell:
        seeds.setdefault(result["seed"], []).append(result)
    runs = [_pooled(folds) for folds in seeds.values()]
    figures = {name: round(float(np.mean([run[name] for run in runs])), 4) for name in _AVERAGED}
    n = runs[0]["n"]
    low, high = wilson(round(figures["accuracy"] * n), n)
    conditions = _under_conditions(cell)
    claim = SYSTEMS[system].claim if system in SYSTEMS else None  # a reference is nobody's claim
    return {
        "system": system,
        "protocol": protocol,
        "leaky": PROTOCOLS[protocol].leaky,
        "n": n,
        **figures,
        "pieces": _of_pieces(cell, figures["accuracy"], protocol),
        "low": round(low, 4),
        "high": round(high, 4),
        "seeds": len(runs),
        "spread": round(float(np.std([run["accuracy"] for run in runs], ddof=1)), 4) if len(runs) > 1 else None,
        "parameters": cell[0]["parameters"],
        "epochs": round(float(np.mean([result["epochs"] for result in cell]))),
        "train_seconds": round(sum(result["train_seconds"] for result in cell)),
        "inference_ms": round(float(np.median([result["inference_ms"] for result in cell])), 1),
        "claim": None if claim is None else claim.accuracy,
        "folds": len(cell) // len(runs),
        **({"conditions": conditions} if conditions else {}),
    }


def _under_conditions(cell: Sequence[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Return accuracy, and its change in points on the same tracks, by condition; folds and seeds are pooled."""
    found: dict[str, dict[str, float]] = {}
    for name in dict.fromkeys(name for result in cell for name in result.get("conditions", {})):
        counts = [result["conditions"][name] for result in cell]
        n, right, before = (sum(count[key] for count in counts) for key in ("n", "right", "before"))
        if n:
            found[name] = {"accuracy": round(right / n, 4), "points": round(100 * (right - before) / n, 2)}
    return found


def _of_pieces(cell: list[dict[str, Any]], accuracy: float, protocol: str) -> float | None:
    """Return the accuracy over pieces of 3 s; None where the tracks were too short for any."""
    if PROTOCOLS[protocol].leaky:
        return accuracy
    n = sum(result["pieces"]["n"] for result in cell)
    return round(sum(result["pieces"]["right"] for result in cell) / n, 4) if n else None


def _pooled(folds: list[dict[str, Any]]) -> dict[str, Any]:
    truth = [label for result in folds for label in result["truth"]]
    said = [label for result in folds for label in result["said"]]
    confidence = np.array([value for result in folds for value in result["confidence"]])
    labels = sorted(set(truth))
    figures = summarise(truth, said, confidence, labels)
    precision = precision_score(truth, said, labels=labels, average="macro", zero_division=0)
    return {**figures, "recall": figures["macro_recall"], "precision": float(precision)}


def leaks_of(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Return a sentence for each system that was tried both with a leak and without, on pieces in both."""
    sentences = []
    for leaky in (row for row in rows if row["leaky"]):
        own = {row["protocol"]: row for row in rows if row["system"] == leaky["system"]}
        honest = next((own[name] for name in _HONEST if name in own and own[name]["pieces"] is not None), None)
        if honest is None:
            continue
        points = 100 * (leaky["accuracy"] - honest["pieces"])
        text = (
            f"{leaky['system']}: {_percent(leaky['accuracy'])} of pieces with pieces of the same recording in "
            f"training, {_percent(honest['pieces'])} of pieces under {honest['protocol']}: {points:+.0f} points with "
            "the leak"
        )
        claim = f" (published: {_percent(leaky['claim'])})" if leaky["claim"] is not None else ""
        sentences.append(f"{text}{claim}.")
    return sentences


def as_markdown(rows: Sequence[dict[str, Any]], about: Sequence[str]) -> str:
    """Return the table as Markdown: what it is about, the rows, the protocols' meanings, the leaks."""
    head = (
        "system", "protocol", "n", "accuracy [95 %]", "of pieces", "macro F1", "precision", "recall", "ECE",
        "parameters", "trained", "a window", "published",
    )  # fmt: skip
    lines = [*about, "", "| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(_cells(row)) + " |" for row in rows]
    lines += _conditions_table(rows)
    named = dict.fromkeys(row["protocol"] for row in rows)
    lines += ["", *(f"- `{name}`: {PROTOCOLS[name].says}" for name in named)]
    references = dict.fromkeys(row["system"] for row in rows if row["system"] in REFERENCES)
    lines += [f"- `{name}`: {REFERENCES[name].says}" for name in references]
    if leaks := leaks_of(rows):
        lines += ["", "How much of a figure is leakage:", "", *(f"- {sentence}" for sentence in leaks)]
    return "\n".join(lines) + "\n"


def _conditions_table(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Return the lines of a second table: the same tracks under conditions, where any were asked for."""
    asked = [row for row in rows if "conditions" in row]
    names = list(dict.fromkeys(name for row in asked for name in row["conditions"]))
    if not names:
        return []
    head = ("system", "protocol", "as they are", *names)
    lines = ["", "The same whole tracks under conditions; in brackets the change in points.", ""]
    lines += ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for row in asked:
        found = row["conditions"]
        cells = [f"{_percent(found[n]['accuracy'])} ({found[n]['points']:+.1f})" if n in found else "-" for n in names]
        lines.append("| " + " | ".join([row["system"], row["protocol"], _percent(row["accuracy"]), *cells]) + " |")
    return lines


def as_csv(rows: Sequence[dict[str, Any]]) -> str:
    """Return the table as CSV."""
    stream = io.StringIO()
    names = dict.fromkeys(name for row in rows for name in row.get("conditions", {}))
    writer = csv.DictWriter(stream, (*COLUMNS, *names), extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow(row | {name: found["accuracy"] for name, found in row.get("conditions", {}).items()})
    return stream.getvalue()


def _cells(row: dict[str, Any]) -> list[str]:
    protocol = f"{row['protocol']} (LEAKY)" if row["leaky"] else row["protocol"]
    accuracy = f"{_percent(row['accuracy'])} [{100 * row['low']:.1f}, {100 * row['high']:.1f}]"
    if row["spread"] is not None:
        accuracy += f" ± {100 * row['spread']:.1f} over {row['seeds']} seeds"
    scores = [f"{row[name]:.3f}" for name in ("macro_f1", "precision", "recall", "ece")]
    trained = f"{row['train_seconds'] / 60:.0f} min, {row['epochs']} epochs" if row["epochs"] else _time(row)
    claim = "-" if row["claim"] is None else _percent(row["claim"])
    parameters = f"{row['parameters']:,}"
    pieces = "-" if row["pieces"] is None else _percent(row["pieces"])
    return [row["system"], protocol, str(row["n"]), accuracy, pieces, *scores, parameters, trained,
            f"{row['inference_ms']:.0f} ms", claim]  # fmt: skip


def _time(row: dict[str, Any]) -> str:
    """Return how long a reference took, which learns in seconds and knows no epochs."""
    return f"{row['train_seconds']:.0f} s"


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"
