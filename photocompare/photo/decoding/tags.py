"""What the decoding child reads about a photo: an allow-list of tags, and nothing else of EXIF, XMP or comments."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from photocompare.photo.decoding.primaries import D65_XY
from photocompare.photo.decoding.refusal import MALFORMED

EXIF_ORIENTATION, EXIF_IFD, INTEROP_IFD, INTEROP_INDEX = 0x0112, 0x8769, 0xA005, 0x0001
TRANSFER_FUNCTION, WHITE_POINT, PRIMARY_CHROMATICITIES, GAMMA = 0x012D, 0x013E, 0x013F, 0xA500
BITS_PER_SAMPLE = 0x0102

TEXT_TAGS = {"make": 0x010F, "model": 0x0110, "software": 0x0131}
PHOTO_TEXT_TAGS = {"taken": 0x9003, "digitised": 0x9004, "offset": 0x9011, "digitised_offset": 0x9012}
PHOTO_NUMBER_TAGS = {
    "exposure_s": 0x829A,
    "iso": 0x8827,
    "flash": 0x9209,
    "focal_length_mm": 0x920A,
    "focal_length_35mm": 0xA405,
    "colour_space": 0xA001,
    "pixel_x": 0xA002,
    "pixel_y": 0xA003,
}
"""Tags of EXIF 2.32 (CIPA DC-008-2019) that may leave the child."""

CHROMATICITIES = 8
"""Numbers of white, red, green and blue."""

ADOBE_COLOUR_SPACE = 2
"""Not of the standard, but in use."""

LONGEST_TEXT = 64
"""Characters of a tag that are looked at; a make or a date is shorter."""

HEIF_GAIN_MAP = re.compile(rb"aux:hdrgainmap|infe.{8}tmap", re.DOTALL)
"""Apple's auxiliary picture, and ISO 21496-1's derived item."""

JPEG_GAIN_MAP = (b"hdrgm:Version", b"urn:iso:std:iso:ts:21496:-1", b"aux:hdrgainmap", b"HDRGainMap")
"""Ultra HDR (XMP), ISO 21496-1 (APP2), and Apple's."""


@dataclass(frozen=True)
class TagFacts:
    """What the tags say.

    Parameters
    ----------
    orientation : int or None
        EXIF Orientation as written, whether it makes sense or not; None if absent.
    declared_colour : str
        "srgb", "adobe", "uncalibrated" or "" by EXIF ColorSpace and the interoperability index.
    camera : dict
        Text and numbers of the allow-list, unchecked.
    chromaticities : tuple of float
        x and y of white, red, green and blue (TIFF 6.0, section 20); empty if absent.
    transfer_function : tuple of float
        Linear light of each code, 0..65535, of one or three channels (TIFF 6.0, section 20); empty if absent.
    gamma : float or None
        EXIF Gamma.
    """

    orientation: int | None = None
    declared_colour: str = ""
    camera: dict[str, Any] = field(default_factory=dict)
    chromaticities: tuple[float, ...] = ()
    transfer_function: tuple[float, ...] = ()
    gamma: float | None = None


def read_tags(picture: Image.Image, kind: str) -> TagFacts:
    """Read the allow-list; malformed EXIF counts as none."""
    try:
        exif = _exif(picture, kind)
        photo, interop = exif.get_ifd(EXIF_IFD), exif.get_ifd(INTEROP_IFD)
        camera: dict[str, Any] = {name: text for name, tag in TEXT_TAGS.items() if (text := _text(exif.get(tag)))}
        camera |= {name: text for name, tag in PHOTO_TEXT_TAGS.items() if (text := _text(photo.get(tag)))}
        camera |= {name: number for name, tag in PHOTO_NUMBER_TAGS.items() if (number := _number(photo.get(tag))) is not None}
        orientation = _number(exif.get(EXIF_ORIENTATION))
        declared = _declared_colour(camera.pop("colour_space", None), _text(interop.get(INTEROP_INDEX)))
        # D65 where only the primaries are told.
        chromaticities = (_numbers(exif.get(WHITE_POINT)) or D65_XY) + _numbers(exif.get(PRIMARY_CHROMATICITIES))
        chromaticities = chromaticities if len(chromaticities) == CHROMATICITIES and any(chromaticities) else ()
        transfer = _numbers(exif.get(TRANSFER_FUNCTION))
        gamma = _number(photo.get(GAMMA))
    except MALFORMED:
        return TagFacts()
    return TagFacts(None if orientation is None else int(orientation), declared, camera, chromaticities, transfer, gamma)


def _exif(picture: Image.Image, kind: str) -> Image.Exif:
    if kind == "TIFF":
        return picture.getexif()
    # Not getexif(): it mixes in the orientation of XMP.
    exif = Image.Exif()
    block = picture.info.get("exif")
    if block is None and "Raw profile type exif" in picture.info:
        block = bytes.fromhex("".join(picture.info["Raw profile type exif"].split("\n")[3:]))
    if block:
        exif.load(block)
    return exif


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        value = value.decode("latin-1")
    return value[:LONGEST_TEXT].strip("\x00 ") if isinstance(value, str) else ""


def _number(value: Any) -> float | None:
    if isinstance(value, tuple) and value:
        value = value[0]
    try:
        number = float(value)
    except MALFORMED:
        return None
    return number if math.isfinite(number) else None


def _numbers(value: Any) -> tuple[float, ...]:
    """All numbers of a tag; empty if it is absent or one of them is no number."""
    numbers = [_number(part) for part in (value if isinstance(value, tuple) else (value,))]
    return tuple(number for number in numbers if number is not None) if None not in numbers else ()


def _declared_colour(colour_space: float | None, interop_index: str) -> str:
    """EXIF ColorSpace 1 is sRGB, 65535 uncalibrated; DCF 2.0 marks Adobe RGB by the index "R03", some cameras by ColorSpace 2."""
    if colour_space is None:
        return ""
    if colour_space == 1:
        return "srgb"
    return "adobe" if interop_index == "R03" or colour_space == ADOBE_COLOUR_SPACE else "uncalibrated"


def source_bit_depth(picture: Image.Image, data: bytes, kind: str) -> int:
    """Bits a channel in the file; Pillow's modes don't tell, it drops to 8 without a word."""
    if kind == "PNG":
        # IHDR: palettes have 8 bits a channel whatever the index has.
        return 8 if data[25] == 3 else data[24]
    if kind == "TIFF":
        bits = getattr(picture, "tag_v2", {}).get(BITS_PER_SAMPLE, (8,))
        return int(max(bits)) if isinstance(bits, tuple) else int(bits)
    return int(picture.info.get("bit_depth", 8)) if kind == "HEIF" else 8


def carries_gain_map(data: bytes, kind: str) -> bool:
    """True where an HDR gain map lies beside the standard picture."""
    if kind == "HEIF":
        return HEIF_GAIN_MAP.search(data) is not None
    return kind == "JPEG" and any(sign in data for sign in JPEG_GAIN_MAP)
