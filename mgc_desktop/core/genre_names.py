"""How a label is written for people: in the window, and as the genre in a file."""

from __future__ import annotations

from mgc_desktop.core.model_info import NOT_MUSIC_LABEL

_NAMES = {
    "hiphop": "Hip-Hop",
    "hip-hop": "Hip-Hop",
    "rnb": "R&B",
    "r&b": "R&B",
    "edm": "EDM",
    "idm": "IDM",
    "dnb": "Drum & Bass",
    "kpop": "K-Pop",
    "jpop": "J-Pop",
    "not_music": "Not music",
    NOT_MUSIC_LABEL: "Not music",
}


def display_name(label: str) -> str:
    """Return a label as a person would write it: `hiphop` -> `Hip-Hop`, `deep_house` -> `Deep House`."""
    key = label.strip()
    known = _NAMES.get(key.lower())
    if known:
        return known
    words = key.replace("_", " ").split()
    return " ".join(word if any(c.isupper() for c in word) else word[:1].upper() + word[1:] for word in words)
