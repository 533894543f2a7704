"""Damage that files of music meet, and that somebody could make on purpose: the same for the same seed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

_LIES = (b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\x00\x00\x00\x00", b"\x00\x00\x00\x01")
_HEAD = 4096  # bytes in which most of what a file says of itself stands


def mutated(data: bytes, others: Sequence[bytes], chance: np.random.Generator) -> tuple[bytes, str]:
    """Return `data` with one or two kinds of damage, and what was done; `others` are files to mix in."""
    done = []
    for _ in range(int(chance.integers(1, 3))):
        name = str(chance.choice(list(_KINDS)))
        data = _KINDS[name](data, others, chance)
        done.append(name)
    return data, " + ".join(done)


def write_mutants(folder: Path, material: Sequence[Path], count: int, seed: int) -> dict[str, str]:
    """Write `count` mutants of the files of `material`, in turn; return what was done to each, by path."""
    chance = np.random.default_rng(seed)
    contents = [path.read_bytes() for path in material]
    kinds = {}
    for number in range(count):
        source = material[number % len(material)]
        data, kind = mutated(contents[number % len(material)], contents, chance)
        # Now and then the name lies as well.
        ending = source.suffix if chance.random() > 0.05 else material[int(chance.integers(len(material)))].suffix
        path = folder / f"{number:04}-{source.stem}{ending}"
        path.write_bytes(data)
        kinds[str(path)] = kind
    return kinds


def _place(data: bytes, chance: np.random.Generator, within: int | None = None) -> int:
    return int(chance.integers(0, max(1, min(len(data), within or len(data)))))


def _flip(data: bytes, others: Sequence[bytes], chance: np.random.Generator) -> bytes:
    changed = bytearray(data)
    for _ in range(int(chance.integers(1, 65)) if data else 0):
        changed[_place(data, chance)] ^= 1 << int(chance.integers(8))
    return bytes(changed)


def _flip_head(data: bytes, others: Sequence[bytes], chance: np.random.Generator) -> bytes:
    head, rest = data[:_HEAD], data[_HEAD:]
    return _flip(head, others, chance) + rest


def _lie(data: bytes, others: Sequence[bytes], chance: np.random.Generator) -> bytes:
    """Overwrite four bytes of the head or the end, where sizes and offsets stand."""
    at = _place(data, chance, _HEAD) if chance.random() < 0.7 else max(0, len(data) - _place(data, chance, _HEAD) - 4)
    lie = _LIES[int(chance.integers(len(_LIES)))]
    return data[:at] + lie + data[at + 4 :]


def _cut(data: bytes, others: Sequence[bytes], chance: np.random.Generator) -> bytes:
    return data[: _place(data, chance)]


def _cut_out(data: bytes, others: Sequence[bytes], chance: np.random.Generator) -> bytes:
    at = _place(data, chance)
    return data[:at] + data[at + int(chance.integers(1, 20_000)) :]


def _insert(data: bytes, others: Sequence[bytes], chance: np.random.Generator) -> bytes:
    at = _place(data, chance) if chance.random() < 0.6 else 0
    return data[:at] + chance.bytes(int(chance.integers(1, 5000))) + data[at:]


def _blank(data: bytes, others: Sequence[bytes], chance: np.random.Generator) -> bytes:
    at, length = _place(data, chance), int(chance.integers(1, 10_000))
    return data[:at] + bytes(len(data[at : at + length])) + data[at + length :]


def _splice(data: bytes, others: Sequence[bytes], chance: np.random.Generator) -> bytes:
    """Go on in another file, at its beginning or somewhere in it."""
    other = others[int(chance.integers(len(others)))]
    return data[: _place(data, chance)] + other[_place(other, chance) if chance.random() < 0.5 else 0 :]


def _append(data: bytes, others: Sequence[bytes], chance: np.random.Generator) -> bytes:
    """Put the head of another file behind this one, or its own head once more in front."""
    other = others[int(chance.integers(len(others)))]
    return data + other[:_HEAD] if chance.random() < 0.5 else data[: _place(data, chance, _HEAD)] + data


_KINDS: dict[str, Callable[[bytes, Sequence[bytes], np.random.Generator], bytes]] = {
    "flip": _flip,
    "flip head": _flip_head,
    "lie": _lie,
    "cut": _cut,
    "cut out": _cut_out,
    "insert": _insert,
    "blank": _blank,
    "splice": _splice,
    "append": _append,
}
