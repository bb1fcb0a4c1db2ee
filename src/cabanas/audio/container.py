"""Whether a media file ends where its own structure says it should. Pure.

A download that broke off often still decodes: the first half of a note, with nothing to show that it is half.
Only formats whose structure states lengths can tell; MP3, AAC and AMR are bare frames and cannot.
"""

from __future__ import annotations

_OGG_HEADER_BYTES = 27
_RIFF_SIZE_UNKNOWN = (0, 0xFFFFFFFF)


def ends_early(data: bytes) -> bool:
    """Whether the file promises bytes beyond its end (OGG pages, MP4 boxes, RIFF chunks; else False)."""
    if data.startswith(b"OggS"):
        return _ogg_ends_early(data)
    if data[4:8] == b"ftyp":
        return _mp4_ends_early(data)
    if data.startswith(b"RIFF"):
        return _riff_ends_early(data)
    return False


def _ogg_ends_early(data: bytes) -> bool:
    """Pages lie back to back: 27 bytes, one length byte a segment, then the segments (RFC 3533, section 6)."""
    page = 0
    while data.startswith(b"OggS", page):
        if page + _OGG_HEADER_BYTES > len(data):
            return True
        lengths = page + _OGG_HEADER_BYTES
        body = lengths + data[page + 26]
        page = body + sum(data[lengths:body])
    # Anything else after the last page is trailing garbage, which players skip; a partial page is not.
    return page > len(data) or 0 < len(data) - page < 4


def _mp4_ends_early(data: bytes) -> bool:
    """Top-level boxes start with their size in 4 bytes, or 1 and the size in 8 after the type (ISO 14496-12)."""
    box = 0
    while box + 8 <= len(data):
        size = int.from_bytes(data[box : box + 4])
        if size == 0:  # this box runs to the end of the file
            return False
        if size == 1:
            size = int.from_bytes(data[box + 8 : box + 16])
        if size < 8:
            return False
        box += size
    return box != len(data)


def _riff_ends_early(data: bytes) -> bool:
    size = int.from_bytes(data[4:8], "little")
    # Whoever streams a WAV cannot know its size in advance and writes one of the two extremes.
    return size not in _RIFF_SIZE_UNKNOWN and 8 + size > len(data)
