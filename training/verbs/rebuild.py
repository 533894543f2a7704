"""`rebuild`: make a model folder from elsewhere one's own, without opening its model.pt."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from training.verbs.outcome import reporter

if TYPE_CHECKING:
    from training.report import Reporter

HELP = "rebuild a model folder from elsewhere from its weights; its model.pt is never opened"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, help="model folder: model.json and weights.safetensors are read")
    parser.add_argument("--out", type=Path, required=True, help="folder of the new model; must not exist yet")
    parser.add_argument("--name", default="", help="name of the new model (default: the one it has)")
    parser.add_argument("--json-progress", action="store_true", help="one JSON object a line on stdout")
    parser.add_argument("--profile", type=Path, help="whose list of own models the new one is put on")


def run(arguments: argparse.Namespace) -> int:
    with reporter(arguments.json_progress) as report:
        return _run(arguments, report)


def _run(arguments: argparse.Namespace, report: Reporter) -> int:
    from mgc_desktop.core.errors import MgcError, UsageError
    from mgc_desktop.core.paths import Profile
    from training.rebuild import RebuildOptions, rebuild

    try:
        options = RebuildOptions(
            folder=arguments.folder.absolute(),
            out=arguments.out.absolute(),
            profile=Profile.open(arguments.profile),
            name=arguments.name,
        )
        info = rebuild(options, lambda sentence: report("note", sentence=sentence))
    except MgcError as error:
        report("error", sentence=error.sentence, detail=error.detail)
        return 2 if isinstance(error, UsageError) else 1
    except OSError as error:
        sentence = f"The model could not be rebuilt ({error.strerror}): look after {error.filename}."
        report("error", sentence=sentence, detail=str(error))
        return 1
    report("done", model=str(info.folder), name=info.name, metrics=dict(info.metrics))
    return 0
