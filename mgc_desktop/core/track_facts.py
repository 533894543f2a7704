"""What the file of a track says of itself and is, as it is now."""

from __future__ import annotations

from dataclasses import dataclass, field

from mgc_desktop.core.values import TrackTags


@dataclass(frozen=True, slots=True)
class TrackFacts:
    """Every text is untrusted: show it as plain text only."""

    tags: TrackTags = field(default_factory=TrackTags)
    year: str = ""  # four digits
    format: str = ""  # "MP3", "FLAC", or the file's extension
    bit_rate: int = 0  # bit/s; 0 where it is not known
    bits: int = 0  # of a sample, where the format keeps all of them
    sample_rate: int = 0  # Hz
    channels: int = 0
    size: int = 0  # bytes
