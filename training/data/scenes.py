"""What teachers hear of a track, and what the network hears of it: the same moment, worse."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.random import Generator

from mgc_desktop.core.model_info import NOT_MUSIC_LABEL
from training.data.items import Item
from training.data.variants import NONE, Change


@dataclass(frozen=True, slots=True)
class Scene:
    """A track, perhaps played faster or beside another one.

    Attributes
    ----------
    content : Change
        What the teachers hear.
    worn : Change
        The same in a room, in noise, through a poor microphone: what the network has to recognise.
    partner : Item or None
        The track that plays at the same time.
    """

    item: Item
    content: Change
    worn: Change
    partner: Item | None = None

    @property
    def share(self) -> float:
        """How much of the power is the track's own, 0 to 1."""
        return 1.0 if self.partner is None else 1.0 / (1.0 + 10 ** (-self.content.mix_db / 10))


@dataclass(frozen=True, slots=True)
class Wear:
    """How far scenes go.

    Attributes
    ----------
    speed : float
        Share faster and higher, or slower and lower, at most: as a record that turns at another speed.
    mix_share : float
        Of the scenes that have a partner.
    mix_db : tuple of float
        dB of the track over its partner.
    room_share, low_pass_share, high_pass_share, noise_share : float
        Of the scenes.
    snr_db, low_pass, high_pass : tuple of float
        From and to, dB and Hz.
    equal_db : float
        Standard deviation of the equaliser's points, dB.
    """

    speed: float = 0.12
    mix_share: float = 0.5
    mix_db: tuple[float, float] = (0.0, 12.0)
    room_share: float = 0.4
    low_pass_share: float = 0.5
    low_pass: tuple[float, float] = (2000.0, 5500.0)
    high_pass_share: float = 0.5
    high_pass: tuple[float, float] = (60.0, 300.0)
    noise_share: float = 0.6
    snr_db: tuple[float, float] = (5.0, 25.0)
    equal_db: float = 4.0
    equal_points: int = 8


def scenes_of(
    items: Sequence[Item],
    count: int,
    seed: int,
    noises: Sequence[Path] = (),
    rooms: Sequence[Path] = (),
    wear: Wear | None = None,
) -> list[Scene]:
    """Return `count` scenes of each track; in the first one the teachers hear it as it is.

    The same seed, names and sounds give the same scenes. Music is mixed with music, and what is no music with its like.
    """
    wear = wear or Wear()
    like: dict[bool, list[Item]] = {True: [], False: []}
    for item in items:
        like[item.label == NOT_MUSIC_LABEL].append(item)
    return [
        _scene(item, number, seed, like[item.label == NOT_MUSIC_LABEL], noises, rooms, wear)
        for number in range(count)
        for item in items
    ]


def _scene(
    item: Item, number: int, seed: int, like: Sequence[Item], noises: Sequence[Path], rooms: Sequence[Path], wear: Wear
) -> Scene:
    name = hashlib.sha256(item.path.name.encode("utf-8", "surrogateescape")).digest()
    rng = np.random.default_rng((seed, number, int.from_bytes(name[:8], "big")))
    content, partner = NONE, None
    if number:
        speed = round(float(np.exp(rng.uniform(-wear.speed, wear.speed))), 3)
        content = Change(pitch=round(12 * math.log2(speed), 4), speed=speed)
        if rng.random() < wear.mix_share:
            partner = like[int(rng.integers(len(like)))]
            over_db, start = rng.uniform(*wear.mix_db), rng.random()
            content = replace(content, mix=partner.path, mix_db=round(float(over_db), 1), mix_start=round(start, 3))
    return Scene(item, content, _worn(content, rng, noises, rooms, wear), partner)


def _worn(content: Change, rng: Generator, noises: Sequence[Path], rooms: Sequence[Path], wear: Wear) -> Change:
    # All is drawn whatever is used, so that a list of noises does not change the rest.
    shares = (wear.room_share, wear.noise_share, wear.low_pass_share, wear.high_pass_share)
    in_room, in_noise, low, high = rng.random(4) < shares
    which_room, which_noise, start = rng.random(3)
    snr_db, low_pass, high_pass = (rng.uniform(*span) for span in (wear.snr_db, wear.low_pass, wear.high_pass))
    gains = tuple(round(float(gain), 1) for gain in rng.normal(0.0, wear.equal_db, wear.equal_points))
    worn = replace(content, equal=gains)
    if in_room and rooms:
        worn = replace(worn, room=rooms[int(which_room * len(rooms))])
    if in_noise and noises:
        noise = noises[int(which_noise * len(noises))]
        worn = replace(worn, noise=noise, snr_db=round(snr_db, 1), noise_start=round(start, 3))
    if low:
        worn = replace(worn, low_pass=float(round(low_pass)))
    return replace(worn, high_pass=float(round(high_pass))) if high else worn
