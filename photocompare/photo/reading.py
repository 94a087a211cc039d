"""Reading a photo file, the only way in: bytes in, upright sRGB pixels with known colour out, or a clear refusal.

Size cap, SHA-256 and an allow-list of magic numbers here; everything that parses the file happens in a child process
with limits (`photocompare.photo.decoding`).  No metadata passes but the allow-list of `PhotoFacts`.
"""

from __future__ import annotations

import hashlib
import math
import os
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from photocompare.base.arrays import SRGB8, LinearRGB
from photocompare.base.colour import linear_from_srgb8
from photocompare.base.errors import NotAPhoto, PhotoError, TooLarge
from photocompare.base.flags import REGISTRY
from photocompare.base.regular_files import NotRegular, TooLong, regular_bytes
from photocompare.photo.decoding.call import DEFAULT_LIMITS, PhotoLimits, decode_apart, refusal
from photocompare.photo.dicom import checked_digest, is_dicom, require_dicom_reader
from photocompare.photo.facts import BODY_PARTS, LATERALITIES, PhotoFacts, capture_time, positive, printable, was_recompressed

__all__ = ["Photo", "PhotoFacts", "PhotoLimits", "photo_from_array", "read_photo", "read_photos"]

NEUTRAL_SPREAD = 2
"""Codes of 255 between the channels of a pixel that still count as grey: JPEG's YCbCr rounding gives one each way."""

NEUTRAL_SHARE = 0.999
"""Share of pixels that must be grey for a grey photo: leaves room for a coloured date stamp's edge."""

NEUTRAL_SAMPLE = 512
"""Rows and columns looked at for it, evenly spread: 2.6e5 pixels tell 0.999 from 0.998 with certainty."""

STRIP_PIXELS = 1 << 20
"""Pixels brought to linear light at a time when reducing: 12 MiB."""

FLASH_FIRED = 1
"""Bit 0 of EXIF Flash."""

COLOUR_SPACES = frozenset(
    {"sRGB", "sRGB (assumed)", "Display P3", "BT.2020", "Adobe RGB", "ProPhoto RGB", "other declared"}
    | {"grey profile", "CMYK profile", "other profile", "unknown"}
)


@dataclass(frozen=True, eq=False)
class Photo:
    """One photo, upright, in sRGB.

    Parameters
    ----------
    encoded : ndarray of uint8, shape (H, W, 3)
        sRGB-encoded, 0..255, read-only.
    facts : PhotoFacts
    flags : tuple of str
        Codes of `photocompare.base.flags`, in the registry's order.
    """

    encoded: SRGB8
    facts: PhotoFacts
    flags: tuple[str, ...] = ()

    def linear(self) -> LinearRGB:
        """All pixels in linear light, shape (H, W, 3), 0..1."""
        return linear_from_srgb8(self.encoded)

    def working(self, max_pixels: int) -> tuple[LinearRGB, float]:
        """A copy of about `max_pixels` pixels or fewer, averaged over area in linear light, as a lens further away would see it.

        Parameters
        ----------
        max_pixels : int
            Above 0; rounding to whole rows and columns may add half of one each.

        Returns
        -------
        linear : ndarray of float32, shape (round(H * factor), round(W * factor), 3)
            Linear light, 0..1.
        factor : float
            In (0, 1], the same for both axes: position k of the photo is `scaled_position(k, factor)` of the copy.
        """
        if max_pixels < 1:
            raise ValueError(f"max_pixels must be above 0, not {max_pixels}")
        height, width = self.encoded.shape[:2]
        factor = math.sqrt(max_pixels / (height * width))
        if factor >= 1.0:
            return self.linear(), 1.0
        # Across first, strip by strip: area averaging is separable, and the whole photo never stands in linear light.
        rows = max(1, STRIP_PIXELS // width)
        narrow = np.empty((height, max(1, round(width * factor)), 3), dtype=np.float32)
        for top in range(0, height, rows):
            strip = linear_from_srgb8(self.encoded[top : top + rows])
            narrow[top : top + rows] = _averaged(strip, factor, 1.0)
        return _averaged(narrow, 1.0, factor), factor


def _averaged(linear: LinearRGB, across: float, down: float) -> LinearRGB:
    # Factors instead of a size: with a size OpenCV would stretch the two axes by a rounded factor each.
    return np.asarray(cv2.resize(linear, None, fx=across, fy=down, interpolation=cv2.INTER_AREA), dtype=np.float32)


_UNREADABLE = "The file can't be opened; check that it exists and that you may read it."

_NOT_A_PHOTO = "The file is not a JPEG, PNG, TIFF, WebP, HEIC or DICOM photo, whatever its name says; export the photo as JPEG."


HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1", b"mif2"})
"""Major brands of still HEIC (ISO 23008-12, annex B and 10.2); `hevc`, `hevx` and `msf1` are sequences, `avif` another codec."""

HEIF_SEQUENCE_BRANDS = frozenset({b"hevc", b"hevx", b"hevm", b"hevs", b"msf1"})


OTHER_STARTS = (
    ("jpeg_2000", re.compile(rb"\0\0\0\x0cjP  \r\n\x87\n|\xff\x4f\xff\x51")),
    ("jpeg_xl", re.compile(rb"\0\0\0\x0cJXL \r\n\x87\n|\xff\x0a")),
    ("jpeg_xr", re.compile(rb"II\xbc[\0\x01]")),
)
"""Pictures that are not read but can be named: JPEG's other kinds."""


def _format(data: bytes, limits: PhotoLimits) -> str:
    """Pillow's name of the format, by magic number."""
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n") and data[12:16] == b"IHDR" and len(data) > 33:
        return "PNG"
    if data.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")):
        return "TIFF"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp":
        if data[8:12] in HEIF_SEQUENCE_BRANDS:
            raise refusal("several_pictures", limits)
        brands = data[16 : int.from_bytes(data[:4], "big")]
        if data[8:12] in HEIF_BRANDS and b"avif" not in brands:
            return "HEIF"
    if is_dicom(data):
        require_dicom_reader(limits)
        return "DICOM"
    other = next((code for code, start in OTHER_STARTS if start.match(data)), None)
    raise NotAPhoto(_NOT_A_PHOTO) if other is None else refusal(other, limits)


def photo_bytes(source: Path | bytes, limits: PhotoLimits = DEFAULT_LIMITS) -> bytes:
    """The bytes of a file that may be a photo.  PhotoError, NotAPhoto or TooLarge as `read_photo`."""
    too_large = TooLarge(f"The file has more than {limits.max_bytes // 1_000_000} MB; send a smaller copy.")
    if isinstance(source, bytes):
        if len(source) > limits.max_bytes:
            raise too_large
        return source
    try:
        return regular_bytes(source, limits.max_bytes)
    except NotRegular:
        raise NotAPhoto("This is a folder or a device, not a file; choose the photo itself.") from None
    except TooLong:
        raise too_large from None
    except OSError:
        raise PhotoError(_UNREADABLE) from None


def read_photo(source: Path | bytes, *, limits: PhotoLimits = DEFAULT_LIMITS) -> Photo:
    """Read one photo.

    Parameters
    ----------
    source : Path or bytes
        A JPEG, PNG, TIFF, WebP, HEIC or DICOM file, by its content; its name plays no part.
    limits : PhotoLimits

    Raises
    ------
    NotAPhoto, TruncatedPhoto, TooLarge, TooSmall, SeveralPictures, UnsupportedColour, UnsupportedJpeg, DicomFile,
    UnsupportedDicom, PhotoError
        Each with a sentence that says what to do; none holds the file's name or anything from within it.
    """
    data = photo_bytes(source, limits)
    digest = hashlib.sha256(data).hexdigest()
    kind = _format(data, limits)
    pixels, header = decode_apart(data, kind, limits)
    del data
    if kind == "DICOM":
        # That of the copy without a patient's name, so that the photo is the same one when such a copy was kept.
        digest = checked_digest(header.get("sha256"))
    return _photo(pixels, header, digest, kind)


def read_photos(sources: Sequence[Path | bytes], *, limits: PhotoLimits = DEFAULT_LIMITS) -> list[Photo]:
    """Read several photos at the same time, each in its own child.

    Parameters
    ----------
    sources : sequence of Path or bytes
    limits : PhotoLimits
        For each photo.

    Raises
    ------
    PhotoError
        As `read_photo`, for the first source that can't be used.
    """
    if not sources:
        return []
    with ThreadPoolExecutor(max_workers=min(len(sources), os.cpu_count() or 1)) as pool:
        futures = [pool.submit(read_photo, source, limits=limits) for source in sources]
    return [future.result() for future in futures]


def photo_from_array(encoded: SRGB8) -> Photo:
    """A photo of pixels that came from no file: phantoms and tests.  The digest is over size and pixels."""
    if encoded.ndim != 3 or encoded.shape[2] != 3 or encoded.dtype != np.uint8:
        raise ValueError(f"encoded must be uint8 of shape (H, W, 3), not {encoded.dtype} of shape {encoded.shape}")
    pixels = np.ascontiguousarray(encoded).copy()
    height, width = pixels.shape[:2]
    digest = hashlib.sha256(f"{width}x{height} sRGB8\n".encode() + pixels.tobytes()).hexdigest()
    return _photo(pixels, {"bit_depth": 8, "colour_space": "sRGB"}, digest, "array")


def _photo(pixels: SRGB8, header: dict[str, Any], digest: str, kind: str) -> Photo:
    """Check what the child says, fact by fact."""
    found = header.get("tags")
    tags: dict[str, Any] = found if isinstance(found, dict) else {}
    height, width = pixels.shape[:2]
    taken, implausible = capture_time(tags, datetime.now(UTC))
    has_colour = not (header.get("grey") is True or _is_grey(pixels))
    quantiser = header.get("luma_quantiser")
    recompressed = was_recompressed(
        tags, (width, height), quantiser if isinstance(quantiser, list) else None, lossy_copy=header.get("lossy_copy") is True
    )
    own = {"date_implausible": implausible, "no_colour": not has_colour, "recompressed": recompressed}
    codes = {str(code) for code in header.get("flags", ())} | {code for code, raised in own.items() if raised}
    space, flash = header.get("colour_space"), tags.get("flash")
    facts = PhotoFacts(
        sha256=digest,
        width=width,
        height=height,
        format=kind,
        bit_depth=int(header["bit_depth"]),
        colour_space=space if space in COLOUR_SPACES else "unknown",
        has_colour=has_colour,
        capture_time=taken,
        camera_make=printable(tags.get("make")),
        camera_model=printable(tags.get("model")),
        exposure_s=positive(tags.get("exposure_s")),
        iso=positive(tags.get("iso")),
        focal_length_mm=positive(tags.get("focal_length_mm")),
        focal_length_35mm=positive(tags.get("focal_length_35mm")),
        flash_fired=bool(int(flash) & FLASH_FIRED) if isinstance(flash, int | float) and math.isfinite(flash) else None,
        recompressed=recompressed,
        gain_map=header.get("gain_map") is True,
        laterality=_known(tags.get("laterality"), LATERALITIES),
        body_part=_known(tags.get("body_part"), BODY_PARTS),
        mm_per_px=positive(tags.get("mm_per_px")),
    )
    pixels.setflags(write=False)
    return Photo(pixels, facts, tuple(code for code in REGISTRY if code in codes))


def _known(said: object, words: frozenset[str]) -> str | None:
    return said if isinstance(said, str) and said in words else None


def _is_grey(pixels: SRGB8) -> bool:
    """True where practically every pixel has the same red, green and blue."""
    height, width = pixels.shape[:2]
    sample = pixels[:: max(1, height // NEUTRAL_SAMPLE), :: max(1, width // NEUTRAL_SAMPLE)]
    red, green, blue = (np.ascontiguousarray(sample[..., k]) for k in range(3))
    spread = np.maximum(np.maximum(red, green), blue) - np.minimum(np.minimum(red, green), blue)
    return bool(np.mean(spread <= NEUTRAL_SPREAD) >= NEUTRAL_SHARE)
