"""What the tests of tag writing share: small files of every format, full of fields, and a look at them from outside."""

from __future__ import annotations

import functools
import hashlib
import io
import struct
import tempfile
from pathlib import Path
from typing import Any

import av
import mutagen
import mutagen.apev2
import mutagen.asf
import mutagen.dsf
import mutagen.flac
import mutagen.id3
import mutagen.mp4

from mgc_desktop.library.tags.genre import read_genre
from mgc_desktop.library.tags.write import Prepared, WriteOptions, commit, prepare_undo, prepare_write
from tests import synth

_ASF: Any = mutagen.asf  # exports less than it documents
PICTURE = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 20  # looks like a JPEG, and holds every byte
CONTAINERS = {
    ".mp3": "ID3v2.4",
    ".aac": "ID3v2.4",
    ".tta": "ID3v2.4",
    ".wav": "ID3v2.4",
    ".aiff": "ID3v2.4",
    ".dsf": "ID3v2.4",
    ".flac": "Vorbis comment",
    ".ogg": "Vorbis comment",
    ".opus": "Vorbis comment",
    ".oga": "Vorbis comment",
    ".m4a": "MP4",
    ".wma": "ASF",
    ".wv": "APEv2",
}
FORMATS = sorted(CONTAINERS)
_RATES = {".opus": 48000, ".aac": 44100, ".m4a": 44100, ".wma": 44100}


def plain(extension: str) -> bytes:
    """Return a short file of a format with the tags that its encoder writes."""
    return _made(extension)


@functools.cache
def _made(extension: str) -> bytes:
    if extension == ".dsf":
        return dsf()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"song{extension}"
        rate = _RATES.get(extension, 22050)
        synth.write_audio(path, synth.song(0.6, rate), rate)
        return path.read_bytes()


@functools.cache
def full(extension: str) -> bytes:
    """Return a short file of a format with many fields, artwork, ReplayGain and two genres."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"song{extension}"
        path.write_bytes(_made(extension))
        fill(path)
        return path.read_bytes()


def dsf() -> bytes:
    """Return a DSF file of two blocks of DSD silence."""
    samples = b"\x69" * 4096 * 2
    form = b"fmt " + struct.pack("<QIIIIIIQII", 52, 1, 0, 1, 1, 2822400, 1, 8 * 8192, 4096, 0)
    data = b"data" + struct.pack("<Q", 12 + len(samples)) + samples
    return b"DSD " + struct.pack("<QQQ", 28, 28 + len(form) + len(data), 0) + form + data


def fill(path: Path) -> None:
    """Write many fields with mutagen, as another program would."""
    if path.suffix == ".aac":
        _id3_fields(mutagen.id3.ID3()).save(path)
        return
    file: Any = mutagen.dsf.DSF(path) if path.suffix == ".dsf" else mutagen.File(path)
    if file.tags is None:
        file.add_tags()
    tags = file.tags
    if isinstance(tags, mutagen.id3.ID3):
        _id3_fields(tags)
    elif isinstance(tags, mutagen.mp4.MP4Tags):
        tags["\xa9nam"], tags["\xa9ART"], tags["\xa9gen"] = ["Title"], ["One", "Two"], ["Jazz", "Folk"]
        tags["trkn"], tags["covr"] = [(3, 12)], [mutagen.mp4.MP4Cover(PICTURE)]
        tags["----:com.apple.iTunes:replaygain_track_gain"] = [b"-6.20 dB"]
    elif isinstance(tags, mutagen.asf.ASFTags):
        tags["Title"], tags["Author"], tags["WM/Genre"] = ["Title"], ["One", "Two"], ["Jazz", "Folk"]
        tags["WM/Picture"] = [_ASF.ASFValue(PICTURE, _ASF.BYTEARRAY)]
        tags["replaygain_track_gain"] = ["-6.20 dB"]
    elif isinstance(tags, mutagen.apev2.APEv2):
        tags["Title"], tags["Artist"], tags["Genre"] = "Title", ["One", "Two"], ["Jazz", "Folk"]
        tags["Cover Art (Front)"] = mutagen.apev2.APEValue(b"cover.jpg\0" + PICTURE, mutagen.apev2.BINARY)
        tags["REPLAYGAIN_TRACK_GAIN"] = "-6.20 dB"
    else:
        tags["title"], tags["artist"], tags["GENRE"] = ["Title"], ["One", "Two"], ["Jazz", "Folk"]
        tags["replaygain_track_gain"] = ["-6.20 dB"]
        if isinstance(file, mutagen.flac.FLAC):
            picture = mutagen.flac.Picture()
            picture.data, picture.type, picture.mime = PICTURE, 3, "image/jpeg"
            file.add_picture(picture)
    file.save()


def _id3_fields(tags: mutagen.id3.ID3) -> mutagen.id3.ID3:
    frames = mutagen.id3
    tags.add(frames.TIT2(encoding=3, text=["Ünïcode title 夜曲"]))
    tags.add(frames.TPE1(encoding=1, text=["One", "Two"]))
    tags.add(frames.TCON(encoding=0, text=["Jazz", "Folk"]))
    tags.add(frames.APIC(encoding=0, mime="image/jpeg", type=3, desc="front", data=PICTURE))
    tags.add(frames.TXXX(encoding=3, desc="replaygain_track_gain", text=["-6.20 dB"]))
    tags.add(frames.PRIV(owner="someone", data=b"\xff\x00\xff\xe0" * 8))
    title = [frames.TIT2(encoding=3, text=["Chapter"])]
    tags.add(frames.CTOC(element_id="toc", flags=3, child_element_ids=["one"], sub_frames=[]))
    chapter = frames.CHAP(
        element_id="one", start_time=0, end_time=300, start_offset=0xFFFFFFFF, end_offset=0xFFFFFFFF, sub_frames=title
    )
    tags.add(chapter)
    return tags


def audio_of(data: bytes) -> str:
    """Return a digest of the packets of audio, as FFmpeg finds them: a way that shares nothing with the writer."""
    digest = hashlib.sha256()
    with av.open(io.BytesIO(data), "r", metadata_errors="replace") as container:
        for packet in container.demux(audio=0):
            digest.update(bytes(packet))
    return digest.hexdigest()


def write(path: Path, *genres: str, **options: Any) -> Prepared:
    """Write genres and return what the journal would keep."""
    prepared = prepare_write(str(path), genres, None, WriteOptions(**options))
    commit(prepared)
    assert read_genre(str(path)).values == genres
    return prepared


def undo(path: Path, done: Prepared) -> Prepared:
    """Take a write back, and return what the journal would keep."""
    prepared = prepare_undo(str(path), done.before, done.after, done.patch, done.new_digest, WriteOptions())
    commit(prepared)
    return prepared


def alone(path: Path) -> bool:
    """Whether nothing of ours lies beside a file."""
    return not [name for name in path.parent.iterdir() if name.name.startswith(".mgc-")]
