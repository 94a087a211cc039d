"""What one photo tells by itself: its working copy, the card in it, the leg's field, the scale and the quality."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from photocompare.base.arrays import LinearRGB, Mask, PointsXY, scaled_position
from photocompare.card.finding import Card, find_card
from photocompare.card.layout import LAYOUTS, Rect
from photocompare.card.pair_colours import CardColours, card_colours
from photocompare.card.plane import transform_points
from photocompare.leg.field import Field, cut_field, find_field
from photocompare.leg.focus import close_up
from photocompare.leg.limb_width import LimbWidth, measure_limb_width
from photocompare.leg.quality import Quality, judge_quality
from photocompare.leg.scale import Scale, WorkingFrame, judge_scale
from photocompare.photo.reading import Photo
from photocompare.settings import STANDARD, Settings

CARD_SHADOW_MM = 1.0
"""How far skin beside the card is left out: a card that lifts by a millimetre throws its shadow that far under a lamp at 45 degrees."""


@dataclass(frozen=True, eq=False, repr=False)
class PreparedPhoto:
    """One photo as the pair's stages need it, in its working frame.

    Parameters
    ----------
    linear : ndarray of shape (h, w, 3)
    factor : float
        Working size over full size, 0..1.
    limb : Field
        Without the card; registration rests on all of it.
    field : Field
        The same within the reader's polygon: what is measured.
    scale : Scale
    quality : Quality
    card_colours : CardColours or None
        None without a card whose patches can be read.
    """

    linear: LinearRGB
    factor: float
    limb: Field
    field: Field
    scale: Scale
    quality: Quality
    card_colours: CardColours | None = None

    @property
    def reduced(self) -> bool:
        """Whether the working frame holds fewer pixels than the photo."""
        return self.factor < 1


@dataclass(frozen=True, eq=False, repr=False)
class Looked:
    """What is seen in a photo whatever its reader says of field and scale.

    Parameters
    ----------
    linear : ndarray of shape (h, w, 3)
    factor : float
        Working size over full size, 0..1.
    card : Card or None
    limb : Field
        Without the card.
    width : LimbWidth
    """

    linear: LinearRGB
    factor: float
    card: Card | None
    limb: Field
    width: LimbWidth


def look_at(photo: Photo, *, settings: Settings = STANDARD, card: bool = True) -> Looked:
    """The working copy, the card and the leg; `prepare_photo` tells the parameters."""
    linear, factor = photo.working(settings.working.max_pixels)
    seen = find_card(linear, options=settings.card) if card else None
    whole = find_field(linear, options=settings.field)
    width = measure_limb_width(whole.leg)
    return Looked(linear, factor, seen, whole if seen is None else without_card(whole, seen), width)


def prepare_photo(
    photo: Photo,
    *,
    settings: Settings = STANDARD,
    mm_per_px: float | None = None,
    polygon_xy: PointsXY | None = None,
    card: bool = True,
    looked: Looked | None = None,
) -> PreparedPhoto:
    """Everything that one photo tells by itself.

    Parameters
    ----------
    photo : Photo
    settings : Settings
    mm_per_px : float, optional
        Scale given by hand, mm per full pixel.
    polygon_xy : ndarray of shape (N, 2), optional
        Region to measure in, full pixels.
    card : bool
        Whether to look for the card.
    looked : Looked, optional
        What `look_at` found with the same settings and card.

    Raises
    ------
    UsageError
        An impossible scale, or a polygon outside the photo.
    """
    looked = looked or look_at(photo, settings=settings, card=card)
    factor, seen, whole = looked.factor, looked.card, looked.limb
    found = whole if polygon_xy is None else cut_field(whole, np.asarray(scaled_position(polygon_xy, factor), dtype=np.float32))
    scale = judge_scale(
        seen,
        given_mm_per_px=mm_per_px,
        filed_mm_per_px=photo.facts.mm_per_px,
        centre_xy=_middle_xy(found.leg),
        limb=looked.width,
        frame=WorkingFrame(factor, photo.facts),
        options=settings.scale,
    )
    known = scale.mm_per_working_px if scale.measured else None
    detail = None if factor == 1.0 else close_up(photo.encoded, found.measurable, factor, options=settings.quality.focus)
    quality = judge_quality(looked.linear, found, mm_per_px=known, detail=detail, options=settings.quality)
    if seen is not None and seen.mirrored:
        quality = dataclasses.replace(quality, flags=(*quality.flags, "photo_mirrored"))
    colours = None if seen is None or not photo.facts.has_colour else card_colours(seen)
    return PreparedPhoto(looked.linear, factor, whole, found, scale, quality, colours)


def without_card(found: Field, card: Card) -> Field:
    """The field less the card; skin in the card's window is the leg in question, whatever part of the leg the card covers.

    Parameters
    ----------
    found : Field
    card : Card
        Seen in the same frame.
    """
    covered, window = _card_masks(card, found.leg.shape)
    framed = window & (found.limbs > 0)
    limbs = np.where(covered, 0, np.where(framed, found.principal, found.limbs)).astype(np.int32)
    leg = (found.leg | framed) & ~covered
    seen_well = found.measurable | (framed & ~found.leg)
    measurable = leg & seen_well
    flags = found.flags if measurable.any() or "no_skin" in found.flags else (*found.flags, "no_skin")
    return dataclasses.replace(found, limbs=limbs, leg=leg, measurable=measurable, flags=flags)


def _card_masks(card: Card, shape: tuple[int, ...]) -> tuple[Mask, Mask]:
    """Where the card lies, its window taken out, and that window; each with room for the card's shadow."""
    layout = LAYOUTS.get(card.layout)
    if layout is None:  # another maker's chart: an outline without a window
        return _polygon(card.corners_xy, shape), np.zeros(shape, np.bool_)
    px_from_mm = np.asarray(np.linalg.inv(card.homography), dtype=np.float64)
    outline = transform_points(px_from_mm, Rect(0.0, 0.0, layout.width, layout.height).inset(-CARD_SHADOW_MM).corners_xy)
    window = _polygon(transform_points(px_from_mm, layout.window.inset(CARD_SHADOW_MM).corners_xy), shape)
    return _polygon(outline, shape) & ~window, window


def _polygon(corners_xy: NDArray[np.float64], shape: tuple[int, ...]) -> Mask:
    mask = np.zeros(shape, np.uint8)
    # a card held half out of the frame has far-off corners; OpenCV's are whole numbers
    reach = 4.0 * max(shape)
    cv2.fillPoly(mask, [np.rint(np.clip(corners_xy, -reach, reach)).astype(np.int32)], 1)
    return mask > 0


def _middle_xy(mask: Mask) -> tuple[float, float]:
    """Centroid; the frame's middle of an empty mask."""
    pixels = mask if mask.any() else np.ones_like(mask)
    # Whole numbers below 2**53 add up exactly: a mean over the pixels gives the same bits.
    x, y = (int(np.count_nonzero(pixels, axis=axis) @ np.arange(pixels.shape[1 - axis])) for axis in (0, 1))
    count = int(np.count_nonzero(pixels))
    return x / count, y / count
