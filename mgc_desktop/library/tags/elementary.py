"""Files that are bare audio with tags around it: MP3, raw AAC, True Audio, WavPack, Musepack, Monkey's Audio."""

from __future__ import annotations

from mgc_desktop.library.tags.ape import ape_edits, genre_item, new_ape, render_item
from mgc_desktop.library.tags.edits import Edit, Source, tidy
from mgc_desktop.library.tags.ends import Id3v1, find_end_tags
from mgc_desktop.library.tags.id3 import NEW_VERSION, Id3Tag, genre_content, new_tag, parse
from mgc_desktop.library.tags.translate import tag_edits


def leading_id3(source: Source) -> tuple[Id3Tag, ...]:
    """Return the ID3v2 tags in front, however many there are.

    Raises
    ------
    TagError
    """
    tags: list[Id3Tag] = []
    while (tag := parse(source, tags[-1].end if tags else 0, source.size)) is not None and len(tags) < 16:
        tags.append(tag)
    return tuple(tags)


class Elementary:
    """Tags around bare audio.

    All genre fields that a file has are kept in agreement, since programs differ in which they read. A file without
    any gets the tag that its format prefers; what an ID3v1 tag says is carried into it, or players would lose the
    title.

    Parameters
    ----------
    source : Source
    tags
        The ID3v2 tags in front.
    ape_preferred : bool
        The tag of a file that has none: APEv2, else ID3v2.
    wanted : int or None
        The version of ID3v2 that tags are turned into; None keeps them.
    """

    def __init__(self, source: Source, tags: tuple[Id3Tag, ...], ape_preferred: bool, wanted: int | None) -> None:
        self._source = source
        self._tags = tags
        self._ends = find_end_tags(source, tags[-1].end if tags else 0)
        self._wanted = wanted
        self._new_version = wanted or NEW_VERSION
        ape = self._ends.ape
        # An APEv2 tag that holds loudness alone is no reason to hide the genre from players that read ID3.
        self._uses_ape = not tags and (ape_preferred or (ape is not None and ape.names_the_track))
        self._ape_preferred = ape_preferred

    @property
    def container(self) -> str:
        if self._uses_ape or self._ape_preferred:
            return "APEv2"
        return self._tags[0].container if self._tags else f"ID3v2.{self._new_version}"

    @property
    def genres(self) -> tuple[str, ...]:
        ape = self._ends.ape.genres if self._ends.ape is not None else ()
        id3 = next((tag.genres for tag in self._tags if tag.genres), ())
        first, second = (ape, id3) if self._ape_preferred else (id3, ape)
        return first or second or (self._ends.id3v1.genres if self._ends.id3v1 is not None else ())

    def edits(self, values: tuple[str, ...]) -> list[Edit]:
        """Return the edits that give the file these genres.

        Raises
        ------
        TagError
        """
        return tidy([*self._id3_edits(values), *self._ape_edits(values), *self._id3v1_edits(values)])

    def _id3_edits(self, values: tuple[str, ...]) -> list[Edit]:
        edits: list[Edit] = []
        for index, tag in enumerate(self._tags):
            if tag.genre_frames or (index == 0 and not self._ape_preferred):
                wanted = self._wanted if index == 0 else None  # only the first is what players read
                edits += tag_edits(self._source, tag, values, wanted)
        if not self._tags and not self._uses_ape and values:
            frames = _carried(self._ends.id3v1, self._new_version)
            frames.append(("TCON", genre_content(values, self._new_version)))
            edits.append(Edit(0, 0, new_tag(frames, self._new_version)))
        return edits

    def _ape_edits(self, values: tuple[str, ...]) -> list[Edit]:
        ape, id3v1 = self._ends.ape, self._ends.id3v1
        if ape is not None:
            return ape_edits(ape, values) if ape.genre_items or self._uses_ape or self._ape_preferred else []
        if self._ape_preferred and values:
            fields = id3v1.fields() if id3v1 is not None else {}
            items = [
                render_item(name.capitalize().encode("ascii"), [text.decode("latin-1").encode("utf-8")])
                for name, text in fields.items()
            ]
            # Behind the audio and before an ID3v1 tag, which has to be the last.
            place = self._ends.start
            return [Edit(place, place, new_ape([*items, genre_item(values)]))]
        return []

    def _id3v1_edits(self, values: tuple[str, ...]) -> list[Edit]:
        return self._ends.id3v1.edits(values) if self._ends.id3v1 is not None else []


def _carried(id3v1: Id3v1 | None, version: int) -> list[tuple[str, bytes]]:
    """Return ID3v2 frames for the fields of an ID3v1 tag, their bytes as they are."""
    if id3v1 is None:
        return []
    names = {"title": "TIT2", "artist": "TPE1", "album": "TALB", "track": "TRCK"}
    names["year"] = "TDRC" if version == 4 else "TYER"
    fields = id3v1.fields()
    frames = [(names[name], b"\0" + text) for name, text in fields.items() if name in names]
    if "comment" in fields:
        frames.append(("COMM", b"\0eng" + b"ID3v1 Comment\0" + fields["comment"]))  # as mutagen names it
    return frames
