"""Any picture that Pillow decodes, as 8-bit sRGB: profiles applied, grey spread over three channels, doubt refused."""

from __future__ import annotations

import io
import itertools
import math
import struct
from dataclasses import dataclass, field

from PIL import Image

from photocompare.photo.decoding.refusal import MALFORMED, CannotDecode

Colorants = tuple[tuple[float, float, float], ...]

DISPLAY_P3: Colorants = ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407))
"""XYZ of the red, green and blue of Display P3 under D50 (SMPTE EG 432-1 primaries, D65, Bradford)."""

ADOBE_RGB: Colorants = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))
"""Likewise of Adobe RGB (1998), version 2005-05, 4.3.5.3."""

ADOBE_RGB_GAMMA = 563 / 256
"""Adobe RGB (1998), 4.3.4.2."""

SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
"""g, a, b, c, d of IEC 61966-2-1 as an ICC parametric curve of type 3."""

D50 = (0.9642, 1.0, 0.8249)
"""White of the ICC connection space (ICC.1:2022, 7.2.16)."""

CLOSE_TO_SRGB = 1
"""Codes of 255 by which a profile may differ from sRGB on a lattice and still be called sRGB: its rounding."""

LATTICE = (0, 36, 73, 109, 146, 182, 219, 255)

KNOWN_PROFILES = (("display p3", "Display P3"), ("adobe rgb", "Adobe RGB"), ("prophoto", "ProPhoto RGB"), ("romm", "ProPhoto RGB"))

PNG_SRGB_GAMMA = 0.45455
PNG_SRGB_XY = (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)
PNG_NEAR = 0.01
"""gAMA and cHRM that PNG (3rd edition, 11.3.2) gives for sRGB, and how far off still counts: writers round to two digits."""

NCLX_P3, NCLX_SRGB_PRIMARIES = 12, frozenset({1, 2})
NCLX_SRGB_TRANSFERS, NCLX_HDR_TRANSFERS = frozenset({1, 2, 6, 13}), frozenset({16, 18})
"""ITU-T H.273, tables 2 and 3: 1 BT.709, 2 unspecified, 12 P3; 6 BT.601, 13 sRGB, 16 PQ, 18 HLG."""


@dataclass(frozen=True)
class SrgbPicture:
    """A picture of mode RGB in sRGB, and how it came there."""

    picture: Image.Image
    name: str
    grey: bool = False
    palette: bool = False
    flags: list[str] = field(default_factory=list)


def to_srgb(picture: Image.Image, declared: str, kind: str) -> SrgbPicture:
    """Bring a loaded picture to sRGB.

    Parameters
    ----------
    picture : Image
        Of any mode.
    declared : str
        What EXIF says of the colours (`TagFacts.declared_colour`); a profile goes before it.
    kind : str
        Format, as Pillow calls it.

    Raises
    ------
    CannotDecode
        Transparency, float or two-level data, CMYK without a usable profile, HDR curves.
    """
    info, palette = dict(picture.info), picture.mode in ("P", "PA")
    profile, profile_broken = info.get("icc_profile"), "icc_profile" in info and not info["icc_profile"]
    plain = plain_mode(picture)
    grey = plain.mode == "L"
    if plain.mode == "CMYK" and not profile:
        raise CannotDecode("cmyk")
    if profile or profile_broken:
        converted = _apply_profile(plain, profile) if profile else None
        if converted is None and plain.mode == "CMYK":
            raise CannotDecode("cmyk")
        if converted is None:
            return SrgbPicture(_as_rgb(plain), "unknown", grey, palette, ["unknown_colour_space"])
        return SrgbPicture(*converted, grey, palette)
    return _by_declaration(_as_rgb(plain), info, declared, kind, grey, palette)


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


def _is_srgb(transform: object) -> bool:
    from PIL import ImageCms

    lattice = Image.frombytes("RGB", (len(LATTICE) ** 3, 1), bytes(itertools.chain(*itertools.product(LATTICE, repeat=3))))
    out = ImageCms.applyTransform(lattice, transform)  # type: ignore[arg-type]
    return out is not None and max(abs(a - b) for a, b in zip(out.tobytes(), lattice.tobytes(), strict=True)) <= CLOSE_TO_SRGB


def _name(description: str) -> str:
    """A name of the allow-list: a profile's description is free text and may hold anything."""
    return next((name for sign, name in KNOWN_PROFILES if sign in description.lower()), "other profile")


def _by_declaration(
    picture: Image.Image, info: dict[str | tuple[int, int], object], declared: str, kind: str, grey: bool, palette: bool
) -> SrgbPicture:
    """Colours of a file without a profile, by what else it says of them."""
    name, flags = {"srgb": "sRGB", "adobe": "Adobe RGB", "uncalibrated": "unknown"}.get(declared, "sRGB (assumed)"), []
    nclx = info.get("nclx_profile")
    if kind == "HEIF" and isinstance(nclx, dict):
        name = _nclx_name(int(nclx.get("color_primaries", 2)), int(nclx.get("transfer_characteristics", 2)))
    elif kind == "PNG" and not declared:
        name = _png_name(info)
    built = {"Adobe RGB": (ADOBE_RGB, (ADOBE_RGB_GAMMA,)), "Display P3": (DISPLAY_P3, SRGB_CURVE)}.get(name)
    if built is not None and not grey:
        converted = _apply_profile(picture, matrix_profile(*built, description=name))
        if converted is not None:
            picture = converted[0]
    if name == "unknown":
        flags.append("unknown_colour_space")
    return SrgbPicture(picture, name, grey, palette, flags)


def _nclx_name(primaries: int, transfer: int) -> str:
    if transfer in NCLX_HDR_TRANSFERS:
        raise CannotDecode("hdr_curve")
    if transfer not in NCLX_SRGB_TRANSFERS:
        return "unknown"
    if primaries == NCLX_P3:
        return "Display P3"
    return "sRGB" if primaries in NCLX_SRGB_PRIMARIES else "unknown"


def _png_name(info: dict[str | tuple[int, int], object]) -> str:
    if "srgb" in info:
        return "sRGB"
    gamma, corners = info.get("gamma"), info.get("chromaticity")
    if isinstance(gamma, float) and abs(gamma - PNG_SRGB_GAMMA) > PNG_NEAR:
        return "unknown"
    if isinstance(corners, tuple) and any(abs(a - b) > PNG_NEAR for a, b in zip(corners, PNG_SRGB_XY, strict=False)):
        return "unknown"
    return "sRGB (assumed)"


def matrix_profile(colorants: Colorants, curve: tuple[float, ...], *, description: str) -> bytes:
    """An ICC profile of three primaries and one tone curve (ICC.1:2022, 8.3.3), for files that only name their colours.

    Parameters
    ----------
    colorants : tuple of 3 XYZ
        Of red, green and blue, adapted to D50.
    curve : tuple of float
        One number: a gamma.  Five: g, a, b, c, d of a parametric curve of type 3.
    description : str
        ASCII.
    """

    def fixed(*values: float) -> bytes:
        return struct.pack(f">{len(values)}i", *(math.floor(value * 65536 + 0.5) for value in values))

    def text(words: str) -> bytes:
        encoded = words.encode("utf-16-be")
        return b"mluc" + struct.pack(">4xII2s2sII", 1, 12, b"en", b"US", len(encoded), 28) + encoded

    tone = b"para" + struct.pack(">4xHxx", 3 if len(curve) == len(SRGB_CURVE) else 0) + fixed(*curve)
    tags = {b"desc": text(description), b"cprt": text("Public domain"), b"wtpt": b"XYZ \0\0\0\0" + fixed(*D50)}
    for letter, colorant in zip("rgb", colorants, strict=True):
        tags[f"{letter}XYZ".encode()] = b"XYZ \0\0\0\0" + fixed(*colorant)
        tags[f"{letter}TRC".encode()] = tone
    table, body, start = struct.pack(">I", len(tags)), b"", 128 + 4 + 12 * len(tags)
    for signature, content in tags.items():
        table += struct.pack(">4sII", signature, start + len(body), len(content))
        body += content + b"\0" * (-len(content) % 4)
    header = struct.pack(">I4sI4s4s4s12s4s", start + len(body), b"", 0x04400000, b"mntr", b"RGB ", b"XYZ ", bytes(12), b"acsp")
    return (header + bytes(28) + fixed(*D50)).ljust(128, b"\0") + table + body
