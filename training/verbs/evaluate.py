"""`evaluate`: put figures on a model."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.verbs.words import add_common, add_conditions, conditions_of

if TYPE_CHECKING:
    from training.evaluate import EvaluateOptions

HELP = "score a model on data"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", type=Path)
    parser.add_argument("data", nargs="*", type=Path)
    parser.add_argument("--split", default="", choices=["", "train", "valid", "test"], help="default: every track")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--write", action="store_true", help="put the figures into the model's folder and its card")
    parser.add_argument("--timing", action="store_true", help="how fast and how large it is, alone and in a batch")
    _add_trials(parser)
    add_common(parser)


def _add_trials(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("other things to try it on")
    add_conditions(group)
    for option, text in (
        ("--other-music", "music of none of its genres"),
        ("--also", "short excerpts, counted in the recall of their genres alone"),
    ):
        group.add_argument(option, action="append", type=Path, default=[], metavar="DATA", help=text)


def run(arguments: argparse.Namespace) -> int:
    from rich.console import Console
    from rich.progress import Progress

    from mgc_desktop.core.errors import MgcError, UsageError
    from training.evaluate import evaluate
    from training.stop import StopFlag, Stopped

    console = Console(stderr=True, highlight=False)
    flag = StopFlag()
    flag.install()
    try:
        with Progress(console=console, transient=True) as bar:
            task = bar.add_task("listening", total=None)
            result = evaluate(
                _options(arguments), lambda done, total: bar.update(task, completed=done, total=total), flag
            )
    except Stopped:
        return 130
    except MgcError as error:
        console.print(error.sentence, markup=False, soft_wrap=True)
        return 2 if isinstance(error, UsageError) else 1
    sys.stdout.write(json.dumps(result) + "\n" if arguments.json else _readable(result))
    return 0


def _options(arguments: argparse.Namespace) -> EvaluateOptions:
    from mgc_desktop.core.paths import Profile
    from training.evaluate import EvaluateOptions

    return EvaluateOptions(
        model=arguments.model,
        data=tuple(arguments.data),
        profile=Profile.open(arguments.profile),
        not_music=tuple(arguments.not_music),
        library=tuple(arguments.library),
        split=arguments.split,
        device=arguments.device,
        **conditions_of(arguments),
        other_music=tuple(arguments.other_music),
        also=tuple(arguments.also),
        timing=arguments.timing,
        write=arguments.write,
    )


def _readable(result: dict[str, Any]) -> str:
    from training.figures_text import figures_text

    lines = [f"{result['model']} on {result['n']} tracks ({result['split']}), {result['device']}", figures_text(result)]
    lines += [f"note: {sentence}" for sentence in result["notes"]]
    lines += [f"unreadable: {row['sentence']}" for row in result["unreadable"]]
    return "\n".join(lines) + "\n"
