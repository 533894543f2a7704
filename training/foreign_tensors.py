"""Reading a safetensors file from elsewhere: its header is checked in full before a single tensor is made."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor

from mgc_desktop.core.errors import ModelError
from mgc_desktop.model import strict_json
from mgc_desktop.model.members import ASK_AGAIN, read_member

MAX_HEADER = 1_000_000  # bytes; ours are some kilobytes
_SIZES = {"F16": 2, "F32": 4, "F64": 8, "I32": 4, "I64": 8, "U8": 1, "BOOL": 1}  # bytes of a number
_NAMES = {
    torch.float16: "F16",
    torch.float32: "F32",
    torch.float64: "F64",
    torch.int32: "I32",
    torch.int64: "I64",
    torch.uint8: "U8",
    torch.bool: "BOOL",
}


@dataclass(frozen=True, slots=True)
class Shape:
    """What a tensor is declared to be."""

    dtype: str  # as safetensors writes it: "F32"
    sizes: tuple[int, ...]

    @property
    def bytes(self) -> int:
        return math.prod(self.sizes) * _SIZES[self.dtype]


def shapes_of(state: Mapping[str, Tensor]) -> dict[str, Shape]:
    """Return what the tensors of a network are."""
    return {name: Shape(_NAMES[tensor.dtype], tuple(tensor.shape)) for name, tensor in state.items()}


def read_exactly(path: Path, expected: Mapping[str, Shape]) -> dict[str, Tensor]:
    """Return the tensors of a file that must hold those that are expected, and nothing else.

    Raises
    ------
    FileNotFoundError
        Where there is none.
    ModelError
        Where the header lies, a tensor is missing, strange, of another shape or type, or holds NaN or infinity.
    """
    most = sum(shape.bytes for shape in expected.values()) + MAX_HEADER + 8
    raw = read_member(path, most)
    try:
        declared = declared_in(raw)
        _compare(declared, expected)
        tensors = load(raw)
        _check_finite(tensors)
    except (ValueError, SafetensorError) as error:
        raise ModelError(
            f"{path.name} in {path.parent} does not hold what model.json promises: {ASK_AGAIN}.", str(error)[:500]
        ) from error
    return tensors


def declared_in(raw: bytes) -> dict[str, Shape]:
    """Return what the header of a safetensors file declares.

    Raises
    ------
    ValueError
        Where header and file do not fit together to the byte.
    """
    length = int.from_bytes(raw[:8], "little")
    if len(raw) < 8 or length > min(MAX_HEADER, len(raw) - 8):
        raise ValueError("a header that is longer than the file")
    header = strict_json.loads(raw[8 : 8 + length])
    if not isinstance(header, dict):
        raise ValueError("a header that is no table")
    header.pop("__metadata__", None)
    spans = {name: _entry(entry) for name, entry in header.items()}
    position = 0
    for _, begin, end in sorted(spans.values(), key=lambda span: span[1:]):
        if begin != position:
            raise ValueError("tensors that overlap, or gaps between them")
        position = end
    if position != len(raw) - 8 - length:
        raise ValueError("more or less data than the header declares")
    return {name: shape for name, (shape, _, _) in spans.items()}


def _entry(entry: Any) -> tuple[Shape, int, int]:
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise ValueError("an entry of another form")
    dtype, sizes, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in _SIZES:
        raise ValueError("numbers of a kind that no model has")
    if not _are_counts(sizes, most=8) or not _are_counts(offsets, most=2) or len(offsets) != 2:
        raise ValueError("a shape or place that is none")
    shape = Shape(dtype, tuple(sizes))
    if offsets[1] - offsets[0] != shape.bytes:
        raise ValueError("a tensor whose shape and length contradict each other")
    return shape, offsets[0], offsets[1]


def _are_counts(values: Any, most: int) -> bool:
    return (
        isinstance(values, list)
        and len(values) <= most
        and all(type(value) is int and 0 <= value < 2**40 for value in values)
    )


def _compare(declared: Mapping[str, Shape], expected: Mapping[str, Shape]) -> None:
    strange = sorted(set(declared) - set(expected))
    missing = sorted(set(expected) - set(declared))
    if strange or missing:
        raise ValueError(f"strange tensors {strange[:5]}, missing {missing[:5]}")
    for name, shape in expected.items():
        if declared[name] != shape:
            raise ValueError(f"{name} is {declared[name]}, not {shape}")


def _check_finite(tensors: Mapping[str, Tensor]) -> None:
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            raise ValueError(f"{name} holds numbers that are none")
