"""What a file says of itself besides its genre: year, format, bit rate. For the details of a track.

The bytes are untrusted: the program calls this in limited processes (`mgc_desktop.core.pool`) only.
"""

from __future__ import annotations

import os
import re
from typing import Any

from mgc_desktop.core.files import open_regular
from mgc_desktop.core.track_facts import TrackFacts
from mgc_desktop.library.tags.failures import FAILURES
from mgc_desktop.library.tags.read import open_by_content, read_tags

_DATES = ("TDRC", "TDRL", "TYER", "TDOR", "\xa9day", "date", "year", "Year", "originaldate", "WM/Year")
_YEAR = re.compile(r"(?<!\d)(1[0-9]{3}|20[0-9]{2})(?!\d)")
_FORMATS = {
    "MP3": "MP3",
    "FLAC": "FLAC",
    "OggFLAC": "Ogg FLAC",
    "OggVorbis": "Ogg Vorbis",
    "OggOpus": "Opus",
    "OggSpeex": "Speex",
    "MP4": "AAC",
    "ASF": "WMA",
    "WAVE": "WAV",
    "AIFF": "AIFF",
    "WavPack": "WavPack",
    "MonkeysAudio": "Monkey's Audio",
    "Musepack": "Musepack",
    "TrueAudio": "True Audio",
    "OptimFROG": "OptimFROG",
    "TAK": "TAK",
    "DSF": "DSF",
    "AAC": "AAC",
    "AC3": "AC-3",
}
_LOSSLESS = ("FLAC", "Ogg FLAC", "ALAC", "WAV", "AIFF", "WavPack", "Monkey's Audio", "True Audio", "TAK")


def read_facts(path: str) -> TrackFacts:
    """Return what a file's tags and headers say; never raises, what cannot be read is empty.

    Parameters
    ----------
    path : str
    """
    tags = read_tags(path)
    extension = os.path.splitext(path)[1].lstrip(".").upper()[:8]
    try:
        with open_regular(path) as file:
            size = os.fstat(file.fileno()).st_size
            known = open_by_content(file)
            name = _format(known) or extension
            info = getattr(known, "info", None)
            return TrackFacts(
                tags,
                _year(getattr(known, "tags", None)),
                name,
                _number(info, "bitrate"),
                _number(info, "bits_per_sample") if name in _LOSSLESS else 0,
                _number(info, "sample_rate"),
                _number(info, "channels"),
                size,
            )
    except FAILURES:
        return TrackFacts(tags, format=extension)


def _format(known: Any) -> str:
    name = _FORMATS.get(type(known).__name__, "")
    codec = str(getattr(getattr(known, "info", None), "codec", ""))
    return "ALAC" if name == "AAC" and codec.lower() == "alac" else name


def _number(info: Any, name: str) -> int:
    value = getattr(info, name, 0)
    return int(value) if isinstance(value, int | float) and 0 < value < 1e9 else 0


def _year(tags: Any) -> str:
    for name in _DATES:
        try:
            value = tags[name]
        except FAILURES:
            continue
        text = " ".join(str(part) for part in (value if isinstance(value, list) else [value]))
        if found := _YEAR.search(text):
            return found.group()
    return ""
