"""Every knob of a training run, each with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from mgc_desktop.core.errors import UsageError


@dataclass(frozen=True)
class Recipe:
    epochs: int = 70
    batch_size: int = 32
    lr: float = 1e-3  # Adam's usual rate
    weight_decay: float = 0.0  # decoupled from the rate (Loshchilov and Hutter 2019)
    steps: int = 0  # an epoch; 0: as many as it takes to draw every recording once
    seed: int = 1
    crop_seconds: tuple[float, ...] = (2.0, 5.0, 10.0, 15.0)  # one a batch: short windows are heard too, and are cheap
    crop_weights: tuple[float, ...] = (0.15, 0.25, 0.4, 0.2)
    warmup_epochs: float = 1.0  # batch norm settles before the rate is full
    final_lr: float = 0.02  # share of lr that the cosine ends on
    settle_batches: int = 8  # after an epoch, for the averaged weights' own batch statistics
    ema: float = 0.99  # averaged weights are what is validated and exported: 90 validation tracks are a noisy judge
    label_smoothing: float = 0.1  # a tenth of the labels are doubtful
    mixup: float = 0.3  # Beta(a, a) in the power domain, after levelling
    mixup_share: float = 0.5  # of batches
    balance: float = 0.5  # 0: tracks as they are, 1: every label equally often
    gain_db: float = 3.0  # after levelling; matters for the floor only
    tilt_db: float = 9.0  # EQ tilt from the lowest to the highest band, so that the mastering is not the genre
    lowpass_share: float = 0.25  # of items that lose their highest bands: bandwidth must not tell the source
    time_masks: int = 2
    time_mask_share: float = 0.1  # of the crop at most
    band_masks: int = 2
    band_mask: int = 12  # bands at most
    teacher_share: float = 0.7  # of the target where a teacher has heard a labelled track: it knows what is close
    scenes: int = 0  # of each track for foreign teachers: as it is, then at other speeds and beside other tracks
    echo: float = 1.0  # weight of what the teachers say beside the loss of the labels
    label_reach: float = 1.0  # with teachers: how much of what the labels teach goes on below the last layer
    last_c: float = 0.0  # C of the regression that the last layer becomes in the end; 0: it stays as it is
    hint_steps: int = 0  # with teachers whose blocks are known: steps before the first epoch
    hint_lr: float = 4e-3  # of these steps
    hint_worn: float = 0.4  # share of their pieces that the network hears worn
    batch_seconds: float = 0.0  # of sound in a batch at most, so that long crops cost no more; 0: batch_size of any
    variants: int = 0  # changed copies of each track to learn from: pitch, speed, noise, room, bandwidth
    variant_share: float = 0.5  # of crops that are cut from a variant (pitch, speed, noise, room), where there are any
    patience: int = 20  # epochs without a better validation loss
    valid_share: float = 0.1  # of groups, where the data brings no split
    test_share: float = 0.1
    max_track_seconds: float = 120.0  # from the middle of longer tracks
    precision: str = "auto"  # bfloat16 where the processor or GPU computes it, else float32
    workers: int = 0  # decoder processes; 0: one a core

    @property
    def fits_last_layer(self) -> bool:
        """Whether the last layer is fitted in the end: only where nothing below it has learnt by labels."""
        return bool(self.last_c) and not self.label_reach

    def crop_for(self, seconds: float) -> Recipe:
        """Return the recipe of a system that looks at so much at a time."""
        return replace(self, crop_seconds=(seconds,), crop_weights=(1.0,))

    def tuned(self) -> Recipe:
        """Return the recipe for going on from a trained model: what it knows is changed more slowly."""
        return replace(
            self,
            lr=self.lr * 0.3,
            epochs=min(self.epochs, 20),
            hint_lr=self.hint_lr * 0.3,
            hint_steps=self.hint_steps // 4,
        )

    def told(self, texts: Sequence[str]) -> Recipe:
        """Return the recipe with knobs set by text, each ``NAME=VALUE``; several numbers with commas.

        Raises
        ------
        UsageError
            Where there is no such knob, or it takes no such value.
        """
        changes: dict[str, Any] = {}
        for text in texts:
            name, _, value = text.partition("=")
            old: Any = getattr(self, name, None)
            if name not in self.as_dict():
                raise UsageError(f"There is no knob {name!r}: choose one of {', '.join(self.as_dict())}.")
            try:
                changes[name] = tuple(map(float, value.split(","))) if isinstance(old, tuple) else type(old)(value)
            except ValueError:
                raise UsageError(f"--knob {text} takes no such value: {name} is {old} now.") from None
        return replace(self, **changes)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)
