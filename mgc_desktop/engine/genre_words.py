"""From what a person types to a label: "hip hop" is the model's `hiphop`, and any new word is a label of its own."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable

from mgc_desktop.core.model_info import NOT_MUSIC_LABEL

LONGEST = 80  # characters of a label: enough for any genre, and it has to fit into a table
_AND = re.compile(r"\s*(?:&|\band\b|['\u2019]n['\u2019])\s*")


def same_key(name: str) -> str:
    """Return what two spellings of one genre have in common.

    >>> same_key("Hip-Hop") == same_key("hiphop"), same_key("Rock & Roll") == same_key("Rock'n'Roll")
    (True, True)
    """
    text = unicodedata.normalize("NFKC", name).casefold()
    letters = "".join(filter(str.isalnum, _AND.sub("n", text)))
    return letters or text.strip()


def tidy(text: str) -> str:
    """Return `text` as a label: one line of what can be seen, at most `LONGEST` characters, no underscore in front."""
    printable = "".join(c if c.isprintable() else " " for c in unicodedata.normalize("NFC", text))
    return " ".join(printable.split()).lstrip("_ ")[:LONGEST].rstrip()


class GenreWords:
    """The genres that are known by name, those that come first first.

    Parameters
    ----------
    names : iterable of str
        Labels, and genres as tags have them. Of two that differ in spelling only, the first counts.
    shown : callable
        How a label is written for people.
    """

    def __init__(self, names: Iterable[str], shown: Callable[[str], str] = str) -> None:
        self._shown = shown
        self._labels: dict[str, str] = {}  # by key
        own_keys: dict[str, str] = {}
        for name in (*names, NOT_MUSIC_LABEL):
            label = name if name == NOT_MUSIC_LABEL else tidy(name)
            key = same_key(shown(label))
            if label and key not in self._labels:
                self._labels[key] = label
                own_keys.setdefault(same_key(label), label)
        self._by_any = own_keys | self._labels

    def labels(self) -> tuple[str, ...]:
        """Return every known label, in order."""
        return tuple(self._labels.values())

    def label(self, text: str) -> str:
        """Return the label that `text` means, a new one where none is known by it; empty where it says nothing."""
        return self._by_any.get(same_key(text), tidy(text)) if text.strip() else ""

    def knows(self, text: str) -> bool:
        """Return whether `text` is the name of a known label, in some spelling."""
        return same_key(text) in self._by_any

    def matching(self, text: str, limit: int) -> list[str]:
        """Return the labels that fit what was typed so far: by their beginning, by a word's, by any part of them."""
        key = same_key(text)
        if not key:
            return list(self._labels.values())[:limit]
        word = re.compile(r"\b" + re.escape(text.strip().casefold()))
        ranked = []
        for own, label in self._labels.items():
            if own == key:
                rank = 0
            elif own.startswith(key):
                rank = 1
            elif word.search(self._shown(label).casefold()):
                rank = 2
            else:
                rank = 3 if key in own else 4
            ranked.append((rank, label))
        return [label for rank, label in sorted(ranked, key=lambda pair: pair[0]) if rank < 4][:limit]
