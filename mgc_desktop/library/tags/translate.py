"""ID3v2 tags turned into another version, where the person wants one; mutagen knows which frame becomes which.

A tag that would lose something on the way is left as it is.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import mutagen.id3

from mgc_desktop.core.errors import TagError, TagLeftError
from mgc_desktop.library.tags.edits import DAMAGED, Edit, Source
from mgc_desktop.library.tags.failures import FAILURES
from mgc_desktop.library.tags.id3 import NEW_PADDING, Id3Tag, genre_edits
from mgc_desktop.library.tags.values import to_id3

_ID3: Any = mutagen.id3  # its functions carry no types


def tag_edits(source: Source, tag: Id3Tag, values: tuple[str, ...], wanted: int | None) -> list[Edit]:
    """Return the edits that give a tag these genres, in the version that it has or in the wanted one.

    Raises
    ------
    TagLeftError
        Where the wanted version cannot hold all that the tag holds.
    TagError
    """
    if wanted is None or wanted == tag.version:
        return genre_edits(tag, values)
    try:
        return [Edit(tag.start, tag.end, _translated(source.take(tag.start, tag.end - tag.start), values, wanted))]
    except FAILURES as error:
        raise TagError(DAMAGED, repr(error)) from error


def _translated(old: bytes, values: tuple[str, ...], wanted: int) -> bytes:
    tags = _ID3.ID3(io.BytesIO(old), load_v1=False)
    before = id3_fields(tags)
    unknown = [bytes(frame[:4]).decode("latin-1") for frame in tags.unknown_frames]
    tags.delall("TCON")
    if values:
        tags.add(_ID3.TCON(encoding=1 if wanted == 3 else 3, text=to_id3(values)))
    if wanted == 3:
        tags.update_to_v23()
    else:
        tags.update_to_v24()
    out = io.BytesIO()
    # Several values are separated as in ID3v2.4: a slash may be part of one.
    tags.save(out, v1=0, v2_version=wanted, v23_sep=None, padding=lambda _: NEW_PADDING)
    new = out.getvalue()
    after = id3_fields(_ID3.ID3(io.BytesIO(new), load_v1=False))
    lost = [name for name in before if after.get(name) != before[name]] + unknown
    if lost:
        sentence = f"ID3v2.{wanted} cannot hold all that this tag holds ({', '.join(lost[:5])}); keep its version."
        raise TagLeftError(sentence)
    return new


def id3_fields(tags: Any) -> dict[str, Any]:
    """Return the frames of a tag as plain values that can be compared, its genres and the encodings left out."""
    return {key: plain(frame) for key, frame in tags.items() if frame.FrameID != "TCON"}


def plain(value: Any) -> Any:
    """Return a frame as a mapping, frames within frames as well: mutagen compares some of them by what they are."""
    if isinstance(value, mutagen.id3.Frame):
        return {name: plain(part) for name, part in vars(value).items() if name != "encoding"}
    if isinstance(value, Mapping) or hasattr(value, "getall"):
        return {key: plain(part) for key, part in value.items()}
    return [plain(part) for part in value] if isinstance(value, list) else value
