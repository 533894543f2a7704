"""Whether a copy is what it should be: read back from the disk, and looked at by a second pair of eyes (mutagen)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from io import FileIO
from typing import Any, NamedTuple

import mutagen.aac
import mutagen.apev2
import mutagen.flac
import mutagen.id3
import mutagen.mp3
import mutagen.trueaudio

from mgc_desktop.core.errors import TagError
from mgc_desktop.library.payload import after_id3v2, find_payload
from mgc_desktop.library.tags.edits import CHUNK, Edit, Source, growth, kept
from mgc_desktop.library.tags.ends import find_end_tags
from mgc_desktop.library.tags.failures import FAILURES
from mgc_desktop.library.tags.genre import genre_of
from mgc_desktop.library.tags.read import open_by_content
from mgc_desktop.library.tags.riff_info import read_info
from mgc_desktop.library.tags.translate import id3_fields

_GENRE_KEYS = {"tcon", "\xa9gen", "gnre", "genre", "wm/genre", "ignr"}
_WRONG = "The changed copy was not what it should be, so the file was left as it is; please report this file."


def _fail(detail: str) -> TagError:
    return TagError(_WRONG, detail)


def check_bytes(old: Source, new: Source, edits: Sequence[Edit], old_audio: str, new_audio: str) -> str:
    """Check that the copy differs by the edits alone, and that none of them touches the audio.

    Returns
    -------
    str
        The digest of the whole copy.

    Raises
    ------
    TagError
    OSError
    """
    if new.size != old.size + growth(edits):
        raise _fail(f"{new.size} bytes")
    _check_outside_audio(old, edits)
    if old_audio != new_audio:
        raise _fail("audio digest")
    for stretch in kept(edits, old.size):
        for at in range(0, stretch.length, CHUNK):
            length = min(CHUNK, stretch.length - at)
            if old.take(stretch.old + at, length) != new.take(stretch.new + at, length):
                raise _fail(f"bytes at {stretch.old + at}")
    shift = 0
    for edit in edits:
        if new.take(edit.start + shift, len(edit.data)) != edit.data:
            raise _fail(f"edit at {edit.start}")
        shift += edit.growth
    return digest_of(new)


def digest_of(source: Source) -> str:
    """Return the digest of a whole file: 32 hexadecimal digits.

    Raises
    ------
    OSError
    """
    digest = hashlib.blake2b(digest_size=16)
    at = 0
    while data := source.read(at, CHUNK):
        digest.update(data)
        at += len(data)
    return digest.hexdigest()


def _check_outside_audio(old: Source, edits: Sequence[Edit]) -> None:
    """Raise where an edit reaches into the audio. Ogg's pages may be renumbered, their bodies never."""
    payload = find_payload(old.file)
    if payload.kind == "ogg":
        bodies = [part for part in payload.parts if part.length]
    else:
        bodies = [payload.parts[0]._replace(end=payload.parts[-1].end)]
    for edit in edits:
        for span in bodies:
            if edit.start < span.end and edit.end > span.start and span.length:
                raise _fail(f"edit {edit.start} to {edit.end} in the audio {span}")


class View(NamedTuple):
    """What mutagen sees in a file, its genres left out."""

    kind: str
    fields: Mapping[str, Any]
    more: tuple[Any, ...]  # pictures, other blocks, unknown frames
    sound: tuple[Any, ...]  # Hz, channels, s
    vendor: str | None  # of Vorbis comments, where there are any


def check_fields(old: Source, new: Source, after: tuple[str, ...]) -> None:
    """Check that the copy has the new genres, and that every other field and picture is as it was.

    Parameters
    ----------
    old, new : Source
    after
        The genres.

    Raises
    ------
    TagError
    OSError
    """
    found = genre_of(new)
    if found.values != after:
        raise _fail(f"genres {found.values!r}, not {after!r}")
    before, now = view(old.file), view(new.file)
    if before is None:
        return  # mutagen never could read it; the bytes have been compared
    if now is None:
        raise _fail("no longer readable")
    other_vendor = before.vendor is not None and before.vendor != now.vendor
    if before.sound != now.sound or before.more != now.more or other_vendor:
        raise _fail(f"{before.kind} changed: {before.sound} {now.sound}")
    changed = [name for name, value in before.fields.items() if name not in now.fields or now.fields[name] != value]
    gained = [name for name in now.fields if name not in before.fields]
    if gained and not changed:  # what an older kind of tag said, carried into a new one
        known = _texts_of_old_tags(old)
        gained = [name for name in gained if not _texts(now.fields[name]) <= known]
    if changed or gained:
        raise _fail(f"fields changed: {changed[:5]}, gained: {gained[:5]}")


def view(file: FileIO) -> View | None:
    """Return what mutagen sees, or None where it sees nothing."""
    known = _opened(file)
    tags = known.tags if known is not None else None
    if tags is None and not isinstance(known, mutagen.apev2.APEv2File | mutagen.flac.FLAC):
        tags = _bare_tags(file)
    if known is None and tags is None:
        return None
    fields = {**_fields(tags), **_ape_beside(file, tags)}
    fields.update({f"INFO {key}": value for key, value in read_info(file).items() if key != "IGNR"})
    return View(type(known).__name__, fields, _more(known, tags), _sound(known), getattr(tags, "vendor", None))


def _opened(file: FileIO) -> Any:
    """Return mutagen's view, by a class of our choice where a tag in front makes it guess."""
    begin = after_id3v2(file, file.seek(0, 2))
    file.seek(begin)
    magic = file.read(4)
    opener: Any = open_by_content
    if magic == b"TTA1":
        opener = mutagen.trueaudio.TrueAudio
    elif len(magic) == 4 and magic[0] == 0xFF and magic[1] & 0xE0 == 0xE0:
        opener = mutagen.aac.AAC if magic[1] & 0xF6 == 0xF0 else mutagen.mp3.MP3
    for make in (opener, mutagen.mp3.MP3):  # an MP3 may begin with junk
        try:
            file.seek(0)
            if (known := make(file)) is not None:
                return known
        except FAILURES:
            continue
    return None


def _texts_of_old_tags(source: Source) -> set[str]:
    """Return the texts of an ID3v1 tag or an INFO list, which may be carried into a new tag."""
    id3v1 = find_end_tags(source, after_id3v2(source.file, source.size)).id3v1
    texts = {text.decode("latin-1") for text in id3v1.fields().values()} if id3v1 is not None else set()
    return texts | {text.strip() for text in read_info(source.file).values()}


def _texts(value: Any) -> set[str]:
    """Return the texts of a field as `_fields` holds it."""
    return {str(text) for text in (value.get("text", ["?"]) if isinstance(value, dict) else value)}


def _bare_tags(file: FileIO) -> Any:
    for reader in (mutagen.id3.ID3, mutagen.apev2.APEv2):
        try:
            file.seek(0)
            return reader(file)
        except FAILURES:
            continue
    return None


def _ape_beside(file: FileIO, tags: Any) -> dict[str, Any]:
    """Return the fields of an APEv2 tag that stands beside an ID3 tag."""
    if not isinstance(tags, mutagen.id3.ID3):
        return {}
    try:
        file.seek(0)
        reader: Any = mutagen.apev2.APEv2
        return _fields(reader(file))
    except FAILURES:
        return {}


def _fields(tags: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if tags is None:
        return found
    if isinstance(tags, mutagen.id3.ID3):
        return id3_fields(tags)
    prefix = "APEv2 " if isinstance(tags, mutagen.apev2.APEv2) else ""
    # Lists of pairs (Vorbis, ASF) keep their order and what is there twice.
    pairs = list(tags) if isinstance(tags, list) else list(tags.items())
    for key, value in pairs:
        if key.lower() not in _GENRE_KEYS:
            found.setdefault(prefix + key, []).append(value)
    return found


def _more(known: Any, tags: Any) -> tuple[Any, ...]:
    if isinstance(tags, mutagen.id3.ID3):
        return tuple(tags.unknown_frames)
    if isinstance(known, mutagen.flac.FLAC):
        others = [block for block in known.metadata_blocks if not isinstance(block, mutagen.flac.Padding)]
        return tuple((block.code, block.write()) for block in others if block.code != 4)
    return ()


def _sound(known: Any) -> tuple[Any, ...]:
    info = getattr(known, "info", None)
    rate, channels = getattr(info, "sample_rate", None), getattr(info, "channels", None)
    if known is None or isinstance(known, mutagen.mp3.MP3) or type(known).__name__ in ("AAC", "AC3"):
        return rate, channels  # their length is guessed from the size of the file
    return rate, channels, getattr(info, "length", None)
