"""What a person asked a training run to do; kept in the run's folder, so that it can be gone on with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

LABEL_CHOICES = ("keep", "add", "only")


@dataclass(frozen=True, slots=True)
class TrainRequest:
    """What to train: the choices of the dialog.

    Attributes
    ----------
    data : str
        Folder of genre folders, or a CSV; empty where only corrections or sessions are learnt from.
    name : str
        What the person calls the new model.
    device : str
        "auto", "cpu", "cuda" or "mps".
    compare_with : str
        Model folder to be scored on the same held-out tracks, or empty.
    resume : str
        Run folder to go on with, or empty for a new run.
    clean : str
        List of what the check of the data found fit to learn from, corrections and sessions among it: learnt from
        in place of them. Empty where there was no check.
    corrections : bool
        Whether the library's corrections are learnt from.
    sessions : bool
        Whether the labelled spans of sessions are learnt from.
    init : str
        Model folder whose weights are the beginning, or empty to begin with nothing.
    labels : str
        With `init`: "keep" its labels, "add" those of the data to them, or "only" those of the data.
    head_only : bool
        With `init`: learn the last layer alone, which takes seconds.
    """

    data: str
    name: str
    epochs: int | None = None
    batch_size: int | None = None
    learning_rate: float | None = None
    device: str = "auto"
    seed: int | None = None
    compare_with: str = ""
    resume: str = ""
    clean: str = ""
    corrections: bool = False
    init: str = ""
    labels: str = ""
    head_only: bool = False
    sessions: bool = False

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> TrainRequest:
        """Return a request from JSON; what an earlier or later version wrote besides is passed over.

        Raises
        ------
        ValueError
            Where a value is of another kind, or the name or the data is missing.
        """
        values: dict[str, Any] = {}
        for field in fields(cls):
            if field.name in data:
                values[field.name] = _checked(field.name, data[field.name])
        try:
            return cls(**values)
        except TypeError as error:
            raise ValueError(str(error)) from error


_NUMBERS: dict[str, tuple[type, ...]] = {
    "epochs": (int,),
    "batch_size": (int,),
    "learning_rate": (int, float),
    "seed": (int,),
}
_SWITCHES = ("corrections", "head_only", "sessions")


def _checked(name: str, value: Any) -> Any:
    if name in _NUMBERS:
        fits = value is None or (isinstance(value, _NUMBERS[name]) and not isinstance(value, bool))
    else:
        fits = isinstance(value, bool if name in _SWITCHES else str)
    if not fits:
        raise ValueError(f"{name} is {value!r}")
    return value
