"""A model's card in words: what it is, what it is worth, where it is weak, how it was made. No Qt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mgc_desktop.core.model_figures import Figures, Share, clean, figures_of, printable
from mgc_desktop.core.model_info import NOT_MUSIC_LABEL, ModelInfo
from mgc_desktop.ui.models.card_tables import Table, interval, recall_table, tables, with_tracks
from mgc_desktop.ui.theme import display_name
from mgc_desktop.ui.wording import count, elapsed, listing, percent

_GENRES_NAMED = 12
_WEAK_RECALL, _FEW_TRACKS = 0.6, 5
_MOST_WEAK = 6  # sentences
_MOST_TEXT = 2000  # characters of a command or licence
_MOST_SOURCES = 40


@dataclass(frozen=True, slots=True)
class Figure:
    """A line of the small table on top: `Right`, `60 % (51 to 68)`, `of 125 tracks`."""

    name: str
    value: str
    on: str = ""
    tip: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """A collection that it learnt from, as it is named there."""

    name: str
    tracks: str = ""
    licence: str = ""


@dataclass(frozen=True, slots=True)
class ModelCard:
    """All that a model folder says of itself, ready to be shown; what it does not say is empty."""

    name: str
    origin: str
    sentence: str
    figures: Figures | None
    lead: str = ""
    worth: tuple[Figure, ...] = ()
    genres: Table | None = None
    weak: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    learnt: tuple[tuple[str, str], ...] = ()  # what, and how much or from where
    sources: tuple[Source, ...] = ()
    made: tuple[tuple[str, str], ...] = ()
    command: str = ""

    def text(self) -> str:
        """Return the whole card as plain text."""
        parts = [self.name, self.sentence, self.origin, "", "WHAT IT IS WORTH", self.lead]
        parts += [f"- {figure.name}: {figure.value} {figure.on}".rstrip() for figure in self.worth]
        for table in (self.genres, *self.tables):
            if table is not None:
                parts += ["", table.title.upper(), table.text()]
        for title, lines in (
            ("WHERE IT IS WEAK", self.weak),
            ("WHAT IT LEARNT FROM", [f"{name}: {said}" for name, said in self.learnt] + self._source_lines()),
            ("HOW IT WAS MADE", [f"{name}: {said}" for name, said in self.made] + [self.command] * bool(self.command)),
        ):
            if lines:
                parts += ["", title, *(f"- {line}" for line in lines)]
        return "\n".join(parts) + "\n"

    def _source_lines(self) -> list[str]:
        return [", ".join(filter(None, (source.name, source.tracks, source.licence))) for source in self.sources]


def model_card(info: ModelInfo, *, shipped: bool = False) -> ModelCard:
    """Return the card of a model; `shipped` says that it came with the program."""
    figures = figures_of(info.metrics, info.thresholds.unsure)
    origin = "It came with the program." if shipped else "It was taught here."
    if info.imported:
        origin = "It was imported: its figures are what its maker says, nothing was measured here."
    return ModelCard(
        clean(info.name),
        origin,
        what_it_is(info),
        figures,
        lead=_lead(figures),
        worth=tuple(_worth(figures)) if figures is not None else (),
        genres=recall_table(figures) if figures is not None else None,
        weak=tuple(weak_points(figures)) if figures is not None else (),
        tables=tuple(tables(figures)) if figures is not None else (),
        learnt=tuple(_learnt(info.data)),
        sources=tuple(_sources(info.data.get("sources"))),
        made=tuple([*_made(info), *_speed(figures)]),
        command=_long(info.made_with.get("command")),
    )


def what_it_is(info: ModelInfo) -> str:
    """Return in a sentence or two what a model does, and what it hears."""
    names = [clean(display_name(genre)) for genre in info.genres[:_GENRES_NAMED]]
    if (more := len(info.genres) - len(names)) > 0:
        names.append(f"{more:,} more")
    apart = f"It tells {count(len(info.genres), 'genre')} apart: {listing(names)}."
    other = " It knows speech and noise from music." if NOT_MUSIC_LABEL in info.labels else ""
    heard = f"{info.min_seconds:g} to {info.window_seconds:g} s of mono sound at {info.sample_rate:,} Hz"
    return f"{apart}{other} It hears {heard} at a time."


def _lead(figures: Figures | None) -> str:
    if figures is None:
        return "It was not tried on tracks that were held out, so how good it is cannot be said."
    tracks = count(figures.right.n, "track")
    return f"On {tracks} that it had not learnt from ({figures.what}). In brackets: the 95 % interval."


def _worth(figures: Figures) -> Iterator[Figure]:
    yield Figure(
        "Right", interval(figures.right), f"of {count(figures.right.n, 'track')}", "Unsure counts as its guess"
    )
    if (given := figures.given) is not None:
        threshold = f"Confident by {percent(given.threshold)} or more; anything less is unsure"
        yield Figure("Verdicts given", percent(given.coverage), "of the tracks", threshold)
        yield Figure("Right where given", interval(given.right), f"of {count(given.right.n, 'verdict')}", threshold)
    if figures.macro_recall is not None:
        yield Figure("Mean over genres", percent(figures.macro_recall), "", "Macro recall: every genre counts the same")
    if figures.macro_f1 is not None:
        yield Figure("Macro F1", f"{figures.macro_f1:.2f}", "", "Recall and precision in one figure, mean over genres")
    if (error := figures.calibration_error) is not None:
        tip = "Expected calibration error: how far confidence and share of right verdicts lie apart"
        on = "on average"
        if (chance := figures.error_by_chance) is not None:
            on = f"where chance makes {100 * chance:.1f}"
            tip += f".\nExact confidences would be off by {100 * chance:.1f} points, too, on so few tracks"
        yield Figure("Confidence is off by", f"{100 * error:.1f} points", on, tip)
    if figures.refused_other is not None:
        yield Figure("Speech and noise refused", *_on(figures.refused_other, "clip"))
    if figures.refused_music is not None:
        yield Figure("Music refused", *_on(figures.refused_music, "track"))


def _on(share: Share, word: str) -> tuple[str, str]:
    return interval(share), f"of {count(share.n, word)}" if share.n else ""


def weak_points(figures: Figures) -> Iterator[str]:
    """Return sentences on the genres that it recognises least, and on what it takes for what most often."""
    named = 0
    for label, share in sorted(figures.recalls, key=lambda pair: pair[1].value):
        if named < _MOST_WEAK and share.value < _WEAK_RECALL:
            named += 1
            tracks = with_tracks(share) if share.n else f"{interval(share)} of its tracks"
            yield f"{display_name(label)}: recognised in {tracks}{_mostly(figures, label)}."
    few = [f"{display_name(label)} ({share.n})" for label, share in figures.recalls if 0 < share.n < _FEW_TRACKS]
    if few:
        yield f"Too few tracks to say much: {listing(few)}."
    yield from _largest_confusions(figures)


def _mostly(figures: Figures, label: str) -> str:
    confusion = figures.confusion
    if confusion is None or label not in confusion.labels:
        return ""
    row = confusion.counts[confusion.labels.index(label)]
    wrong = [(number, name) for name, number in zip(confusion.labels, row, strict=True) if name != label and number > 1]
    if not wrong:
        return ""
    number, name = max(wrong, key=lambda pair: pair[0])
    return f", mostly taken for {display_name(name)} ({number})"


def _largest_confusions(figures: Figures) -> Iterator[str]:
    confusion = figures.confusion
    if confusion is None:
        return
    strong = {label for label, share in figures.recalls if share.value >= _WEAK_RECALL}
    pairs = [
        (number, truth, said)
        for row, truth in zip(confusion.counts, confusion.labels, strict=True)
        for said, number in zip(confusion.labels, row, strict=True)
        if truth != said and number >= 3 and truth in strong  # of the weak ones it is said already
    ]
    for number, truth, said in sorted(pairs, key=lambda pair: -pair[0])[:_MOST_WEAK]:
        tracks = confusion.tracks(confusion.labels.index(truth))
        yield f"{display_name(truth)} is taken for {display_name(said)} in {number} of {count(tracks, 'track')}."


def _learnt(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    tracks = data.get("tracks")
    if isinstance(tracks, Mapping):
        words = {"train": "to learn from", "valid": "to choose by", "test": "held out to try it on"}
        said = [f"{tracks[key]:,} {word}" for key, word in words.items() if _is_count(tracks.get(key))]
        if said:
            yield "Tracks", ", ".join(said)
    labels = data.get("labels")
    if isinstance(labels, Mapping):
        counts = [f"{clean(display_name(str(label)))} {n:,}" for label, n in labels.items() if _is_count(n)]
        if counts:
            yield "By genre", ", ".join(counts[:_MOST_SOURCES])
    if licences := _long(data.get("licences")):
        yield "Licences", licences[:1].upper() + licences[1:]
    if fingerprint := _long(data.get("fingerprint")):
        yield "Fingerprint of the list", fingerprint[:16]


def _sources(said: Any) -> Iterator[Source]:
    entries: list[tuple[Any, Any]] = []
    if isinstance(said, Mapping):
        entries = list(said.items())
    elif isinstance(said, list):
        entries = [(one.get("name") or one.get("source"), one) for one in said if isinstance(one, Mapping)]
    for name, value in entries[:_MOST_SOURCES]:
        about = value if isinstance(value, Mapping) else {"licence": value} if isinstance(value, str) else {}
        number: Any = value if _is_count(value) else about.get("tracks")
        tracks = count(number, "track") if _is_count(number) else ""
        yield Source(clean(name), tracks, _long(about.get("licence") or about.get("licences"))[:200])


def _made(info: ModelInfo) -> Iterator[tuple[str, str]]:
    made, rule = info.made_with, info.thresholds
    parameters = made.get("parameters")
    network = f", {parameters:,} parameters" if _is_count(parameters) else ""
    yield "Network", clean(info.system) + network
    when = [clean(made.get("date"))] if isinstance(made.get("date"), str) else []
    seconds = made.get("seconds")
    if isinstance(seconds, int | float) and not isinstance(seconds, bool) and 0 < seconds < 1e8:
        when.append(f"took {elapsed(float(seconds))}")
    if _is_count(made.get("epochs_run")):
        when.append(f"{made['epochs_run']:,} epochs")
    if _is_count(made.get("seed")):
        when.append(f"seed {made['seed']}")
    if when:
        yield "Made", ", ".join(when)
    versions = made.get("versions")
    if isinstance(versions, Mapping):
        yield "With", ", ".join(f"{clean(name)} {clean(version)}" for name, version in list(versions.items())[:8])
    yield (
        "Rules",
        f"unsure under {percent(rule.unsure)}, not music over {percent(rule.not_music)}, "
        f"silence under {rule.silence_dbfs:g} dBFS; temperature {info.temperature:.3g}",
    )


def _speed(figures: Figures | None) -> Iterator[tuple[str, str]]:
    timing = figures.timing if figures is not None else None
    if timing is not None:
        cores = f" with {count(timing.threads, 'core')}" if timing.threads else ""
        on = f" on {timing.device}" if timing.device else ""
        yield "Speed", f"a window of {timing.window_seconds:g} s takes {timing.window_ms:.0f} ms{on}{cores}"
        if timing.model_bytes:
            yield "Size", f"{timing.model_bytes / 1e6:.1f} MB"


def _long(text: Any) -> str:
    return printable(text[:_MOST_TEXT]) if isinstance(text, str) else ""


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**12
