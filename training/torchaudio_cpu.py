"""Import torchaudio beside a CPU build of torch.

torchaudio 2.11 publishes one Linux build, whose compiled library wants libc10_cuda and fails to load beside the CPU
build of torch. Everything used here (mel spectrogram, masks, resampling) is pure Python on torch, so on that failure
the loader of the library, `torchaudio._extension`, is replaced by a stand-in that says: no extension.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any


def _without_extension() -> ModuleType:
    stub: Any = ModuleType("torchaudio._extension")
    stub._IS_TORCHAUDIO_EXT_AVAILABLE = False
    stub._IS_ALIGN_AVAILABLE = False
    stub.fail_if_no_align = lambda function: function
    stub._check_cuda_version = lambda: None
    return stub  # type: ignore[no-any-return]


def import_torchaudio() -> Any:
    """Return the `torchaudio` package with `transforms` loaded, with or without its compiled library."""
    try:
        import torchaudio.transforms
    except OSError:
        for name in [name for name in sys.modules if name == "torchaudio" or name.startswith("torchaudio.")]:
            del sys.modules[name]
        sys.modules["torchaudio._extension"] = _without_extension()
        import torchaudio.transforms
    return torchaudio
