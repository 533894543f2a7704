"""The table of systems: a new architecture is one file in `networks/` (and perhaps `frontends/`) and one line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from mgc_desktop.core.errors import UsageError
from training.frontends.log_mel import LogMel, LogMelConfig
from training.networks.crnn import Crnn


@dataclass(frozen=True)
class System:
    """A front end, a network and where they come from, under one name."""

    name: str
    frontend_config: LogMelConfig
    frontend: Callable[[LogMelConfig], nn.Module]
    network: Callable[[int], nn.Module]  # number of labels -> features to logits
    source: str


SYSTEMS: dict[str, System] = {
    "crnn": System("crnn", LogMelConfig(), LogMel, Crnn, "after Choi et al. 2016, arXiv 1609.04243"),
}


def get_system(name: str) -> System:
    """Return a system of the table.

    Raises
    ------
    UsageError
        Where there is none of that name.
    """
    try:
        return SYSTEMS[name]
    except KeyError:
        raise UsageError(f"There is no system called {name!r}: choose one of {', '.join(SYSTEMS)}.") from None
