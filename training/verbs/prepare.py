"""`prepare`: check data before it is learnt from."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from training.verbs.words import add_lists

HELP = "check data: what cannot be used, what is there twice, which labels look wrong"
_ROWS = 15  # of each list that the terminal shows


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("data", nargs="*", type=Path, help="folder of genre folders, or CSV with path, label, ...")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="write report.md, report.json and clean.csv there")
    parser.add_argument("--groups", type=Path, metavar="FILE", help="index of GTZAN's artists (GTZANindex.txt)")
    parser.add_argument("--json", action="store_true", help="print the report as one JSON object")
    parser.add_argument("--json-progress", action="store_true", help="the same, with a line for each step before it")
    add_lists(parser)


def run(arguments: argparse.Namespace) -> int:
    from mgc_desktop.core.errors import MgcError
    from training.prepare import PrepareOptions, prepare, write_report
    from training.stop import StopFlag, Stopped

    if not arguments.data and not arguments.library:
        return _failed(arguments, "There is nothing to check: name a folder of genre folders, a list, or --library.", 2)
    options = PrepareOptions(
        data=tuple(arguments.data),
        not_music=tuple(arguments.not_music),
        library=tuple(arguments.library),
        artists=arguments.groups,
    )
    flag = StopFlag()
    flag.install()
    try:
        with _progress(arguments) as progress:
            report = prepare(options, progress, flag)
        if arguments.out:
            write_report(report, arguments.out)
    except Stopped:
        return 130
    except MgcError as error:
        return _failed(arguments, error.sentence, 1)
    _show(arguments, report.as_dict())
    return 0 if not report.problem else 1


def _show(arguments: argparse.Namespace, said: dict[str, Any]) -> None:
    if _wants_json(arguments):
        sys.stdout.write(json.dumps(said) + "\n")
        return
    from rich.console import Console
    from rich.markdown import Markdown

    from training.prepare_text import markdown

    console = Console(highlight=False)
    console.print(Markdown(markdown(said, _ROWS)))
    if arguments.out:
        text = f"All of it is in {arguments.out}; to learn from what is left: train --library {arguments.out}/clean.csv"
        console.print(text, markup=False, soft_wrap=True)


def _failed(arguments: argparse.Namespace, sentence: str, code: int) -> int:
    if _wants_json(arguments):
        nothing: dict[str, Any] = {"tracks": 0, "found": 0, "labels": {}, "groups": 0}
        nothing |= {key: [] for key in ("left_out", "warnings", "duplicates", "suspect_labels")}
        sys.stdout.write(json.dumps({**nothing, "ok": False, "sentence": sentence}) + "\n")
    else:
        sys.stderr.write(sentence + "\n")
    return code


def _wants_json(arguments: argparse.Namespace) -> bool:
    return bool(arguments.json or arguments.json_progress)


@contextmanager
def _progress(arguments: argparse.Namespace) -> Iterator[Callable[[int, int], None]]:
    if arguments.json_progress:
        yield _progress_line
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("listening", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _progress_line(done: int, total: int) -> None:
    sys.stdout.write(json.dumps({"event": "prepare", "done": done, "total": total}) + "\n")
    sys.stdout.flush()
