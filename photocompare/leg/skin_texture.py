"""Whether what has the colour of skin has the texture of skin too: hair, cork, gravel and dry grass are brown and red as well.

Skin is smooth, and what it shows is coloured: melanin takes 0.45 to 0.6 of the red light that it takes of the green, blood 0.2 to 0.4
(Monte Carlo table in `docs/method.md`).  Only relief and shade are grey, and on skin they are faint where a whole leg fills the frame.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from photocompare.base.arrays import Mask
from photocompare.base.robust import robust_spread
from photocompare.leg.skin import Skin


@dataclass(frozen=True)
class SkinTextureOptions:
    """What no skin looks like.

    Parameters
    ----------
    detail_px : float
        Gaussian sigma, in the reduced copy of 480 px, beyond which is no detail: a hundredth of the frame.
    grey_from, grey_ratio : float
        Detail of at least this spread (ln of red light) and at least this much of the green light's spread is a grey texture.  Of 64
        photos of real legs the roughest has 0.069 at a ratio of 0.78, and of those over 0.045 none a ratio above 0.85; of 161 close-ups of
        skin none above 0.88.  Cork, gravel, wood, grass and hair have 0.06 to 0.30 at 0.93 to 1.16.
    rough_from : float
        Spread from which it is no skin of any colour: nearly twice the roughest of those legs.
    """

    detail_px: float = 3.0
    grey_from: float = 0.055
    grey_ratio: float = 0.92
    rough_from: float = 0.12


def has_skin_texture(skin: Skin, limb: Mask, *, options: SkinTextureOptions = SkinTextureOptions()) -> bool:
    """Whether a limb's detail may be that of skin.

    Parameters
    ----------
    skin : Skin
    limb : Mask of shape (h, w)
        In the reduced copy; one pixel at least.
    options : SkinTextureOptions
    """
    red_over_green, green_over_blue = skin.chroma[..., 0], skin.chroma[..., 1]
    log_green = skin.lightness + (green_over_blue - red_over_green) / 3
    red, green = (_spread(log, limb, options) for log in (log_green + red_over_green, log_green))
    return red < options.grey_from or (red < options.rough_from and red < options.grey_ratio * green)


def _spread(log: NDArray[np.floating], limb: Mask, options: SkinTextureOptions) -> float:
    return float(robust_spread((log - cv2.GaussianBlur(log, (0, 0), options.detail_px))[limb]))
