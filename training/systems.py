"""The table of systems: a new architecture is one file in `networks/` (and perhaps `frontends/`) and one line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from torch import nn

from mgc_desktop.core.errors import UsageError
from training.frontends.config import FrontendConfig
from training.frontends.handcrafted import Handcrafted, HandcraftedConfig
from training.frontends.log_mel import LogMel, LogMelConfig
from training.frontends.mel_mfcc import MelMfcc, MelMfccConfig
from training.frontends.mfcc import Mfcc, MfccConfig
from training.networks.cnn_handcrafted import CnnHandcrafted, CnnHandcraftedConfig
from training.networks.cnn_lstm import CnnLstm
from training.networks.cnn_melmfcc import CnnMelMfcc, CnnMelMfccConfig
from training.networks.cnn_mfcc import CnnMfcc, CnnMfccConfig
from training.networks.crnn import Crnn
from training.networks.crnn_pair import CrnnPair, levelled_pair
from training.networks.rnn_mfcc import RnnMfcc, RnnMfccConfig
from training.networks.short_chunk import ShortChunk, ShortChunkConfig
from training.recipe import Recipe

Domain = Literal["decibels", "numbers"]


@dataclass(frozen=True)
class Claim:
    """What was published of a system, on its own data and split: it stands beside our figures and is no aim."""

    accuracy: float  # 0 to 1
    what: str
    source: str


@dataclass(frozen=True)
class System:
    """A front end, a network, how they learn, and where they come from, under one name.

    Parameters
    ----------
    frontend : callable
        Configuration -> module. A type of configuration belongs to one front end: the feature cache is keyed by it.
    network : callable
        Number of labels -> module from features to logits, with `embed`, `head` and a last layer `output`.
    domain : str
        "decibels": every row is dB, so that gain, tilt and mixtures in power can be made on the features; "numbers":
        rows are of any unit, which masks and linear mixtures suit.
    """

    name: str
    frontend_config: FrontendConfig
    frontend: Callable[[Any], nn.Module]
    network: Callable[[int], nn.Module]
    recipe: Recipe
    domain: Domain
    source: str
    claim: Claim | None = None


def _plain(config: FrontendConfig, chunk: int, **changes: Any) -> Recipe:
    """Return a recipe as the published notebooks have it: single pieces, nothing changed about them.

    An epoch takes one piece of every track, where theirs took all ten: 400 epochs here are the 40 that are usual there.
    """
    plain: dict[str, Any] = {
        "epochs": 400,
        "patience": 100,
        "label_smoothing": 0.0,
        "mixup": 0.0,
        "mixup_share": 0.0,
        "gain_db": 0.0,
        "tilt_db": 0.0,
        "lowpass_share": 0.0,
        "time_masks": 0,
        "band_masks": 0,
    }
    return Recipe(**{**plain, **changes}).crop_for(_seconds(config, chunk))


def _seconds(config: FrontendConfig, chunk: int) -> float:
    """Return how long a piece of `chunk` frames is, s."""
    return chunk * config.hop / config.sample_rate


_CHOI = "after Choi et al. 2016 and 2017, arXiv 1609.04243 and 1703.09179, to learn from their networks"
_TAUGHT = Recipe(
    epochs=12,
    steps=250,
    lr=1e-3,
    weight_decay=0.02,
    ema=0.998,
    crop_seconds=(4.0, 10.0, 29.12),
    crop_weights=(0.3, 0.3, 0.4),
    batch_seconds=130.0,
    label_smoothing=0.05,
    mixup_share=0.2,
    tilt_db=6.0,
    lowpass_share=0.2,
    time_masks=1,
    band_masks=1,
    band_mask=8,
    teacher_share=0.7,
    echo=2.0,
    label_reach=0.0,  # a few hundred labels would be learnt by heart
    last_c=0.1,
    scenes=6,
    hint_steps=8000,
    variant_share=0.6,
)
_SEGMENTS = "a published notebook on GTZAN"
_MFCC = MfccConfig()
_HANDCRAFTED = HandcraftedConfig()
_MEL_MFCC = MelMfccConfig()
_SHORT_CHUNK = LogMelConfig(sample_rate=16_000, n_mels=128)  # 512/256 as in the paper

_TABLE = (
    System(
        name="crnn",
        frontend_config=LogMelConfig(),
        frontend=LogMel,
        network=Crnn,
        recipe=Recipe(),
        domain="decibels",
        source="after Choi et al. 2016, arXiv 1609.04243",
    ),
    System(
        name="crnn_levelled",
        frontend_config=LogMelConfig(),  # that of crnn, so that they share the feature cache; the teachers' own, too
        frontend=LogMel,
        network=levelled_pair,
        recipe=_TAUGHT,
        domain="decibels",
        source=_CHOI,
    ),
    System(
        name="crnn_pair",  # the same with a picture less: models that were made with it can be taught further
        frontend_config=LogMelConfig(),
        frontend=LogMel,
        network=CrnnPair,
        recipe=_TAUGHT,
        domain="decibels",
        source=_CHOI,
    ),
    System(
        name="cnn_mfcc",
        frontend_config=_MFCC,
        frontend=Mfcc,
        network=CnnMfcc,
        recipe=_plain(_MFCC, CnnMfccConfig.chunk),
        domain="numbers",
        source="published notebooks: 13 MFCC of 3 s, CNN",
        claim=Claim(0.77, "accuracy on pieces of 3 s, pieces of a track on both sides", _SEGMENTS),
    ),
    System(
        name="rnn_mfcc",
        frontend_config=_MFCC,
        frontend=Mfcc,
        network=RnnMfcc,
        recipe=_plain(_MFCC, RnnMfccConfig.chunk),
        domain="numbers",
        source="published notebooks: 13 MFCC of 3 s, two LSTM layers",
        claim=Claim(0.66, "accuracy on pieces of 3 s, pieces of a track on both sides", _SEGMENTS),
    ),
    System(
        name="cnn_handcrafted",
        frontend_config=_HANDCRAFTED,
        frontend=Handcrafted,
        network=CnnHandcrafted,
        recipe=_plain(_HANDCRAFTED, CnnHandcraftedConfig.chunk, epochs=600, patience=150),
        domain="numbers",
        source="published notebooks: MFCC, chroma, contrast, roll-off and zero crossings, scaled; CNN with dropout",
        claim=Claim(0.7293, "accuracy after 600 epochs", _SEGMENTS),
    ),
    System(
        name="cnn_melmfcc",
        frontend_config=_MEL_MFCC,
        frontend=MelMfcc,
        network=CnnMelMfcc,
        recipe=_plain(_MEL_MFCC, CnnMelMfccConfig.chunk, epochs=300, patience=60, variants=2),  # the 30 of the claim
        domain="numbers",
        source="published notebooks: mel spectrograms of 128x128 with MFCC; CNN with batch norm and dropout",
        claim=Claim(
            0.94, "accuracy on the validation part after 30 epochs, stretched, shifted and noisy copies", _SEGMENTS
        ),
    ),
    System(
        name="cnn_lstm",
        frontend_config=LogMelConfig(),  # that of crnn, so that they share the feature cache
        frontend=LogMel,
        network=CnnLstm,
        recipe=Recipe(variants=2),
        domain="decibels",
        source="CNN over the spectrogram, LSTM over time, as many have published",
    ),
    System(
        name="short_chunk",
        frontend_config=_SHORT_CHUNK,
        frontend=LogMel,
        network=ShortChunk,
        recipe=Recipe(epochs=150, patience=40).crop_for(_seconds(_SHORT_CHUNK, ShortChunkConfig.chunk)),
        domain="decibels",
        source="after Won et al. 2020, arXiv 2006.00751, which reports tags of other data sets and no GTZAN accuracy",
    ),
)

SYSTEMS: dict[str, System] = {system.name: system for system in _TABLE}


def get_system(name: str) -> System:
    """Return a system of the table.

    Raises
    ------
    UsageError
        Where there is none of that name.
    """
    try:
        return SYSTEMS[name]
    except KeyError:
        raise UsageError(f"There is no system called {name!r}: choose one of {', '.join(SYSTEMS)}.") from None
