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

# The verbs of training: their words go on as they were given, for the training program knows its own options.
_TRAINING = {
    "prepare": "check tracks before they are learnt from: damage, duplicates, labels that look wrong",
    "train": "teach a new model from a folder of genre folders, or a CSV",
    "evaluate": "score a model on such data",
    "probe": "compare what networks have learnt to hear, by artists left out",
    "compare": "train systems and try them side by side, with and without leaks",
    "rebuild": "make a model folder from elsewhere one of your own, without opening its model.pt",
}

_EPILOG = f"""\
commands:
  classify   say what kind of music files are, without a window
{"".join(f"  {verb:<9}  {text}{chr(10)}" for verb, text in _TRAINING.items())}\
  correct    say what tracks are: retraining learns from it
  tag        write genres into files, or show what would be written
  history    list what was written into files
  undo       put back what was in the files before
  listen     say what is playing, at a microphone or in a file, without a window
  models     list the models; use, rename, export, import, delete one
  devices    list audio inputs and compute devices
  doctor     check that all is well; for a bug report

"mgc-desktop COMMAND --help" explains one. A file or folder named like a command: write ./classify.
"""

_PROFILE_HELP = "keep settings, library, models and logs in this folder"
_CSV_HELP = (
    'write a table to FILE ("-": standard output); a cell that a spreadsheet would take for a formula gets a \' in '
    "front, and with --windows each window has a row"
)


def _text(parser: argparse.ArgumentParser, *names: str, metavar: str, text: str) -> None:
    parser.add_argument(*names, metavar=metavar, help=text)


def _common(parser: argparse.ArgumentParser) -> None:
    _text(parser, "--profile", metavar="DIR", text=_PROFILE_HELP)


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


# What can be done with models, and the words it takes.
_MODEL_VERBS = {
    "list": ("say what models there are (the default); * is the one in use", ()),
    "use": ("use a model from the next start on", ("name",)),
    "previous": ("go back to the model before", ()),
    "rename": ("give a model another name", ("old", "new")),
    "export": ("write a copy of a model to a folder, or to a FOLDER that ends in .zip", ("name", "folder")),
    "import": ("take in a model from elsewhere, a folder or a zip archive; it is rebuilt here", ("folder",)),
    "delete": ("move a model to the trash", ("name",)),
}


def _models_options(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(words=(), json=False)
    verbs = parser.add_subparsers(dest="what", metavar="WHAT")
    for verb, (text, words) in _MODEL_VERBS.items():
        one = verbs.add_parser(verb, help=text, description=text)
        for word in words:
            one.add_argument(word, metavar=word.upper())
        if verb == "list":
            one.add_argument("--json", action="store_true", help="one JSON list on standard output, and nothing else")
        # Where it stood before the verb it is known already, and a default here would forget it.
        one.add_argument("--profile", metavar="DIR", default=argparse.SUPPRESS, help=_PROFILE_HELP)
        one.set_defaults(words=words)


def _correct_options(parser: argparse.ArgumentParser) -> None:
    parser.usage = "%(prog)s [-h] [--profile DIR] LABEL FILE [FILE ...]\n       %(prog)s --remove FILE [FILE ...]"
    text = "a genre, known or new, and the files and folders of which it is true"
    parser.add_argument("words", nargs="+", metavar="LABEL FILE", help=text)
    parser.add_argument("--remove", action="store_true", help="forget what was set: the verdict counts again")


def _tag_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", metavar="PATH", help="music files and folders")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--dry-run", action="store_true", help="show what would be written, and touch no file")
    what.add_argument("--write", action="store_true", help="write it; mgc-desktop undo takes it back")
    parser.add_argument(
        "--policy",
        choices=("fill", "replace", "append"),
        default="fill",
        help="fill empty genres only (the default), replace what is there, or append to it",
    )
    parser.add_argument(
        "--min-confidence",
        type=float,
        default=0.7,
        metavar="P",
        help="least confidence of a verdict, 0 to 1 (default: 0.7); what you set yourself needs none",
    )
    _text(
        parser,
        "--map",
        metavar="FILE",
        text="your names for the labels: a JSON object, or CSV lines label,name; an empty name: leave it out",
    )
    parser.add_argument("--accepted", action="store_true", help="write only what you set or accepted yourself")
    _write_options(parser)
    _model_options(parser)
    _verbose(parser)


def _write_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--keep-times", action="store_true", help="let each file keep its time of change")
    parser.add_argument("--insist", action="store_true", help="write read-only and hard-linked files as well")


def _history_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("batch", nargs="?", type=int, metavar="BATCH", help="list the files of this batch")
    parser.add_argument("--json", action="store_true", help="one JSON object a line on standard output")


def _undo_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("batch", type=int, metavar="BATCH", help="its number in mgc-desktop history")
    parser.add_argument("--json", action="store_true", help="one JSON object a file on standard output")
    _write_options(parser)
    _verbose(parser)


def _listen_options(parser: argparse.ArgumentParser) -> None:
    _text(parser, "--device", metavar="NAME", text="the input, by its name or a part of it (default: the system's)")
    parser.add_argument("--channel", type=int, metavar="N", help="hear this channel alone, from 1 on (default: all)")
    _text(parser, "--file", metavar="PATH", text="play a file and listen to that")
    parser.add_argument("--seconds", type=float, metavar="N", help="stop after N seconds (default: at Ctrl-C)")
    parser.add_argument(
        "--json", action="store_true", help="one JSON object a line on standard output, and nothing else"
    )
    _text(parser, "--model", metavar="FOLDER", text="model folder, or the name of a model of this profile")
    parser.add_argument("--compute", choices=DEVICES, default="auto", help="where the model runs (default: the best)")
    _verbose(parser)


def _classify(args: argparse.Namespace) -> int:
    from mgc_desktop.commands.classify import run

    return run(args)


def _listen(args: argparse.Namespace) -> int:
    from mgc_desktop.commands.listen import run

    return run(args)


def _training(args: argparse.Namespace) -> int:
    from mgc_desktop.commands.passthrough import run_training

    return run_training([args.verb, *args.words])


def _models(args: argparse.Namespace) -> int:
    from mgc_desktop.commands.models import run

    return run(args)


def _correct(args: argparse.Namespace) -> int:
    from mgc_desktop.commands.correct import run

    return run(args)


def _tag(args: argparse.Namespace) -> int:
    from mgc_desktop.commands.tag import run

    return run(args)


def _history(args: argparse.Namespace) -> int:
    from mgc_desktop.commands.history import run

    return run(args)


def _undo(args: argparse.Namespace) -> int:
    from mgc_desktop.commands.undo import run

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

_CORRECT_TEXT = """\
Say what tracks are. It beats the verdict in the window, stays whatever model hears them later, and is what Model >
Retrain can learn from. Files that the library does not know are entered. It may be used while the window is open.

Exit code 0: all was written. 1: a file was not found, or the library could not be written. 2: wrong usage.
"""

_TAG_TEXT = """\
Write genres into music files: what you set, or else the verdict. What is unsure, no music or silence is never
written. Files that the library does not know are heard first. Each file is copied, written, checked and then replaced,
so that it is whole whatever happens, and each write is kept in the history. One JSON object a file goes to standard
output: "before" is what the file said, "after" what it says now, or would say.

Exit code 0: all is well, with what there was to do. 1: some files could not be read or written, or were left alone;
each has its reason. 2: wrong usage, or no model could be loaded. 130: interrupted; what was done is in the history.
"""

_HISTORY_TEXT = "List the batches of tag writes, here and in the window, the latest first; or the files of one."

_UNDO_TEXT = """\
Put back what was in the files before a batch of tag writes: byte for byte where nothing else has changed since, else
the genre alone. Files whose genre was changed since are left and named. Undoing is a batch too, and can be undone.

Exit code 0: all was put back. 1: some files were left, each with its reason. 2: there is no such batch.
"""

_LISTEN_TEXT = """\
Say what is playing, twice a second from three seconds of sound on. What is heard goes to standard output; the input's
state and what is wrong with it go to standard error, with --json as objects of their own. An input that goes away is
waited for. No sound leaves this computer.

Exit code 0: the seconds are over, or the file. 1: the input or the file cannot be heard. 2: wrong usage, or no model
could be loaded. 130: interrupted.
"""

_VERBS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None], Run]] = {
    "classify": (_CLASSIFY_TEXT, _classify_options, _classify),
    "correct": (_CORRECT_TEXT, _correct_options, _correct),
    "tag": (_TAG_TEXT, _tag_options, _tag),
    "history": (_HISTORY_TEXT, _history_options, _history),
    "undo": (_UNDO_TEXT, _undo_options, _undo),
    "listen": (_LISTEN_TEXT, _listen_options, _listen),
    "models": ("List the models that there are, and take care of them.", _models_options, _models),
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
        `profile`, `verbose`. For a verb of training: `verb` and its `words`.
    """
    before, rest = _take_common(list(words))
    if rest and rest[0] in _TRAINING:
        return _training, argparse.Namespace(verb=rest[0], words=[*before, *rest[1:]])
    if not rest or rest[0] not in _VERBS:
        return _window, _window_parser().parse_args(words)
    text, add_options, run = _VERBS[rest[0]]
    parser = argparse.ArgumentParser(
        prog=f"mgc-desktop {rest[0]}", description=text, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_options(parser)
    _common(parser)
    return run, parser.parse_args([*before, *rest[1:]])


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
