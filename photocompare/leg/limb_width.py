"""How wide a limb is in px: the one ruler, for the photo's quality and for a scale from usual widths.

Two figures, because a limb is no band: the widest circle says how much skin there is to see, and is told even of a limb that the frame
cuts; the width across the axis is what a tape around the limb would tell, and needs both edges.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from photocompare.base.arrays import Mask
from photocompare.base.masks import long_axis_angle, second_moments

_CIRCLE_SIDE_PX = 400
"""Long side, at least, of the copy of a mask in which the circle is looked for: a quarter of a per cent a pixel."""


@dataclass(frozen=True)
class LimbWidth:
    """Width of a limb.

    Parameters
    ----------
    across_px : float
        Median width square to the limb's axis, px; NaN without a limb or where `whole` is False.
    whole : bool
        Both edges are in the frame along most of the limb.
    circle_px : float
        Diameter of the widest circle within the limb and the frame, px; NaN without a limb.
    """

    across_px: float = math.nan
    whole: bool = False
    circle_px: float = math.nan


UNKNOWN_WIDTH = LimbWidth()


def measure_limb_width(limb: Mask) -> LimbWidth:
    """Both widths of a limb.

    Parameters
    ----------
    limb : ndarray of bool, shape (H, W)
        Solid.
    """
    if not limb.any():
        return UNKNOWN_WIDTH
    angle = long_axis_angle(second_moments(limb))
    upright = abs(math.sin(angle)) >= abs(math.cos(angle))
    lines = limb if upright else limb.T
    lines = lines[lines.any(axis=1)]
    inside = ~(lines[:, 0] | lines[:, -1])
    circle = _widest_circle(limb)
    if np.count_nonzero(inside) * 2 < len(lines):
        return LimbWidth(circle_px=circle)
    chord = float(np.median(lines[inside].sum(axis=1)))
    return LimbWidth(chord * max(abs(math.sin(angle)), abs(math.cos(angle))), True, circle)


def _widest_circle(limb: Mask) -> float:
    """Diameter in px."""
    step = int(max(1, max(limb.shape) // _CIRCLE_SIDE_PX))
    framed = cv2.copyMakeBorder(limb[::step, ::step].astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    radius = float(cv2.distanceTransform(framed, cv2.DIST_L2, 3).max())
    return 2.0 * step * radius
