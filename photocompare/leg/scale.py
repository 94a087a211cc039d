"""Millimetres per pixel: from the card, from the person, from the photo's file, from a limb's usual width, or not at all.

`Scale.mm_per_px` is for the PHOTO's own upright pixels; everything measured (card, limb) comes in WORKING pixels, and
`Scale.mm_per_working_px` goes back there.  Two causes of error no photo can show, so both are in the uncertainty: a card printed at
another size than 100 % (the printed check ruler holds it to 1 %), and a card that lies nearer to the camera than the skin.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from photocompare.base.errors import UsageError
from photocompare.card.finding import Card
from photocompare.card.layout import CHECK_RULER_MM
from photocompare.leg.limb_width import UNKNOWN_WIDTH, LimbWidth
from photocompare.leg.scale_source import ScaleSource

FILM_DIAGONAL_MM = 43.27
"""Diagonal of 36 x 24 mm, to which EXIF's 35 mm equivalent focal length refers (CIPA DCG-001)."""

LOWEST_MM_PER_PX, HIGHEST_MM_PER_PX = 0.005, 2.0
"""What a photo of a leg can have: a 20 mm wide close-up over 4000 px, and a whole leg of 900 mm over 450 px."""

LIMB_GIRTHS_MM = {"ankle": (220.8, 0.083), "calf": (359.7, 0.079), "knee": (361.1, 0.072), "thigh": (566.9, 0.077)}
"""Girths of 247 men and 260 women together, as geometric mean in mm and standard deviation of the logarithm, computed from the data of
Heinz, Peterson, Johnson & Kerk, J. Stat. Educ. 2003;11(2).  NHANES 1999-2006 agrees for the calf: about 36 cm in men and 35 cm in women
of normal weight (Gonzalez et al., Am J Clin Nutr 2021;113:1679)."""


class LensFacts(Protocol):
    """What `judge_scale` needs of a photo's facts: its size in px and its focal length, where known."""

    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def focal_length_35mm(self) -> float | None: ...


@dataclass(frozen=True)
class ScaleOptions:
    """Where a scale's uncertainty comes from.

    Parameters
    ----------
    print_tolerance_mm : float
        How far the check ruler may be off when a person lets it pass; half a millimetre is read beside a ruler.
    depth_offset_mm : float
        Standard deviation of the distance between the card's plane and the skin's: a card laid on or beside a round limb.
    usual_distance_mm : float
        Camera to skin where the focal length is unknown: a phone (26 mm equivalent, 65 degrees along the long side) that frames a
        region of 500 mm stands 400 mm away.
    given_uncertainty : float
        Relative standard error of a scale given by hand: one millimetre on a ruler section of 30 mm.
    roundness_spread : float
        Relative standard deviation of a limb's width in a photo about girth / pi: a limb's section is an ellipse, and an axis ratio of
        1.15 turned at random gives 5 %.
    nearest_mm, farthest_mm : float
        Plausible distances: nearer than 100 mm phone lenses don't focus, and a whole standing leg (900 mm) fills the long side of an
        80 mm equivalent lens from 2000 mm.
    """

    print_tolerance_mm: float = 0.5
    depth_offset_mm: float = 5.0
    usual_distance_mm: float = 400.0
    given_uncertainty: float = 0.03
    roundness_spread: float = 0.05
    nearest_mm: float = 100.0
    farthest_mm: float = 2000.0


@dataclass(frozen=True)
class Scale:
    """How large a pixel is on the skin.

    Parameters
    ----------
    mm_per_px, mm_per_working_px : float or None
        At the field's middle, in the photo's own upright pixels and in working pixels; None where unknown.
    relative_uncertainty : float
        Standard error as a share of the scale, 0..1; NaN where unknown.  "assumed" is a guess by a factor of about 2 either way (95 %).
    source : {"card", "given", "assumed", "none"}
    flags : tuple of str
        Codes of the registry: "scale_assumed", "scale_unknown", "scale_disagrees", "several_cards", "cards_disagree".
    """

    mm_per_px: float | None
    mm_per_working_px: float | None
    relative_uncertainty: float
    source: ScaleSource
    flags: tuple[str, ...] = ()

    @classmethod
    def unknown(cls) -> Scale:
        """Of photos at which nobody looked."""
        return cls(None, None, math.nan, "none")

    @property
    def measured(self) -> bool:
        """Whether it rests on more than on what limbs usually measure."""
        return self.source in ("card", "given")


@dataclass(frozen=True)
class WorkingFrame:
    """The frame in which a photo is measured.

    Parameters
    ----------
    factor : float
        Working px per photo px, 0..1.
    facts : LensFacts or None
        The photo's size and focal length.
    """

    factor: float = 1.0
    facts: LensFacts | None = None


def checked_mm_per_px(value: float) -> float:
    """A scale given by hand, as it is; UsageError where no photo of a leg can have it."""
    if not LOWEST_MM_PER_PX <= value <= HIGHEST_MM_PER_PX:
        raise UsageError(
            f"--mm-per-px is millimetres per pixel and lies between {LOWEST_MM_PER_PX} and {HIGHEST_MM_PER_PX}, but {value} was given; "
            "divide a known length in mm by its length in pixels."
        )
    return value


def _unknown() -> Scale:
    return Scale(None, None, math.nan, "none", ("scale_unknown",))


def _scale(mm_per_working_px: float, working_factor: float, uncertainty: float, source: ScaleSource, *flags: str) -> Scale:
    return Scale(mm_per_working_px * working_factor, mm_per_working_px, uncertainty, source, flags)


def _distance_for(mm_per_photo_px: float, facts: LensFacts | None) -> float | None:
    """Camera to skin in mm under a pinhole of the 35 mm equivalent focal length; None where that is unknown."""
    if facts is None or facts.focal_length_35mm is None:
        return None
    pitch = FILM_DIAGONAL_MM / math.hypot(facts.width, facts.height)
    return mm_per_photo_px * facts.focal_length_35mm / pitch


def _from_card(card: Card, centre_xy: tuple[float, float], frame: WorkingFrame, options: ScaleOptions) -> Scale | None:
    """Scale at a pixel from the card's plane, with what fit, print, depth and tilt leave uncertain."""
    centre = np.array([centre_xy], dtype=np.float64)
    scales, errors = card.mm_per_px_at(centre), card.scale_error_at(centre)
    if scales is None or errors is None or not math.isfinite(scales[0]):
        return None
    scale = float(scales[0])
    distance = _distance_for(scale * frame.factor, frame.facts) or options.usual_distance_mm
    # a tolerance is a uniform error: its standard deviation is half the width over the root of 3
    printed = options.print_tolerance_mm / CHECK_RULER_MM / math.sqrt(3)
    depth = options.depth_offset_mm / distance
    # a length in a random direction: ln scale spreads over +- ln(ratio) / 2 like a sine, whose standard deviation is 1 / sqrt(2)
    tilt = math.log(card.foreshortening_at(centre[0])) / (2 * math.sqrt(2))
    return _scale(scale, frame.factor, math.hypot(float(errors[0]), printed, depth, tilt), "card")


def _usual_width(options: ScaleOptions) -> tuple[float, float]:
    """Mean and standard deviation of the logarithm of a limb's width in mm, each region of the leg being as likely as another."""
    means = np.array([math.log(girth / math.pi) for girth, _ in LIMB_GIRTHS_MM.values()])
    within = np.mean([spread**2 for _, spread in LIMB_GIRTHS_MM.values()])
    return float(means.mean()), float(math.sqrt(means.var() + within + options.roundness_spread**2))


def _assumed(across_px: float, frame: WorkingFrame, options: ScaleOptions) -> Scale:
    """Scale from a limb's usual width; none where the lens would then have stood at an impossible distance."""
    mean, spread = _usual_width(options)
    scale = math.exp(mean) / across_px
    distance = _distance_for(scale * frame.factor, frame.facts)
    if distance is not None and not options.nearest_mm <= distance <= options.farthest_mm:
        return _unknown()
    if not LOWEST_MM_PER_PX <= scale * frame.factor <= HIGHEST_MM_PER_PX:
        return _unknown()
    return _scale(scale, frame.factor, spread, "assumed", "scale_assumed")


def judge_scale(
    card: Card | None,
    *,
    centre_xy: tuple[float, float],
    given_mm_per_px: float | None = None,
    filed_mm_per_px: float | None = None,
    limb: LimbWidth = UNKNOWN_WIDTH,
    frame: WorkingFrame = WorkingFrame(),
    options: ScaleOptions = ScaleOptions(),
) -> Scale:
    """Choose the best scale there is: given by hand, then the card, then the file's, then a limb's usual width, then none.

    Parameters
    ----------
    card : Card or None
        As found in the working image.
    centre_xy : (float, float)
        The field's middle in working px, where the scale is wanted.
    given_mm_per_px : float or None
        mm per px of the photo's own upright pixels.
    filed_mm_per_px : float or None
        Likewise, as the photo's file gives it and says to be calibrated; one that no photo of a leg can have is passed over.  As sure as
        one given by hand, and "given" like it.
    limb : LimbWidth
        Of the principal limb, working px.  A limb cut by the frame gives no scale.
    frame : WorkingFrame
    options : ScaleOptions

    Returns
    -------
    Scale

    Raises
    ------
    UsageError
        `given_mm_per_px` outside `LOWEST_MM_PER_PX`..`HIGHEST_MM_PER_PX`.
    """
    measured = None if card is None else _from_card(card, centre_xy, frame, options)
    if given_mm_per_px is not None:
        given = checked_mm_per_px(given_mm_per_px)
        known = None if measured is None else measured.mm_per_px
        doubtful = measured is not None and known is not None and not _agree(given, known, measured.relative_uncertainty, options)
        flags = ("scale_disagrees",) if doubtful else ()
        return _scale(given / frame.factor, frame.factor, options.given_uncertainty, "given", *flags)
    if measured is not None:
        return measured
    if filed_mm_per_px is not None and LOWEST_MM_PER_PX <= filed_mm_per_px <= HIGHEST_MM_PER_PX:
        return _scale(filed_mm_per_px / frame.factor, frame.factor, options.given_uncertainty, "given")
    usual = _assumed(limb.across_px, frame, options) if limb.whole and limb.across_px > 0 else _unknown()
    if card is None or card.alone:
        return usual
    told = tuple(code for code in usual.flags if code != "scale_assumed")  # which says that no card was found
    return dataclasses.replace(usual, flags=(*told, "several_cards"))


def of_both_cards(before: Scale, carried: Scale) -> Scale:
    """The before photo's scale, held against that of the after photo's card.

    Parameters
    ----------
    before : Scale
        By the card in the before photo, or by its file.
    carried : Scale
        By those of the after photo, carried into the before photo by how the two photos lie over each other.

    Returns
    -------
    Scale
        `before`; where the two lie farther apart than 1.96 standard errors of their difference with the flag "cards_disagree", and as
        uncertain as they are apart.
    """
    if before.mm_per_px is None or carried.mm_per_px is None:
        return before
    apart = abs(math.log(before.mm_per_px / carried.mm_per_px))
    if apart <= 1.96 * math.hypot(before.relative_uncertainty, carried.relative_uncertainty):
        return before
    return dataclasses.replace(before, relative_uncertainty=apart, flags=(*before.flags, "cards_disagree"))


def _agree(given: float, measured_mm_per_px: float, relative_uncertainty: float, options: ScaleOptions) -> bool:
    """Within 1.96 standard errors of their difference."""
    error = math.hypot(options.given_uncertainty, relative_uncertainty)
    return abs(math.log(given / measured_mm_per_px)) <= 1.96 * error
