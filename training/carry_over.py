"""What a rebuilt model takes over from the folder it came from, beside its weights: each part only if it is sound."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load, save

from mgc_desktop.core.errors import ModelError
from mgc_desktop.model.contract import CARD_FILE, MEMORY_FILE, PICTURE_FILE
from mgc_desktop.model.members import read_member
from training.clean_picture import MAX_BYTES as MAX_PICTURE
from training.clean_picture import clean_png
from training.foreign_tensors import Shape, declared_in

MAX_CARD = 200_000  # bytes
MAX_MEMORY = 50_000_000  # bytes
_MAX_TEXT, _MAX_KEY, _MAX_ENTRIES = 2000, 100, 2000

_PICTURE = re.compile(r"!\[([^\]]*)\](\([^)]*\)|\[[^\]]*\])?")
_DEFINITION = re.compile(r"^ {0,3}\[[^\]]+\]:.*$", re.MULTILINE)
_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_OWN_PICTURE = f"![Confusion matrix]({PICTURE_FILE})"

Note = Callable[[str], None]


def tame(value: Any) -> Any:
    """Return a JSON value with its texts and lists cut to a length that no reader stumbles over."""
    if isinstance(value, str):
        return _CONTROL.sub(" ", value)[:_MAX_TEXT]
    if isinstance(value, Mapping):
        return {_CONTROL.sub(" ", key)[:_MAX_KEY]: tame(each) for key, each in list(value.items())[:_MAX_ENTRIES]}
    if isinstance(value, list):
        return [tame(each) for each in value[:_MAX_ENTRIES]]
    return value


def clean_card(text: str, *, has_picture: bool) -> str:
    """Return Markdown in which nothing is loaded and nothing is run, whoever shows it.

    Pictures become their descriptions (but for our own figure, where it is there), HTML becomes text.
    """

    def describe(match: re.Match[str]) -> str:
        return _OWN_PICTURE if has_picture and match[0] == _OWN_PICTURE else match[1]

    text = _CONTROL.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = _DEFINITION.sub("", text)
    while (cleaned := _PICTURE.sub(describe, text)) != text:  # one picture may lie in the description of another
        text = cleaned
    return _TAG.sub(r"\\<", text)


def carry_over(source: Path, target: Path, shape: Mapping[str, int], note: Note) -> None:
    """Take card, picture and memory over into the model folder `target`.

    Parameters
    ----------
    shape : mapping
        "labels" and "embedding": how many labels the model has, and how long its embedding is.
    note : callable
        Gets a sentence for each part that is left out.

    Raises
    ------
    OSError
        Where they cannot be written.
    """
    parts: tuple[tuple[str, int, Callable[[bytes], bytes]], ...] = (
        (PICTURE_FILE, MAX_PICTURE, clean_png),
        (MEMORY_FILE, MAX_MEMORY, lambda raw: _checked_memory(raw, shape["labels"], shape["embedding"])),
        (CARD_FILE, MAX_CARD, lambda raw: _card(raw, (target / PICTURE_FILE).exists())),
    )
    for name, most, clean in parts:
        try:
            (target / name).write_bytes(clean(read_member(source / name, most)))
        except FileNotFoundError:
            continue
        except (ModelError, ValueError) as error:
            why = error.detail or error.sentence if isinstance(error, ModelError) else str(error)
            note(f"{name} was left out, as it is not what it should be ({why}).")


def _card(raw: bytes, has_picture: bool) -> bytes:
    return clean_card(raw.decode("utf-8-sig", "replace"), has_picture=has_picture).encode("utf-8")


def _checked_memory(raw: bytes, labels: int, embedding: int) -> bytes:
    declared = declared_in(raw)
    rows = declared["labels"].sizes if "labels" in declared else ()
    expected = {"embeddings": Shape("F16", (*rows, embedding)), "labels": Shape("I64", rows)}
    expected["held_out"] = expected["labels"]
    if len(rows) != 1 or declared != expected:
        raise ValueError("tensors of another kind")
    tensors = load(raw)
    known = tensors["labels"].numpy()
    if not bool(torch.isfinite(tensors["embeddings"]).all()) or not np.isin(tensors["held_out"].numpy(), (0, 1)).all():
        raise ValueError("numbers that are none")
    if len(known) and (known.min() < 0 or known.max() >= labels):
        raise ValueError("labels that the model does not have")
    return save(tensors)
