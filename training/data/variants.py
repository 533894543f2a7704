"""Changes that music survives, made to the sound itself: which ones there are, and which a track gets."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from training.data.items import Item

_VERSION = 2  # of what a change does to the sound: one more where that changes, so that no old features are used


@dataclass(frozen=True, slots=True)
class Change:
    """What is done to a track's sound, in this order; by default nothing.

    Attributes
    ----------
    pitch : float
        Semitones up; the tempo stays.
    speed : float
        Tempo as a multiple; the pitch stays.
    mix : Path or None
        Another track that plays at the same time.
    mix_db : float
        dB of the track over the other one, both as RMS.
    mix_start : float
        Where in the other one to begin, as a share of it.
    room : Path or None
        Room response to play it in.
    noise : Path or None
        Sound in the background, repeated where it is shorter than the track.
    snr_db : float
        dB of the music over the background, both as RMS.
    noise_start : float
        Where in the background to begin, as a share of it.
    low_pass, high_pass : float or None
        Hz above and below which nothing is left.
    equal : tuple of float
        dB of an equaliser, at points that lie evenly in octaves from `EQUAL_HZ` to half the sample rate.
    """

    pitch: float = 0.0
    speed: float = 1.0
    mix: Path | None = None
    mix_db: float = 0.0
    mix_start: float = 0.0
    room: Path | None = None
    noise: Path | None = None
    snr_db: float = 20.0
    noise_start: float = 0.0
    low_pass: float | None = None
    high_pass: float | None = None
    equal: tuple[float, ...] = ()

    def sounds(self) -> tuple[Path, ...]:
        """Return the files that it needs beside the track."""
        return tuple(path for path in (self.noise, self.room, self.mix) if path is not None)

    def key(self, digest: Callable[[Path], str]) -> str:
        """Return a short name that is the same for the same change with the same sounds; "" for none.

        Parameters
        ----------
        digest : callable
            Digest of a file's content.
        """
        if self == NONE:
            return ""
        told = asdict(self)
        for name in ("mix", "noise", "room"):
            told[name] = told[name] and digest(told[name])
        return hashlib.sha256(json.dumps([_VERSION, told], sort_keys=True).encode()).hexdigest()[:16]


NONE = Change()
EQUAL_HZ = 40.0


@dataclass(frozen=True, slots=True)
class Variety:
    """How many variants of each track there are, and how far they go.

    Attributes
    ----------
    pitch : float
        Semitones up or down at most.
    speed : float
        Share faster or slower at most.
    room_share, noise_share, low_pass_share : float
        Of the variants.
    snr_db, low_pass : tuple of float
        From and to, dB and Hz.
    """

    count: int = 1
    pitch: float = 2.0
    speed: float = 0.12
    room_share: float = 0.4
    noise_share: float = 0.4
    snr_db: tuple[float, float] = (5.0, 25.0)
    low_pass_share: float = 0.25
    low_pass: tuple[float, float] = (2000.0, 5500.0)


def changes_for(
    items: Iterable[Item], variety: Variety, seed: int, noises: Sequence[Path] = (), rooms: Sequence[Path] = ()
) -> list[tuple[Path, Change]]:
    """Return the variants of tracks to be made, `variety.count` for each.

    The same seed, name and sounds give the same change, whatever other tracks there are and wherever they lie.
    """
    paths = dict.fromkeys(item.path for item in items)
    return [(path, _change(path, variety, seed, k, noises, rooms)) for path in paths for k in range(variety.count)]


def _change(path: Path, variety: Variety, seed: int, k: int, noises: Sequence[Path], rooms: Sequence[Path]) -> Change:
    name = hashlib.sha256(path.name.encode("utf-8", "surrogateescape")).digest()
    rng = np.random.default_rng((seed, k, int.from_bytes(name[:8], "big")))
    # All is drawn whatever is used, so that a list of noises does not change the pitches.
    pitch, speed = rng.uniform(-variety.pitch, variety.pitch), 1 + rng.uniform(-variety.speed, variety.speed)
    in_room, in_noise, cut = rng.random(3) < (variety.room_share, variety.noise_share, variety.low_pass_share)
    which_room, which_noise, start = rng.random(3)
    snr_db, low_pass = rng.uniform(*variety.snr_db), rng.uniform(*variety.low_pass)
    change = Change(pitch=round(float(pitch), 2), speed=round(float(speed), 3))
    if in_room and rooms:
        change = replace(change, room=rooms[int(which_room * len(rooms))])
    if in_noise and noises:
        noise = noises[int(which_noise * len(noises))]
        change = replace(change, noise=noise, snr_db=round(float(snr_db), 1), noise_start=round(float(start), 3))
    return replace(change, low_pass=round(float(low_pass))) if cut else change
