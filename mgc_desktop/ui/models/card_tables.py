"""The tables of a model's card: what its figures say, as rows of shares with their intervals. No Qt."""

from __future__ import annotations

from dataclasses import dataclass

from mgc_desktop.core.model_figures import Condition, Figures, LeftOut, RiskPoint, Share
from mgc_desktop.ui.theme import display_name
from mgc_desktop.ui.wording import count, listing, percent

_CONDITIONS = {
    "microphone": "Through a microphone",
    "mp3-64": "As an mp3 of 64 kbit/s",
    "low-pass-5k": "Nothing above 5 kHz",
    "gain": "20 dB quieter",
}
_KINDS = {"whole": "the files as they are", "worn": "in rooms and noise, equalised"}
_WINDOW, _SECONDS = "window-", "s"
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Cell:
    """A bar with its interval, and what it says in figures."""

    share: Share
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    cells: tuple[Cell, ...]
    label: str = ""  # the genre whose colour the bars have
    marked: bool = False
    tip: str = ""

    def text(self, columns: tuple[str, ...] = ()) -> str:
        """Return the row as a line."""
        said = [cell.text for cell in self.cells]
        if columns:
            said = [f"{title.lower()} {text}" for title, text in zip(columns, said, strict=True)]
        return f"{self.name}: {', '.join(said)}{f' ({self.tip})' if self.marked and self.tip else ''}"


@dataclass(frozen=True, slots=True)
class Table:
    title: str
    lead: str  # what it shows, in a sentence
    rows: tuple[Row, ...]
    columns: tuple[str, ...] = ()  # a title for each cell, where there are several
    note: str = ""  # below it

    def text(self) -> str:
        return "\n".join(filter(None, (self.lead, *(f"- {row.text(self.columns)}" for row in self.rows), self.note)))


def interval(share: Share) -> str:
    """Return `60 % (51 to 68)`; the share alone where its interval is not known."""
    if share.low is None or share.high is None:
        return percent(share.value)
    return f"{percent(share.value)} ({100 * share.low:.0f} to {100 * share.high:.0f})"


def with_tracks(share: Share, word: str = "track") -> str:
    """Return `60 % (51 to 68) of 125 tracks`."""
    return f"{interval(share)} of {count(share.n, word)}" if share.n else interval(share)


def tables(figures: Figures) -> list[Table]:
    """Return the tables that there are figures for, but for the genres."""
    made = (
        sources_table(figures),
        conditions_table(figures),
        risk_table(figures),
        others_table(figures),
        left_out_table(figures),
    )
    return [table for table in made if table is not None]


def recall_table(figures: Figures) -> Table | None:
    """Return how many tracks of each genre it recognises."""
    if not figures.recalls:
        return None
    rows = tuple(Row(display_name(label), (_counted(share),), label) for label, share in figures.recalls)
    note = ""
    if figures.recalls_with_excerpts:
        said = [f"{display_name(label)} {with_tracks(share)}" for label, share in figures.recalls_with_excerpts]
        note = f"With short excerpts of further tracks: {listing(said)}."
    return Table("Genre by genre", "How many tracks of each genre it recognises.", rows, note=note)


def sources_table(figures: Figures) -> Table | None:
    """Return how it does on each collection of music."""
    rows = tuple(Row(name, (_counted(share),)) for name, share in figures.sources)
    lead = "Right on each of the collections that the tracks come from."
    return Table("Source by source", lead, rows) if rows else None


def conditions_table(figures: Figures) -> Table | None:
    """Return how it does where the sound is worse."""
    rows = tuple(_condition_row(condition) for condition in figures.conditions)
    if not rows:
        return None
    clean = Row("The files as they are", (Cell(figures.right, interval(figures.right)),), marked=True)
    return Table(
        "When the sound is worse",
        "Right on the same tracks, changed; behind the comma, the difference in points.",
        (clean, *rows),
    )


def _condition_row(condition: Condition) -> Row:
    text = interval(condition.right)
    if condition.points is not None:
        points = round(condition.points)
        text += f", {points:+d}".replace("-", "\N{MINUS SIGN}") if points else ", ±0"
    return Row(condition_name(condition.name), (Cell(condition.right, text),))


def condition_name(name: str) -> str:
    """Return a condition in words; one that is not known, as it is called."""
    length = name.removeprefix(_WINDOW).removesuffix(_SECONDS)
    if name == f"{_WINDOW}{length}{_SECONDS}" and length.replace(".", "", 1).isdecimal():
        return f"{length} s of each track alone"
    return _CONDITIONS.get(name, name)


def risk_table(figures: Figures) -> Table | None:
    """Return what stricter and looser thresholds would do; the one in force is marked."""
    if not figures.risk:
        return None
    rows = tuple(_risk_row(point, in_use=figures.ships_with(point)) for point in figures.points)
    lead = "The more confident a verdict has to be, the fewer there are, and the more of them are right."
    return Table("Confidence", lead, rows, ("Given", "Right"))


def _risk_row(point: RiskPoint, *, in_use: bool) -> Row:
    cells = (Cell(Share(point.coverage), percent(point.coverage)), Cell(point.right, interval(point.right)))
    tip = "in use: anything less is unsure" if in_use else ""
    return Row(f"{percent(point.threshold)} or more", cells, marked=in_use, tip=tip)


def others_table(figures: Figures) -> Table | None:
    """Return what it does with sound that is of none of its genres."""
    rows = [Row(f"{name[:1].upper()}{name[1:]} refused", (_counted(share, "clip"),)) for name, share in figures.kinds]
    other, note = figures.other_music, ""
    if other is not None:
        rows.append(Row("Other genres named", (_counted(other.given),), tip="As one of the genres that it knows"))
        if other.wrong_of_own is not None:
            rows.append(_misnamed(other.wrong_of_own))
        if other.most:
            said = [f"{display_name(label)} ({number:,})" for label, number in other.most[:_NAMED]]
            note = f"Music of other genres is mostly called {listing(said)}."
    lead = "Speech, noise and music of genres that it was never taught."
    return Table("What it cannot name", lead, tuple(rows), note=note) if rows else None


def left_out_table(figures: Figures) -> Table | None:
    """Return how last layers do that never heard the artist, on all tracks that it learnt from."""
    if not figures.left_out:
        return None
    lead = (
        "On all tracks that it learnt from, by last layers fitted anew without the artist they judge: finer, as these "
        "are more. Where surest: of the surest 60 %."
    )
    errors = [(row, row.calibration_error) for row in figures.left_out if row.calibration_error is not None]
    said = [f"{100 * error:.1f} points ({_kind_name(row.kind)})" for row, error in errors]
    note = f"Confidence is off by {listing(said)} on average." if said else ""
    return Table(
        "With artists left out",
        lead,
        tuple(map(_left_out_row, figures.left_out)),
        ("Right", "Where surest"),
        note,
    )


def _left_out_row(row: LeftOut) -> Row:
    surest = Cell(Share(row.surest), percent(row.surest)) if row.surest is not None else Cell(Share(0.0), "not known")
    name = _kind_name(row.kind)
    return Row(f"{name[:1].upper()}{name[1:]}", (Cell(row.right, interval(row.right)), surest))


def _kind_name(kind: str) -> str:
    return _KINDS.get(kind, f"{kind} of each track alone")


def _misnamed(share: float) -> Row:
    tip = "Music of its own genres that gets another one, confidently enough to be a verdict"
    return Row("Own genres misnamed", (Cell(Share(share), percent(share)),), tip=tip)


def _counted(share: Share, word: str = "track") -> Cell:
    text = interval(share)
    return Cell(share, f"{text}, {count(share.n, word)}" if share.n else text)
