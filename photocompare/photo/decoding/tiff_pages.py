"""Which page of a TIFF is the photo: programs put a preview beside it, cameras their raw data."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from photocompare.photo.decoding.refusal import MALFORMED, CannotDecode

BITS_PER_SAMPLE, COMPRESSION, PLANAR = 0x0102, 0x0103, 0x011C
NEW_SUBFILE_TYPE, SUBFILE_TYPE, WIDTH, HEIGHT, PHOTOMETRIC, SUB_IFDS, DNG_VERSION = 0x00FE, 0x00FF, 0x0100, 0x0101, 0x0106, 0x014A, 0xC612

REDUCED_BIT, REDUCED_OLD = 1, 2
"""Bit 0 of NewSubfileType, and the value of SubfileType that it replaced: a smaller copy of another page (TIFF 6.0, section 8)."""

RAW_PHOTOMETRICS = frozenset({32803, 34892})
"""A sensor's mosaic, and its linear data (DNG 1.7)."""

CANON_RAW, CANON_RAW_AT = b"CR", 8
"""What marks a CR2 behind the header."""

MOST_PAGES = 32
"""Pages that are looked at: a photo of 20 000 pixels halved down to 1 has 15 smaller copies."""

BIG_TIFF = 43


MIN_IS_WHITE, UNCOMPRESSED, BY_PLANES = 0, 1, 2
"""Values of PhotometricInterpretation, Compression and PlanarConfiguration (TIFF 6.0)."""


def judge_layout(tags: Mapping[int, Any]) -> None:
    """Refuse what Pillow 12 reads as another picture: planes of more than 8 bits without compression, and deep grey where 0 is white.

    Parameters
    ----------
    tags : mapping
        Of the page that is the photo.

    Raises
    ------
    CannotDecode
        "float_or_lab".
    """
    bits = tags.get(BITS_PER_SAMPLE, 1)
    deep = max(bits if isinstance(bits, tuple) else (bits,)) > 8
    by_planes = tags.get(PLANAR) == BY_PLANES and tags.get(COMPRESSION, UNCOMPRESSED) == UNCOMPRESSED
    if deep and (by_planes or tags.get(PHOTOMETRIC) == MIN_IS_WHITE):
        raise CannotDecode("float_or_lab")


@dataclass(frozen=True)
class _Page:
    reduced: bool
    small: bool
    raw: bool
    holds_more: bool


def main_page(data: bytes, min_side: int) -> int:
    """Number of the page that is the photo.

    Parameters
    ----------
    data : bytes
    min_side : int
        A further page with a side below it is taken for a preview, whatever its tags say: no photo is that small.

    Raises
    ------
    CannotDecode
        "several_pictures", "camera_raw", "damaged".
    """
    try:
        pages = _pages(data, min_side)
    except MALFORMED:
        raise CannotDecode("damaged") from None
    if not pages:
        raise CannotDecode("damaged")
    whole = [number for number, page in enumerate(pages) if not page.reduced]
    canon = data[CANON_RAW_AT : CANON_RAW_AT + 2] == CANON_RAW
    if not whole or canon or any(page.raw for page in pages) or (pages[0].reduced and pages[0].holds_more):
        raise CannotDecode("camera_raw")
    photos = [number for number in whole if not pages[number].small] or whole[:1]
    if len(photos) > 1:
        raise CannotDecode("several_pictures")
    return photos[0]


def _pages(data: bytes, min_side: int) -> list[_Page]:
    """The pages in a row, by their tags alone."""
    # Photos of other formats need none of it.
    from PIL import TiffImagePlugin

    file, seen, pages = io.BytesIO(data), set[int](), list[_Page]()
    tags: Any = TiffImagePlugin.ImageFileDirectory_v2(data[: 16 if BIG_TIFF in data[2:4] else 8])
    while tags.next:
        if tags.next in seen:
            raise CannotDecode("damaged")
        if len(pages) == MOST_PAGES:
            raise CannotDecode("several_pictures")
        seen.add(tags.next)
        file.seek(tags.next)
        tags.load(file)
        pages.append(_page(tags, min_side))
    return pages


def _page(tags: Any, min_side: int) -> _Page:
    return _Page(
        reduced=bool(int(tags.get(NEW_SUBFILE_TYPE, 0)) & REDUCED_BIT) or tags.get(SUBFILE_TYPE) == REDUCED_OLD,
        small=min(int(tags.get(WIDTH, 0)), int(tags.get(HEIGHT, 0))) < min_side,
        raw=DNG_VERSION in tags or tags.get(PHOTOMETRIC) in RAW_PHOTOMETRICS,
        holds_more=SUB_IFDS in tags,
    )
