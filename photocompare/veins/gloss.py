"""How much of a vein's contrast gloss takes in one photo and not in the other, told by the colour of the skin around it.

Gloss adds light of the lamp's colour to what comes out of the skin, and a vein is seen against both: skin that shines more shows the same
vein with less contrast, which would count as cleared, and skin that shone before shows old veins as new.  How far a place's colour has
gone from the skin's towards the lamp's tells how much light was added (the dichromatic model: Shafer, Color Res. Appl. 10, 1985).  Only
what differs between the photos counts: skin that is pale by itself is so in both.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from photocompare.base.arrays import Grey, LinearRGB, Mask
from photocompare.base.colour import DARKEST, gloss_share
from photocompare.veins.reading import PairReading

_STEP = 4
"""Every fourth pixel each way tells a colour over millimetres."""


@dataclass(frozen=True)
class GlossOptions:
    """How gloss is told and allowed for.

    Parameters
    ----------
    around_mm : float
        Sigma of the Gaussian over which the skin's colour is taken: gloss on a limb is broader, freckles and pores are smaller.
    least_colour : float
        1 - B/R of the skin below which gloss can't be told by colour, as `ObstructionOptions` has it.
    most_share : float
        Share of gloss in the red light beyond which nothing is left to measure; such places are glare and out of the field.
    allowed : float
        Logarithm of the ratio of contrasts within which both photos count as equally glossy: a tenth, as far as cameras' tone curves
        differ (`ClearanceOptions.light_gain`).
    """

    around_mm: float = 3.0
    least_colour: float = 0.15
    most_share: float = 0.85
    allowed: float = 0.1


def under_one_gloss(
    pair: PairReading, photos: tuple[LinearRGB, LinearRGB], bare: Mask, *, options: GlossOptions = GlossOptions()
) -> PairReading:
    """The reading with the after photo's contrasts as they would be under the before photo's gloss.

    Parameters
    ----------
    pair : PairReading
    photos : tuple of LinearRGB
        Before, and after in the before frame.
    bare : Mask
        Skin that both show, without veins and stains.
    options : GlossOptions
    """
    ratio = contrast_ratio(photos, bare, options.around_mm * pair.px_per_mm, options=options)
    after = dataclasses.replace(pair.after, vein_de=pair.after.vein_de / ratio)
    return dataclasses.replace(pair, after=after, apart_after=pair.apart_after / ratio)


def contrast_ratio(photos: tuple[LinearRGB, LinearRGB], bare: Mask, sigma_px: float, *, options: GlossOptions = GlossOptions()) -> Grey:
    """What gloss leaves of a contrast in the second photo over what it leaves in the first, (H, W); 1 where they differ little.

    Parameters
    ----------
    photos : tuple of LinearRGB
        Of the same skin, in one frame.
    bare : Mask
        Where both show skin without veins and stains.
    sigma_px : float
        Over which the skin's colour is taken.
    options : GlossOptions
    """
    skin = np.ascontiguousarray(bare[::_STEP, ::_STEP])
    first, second = (_left_of_contrast(photo[::_STEP, ::_STEP], skin, sigma_px / _STEP, options) for photo in photos)
    # Told of one photo alone, skin that is pale in both would count.
    if first is None or second is None:
        return np.ones(bare.shape, np.float32)
    log_ratio = np.log(second / first)
    beyond = np.sign(log_ratio) * np.maximum(np.abs(log_ratio) - np.float32(options.allowed), 0)
    return np.asarray(cv2.resize(np.exp(beyond), bare.shape[::-1], interpolation=cv2.INTER_LINEAR), dtype=np.float32)


def _left_of_contrast(photo: LinearRGB, skin: Mask, sigma_px: float, options: GlossOptions) -> NDArray[np.float32] | None:
    """Share of a vein's contrast that gloss leaves, (h, w): of that in green, where blood shows most; None where colour can't tell."""
    if not skin.any():
        return None
    colour = _mean_colour(photo, skin, sigma_px)
    red = np.maximum(colour[..., 0], np.float32(DARKEST))
    blue_over_red, green_over_red = colour[..., 2] / red, colour[..., 1] / red
    share = gloss_share(blue_over_red, blue_over_red[skin], options.least_colour)
    if share is None:
        return None
    share = np.clip(share, 0, options.most_share)
    green = float(np.median(green_over_red[skin & (blue_over_red <= np.median(blue_over_red[skin]))]))
    # Of the light in red `share` is gloss; the skin sends `green` times as much green light as red, gloss as much.
    return np.asarray(1 - share / (share + green * (1 - share)), dtype=np.float32)


def _mean_colour(photo: LinearRGB, skin: Mask, sigma_px: float) -> LinearRGB:
    """Gaussian mean over the skin's pixels, (h, w, 3); the mean of all of them where none is near."""
    weight = skin.astype(np.float32)
    total, near = (cv2.GaussianBlur(plane, (0, 0), sigma_px) for plane in (photo * weight[..., np.newaxis], weight))
    least = np.float32(math.exp(-0.5 * 3**2))  # three sigmas away
    mean = total / np.maximum(near, least)[..., np.newaxis]
    return np.asarray(np.where((near > least)[..., np.newaxis], mean, photo[skin].mean(axis=0)), dtype=np.float32)
