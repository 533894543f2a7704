"""What a person may choose about the moving picture, and how that is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Self

from mgc_desktop.core.mel_picture import HIGHEST_HZ, N_MELS
from mgc_desktop.ui.live.colours import COLOUR_MAPS

BANDS = (64, 96, 128, 192, 256)
TRANSFORMS = (512, 1024, 2048, 4096, 8192)  # samples
COLUMNS_PER_SECOND = (30, 60, 120, 240)
HIGHEST_FREQUENCIES = (4_000.0, 6_000.0, 8_000.0, 12_000.0, 16_000.0, 20_000.0, 24_000.0)  # Hz
SPANS = (5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0)  # s
SHORTEST_SPAN, LONGEST_SPAN = SPANS[0], SPANS[-1]
LEAST_RANGE_DB = 10.0  # of a fixed range: less would show the steps in which levels are kept
QUIETEST_DB, LOUDEST_DB = -120.0, 6.0  # that a fixed range may reach


@dataclass(frozen=True, slots=True)
class PictureSettings:
    """How the picture is computed and painted.

    Attributes
    ----------
    bands : int
        Mel bands, 64..256.
    n_fft : int or None
        Length of the transform, samples, 512..8192; None: the power of two nearest to 46 ms at the input's rate.
    columns_per_second : int or None
        The hop is the rate divided by this; None: as many as the picture has pixels for, within reason.
    highest_hz : float
        Upper edge of the picture, Hz; half the sample rate where that is less.
    colour_map : str
        One of `colours.COLOUR_MAPS`.
    levels : (float, float) or None
        dB of the darkest and of the brightest colour; None: fitted to the music.
    span_seconds : float or None
        What the whole width stands for, 5..300 s; None: a pixel for each frame of the display.
    """

    bands: int = N_MELS
    n_fft: int | None = None
    columns_per_second: int | None = None
    highest_hz: float = HIGHEST_HZ
    colour_map: str = COLOUR_MAPS[0]
    levels: tuple[float, float] | None = None
    span_seconds: float | None = None

    def __post_init__(self) -> None:
        fine = (
            BANDS[0] <= self.bands <= BANDS[-1]
            and (self.n_fft is None or self.n_fft in TRANSFORMS)
            and (self.columns_per_second is None or 10 <= self.columns_per_second <= COLUMNS_PER_SECOND[-1])
            and HIGHEST_FREQUENCIES[0] <= self.highest_hz <= 96_000
            and self.colour_map in COLOUR_MAPS
            and (self.levels is None or QUIETEST_DB <= self.levels[0] <= self.levels[1] - LEAST_RANGE_DB)
            and (self.levels is None or self.levels[1] <= LOUDEST_DB)
            and (self.span_seconds is None or SHORTEST_SPAN <= self.span_seconds <= LONGEST_SPAN)
        )
        if not fine:
            raise ValueError(f"no such picture: {self}")

    def kept(self) -> dict[str, object]:
        """Return what `read` understands, made of what JSON knows."""
        return asdict(self)

    @classmethod
    def read(cls, kept: object) -> Self:
        """Return what was kept; the usual settings where it was not these, or from another version."""
        if not isinstance(kept, Mapping):
            return cls()
        known = {name: kept[name] for name in cls.__dataclass_fields__ if name in kept}
        try:
            if isinstance(known.get("levels"), list):
                low, high = known["levels"]
                known["levels"] = (float(low), float(high))
            return cls(**known)
        except (TypeError, ValueError):
            return cls()
