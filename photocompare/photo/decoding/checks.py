"""Is all of the file there?  Checks of the container, which decoders pass over.

libjpeg paints what is missing in grey, Pillow does not look at the checksums of PNG's image data, and a copy cut short
and filled up with zeros decodes without a word.
"""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Iterator

from photocompare.photo.decoding.heif_items import heif_is_whole
from photocompare.photo.decoding.refusal import CannotDecode

JPEG_SOS, JPEG_EOI, JPEG_EOI_BYTES = 0xDA, 0xD9, 2
JPEG_MARKER = re.compile(rb"\xff[^\x00\xff]")
JPEG_AFTER_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""In entropy-coded data: any marker but a stuffed zero and the restart markers (ITU-T T.81, B.1.1)."""

JPEG_BARE_MARKERS = frozenset({0x01, *range(0xD0, 0xD8)})
"""Markers without a length (ITU-T T.81, table B.1)."""

JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC} | {0xDE, 0xF7}
"""Markers that begin a frame (ITU-T T.81, table B.1; T.87 for JPEG-LS)."""

JPEG_USUAL_FRAMES, JPEG_USUAL_BITS = frozenset({0xC0, 0xC1, 0xC2}), 8
"""Baseline, extended and progressive with Huffman codes."""

JPEG_SEQUENTIAL_FRAMES = frozenset({0xC0, 0xC1})

JPEG_COMPONENTS_AT, JPEG_SEQUENTIAL_RANGE = 4, b"\0\x3f\0"
"""Where a scan's segment has the number of its components; Ss, Se, Ah and Al behind these in a sequential picture (T.81, table B.3)."""

JPEG_KIND_OF_FRAME = {
    **dict.fromkeys((0xC5, 0xC6, 0xC7, 0xCD, 0xCE, 0xCF, 0xDE), "jpeg_hierarchical"),
    **dict.fromkeys((0xC3, 0xCB), "jpeg_lossless"),
    **dict.fromkeys((0xC9, 0xCA), "jpeg_arithmetic"),
    0xF7: "jpeg_ls",
}

LIBJPEG_EXTRANEOUS = re.compile(rb"Corrupt JPEG data: (\d+) extraneous bytes before marker 0xd9")
LIBJPEG_DAMAGE = (b"Corrupt JPEG data", b"Premature end of JPEG", b"Invalid component", b"Inconsistent progression")
"""libjpeg-turbo's warnings (jerror.h) that mean lost or misread picture data."""


def require_whole(data: bytes, kind: str) -> None:
    """Refuse as damaged a file whose container says that something is missing or changed."""
    whole = {"JPEG": _jpeg_whole, "PNG": _png_whole, "WEBP": _webp_whole, "HEIF": heif_is_whole}.get(kind)
    if whole is not None and not whole(data):
        raise CannotDecode("damaged")


def jpeg_segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, start and end of each segment of a JPEG's first picture, scans with their data, up to the end marker if there is one.

    Bytes between segments are passed over, as libjpeg does.
    """
    position = 2
    while (found := JPEG_MARKER.search(data, position)) is not None:
        marker, start, position = data[found.end() - 1], found.end() - 2, found.end()
        if marker == JPEG_EOI:
            yield marker, start, position
            return
        if marker in JPEG_BARE_MARKERS:
            continue
        if position + 2 > len(data):
            return
        position += int.from_bytes(data[position : position + 2], "big")
        if marker == JPEG_SOS:
            scan_end = JPEG_AFTER_SCAN.search(data, position)
            if scan_end is None:
                return
            position = scan_end.start()
        yield marker, start, position


def jpeg_end(data: bytes) -> int:
    """Offset of the first picture's end marker, -1 if there is none."""
    return next((start for marker, start, _ in jpeg_segments(data) if marker == JPEG_EOI), -1)


def unusual_jpeg(data: bytes) -> str:
    """Code of the kind of JPEG, by its frame header, where it is none that everything reads; else empty."""
    marker, start = next(((marker, start) for marker, start, _ in jpeg_segments(data) if marker in JPEG_FRAMES), (JPEG_EOI, 0))
    if marker in JPEG_USUAL_FRAMES:
        return "jpeg_12bit" if data[start + 4 : start + 5] > bytes([JPEG_USUAL_BITS]) else ""
    return JPEG_KIND_OF_FRAME.get(marker, "")


def by_the_book(data: bytes) -> bytes:
    """The first picture of a JPEG, without what cameras write otherwise than T.81 says and every decoder passes over.

    That is bytes between segments, and the range of coefficients in scans of a sequential picture, which has but one (B.2.3): some
    phones write zeros.  libjpeg tells of its first warning only, so that one of these would hide the next.
    """
    parts, sequential = [b"\xff\xd8"], False
    for marker, start, end in jpeg_segments(data):
        segment = data[start:end]
        sequential = marker in JPEG_SEQUENTIAL_FRAMES if marker in JPEG_FRAMES else sequential
        if marker == JPEG_SOS and sequential and len(segment) > JPEG_COMPONENTS_AT:
            at = JPEG_COMPONENTS_AT + 1 + 2 * segment[JPEG_COMPONENTS_AT]
            segment = segment[:at] + JPEG_SEQUENTIAL_RANGE + segment[at + len(JPEG_SEQUENTIAL_RANGE) :]
        parts.append(segment)
    return b"".join(parts)


def _jpeg_whole(data: bytes) -> bool:
    return jpeg_end(data) > 0


def _png_whole(data: bytes) -> bool:
    position, view = 8, memoryview(data)
    while position + 12 <= len(data):
        length = int.from_bytes(view[position : position + 4], "big")
        name = bytes(view[position + 4 : position + 8])
        end = position + 12 + length
        if end > len(data):
            return False
        # Upper case first letter: a chunk that the picture depends on (PNG 3rd edition, 5.4).
        if name[:1].isupper() and zlib.crc32(view[position + 4 : end - 4]) != int.from_bytes(view[end - 4 : end], "big"):
            return False
        if name == b"IEND":
            return True
        position = end
    return False


def _webp_whole(data: bytes) -> bool:
    return int.from_bytes(data[4:8], "little") + 8 <= len(data)


def libjpeg_complaint(data: bytes) -> bool:
    """True where libjpeg warns of damaged picture data.

    Pillow swallows libjpeg's warnings; OpenCV's copy prints them on standard error, so the scan is read once more at an
    eighth of its size, which costs the entropy decoding only.  Padding between the scan and the end marker, which some
    cameras write, draws the same warning and is no damage.
    """
    try:
        import cv2
        import numpy as np
    except ImportError:
        return False
    data = by_the_book(data)
    reader, writer = os.pipe()
    kept = os.dup(2)
    os.dup2(writer, 2)
    os.close(writer)
    try:
        cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_REDUCED_GRAYSCALE_8)
    except cv2.error:
        return True
    finally:
        # The pipe has no writer any more after this, so reading it ends.
        os.dup2(kept, 2)
        os.close(kept)
    with os.fdopen(reader, "rb") as pipe:
        said = pipe.read()
    padded = LIBJPEG_EXTRANEOUS.search(said)
    if padded is not None:
        end = len(data) - JPEG_EOI_BYTES
        return bool(data[end - int(padded[1]) : end].strip(b"\x00\xff"))
    return any(words in said for words in LIBJPEG_DAMAGE)
