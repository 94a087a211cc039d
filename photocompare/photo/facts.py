"""What is known of a photo beside its pixels: an allow-list, checked, and nothing else of the file's metadata."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

LONGEST_NAME = 40
"""Characters of a camera's make or model that are kept; the longest in use are below 30."""

EARLIEST_CAPTURE = datetime(1995, 10, 1)
"""EXIF 1.0 came out in October 1995: an earlier capture time is a clock that was never set."""

LATEST_AHEAD = timedelta(hours=26)
"""A local time may be ahead of UTC by 14 h (UTC+14); half a day more for a clock set carelessly."""

UNSET_CLOCK = re.compile(r"[0\s:/.\-]*$")
"""EXIF 2.32, 4.6.5: unknown times are blanks; cameras also write zeros."""

WRITTEN_DATE = re.compile(r"\s*(\d{4})\s*[:/.\-]\s*(\d{1,2})\s*[:/.\-]\s*(\d{1,2})(?!\d)")
WRITTEN_TIME = re.compile(r"[\sT]*(\d{1,2})\s*[:.\-]\s*(\d{1,2})(?:\s*[:.\-]\s*(\d{1,2}))?(?:[.,]\d+)?\s*([ap]\.?m)?", re.IGNORECASE)
WRITTEN_OFFSET = re.compile(r"\s*([+-](?:0\d|1[0-4]):[0-5]\d)", re.ASCII)
"""Dates as EXIF writes them, and as cameras and programs write them instead: any sign between, year first, digits of any script."""

BUDDHIST_ERA = (2500, 543)
"""From which year on it is the Thai calendar that a phone wrote, and by how much it is ahead."""

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
    "laterality",
    "body_part",
)
"""What is kept of a photo's own facts beside its digest: never a place, an owner, a serial number or a file name."""

LATERALITIES = frozenset({"left", "right"})
BODY_PARTS = frozenset({"leg", "lower leg", "calf", "thigh", "knee", "ankle", "foot"})

LARGEST_FACT = 1e6
"""Exposures in s, ISO numbers and focal lengths in mm above it are no photograph's."""


@dataclass(frozen=True)
class PhotoFacts:
    """Facts of one photo.  None where the file does not say.

    Parameters
    ----------
    sha256 : str
        Of the file's bytes; of a DICOM file, of its copy without what names a patient or a study (`dicom.without_identity`).
    width, height : int
        Upright pixels.
    format : str
        "JPEG", "PNG", "TIFF", "WEBP", "HEIF", "DICOM", or "array" for pixels that came from no file.
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
    laterality : {"left", "right"} or None
        Of the leg, as an archive's file says.
    body_part : str or None
        One of `BODY_PARTS`, likewise.
    mm_per_px : float or None
        Scale that the file gives and says to be calibrated.
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
    laterality: str | None = None
    body_part: str | None = None
    mm_per_px: float | None = None


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

    The time of digitising counts where that of taking is absent or can't be read.  A day without a time of day has 00:00.

    Parameters
    ----------
    tags : mapping
        "taken", "offset" (EXIF DateTimeOriginal, OffsetTimeOriginal), "digitised", "digitised_offset".
    now : datetime
        With a time zone.
    """
    implausible = False
    for written, offset in ((tags.get("taken"), tags.get("offset")), (tags.get("digitised"), tags.get("digitised_offset"))):
        if not isinstance(written, str) or not written.strip(" :"):
            continue
        implausible = True
        read = None if UNSET_CLOCK.match(written) else _date_and_time(written)
        if read is None:
            continue
        local, rest = read
        latest = now.astimezone(UTC).replace(tzinfo=None) + LATEST_AHEAD
        if not EARLIEST_CAPTURE <= local <= latest:
            # A date that can be read is meant: the scan of an older photo was digitised on another day.
            return None, True
        known = WRITTEN_OFFSET.match(rest) or (WRITTEN_OFFSET.fullmatch(offset) if isinstance(offset, str) else None)
        return local.isoformat() + (known[1] if known else ""), False
    return None, implausible


def _date_and_time(written: str) -> tuple[datetime, str] | None:
    """A written time and what follows it; None if it can't be read."""
    with suppress(ValueError):
        # Phones set to Arabic or Persian write its digits, in UTF-8 where EXIF has ASCII.
        written = written.encode("latin-1").decode()
    date = WRITTEN_DATE.match(written)
    if date is None:
        return None
    year, month, day = (int(number) for number in date.groups())
    first, ahead = BUDDHIST_ERA
    year -= ahead if year >= first else 0
    time = WRITTEN_TIME.match(written, date.end())
    hour, minute, second = (int(number or 0) for number in time.groups()[:3]) if time else (0, 0, 0)
    half = (time[4] or "").lower()[:1] if time else ""
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    elif hour == 24:
        # A clock from 1 to 24 (Java's "kk"): the first hour of the day that it stands beside.
        hour = 0
    try:
        return datetime(year, month, day, hour, minute, 59 if second == 60 else second), written[time.end() :] if time else ""
    except ValueError:
        return None


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
