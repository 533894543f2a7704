"""Whether bytes are MPEG audio (ISO 11172-3, 13818-3) or raw AAC (ISO 13818-7, ADTS): frames that follow each other."""

from __future__ import annotations

_BIT_RATES = {  # kbit/s by MPEG-1 or later and layer
    (1, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (1, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_SAMPLE_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
SEARCHED = 1 << 17  # bytes of junk that may stand in front
_IN_A_ROW = 3


def is_mpeg_audio(data: bytes, ends_here: bool) -> bool:
    """Whether a chain of frames begins somewhere in `data`; `ends_here` where nothing of the file follows."""
    at = data.find(b"\xff")
    while at >= 0:
        if _chain(data, at, ends_here):
            return True
        at = data.find(b"\xff", at + 1)
    return False


def _chain(data: bytes, at: int, ends_here: bool) -> bool:
    for count in range(_IN_A_ROW):
        length = _frame_length(data[at : at + 7])
        if not length:
            return False
        at += length
        if at + 7 > len(data):
            return ends_here and count > 0 and at <= len(data)
    return True


def _frame_length(head: bytes) -> int:
    """Return the length of the frame that begins so, or 0."""
    if len(head) < 7 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return 0
    if head[1] & 0xF6 == 0xF0:
        length = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
        return length if length > 7 and head[2] >> 2 & 15 < 13 else 0
    version, layer = head[1] >> 3 & 3, 4 - (head[1] >> 1 & 3)
    rate, bits = head[2] >> 2 & 3, head[2] >> 4
    if version == 1 or layer == 4 or rate == 3 or bits in (0, 15):
        return 0
    bit_rate = _BIT_RATES[1 if version == 3 else 2, layer][bits - 1] * 1000
    padding, hertz = head[2] >> 1 & 1, _SAMPLE_RATES[version][rate]
    if layer == 1:
        return (12 * bit_rate // hertz + padding) * 4
    samples = 144 if layer == 2 or version == 3 else 72
    return samples * bit_rate // hertz + padding
