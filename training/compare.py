"""Two models on the same held-out tracks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from mgc_desktop.core.errors import ModelError
from mgc_desktop.model.runtime import Runtime
from mgc_desktop.model.trust import TrustStore
from training.score import Hearing, figures, hear


def compare(
    new: Hearing, old_folder: Path, device: str, trust: TrustStore, workers: int, should_stop: Callable[[], bool]
) -> dict[str, Any] | None:
    """Return both scores on the tracks that `new` was tried on, or None where the old model cannot be loaded.

    A track of a label that the old model does not have counts as wrong for it; `unknown_labels` says which those are.
    """
    try:
        runtime = Runtime.load(old_folder, device, trust=trust)
    except ModelError as error:
        return {"error": error.sentence}
    old = hear(runtime, [h.item for h in new.heard], workers, lambda *_: None, should_stop)
    labels = {h.item.label for h in new.heard}
    return {
        "n": figures(new)["n"],
        "split": new.heard[0].item.split if new.heard else "",
        "new": {"name": new.info.name, **_short(new)},
        "old": {"name": old.info.name, **_short(old)},
        "unknown_labels": sorted(labels - set(old.info.labels)),
    }


def _short(hearing: Hearing) -> dict[str, Any]:
    result = figures(hearing)
    return {key: result[key] for key in ("n", "accuracy", "low", "high", "macro_f1", "ece")}
