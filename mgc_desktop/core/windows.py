"""How much of a track is heard: the same for the library, the command line and the scores of training."""

from __future__ import annotations

# Three windows over the track: an intro or a quiet break does not decide, and seeking to three costs less than
# decoding the whole (docs/decisions).
WINDOWS_PER_TRACK = 3
