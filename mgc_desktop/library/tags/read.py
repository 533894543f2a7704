"""What a file says of itself: title, artist, album and genres, whatever its format.

The bytes are untrusted: the program calls this in limited processes (`mgc_desktop.core.pool`) only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from io import FileIO
from typing import Any

import mutagen
import mutagen.apev2
import mutagen.flac
import mutagen.id3

from mgc_desktop.core.files import open_regular
from mgc_desktop.core.values import TrackTags
from mgc_desktop.library.payload import after_id3v2
from mgc_desktop.library.tags.failures import FAILURES
from mgc_desktop.library.tags.riff_info import read_info

_MAX_TEXT = 500  # characters kept of a text: enough for any title, and a bound for the hostile
_MAX_GENRES = 16

# The names of a field in ID3, MP4, Vorbis comments, APEv2 and ASF; the first that is there counts.
_TITLE = ("TIT2", "\xa9nam", "title", "Title")
_ARTIST = ("TPE1", "\xa9ART", "artist", "Artist", "Author", "TPE2", "aART", "albumartist", "WM/AlbumArtist")
_ALBUM = ("TALB", "\xa9alb", "album", "Album", "WM/AlbumTitle")
_GENRE = ("TCON", "\xa9gen", "genre", "Genre", "WM/Genre")


def read_tags(path: str) -> TrackTags:
    """Return the tags of a file, told by its content and not by its extension.

    Never raises for a damaged, missing or unknown file: fields that cannot be read are empty. Texts have no line
    breaks, at most 500 characters, and can be encoded as UTF-8.

    Parameters
    ----------
    path : str

    Returns
    -------
    TrackTags
        `genres` holds every value of the file, ID3's numbers as names, in the file's order.
    """
    try:
        with open_regular(path) as file:
            tags = _tags_of(file)
            fields = TrackTags(
                title=" / ".join(_values(tags, _TITLE)),
                artist=", ".join(_values(tags, _ARTIST)),
                album=" / ".join(_values(tags, _ALBUM)),
                genres=_genres(_values(tags, _GENRE)),
            )
            return _filled_from_riff(fields, file)
    except FAILURES:
        return TrackTags()


def _tags_of(file: FileIO) -> Any:
    """Return mutagen's tags (some mapping of names to values), or an empty mapping."""
    tags = None
    try:
        known = open_by_content(file)
        tags = known.tags if known is not None else None
    except FAILURES:
        pass  # the audio is damaged, which its tags may have survived
    for reader in (mutagen.id3.ID3, mutagen.apev2.APEv2):
        if tags is None:
            try:
                file.seek(0)
                tags = reader(file)
            except FAILURES:
                continue
    return {} if tags is None else tags


def open_by_content(file: FileIO) -> Any:
    """Return mutagen's view of an open file, told by its content, or None."""
    file.seek(after_id3v2(file, file.seek(0, 2)))
    magic = file.read(4)
    file.seek(0)
    # mutagen takes whatever begins with an ID3 tag for an MP3, unless its name says otherwise.
    opener: Callable[[FileIO], Any] = mutagen.flac.FLAC if magic == b"fLaC" else mutagen.File
    return opener(file)


def _values(tags: Any, names: Iterable[str]) -> list[str]:
    for name in names:
        try:
            value = tags[name]
        except FAILURES:
            continue  # not there, or no name that this format could have
        if texts := list(dict.fromkeys(text for text in map(_clean, _texts(value)) if text)):
            return texts
    return []


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, mutagen.id3.TCON):
        yield from value.genres  # "(8)", "8" and "Jazz" all become "Jazz"
    elif isinstance(value, mutagen.id3.TextFrame):
        yield from map(str, getattr(value, "text", ()))
    elif isinstance(value, str):
        yield value
    else:
        for part in value:  # lists of texts or of ASF attributes, APEv2's values
            yield str(part)


def _clean(text: str) -> str:
    return " ".join(text.replace("\0", " ").split())[:_MAX_TEXT].encode("utf-8", "replace").decode("utf-8")


def _genres(values: Iterable[str]) -> tuple[str, ...]:
    # Programs without multiple values join them by semicolons; a slash may be part of a name (Singer/Songwriter).
    parts = [part.strip() for value in values for part in value.split(";")]
    return tuple(dict.fromkeys(part for part in parts if part))[:_MAX_GENRES]


def _filled_from_riff(fields: TrackTags, file: FileIO) -> TrackTags:
    """Fill what is empty from a WAV's INFO list, which mutagen does not know."""
    info = read_info(file)
    return TrackTags(
        title=fields.title or _clean(info.get("INAM", "")),
        artist=fields.artist or _clean(info.get("IART", "")),
        album=fields.album or _clean(info.get("IPRD", "")),
        genres=fields.genres or _genres([_clean(info.get("IGNR", ""))]),
    )
