"""JPEG 2000 as DICOM holds it: is all of the codestream there, and how are its colours kept?

OpenJPEG decodes what is cut without a word.
"""

from __future__ import annotations

import struct

START, END = b"\xff\x4f\xff\x51", b"\xff\xd9"
"""SOC with the SIZ that follows it, and EOC (ITU-T T.800, table A.2)."""

TILE_PART, CODING_STYLE = 0xFF90, 0xFF52
"""SOT and COD."""

TILE_PART_HEAD = 12
"""Bytes of a SOT segment with its marker (T.800, A.4.2)."""

COLOUR_TRANSFORM_AT = 8
"""Where a COD segment says, from its marker on, whether the components are mixed (T.800, A.6.1)."""


def codestream_of(frame: bytes) -> bytes:
    """The codestream of a frame; some writers leave it in the boxes of a JP2 file."""
    start = frame.find(START)
    return b"" if start < 0 else frame[start:]


def is_whole(codestream: bytes) -> bool:
    """Whether every tile-part is there to its end, and the end marker behind the last."""
    position = _main_header(codestream)[1]
    while codestream[position : position + 2] == struct.pack(">H", TILE_PART):
        if position + TILE_PART_HEAD > len(codestream):
            return False
        (length,) = struct.unpack_from(">I", codestream, position + 6)
        if length == 0:
            # The last one may leave its length open: it ends with the codestream.
            return codestream.rstrip(b"\0").endswith(END)
        if length < TILE_PART_HEAD:
            return False
        position += length
    return codestream[position : position + 2] == END


def mixes_colours(codestream: bytes) -> bool:
    """Whether the decoder itself turns the components back into red, green and blue (RCT or ICT)."""
    return _main_header(codestream)[0]


def _main_header(codestream: bytes) -> tuple[bool, int]:
    """Whether the components are mixed, and where the first tile-part begins; behind the end if there is none."""
    position, mixed = 2, False
    while position + 4 <= len(codestream):
        marker, length = struct.unpack_from(">HH", codestream, position)
        if marker == TILE_PART:
            return mixed, position
        if marker == CODING_STYLE:
            mixed = codestream[position + COLOUR_TRANSFORM_AT : position + COLOUR_TRANSFORM_AT + 1] == b"\x01"
        position += 2 + length
    return mixed, len(codestream)
