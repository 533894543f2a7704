"""`mgc-desktop train`: runs the training program, in this terminal."""

from __future__ import annotations

import argparse

from mgc_desktop.commands.passthrough import run_training


def run(args: argparse.Namespace) -> int:
    """Train, and return the training program's exit code. `args.words` go on as they were given."""
    return run_training(["train", *args.words])
