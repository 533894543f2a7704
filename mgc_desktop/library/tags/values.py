"""Genre values: what may be written, and the numbers that ID3v1 gave to names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from mutagen._constants import GENRES as _GENRES

from mgc_desktop.core.errors import TagError

GENRE_NAMES: tuple[str, ...] = tuple(_GENRES)  # ID3v1's 80 and Winamp's additions
NO_GENRE = 255  # ID3v1's "none of these"
_NUMBERS = {name.casefold(): number for number, name in reversed(list(enumerate(GENRE_NAMES)))}
_SPECIAL = {"RX": "Remix", "CR": "Cover"}
_REFERENCE = re.compile(r"\(([0-9]{1,3}|RX|CR)\)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
MAX_VALUES = 100
MAX_BYTES = 1 << 20


def check_values(values: Sequence[str]) -> None:
    """Refuse genres that some format, or some reader, would turn into something else.

    Raises
    ------
    TagError
        With one sentence.
    """
    for value in values:
        if not value:
            raise TagError("An empty genre cannot be written; give it a name, or remove the genre altogether.")
        if _CONTROL.search(value):
            raise TagError("A genre cannot hold line breaks or other control characters; remove them from its name.")
    check_encodable(values)


def check_encodable(values: Sequence[str]) -> None:
    """Refuse what no tag can hold: halves of characters, and megabytes.

    Raises
    ------
    TagError
    """
    try:
        length = sum(len(value.encode("utf-8")) for value in values)
    except UnicodeEncodeError as error:
        raise TagError("A genre holds half a character, which no file can store; type its name again.") from error
    if len(values) > MAX_VALUES or length > MAX_BYTES:
        raise TagError("These are too many genres for one file, or their names are too long; choose fewer.")


def number_of(values: Sequence[str]) -> int:
    """Return the ID3v1 number of the first genre, or 255."""
    return _NUMBERS.get(values[0].casefold(), NO_GENRE) if values else NO_GENRE


def name_of(number: int) -> str:
    """Return the name of an ID3v1 number, or an empty text."""
    return GENRE_NAMES[number] if 0 <= number < len(GENRE_NAMES) else ""


def _resolved(reference: str) -> str:
    if reference in _SPECIAL:
        return _SPECIAL[reference]
    return name_of(int(reference)) if reference.isascii() and reference.isdigit() and len(reference) < 4 else ""


def from_id3(texts: Iterable[str]) -> tuple[str, ...]:
    """Return names for the texts of a TCON frame: "(17)", "17", "(4)Eurodisco" and "((literal)" included."""
    names: list[str] = []
    for text in texts:
        if name := _resolved(text):
            names.append(name)
            continue
        found: list[str] = []
        while match := _REFERENCE.match(text):
            name = _resolved(match[1])
            if not name:
                break  # a number without a name is text
            found.append(name)
            text = text[match.end() :]
        rest = text[1:] if text.startswith("((") else text
        if rest and rest not in found:
            found.append(rest)  # "(17)Rock" says the same twice
        names += found
    return tuple(name for name in names if name)


def to_id3(values: Sequence[str]) -> list[str]:
    """Return the texts of a TCON frame that `from_id3` turns back into these values.

    Raises
    ------
    TagError
        For a bare number, which ID3 takes for a name.
    """
    texts = ["(" + value if value.startswith("((") or _REFERENCE.match(value) else value for value in values]
    for value, text in zip(values, texts, strict=True):
        if from_id3([text]) != (value,):
            raise TagError(f"ID3 tags would read the genre “{value[:40]}” as a number of a list; write it in words.")
    return texts


def check_room(values: Sequence[str], limit: int, what: str) -> None:
    """Refuse what a format's field cannot hold.

    Raises
    ------
    TagError
    """
    if sum(len(value.encode("utf-16-le")) for value in values) > limit:
        raise TagError(f"These genres are too long for {what}; choose shorter names.")
