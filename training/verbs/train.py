"""`train`: learn from data and export a model."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from training.verbs.outcome import exit_code, reporter
from training.verbs.words import add_common, add_teachers, positive, rate, trusted_teachers

if TYPE_CHECKING:
    from training.options import TrainOptions
    from training.report import Reporter
    from training.stop import StopFlag

HELP = "train a model and export it"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("data", nargs="*", type=Path, help="folder of genre folders, or CSV with path, label, ...")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run; the model comes into its model/")
    parser.add_argument("--system", help="one of the table (default: crnn, or that of --init)")
    parser.add_argument("--epochs", type=positive)
    parser.add_argument("--steps", type=positive, help="an epoch (default: the system's own number)")
    parser.add_argument(
        "--knob",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="change one number of the recipe, as run.json names them",
    )
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
    parser.add_argument("--multi-label", action="store_true", help="several genres a track: labels with semicolons")
    _add_start(parser)
    _add_changes(parser)
    add_common(parser)


def _add_start(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("start from a model, learn from others")
    group.add_argument("--init", type=Path, metavar="MODEL", help="start from the weights of this model folder")
    group.add_argument("--head-only", action="store_true", help="with --init: learn the last layer alone, in seconds")
    group.add_argument(
        "--labels",
        choices=["keep", "add", "only"],
        default="add",
        help="with --init: its genres, its genres and the data's (default), or the data's alone",
    )
    group.add_argument(
        "--distil", action="append", type=Path, default=[], metavar="MODEL", help="learn what this model says, too"
    )
    add_teachers(group, "to learn from: what they say of the tracks, and of changed copies of them")
    group.add_argument("--scenes", type=positive, metavar="N", help="of each track, for --teachers")
    group.add_argument(
        "--unlabelled", action="append", type=Path, default=[], metavar="DATA", help="tracks for --distil alone"
    )


def _add_changes(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("changed copies of the tracks to learn from")
    group.add_argument("--variants", type=int, metavar="N", help="so many of each (default: the system's own number)")
    group.add_argument(
        "--noise", action="append", type=Path, default=[], metavar="CSV", help="speech and noise to lay under copies"
    )
    group.add_argument(
        "--rooms", action="append", type=Path, default=[], metavar="CSV", help="room responses (kind rir) for copies"
    )


def run(arguments: argparse.Namespace) -> int:
    with reporter(arguments.json_progress) as report:
        kept = [arguments.out / name / "checkpoint.json" for name in ("checkpoint", "hints")]
        return exit_code(
            lambda flag: _train(arguments, report, flag),
            report,
            arguments.out,
            lambda: any(path.exists() for path in kept),
        )


def _train(arguments: argparse.Namespace, report: Reporter, flag: StopFlag) -> None:
    # torch and its friends take seconds to import: only a run that was asked for rightly pays.
    from training.distributed import joined_world
    from training.train import Run

    options = _options(arguments)
    with joined_world() as world:
        Run(options, report, flag, world).run()


def _options(arguments: argparse.Namespace) -> TrainOptions:
    """Return the choices of the command line.

    Raises
    ------
    UsageError
        Where they do not go together.
    """
    from mgc_desktop.core.paths import Profile
    from training.options import TrainOptions
    from training.systems import get_system
    from training.train import with_arguments

    _check(arguments)
    system = get_system(arguments.system or _system_of(arguments.init))
    recipe = system.recipe if arguments.init is None else system.recipe.tuned()
    recipe = with_arguments(
        recipe,
        epochs=arguments.epochs,
        batch_size=arguments.batch_size,
        lr=arguments.lr,
        seed=arguments.seed,
        variants=arguments.variants,
        scenes=arguments.scenes,
        steps=arguments.steps,
    ).told(arguments.knob)
    return TrainOptions(
        data=tuple(arguments.data),
        out=arguments.out.absolute(),
        profile=Profile.open(arguments.profile),
        system=system.name,
        recipe=recipe,
        device=arguments.device,
        library=tuple(arguments.library),
        not_music=tuple(arguments.not_music),
        also_train=tuple(arguments.also_train),
        init=arguments.init,
        labels=arguments.labels,
        head_only=arguments.head_only,
        distil=tuple(arguments.distil),
        teachers=tuple(arguments.teachers),
        trusted_teachers=trusted_teachers(arguments),
        unlabelled=tuple(arguments.unlabelled),
        multi_label=arguments.multi_label,
        noise=tuple(arguments.noise),
        rooms=tuple(arguments.rooms),
        resume=arguments.resume,
        compare_with=arguments.compare_with,
        name=arguments.name,
        command=_command(arguments),
    )


def _check(arguments: argparse.Namespace) -> None:
    """Say which choices do not go together."""
    from mgc_desktop.core.errors import UsageError

    if not arguments.data and not arguments.library:
        raise UsageError("There is nothing to learn from: name a folder of genre folders, a list, or --library.")
    if arguments.head_only and arguments.init is None:
        raise UsageError("--head-only needs a model to start from: add --init MODEL.")
    if arguments.unlabelled and not arguments.distil and not arguments.teachers:
        raise UsageError("--unlabelled tracks are learnt from a teacher: add --distil MODEL or --teachers FILE.")
    if arguments.teachers and (arguments.distil or arguments.head_only or arguments.multi_label):
        raise UsageError(
            "--teachers go with neither --distil nor --head-only nor --multi-label: leave one of them out."
        )


def _system_of(init: Path | None) -> str:
    from mgc_desktop.model.contract import read_info

    return "crnn" if init is None else read_info(init).system


_LISTS = ("library", "also_train", "not_music", "distil", "unlabelled", "noise", "rooms", "trust_teacher", "knob")
_VALUES = (
    "system",
    "epochs",
    "batch_size",
    "lr",
    "seed",
    "name",
    "init",
    "variants",
    "scenes",
    "steps",
)
_FLAGS = ("head_only", "multi_label")


def _command(arguments: argparse.Namespace) -> str:
    """Return the command as it can be given again; folders by their last two names, as they differ by machine."""
    words = ["python3", "run.py", "train", *(_short(path) for path in arguments.data)]
    for name in _LISTS:
        for path in getattr(arguments, name):
            words += [_option(name), _short(path) if isinstance(path, Path) else path]
    if arguments.teachers:
        words += ["--teachers", *(_short(path) for path in arguments.teachers)]
    for name in _VALUES:
        value = getattr(arguments, name)
        if value not in (None, "", 0):
            words += [_option(name), _short(value) if isinstance(value, Path) else str(value)]
    if arguments.init is not None and arguments.labels != "add":
        words += ["--labels", arguments.labels]
    words += [_option(name) for name in _FLAGS if getattr(arguments, name)]
    return shlex.join(words)


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _short(path: Path) -> str:
    return "/".join(path.parts[-2:])
