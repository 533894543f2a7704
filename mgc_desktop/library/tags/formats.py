"""Which format a file has, told by its content, and so where its genre lies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from mgc_desktop.library.tags.asf import HEADER, Asf
from mgc_desktop.library.tags.dsf import Dsf
from mgc_desktop.library.tags.edits import Edit, Source
from mgc_desktop.library.tags.elementary import Elementary, leading_id3
from mgc_desktop.library.tags.flac import Flac
from mgc_desktop.library.tags.id3 import Id3Tag
from mgc_desktop.library.tags.iff import open_iff
from mgc_desktop.library.tags.mp4 import open_mp4
from mgc_desktop.library.tags.mpeg import SEARCHED, is_mpeg_audio
from mgc_desktop.library.tags.ogg import open_ogg


class Format(Protocol):
    """A file taken apart as far as its genre needs it."""

    @property
    def container(self) -> str:
        """The name of the tag that holds the genre, or would."""

    @property
    def genres(self) -> tuple[str, ...]:
        """The values, exactly as they are stored."""

    def edits(self, values: tuple[str, ...]) -> list[Edit]:
        """Return the edits that give the file these genres, in order; none take the field out.

        Raises
        ------
        TagError
            Where they do not fit, or the file is too damaged.
        """


def open_format(source: Source, wanted: int | None = None) -> Format | None:
    """Return the format of a file, or None where there is no place for a genre that this program writes.

    Parameters
    ----------
    source : Source
    wanted : int or None
        The version that ID3v2 tags are turned into; None keeps each as it is.

    Raises
    ------
    TagError
        Where its tags are damaged.
    """
    tags = leading_id3(source)
    begin = tags[-1].end if tags else 0
    head = source.read(begin, 64)
    for magic, offset, make in _CONTAINERS:
        if head[offset : offset + len(magic)] == magic:
            return make(source, tags, wanted)
    if head[:4] in _APE_FORMATS:
        return Elementary(source, tags, ape_preferred=True, wanted=wanted)
    if head.startswith(_OTHERS):
        return None
    searched = source.read(begin, SEARCHED)
    if tags or head[:4] == b"TTA1" or is_mpeg_audio(searched, begin + len(searched) == source.size):
        return Elementary(source, tags, ape_preferred=False, wanted=wanted)
    return None


def _wave(source: Source, wanted: int | None) -> Format | None:
    return open_iff(source, "little", wanted) if source.read(8, 4) == b"WAVE" else None


def _aiff(source: Source, wanted: int | None) -> Format | None:
    return open_iff(source, "big", wanted) if source.read(8, 4) in (b"AIFF", b"AIFC") else None


# What looks like MPEG frames somewhere in these is none: a tag in front would hide what the file is.
_OTHERS = (
    b".snd",
    b"\x1a\x45\xdf\xa3",
    b"caff",
    b"RF64",
    b"BW64",
    b"riff",
    b"#!AMR",
    b"MThd",
    b"FLV",
    b"\x00\x00\x01\xba",
)
_APE_FORMATS = (b"wvpk", b"MPCK", b"MP+\x07", b"MP+\x17", b"MAC ", b"OFR ", b"tBaK")
_CONTAINERS: tuple[tuple[bytes, int, Callable[[Source, tuple[Id3Tag, ...], int | None], Format | None]], ...] = (
    (b"fLaC", 0, lambda source, tags, _: Flac(source, tags)),
    (b"OggS", 0, lambda source, tags, _: open_ogg(source, tags[-1].end if tags else 0)),
    (b"ftyp", 4, lambda source, tags, _: open_mp4(source, 0) if not tags else None),
    (HEADER, 0, lambda source, tags, _: Asf(source, 0) if not tags else None),
    (b"RIFF", 0, lambda source, tags, wanted: _wave(source, wanted) if not tags else None),
    (b"FORM", 0, lambda source, tags, wanted: _aiff(source, wanted) if not tags else None),
    (b"DSD ", 0, lambda source, tags, wanted: Dsf(source, wanted) if not tags else None),
)
