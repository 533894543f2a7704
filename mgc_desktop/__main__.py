"""The command `mgc-desktop`: reads the arguments, and imports only what the verb needs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from mgc_desktop import __version__

Run = Callable[[argparse.Namespace], int]

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130
DEVICES = ("auto", "cpu", "cuda", "mps")

_EPILOG = """\
commands:
  classify PATH ...     say what kind of music files are, without a window
  train DATA --out DIR  teach a new model from a folder of genre folders, or a CSV
  evaluate MODEL DATA   score a model on such data
  devices               list audio inputs and compute devices
  doctor                check that all is well; for a bug report

"mgc-desktop COMMAND --help" explains one. A file or folder named like a command: write ./classify.
"""

_DATA_HELP = "folder of genre folders, or a CSV with columns path and label"

_CSV_HELP = (
    'write a table to FILE ("-": standard output); a cell that a spreadsheet would take for a formula gets a \' in '
    "front, and with --windows each window has a row"
)


def _text(parser: argparse.ArgumentParser, *names: str, metavar: str, text: str) -> None:
    parser.add_argument(*names, metavar=metavar, help=text)


def _common(parser: argparse.ArgumentParser) -> None:
    _text(parser, "--profile", metavar="DIR", text="keep settings, library, models and logs in this folder")


def _verbose(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-v", "--verbose", action="store_true", help="write more to the log")


def _model_options(parser: argparse.ArgumentParser) -> None:
    _text(parser, "--model", metavar="FOLDER", text="model folder, or the name of a model of this profile")
    parser.add_argument("--device", choices=DEVICES, default="auto", help="where the model runs (default: the best)")


def _window_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mgc-desktop",
        description="Hears what kind of music something is. Opens the window, with the files and folders named.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("paths", nargs="*", metavar="PATH", help="music files and folders to hear")
    parser.add_argument(
        "--listen",
        nargs="?",
        const="",
        metavar="DEVICE",
        help="listen at once, to the input called DEVICE, or to the default one",
    )
    _model_options(parser)
    _common(parser)
    _verbose(parser)
    parser.add_argument("--version", action="version", version=f"mgc-desktop {__version__}")
    return parser


def _classify_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", metavar="PATH", help="music files and folders")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object a line on standard output, and nothing else")
    form.add_argument("--csv", metavar="FILE", help=_CSV_HELP)
    parser.add_argument("--windows", action="store_true", help="also what was heard in each window of a track")
    _model_options(parser)
    _verbose(parser)


def _train_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("data", nargs="+", metavar="DATA", help=_DATA_HELP)
    parser.add_argument("--out", metavar="DIR", required=True, help="folder of this run; the model will be DIR/model")
    _text(parser, "--system", metavar="NAME", text="what to train (default: crnn)")
    parser.add_argument("--epochs", type=int, metavar="N", help="passes over the data")
    parser.add_argument("--batch-size", type=int, metavar="N", help="windows a step (default: 32)")
    parser.add_argument("--lr", type=float, metavar="X", help="learning rate (default: 0.001)")
    parser.add_argument("--device", choices=DEVICES, help="where to train (default: the best)")
    parser.add_argument("--seed", type=int, metavar="N", help="the same seed gives the same splits and start")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint in DIR")
    parser.add_argument("--json-progress", action="store_true", help="one JSON object a line on standard output")
    _text(parser, "--compare-with", metavar="FOLDER", text="score this model on the same held-out tracks too")
    _text(parser, "--name", metavar="NAME", text="name of the new model (default: that of DIR)")
    text = "more tracks to learn from, of which none is scored"
    parser.add_argument("--also-train", action="append", metavar="DATA", help=text)
    _not_music(parser)


def _evaluate_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL", help="model folder")
    parser.add_argument("data", nargs="+", metavar="DATA", help=_DATA_HELP)
    parser.add_argument("--split", choices=("train", "valid", "test"), help="only the tracks of this split")
    parser.add_argument("--device", choices=DEVICES, help="where the model runs (default: the best)")
    _not_music(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")


def _not_music(parser: argparse.ArgumentParser) -> None:
    text = "clips of speech and noise, for the label of what is no music"
    parser.add_argument("--not-music", action="append", metavar="CSV", help=text)


def _classify(args: argparse.Namespace) -> int:
    from mgc_desktop.commands.classify import run

    return run(args)


def _train(args: argparse.Namespace) -> int:
    from mgc_desktop.commands.train import run

    return run(args)


def _evaluate(args: argparse.Namespace) -> int:
    from mgc_desktop.commands.evaluate import run

    return run(args)


def _devices(args: argparse.Namespace) -> int:
    from mgc_desktop.commands.devices import run

    return run(args)


def _doctor(args: argparse.Namespace) -> int:
    from mgc_desktop.commands.doctor import run

    return run(args)


def _window(args: argparse.Namespace) -> int:
    from mgc_desktop.app import run_window

    return run_window(args)


_CLASSIFY_TEXT = """\
Say what kind of music files are. Folders are searched to the bottom; a file that is named is always tried.

Exit code 0: every file got a verdict. 1: some could not be read; each has its line. 2: wrong usage, or no model
could be loaded. 130: interrupted; what was done is kept. An empty folder is named on standard error and is no failure.
"""

_VERBS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None], Run]] = {
    "classify": (_CLASSIFY_TEXT, _classify_options, _classify),
    "train": ("Teach a new model. DIR/model is the result.", _train_options, _train),
    "evaluate": ("Score a model on tracks with known genres.", _evaluate_options, _evaluate),
    "devices": ("List the audio inputs and the compute devices.", _verbose, _devices),
    "doctor": ("Check versions, devices, model and folders. Exit code 0 when all is well.", _verbose, _doctor),
}


def _take_common(words: list[str]) -> tuple[list[str], list[str]]:
    """Split off options that every verb knows and that stand before the verb."""
    before: list[str] = []
    while words:
        if words[0] in ("-v", "--verbose") or words[0].startswith("--profile="):
            count = 1
        elif words[0] == "--profile" and len(words) > 1:
            count = 2
        else:
            break
        before, words = before + words[:count], words[count:]
    return before, words


def parse(words: Sequence[str]) -> tuple[Run, argparse.Namespace]:
    """Return what to run, and its arguments. Exits with code 2 and a sentence on wrong usage.

    Returns
    -------
    (callable, argparse.Namespace)
        For the window: `paths`, `listen` (None, "" for the default input, or its name), `model`, `device`,
        `profile`, `verbose`.
    """
    before, rest = _take_common(list(words))
    if not rest or rest[0] not in _VERBS:
        return _window, _window_parser().parse_args(words)
    text, add_options, run = _VERBS[rest[0]]
    parser = argparse.ArgumentParser(
        prog=f"mgc-desktop {rest[0]}", description=text, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_options(parser)
    _common(parser)
    given = [*before, *rest[1:]]
    args = parser.parse_args(given)
    args.words = given
    return run, args


def main(words: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code."""
    run, args = parse(sys.argv[1:] if words is None else words)
    from mgc_desktop.core.errors import MgcError, UsageError

    try:
        return run(args)
    except MgcError as error:
        sys.stderr.write(f"mgc-desktop: {error.sentence}\n")
        return EXIT_USAGE if isinstance(error, UsageError) else EXIT_FAILED
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
