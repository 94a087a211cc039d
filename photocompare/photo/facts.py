"""What is known of a photo beside its pixels: an allow-list, checked, and nothing else of the file's metadata."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

LONGEST_NAME = 40
"""Characters of a camera's make or model that are kept; the longest in use are below 30."""

EARLIEST_CAPTURE = datetime(1995, 10, 1)
"""EXIF 1.0 came out in October 1995: an earlier capture time is a clock that was never set."""

LATEST_AHEAD = timedelta(hours=26)
"""A local time may be ahead of UTC by 14 h (UTC+14); half a day more for a clock set carelessly."""

UNSET_CLOCK = re.compile(r"^(0000:|\s*$|[\s:]+$)")
"""EXIF 2.32, 4.6.5: unknown times are blanks; cameras also write zeros."""

STANDARD_LUMA_SUM = 3688
"""Sum of the 64 luminance quantisers of ITU-T T.81, table K.1, which libjpeg scales by its quality."""

CAMERA_QUALITY = 90.0
"""libjpeg quality that phones and cameras stay above at their usual settings; messengers and web sites write 60 to 85."""

EDITORS = re.compile(
    r"photoshop|lightroom|gimp|snapseed|pixelmator|affinity|picasa|paint|instagram|whatsapp|facebook|messenger|canva|acdsee"
    r"|irfanview|xnview|faststone|imagemagick|capture one|darktable|rawtherapee|luminar|vsco|facetune|beauty",
    re.IGNORECASE,
)
"""Programs that write a photo anew; the tag of an untouched photo holds the camera's firmware."""

KEPT_FACTS = (
    "width",
    "height",
    "format",
    "bit_depth",
    "colour_space",
    "capture_time",
    "camera_make",
    "camera_model",
    "exposure_s",
    "iso",
    "focal_length_mm",
    "focal_length_35mm",
    "flash_fired",
)
"""What is kept of a photo's own facts beside its digest: never a place, an owner, a serial number or a file name."""

LARGEST_FACT = 1e6
"""Exposures in s, ISO numbers and focal lengths in mm above it are no photograph's."""


@dataclass(frozen=True)
class PhotoFacts:
    """Facts of one photo.  None where the file does not say.

    Parameters
    ----------
    sha256 : str
        Of the file's bytes.
    width, height : int
        Upright pixels.
    format : str
        "JPEG", "PNG", "TIFF", "WEBP", "HEIF", or "array" for pixels that came from no file.
    bit_depth : int
        Bits a channel in the file.
    colour_space : str
        The file's own, before it was brought to sRGB; "sRGB (assumed)" where it does not say, "unknown" where what it says is no use.
    has_colour : bool
        False for grey photos, however they are stored.
    capture_time : str or None
        ISO 8601; with the offset from UTC if the camera wrote it, else the camera's local time.
    camera_make, camera_model : str or None
        Printable ASCII, at most 40 characters.
    exposure_s, iso, focal_length_mm, focal_length_35mm : float or None
    flash_fired : bool or None
    recompressed : bool
        There is evidence that the photo was written anew after it was taken (`was_recompressed`); False is no proof of an original.
    gain_map : bool
        An HDR gain map lies beside the standard picture; the standard picture is used.
    """

    sha256: str
    width: int
    height: int
    format: str
    bit_depth: int = 8
    colour_space: str = "sRGB"
    has_colour: bool = True
    capture_time: str | None = None
    camera_make: str | None = None
    camera_model: str | None = None
    exposure_s: float | None = None
    iso: float | None = None
    focal_length_mm: float | None = None
    focal_length_35mm: float | None = None
    flash_fired: bool | None = None
    recompressed: bool = False
    gain_map: bool = False


def kept_facts(facts: PhotoFacts) -> dict[str, Any]:
    """The facts of `KEPT_FACTS` in plain JSON types; None where the file does not say."""
    return {name: getattr(facts, name) for name in KEPT_FACTS}


def printable(text: object) -> str | None:
    """Printable ASCII of a tag, spaces squeezed, at most 40 characters; None if nothing is left."""
    if not isinstance(text, str):
        return None
    kept = "".join(character if " " <= character <= "~" else " " for character in text)
    return " ".join(kept.split())[:LONGEST_NAME].strip() or None


def capture_time(tags: Mapping[str, Any], now: datetime) -> tuple[str | None, bool]:
    """When the photo was taken, and whether a time was there but implausible.

    Parameters
    ----------
    tags : mapping
        "taken", "offset" (EXIF DateTimeOriginal, OffsetTimeOriginal), else "digitised", "digitised_offset".
    now : datetime
        With a time zone.
    """
    written = tags.get("taken") or tags.get("digitised")
    offset = tags.get("offset") if tags.get("taken") else tags.get("digitised_offset")
    if not isinstance(written, str):
        return None, False
    if UNSET_CLOCK.match(written):
        return None, written.startswith("0000")
    try:
        local = datetime.strptime(written[:19], "%Y:%m:%d %H:%M:%S")
    except ValueError:
        return None, True
    latest = now.astimezone(UTC).replace(tzinfo=None) + LATEST_AHEAD
    if not EARLIEST_CAPTURE <= local <= latest:
        return None, True
    known = isinstance(offset, str) and re.fullmatch(r"[+-](0\d|1[0-4]):[0-5]\d", offset) is not None
    return local.isoformat() + (str(offset) if known else ""), False


def positive(value: object) -> float | None:
    """A tag's number if it can be one: finite, above zero, within reason."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) and 0 < value < LARGEST_FACT else None


def libjpeg_quality(luma_quantiser: Sequence[int]) -> float:
    """Quality 0..100 at which libjpeg's standard table sums up to that of the file; an equivalent for tables of other makers."""
    percent = 100.0 * sum(luma_quantiser) / STANDARD_LUMA_SUM
    return 100.0 - percent / 2 if percent <= 100 else 5000.0 / percent


def was_recompressed(tags: Mapping[str, Any], size: tuple[int, int], luma_quantiser: Sequence[int] | None, *, lossy_copy: bool) -> bool:
    """Evidence that the photo was compressed again after it was taken.

    Any of: a format that no camera writes (lossy WebP, a palette); an editor's or messenger's name in EXIF Software; a size other than
    the one that the camera noted in EXIF; a JPEG without a camera's name whose quantisers are coarser than cameras use.
    """
    software = tags.get("software")
    if lossy_copy or (isinstance(software, str) and EDITORS.search(software)):
        return True
    noted = (tags.get("pixel_x"), tags.get("pixel_y"))
    if all(positive(side) for side in noted) and sorted(noted) != sorted(size):  # type: ignore[type-var]
        return True
    nameless = not (tags.get("make") or tags.get("model"))
    return nameless and luma_quantiser is not None and libjpeg_quality(luma_quantiser) < CAMERA_QUALITY
