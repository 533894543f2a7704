"""`compare`: systems side by side under several protocols."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.verbs.outcome import exit_code, reporter
from training.verbs.words import (
    add_common,
    add_conditions,
    add_teachers,
    conditions_of,
    names,
    positive,
    trusted_teachers,
)

if TYPE_CHECKING:
    from training.compare import CompareOptions
    from training.report import Reporter
    from training.stop import StopFlag

HELP = "train systems and try them side by side, with and without leaks"
_HOW = "the same command goes on"
_ALL = "all"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("data", nargs="*", type=Path, help="folder of genre folders, or CSV with path, label, ...")
    parser.add_argument(
        "--out", type=Path, required=True, help="folder of the results; what is there is not done again"
    )
    parser.add_argument("--systems", default=_ALL, help="names with commas, or all (default)")
    parser.add_argument(
        "--protocols", default="grouped-kfold,segment-random", help="names with commas, or all that the data allows"
    )
    parser.add_argument("--folds", type=positive, default=5, help="of cross-validation; 1 is a single division")
    parser.add_argument("--epochs", type=positive, help="at most (default: each system's own)")
    parser.add_argument("--patience", type=positive, help="epochs without a better validation loss")
    parser.add_argument(
        "--seeds", default="1", help="with commas; each trains anew, and the table says how far they differ"
    )
    parser.add_argument("--json-progress", action="store_true", help="one JSON object a line on stdout")
    add_teachers(parser, "for teachers_lr")
    add_conditions(parser)
    add_common(parser)


def run(arguments: argparse.Namespace) -> int:
    with reporter(arguments.json_progress) as report:
        return exit_code(lambda flag: _compare(arguments, report, flag), report, arguments.out, lambda: True, _HOW)


def _compare(arguments: argparse.Namespace, report: Reporter, flag: StopFlag) -> None:
    from training.compare import Comparing

    options, notes = _options(arguments)
    for sentence in notes:
        report("note", sentence=sentence)
    text, rows = _write(options, Comparing(options, report, flag).run())
    if arguments.json_progress:
        report("done", rows=rows, table=str(options.out / "table.md"))
    else:
        report.close()  # the bar goes before the table comes
        sys.stdout.write(text)


def _options(arguments: argparse.Namespace) -> tuple[CompareOptions, list[str]]:
    """Return the choices of the command line, and sentences on what is left out.

    Raises
    ------
    UsageError
        Where a name is not known, or does not go without what it needs.
    """
    from mgc_desktop.core.errors import UsageError
    from mgc_desktop.core.paths import Profile
    from training.compare import CompareOptions, check_names, names_of_all
    from training.protocols import PROTOCOLS, get_protocol

    if not arguments.data and not arguments.library:
        raise UsageError("There is nothing to learn from: name a folder of genre folders, a list, or --library.")
    teachers = tuple(arguments.teachers)
    of_all, notes = names_of_all(teachers)
    systems = of_all if arguments.systems == _ALL else names(arguments.systems)
    protocols = tuple(PROTOCOLS) if arguments.protocols == _ALL else names(arguments.protocols)
    check_names(systems, teachers)
    for name in protocols:
        get_protocol(name)
    options = CompareOptions(
        data=tuple(arguments.data),
        out=arguments.out.absolute(),
        profile=Profile.open(arguments.profile),
        systems=systems,
        protocols=protocols,
        not_music=tuple(arguments.not_music),
        library=tuple(arguments.library),
        k=arguments.folds,
        epochs=arguments.epochs,
        patience=arguments.patience,
        seeds=_numbers(arguments.seeds),
        device=arguments.device,
        where_possible=arguments.protocols == _ALL,
        teachers=teachers,
        trusted=trusted_teachers(arguments),
        **conditions_of(arguments),
    )
    return options, notes if arguments.systems == _ALL else []


def _numbers(text: str) -> tuple[int, ...]:
    from mgc_desktop.core.errors import UsageError

    try:
        return tuple(dict.fromkeys(int(name) for name in names(text))) or (1,)
    except ValueError:
        raise UsageError(f"--seeds {text} is no list of whole numbers: write 1,2,3.") from None


def _write(options: CompareOptions, results: list[dict[str, Any]]) -> tuple[str, list[dict[str, Any]]]:
    """Write table.md, table.csv and results.json and return the text of the first.

    Raises
    ------
    TrainingError
        Where they cannot be written.
    """
    from mgc_desktop.core.errors import TrainingError
    from training.table import as_csv, as_markdown, rows_of

    rows = rows_of(results)
    first = results[0]
    seeds = ", ".join(map(str, options.seeds))
    about = [
        f"{datetime.now(UTC).date().isoformat()}; {', '.join(path.name for path in options.data)} (fingerprint "
        f"`{first['data'][:16]}`); seeds {seeds}, {options.k} folds; {first['device']}, "
        f"torch {first['versions']['torch']}. Folds are pooled; intervals are 95 % (Wilson), too narrow where pieces "
        "of one track are counted one by one."
    ]
    text = as_markdown(rows, about)
    try:
        (options.out / "table.md").write_text(text, "utf-8")
        (options.out / "table.csv").write_text(as_csv(rows), "utf-8")
        (options.out / "results.json").write_text(json.dumps(results), "utf-8")
    except OSError as error:
        raise TrainingError(
            f"The table could not be written to {options.out} ({error.strerror}): free some space and give the same "
            "command again."
        ) from error
    return text, rows
