"""`probe`: what networks have learnt to hear, tried by artists left out."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from training.verbs.outcome import exit_code, reporter
from training.verbs.words import add_lists, add_teachers, trusted_teachers

if TYPE_CHECKING:
    from training.options import TrainOptions
    from training.report import Reporter
    from training.stop import StopFlag

HELP = "compare what networks have learnt to hear, on all tracks to learn from, by artists left out"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("data", nargs="+", type=Path)
    parser.add_argument("--model", nargs="+", type=Path, required=True, metavar="FOLDER", help="models of this data")
    parser.add_argument("--ablate", action="store_true", help="the first one also with each ingredient left out")
    parser.add_argument("--write", action="store_true", help="put the figures into the models' folders and their cards")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--json-progress", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--profile", type=Path, help="where the feature cache is kept")
    for option, metavar, text in (
        ("--also-train", "DATA", "more tracks, never judged"),
        ("--noise", "CSV", "speech and noise to lay under worn copies"),
        ("--rooms", "CSV", "room responses (kind rir) for worn copies"),
    ):
        parser.add_argument(option, action="append", type=Path, default=[], metavar=metavar, help=text)
    add_teachers(parser, "whose judgement is half of what a last layer learns")
    add_lists(parser)


def run(arguments: argparse.Namespace) -> int:
    with reporter(arguments.json_progress) as report:
        return exit_code(lambda flag: _probe(arguments, report, flag), report, Path.cwd())


def _probe(arguments: argparse.Namespace, report: Reporter, flag: StopFlag) -> None:
    from mgc_desktop.core.errors import UsageError
    from training.probe import as_markdown, probe

    if not arguments.teachers:
        raise UsageError("There is nobody to say what the tracks are beside their labels: add --teachers FILES.")
    rows = probe(arguments.model, _options(arguments), arguments.ablate, arguments.write, report, flag)
    sys.stdout.write(json.dumps({"rows": rows}) + "\n" if arguments.json else as_markdown(rows))


def _options(arguments: argparse.Namespace) -> TrainOptions:
    from mgc_desktop.core.paths import Profile
    from training.options import TrainOptions

    return TrainOptions(
        data=tuple(arguments.data),
        out=Path(),
        profile=Profile.open(arguments.profile),
        library=tuple(arguments.library),
        not_music=tuple(arguments.not_music),
        also_train=tuple(arguments.also_train),
        teachers=tuple(arguments.teachers),
        trusted_teachers=trusted_teachers(arguments),
        noise=tuple(arguments.noise),
        rooms=tuple(arguments.rooms),
    )
