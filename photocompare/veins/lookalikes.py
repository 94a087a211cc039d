"""Lines that a reading takes for veins and that are none: hair, and what doesn't darken the skin.

Blood takes red and green light, whatever the skin and the depth: a line that is lighter than the skin around in either is the edge of a
shade or of gloss.  Hair is straight and lies by itself, and it is opaque or brown, where a telangiectasia takes green light first
(`docs/method.md`, "Lines that are no veins").
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from photocompare.base.arrays import Density, Mask
from photocompare.base.masks import small_mean_within
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
    """What a photo shows of the skin, and of the skin around each place of it.

    Parameters
    ----------
    density : Density
        (H, W, 3).
    skin : Mask
    around_px : float
        Sigma of the Gaussian over which the skin around is taken.
    """

    density: Density
    skin: Mask
    around_px: float

    @cached_property
    def _around(self) -> Density:
        """Mean density of the skin around, in a small copy of the photo."""
        return small_mean_within(self.density, self.skin, self.around_px)

    def over_skin(self, rows: NDArray[np.intp], cols: NDArray[np.intp]) -> NDArray[np.float32]:
        """Density of N pixels over that of the skin around, (N, 3)."""
        (height, width), (less_high, less_wide, _) = self.skin.shape, self._around.shape
        around = self._around[rows * less_high // height, cols * less_wide // width]
        return np.asarray(self.density[rows, cols] - around, dtype=np.float32)


def lookalikes(strokes: Strokes, photo: SkinDensity, px_per_mm: float, *, options: LookalikeOptions) -> NDArray[np.bool_]:
    """Which strokes of what a reading shows as veins are none, by label.

    Parameters
    ----------
    strokes : Strokes
    photo : SkinDensity
        The photo that was read, in the strokes' frame.
    px_per_mm : float
    options : LookalikeOptions
    """
    red, green, blue = (strokes.mean_of(channel) for channel in photo.over_skin(strokes.rows, strokes.cols).T)
    along, across = strokes.variances()
    length_px = np.sqrt(12 * along)  # of an even line with that variance
    lighter = np.minimum(red, green) < 0
    hair = (
        (bow(along, across) <= options.hair_bow)
        & (length_px <= options.hair_longest_mm * px_per_mm)
        & (strokes.sizes <= options.hair_thickest_mm * px_per_mm * np.maximum(length_px, 1))
        & (np.minimum(red, blue) > options.hair_colour * green)
    )
    return np.asarray(lighter | hair)
