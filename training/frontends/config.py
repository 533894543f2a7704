"""What every front end says of itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FrontendConfig:
    """Rates and lengths, written once: decoding, cache, crops and model.json read them here.

    A front end is an `nn.Module` made from its configuration that maps waveforms (B, N) float32 in -1..1 to features
    (B, M, 1 + N // hop). It is frame-local: apart from the frames at the edges, the features of a cut are the cut of
    the features, so that training crops what the cache holds.
    """

    sample_rate: int  # Hz
    n_fft: int  # samples; the Hann window is as long
    hop: int  # samples
    window_seconds: float  # the most that a network is given at once
    min_seconds: float
