"""A map of the whole before frame with what it may be trusted for, and several such maps joined.

A leg bends at its joints, and two legs that touch move apart: no one smooth warp holds all skin of such a photo.  Each warp is then
refined and judged by itself, and every place takes the map that its own patches agree with.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photocompare.base.arrays import MapXY, Mask
from photocompare.base.masks import dilated, parts_of, square
from photocompare.registration.features import Limb
from photocompare.registration.judge import JudgeOptions, judge_trust
from photocompare.registration.refine import Refined
from photocompare.registration.resampling import mask_through


@dataclass(frozen=True, eq=False)
class Placed:
    """Where every before pixel lies in the after photo, and whether that may be believed.

    Parameters
    ----------
    map_xy : MapXY
        (h, w, 2).
    sigma : ndarray
        (h, w) float32, standard deviation of the map per coordinate, before px.
    common : Mask
        (h, w): skin that both photos see well, by the map.
    trusted : Mask
        (h, w): skin of the before leg where the patches agree with the map.
    window_px : float
        Area in square before px over which agreement was taken: trusted skin is counted in such windows.
    """

    map_xy: MapXY
    sigma: NDArray[np.float32]
    common: Mask
    trusted: Mask
    window_px: float

    @property
    def shared(self) -> Mask:
        """Skin that both photos see well and that the map is trusted on."""
        return self.common & self.trusted

    def same_skin(self, before: Limb, *, options: JudgeOptions) -> bool:
        """Whether enough of the before leg agrees for the photos to show the same skin."""
        shared, leg = (float(np.count_nonzero(mask)) / self.window_px for mask in (self.shared, before.leg))
        return options.enough(shared, leg)


def place(refined: Refined, before: Limb, after: Limb, *, options: JudgeOptions) -> Placed:
    """A refined map at every before pixel, and where it is trusted.

    Parts of trusted skin smaller than a window are left out: patches agree over as much by chance.
    """
    height, width = before.shape
    map_xy = refined.on_grid(np.arange(width, dtype=np.float64), np.arange(height, dtype=np.float64))
    agreement, sigma = judge_trust(refined, options=options).at_every_px(before.shape)
    leg_width = math.sqrt(float(before.leg.sum()))
    near = math.sqrt(2) * sigma <= options.most_error * leg_width
    window_px = 4 * math.pi * (options.window * refined.patches[-1].px_per_level_px) ** 2
    trusted = _large_parts((agreement >= options.least_agreement) & near & before.leg, window_px)
    return Placed(map_xy, sigma, before.measurable & mask_through(after.measurable, map_xy), trusted, window_px)


def joined(first: Placed, second: Placed) -> Placed:
    """Both maps in one: the second where it is trusted and the first is not.

    Where two trusted regions meet, a seam is left out, so that nothing is read across it.
    """
    taken = second.trusted & ~first.trusted
    seam = dilated(taken, square(3)) & first.trusted
    where = taken[..., np.newaxis]
    return Placed(
        np.where(where, second.map_xy, first.map_xy),
        np.where(taken, second.sigma, first.sigma),
        np.where(taken, second.common, first.common),
        (first.trusted | taken) & ~seam,
        first.window_px,
    )


def _large_parts(mask: Mask, least_px: float) -> Mask:
    parts = parts_of(mask)
    return parts.of(parts.areas >= least_px)
