"""What the verbs of the command line have in common."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_common(parser: argparse.ArgumentParser) -> None:
    """Add what every verb that hears tracks with a model understands."""
    add_lists(parser)
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda", "mps"])
    parser.add_argument("--profile", type=Path, help="where the feature cache and the list of own models are kept")


def add_lists(parser: argparse.ArgumentParser) -> None:
    """Add the lists that may come beside the data."""
    parser.add_argument("--not-music", action="append", type=Path, default=[], metavar="CSV", help="speech and noise")
    text = "list of tracks that may lie anywhere, with path, label and group: your corrections, or a clean.csv"
    parser.add_argument("--library", action="append", type=Path, default=[], metavar="CSV", help=text)


def positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number from 1 on")
    return value


def rate(text: str) -> float:
    value = float(text)
    if not 0 < value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not a rate over 0 and up to 1")
    return value
