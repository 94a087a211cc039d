"""Where the after photo shows something else than a leg.

Wood, a wall or a towel of skin's colour passes for skin in one photo.  The other photo, taken before another background or from another
place, often tells that no leg is there.
"""

from __future__ import annotations

import math

import numpy as np

from photocompare.base.arrays import MapXY, Mask
from photocompare.base.masks import grown
from photocompare.registration.resampling import mask_through

ASTRAY_SHARE = 0.015
"""How far a map that is carried on beside the limb may lead astray, as a share of the square root of the leg's area: 15 px of a leg that
fills its photo.  Assumed."""


def background_by_after(skin_after: Mask, carried_xy: MapXY) -> Mask:
    """Where the after photo shows background, (h, w) in the before frame; False where it shows nothing.

    Parameters
    ----------
    skin_after : Mask
        Skin of the after photo, in its own frame.
    carried_xy : MapXY
        (h, w, 2), before frame to after frame, beyond the known map too (`carried_on`).
    """
    reach_px = ASTRAY_SHARE * math.sqrt(float(np.count_nonzero(skin_after)))
    return mask_through(~grown(skin_after, reach_px), carried_xy)
