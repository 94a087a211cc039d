"""Black marks that were drawn into a photo: an arrow, a circle, slanted writing.

Nothing on lit skin is black with an edge of a few pixels: moles and hair are brown, shade fades.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from photocompare.base.arrays import LinearRGB, Mask
from photocompare.base.masks import dilated, disc, eroded, parts_of, square


@dataclass(frozen=True)
class BlackMarkOptions:
    """What counts as drawn in black, in the working copy.  Lengths in px.

    In 542 photographs of skin with moles and hair, 92 of legs and 342 rendered ones nothing is; the nearest were a speck of 30 px and
    spots in the dark.

    Parameters
    ----------
    level : float
        Linear light below which all three channels are black: code 25, which JPEG's ripple about a black line stays below.
    least_px, least_extent : float
        Area and box diagonal of a line's inside, one pixel narrower on each side: a full stop of large letters.
    edge_px : int
        Within which the light has to be back: chroma blocks and ripple reach 4 px.
    near_px, far_from_px, far_px : int
        Outer border of the ring in which it has to be, and the borders of the ring that tells how much light there is around.
    lit : float
        Least light around, over `level`: in shade everything ends softly.
    back : float
        Share of the light around that counts as back: a mark's ring may hold another mark's edge, or a vein.
    sharp : float
        Share of the ring in which it has to be back.
    on_leg : float
        Share of the ring that has to be skin: clothing and gaps end beside it.
    counter_px : int
        Half the width of what a letter encloses, which goes with it: a thin stroke may stand in there.
    margin_px : int
        Grown by this, for JPEG's ripple about black is read as a vein.
    """

    level: float = 0.01
    least_px: int = 60
    least_extent: float = 12.0
    edge_px: int = 3
    near_px: int = 5
    far_from_px: int = 8
    far_px: int = 14
    lit: float = 4.0
    back: float = 0.5
    sharp: float = 0.9
    on_leg: float = 0.9
    counter_px: int = 9
    margin_px: int = 6


def find_black_marks(light: LinearRGB, leg: Mask, *, options: BlackMarkOptions) -> Mask:
    """Where something black was drawn on a leg.

    Parameters
    ----------
    light : (H, W, 3) float32
        Linear light, 0..1.
    leg : (H, W) bool
    """
    found = np.zeros(leg.shape, np.bool_)
    black = cv2.inRange(light, (-1.0,) * 3, (options.level,) * 3) > 0
    inner = eroded(np.asarray(black & leg), square(3))
    if not inner.any():
        return found
    parts = parts_of(inner)
    large = (parts.areas >= options.least_px) & (parts.extents >= options.least_extent)
    reach = options.far_px + 2
    for label in np.flatnonzero(large[1:]) + 1:
        left, top, width, height = parts.boxes[label].tolist()
        box = slice(max(top - reach, 0), top + height + reach), slice(max(left - reach, 0), left + width + reach)
        mark = parts.labels[box] == label
        if _is_drawn(mark, inner[box], light[box], leg[box], options):
            found[box] |= mark
    if not found.any():
        return found
    closed = cv2.morphologyEx(found.view(np.uint8), cv2.MORPH_CLOSE, disc(2 * options.counter_px + 1)) > 0
    return dilated(np.asarray(closed), disc(2 * options.margin_px + 1)) & leg


def _is_drawn(mark: Mask, marks: Mask, light: LinearRGB, leg: Mask, options: BlackMarkOptions) -> bool:
    """Whether one of the black parts lies on lit skin with a sharp edge all around."""
    near, far = (
        dilated(mark, disc(2 * outer + 1)) & ~dilated(marks, disc(2 * inner + 1))
        for outer, inner in ((options.near_px, options.edge_px), (options.far_px, options.far_from_px))
    )
    if not near.any() or not far.any():
        return False
    brightest = light.max(axis=2)
    around = float(np.median(brightest[far]))
    back = brightest[near] >= options.back * around
    return bool(around >= options.lit * options.level and back.mean() >= options.sharp and leg[near].mean() >= options.on_leg)
