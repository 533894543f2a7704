"""The tracks that a contender of a comparison is tried on, heard once more under conditions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing

from mgc_desktop.core.errors import DecodeError
from mgc_desktop.core.values import Samples
from mgc_desktop.core.windows import WindowRequest
from training.contender import Bench
from training.data.conditions import read_under
from training.data.decoding import decode_ahead
from training.data.items import Item
from training.data.tracks import labels_of
from training.stop import Stopped


def right_under(
    bench: Bench, said: Sequence[tuple[Item, str]], request: WindowRequest, say: Callable[[Item, Samples], str]
) -> dict[str, dict[str, int]]:
    """Return how many tracks are told rightly under each condition of the bench.

    Parameters
    ----------
    said : sequence of (Item, str)
        Tracks, and what was said of them as they are; pieces of tracks are passed over.
    request : WindowRequest
        What is read of a track, of which the condition may leave less.
    say : callable
        (track, mono sound at the request's rate) -> label.

    Returns
    -------
    dict of dict
        By the name of the condition: `n` tracks that could be heard, `right` of them, and `before`: as they are.

    Raises
    ------
    TrainingError
        Where the lists name no sounds for the microphone.
    Stopped
        Where the run was asked to stop.
    """
    before = {item.path: label == labels_of(item)[0] for item, label in said if item.seconds is None}
    whole = [item for item, _ in said if item.path in before]
    found = {name: {"n": 0, "right": 0, "before": 0} for name in bench.conditions}
    jobs = [
        ((name, item), (str(item.path), request, condition))
        for name in bench.conditions
        for item, condition in bench.trials.under(name, whole)
    ]
    with closing(decode_ahead(read_under, jobs, bench.workers)) as decoded:
        for done, ((name, item), heard) in enumerate(decoded, 1):
            if bench.should_stop():
                raise Stopped
            if isinstance(heard, DecodeError):
                bench.report("note", sentence=f"{item.path} is left out of {name}: {heard.sentence}")
            else:
                counts = found[name]
                counts["n"] += 1
                counts["before"] += before[item.path]
                counts["right"] += say(item, heard.windows[0].samples) == labels_of(item)[0]
            bench.report("conditions", done=done, total=len(jobs))
    return found
