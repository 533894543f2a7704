"""`evaluate`: put figures on a model."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from training.verbs.words import add_common

HELP = "score a model on data"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", type=Path)
    parser.add_argument("data", nargs="*", type=Path)
    parser.add_argument("--split", default="", choices=["", "train", "valid", "test"], help="default: every track")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_common(parser)


def run(arguments: argparse.Namespace) -> int:
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
        library=tuple(arguments.library),
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
