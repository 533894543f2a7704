"""Read and check a model folder (contract format 1) without running anything of it.

The checks go from cheap to dear: sizes, format, digest, schema. Loading the scripted model and its self-test come
after, in `mgc_desktop.model.runtime`. Each failure is one sentence.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mgc_desktop.core.errors import ModelError
from mgc_desktop.core.model_info import NOT_MUSIC_LABEL, ModelInfo, Thresholds
from mgc_desktop.core.values import Samples
from mgc_desktop.model import strict_json
from mgc_desktop.model.members import ASK_AGAIN
from mgc_desktop.model.schema import FORMAT, MAX_JSON_BYTES, MAX_MODEL_BYTES, SCHEMA

MODEL_FILE = "model.pt"
WEIGHTS_FILE = "weights.safetensors"
INFO_FILE = "model.json"
CARD_FILE = "card.md"
PICTURE_FILE = "confusion.png"
MEMORY_FILE = "memory.safetensors"  # embeddings of tracks that were learned from; may be missing

# Control characters, line ends of every kind, and what turns the direction of writing round.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class SelfTest:
    """The clip that a model is tried on when it is loaded, and what it must answer."""

    seconds: float
    seed: int
    logits: tuple[float, ...]
    tolerance: float


def self_test_clip(sample_rate: int, seconds: float, seed: int) -> Samples:
    """Compute the clip of the self-test: a rising chirp over pulsed noise.

    Returns
    -------
    ndarray, shape (round(seconds * sample_rate),), float32
        The same on every machine within the tolerance of the test: PCG64 and closed forms only.
    """
    n = round(seconds * sample_rate)
    t = np.arange(n, dtype=np.float64) / sample_rate
    chirp = 0.3 * np.sin(2 * np.pi * (100.0 * t + (0.2 * sample_rate) / (2 * max(seconds, 1e-3)) * t**2))
    noise = np.random.Generator(np.random.PCG64(seed)).uniform(-0.2, 0.2, n)
    return (chirp + noise * (np.sin(2 * np.pi * 2.0 * t) > 0)).astype(np.float32)


def file_sha256(path: Path) -> str:
    """Return the hex SHA-256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def read_info(folder: Path) -> ModelInfo:
    """Check a model folder and return its metadata.

    Raises
    ------
    ModelError
        Where the folder is missing, truncated, altered, of another format, or says something impossible.
    """
    return read_checked(folder)[0]


def read_checked(folder: Path) -> tuple[ModelInfo, SelfTest]:
    """Return metadata and self-test after one pass of all checks; raises as `read_info` does."""
    folder = Path(folder)
    data = _read_json(folder)
    _check_format(folder, data)
    _check_digest(folder, data)
    _check_schema(folder, data)
    return _as_info(folder, data), _as_self_test(data)


def read_description(folder: Path) -> ModelInfo:
    """Return what model.json says, without a look at model.pt: cheap, for lists. Raises as `read_info` does."""
    folder = Path(folder)
    data = _read_json(folder)
    _check_format(folder, data)
    _check_schema(folder, data)
    return _as_info(folder, data)


def check_foreign(folder: Path, raw: bytes) -> tuple[ModelInfo, SelfTest]:
    """Return metadata and self-test that the model.json of a folder from elsewhere claims.

    Parameters
    ----------
    raw : bytes
        The file's content; nothing else of the folder is looked at.

    Raises
    ------
    ModelError
        Where it is no JSON of our schema, or says something impossible.
    """
    try:
        data = strict_json.loads(raw)
    except ValueError as error:
        raise ModelError(f"model.json in {folder} is damaged: {ASK_AGAIN}.", str(error)) from error
    if not isinstance(data, dict):
        raise ModelError(f"model.json in {folder} is damaged: {ASK_AGAIN}.", "not an object")
    _check_format(folder, data)
    _check_schema(folder, data, ASK_AGAIN)
    texts = [data["name"], data["system"], *data["labels"]]
    if any(_UNPRINTABLE.search(text) or not text.strip() for text in texts):
        raise ModelError(f"The model in {folder} has names that cannot be shown: {ASK_AGAIN}.", repr(texts)[:500])
    return _as_info(folder, data), _as_self_test(data)


def _read_json(folder: Path) -> dict[str, Any]:
    info_file, model_file = folder / INFO_FILE, folder / MODEL_FILE
    again = "choose a folder that training made, with model.pt and model.json in it."
    try:
        if not 0 < info_file.stat().st_size <= MAX_JSON_BYTES or not 0 < model_file.stat().st_size <= MAX_MODEL_BYTES:
            raise ModelError(f"The model in {folder} is empty or far too large, so it was not opened: {again}")
        data = strict_json.loads(info_file.read_bytes())
    except FileNotFoundError as error:
        raise ModelError(f"{folder} is not a model folder, {Path(error.filename).name} is missing: {again}") from error
    except OSError as error:
        raise ModelError(f"The model in {folder} could not be read ({error.strerror}): {again}") from error
    except ValueError as error:
        raise ModelError(f"The model in {folder} has a damaged model.json: {again}", str(error)) from error
    if not isinstance(data, dict):
        raise ModelError(f"The model in {folder} has a damaged model.json: {again}", "not an object")
    return data


def _check_format(folder: Path, data: dict[str, Any]) -> None:
    if data.get("format") != FORMAT:
        raise ModelError(
            f"The model in {folder} is of format {str(data.get('format'))[:20]!r} and this program reads format "
            f"{FORMAT}: train it again with this version, or use a newer program.",
        )


def _check_digest(folder: Path, data: dict[str, Any]) -> None:
    try:
        digest = file_sha256(folder / MODEL_FILE)
    except OSError as error:
        raise ModelError(f"The model in {folder} could not be read ({error.strerror}): check the disk.") from error
    if digest != data.get("sha256"):
        raise ModelError(
            f"The model in {folder} was truncated or altered, its model.pt is not the one that model.json names: "
            "copy the folder again from where it came, or train it again.",
            f"sha256 {digest}, expected {data.get('sha256')}",
        )


def _check_schema(folder: Path, data: dict[str, Any], remedy: str = "train it again") -> None:
    import jsonschema  # 0.1 s, and only those who load a model need it

    try:
        jsonschema.validate(data, SCHEMA)
    except jsonschema.ValidationError as error:
        where = "/".join(str(part) for part in error.absolute_path) or "model.json"
        raise ModelError(
            f"The model in {folder} says something in model.json that cannot be ({where}): {remedy}.",
            error.message[:500],
        ) from error
    if len(data["self_test"]["logits"]) != len(data["labels"]) or data["min_seconds"] > data["window_seconds"]:
        raise ModelError(
            f"The model in {folder} contradicts itself in model.json: {remedy}.", "self_test or min_seconds"
        )
    if not [label for label in data["labels"] if label != NOT_MUSIC_LABEL]:
        raise ModelError(f"The model in {folder} names no genre in model.json: {remedy}.")


def _as_info(folder: Path, data: dict[str, Any]) -> ModelInfo:
    thresholds = data["thresholds"]
    return ModelInfo(
        folder=folder,
        name=data["name"],
        labels=tuple(data["labels"]),
        activation=data["activation"],
        sample_rate=int(data["sample_rate"]),  # the schema takes 12000.0 for a whole number
        window_seconds=float(data["window_seconds"]),
        min_seconds=float(data["min_seconds"]),
        temperature=float(data["temperature"]),
        thresholds=Thresholds(
            float(thresholds["unsure"]), float(thresholds["not_music"]), float(thresholds["silence_dbfs"])
        ),
        system=data["system"],
        sha256=data["sha256"],
        metrics=data["metrics"],
        data=data["data"],
        made_with=data["made_with"],
    )


def _as_self_test(data: dict[str, Any]) -> SelfTest:
    test = data["self_test"]
    return SelfTest(float(test["seconds"]), int(test["seed"]), tuple(test["logits"]), float(test["tolerance"]))
