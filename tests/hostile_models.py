"""Model folders that lie, climb out or carry a program: each a change to a sound one. For tests alone."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

MARKER = "MARKER"  # a trap that goes off writes a file of this name beside the folder

Spoil = Callable[[Path], None]
Pack = Callable[[Path, Path], None]  # folder, archive


class _Trap:
    def __init__(self, path: Path) -> None:
        self._path = str(path)

    def __reduce__(self) -> tuple[Any, ...]:
        return (os.mkdir, (self._path,))


def marker_of(folder: Path) -> Path:
    return folder.parent / MARKER


def pickled_trap(folder: Path) -> bytes:
    return pickle.dumps(_Trap(marker_of(folder)))


def scripted_trap(folder: Path, target: Path) -> None:
    """Write a TorchScript archive that writes the marker when it is loaded."""
    import torch
    from torch import Tensor, nn

    class Trap(nn.Module):
        def __init__(self, path: str) -> None:
            super().__init__()
            self.path = path

        def forward(self, x: Tensor) -> Tensor:
            return x

        @torch.jit.export
        def __getstate__(self) -> tuple[str, bool]:
            return (self.path, self.training)

        @torch.jit.export
        def __setstate__(self, state: tuple[str, bool]) -> None:
            self.path = state[0]
            self.training = state[1]
            torch.save(torch.ones(3), self.path)

    torch.jit.script(Trap(str(marker_of(folder)))).save(str(target))


def edit(folder: Path, **changes: Any) -> None:
    path = folder / "model.json"
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **changes}), "utf-8")


def edit_test(folder: Path, **changes: Any) -> None:
    test = json.loads((folder / "model.json").read_text("utf-8"))["self_test"]
    edit(folder, self_test={**test, **changes})


def safetensors(header: Any, data: bytes = b"") -> bytes:
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(raw)) + raw + data


def write(name: str, data: bytes) -> Spoil:
    return lambda folder: _put(folder / name, data)


def _put(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def _weights(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    from safetensors.torch import load_file, save_file

    state = load_file(str(folder / "weights.safetensors"))
    change(state)
    save_file(state, str(folder / "weights.safetensors"))


def _header(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    path = folder / "weights.safetensors"
    raw = path.read_bytes()
    length = struct.unpack_from("<Q", raw)[0]
    header = json.loads(raw[8 : 8 + length])
    change(header)
    path.write_bytes(safetensors(header, raw[8 + length :]))


def _overlap(header: dict[str, Any]) -> None:
    one, two = header["gru.weight_hh_l0"], header["gru.weight_hh_l1"]
    two["data_offsets"] = one["data_offsets"]


def _fill(name: str, value: float) -> Spoil:
    return _replaced(name, lambda tensor: tensor.new_full(tensor.shape, value))


def _replaced(name: str, make: Callable[[Any], Any]) -> Spoil:
    def change(state: dict[str, Any]) -> None:
        state[name] = make(state[name])

    return lambda folder: _weights(folder, change)


def _linked(name: str) -> Spoil:
    def spoil(folder: Path) -> None:
        secret = folder.parent / f"secret-{name}"
        if (folder / name).exists():
            shutil.move(folder / name, secret)
        else:
            secret.write_text("a secret of this computer")
        (folder / name).symlink_to(secret)

    return spoil


def _in_place(name: str, make: Callable[[Path], None]) -> Spoil:
    def spoil(folder: Path) -> None:
        (folder / name).unlink(missing_ok=True)
        make(folder / name)

    return spoil


def _sparse(path: Path) -> None:
    with path.open("wb") as stream:
        stream.truncate(8_000_000_000)


def _more_labels(folder: Path) -> None:
    labels = json.loads((folder / "model.json").read_text("utf-8"))["labels"]
    edit(folder, labels=[*labels, "polka"])
    edit_test(folder, logits=[0.0] * (len(labels) + 1))


def _raw(change: Callable[[str], str]) -> Spoil:
    def spoil(folder: Path) -> None:
        path = folder / "model.json"
        path.write_text(change(path.read_text("utf-8")), "utf-8")

    return spoil


def _nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = {"a": value}
    return value


_HUGE = {"x": {"dtype": "F32", "shape": [2**31, 2**31], "data_offsets": [0, 2**64]}}

REFUSED: dict[str, Spoil] = {
    # weights.safetensors
    "weights: a pickle": lambda folder: _put(folder / "weights.safetensors", pickled_trap(folder)),
    "weights: a script": lambda folder: scripted_trap(folder, folder / "weights.safetensors"),
    "weights: missing": lambda folder: (folder / "weights.safetensors").unlink(),
    "weights: empty": write("weights.safetensors", b""),
    "weights: a header without end": write("weights.safetensors", b"\xff" * 8 + b"{}"),
    "weights: a header beyond the file": write("weights.safetensors", struct.pack("<Q", 900_000) + b"{}"),
    "weights: a header that is no table": write("weights.safetensors", safetensors([1, 2])),
    "weights: a header nested without end": write("weights.safetensors", safetensors(b"[" * 400_000)),
    "weights: a tensor of exabytes": write("weights.safetensors", safetensors(_HUGE)),
    "weights: negative places": write(
        "weights.safetensors", safetensors({"x": {"dtype": "F32", "shape": [1], "data_offsets": [-4, 0]}})
    ),
    "weights: tensors that overlap": lambda folder: _header(folder, _overlap),
    "weights: a shape that lies": lambda folder: _header(
        folder, lambda header: header["output.bias"].update(shape=[10_000])
    ),
    "weights: more than the header says": lambda folder: _put(
        folder / "weights.safetensors", (folder / "weights.safetensors").read_bytes() + b"\0" * 64
    ),
    "weights: half a file": lambda folder: os.truncate(folder / "weights.safetensors", 100_000),
    "weights: a tensor more": lambda folder: _weights(
        folder, lambda state: state.update(extra=state["output.bias"].clone())
    ),
    "weights: a tensor less": lambda folder: _weights(folder, lambda state: state.pop("output.bias")),
    "weights: another shape": _replaced("output.bias", lambda tensor: tensor[:-1].clone()),
    "weights: another type": _replaced("output.bias", lambda tensor: tensor.double()),
    "weights: NaN": _fill("output.bias", float("nan")),
    "weights: infinity": _fill("output.weight", float("inf")),
    "weights: so large that all overflows": _fill("output.weight", 3e38),
    "weights: other than the self-test": _fill("output.bias", 0.5),
    "weights: a link": _linked("weights.safetensors"),
    "weights: a folder": _in_place("weights.safetensors", lambda path: path.mkdir()),
    "weights: a pipe": _in_place("weights.safetensors", lambda path: os.mkfifo(path)),
    "weights: gigabytes": _in_place("weights.safetensors", _sparse),
    # model.json
    "json: missing": lambda folder: (folder / "model.json").unlink(),
    "json: empty": write("model.json", b""),
    "json: no text": write("model.json", os.urandom(1000)),
    "json: a list": write("model.json", b"[]"),
    "json: a pickle": lambda folder: _put(folder / "model.json", pickled_trap(folder)),
    "json: nested without end": write("model.json", b"[" * 900_000),
    "json: deep": lambda folder: edit(folder, data=_nested(400)),
    "json: gigabytes": _in_place("model.json", _sparse),
    "json: a link": _linked("model.json"),
    "json: a key twice": _raw(lambda text: text.replace("{", '{"format": 1, ', 1)),
    "json: NaN": _raw(lambda text: text.replace('"temperature": 1.0', '"temperature": NaN')),
    "json: infinity": _raw(lambda text: text.replace('"temperature": 1.0', '"temperature": 1e999')),
    "json: a number without end": _raw(lambda text: text.replace('"seed": 7', f'"seed": {"9" * 5000}')),
    "json: a seed beyond all": _raw(lambda text: text.replace('"seed": 7', f'"seed": {"9" * 100}')),
    "json: another format": lambda folder: edit(folder, format=99),
    "json: format is true": lambda folder: edit(folder, format=True),
    "json: a system that is none": lambda folder: edit(folder, system="os.system"),
    "json: a system that is a path": lambda folder: edit(folder, system="../../training/systems"),
    "json: more labels than weights": _more_labels,
    "json: a label twice": lambda folder: edit(folder, labels=["rock"] * 10),
    "json: a label with line ends": lambda folder: edit(folder, labels=[*"abcdefghi", "x\ny"]),
    "json: a name that turns writing round": lambda folder: edit(folder, name="safe\u202egpj.exe"),
    "json: a rate that lies": lambda folder: edit(folder, sample_rate=192_000),
    "json: a window that lies": lambda folder: edit(folder, window_seconds=600),
    "json: a least window that lies": lambda folder: edit(folder, min_seconds=0.0001),
    "json: a digest that is none": lambda folder: edit(folder, sha256="../../etc/passwd"),
    "json: a self-test that lies": lambda folder: edit_test(folder, logits=[0.5] * 10),
    "json: a self-test that takes all": lambda folder: edit_test(folder, logits=[0.9] * 10, tolerance=1.0),
    "json: a self-test of a minute": lambda folder: edit_test(folder, seconds=60),
    "json: a self-test of no time": lambda folder: edit_test(folder, seconds=1e-9),
}


def _scripted(folder: Path) -> None:
    from mgc_desktop.model.contract import file_sha256

    scripted_trap(folder, folder / "model.pt")
    edit(folder, sha256=file_sha256(folder / "model.pt"))


def _pickled(folder: Path) -> None:
    from mgc_desktop.model.contract import file_sha256

    with zipfile.ZipFile(folder / "model.pt", "w") as archive:
        archive.writestr("archive/data.pkl", pickled_trap(folder))
        archive.writestr("archive/constants.pkl", pickled_trap(folder))
        archive.writestr("../../climbed.txt", "out")
    edit(folder, sha256=file_sha256(folder / "model.pt"))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, pixels: bytes, *more: bytes) -> bytes:
    """Return a PNG of 8-bit grey that says it is `width` x `height`, whatever its pixels are."""
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    parts = (header, *more, _chunk(b"IDAT", zlib.compress(pixels, 9)), _chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def memory(rows: int, width: int, label: int = 0, value: float = 0.0) -> bytes:
    import torch
    from safetensors.torch import save

    labels = torch.full((rows,), label, dtype=torch.int64)
    return save(
        {
            "embeddings": torch.full((rows, width), value, dtype=torch.float16),
            "labels": labels,
            "held_out": torch.zeros_like(labels),
        }
    )


CARD = """# A card
![track](http://tracker.example/pixel.png) ![a](file:///etc/passwd) ![b](//host/share/x.png)
![outer ![inner](x.png)](y.png) [![badge]][ref]

[badge]: http://tracker.example/badge.svg
[ref]: javascript:alert(1)

<script>fetch("http://tracker.example")</script><img src="http://tracker.example/1.gif"> <IMG SRC=x onerror=y>
\x1b[31mred\x07
"""

# What is not opened, or left out: the model itself is sound, and is imported without it.
HARMLESS: dict[str, Spoil] = {
    "model.pt: a pickle": lambda folder: _put(folder / "model.pt", pickled_trap(folder)),
    "model.pt: an archive of pickles": _pickled,
    "model.pt: a script that writes": _scripted,
    "model.pt: missing": lambda folder: (folder / "model.pt").unlink(),
    "model.pt: a pipe": _in_place("model.pt", lambda path: os.mkfifo(path)),
    "json: a digest that lies": lambda folder: edit(folder, sha256="0" * 64),
    "json: a name that climbs": lambda folder: edit(folder, name="../../../evil"),
    "json: a name that is a device": lambda folder: edit(folder, name="/dev/null"),
    "json: figures that are none": lambda folder: edit(
        folder, metrics={"test": {"accuracy": "all", "n": -1}, "x": [1], "y": {"n": 10**30, "accuracy": 7}}
    ),
    "json: data and makers that are none": lambda folder: edit(
        folder, data={"tracks": [], "fingerprint": {}}, made_with={"date": ["x" * 100_000], "parameters": "many"}
    ),
    "card: pictures and scripts": write("card.md", CARD.encode()),
    "card: megabytes": write("card.md", b"# x\n" * 3_000_000),
    "card: no text": write("card.md", os.urandom(3000)),
    "card: a link": _linked("card.md"),
    "picture: none": write("confusion.png", b"GIF89a" + bytes(100)),
    "picture: an HTML page": write("confusion.png", b"<svg onload='alert(1)'/>"),
    "picture: gigapixels": write("confusion.png", png(100_000, 100_000, bytes(10))),
    "picture: a bomb": write("confusion.png", png(100, 100, bytes(50_000_000))),
    "picture: fewer pixels than it says": write("confusion.png", png(1000, 1000, bytes(1000))),
    "picture: a link": _linked("confusion.png"),
    "memory: a pickle": lambda folder: _put(folder / "memory.safetensors", pickled_trap(folder)),
    "memory: a header without end": write("memory.safetensors", b"\xff" * 8 + b"{}"),
    "memory: gigabytes": _in_place("memory.safetensors", _sparse),
    "memory: another width": lambda folder: _put(folder / "memory.safetensors", memory(5, 127)),
    "memory: a label that is none": lambda folder: _put(folder / "memory.safetensors", memory(5, 128, label=10)),
    "memory: a label below": lambda folder: _put(folder / "memory.safetensors", memory(5, 128, label=-1)),
    "memory: NaN": lambda folder: _put(folder / "memory.safetensors", memory(5, 128, value=float("nan"))),
}


def pack(folder: Path, archive: Path, **more: bytes | zipfile.ZipInfo) -> None:
    """Zip a folder as an export does."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        for path in sorted(folder.iterdir()):
            opened.write(path, f"{folder.name}/{path.name}")


def _with_member(name: str, data: bytes = b"out", mode: int = 0o100644) -> Pack:
    def packed(folder: Path, archive: Path) -> None:
        pack(folder, archive)
        with zipfile.ZipFile(archive, "a") as opened:
            member = zipfile.ZipInfo(name)
            member.external_attr = mode << 16
            opened.writestr(member, data)

    return packed


def _without(folder: Path, archive: Path, *names: str) -> None:
    for name in names:
        (folder / name).unlink()
    pack(folder, archive)


def _only(name: str, data: bytes, method: int = zipfile.ZIP_DEFLATED) -> Pack:
    def packed(folder: Path, archive: Path) -> None:
        with zipfile.ZipFile(archive, "w", method) as opened:
            opened.write(folder / "model.json", "m/model.json")
            opened.writestr(f"m/{name}", data)

    return packed


def _patched(change: Callable[[bytearray], None]) -> Pack:
    def packed(folder: Path, archive: Path) -> None:
        pack(folder, archive)
        raw = bytearray(archive.read_bytes())
        change(raw)
        archive.write_bytes(raw)

    return packed


def _lie_about_size(raw: bytearray) -> None:
    # The directory says of weights.safetensors that it unpacks to 100 bytes.
    at = raw.rindex(b"weights.safetensors") - len("honest/")
    struct.pack_into("<L", raw, at - 46 + 24, 100)


def _lock(raw: bytearray) -> None:
    at = raw.index(b"PK\x01\x02")
    while at >= 0:
        raw[at + 8] |= 1
        at = raw.find(b"PK\x01\x02", at + 4)


def _count_all(raw: bytearray) -> None:
    struct.pack_into("<2H", raw, raw.rindex(b"PK\x05\x06") + 8, 65535, 65535)


def _many(folder: Path, archive: Path) -> None:
    pack(folder, archive)
    with zipfile.ZipFile(archive, "a") as opened:
        for number in range(1000):
            opened.writestr(f"honest/{number}.txt", b"")


def _two(folder: Path, archive: Path) -> None:
    pack(folder, archive)
    with zipfile.ZipFile(archive, "a") as opened:
        opened.write(folder / "model.json", "another/model.json")


def _half(folder: Path, archive: Path) -> None:
    pack(folder, archive)
    os.truncate(archive, 300_000)


def _inner(folder: Path, archive: Path) -> None:
    pack(folder, archive.with_name("inner.zip"))
    with zipfile.ZipFile(archive, "w") as opened:
        opened.write(archive.with_name("inner.zip"), "inner.zip")


ARCHIVES: dict[str, Pack] = {
    "a member that climbs out": _with_member("honest/../../../climbed.txt"),
    "a member that climbs by itself": _with_member("../climbed.txt"),
    "a member that climbs the other way": _with_member("..\\..\\climbed.txt"),
    "a member of the whole disk": _with_member("/tmp/climbed-mgc.txt"),
    "a member of another drive": _with_member("C:\\climbed.txt"),
    "a link": _with_member("honest/card.md.link", b"/etc/passwd", stat.S_IFLNK | 0o777),
    "a link in place of the card": _with_member("honest2/card.md", b"/etc/passwd", stat.S_IFLNK | 0o777),
    "a bomb": _only("weights.safetensors", bytes(200_000_000)),
    "a bomb of text": _only("card.md", bytes(20_000_000)),
    "weights that are longer than they say": _patched(_lie_about_size),
    "a thousand members": _many,
    "members without number": _patched(_count_all),
    "a password": _patched(_lock),
    "packed otherwise": _only("weights.safetensors", b"x" * 100, zipfile.ZIP_LZMA),
    "two models": _two,
    "a zip in a zip": _inner,
    "no model": lambda folder, archive: _without(folder, archive, "model.json"),
    "no weights": lambda folder, archive: _without(folder, archive, "weights.safetensors"),
    "half a file": _half,
    "no zip": lambda folder, archive: _put(archive, b"\x1f\x8b" + os.urandom(5000)),
    "empty": lambda folder, archive: _put(archive, b""),
    "a pickle": lambda folder, archive: _put(archive, pickled_trap(folder)),
    "a folder of that name": lambda folder, archive: archive.mkdir(),
    "a pipe": lambda folder, archive: os.mkfifo(archive),
}
