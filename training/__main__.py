"""The command line of training: ``python -m training train|evaluate ...``.

With ``--json-progress`` stdout carries one JSON object a line and nothing else. Events: ``start``, ``prepare``,
``step``, ``epoch``, ``note``, ``score``, then one of ``done``, ``cancelled`` and ``error``. Exit codes: 0 done,
1 failed, 2 wrong usage, 130 stopped (go on with ``--resume``).
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from training.report import Reporter


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training", description="Train and evaluate music genre models.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    train = verbs.add_parser("train", help="train a model and export it")
    train.add_argument("data", nargs="+", type=Path, help="folder of genre folders, or CSV with path, label, ...")
    train.add_argument("--out", type=Path, required=True, help="folder of the run; the model comes into its model/")
    train.add_argument("--system", default="crnn")
    train.add_argument("--epochs", type=_positive)
    train.add_argument("--batch-size", type=_positive)
    train.add_argument("--lr", type=_rate)
    train.add_argument("--seed", type=int)
    train.add_argument("--name", default="", help="name of the model (default: name of the run's folder)")
    train.add_argument("--resume", action="store_true", help="go on after the last whole epoch of the run in --out")
    train.add_argument("--json-progress", action="store_true", help="one JSON object a line on stdout")
    train.add_argument("--compare-with", type=Path, metavar="MODEL", help="score this model on the same tracks too")
    train.add_argument(
        "--also-train", action="append", type=Path, default=[], metavar="DATA", help="more tracks, never scored"
    )
    score = verbs.add_parser("evaluate", help="score a model on data")
    score.add_argument("model", type=Path)
    score.add_argument("data", nargs="+", type=Path)
    score.add_argument("--split", default="", choices=["", "train", "valid", "test"], help="default: every track")
    score.add_argument("--json", action="store_true", help="print one JSON object")
    for verb in (train, score):
        verb.add_argument("--not-music", action="append", type=Path, default=[], metavar="CSV", help="speech and noise")
        verb.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda", "mps"])
        verb.add_argument("--profile", type=Path, help="where the feature cache and the list of own models are kept")
    return parser


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number from 1 on")
    return value


def _rate(text: str) -> float:
    value = float(text)
    if not 0 < value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not a rate over 0 and up to 1")
    return value


def main(argv: list[str] | None = None) -> int:
    """Run a verb and return its exit code."""
    arguments = _parser().parse_args(argv)
    return _train(arguments) if arguments.verb == "train" else _evaluate(arguments)


def _train(arguments: argparse.Namespace) -> int:
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


def _evaluate(arguments: argparse.Namespace) -> int:
    from rich.console import Console
    from rich.progress import Progress

    from mgc_desktop.core.errors import MgcError
    from mgc_desktop.core.paths import Profile
    from training.evaluate import EvaluateOptions, evaluate

    console = Console(stderr=True, highlight=False)
    options = EvaluateOptions(
        model=arguments.model,
        data=tuple(arguments.data),
        profile=Profile.open(arguments.profile),
        not_music=tuple(arguments.not_music),
        split=arguments.split,
        device=arguments.device,
    )
    try:
        with Progress(console=console, transient=True) as bar:
            task = bar.add_task("listening", total=None)
            result = evaluate(options, lambda done, total: bar.update(task, completed=done, total=total))
    except MgcError as error:
        console.print(error.sentence, markup=False)
        return 1
    sys.stdout.write(json.dumps(result) + "\n" if arguments.json else _readable(result))
    return 0


def _readable(result: dict[str, Any]) -> str:
    lines = [
        f"{result['model']} on {result['n']} tracks ({result['split']}), {result['device']}",
        f"accuracy      {result['accuracy']:.3f} [{result['low']:.3f}, {result['high']:.3f}] (95 %, Wilson)",
        f"macro F1      {result['macro_f1']:.3f}",
        f"macro recall  {result['macro_recall']:.3f}",
        f"ECE           {result['ece']:.3f}",
        f"said plainly  {result['given']['coverage']:.1%} of tracks, {result['given']['accuracy']:.1%} of them right",
    ]
    if "not_music" in result:
        lines.append(f"not music     {result['not_music']['refused']:.1%} of {result['not_music']['n']} refused")
    lines += [f"  {label:12s}{value:.2f}" for label, value in result["recall"].items()]
    lines += [f"unreadable: {row['sentence']}" for row in result["unreadable"]]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
