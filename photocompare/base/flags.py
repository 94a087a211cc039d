"""The one registry of flags: what can be wrong with a photo or a pair, in words that people read.

Every message in `result.json`, in the summary picture and in the documents comes from here.  A flag has a severity:

- `refuse`: no honest number can be given; the comparison's status becomes `not_comparable`.
- `degrade`: a number is given but marked `indicative`.
- `note`: worth knowing; changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

NOTHING_TO_DO = "Nothing needs to be done."
"""The fix of what is recorded and asks nothing of anybody."""


class Severity(Enum):
    """How far a flag reaches; order is worst first."""

    REFUSE = "refuse"
    DEGRADE = "degrade"
    NOTE = "note"


@dataclass(frozen=True)
class Flag:
    """One thing that can be wrong.

    Parameters
    ----------
    code : str
        Stable name, used by programs.
    severity : Severity
    message, fix : str
        One sentence each: what is so, and what to do about it.  `{which}` becomes "before" or "after" where used.
    """

    code: str
    severity: Severity
    message: str
    fix: str


@dataclass(frozen=True)
class RaisedFlag:
    """A flag that fired, on one photo ("before", "after") or on the pair ("")."""

    flag: Flag
    which: str = ""

    @property
    def code(self) -> str:
        return self.flag.code

    @property
    def severity(self) -> Severity:
        return self.flag.severity

    @property
    def message(self) -> str:
        return self.flag.message.replace("{which}", self.which)

    @property
    def fix(self) -> str:
        return self.flag.fix.replace("{which}", self.which)


FIELD_DRAWN = "field_drawn"
"""Code of the flag of a pair that was measured within a reader's polygon."""

_RETAKE = "Take the {which} photo again"

_FLAGS = (
    # --- the pair
    Flag("same_photo", Severity.REFUSE, "Before and after are the same file.", "Choose the two different photos."),
    Flag(
        "dates_reversed",
        Severity.REFUSE,
        "The after photo is dated earlier than the before photo.",
        "Swap the photos, or correct the dates.",
    ),
    Flag(
        "sides_disagree",
        Severity.DEGRADE,
        "The files of the two photos name different legs, left and right.",
        "Check which leg the photos show, and correct the archive's entry.",
    ),
    Flag(
        "not_same_view",
        Severity.REFUSE,
        "The two photos don't show the same skin: another leg, another side of it, or too different a view.",
        "Check that both photos show the same leg from the same side, at the same posture and distance.",
    ),
    Flag(
        "mirrored",
        Severity.REFUSE,
        "One photo is a mirror image of the other.",
        "Use the camera's rear lens or switch off mirroring, and don't flip the photo.",
    ),
    Flag(
        "low_overlap",
        Severity.REFUSE,
        "Too little of the same skin is seen well in both photos.",
        "Frame the same region in both photos, with the camera square to it.",
    ),
    Flag(
        "registration_uncertain",
        Severity.REFUSE,
        "The photos could not be laid over each other closely enough to compare single veins.",
        "Repeat the after photo at the same angle, posture and distance as the before photo.",
    ),
    Flag(
        "registration_loose",
        Severity.DEGRADE,
        "In places the photos could only be laid over each other loosely; the interval is wider for it.",
        "Repeat the after photo at the same angle, posture and distance as the before photo.",
    ),
    Flag(
        "partial_overlap",
        Severity.DEGRADE,
        "Only part of the region seen before is seen well after; veins outside it are not counted.",
        "Frame the whole region in both photos.",
    ),
    Flag(
        "no_veins_before",
        Severity.REFUSE,
        "No visible vein, or less than 3 cm in lines of 1 cm or more, was found in the before photo, so nothing's clearance can be measured.",
        "Choose a before photo that shows the veins in focus, or draw the field around them.",
    ),
    Flag(
        "relief_only",
        Severity.REFUSE,
        "What was found before has the colour of shade, not of veins: bulging veins, folds and creases are not measured.",
        "Choose photos of coloured veins, or draw the field around them; bulging veins are judged by ultrasound.",
    ),
    Flag(
        "veins_out_of_view",
        Severity.REFUSE,
        "Most of the veins found before lie where the two photos can't be compared.",
        "Take the after photo from the same side and distance as the before photo, with all of the region in view.",
    ),
    Flag(
        "too_few_veins",
        Severity.DEGRADE,
        "Very little visible vein was found before; a percentage of so little is uncertain.",
        "Take the photo closer to the veins.",
    ),
    Flag(
        "interval_too_wide",
        Severity.REFUSE,
        "The interval reaches from no clearance at all into the benchmark's band, so these photos can't tell one from the other.",
        "Take photos closer to the veins, sharp and in the same light; where hardly a vein shows, no percentage can be told.",
    ),
    Flag(
        "implausible_veins",
        Severity.REFUSE,
        "Vein-like structure covers most of the skin, so single veins can't be told apart.",
        "Check focus and light, and mark the region to measure with a field polygon.",
    ),
    Flag(
        "light_differs",
        Severity.DEGRADE,
        "The light or the colour of the two photos differs more than can be matched with confidence.",
        "Use the same lamp, no mixed daylight, and a fixed white balance; put the colour card in the picture.",
    ),
    Flag(
        "sharpness_differs",
        Severity.DEGRADE,
        "One photo is much sharper than the other; that was allowed for, and veins too thin for the softer one are not counted.",
        "Focus both photos on the skin and hold the camera still.",
    ),
    Flag(
        "scale_assumed",
        Severity.DEGRADE,
        "No scale card was found; millimetres are assumed from a usual limb's width.",
        "Print the scale card and put it beside the region, or enter the scale.",
    ),
    Flag(
        "scale_unknown",
        Severity.DEGRADE,
        "The scale is unknown; lengths are in pixels and calibre classes can't be given.",
        "Print the scale card and put it beside the region, or enter the scale.",
    ),
    Flag(
        "scale_disagrees",
        Severity.NOTE,
        "The scale given by hand and the card in the photo disagree; the given one was used.",
        "Check the scale that was given, and measure the check ruler printed on the card: it must be 50 mm long.",
    ),
    Flag(
        "several_cards",
        Severity.DEGRADE,
        "More than one scale card was seen in the photo, and one may be printed smaller: none gives the scale, which is guessed.",
        "Leave one card in the picture, or enter the scale.",
    ),
    Flag(
        "cards_disagree",
        Severity.DEGRADE,
        "The scales of the two photos (cards, or calibrations in their files) differ from how the photos lie over each other; lengths in millimetres are uncertain.",
        "Measure the check ruler printed on each card: it must be 50 mm long; lay the card beside the region, in the plane of the skin.",
    ),
    Flag(
        FIELD_DRAWN,
        Severity.NOTE,
        "The numbers are of a field that was drawn by hand, not of the whole leg.",
        "Hold them against numbers of the same field alone.",
    ),
    Flag("shot_left_out", Severity.NOTE, "One or more of the repeated photos could not be measured and were left out.", "Compare each of them alone to see why."),
    Flag(
        "shots_disagree",
        Severity.DEGRADE,
        "The repeated photos give numbers that lie farther apart than their intervals allow.",
        "Check that all photos show the same leg at the same two visits.",
    ),
    Flag(
        "window_unknown",
        Severity.NOTE,
        "The time between the photos is unknown, so the result is not held against the benchmark.",
        "Give the dates of both photos.",
    ),
    Flag(
        "ridge_reading",
        Severity.DEGRADE,
        "The learned vein reader is missing or altered; veins were found by a simpler filter.",
        "Reinstall photocompare.",
    ),
    Flag(
        "dark_skin_limits",
        Severity.DEGRADE,
        "On skin this dark thin veins and stains have so little contrast that some can't be told from the skin.",
        "Use cross-polarised light and a closer view; read the interval, not the single number.",
    ),
    # --- one photo
    Flag("no_skin", Severity.REFUSE, "No leg skin was found in the {which} photo.", f"{_RETAKE} with the leg filling most of the frame."),
    Flag("blurred", Severity.REFUSE, "The {which} photo is out of focus or shaken.", f"{_RETAKE}: tap the skin to focus, hold still, more light."),
    Flag("soft", Severity.DEGRADE, "The {which} photo is a little soft; the thinnest veins can't be judged in it.", f"{_RETAKE}: tap the skin to focus, hold still."),
    Flag("too_dark", Severity.REFUSE, "The {which} photo is too dark to measure.", f"{_RETAKE} with more light."),
    Flag("too_bright", Severity.REFUSE, "Much of the skin in the {which} photo is over-exposed.", f"{_RETAKE} with less light, or lower the exposure."),
    Flag("glare", Severity.REFUSE, "Glare hides too much of the skin in the {which} photo.", f"{_RETAKE} without flash, with the light from the side or a polariser."),
    Flag("some_glare", Severity.DEGRADE, "Glare hides part of the skin in the {which} photo; that part is not counted.", f"{_RETAKE} without flash."),
    Flag("low_detail", Severity.REFUSE, "The skin in the {which} photo is too small: its pixels are too coarse for veins.", f"{_RETAKE} closer, or send the original instead of a reduced copy."),
    Flag("coarse", Severity.DEGRADE, "The {which} photo has few pixels on the skin; the thinnest veins can't be judged in it.", "Use the camera's original file, closer to the skin."),
    Flag("noisy", Severity.DEGRADE, "The {which} photo is noisy; faint veins can't be told from noise.", f"{_RETAKE} with more light."),
    Flag("no_colour", Severity.DEGRADE, "The {which} photo has no colour; veins can't be told from pigment.", "Use a colour photo."),
    Flag("photo_mirrored", Severity.DEGRADE, "The {which} photo is mirrored: the card in it reads backwards, so left and right are exchanged.", "Use the camera's rear lens or switch off mirroring, and don't flip the photo."),
    Flag("drawn_on", Severity.NOTE, "Writing or paint lies on the leg in the {which} photo; it was left out.", "Send the photo without a date stamp or marks."),
    Flag("burnt_in_text", Severity.NOTE, "The {which} file says that writing is burnt into its picture; it may name the patient.", "Look at the pictures before you pass them on, or send the photo without writing."),
    Flag("recompressed", Severity.NOTE, "The {which} photo was compressed again after it was taken.", "Send the camera's original file."),
    Flag("tone_mapped", Severity.NOTE, "The {which} photo carries an HDR gain map; its standard picture was used.", "Switch HDR off for clinical photos."),
    Flag("reduced_bit_depth", Severity.NOTE, "The {which} photo has more than 8 bits a channel; it was reduced to 8.", NOTHING_TO_DO),
    Flag("unknown_colour_space", Severity.DEGRADE, "The {which} photo's colour profile could not be used; sRGB was taken.", "Send the camera's original file."),
    Flag("bad_orientation", Severity.NOTE, "The {which} photo's orientation tag makes no sense and was passed over.", "Check that the photo stands upright."),
    Flag("decoder_warning", Severity.DEGRADE, "The {which} photo's data is damaged in places.", "Send the camera's original file again."),
    Flag("primary_of_several", Severity.NOTE, "The {which} file holds several pictures; the main one was used.", NOTHING_TO_DO),
    Flag("downsampled", Severity.NOTE, "The {which} photo was measured on a reduced copy.", NOTHING_TO_DO),
    Flag("date_implausible", Severity.NOTE, "The {which} photo's own date makes no sense and was passed over.", "Give the day of the {which} photo."),
)  # fmt: skip

REGISTRY: dict[str, Flag] = {flag.code: flag for flag in _FLAGS}


def raised(code: str, which: str = "") -> RaisedFlag:
    """The flag of that code, as it fired.  KeyError for a code that the registry lacks."""
    return RaisedFlag(REGISTRY[code], which)


def worst_first(flags: list[RaisedFlag]) -> list[RaisedFlag]:
    """Each flag once, refusals first, in the registry's order within a severity, the before photo ahead of the after photo."""
    severities, codes, photos = list(Severity), list(REGISTRY), ("", "before", "after")
    unique = {(flag.code, flag.which): flag for flag in flags}
    return sorted(unique.values(), key=lambda f: (severities.index(f.severity), codes.index(f.code), photos.index(f.which)))
