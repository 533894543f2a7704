"""Tags behind the audio: ID3v1, APEv2 and Lyrics3, in whatever order they stand."""

from __future__ import annotations

from dataclasses import dataclass

from mgc_desktop.library.tags.ape import FOOTER, ApeTag, parse_ape
from mgc_desktop.library.tags.edits import Edit, Source
from mgc_desktop.library.tags.values import name_of, number_of

ID3V1 = 128


@dataclass(frozen=True, slots=True)
class Id3v1:
    """An ID3v1 tag (id3.org: ID3v1): fields of fixed length, and the number of a genre."""

    start: int
    data: bytes

    @property
    def genres(self) -> tuple[str, ...]:
        name = name_of(self.data[127])
        return (name,) if name else ()

    def fields(self) -> dict[str, bytes]:
        """Return the fields that are filled, as they are stored: title, artist, album, year, comment, track."""
        data = self.data
        has_track = data[125] == 0 and data[126] != 0
        places = {"title": (3, 33), "artist": (33, 63), "album": (63, 93), "year": (93, 97)}
        places["comment"] = (97, 125 if has_track else 127)
        found = {name: data[start:end].split(b"\0")[0].rstrip() for name, (start, end) in places.items()}
        found["track"] = str(data[126]).encode("ascii") if has_track else b""
        return {name: value for name, value in found.items() if value}

    def edits(self, values: tuple[str, ...]) -> list[Edit]:
        number = number_of(values)
        return [Edit(self.start + 127, self.start + 128, bytes((number,)))] if number != self.data[127] else []


@dataclass(frozen=True, slots=True)
class EndTags:
    """What stands behind the audio; `start` is where the audio ends, `id3v1_start` where an APEv2 tag would go."""

    start: int
    id3v1: Id3v1 | None
    ape: ApeTag | None


def find_end_tags(source: Source, begin: int) -> EndTags:
    """Return the tags at the end of a file whose audio begins at `begin`.

    Raises
    ------
    TagError
        Where an APEv2 tag is damaged.
    """
    end, id3v1, ape = source.size, None, None
    for _ in range(4):
        tail = source.read(max(begin, end - 160), min(160, end - begin))
        # The header of an APEv2 tag may stand where its middle looks like the beginning of an ID3v1 tag.
        if id3v1 is None and tail[-128:-125] == b"TAG" and tail[-131:-125] != b"APETAG":
            id3v1 = Id3v1(end - ID3V1, tail[-128:])
            end -= ID3V1
        elif ape is None and tail[-FOOTER : -FOOTER + 8] == b"APETAGEX":
            ape = parse_ape(source, begin, end)
            end = ape.start
        elif tail[-9:] == b"LYRICS200" and tail[-15:-9].isdigit() and int(tail[-15:-9]) + 15 <= end - begin:
            end -= int(tail[-15:-9]) + 15
        else:
            break
    return EndTags(end, id3v1, ape)
