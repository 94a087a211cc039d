"""What a file says of its colours beside a profile: PNG's chunks, HEIF's numbers, the tags of EXIF and TIFF.

What is declared is used or refused: a curve for HDR screens read as sRGB makes veins pale.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from PIL import Image

from photocompare.photo.decoding.heif_items import main_stream_configurations
from photocompare.photo.decoding.hevc_colour import stream_colours
from photocompare.photo.decoding.primaries import (
    ADOBE_CORNERS,
    ADOBE_RGB_GAMMA,
    BT2020_CORNERS,
    H273_CORNERS,
    H273_CURVES,
    H273_HDR_CURVES,
    H273_UNSPECIFIED,
    P3_CORNERS,
    SRGB_CORNERS,
    SRGB_CURVE,
    Corners,
)
from photocompare.photo.decoding.refusal import CannotDecode
from photocompare.photo.decoding.tags import TagFacts

NEAR_XY = 0.01
"""How far off chromaticities still count as those of a known space: writers round to two digits."""

NEAR_GAMMA = 0.05
"""Likewise of gamma: PNG (3rd edition, 11.3.2) gives 1 / 0.45455 for sRGB, EXIF 2.2."""

SRGB_GAMMA = 2.2
"""Gamma that files give for the sRGB curve."""

KNOWN_SPACES = (("Display P3", P3_CORNERS, True), ("BT.2020", BT2020_CORNERS, True), ("Adobe RGB", ADOBE_CORNERS, False))
"""Name, corners, and whether the curve is sRGB's."""

CICP_BYTES, PNG_UNIT = 4, 100_000
"""Length of a cICP chunk; what 1 is written as in gAMA and cHRM."""

TRANSFER_TABLES = (1 << 8, 1 << 16)
"""Entries of a TIFF TransferFunction of 8 and 16 bits a channel (TIFF 6.0, section 20)."""


@dataclass(frozen=True)
class DeclaredColour:
    """Colours as a file declares them.

    Parameters
    ----------
    name : str
        Of `reading.COLOUR_SPACES`.
    corners : tuple of 8 float or None
        None where the file's primaries are sRGB's, or unknown.
    curve : tuple of float or None
        As `primaries.matrix_profile` takes it; None where it is sRGB's, or unknown.
    narrow : bool
        Codes run from 16 to 235 (H.273, VideoFullRangeFlag 0).
    before_profile : bool
        It counts even where the file holds a profile too.
    """

    name: str
    corners: Corners | None = None
    curve: tuple[float, ...] | None = None
    narrow: bool = False
    before_profile: bool = False


def declared_colour(picture: Image.Image, data: bytes, kind: str, tags: TagFacts) -> DeclaredColour:
    """What the file says of its colours, the strongest word first.

    Raises
    ------
    CannotDecode
        "hdr_curve" or "odd_colour": what it says can't be brought to sRGB.
    """
    chunks = _png_colour_chunks(data) if kind == "PNG" else {}
    if b"cICP" in chunks:
        return _of_cicp(chunks[b"cICP"])
    try:
        numbers = _heif_numbers(picture, data) if kind == "HEIF" else None
        if numbers is not None:
            return _of_numbers(*numbers)
        return _of_chunks(chunks) or _of_tags(tags)
    except CannotDecode as refusal:
        # A profile makes good what is odd beside it; but a curve for HDR screens is none of a profile's.
        if refusal.code == "odd_colour" and picture.info.get("icc_profile"):
            return DeclaredColour("unknown")
        raise


def _heif_numbers(picture: Image.Image, data: bytes) -> tuple[int, int] | None:
    """Primaries and curve of HEIF's own box, and what that leaves unsaid by the stream itself; None where neither says anything.

    Matrix and range are libheif's part, of both.
    """
    nclx = picture.info.get("nclx_profile")
    boxed = (int(nclx["color_primaries"]), int(nclx["transfer_characteristics"])) if isinstance(nclx, dict) else None
    if boxed is not None and H273_UNSPECIFIED not in boxed:
        return boxed
    said = stream_colours(main_stream_configurations(data)) or (H273_UNSPECIFIED, H273_UNSPECIFIED)
    primaries, curve = (own if one == H273_UNSPECIFIED else one for one, own in zip(boxed or said, said, strict=True))
    return None if boxed is None and primaries == curve == H273_UNSPECIFIED else (primaries, curve)


def _of_numbers(primaries: int, transfer: int) -> DeclaredColour:
    """Code points of H.273."""
    if transfer in H273_HDR_CURVES:
        raise CannotDecode("hdr_curve")
    unspecified = primaries == H273_UNSPECIFIED
    corners = SRGB_CORNERS if unspecified else H273_CORNERS.get(primaries)
    curve = SRGB_CURVE if transfer == H273_UNSPECIFIED else H273_CURVES.get(transfer)
    if corners is None or curve is None:
        raise CannotDecode("odd_colour")
    return _named(corners, curve, "sRGB (assumed)" if unspecified else "sRGB")


def _named(corners: Corners, curve: tuple[float, ...], if_srgb: str) -> DeclaredColour:
    srgb, srgb_curve = _near(corners, SRGB_CORNERS), curve == SRGB_CURVE
    known = next((name for name, space, usual in KNOWN_SPACES if _near(corners, space) and usual == srgb_curve), "other declared")
    return DeclaredColour(if_srgb if srgb and srgb_curve else known, None if srgb else corners, None if srgb_curve else curve)


def _near(corners: Corners, known: Corners) -> bool:
    return all(abs(a - b) <= NEAR_XY for a, b in zip(corners, known, strict=True))


def _of_cicp(numbers: bytes) -> DeclaredColour:
    """PNG, 3rd edition, 11.3.2.6: primaries, curve, matrix (always 0), full range."""
    if len(numbers) != CICP_BYTES or numbers[2]:
        raise CannotDecode("odd_colour")
    return replace(_of_numbers(numbers[0], numbers[1]), narrow=not numbers[3], before_profile=True)


def _of_chunks(chunks: Mapping[bytes, bytes]) -> DeclaredColour | None:
    """PNG, 3rd edition, 4.3: sRGB goes before gAMA and cHRM, and these before EXIF."""
    if b"sRGB" in chunks:
        return DeclaredColour("sRGB")
    try:
        gamma = PNG_UNIT / int.from_bytes(chunks[b"gAMA"], "big") if b"gAMA" in chunks else None
        corners = _corners([value / PNG_UNIT for value in struct.unpack(">8I", chunks[b"cHRM"])]) if b"cHRM" in chunks else None
    except (ArithmeticError, struct.error):
        raise CannotDecode("odd_colour") from None
    return _of_values(gamma, corners)


def _png_colour_chunks(data: bytes) -> dict[bytes, bytes]:
    """The chunks that speak of colour, the first of each kind; the container was found whole before."""
    chunks: dict[bytes, bytes] = {}
    position = 8
    while position + 12 <= len(data):
        length, name = struct.unpack_from(">I4s", data, position)
        if name in (b"cICP", b"sRGB", b"gAMA", b"cHRM"):
            chunks.setdefault(name, data[position + 8 : position + 8 + length])
        position += 12 + length
    return chunks


def _of_tags(tags: TagFacts) -> DeclaredColour:
    """EXIF ColorSpace; where it names no space, TIFF's chromaticities and curve or EXIF's Gamma."""
    if tags.declared_colour == "srgb":
        return DeclaredColour("sRGB")
    if tags.declared_colour == "adobe":
        return DeclaredColour("Adobe RGB", ADOBE_CORNERS, (ADOBE_RGB_GAMMA,))
    corners = _corners(tags.chromaticities) if tags.chromaticities else None
    if corners is None and tags.declared_colour == "uncalibrated":
        return DeclaredColour("unknown")
    table = _transfer_table(tags.transfer_function) if tags.transfer_function else None
    return _of_values(tags.gamma, corners, table) or DeclaredColour("sRGB (assumed)")


def _corners(values: Sequence[float]) -> Corners:
    white_x, white_y, red_x, red_y, green_x, green_y, blue_x, blue_y = values
    return white_x, white_y, red_x, red_y, green_x, green_y, blue_x, blue_y


def _transfer_table(values: Sequence[float]) -> tuple[float, ...]:
    """One table for all channels, or three that are the same."""
    length = next((length for length in TRANSFER_TABLES if len(values) in (length, 3 * length)), 0)
    tables = {tuple(values[start : start + length]) for start in range(0, len(values), length)} if length else set()
    if len(tables) != 1:
        raise CannotDecode("odd_colour")
    return tuple(value / 65535 for value in tables.pop())


def _of_values(gamma: float | None, corners: Corners | None, table: tuple[float, ...] | None = None) -> DeclaredColour | None:
    """Colours of chromaticities, of a gamma, or of both; None where neither is given."""
    if gamma is None and corners is None and table is None:
        return None
    if gamma is not None and gamma <= 0:
        raise CannotDecode("odd_colour")
    corners = SRGB_CORNERS if corners is None else corners
    if table is not None:
        return _named(corners, table, "sRGB (assumed)")
    # Adobe RGB has a gamma of 2.2 where sRGB and P3 have the curve that files call 2.2.
    if _near(corners, ADOBE_CORNERS) and gamma is not None:
        return _named(corners, (gamma,), "sRGB (assumed)")
    near_srgb_curve = gamma is None or abs(gamma - SRGB_GAMMA) <= NEAR_GAMMA
    return _named(corners, SRGB_CURVE if gamma is None or near_srgb_curve else (gamma,), "sRGB (assumed)")
