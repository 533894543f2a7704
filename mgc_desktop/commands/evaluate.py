"""`mgc-desktop evaluate`: runs the training program's evaluation, in this terminal."""

from __future__ import annotations

import argparse

from mgc_desktop.commands.passthrough import run_training


def run(args: argparse.Namespace) -> int:
    """Evaluate, and return the training program's exit code. `args.words` go on as they were given."""
    return run_training(["evaluate", *args.words])
