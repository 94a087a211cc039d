"""Any picture that Pillow decodes, as 8-bit sRGB: profiles applied, grey spread over three channels, doubt refused."""

from __future__ import annotations

import io
import itertools
import re
import struct
from dataclasses import dataclass, field

from PIL import Image

from photocompare.photo.decoding.declared import DeclaredColour
from photocompare.photo.decoding.primaries import H273_HDR_CURVES, SRGB_CORNERS, SRGB_CURVE, matrix_profile
from photocompare.photo.decoding.refusal import MALFORMED, CannotDecode

CLOSE_TO_SRGB = 1
"""Codes of 255 by which a profile may differ from sRGB on a lattice and still be called sRGB: its rounding."""

LATTICE = (0, 36, 73, 109, 146, 182, 219, 255)

KNOWN_PROFILES = (("display p3", "Display P3"), ("adobe rgb", "Adobe RGB"), ("prophoto", "ProPhoto RGB"), ("romm", "ProPhoto RGB"))

HDR_DESCRIPTION = re.compile(r"(?<![a-z])(pq|hlg)(?![a-z])|2100|2084", re.IGNORECASE)
"""Profiles for HDR screens by name, as "ITUR_2100_PQ_FULL"; newer ones have a `cicp` tag (ICC.1:2022, 9.2.17)."""

ICC_TAG_COUNT, CICP_TRANSFER = 128, 9
"""Offset of the number of tags in a profile, and of the curve's number in its `cicp` tag (ICC.1:2022, 7.3 and 10.3)."""

NARROW_LOWEST, NARROW_STEPS = 16, 219
"""Code of black, and codes from there to white, of narrow range (ITU-R BT.709, 4.6)."""


@dataclass(frozen=True)
class SrgbPicture:
    """A picture of mode RGB in sRGB, and how it came there."""

    picture: Image.Image
    name: str
    grey: bool = False
    palette: bool = False
    flags: list[str] = field(default_factory=list)


def to_srgb(picture: Image.Image, declared: DeclaredColour) -> SrgbPicture:
    """Bring a loaded picture to sRGB.

    Parameters
    ----------
    picture : Image
        Of any mode.
    declared : DeclaredColour
        What the file says of its colours beside a profile, which goes before it unless the format says otherwise.

    Raises
    ------
    CannotDecode
        Transparency, float or two-level data, CMYK without a usable profile, HDR curves, colours that can't be had.
    """
    info, palette = dict(picture.info), picture.mode in ("P", "PA")
    profile, profile_broken = info.get("icc_profile"), "icc_profile" in info and not info["icc_profile"]
    plain = plain_mode(picture)
    grey = plain.mode == "L"
    if plain.mode == "CMYK" and not profile:
        raise CannotDecode("cmyk")
    if (profile or profile_broken) and not declared.before_profile:
        converted = _apply_profile(plain, profile) if profile else None
        if converted is None and plain.mode == "CMYK":
            raise CannotDecode("cmyk")
        if converted is None:
            return SrgbPicture(_as_rgb(plain), "unknown", grey, palette, ["unknown_colour_space"])
        return SrgbPicture(*converted, grey, palette)
    return _by_declaration(_as_rgb(plain), declared, grey, palette)


def plain_mode(picture: Image.Image) -> Image.Image:
    """The picture as L, RGB or CMYK, or a refusal where that would guess."""
    mode = picture.mode
    if mode == "1":
        raise CannotDecode("two_levels")
    if mode.startswith("I;16"):
        return _high_byte(picture)
    if "transparency" in picture.info or mode in ("LA", "La", "PA", "RGBA", "RGBa"):
        with_alpha = picture.convert("RGBA")
        if with_alpha.getchannel("A").getextrema() != (255, 255):
            raise CannotDecode("transparent")
        return picture.convert("L" if mode in ("L", "LA", "La") else "RGB")
    if mode in ("P", "YCbCr", "RGBX"):
        return picture.convert("RGB")
    if mode not in ("L", "RGB", "CMYK"):
        raise CannotDecode("float_or_lab")
    return picture


def _as_rgb(picture: Image.Image) -> Image.Image:
    # convert() would copy a picture that is RGB already
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def _high_byte(picture: Image.Image) -> Image.Image:
    """16-bit grey to 8: the high byte, as Pillow itself reduces 16-bit colour."""
    raw = picture.tobytes("raw", "I;16B")
    return Image.frombytes("L", picture.size, raw[::2])


def _apply_profile(picture: Image.Image, profile: bytes) -> tuple[Image.Image, str] | None:
    """The picture in sRGB and the profile's name, or None if the profile can't be used."""
    from PIL import ImageCms

    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if _is_for_hdr(profile, source.profile.profile_description or ""):
            raise CannotDecode("hdr_curve")
        space = source.profile.xcolor_space.strip()
        if picture.mode == "L" and space == "RGB":
            picture = picture.convert("RGB")
        if {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}.get(space) != picture.mode:
            return None
        # Relative colorimetric without black-point compensation: the colours themselves, as a measurement wants them.
        transform = ImageCms.buildTransform(
            source, ImageCms.createProfile("sRGB"), picture.mode, "RGB", ImageCms.Intent.RELATIVE_COLORIMETRIC
        )
        if picture.mode == "RGB":
            if _is_srgb(transform):
                return picture, "sRGB"
            ImageCms.applyTransform(picture, transform, inPlace=True)
            return picture, _name(source.profile.profile_description or "")
        converted = ImageCms.applyTransform(picture, transform)
        return None if converted is None else (converted, "grey profile" if space == "GRAY" else "CMYK profile")
    except (ImageCms.PyCMSError, *MALFORMED):
        return None


def _is_for_hdr(profile: bytes, description: str) -> bool:
    """True for a profile with the curve of PQ or HLG, by its `cicp` tag or, where it has none, by its name."""
    (count,) = struct.unpack_from(">I", profile, ICC_TAG_COUNT)
    for position in range(ICC_TAG_COUNT + 4, min(ICC_TAG_COUNT + 4 + 12 * count, len(profile) - 11), 12):
        name, start = struct.unpack_from(">4sI", profile, position)
        if name == b"cicp":
            return profile[start + CICP_TRANSFER : start + CICP_TRANSFER + 1] in (bytes([curve]) for curve in H273_HDR_CURVES)
    return HDR_DESCRIPTION.search(description) is not None


def _is_srgb(transform: object) -> bool:
    from PIL import ImageCms

    lattice = Image.frombytes("RGB", (len(LATTICE) ** 3, 1), bytes(itertools.chain(*itertools.product(LATTICE, repeat=3))))
    out = ImageCms.applyTransform(lattice, transform)  # type: ignore[arg-type]
    return out is not None and max(abs(a - b) for a, b in zip(out.tobytes(), lattice.tobytes(), strict=True)) <= CLOSE_TO_SRGB


def _name(description: str) -> str:
    """A name of the allow-list: a profile's description is free text and may hold anything."""
    return next((name for sign, name in KNOWN_PROFILES if sign in description.lower()), "other profile")


def _by_declaration(picture: Image.Image, declared: DeclaredColour, grey: bool, palette: bool) -> SrgbPicture:
    """Colours of a file by what it says of them beside a profile."""
    flags = ["unknown_colour_space"] if declared.name == "unknown" else []
    if declared.narrow:
        picture = picture.point([_of_narrow(code) for code in range(256)] * 3)
    # Primaries move no grey.
    if declared.curve is not None or (declared.corners is not None and not grey):
        picture = _converted(picture, declared)
    return SrgbPicture(picture, declared.name, grey, palette, flags)


def _of_narrow(code: int) -> int:
    return min(255, max(0, round((code - NARROW_LOWEST) * 255 / NARROW_STEPS)))


def _converted(picture: Image.Image, declared: DeclaredColour) -> Image.Image:
    try:
        profile = matrix_profile(declared.corners or SRGB_CORNERS, declared.curve or SRGB_CURVE, description=declared.name)
    except MALFORMED:
        raise CannotDecode("odd_colour") from None
    converted = _apply_profile(picture, profile)
    if converted is None:
        raise CannotDecode("odd_colour")
    return converted[0]
