"""What networks have learnt to hear, tried by artists left out: probes (Alain and Bengio 2016, arXiv 1610.01644).

The test split is for the one model that ships. What a step of its making brought is asked here, of all tracks to learn
from: the last layer is fitted as `train` fits it, but never to the artist that it then judges.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from mgc_desktop.core.errors import TrainingError
from mgc_desktop.model.contract import read_info
from mgc_desktop.model.trust import TrustStore
from training.data.tracks import Track
from training.frontends.config import FrontendConfig
from training.gather import Gathered, Gatherer
from training.last_layer import DIVISIONS, SHORTER, Lesson
from training.left_out import COLUMNS, SUREST, figures_of, is_music
from training.memory import WHOLE, WORN, hear, part
from training.options import TrainOptions
from training.outcome import write_left_out
from training.report import Reporter
from training.start import read_start
from training.systems import System, get_system

_C = 0.1  # of every layer, so that models can be compared
AS_MADE = "as it is made"
_SEVERAL = 3  # models, of which a mean and a spread tell something


@dataclass(frozen=True)
class Probe:
    """A last layer as it would be with something left out. Use `probes_of`.

    Attributes
    ----------
    name : str
    lesson : Lesson
    """

    name: str
    lesson: Lesson


def probe(
    folders: Sequence[Path],
    options: TrainOptions,
    ablate: bool,
    write: bool,
    report: Reporter,
    should_stop: Callable[[], bool],
) -> list[dict[str, Any]]:
    """Return a row of figures for each model, and for each ingredient left out of the last layer of the first one.

    Parameters
    ----------
    options : TrainOptions
        The data, and the teachers whose judgement is part of what the layer learns; the system is the models' own.
    write : bool
        Put what the layers as they are made are worth into the folders, too: `model.json` and the card.

    Raises
    ------
    MgcError
        Where a model or the data does not allow it.
    Stopped
        Where it was asked to stop.
    """
    rows: list[dict[str, Any]] = []
    data: dict[str, tuple[list[Track], Gathered]] = {}
    for number, folder in enumerate(folders):
        info = read_info(folder)
        system = get_system(info.system)
        if system.name not in data:
            data[system.name] = _gathered(options, system, report, should_stop)
        tracks, gathered = data[system.name]
        network = _network(folder, system, gathered.labels)
        config = system.frontend_config
        heard = hear(network, tracks, config, SHORTER, _told(report), should_stop)
        lesson = Lesson(heard, gathered.said, gathered.labels)
        probes = probes_of(lesson)
        for made in probes if ablate and not number else probes[:1]:
            report("note", sentence=f"{info.name}: {made.name}")
            figures = tried(made.lesson, config, should_stop)
            if write and made is probes[0]:
                write_left_out(info, figures)
            rows.append({"model": info.name, "last_layer": made.name, **figures})
    return rows


def _told(report: Reporter) -> Callable[[int, int], None]:
    return lambda done, total: report("hear", done=done, total=total)


def _gathered(
    options: TrainOptions, system: System, report: Reporter, should_stop: Callable[[], bool]
) -> tuple[list[Track], Gathered]:
    # One scene is the track itself; the others taught what is below the last layer.
    recipe = replace(system.recipe, scenes=1, label_reach=0.0, last_c=_C)
    chosen = replace(options, system=system.name, recipe=recipe)
    data = Gatherer(chosen, system, report, should_stop, TrustStore(options.profile.trusted_file)).gather()
    return [*data.remembered, *data.valid], data


def _network(folder: Path, system: System, labels: Sequence[str]) -> nn.Module:
    start = read_start(folder, system.name)
    if set(start.info.labels) != set(labels):
        raise TrainingError(
            f"The model {start.info.name} knows other genres than the data has: give it the data it was made from."
        )
    network = system.network(len(labels))
    network.load_state_dict(start.state)
    return network.eval()


def probes_of(lesson: Lesson) -> list[Probe]:
    """Return the layer as it is made, then with each ingredient left out, and with the labels of whole tracks alone."""
    kinds = lesson.heard.kinds
    sources = np.array([track.item.source for track in lesson.heard.tracks], object)
    music = is_music(lesson)
    worn = np.char.startswith(kinds, WORN)
    short = np.isin(kinds, [part(seconds, worn=is_worn) for seconds in SHORTER for is_worn in (False, True)])
    whole = np.isin(kinds, [WHOLE, WORN])
    made = [
        Probe(AS_MADE, lesson),
        Probe("without what the teachers say", replace(lesson, tutor_share=0.0)),
        Probe("without worn copies", replace(lesson, taught=~worn)),
        Probe("without parts of 3 and 5 s", replace(lesson, taught=~short)),
        Probe("without any parts", replace(lesson, taught=whole)),
        Probe("labels of whole tracks alone", replace(lesson, taught=kinds == WHOLE, tutor_share=0.0)),
    ]
    for source in sorted(set(sources[music])):
        rest = sources != source
        if len(set(lesson.truth[rest])) == len(lesson.labels):
            made.append(Probe(f"without {source}", replace(lesson, taught=rest)))
    return made


def tried(lesson: Lesson, config: FrontendConfig, should_stop: Callable[[], bool] = lambda: False) -> dict[str, Any]:
    """Return the figures of a lesson (`training.left_out`).

    Raises
    ------
    TrainingError
        Where there are too few artists or genres.
    Stopped
        Where it was asked to stop.
    """
    figures = figures_of(lesson, lesson.divisions(_C, should_stop), config)
    if figures is None:
        raise TrainingError("There are too few artists or genres to leave some out: add tracks.")
    return figures


def as_markdown(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the rows as a table, and what it tells; of three models or more also their mean and spread.

    Models that differ by their seed alone so tell how far a figure can be trusted.
    """
    head = ["model", "last layer", "right [95 %]", *COLUMNS[1:], "macro recall", "ECE", f"of the surest {SUREST:.0%}"]
    lines = [_line([*head, "not music"]), _line(["---"] * (len(head) + 1))]
    for row in rows:
        whole = row["kinds"][WHOLE]
        first, *shares = _shares(row)
        interval = f"{_figure(first)} [{whole['low']:.3f}, {whole['high']:.3f}]"
        lines.append(_line([row["model"], row["last_layer"], interval, *map(_figure, shares)]))
    models = [_shares(row) for row in rows if row["last_layer"] == AS_MADE]
    if len(models) >= _SEVERAL:
        # NaN where a model has nothing of that kind.
        columns = np.array(models, float)
        for name, found in (("mean", columns.mean(axis=0)), ("standard deviation", columns.std(axis=0, ddof=1))):
            figures = [_figure(None if np.isnan(share) else share) for share in found]
            lines.append(_line([f"{name} of {len(models)}", AS_MADE, *figures]))
    n = rows[0]["n"] if rows else 0
    told = (
        f"{n} tracks of music to learn from and to choose by, each judged by layers that never heard its artist: means "
        f"over {DIVISIONS} divisions of the artists into fifths."
    )
    return "\n".join([told, "", *lines]) + "\n"


def _shares(row: Mapping[str, Any]) -> list[float | None]:
    """Return the figures of a row in the order of the columns."""
    kinds = row["kinds"]
    shares = [kinds[kind]["accuracy"] if kind in kinds else None for kind in COLUMNS]
    return [*shares, row["macro_recall"], kinds[WHOLE]["ece"], kinds[WHOLE]["surest"], row["not_music"]]


def _figure(share: float | None) -> str:
    return "-" if share is None else f"{share:.3f}"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
