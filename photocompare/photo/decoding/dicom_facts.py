"""What the decoding child takes from a DICOM file beside the picture: an allow-list of attributes, none of which names a person."""

from __future__ import annotations

from typing import Any

from PIL import Image

from photocompare.photo.decoding.declared import DeclaredColour, declared_colour
from photocompare.photo.decoding.dicom_file import DicomFile
from photocompare.photo.decoding.primaries import D65_XY, P3_CORNERS
from photocompare.photo.decoding.refusal import MALFORMED
from photocompare.photo.decoding.tags import LONGEST_TEXT, TagFacts, read_tags

FACT_ATTRIBUTES = (
    "AcquisitionDateTime",
    "AcquisitionDate",
    "AcquisitionTime",
    "ContentDate",
    "ContentTime",
    "StudyDate",
    "StudyTime",
    "TimezoneOffsetFromUTC",
    "Manufacturer",
    "ManufacturerModelName",
    "ExposureTimeInSeconds",
    "PhotographicSensitivity",
    "FlashFiringStatus",
    "FocalLength",
    "FocalLengthIn35mmFilm",
    "WhitePoint",
    "PrimaryChromaticities",
    "ColorSpace",
    "ICCProfile",
    "OpticalPathSequence",
    "PixelSpacing",
    "PixelSpacingCalibrationType",
    "ImageLaterality",
    "Laterality",
    "BodyPartExamined",
    "AnatomicRegionSequence",
    "BurnedInAnnotation",
)

MOMENTS = (("AcquisitionDate", "AcquisitionTime"), ("ContentDate", "ContentTime"), ("StudyDate", "StudyTime"))
"""Days and times of an image, the one that is the photo's own first (PS3.3, C.7.6.1)."""

CALIBRATED = frozenset({"FIDUCIAL", "GEOMETRY"})
"""Pixel Spacing Calibration Types (PS3.3, 10.7.1): without one nobody says that the spacing was measured on what the photo shows."""

SIDES = {"L": "left", "R": "right"}
"""Laterality (PS3.3, 10.5); both and unpaired say nothing about a leg."""

SIDE_CODES = {"7771000": "left", "24028007": "right", "G-A101": "left", "G-A100": "right"}
"""Left and right by SNOMED CT and the SNOMED RT that older files have (PS3.16, CID 244)."""

BODY_PARTS = {
    **dict.fromkeys(("LEG", "LOWERLEG", "LOWER LEG", "30021000", "T-D9400"), "lower leg"),
    **dict.fromkeys(("CALF", "53840002"), "calf"),
    **dict.fromkeys(("THIGH", "68367000", "T-D9100"), "thigh"),
    **dict.fromkeys(("KNEE", "72696002", "T-D9200"), "knee"),
    **dict.fromkeys(("ANKLE", "344001", "70258002", "T-D9500", "T-15750"), "ankle"),
    **dict.fromkeys(("FOOT", "56459004", "T-D9700"), "foot"),
    **dict.fromkeys(("LOWERLIMB", "LOWER EXTREMITY", "LOWEREXTREMITY", "61685007", "T-D9000"), "leg"),
}
"""Parts of the leg by Body Part Examined and by code (PS3.16, annex L and CID 4031); what is none of them is not told."""

COLOUR_SPACES = {"SRGB": "srgb", "ADOBERGB": "adobe"}
"""Color Space (PS3.3, C.11.15) as `TagFacts.declared_colour` has it."""


def dicom_tags(file: DicomFile) -> dict[str, Any]:
    """Date, camera, scale, side and part of the body, as the parent checks them; malformed ones are left out."""
    found: dict[str, Any] = {"offset": _offset(file.text("TimezoneOffsetFromUTC"))}
    found |= _moments(file)
    found |= {"make": file.text("Manufacturer")[:LONGEST_TEXT], "model": file.text("ManufacturerModelName")[:LONGEST_TEXT]}
    for name, attribute in (
        ("exposure_s", "ExposureTimeInSeconds"),
        ("iso", "PhotographicSensitivity"),
        ("flash", "FlashFiringStatus"),
        ("focal_length_mm", "FocalLength"),
        ("focal_length_35mm", "FocalLengthIn35mmFilm"),
    ):
        numbers = _numbers(file.value(attribute))
        found |= {name: numbers[0]} if len(numbers) == 1 else {}
    found |= {"mm_per_px": _calibrated_spacing(file), "laterality": _side(file), "body_part": _body_part(file)}
    return {name: value for name, value in found.items() if value not in ("", None)}


def dicom_flags(file: DicomFile) -> list[str]:
    """What the attributes by themselves raise."""
    return ["burnt_in_text"] if file.text("BurnedInAnnotation").upper() == "YES" else []


def dicom_colour(file: DicomFile, picture: Image.Image, jpeg: bytes) -> DeclaredColour:
    """Colours as the file declares them, with its profile left in the picture's `info`; those of the JPEG within it where it does not.

    Raises
    ------
    CannotDecode
        "odd_colour".
    """
    profile = icc_profile(file)
    if profile is not None:
        picture.info["icc_profile"] = profile
    space = file.text("ColorSpace").upper().replace(" ", "")
    chromaticities = (_numbers(file.value("WhitePoint")) or D65_XY) + _numbers(file.value("PrimaryChromaticities"))
    if space in ("DISPLAYP3", "P3"):
        tags = TagFacts(chromaticities=P3_CORNERS)
    elif space:
        tags = TagFacts(declared_colour=COLOUR_SPACES.get(space, "uncalibrated"))
    elif len(chromaticities) == len(P3_CORNERS):
        tags = TagFacts(chromaticities=chromaticities)
    elif jpeg:
        return declared_colour(picture, jpeg, "JPEG", read_tags(picture, "JPEG"))
    else:
        tags = TagFacts()
    return declared_colour(picture, b"", "DICOM", tags)


def icc_profile(file: DicomFile) -> bytes | None:
    """The ICC profile of the data set, or of its first optical path that has one (PS3.3, C.11.15 and C.8.12.5)."""
    for profile in (file.value("ICCProfile"), *(path.get("ICCProfile") for path in file.items("OpticalPathSequence"))):
        if isinstance(profile, bytes) and profile:
            return profile
    return None


def _moments(file: DicomFile) -> dict[str, str]:
    """When the photo was taken, in EXIF's way of writing; the first moment that has a date, and the next."""
    written = [file.text("AcquisitionDateTime")]
    # ACR-NEMA wrote 2026.03.14 and 09:30:00.
    written += [file.text(day).replace(".", "") + file.text(time).replace(":", "") for day, time in MOMENTS if file.text(day)]
    moments = [_as_exif(moment) for moment in written if moment]
    found = dict(zip(("taken", "digitised"), moments, strict=False))
    zone = written[0][-5:]
    return found | ({"offset": _offset(zone)} if written[0] and zone[:1] in ("+", "-") else {})


def _as_exif(moment: str) -> str:
    """YYYYMMDDHHMMSS.FFFFFF&ZZXX (PS3.5, 6.2) with signs between."""
    day, time = moment[:8], moment[8:14]
    return f"{day[:4]}:{day[4:6]}:{day[6:]} {time[:2] or '00'}:{time[2:4] or '00'}:{time[4:] or '00'}"


def _offset(zone: str) -> str:
    """+0100 as +01:00."""
    return f"{zone[:3]}:{zone[3:]}" if len(zone) == 5 else ""


def _numbers(value: Any) -> tuple[float, ...]:
    """All numbers of an attribute; empty if it is absent or one of them is no number."""
    try:
        return tuple(float(part) for part in (value if isinstance(value, list | tuple) or _is_multiple(value) else (value,)))
    except MALFORMED:
        return ()


def _is_multiple(value: Any) -> bool:
    return hasattr(value, "__iter__") and not isinstance(value, str | bytes)


def _calibrated_spacing(file: DicomFile) -> float | None:
    """Millimetres a pixel where somebody calibrated them and a pixel is square (to a hundredth), else None."""
    spacing = _numbers(file.value("PixelSpacing"))
    if file.text("PixelSpacingCalibrationType").upper() not in CALIBRATED or len(spacing) != 2 or min(spacing) <= 0:
        return None
    return sum(spacing) / 2 if max(spacing) <= 1.01 * min(spacing) else None


def _side(file: DicomFile) -> str:
    for name in ("ImageLaterality", "Laterality"):
        if side := SIDES.get(file.text(name).upper(), ""):
            return side
    return next((SIDE_CODES[code] for code in _codes(file, modifiers=True) if code in SIDE_CODES), "")


def _body_part(file: DicomFile) -> str:
    named = (file.text("BodyPartExamined").upper(), *_codes(file, modifiers=False))
    return next((BODY_PARTS[name] for name in named if name in BODY_PARTS), "")


def _codes(file: DicomFile, *, modifiers: bool) -> list[str]:
    """Code values of the anatomic regions, or of what modifies them."""
    regions = [DicomFile(region, file.syntax) for region in file.items("AnatomicRegionSequence")]
    sides = [DicomFile(side, file.syntax) for region in regions for side in region.items("AnatomicRegionModifierSequence")]
    return [coded.text("CodeValue") for coded in (sides if modifiers else regions)]
