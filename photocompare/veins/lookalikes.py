"""Lines that a reading takes for veins and that are none: hair, and what doesn't darken the skin.

Blood takes red and green light, whatever the skin and the depth: a line that is lighter than the skin around in either is the edge of a
shade or of gloss.  Hair is straight and lies by itself, and it is opaque or brown, where a telangiectasia takes green light first
(`docs/method.md`, "Lines that are no veins").
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from photocompare.base.arrays import Density, Grey, Mask
from photocompare.base.masks import mean_within, parts_of
from photocompare.base.strokes import Strokes, bow


@dataclass(frozen=True)
class LookalikeOptions:
    """When a line by itself is no vein.

    Parameters
    ----------
    around_mm : float
        Sigma of the Gaussian over which the skin around is taken: the widest reticular vein (3 mm) is seen against it still.
    hair_bow : float
        Greatest spread across over that along, as `ObstructionOptions` has it, with a little more for the reading's own blur.
    hair_longest_mm, hair_thickest_mm : float
        A leg's hair lies in strokes of up to 15 mm; the reading shows it as wide as the thinnest vein.
    hair_colour : float
        Least density of hair in red and in blue over that in green.  Rendered hair has 0.6 to 0.8, rendered veins hardly more than 0.6;
        on photographs veins reach that too, and what is as straight and alone as a hair is left out with it.
    """

    around_mm: float = 1.2
    hair_bow: float = 0.13
    hair_longest_mm: float = 15.0
    hair_thickest_mm: float = 0.8
    hair_colour: float = 0.6


@dataclass(frozen=True, eq=False)
class SkinDensity:
    """A photo's density (H, W, 3), and where it shows skin."""

    density: Density
    skin: Mask
    _over: dict[float, list[Grey]] = field(default_factory=dict, init=False, repr=False)

    def over_skin(self, sigma_px: float) -> list[Grey]:
        """Density over that of the skin within about `sigma_px`, by channel; worked out once."""
        if sigma_px not in self._over:
            planes = [np.asarray(plane, dtype=np.float32) for plane in cv2.split(self.density)]
            self._over[sigma_px] = [np.subtract(plane, mean_within(plane, self.skin, sigma_px)) for plane in planes]
        return self._over[sigma_px]


def without_lookalikes(mask: Mask, photo: SkinDensity, px_per_mm: float, *, options: LookalikeOptions) -> Mask:
    """The mask less its parts that are no veins.

    Parameters
    ----------
    mask : Mask
        Where a reading shows veins.
    photo : SkinDensity
        The photo that was read, in the mask's frame.
    px_per_mm : float
    options : LookalikeOptions
    """
    if not mask.any():
        return mask
    parts = parts_of(mask)
    strokes = Strokes(parts.labels, np.ones(len(parts.areas), np.bool_))
    red, green, blue = (strokes.mean_of(plane[strokes.rows, strokes.cols]) for plane in photo.over_skin(options.around_mm * px_per_mm))
    along, across = strokes.variances()
    length_px = np.sqrt(12 * along)  # of an even line with that variance
    lighter = np.minimum(red, green) < 0
    hair = (
        (bow(along, across) <= options.hair_bow)
        & (length_px <= options.hair_longest_mm * px_per_mm)
        & (parts.areas <= options.hair_thickest_mm * px_per_mm * np.maximum(length_px, 1))
        & (np.minimum(red, blue) > options.hair_colour * green)
    )
    return parts.of(~lighter & ~hair)
