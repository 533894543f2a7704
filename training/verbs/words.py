"""What the verbs of the command line have in common."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


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


def add_teachers(parser: argparse._ActionsContainer, what_for: str) -> None:
    """Add the networks of others, and which unknown files of them may be loaded."""
    text = f"networks of others (TorchScript; the known ones only) {what_for}"
    parser.add_argument("--teachers", action="extend", nargs="+", type=Path, default=[], metavar="FILE", help=text)
    text = "load a teacher with this digest, too: such a file can carry a program"
    parser.add_argument("--trust-teacher", action="append", type=sha256, default=[], metavar="SHA256", help=text)


def add_conditions(parser: argparse._ActionsContainer) -> None:
    """Add the conditions that music can be heard under, and what the microphone is made of."""
    parser.add_argument(
        "--conditions",
        default="",
        metavar="NAMES",
        help="the same music changed: microphone, window-10s, window-5s, window-3s, mp3-64, low-pass-5k, gain, "
        "with commas; or all that can be had",
    )
    for option, text in (
        ("--rooms", "room responses (kind rir) for the microphone"),
        ("--noise", "background noise for the microphone"),
    ):
        parser.add_argument(option, action="append", type=Path, default=[], metavar="CSV", help=text)


def conditions_of(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the choices that `add_conditions` adds, by their names in the options."""
    return {
        "conditions": names(arguments.conditions),
        "rooms": tuple(arguments.rooms),
        "noise": tuple(arguments.noise),
    }


def names(text: str) -> tuple[str, ...]:
    """Return the names of a list with commas, each once."""
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def trusted_teachers(arguments: argparse.Namespace) -> frozenset[str]:
    """Return the digests of teachers that may be loaded, after `add_teachers`."""
    from training.foreign_teachers import KNOWN  # torch comes with it

    return KNOWN | frozenset(arguments.trust_teacher)


def sha256(text: str) -> str:
    digest = text.strip().lower()
    if len(digest) != 64 or set(digest) - set("0123456789abcdef"):
        raise argparse.ArgumentTypeError(f"{text} is no SHA-256: it has 64 digits from 0 to f")
    return digest


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
