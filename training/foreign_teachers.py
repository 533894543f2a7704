"""Networks that others have trained on far more music, as scripted files: only known ones are opened."""

from __future__ import annotations

import hashlib
import io
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import logit
from torch import Tensor

from mgc_desktop.core.errors import ModelError
from mgc_desktop.core.values import Samples
from mgc_desktop.model.devices import choose_device

MOST_BYTES = 500_000_000
_ARCHIVE = b"PK\x03\x04"  # TorchScript is a zip archive
SAMPLE_RATE = 12_000  # Hz; that of Choi et al., which all of them share


@dataclass(frozen=True, slots=True)
class KnownTeacher:
    """What a file is, whoever brings it: told by its content."""

    what: str
    source: str
    licence: str
    blocks: str = ""  # what its convolutions are, for `training.hints`; "" where another one's are the same


_CHOI = "Keunwoo Choi, music-auto_tagging-keras"
_SONGS = "trained on 50 tags of 240,000 songs of the Million Song Dataset"

KNOWN_TEACHERS: dict[str, KnownTeacher] = {
    "f98bd02081c01862700b53d0c18c1d004ab5145edfb99ecf9930367319e76250": KnownTeacher(
        f"CRNN of Choi et al. 2016 (arXiv 1609.04243), {_SONGS}", _CHOI, "MIT", "fine"
    ),
    "ce675886631186e8b2c267a353d3727999f179aa6e79e1752fefb120f2c1eef8": KnownTeacher(
        f"compact CNN of Choi et al. 2017 (arXiv 1703.09179), level of each clip, {_SONGS}", _CHOI, "MIT", "broad"
    ),
    "940e030181cabfc95b0516ec632d8790b7858bd5ee86ca27900a5a076761a7a1": KnownTeacher(
        f"compact CNN of Choi et al. 2017 (arXiv 1703.09179), one level for all, {_SONGS}", _CHOI, "MIT"
    ),
}
KNOWN = frozenset(KNOWN_TEACHERS)


class ForeignTeacher:
    """A network of others: sound to tags and features. Not thread-safe. Use `ForeignTeacher.load`.

    Attributes
    ----------
    name : str
        The file's name without its ending.
    sha256 : str
        Of the file: what it says of a sound can be kept under this name.
    sample_rate : int
        Hz of what it hears.
    about : KnownTeacher or None
        None for a file that the person trusts and this program does not know.
    tensors : dict of str to Tensor
        Its weights and constants by name.
    """

    sample_rate = SAMPLE_RATE

    def __init__(
        self, name: str, sha256: str, module: Any, device: torch.device, tensors: dict[str, Tensor] | None = None
    ) -> None:
        self.name = name
        self.sha256 = sha256
        self.about = KNOWN_TEACHERS.get(sha256)
        self.tensors = tensors or {}
        self._module = module
        self._device = device

    @classmethod
    def load(cls, path: Path, trusted: frozenset[str] = KNOWN, *, device: str = "cpu") -> ForeignTeacher:
        """Read a file and load it, if its content is trusted.

        Parameters
        ----------
        trusted : frozenset of str
            SHA-256 of the files that may be loaded: TorchScript can run code.

        Raises
        ------
        ModelError
            Where it cannot be read, is not trusted, or is no such network; nothing of it has run unless it is trusted.
        DeviceError
            Where the device is not there.
        """
        raw = _read(path)
        if not raw.startswith(_ARCHIVE):
            raise ModelError(f"The teacher {path} is no scripted network (TorchScript): name another file.")
        sha256 = hashlib.sha256(raw).hexdigest()
        if sha256 not in trusted:
            raise ModelError(
                f"The teacher {path} is not one that this program knows, and such a file can carry a program: if you "
                f"know where it comes from, add --trust-teacher {sha256}.",
            )
        where = choose_device(device)
        module, tensors = _load(path, raw, where)
        return cls(path.stem, sha256, module, where, tensors)

    def outputs(self, waves: Samples) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return what it says of sounds, each by itself, whatever else is in the batch.

        Parameters
        ----------
        waves : ndarray, shape (B, N), float32
            Mono, -1..1, at `sample_rate`. Less than its window (29 s) is repeated, more is heard in windows.

        Returns
        -------
        tags : ndarray, shape (B, T), float32
            Probabilities, each by itself.
        features : ndarray, shape (B, F), float32
            Input of its last layer.

        Raises
        ------
        ModelError
            Where it fails, or gives something else than this.
        """
        with torch.inference_mode():
            wave = torch.from_numpy(np.ascontiguousarray(waves, np.float32)).to(self._device)
            try:
                said = self._module(wave)
            except RuntimeError as error:
                raise ModelError(
                    f"The teacher {self.name} failed on a sound: leave it out.", str(error)[-500:]
                ) from error
            if not _is_pair(said, len(waves)):
                raise ModelError(
                    f"The teacher {self.name} does not give tags and features for each sound: choose another file."
                )
            tags, features = (part.float().cpu().numpy() for part in said)
        if not (np.isfinite(tags).all() and np.isfinite(features).all()):
            raise ModelError(f"The teacher {self.name} gave numbers that are none: leave it out.")
        if tags.size and (tags.min() < 0 or tags.max() > 1):
            raise ModelError(f"The tags of the teacher {self.name} are no probabilities: choose another file.")
        return tags, features

    def numbers(self, waves: Samples, sure: float) -> NDArray[np.float32]:
        """Return the logits of its tags and its features, joined: shape (B, T + F), for waves of shape (B, N).

        Parameters
        ----------
        sure : float
            No tag is taken as less likely than this, nor surer than its contrary, so that its logit is a number.
        """
        tags, features = self.outputs(waves)
        logits = logit(np.clip(tags.astype(np.float64), sure, 1 - sure)).astype(np.float32)
        return np.concatenate([logits, features], axis=1)


def load_teachers(
    paths: tuple[Path, ...], trusted: frozenset[str] = KNOWN, *, device: str = "cpu"
) -> list[ForeignTeacher]:
    """Return the teachers in the order of their content, so that the order they are named in changes nothing."""
    teachers = {
        teacher.sha256: teacher for teacher in (ForeignTeacher.load(path, trusted, device=device) for path in paths)
    }
    return [teachers[sha256] for sha256 in sorted(teachers)]


def _read(path: Path) -> bytes:
    """Return a file's bytes, read once: what was looked at is what is loaded."""
    try:
        with path.open("rb") as stream:
            raw = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise ModelError(f"The teacher {path} could not be read ({error.strerror}): name another file.") from error
    if len(raw) > MOST_BYTES:
        raise ModelError(f"The teacher {path} is far too large to be one: name another file.")
    return raw


def _load(path: Path, raw: bytes, device: torch.device) -> tuple[Any, dict[str, Tensor]]:
    with warnings.catch_warnings():
        # PyTorch says at each call that it prefers torch.export; these files are TorchScript.
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            module = torch.jit.load(io.BytesIO(raw), map_location=device).eval()
            tensors = {name: value.detach().clone() for name, value in module.named_buffers()}
            if device.type == "cpu":
                # As our own models (`mgc_desktop.model.runtime`): frozen and channels-last takes 0.4 of the time.
                module = torch.jit.freeze(module.to(memory_format=torch.channels_last))
            return module, tensors
        except (RuntimeError, ValueError, AttributeError) as error:
            raise ModelError(
                f"The teacher {path} could not be loaded: it is no scripted network.", str(error)
            ) from error


def _is_pair(said: Any, n: int) -> bool:
    return (
        isinstance(said, tuple)
        and len(said) == 2
        and all(isinstance(part, Tensor) and part.ndim == 2 and len(part) == n for part in said)
    )
