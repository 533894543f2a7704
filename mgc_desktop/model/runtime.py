"""Load a checked model and run it. The only place of the application that loads TorchScript."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from mgc_desktop.core.errors import ModelError
from mgc_desktop.core.memory import give_back
from mgc_desktop.core.model_info import ModelInfo
from mgc_desktop.core.values import Samples
from mgc_desktop.model.contract import MODEL_FILE, SelfTest, read_checked, self_test_clip
from mgc_desktop.model.devices import choose_device, device_name
from mgc_desktop.model.trust import TrustStore

_TIDY_CHANGES = 30  # by then the allocator keeps some 70 MB that nobody uses
_METHODS = ["features", "embed", "head"]


class Runtime:
    """A loaded model. Not thread-safe: one thread owns it (`mgc_desktop.engine.classifier`).

    Use `Runtime.load`.
    """

    def __init__(self, info: ModelInfo, module: Any, device: torch.device) -> None:
        self.info = info
        self.device = device
        self.device_name = device_name(device)
        self._module = module
        self._shape: tuple[int, ...] = ()  # of what it was given last
        self._changes = 0  # of that, since memory was given back

    @classmethod
    def load(cls, folder: Path, device: str = "auto", *, trust: TrustStore, threads: int = 0) -> Runtime:
        """Check a folder, load its model, warm it and try it on its self-test.

        Parameters
        ----------
        threads : int
            How many threads the model gets on the processor, from now on in the whole process; 0 leaves it as it is.

        Raises
        ------
        ModelError
            Where a check fails; nothing of the model has run unless its digest is trusted.
        DeviceError
            Where the device is not there.
        """
        info, self_test = read_checked(Path(folder))
        if not trust.knows(info.sha256):
            raise ModelError(
                f"The model in {folder} was not made on this computer, and a model file can carry a program: "
                "train it here with Model > Retrain, or use the one that came with the program.",
                f"sha256 {info.sha256} is not known to this profile",
            )
        if threads:
            torch.set_num_threads(threads)
        runtime = cls(info, None, choose_device(device))
        runtime._module = _load_module(info, runtime.device)
        runtime._check(self_test)
        return runtime

    def logits(self, waveforms: Samples) -> NDArray[np.float32]:
        """Return the logits of a batch of windows.

        Parameters
        ----------
        waveforms : ndarray, shape (B, N), float32
            Mono audio in -1..1 at `info.sample_rate`; N from `info.min_seconds` to `info.window_seconds`.

        Returns
        -------
        ndarray, shape (B, L), float32
        """
        return self._run(self._module, waveforms)

    def features(self, waveform: Samples) -> NDArray[np.float32]:
        """Return what the model sees of one window of shape (N,), as dB of shape (M, T)."""
        features: NDArray[np.float32] = self._run(self._module.features, waveform[None])[0]
        return features

    def embed(self, waveforms: Samples) -> NDArray[np.float32]:
        """Return the input of the last layer, shape (B, E), for windows of shape (B, N)."""
        return self._run(self._module.embed, waveforms)

    def _run(self, function: Any, waveforms: Samples) -> NDArray[np.float32]:
        self._tidy_up(waveforms.shape)
        with torch.inference_mode():
            tensor = torch.from_numpy(np.ascontiguousarray(waveforms, np.float32)).to(self.device)
            try:
                out: NDArray[np.float32] = function(tensor).float().cpu().numpy()
            except RuntimeError as error:
                raise ModelError(
                    f"The model {self.info.name} failed on this sound: choose another model in Model > Models.",
                    str(error),
                ) from error
        return out

    def _tidy_up(self, shape: tuple[int, ...]) -> None:
        self._changes += shape != self._shape
        self._shape = shape
        if self._changes >= _TIDY_CHANGES:
            self._changes = 0
            give_back()

    def _check(self, self_test: SelfTest) -> None:
        clip = self_test_clip(self.info.sample_rate, self_test.seconds, self_test.seed)
        expected = np.asarray(self_test.logits, np.float32)
        got = self.logits(clip[None])
        if got.shape != (1, len(expected)) or not np.allclose(got[0], expected, atol=self_test.tolerance, rtol=0):
            raise ModelError(
                f"The model in {self.info.folder} failed its self-test on {self.device_name}: "
                "it would give wrong verdicts, so train it again or choose another device.",
                f"got {np.round(got, 4).tolist()}, expected {np.round(expected, 4).tolist()}",
            )


def _load_module(info: ModelInfo, device: torch.device) -> Any:
    with warnings.catch_warnings():
        # TorchScript is what the contract asks for; PyTorch says at each call that it prefers torch.export.
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            module = torch.jit.load(str(info.folder / MODEL_FILE), map_location=device).eval()
            if device.type == "cuda":
                # TF32 keeps 10 bits of a convolution's inputs: too few for the same logits on every device (1e-3).
                torch.backends.cudnn.allow_tf32 = False
            if device.type == "cpu":
                # Frozen and channels-last is twice as fast on the CPU (measured, docs/decisions).
                module = module.to(memory_format=torch.channels_last)
            return torch.jit.freeze(module, preserved_attrs=_METHODS)
        except (RuntimeError, ValueError, AttributeError) as error:
            raise ModelError(
                f"The model in {info.folder} could not be loaded: train it again with this version of the program.",
                str(error),
            ) from error
