"""Clear marks of the skin, and whether each lies where the map says: what a person looks for first.

Moles and freckles outlast treatment, veins don't.  A mark is a dark round spot that stands alone: a vein's bend or knot has the vein
beside it.  Marks of either photo are looked for in the other, so that it doesn't matter which of them shows another leg.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from photocompare.base.arrays import Grey, Mask, scaled_position
from photocompare.base.masks import disc, eroded
from photocompare.base.robust import robust_spread
from photocompare.registration.features import Limb
from photocompare.registration.placing import Placed
from photocompare.registration.resampling import sampled_on

Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class MarkOptions:
    """What a clear mark is, and when marks are missing.

    Parameters
    ----------
    pixels : float
        Leg px of the level at which marks are looked for (never enlarged): about 0.2 mm per px on a lower leg that fills the frame.
    widths : tuple of float
        Widths (sigma) of the spots that are looked for, level px: moles of 1 to 5 mm.
    least_contrast : float
        Density of a mark above the skin around it.  A mole adds 0.3 and more (3 % melanosomes, docs/method.md), mottle some hundredths.
    least_prominence : float
        The same in robust spreads of what the skin shows at that width: six are not mottle.
    least_roundness : float
        Least over largest curvature at its middle; a line has 0, a disc 1.
    alone : float
        Largest curvature of anything within `ring` px around it over the mark's own: a vein's knot has its vein there.
    ring : float
        Level px beyond three widths.
    border : int
        Marks nearer the shared field's border than this many level px are left out: what is around them can't be seen.
    reach : int
        Level px from the mapped place within which the mark is looked for.
    least_kept : float
        Share of its contrast from which a mark counts as found: sharpness and light differ.  Of moved places, 0.15 reach it by chance.
    several : int
        So many missing marks or fewer may be scabs, ink or a single spot of pigment that faded.
    most_missing_share : float
        Share of all marks above which more than `several` missing ones mean another leg.  Of 69 marks of 17 real pairs 4 were missing, at
        most 2 of 6 on one pair; on other skin all but 0.15 of them would be.
    """

    pixels: float = 0.4e6
    widths: tuple[float, ...] = (2.0, 2.8, 4.0, 5.6)
    least_contrast: float = 0.1
    least_prominence: float = 6.0
    least_roundness: float = 0.6
    alone: float = 0.5
    ring: float = 10.0
    border: int = 12
    reach: int = 6
    least_kept: float = 0.35
    several: int = 2
    most_missing_share: float = 0.6


@dataclass(frozen=True)
class Marks:
    """How many clear marks both photos together show in the shared field, and how many of them the other photo lacks."""

    seen: int
    missing: int

    def another_leg(self, options: MarkOptions) -> bool:
        """Whether too many are missing for the same skin."""
        return self.missing > options.several and self.missing > options.most_missing_share * self.seen


_SAMPLE = 20_000
"""Pixels, about, that tell the skin's own spread."""


@dataclass(frozen=True)
class _Curvature:
    """Curvature of a picture's darkness at each width, (widths, h, w): the sum of the lesser and the larger, which is half of the contrast
    of a spot of that width, and half of their difference."""

    both: Float32
    half_apart: Float32

    def larger(self, width: int, rows: slice, columns: slice) -> Float32:
        """The larger one at a width, within a window."""
        return np.asarray(self.both[width, rows, columns] / 2 + self.half_apart[width, rows, columns], dtype=np.float32)


def compare_marks(before: Limb, after: Limb, placed: Placed, *, options: MarkOptions) -> Marks:
    """Look for each photo's clear marks in the other.

    Parameters
    ----------
    before, after : Limb
    placed : Placed
        The map from one to the other.
    """
    left, top, right, bottom = before.box
    factor = min(1.0, math.sqrt(options.pixels / max(int(np.count_nonzero(before.leg)), 1)))
    size = (max(1, round((right - left) * factor)), max(1, round((bottom - top) * factor)))
    columns = np.rint(left + scaled_position(np.arange(size[0], dtype=np.float64), (right - left) / size[0])).astype(int)
    rows = np.rint(top + scaled_position(np.arange(size[1], dtype=np.float64), (bottom - top) / size[1])).astype(int)
    shared = placed.shared[np.ix_(rows, columns)]
    well_inside = eroded(np.pad(shared, 1), disc(2 * options.border + 1))[1:-1, 1:-1]
    if not well_inside.any():
        return Marks(0, 0)
    density = cv2.resize(before.density[top:bottom, left:right], size, interpolation=cv2.INTER_AREA)
    pictures = density, _moved(after.density, placed.map_xy[np.ix_(rows, columns)], factor)
    # Beyond the shared field the moved picture shows anything; a level there keeps its edges out.
    curved = [_curvature(np.where(shared, p, np.median(p[shared])).astype(np.float32), options.widths) for p in pictures]
    kept = [_kept(curved[k], curved[1 - k], _marks(curved[k], well_inside, options), options) for k in range(2)]
    found = np.concatenate(kept)
    return Marks(len(found), int((found < options.least_kept).sum()))


def _moved(density: Grey, map_xy: Float32, factor: float) -> Grey:
    """The after density at the level's pixels, reduced by the same factor first."""
    height, width = density.shape
    small = cv2.resize(density, (max(1, round(width * factor)), max(1, round(height * factor))), interpolation=cv2.INTER_AREA)
    scale = np.asarray([small.shape[1] / width, small.shape[0] / height], np.float32)
    where = ((map_xy + 0.5) * scale - 0.5).astype(np.float32)
    return sampled_on(np.asarray(small, np.float32), where, beyond="edge")


def _curvature(density: Grey, widths: tuple[float, ...]) -> _Curvature:
    both, half_apart = (np.empty((len(widths), *density.shape), np.float32) for _ in range(2))
    for k, sigma in enumerate(widths):
        smooth = cv2.GaussianBlur(density, (0, 0), sigma)
        across, down = (cv2.Sobel(smooth, cv2.CV_32F, *order, ksize=1, scale=-(sigma**2)) for order in ((2, 0), (0, 2)))
        askew = cv2.Sobel(smooth, cv2.CV_32F, 1, 1, ksize=3, scale=sigma**2 / 4)
        cv2.add(across, down, both[k])
        cv2.magnitude(cv2.addWeighted(across, 0.5, down, -0.5, 0), askew, half_apart[k])
    return _Curvature(both, half_apart)


def _marks(curved: _Curvature, inside: Mask, options: MarkOptions) -> NDArray[np.intp]:
    """Width, row and column of each clear mark, (N, 3)."""
    both, found = curved.both, []
    skin = np.flatnonzero(inside)
    sample = skin[:: max(1, len(skin) // _SAMPLE)]
    for k, sigma in enumerate(options.widths):
        here, reach = both[k], 2 * int(2 * sigma) + 1
        peak = here >= cv2.dilate(here, np.ones((reach, reach), np.uint8))
        for beside in {max(k - 1, 0), min(k + 1, len(both) - 1)} - {k}:
            peak &= here >= cv2.dilate(both[beside], np.ones((5, 5), np.uint8))
        least = max(options.least_contrast, options.least_prominence * float(robust_spread(2 * here.ravel()[sample])))
        places = zip(*(places.tolist() for places in np.nonzero(peak & inside & (here > least / 2))), strict=True)
        found += [(k, row, column) for row, column in places if _round_and_alone(curved, k, row, column, options)]
    return np.asarray(found, dtype=np.intp).reshape(-1, 3)


def _round_and_alone(curved: _Curvature, width: int, row: int, column: int, options: MarkOptions) -> bool:
    """Whether a place is as sharply curved across as along, and nothing as sharply curved lies in the ring around it."""
    both, half_apart = curved.both[width, row, column], curved.half_apart[width, row, column]
    own = both / 2 + half_apart
    if both / 2 - half_apart <= options.least_roundness * own:
        return False
    inner = 3 * options.widths[width]
    outer = inner + options.ring
    top, left = max(0, row - int(outer)), max(0, column - int(outer))
    around = curved.larger(width, slice(top, row + int(outer) + 1), slice(left, column + int(outer) + 1))
    rows, columns = np.ogrid[top : top + around.shape[0], left : left + around.shape[1]]
    distance = np.hypot(rows - row, columns - column)
    return bool(around[(distance > inner) & (distance <= outer)].max() <= options.alone * own)


def _kept(own: _Curvature, other: _Curvature, marks: NDArray[np.intp], options: MarkOptions) -> Float32:
    """Share of each mark's contrast that the other photo shows near its place, (N,)."""
    mine, theirs, reach = own.both, other.both, options.reach
    shares = []
    for k, row, column in marks:
        rows, columns = (slice(max(0, place - reach), place + reach + 1) for place in (row, column))
        shares.append(theirs[max(k - 1, 0) : k + 2, rows, columns].max() / mine[k, row, column])
    return np.asarray(shares, dtype=np.float32)
