"""`train`: learn from data and export a model."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from training.verbs.words import add_common, positive, rate

if TYPE_CHECKING:
    from training.report import Reporter

HELP = "train a model and export it"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("data", nargs="+", type=Path, help="folder of genre folders, or CSV with path, label, ...")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run; the model comes into its model/")
    parser.add_argument("--system", default="crnn")
    parser.add_argument("--epochs", type=positive)
    parser.add_argument("--batch-size", type=positive)
    parser.add_argument("--lr", type=rate)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--name", default="", help="name of the model (default: name of the run's folder)")
    parser.add_argument("--resume", action="store_true", help="go on after the last whole epoch of the run in --out")
    parser.add_argument("--json-progress", action="store_true", help="one JSON object a line on stdout")
    parser.add_argument("--compare-with", type=Path, metavar="MODEL", help="score this model on the same tracks too")
    parser.add_argument(
        "--also-train", action="append", type=Path, default=[], metavar="DATA", help="more tracks, never scored"
    )
    add_common(parser)


def run(arguments: argparse.Namespace) -> int:
    # torch and its friends take seconds to import: only a run that was asked for rightly pays.
    from training.report import JsonReporter, TerminalReporter

    report: Reporter = JsonReporter() if arguments.json_progress else TerminalReporter()
    try:
        return _run(arguments, report)
    finally:
        report.close()


def _run(arguments: argparse.Namespace, report: Reporter) -> int:
    from mgc_desktop.core.errors import MgcError, UsageError
    from mgc_desktop.core.paths import Profile
    from training.recipe import Recipe
    from training.stop import StopFlag, Stopped
    from training.train import Run, TrainOptions, with_arguments

    flag = StopFlag()
    flag.install()
    try:
        recipe = with_arguments(
            Recipe(),
            epochs=arguments.epochs,
            batch_size=arguments.batch_size,
            lr=arguments.lr,
            seed=arguments.seed,
        )
        options = TrainOptions(
            data=tuple(arguments.data),
            out=arguments.out.absolute(),
            profile=Profile.open(arguments.profile),
            system=arguments.system,
            recipe=recipe,
            device=arguments.device,
            not_music=tuple(arguments.not_music),
            also_train=tuple(arguments.also_train),
            resume=arguments.resume,
            compare_with=arguments.compare_with,
            name=arguments.name,
            command=_command(arguments),
        )
        Run(options, report, flag).run()
    except Stopped:
        report("cancelled", resumable=(arguments.out / "checkpoint" / "checkpoint.json").exists())
        return 130
    except UsageError as error:
        report("error", sentence=error.sentence, detail=error.detail)
        return 2
    except MgcError as error:
        report("error", sentence=error.sentence, detail=error.detail)
        return 1
    except OSError as error:
        sentence = f"The run could not go on ({error.strerror}): look after {error.filename}, then go on with --resume."
        report("error", sentence=sentence, detail=str(error))
        return 1
    return 0


def _command(arguments: argparse.Namespace) -> str:
    """Return the command as it can be given again; folders by their last two names, as they differ by machine."""
    words = ["python3", "run.py", "train", *("/".join(path.parts[-2:]) for path in arguments.data)]
    for option, paths in (("--also-train", arguments.also_train), ("--not-music", arguments.not_music)):
        for path in paths:
            words += [option, "/".join(path.parts[-2:])]
    for name in ("system", "epochs", "batch_size", "lr", "seed", "name"):
        value = getattr(arguments, name)
        if value not in (None, ""):
            words += [f"--{name.replace('_', '-')}", str(value)]
    return shlex.join(words)
