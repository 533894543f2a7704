"""Small scripted networks that stand for foreign teachers: they tell rough from smooth sound, and are never trained."""

from __future__ import annotations

import hashlib
from pathlib import Path

TAGS, FEATURES = 4, 6


def make_teacher(path: Path, seed: int = 0, kind: str = "pair") -> str:
    """Write a scripted network and return its SHA-256.

    Parameters
    ----------
    kind : str
        "pair" gives tags and features as a teacher does; "logits" tags that are no probabilities; "nan" numbers that
        are none; "one" the tags alone.
    """
    import torch  # a second of import, for those tests alone that need a teacher
    from torch import Tensor, nn

    class Pair(nn.Module):
        def __init__(self, scale: float, wrong: float) -> None:
            super().__init__()
            generator = torch.Generator().manual_seed(seed)
            self.weight = nn.Parameter(torch.randn(3, TAGS + FEATURES, generator=generator))
            self.scale = scale
            self.wrong = wrong

        def forward(self, wave: Tensor) -> tuple[Tensor, Tensor]:
            step = wave[:, 1:] - wave[:, :-1]
            level = wave.pow(2).mean(dim=1).clamp(min=1e-9)
            rough = step.pow(2).mean(dim=1).clamp(min=1e-9)
            heard = torch.stack([level.log(), rough.log(), (rough / level).log()], dim=1) / 5.0
            said = heard.matmul(self.weight) * self.wrong
            return torch.sigmoid(said[:, :4]) * self.scale, said[:, 4:]

    class One(nn.Module):
        def forward(self, wave: Tensor) -> Tensor:
            return wave[:, :4].sigmoid()

    pair = Pair(3.0 if kind == "logits" else 1.0, float("nan") if kind == "nan" else 1.0)
    scripted = torch.jit.script(One() if kind == "one" else pair)
    torch.jit.save(scripted, str(path))
    return hashlib.sha256(path.read_bytes()).hexdigest()
