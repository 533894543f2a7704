"""What foreign teachers say of a whole track, as a front end: so that the feature cache keeps it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from training.foreign_teachers import SAMPLE_RATE, ForeignTeacher
from training.frontends.config import FrontendConfig

_SURE = 1e-4  # no tag is surer than this: the logit of a surer one would outweigh all others


@dataclass(frozen=True, slots=True)
class TeacherConfig(FrontendConfig):
    """Of the cache's entries: by the files' digests, in order."""

    sample_rate: int = SAMPLE_RATE  # Hz
    n_fft: int = 512  # samples; that of their own spectrograms
    hop: int = 256  # samples
    window_seconds: float = 29.12
    min_seconds: float = 1.0
    files: tuple[str, ...] = ()


class TeacherOutputs(nn.Module):
    """Waveforms (B, N) to logits of tags and features of all teachers, (B, D, 1)."""

    def __init__(self, teachers: Sequence[ForeignTeacher]) -> None:
        super().__init__()
        self._teachers = teachers

    def forward(self, waveform: Tensor) -> Tensor:
        parts = [teacher.numbers(waveform.numpy(), _SURE) for teacher in self._teachers]
        return torch.from_numpy(np.concatenate(parts, axis=1))[:, :, None]
