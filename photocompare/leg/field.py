"""The field: which pixels are the skin of the leg in question, and which of them are seen well.

The leg is solid: veins, stains and moles never make holes in it.  What can't be measured (glare, clipping, deep shadow,
hair, the rim where the surface turns away) is missing from `Field.measurable` only.
"""

from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from photocompare.base.arrays import LinearRGB, Mask, PointsXY
from photocompare.base.errors import UsageError
from photocompare.base.masks import depth_px
from photocompare.base.regular_files import NotRegular, TooLong, regular_bytes
from photocompare.base.robust import robust_spread
from photocompare.leg.limbs import LimbOptions, label_limbs, middle_weight
from photocompare.leg.obstructions import ObstructionOptions, Obstructions, find_obstructions, nothing_hidden
from photocompare.leg.skin import Skin, SkinOptions, find_skin
from photocompare.leg.skin_texture import SkinTextureOptions, has_skin_texture

MOST_POLYGON_POINTS = 10_000
"""A polygon drawn by hand has tens of points; more than this is no drawing."""

MOST_POLYGON_BYTES = 200 * MOST_POLYGON_POINTS
"""A corner is two numbers of 17 digits with signs and exponents, each on an indented line of its own: half of this."""

FARTHEST_PX = 1e6
"""A corner farther than this from the photo's own is a mistake: the largest photo has 20 000 px a side."""


@dataclass(frozen=True)
class FieldOptions:
    """How the leg is cut out.

    Parameters
    ----------
    skin : SkinOptions
    limbs : LimbOptions
    obstructions : ObstructionOptions
    texture : SkinTextureOptions
    told_paint_share : float
        Share of the leg from which paint on it is told: four letters of a date stamp; less are nails.
    least_leg_share : float
        Share of the frame below which the principal limb is too small to be a photo of a leg.
    least_middle_share : float
        Share of the frame's middle (`middle_weight`) below which a leg at its side is doubted: what is redder than the leg in the middle
        may be cork or wood.  Three of 72 photos of real legs hold less, and nothing else in their middle passes for a leg.
    most_colour_spread : float
        Spread (1.48 times the median absolute deviation) of ln(G/B) within one limb above which it is no skin.  From the lightest to the
        most pigmented skin ln(G/B) goes from 0.38 to 0.69 by Monte Carlo: a spread of 0.16.
    rim_angle_deg : float
        Angle between the view and the skin's normal from which skin is left out at a limb's rim: at 60 degrees a vein looks half as wide.
    least_rim_px : float
        Least width of that rim in the reduced copy that was segmented, whose edge is that uncertain.
    """

    skin: SkinOptions = field(default_factory=SkinOptions)
    limbs: LimbOptions = field(default_factory=LimbOptions)
    obstructions: ObstructionOptions = field(default_factory=ObstructionOptions)
    texture: SkinTextureOptions = field(default_factory=SkinTextureOptions)
    told_paint_share: float = 0.002
    least_leg_share: float = 0.05
    least_middle_share: float = 0.25
    most_colour_spread: float = 0.35
    rim_angle_deg: float = 60.0
    least_rim_px: float = 1.5


@dataclass(frozen=True)
class Field:
    """The skin in one photo.

    Parameters
    ----------
    limbs : (H, W) int32
        A label for every limb, 0 where there is no skin.
    principal : int
        Label of the leg in question; 0 without skin.
    leg : (H, W) bool
        The principal limb, solid.
    measurable : (H, W) bool
        Where the leg is seen well.
    hidden : Obstructions
        What hides skin of the leg, by kind.
    rim : (H, W) bool
        Skin of the leg that turns away from the camera.
    flags : tuple of str
        Codes of `photocompare.base.flags.REGISTRY`.
    """

    limbs: NDArray[np.int32]
    principal: int
    leg: Mask
    measurable: Mask
    hidden: Obstructions
    rim: Mask
    flags: tuple[str, ...] = ()


def find_field(linear: LinearRGB, *, options: FieldOptions = FieldOptions()) -> Field:
    """The field of one photo.

    Parameters
    ----------
    linear : (H, W, 3) float32
        Linear light, 0..1; NaN counts as black, and so is left out.

    Returns
    -------
    Field
        With flag `no_skin` and empty masks when no leg was found.
    """
    shape = (linear.shape[0], linear.shape[1])
    if not np.isfinite(linear.sum()):
        linear = np.nan_to_num(linear, nan=0.0, posinf=1.0, neginf=0.0)
    skin = find_skin(linear, options=options.skin)
    small, principal = label_limbs(skin, options=options.limbs), 1
    is_a_leg = _is_a_leg(small == principal, skin, options)
    if skin.mask.any() and not (is_a_leg and _middle_share(small == principal) >= options.least_middle_share):
        paler = find_skin(linear, options=options.skin, apart=skin.mask)
        limbs_of_it = label_limbs(paler, options=options.limbs)
        leg = limbs_of_it == principal
        # More of the frame's middle is leg: what is redder is then what the leg lies on, and not what was photographed.
        if _is_a_leg(leg, paler, options) and _middle_share(leg) > _middle_share(skin.mask):
            skin, small, is_a_leg = paler, limbs_of_it, True
    if not is_a_leg:
        return _no_field(shape)
    limbs = _enlarge_labels(small, shape)
    leg = limbs == principal
    hidden = find_obstructions(linear, leg, options=options.obstructions)
    rim = leg & (_enlarge(_rim(small == principal, options), shape))
    painted = np.count_nonzero(hidden.paint) > options.told_paint_share * np.count_nonzero(leg)
    drawn_on = painted or hidden.writing.any()
    return Field(limbs, principal, leg, leg & ~rim & ~hidden.any, hidden, rim, ("drawn_on",) if drawn_on else ())


def other_limb(linear: LinearRGB, found: Field, principal: int, *, options: FieldOptions) -> Field:
    """The same photo's field with another of its limbs as the leg in question.

    Raises
    ------
    ValueError
        When `found` has no limb of that label.
    """
    leg = found.limbs == principal
    if principal <= 0 or not leg.any():
        raise ValueError(f"the field has no limb {principal}")
    hidden = find_obstructions(linear, leg, options=options.obstructions)
    scale = min(1.0, options.skin.long_side_px / max(leg.shape))
    small = cv2.resize(leg.astype(np.float32), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) >= 0.5
    rim = leg & _enlarge(_rim(small, options), leg.shape)
    return Field(found.limbs, principal, leg, leg & ~rim & ~hidden.any, hidden, rim, found.flags)


def cut_field(found: Field, polygon_xy: PointsXY) -> Field:
    """The field within a reader's polygon, whose (x, y) corners are in the pixels of the field.

    The limbs stay: registration may use skin around the polygon; `leg` and `measurable` are cut, and flag `no_skin` is raised when
    nothing measurable is left.

    Raises
    ------
    UsageError
        When the polygon holds no pixel of the photo.
    """
    shape = found.leg.shape
    inside = np.zeros(shape, dtype=np.uint8)
    # Clipping keeps far-off corners within what OpenCV's fixed-point coordinates can hold.
    reach = 4.0 * max(shape)
    corners = np.rint(np.clip(polygon_xy, -reach, reach) * 16).astype(np.int32)
    cv2.fillPoly(inside, [corners], 1, shift=4)
    if not inside.any():
        raise UsageError("The field polygon lies outside the photo. Draw it on the before photo, in its upright pixels.")
    keep = inside.astype(bool)
    leg, measurable = found.leg & keep, found.measurable & keep
    flags = found.flags if measurable.any() or "no_skin" in found.flags else (*found.flags, "no_skin")
    return dataclasses.replace(found, leg=leg, measurable=measurable, flags=flags)


def read_polygon(path: Path) -> PointsXY:
    """A reader's polygon from a file `{"polygon": [[x, y], ...]}`, in the before photo's upright pixels.

    Returns
    -------
    (N, 2) float32
        At least three corners (x, y).

    Raises
    ------
    UsageError
        When the file can't be read or isn't such a polygon.
    """
    expected = 'A field file holds {"polygon": [[x, y], [x, y], [x, y], ...]} in pixels of the before photo.'
    try:
        # json tells UTF-8 and UTF-16, with and without their marks, as editors and shells of Windows write them.
        content: Any = json.loads(regular_bytes(path, MOST_POLYGON_BYTES))
    except NotRegular as error:
        raise UsageError(f"The field file is a folder, a pipe or a device, not a file. {expected}") from error
    except TooLong as error:
        raise UsageError(f"The field file has more than {MOST_POLYGON_BYTES // 1_000_000} MB. {expected}") from error
    except OSError as error:
        raise UsageError(f"The field file can't be read. {expected}") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"The field file is not JSON. {expected}") from error
    if not isinstance(content, dict) or set(content) != {"polygon"} or not isinstance(content["polygon"], list):
        raise UsageError(f"The field file has another shape. {expected}")
    corners = content["polygon"]
    if not 3 <= len(corners) <= MOST_POLYGON_POINTS:
        raise UsageError(f"The field polygon has {len(corners)} corners; it needs 3 to {MOST_POLYGON_POINTS}. {expected}")
    if not all(isinstance(corner, list) and len(corner) == 2 and all(_is_number(k) for k in corner) for corner in corners):
        raise UsageError(f"A corner of the field polygon is not a pair of numbers. {expected}")
    polygon = np.asarray(corners, dtype=np.float32)
    if polygon.max(axis=0).min() < 0 or cv2.contourArea(cv2.convexHull(polygon)) < 1.0:
        raise UsageError(f"The field polygon holds no pixel. {expected}")
    return polygon


def _is_number(value: Any) -> bool:
    """A finite number of a size that pixels have; JSON's NaN and Infinity and booleans are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < FARTHEST_PX


def _no_field(shape: tuple[int, int]) -> Field:
    empty = np.zeros(shape, dtype=bool)
    return Field(np.zeros(shape, dtype=np.int32), 0, empty, empty, nothing_hidden(shape), empty, ("no_skin",))


def _is_a_leg(leg: Mask, skin: Skin, options: FieldOptions) -> bool:
    """Large enough, of one colour, and with no other texture than skin's."""
    if leg.mean() < options.least_leg_share:
        return False
    blue = skin.chroma[..., 1][leg]
    return float(robust_spread(blue)) <= options.most_colour_spread and has_skin_texture(skin, leg, options=options.texture)


def _middle_share(mask: Mask) -> float:
    """Share of the frame's middle that a mask holds, 0..1."""
    weight = middle_weight(mask.shape)
    return float(weight[mask].sum() / weight.sum())


def _rim(leg: Mask, options: FieldOptions) -> Mask:
    """Rim of a limb, as if it were a cylinder: within (1 - sin angle) of its half-width from its edge.  Not at the frame's border."""
    to_edge = cv2.distanceTransform(cv2.copyMakeBorder(leg.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_REPLICATE), cv2.DIST_L2, 5)[1:-1, 1:-1]
    half_width = float(depth_px(leg).max())
    margin = max(options.least_rim_px, (1.0 - math.sin(math.radians(options.rim_angle_deg))) * half_width)
    return np.asarray(leg & (to_edge <= margin))


def _enlarge(mask: Mask, shape: tuple[int, ...]) -> Mask:
    return np.asarray(cv2.resize(mask.astype(np.float32), (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR) >= 0.5)


def _enlarge_labels(small: NDArray[np.int32], shape: tuple[int, int]) -> NDArray[np.int32]:
    limbs = np.zeros(shape, dtype=np.int32)
    for label in range(1, int(small.max()) + 1):
        limbs[_enlarge(small == label, shape)] = label
    return limbs
