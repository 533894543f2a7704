"""The command line of training, ``python -m training VERB`` or ``mgc-desktop VERB``; a verb is a file of `verbs/`.

With ``--json-progress`` stdout carries one JSON object a line and nothing else. Events of ``train``: ``start``,
``prepare``, ``hints``, ``step``, ``epoch``, ``hear``, ``note``, ``score``, then one of ``done``, ``cancelled`` and
``error``; of ``compare`` also ``conditions``.
Exit codes: 0 done, 1 failed, 2 wrong usage, 130 stopped (go on with ``--resume``).
"""

from __future__ import annotations

import argparse
import importlib
import sys

VERBS = ("prepare", "train", "evaluate", "probe", "compare", "rebuild")


def main(argv: list[str] | None = None) -> int:
    """Run a verb and return its exit code."""
    parser = argparse.ArgumentParser(prog="mgc-desktop", description="Train and evaluate music genre models.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    # None of these files imports torch, so that a wrong word is answered at once.
    modules = {name: importlib.import_module(f"training.verbs.{name}") for name in VERBS}
    for name, module in modules.items():
        module.add_arguments(verbs.add_parser(name, help=module.HELP))
    arguments = parser.parse_args(argv)
    code: int = modules[arguments.verb].run(arguments)
    return code


if __name__ == "__main__":
    sys.exit(main())
