"""Which compute devices there are, and which one to use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mgc_desktop.core.errors import DeviceError

if TYPE_CHECKING:
    import torch

CHOICES = ("auto", "cpu", "cuda", "mps")


def compute_devices() -> list[str]:
    """Return the names of the compute devices, e.g. ``["cpu", "cuda:0 NVIDIA H200"]``. Imports torch."""
    import torch  # costs a second: only those who ask pay

    names = ["cpu"]
    if torch.cuda.is_available():
        names += [f"cuda:{i} {torch.cuda.get_device_name(i)}" for i in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        names.append("mps")
    return names


def choose_device(choice: str = "auto") -> torch.device:
    """Return the device to use for a choice of `CHOICES`.

    Raises
    ------
    DeviceError
        Where a device is asked for that is not there.
    """
    import torch

    has = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if choice == "auto":
        return torch.device(next(name for name in ("cuda", "mps", "cpu") if has[name]))
    if not has.get(choice, False):
        raise DeviceError(
            f"The compute device {choice!r} is not on this computer: use --device auto, which takes the best there is."
        )
    return torch.device(choice)


def device_name(device: torch.device) -> str:
    """Return a device's name as people know it, e.g. ``"cuda:0 NVIDIA H200"``."""
    import torch

    if device.type != "cuda":
        return device.type
    index = device.index or 0
    return f"cuda:{index} {torch.cuda.get_device_name(index)}"
