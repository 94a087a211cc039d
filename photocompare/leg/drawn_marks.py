"""Black and white marks that were drawn into a photo: an arrow, a circle, slanted writing.

Nothing on lit skin is black or white with an edge of a few pixels: moles and hair are brown, shade and glare fade.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from photocompare.base.arrays import Grey, LinearRGB, Mask
from photocompare.base.masks import dilated, disc, eroded, parts_of, square


@dataclass(frozen=True)
class DrawnMarkOptions:
    """What counts as drawn in black or white, in the working copy.  Lengths in px.

    In 542 photographs of skin with moles, hair and glare, 92 of legs and 342 rendered ones nothing black is, and in 615 of them nothing
    white but the border of a picture; the nearest were a speck of 30 px and spots in the dark.

    Parameters
    ----------
    black, white : float
        Linear light below which all three channels are black (code 25, which JPEG's ripple about a black line stays below), and above which
        they are white (code 247).
    least_px, least_extent : float
        Area and box diagonal of a line's inside, one pixel narrower on each side: a full stop of large letters.
    edge_px : int
        Within which the skin has to be back: chroma blocks and ripple reach 4 px.
    near_px, far_from_px, far_px : int
        Outer border of the ring in which it has to be, and the borders of the ring that tells how much light there is around.
    lit : float
        Least light around black, over `black`: in shade everything ends softly.
    back : float
        Share of the light around that counts as back beside black: a mark's ring may hold another mark's edge, or a vein.
    dim, most_around : float
        Most light that counts as back beside white, and most light around it: glare ends softly, and in the brightest skin nothing is told.
    sharp : float
        Share of the ring in which it has to be back.
    on_leg : float
        Share of the ring that has to be skin: clothing and gaps end beside it.
    counter_px : int
        Half the width of what a letter encloses, which goes with it: a thin stroke may stand in there.
    margin_px : int
        Grown by this, for JPEG's ripple about a mark is read as a vein.
    """

    black: float = 0.01
    white: float = 0.93
    least_px: int = 60
    least_extent: float = 12.0
    edge_px: int = 3
    near_px: int = 5
    far_from_px: int = 8
    far_px: int = 14
    lit: float = 4.0
    back: float = 0.5
    dim: float = 0.8
    most_around: float = 0.75
    sharp: float = 0.9
    on_leg: float = 0.9
    counter_px: int = 9
    margin_px: int = 6


def find_drawn_marks(light: LinearRGB, leg: Mask, *, options: DrawnMarkOptions) -> Mask:
    """Where something black or white was drawn on a leg.

    Parameters
    ----------
    light : (H, W, 3) float32
        Linear light, 0..1.
    leg : (H, W) bool
    """
    found = np.zeros(leg.shape, np.bool_)
    for white, (lowest, highest) in ((False, (-1.0, options.black)), (True, (options.white, 2.0))):
        inner = eroded(np.asarray((cv2.inRange(light, (lowest,) * 3, (highest,) * 3) > 0) & leg), square(3))
        if inner.any():
            found |= _drawn(inner, light, leg, options, white=white)
    if not found.any():
        return found
    closed = cv2.morphologyEx(found.view(np.uint8), cv2.MORPH_CLOSE, disc(2 * options.counter_px + 1)) > 0
    return dilated(np.asarray(closed), disc(2 * options.margin_px + 1)) & leg


def _drawn(inner: Mask, light: LinearRGB, leg: Mask, options: DrawnMarkOptions, *, white: bool) -> Mask:
    """Which parts of the insides of black, or of white, things were drawn."""
    found = np.zeros(inner.shape, np.bool_)
    parts = parts_of(inner)
    large = (parts.areas >= options.least_px) & (parts.extents >= options.least_extent)
    reach = options.far_px + 2
    for label in np.flatnonzero(large[1:]) + 1:
        left, top, width, height = parts.boxes[label].tolist()
        box = slice(max(top - reach, 0), top + height + reach), slice(max(left - reach, 0), left + width + reach)
        mark = parts.labels[box] == label
        near, far = (
            dilated(mark, disc(2 * outer + 1)) & ~dilated(inner[box], disc(2 * within + 1))
            for outer, within in ((options.near_px, options.edge_px), (options.far_px, options.far_from_px))
        )
        if near.any() and far.any() and leg[box][near].mean() >= options.on_leg:
            # What is white has all its channels high, what is black has them all low.
            grey = light[box].min(axis=2) if white else light[box].max(axis=2)
            if _skin_is_back(grey, near, float(np.median(grey[far])), options, white=white):
                found[box] |= mark
    return found


def _skin_is_back(grey: Grey, near: Mask, around: float, options: DrawnMarkOptions, *, white: bool) -> bool:
    """Whether lit skin begins right beside a mark."""
    if white:
        return around <= options.most_around and float((grey[near] <= options.dim).mean()) >= options.sharp
    return around >= options.lit * options.black and float((grey[near] >= options.back * around).mean()) >= options.sharp
