"""The file name extensions by which a walk through folders knows music; importing this loads no decoder."""

from __future__ import annotations

# A file that is named explicitly is tried whatever it is called.
# fmt: off
AUDIO_EXTENSIONS: frozenset[str] = frozenset({
    ".aac", ".ac3", ".aif", ".aifc", ".aiff", ".amr", ".ape", ".asf", ".au", ".caf", ".dsf", ".dts", ".eac3", ".f4a",
    ".flac", ".m4a", ".m4b", ".m4r", ".mka", ".mp+", ".mp1", ".mp2", ".mp3", ".mp4", ".mpc", ".mpga", ".mpp", ".oga",
    ".ogg", ".ogx", ".opus", ".ra", ".rf64", ".shn", ".snd", ".spx", ".tak", ".tta", ".w64", ".wav", ".wave", ".weba",
    ".webm", ".wma", ".wv",
})
# fmt: on
