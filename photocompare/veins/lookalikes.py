"""Lines that a reading takes for veins and that are none: hair, and what doesn't darken the skin.

Blood takes red and green light, whatever the skin and the depth: a line that is lighter than the skin around in either is the edge of a
shade or of gloss.  Hair is straight and lies by itself, and it is opaque or brown, where a telangiectasia takes green light first
(`docs/method.md`, "Lines that are no veins").
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from photocompare.base.arrays import Density, Grey, Mask
from photocompare.base.masks import Parts, mean_within, parts_of


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
    red, green, blue = _contrasts(photo, parts, options.around_mm * px_per_mm)
    lighter = np.minimum(red, green) < 0
    along, across = _spreads(parts)
    hair = (
        (across <= options.hair_bow * along)
        & (along * np.sqrt(12) <= options.hair_longest_mm * px_per_mm)
        & (parts.areas <= options.hair_thickest_mm * px_per_mm * np.maximum(along * np.sqrt(12), 1))
        & (np.minimum(red, blue) > options.hair_colour * green)
    )
    return parts.of(~lighter & ~hair)


def _contrasts(photo: SkinDensity, parts: Parts, sigma_px: float) -> list[NDArray[np.float64]]:
    """Mean density of each part over the skin around, by channel."""
    places = np.flatnonzero(parts.labels)
    owner, count = parts.labels.ravel()[places], len(parts.areas)
    sums = (np.bincount(owner, plane.ravel()[places], count) for plane in photo.over_skin(sigma_px))
    return [np.asarray(total / np.maximum(parts.areas, 1), dtype=np.float64) for total in sums]


def _spreads(parts: Parts) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Standard deviation of each part's pixels along its longest direction and across, px."""
    places = np.flatnonzero(parts.labels)
    owner, count = parts.labels.ravel()[places], len(parts.areas)
    y, x = (axis.astype(np.float64) for axis in np.divmod(places, parts.labels.shape[1]))
    size = np.maximum(parts.areas, 1)
    x -= (np.bincount(owner, x, count) / size)[owner]
    y -= (np.bincount(owner, y, count) / size)[owner]
    xx, yy, xy = (np.bincount(owner, product, count) / size for product in (x * x, y * y, x * y))
    middle, radius = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    return np.sqrt(middle + radius), np.sqrt(np.maximum(middle - radius, 0))
