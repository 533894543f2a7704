"""The genre of a file, exactly as it is stored.

The bytes are untrusted: the program calls this in limited processes (`mgc_desktop.core.pool`) only.
"""

from __future__ import annotations

from dataclasses import dataclass

from mgc_desktop.core.errors import TagError
from mgc_desktop.core.files import open_regular
from mgc_desktop.library.tags.edits import Source
from mgc_desktop.library.tags.formats import open_format


@dataclass(frozen=True, slots=True)
class GenreTag:
    """The genre field of a file.

    `container` is the tag that holds it or would ("ID3v2.4", "Vorbis comment", "MP4", "ASF", "APEv2"), empty where
    the format has no place for a genre that this program writes. `values` are exact, one entry a value; ID3's
    numbers are names, and empty values are left out.
    """

    container: str
    values: tuple[str, ...]


def read_genre(path: str) -> GenreTag:
    """Return the genre of a file, told by its content and not by its extension.

    Raises
    ------
    TagError
        Where it cannot be opened, or its tags are too damaged to be changed safely.
    """
    try:
        with open_regular(path) as file:
            return genre_of(Source(file))
    except (OSError, ValueError) as error:
        raise TagError(
            "The file could not be read; see whether it is still there, and may be read.", repr(error)
        ) from error


def genre_of(source: Source) -> GenreTag:
    """Return the genre of an open file.

    Raises
    ------
    TagError
    OSError
    """
    known = open_format(source)
    return GenreTag("", ()) if known is None else GenreTag(known.container, known.genres)
