"""The text of a model's card: what it is worth and where it is weak, what it learnt from, and how it was made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from mgc_desktop.core.intervals import wilson
from mgc_desktop.core.model_figures import left_out_of
from mgc_desktop.core.model_info import NOT_MUSIC_LABEL, ModelInfo

_WEAK = 0.5  # recall under which a genre is named as weak
_FEW = 5  # tracks under which a recall says little
_CONFUSIONS = 5  # named in words
_LEAST_TRACKS = 2  # taken for the same other genre: once is chance
_CONDITIONS = {
    "microphone": "through a microphone (in a room, noise at 15 dB, gain -20 to +6 dB)",
    "window-10s": "10 s of the middle",
    "window-5s": "5 s of the middle",
    "window-3s": "3 s of the middle",
    "mp3-64": "mp3 at 64 kbit/s",
    "low-pass-5k": "nothing above 5 kHz",
    "gain": "20 dB softer",
}
_KINDS = {"whole": "as they are", "worn": "in a room, in noise, through an equaliser"}


def card_text(info: ModelInfo, metrics: dict[str, Any]) -> str:
    """Return the card in Markdown; what was not measured is not in it."""
    parts = [
        [f"# {_cell(info.name)}"],
        _what_it_is(info),
        _worth(metrics),
        _genres(metrics),
        _table("### By source", ("source", "tracks", "accuracy"), _by_source(metrics)),
        _table("### Under other conditions", ("the same tracks", "accuracy", "change in points"), _conditions(metrics)),
        _risk(info, metrics),
        _left_out(info),
        _table("### What is no music, and other music", ("what", "clips", "got no genre"), _refused(metrics)),
        _other_music(metrics),
        _weakness(metrics),
        _learnt_from(info),
        _made(info, metrics),
    ]
    return "\n".join(line for part in parts if part for line in (*part, ""))


def _what_it_is(info: ModelInfo) -> list[str]:
    size = f" of {info.made_with['parameters']:,} parameters" if info.made_with.get("parameters") else ""
    return [
        f"A `{info.system}`{size} that tells apart: {', '.join(map(_cell, info.genres))}.",
        f"It hears mono sound at {info.sample_rate} Hz, {info.min_seconds:g} to {info.window_seconds:g} s at a time.",
    ]


def _worth(metrics: dict[str, Any]) -> list[str]:
    heading = f"## What it is worth ({metrics['split']} split, {metrics['n']} tracks)"
    if not metrics["n"]:
        return [heading, "", "No track was held out: how good it is cannot be said."]
    given = metrics["given"]
    right = f", {given['accuracy']:.0%} of them right" if given["n"] else ""
    rows = [
        ("accuracy", _of(metrics)),
        ("macro F1", f"{metrics['macro_f1']:.3f}"),
        ("macro recall", f"{metrics['macro_recall']:.3f}"),
        ("expected calibration error", f"{metrics['ece']:.3f}{_by_chance(metrics)}"),
        ("verdicts given, not *unsure*", f"{given['coverage']:.0%} of tracks{right}"),
    ]
    if "refused_music" in metrics:
        refused = metrics["refused_music"]
        rows.append(("music refused as *not music* or *silence*", f"{refused['n']} of {metrics['n']} tracks"))
    if "not_music" in metrics:
        other = metrics["not_music"]
        rows.append(("speech and noise that got no genre", f"{other['refused']:.0%} of {other['n']}"))
    about = "No artist or album (group) of these tracks was in training. Intervals are 95 % (Wilson)."
    return _table(heading, ("figure", "value"), rows, about)


def _by_chance(metrics: dict[str, Any]) -> str:
    chance = metrics.get("ece_by_chance")
    if not chance:
        return ""
    return (
        f"; exact confidences would be off by {chance['mean']:.3f} on so few, in 95 of 100 up to {chance['most']:.3f}"
    )


def _genres(metrics: dict[str, Any]) -> list[str]:
    """Return the recall of each genre, with the short excerpts where there are such."""
    also, tracks = metrics.get("also", {}), _tracks(metrics)
    rows = []
    for label, value in metrics["recall"].items():
        n = tracks.get(label, 0)
        row = [_cell(label), str(n) if n else "", _share(value, n) if n else f"{value:.2f}"]
        more = also.get(label)
        rows.append([*row, f"{_share(more['accuracy'], more['n'])} of {more['n']}" if more else ""])
    if also:
        return _table("### By genre", ("genre", "tracks", "recall", "with short excerpts of further tracks"), rows)
    return _table("### By genre", ("genre", "tracks", "recall"), [row[:-1] for row in rows])


def _by_source(metrics: dict[str, Any]) -> Iterator[Sequence[str]]:
    for source, found in metrics.get("sources", {}).items():
        yield _cell(source), str(found["n"]), _of(found)


def _conditions(metrics: dict[str, Any]) -> Iterator[Sequence[str]]:
    for name, found in metrics.get("conditions", {}).items():
        yield _CONDITIONS.get(name, _cell(name)), _of(found), f"{found['points']:+.1f}"


def _risk(info: ModelInfo, metrics: dict[str, Any]) -> list[str]:
    """Return what share of verdicts is given, and right, by how sure it is asked to be."""
    points = {point["threshold"]: point for point in metrics.get("risk_coverage", ())}
    if not points:
        return []
    shipped = info.thresholds.unsure
    points |= {shipped: {"threshold": shipped, **metrics["given"]}}
    rows = []
    for threshold, point in sorted(points.items()):
        name = f"**{threshold:.2f}** (as shipped)" if threshold == shipped else f"{threshold:.2f}"
        rows.append((name, f"{point['coverage']:.0%}", _share(point["accuracy"], point["n"]) if point["n"] else ""))
    about = "With less confidence than the threshold it says *unsure*, and names its best guess."
    return _table("### How sure it has to be", ("threshold", "tracks with a verdict", "of these right"), rows, about)


def _left_out(info: ModelInfo) -> list[str]:
    """Return what layers are worth that never heard the artist, on all tracks to learn from."""
    found = [said for said in left_out_of(info.metrics) if said.right.n]
    rows = [
        (
            _KINDS.get(said.kind, f"parts of {_cell(said.kind)}"),
            _of({"accuracy": said.right.value, "low": said.right.low, "high": said.right.high}),
            "" if said.calibration_error is None else f"{said.calibration_error:.3f}",
            "" if said.surest is None else f"{said.surest:.3f}",
        )
        for said in found
    ]
    about = (
        f"Finer than the test split: {found[0].right.n if found else 0} tracks to learn from and to choose by, each "
        "judged by last layers that were fitted anew without its artist. Means over divisions of the artists. What is "
        "below the last layer heard all tracks and no label."
    )
    return _table(
        "### With artists left out", ("the same tracks", "accuracy", "ECE", "right of the surest 60 %"), rows, about
    )


def _refused(metrics: dict[str, Any]) -> Iterator[Sequence[str]]:
    for kind, found in metrics.get("kinds", {}).items():
        yield _cell(kind), str(found["n"]), _share(found["refused"], found["n"])
    if "other_music" in metrics:
        found = metrics["other_music"]
        yield "music of other genres", str(found["n"]), _share(1 - found["given_share"], found["n"])


def _other_music(metrics: dict[str, Any]) -> list[str]:
    if "other_music" not in metrics:
        return []
    found = metrics["other_music"]
    lines = [
        f"Music of other genres gets one of these genres, as if it were sure, in {found['given_share']:.0%} of tracks; "
        f"music of these genres gets a wrong one in {found['in_genre_wrong_share']:.0%}."
    ]
    if found["most"]:
        most = [f"{_cell(label)} ({n})" for label, n in list(found["most"].items())[:_CONFUSIONS]]
        lines.append(f"What it is taken for: {', '.join(most)}.")
    return lines


def _weakness(metrics: dict[str, Any]) -> list[str]:
    """Return in words which genres it hardly knows, and what it takes for what."""
    tracks = _tracks(metrics)
    weak = [
        f"{_cell(label)} (recall {value:.2f}" + (f" on {_counted(tracks[label])})" if label in tracks else ")")
        for label, value in metrics["recall"].items()
        if value < _WEAK
    ]
    taken = [f"- Of {tracks[truth]} {_clips(truth)}, {n} were {_taken(said)}." for truth, said, n in _largest(metrics)]
    few = [_cell(label) for label in metrics["recall"] if 0 < tracks.get(label, 0) < _FEW]
    hardly = f"There are hardly any tracks of {', '.join(few)} to try it on: see the intervals."
    parts = [[f"Weak on {', '.join(weak)}."] * bool(weak), taken, [hardly] * bool(few)]
    lines = [line for part in parts if part for line in ("", *part)]
    return ["## Where it is weak, and what it takes for what", *lines] if lines else []


def _largest(metrics: dict[str, Any]) -> list[tuple[str, str, int]]:
    """Return (truth, said, tracks) of the confusions that take the largest shares of a label."""
    found, tracks = metrics.get("confusion", {"labels": [], "counts": []}), _tracks(metrics)
    pairs = [
        (truth, said, n)
        for truth, row in zip(found["labels"], found["counts"], strict=True)
        for said, n in zip(found["labels"], row, strict=True)
        if truth != said and n >= _LEAST_TRACKS
    ]
    return sorted(pairs, key=lambda pair: (-pair[2] / tracks[pair[0]], -pair[2]))[:_CONFUSIONS]


def _counted(n: int) -> str:
    return f"{n} track" if n == 1 else f"{n} tracks"


def _clips(label: str) -> str:
    return "clips of speech and noise" if label == NOT_MUSIC_LABEL else f"tracks of {_cell(label)}"


def _taken(label: str) -> str:
    return "refused as no music" if label == NOT_MUSIC_LABEL else f"taken for {_cell(label)}"


def _learnt_from(info: ModelInfo) -> list[str]:
    data = info.data
    if not data:
        return []
    lines = ["## What it was trained on, and under which licences", ""]
    if "tracks" in data:
        lines += [f"{data['tracks']['train']} tracks to learn from, {data['tracks']['valid']} to choose by.", ""]
    tried = info.made_with.get("last_layer")
    if tried:
        lines += [
            f"The last layer was then fitted to all of these. Of {tried['verdicts']} verdicts on whole tracks and "
            f"clips by layers that had not heard the artist, {tried['accuracy']:.1%} are right; temperature and "
            "thresholds are from them.",
            "",
        ]
    rows = [
        (_cell(row["name"]), str(row["tracks"]), _cell(row.get("licence") or "not stated in the list"))
        for row in data.get("sources", ())
    ]
    if rows:
        lines += [*_table("", ("source", "tracks to learn from", "licence"), rows), ""]
    known = [f"fingerprint `{data['fingerprint'][:16]}`"] if "fingerprint" in data else []
    if said := [data["licences"]] * ("licences" in data) + known:
        lines.append(f"Data: {'; '.join(said)}.")
    return lines


def _made(info: ModelInfo, metrics: dict[str, Any]) -> list[str]:
    made, thresholds = info.made_with, info.thresholds
    lines = ["## How it was made", ""]
    if "epochs_run" in made:
        lines.append(f"{made['epochs_run']} epochs, seed {made.get('seed')}, {made.get('date')}.")
    if made.get("command"):
        lines.append(f"Command: `{made['command']}`.")
    lines.append(
        f"Temperature {info.temperature:g}; unsure under {thresholds.unsure:g}; "
        f"not music over {thresholds.not_music:g}; silence under {thresholds.silence_dbfs:g} dBFS."
    )
    if "timing" in metrics:
        time = metrics["timing"]
        lines.append(
            f"`model.pt` has {time['model_bytes'] / 1e6:.1f} MB; a window of {time['window_seconds']:g} s takes "
            f"{time['window_ms']:.0f} ms on {time['threads']} cores ({time['device']}), {time['cpu_ms']:.0f} ms of "
            "processor time."
        )
    if "confusion" in metrics:
        lines += ["", "![Confusion matrix](confusion.png)"]
    return lines


def _table(heading: str, names: Sequence[str], rows: Any, about: str = "") -> list[str]:
    """Return a heading, a line about it and a table; nothing where there are no rows."""
    found = [f"| {' | '.join(row)} |" for row in rows]
    if not found:
        return []
    above = [line for text in (heading, about) if text for line in (text, "")]
    return [*above, f"| {' | '.join(names)} |", "|" + "---|" * len(names), *found]


def _tracks(metrics: dict[str, Any]) -> dict[str, int]:
    """Return the tracks tried of each label, which the matrix knows."""
    found = metrics.get("confusion", {"labels": [], "counts": []})
    return {label: sum(row) for label, row in zip(found["labels"], found["counts"], strict=True)}


def _of(found: dict[str, Any]) -> str:
    return f"{found['accuracy']:.3f} [{found['low']:.3f}, {found['high']:.3f}]"


def _share(value: float, n: int) -> str:
    low, high = wilson(round(value * n), n)
    return f"{value:.2f} [{low:.2f}, {high:.2f}]"


def _cell(text: str) -> str:
    """Return a name as a cell of a table can hold it."""
    return text.replace("|", "\\|").replace("\n", " ")
