"""From the smooth warp to the dense map: a spline through the matches first, then through patch shifts, coarse to fine.

Every pass fits the whole displacement anew, so an error of one pass is not carried into the next.  A pass is only as strong as its
patches: each counts by the height and sharpness of its correlation peak, patches that contradict their neighbours drop out, and
where none is left the field falls back to the smooth warp with the prior's large spread.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from photocompare.arrays import Grey, MapXY, Mask, PointsXY, scaled_position
from photocompare.registration.patches import PatchOptions, patch_shifts
from photocompare.registration.spline import SplineField, SplineOptions, fit_spline
from photocompare.registration.warp import PolynomialWarp, WarpFit

Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class RefineOptions:
    """How the map is refined.

    Parameters
    ----------
    pixels : float
        Leg px at which patches are compared (never enlarged): about 0.2 mm per px on a lower leg that fills the frame, which resolves
        the mottle of 1 to 5 mm that carries the match.
    match_cell : float
        Px of that level between knots of the first spline, through matches: they lie about as far apart.
    patch_cell : float
        Px of that level between knots of the later splines, through patches.
    match_gate : float
        Matches further off the smooth warp than this many of its spreads are wrong, not soft tissue.
    passes : tuple of PatchOptions
        Coarse to fine; the first one's radius covers what a spline through matches leaves, a few px, at gaps some more.
    spline : SplineOptions
    """

    pixels: float = 0.4e6
    match_cell: float = 34.0
    patch_cell: float = 26.0
    match_gate: float = 6.0
    passes: tuple[PatchOptions, ...] = (
        PatchOptions(radius=8, patch_sigma=12.0, normalise_sigma=12.0, cell=8),
        PatchOptions(radius=4, patch_sigma=10.0, normalise_sigma=10.0, cell=8),
    )
    spline: SplineOptions = field(default_factory=SplineOptions)


_FEWEST_PATCHES = 30
"""Below this many patches a pass is no evidence: the spline's noise could not be estimated."""


@dataclass(frozen=True)
class PatchEvidence:
    """Where single patches lie in the after photo by themselves.

    Parameters
    ----------
    before_xy, after_xy : Float32
        (N, 2) working px.
    precision : Float32
        (N,) relative inverse variance.
    correlation, correlation_unmoved, rival : Float32
        (N,) at the peak, at the map's own place, and at the best place away from the peak.
    looked_at_xy : Float32
        (M, 2) before working px: patches with enough skin, with evidence or without.
    radius_px : float
        Largest shift that was looked for, before working px.
    """

    before_xy: Float32
    after_xy: Float32
    precision: Float32
    correlation: Float32
    correlation_unmoved: Float32
    rival: Float32
    looked_at_xy: Float32
    radius_px: float


@dataclass(frozen=True)
class Refined:
    """The refined map and its evidence.

    Parameters
    ----------
    warp : PolynomialWarp
    soft : SplineField
        What the soft tissue adds, after px.
    patches : tuple of PatchEvidence
        Of each pass, measured before that pass's fit.
    box : tuple of float
        Left, top, right, bottom of the region that `soft` covers, before working px.
    level : float
        Level px per working px.
    """

    warp: PolynomialWarp
    soft: SplineField
    patches: tuple[PatchEvidence, ...]
    box: tuple[float, float, float, float]
    level: float

    def at(self, points_xy: NDArray[np.floating]) -> NDArray[np.float64]:
        """After px of before points, (N, 2)."""
        return self.warp.at(points_xy) + self.soft.at(points_xy)

    def on_grid(self, xs: NDArray[np.floating], ys: NDArray[np.floating]) -> MapXY:
        """After px on the grid of columns `xs` and rows `ys`."""
        return self.warp.on_grid(xs, ys) + self.soft.on_grid(xs, ys)


@dataclass(frozen=True)
class Level:
    """Both photos reduced, the before one cut to the leg's box.

    Parameters
    ----------
    before, after : Grey
        Densities.
    before_leg, after_leg : Mask
    after_size_xy : tuple of int
        Columns and rows of the after working frame.
    factor : float
        Level px per working px, the same for both up to rounding.
    xs, ys : ndarray
        Working px of the before cut's columns and rows.
    box : tuple of float
        Left, top, right, bottom of the cut, before working px.
    """

    before: Grey
    after: Grey
    before_leg: Mask
    after_leg: Mask
    after_size_xy: tuple[int, int]
    factor: float
    xs: NDArray[np.float64]
    ys: NDArray[np.float64]
    box: tuple[float, float, float, float]


def refine_map(
    fit: WarpFit, before_xy: PointsXY, after_xy: PointsXY, densities: tuple[Grey, Grey], legs: tuple[Mask, Mask], *, options: RefineOptions
) -> Refined:
    """Refine a smooth warp.

    Parameters
    ----------
    fit : WarpFit
    before_xy, after_xy : PointsXY
        All matches, working px.
    densities, legs : pair of arrays
        Of the before and the after photo, working frames.
    """
    level = _level(densities, legs, options.pixels)
    off = after_xy - fit.warp.at(before_xy)
    near = np.linalg.norm(off, axis=1) < options.match_gate * fit.spread_px
    cell = options.match_cell / level.factor
    soft = fit_spline(before_xy[near], off[near], np.ones(int(near.sum())), level.box, cell, options=options.spline)
    refined = Refined(fit.warp, soft, (), level.box, level.factor)
    for patches in options.passes:
        evidence = _measured(refined, level, patches)
        soft = refined.soft if len(evidence.precision) < _FEWEST_PATCHES else _refitted(fit.warp, evidence, level, patches, options)
        refined = Refined(fit.warp, soft, (*refined.patches, evidence), level.box, level.factor)
    return refined


def _level(densities: tuple[Grey, Grey], legs: tuple[Mask, Mask], pixels: float) -> Level:
    before_leg, after_leg = legs
    factor = min(1.0, math.sqrt(pixels / max(int(before_leg.sum()), 1)))
    columns, rows = np.flatnonzero(before_leg.any(axis=0)), np.flatnonzero(before_leg.any(axis=1))
    x0, x1, y0, y1 = int(columns[0]), int(columns[-1]) + 1, int(rows[0]), int(rows[-1]) + 1
    before, inside = _reduced(densities[0][y0:y1, x0:x1], before_leg[y0:y1, x0:x1], factor)
    after, after_inside = _reduced(densities[1], after_leg, factor)
    # Rounding the reduced size makes the true factors of the two axes differ a little from the nominal one.
    xs = x0 + scaled_position(np.arange(before.shape[1], dtype=np.float64), (x1 - x0) / before.shape[1])
    ys = y0 + scaled_position(np.arange(before.shape[0], dtype=np.float64), (y1 - y0) / before.shape[0])
    return Level(
        before,
        after,
        inside,
        after_inside,
        (densities[1].shape[1], densities[1].shape[0]),
        factor,
        xs,
        ys,
        (float(x0), float(y0), float(x1), float(y1)),
    )


def _reduced(density: Grey, leg: Mask, factor: float) -> tuple[Grey, Mask]:
    size = (max(1, round(density.shape[1] * factor)), max(1, round(density.shape[0] * factor)))
    small = cv2.resize(density, size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32), cv2.resize(leg.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0


def _measured(refined: Refined, level: Level, options: PatchOptions) -> PatchEvidence:
    """Where each patch lies in the after photo, looked for around where the map so far says."""
    placed = refined.on_grid(level.xs, level.ys)
    scale = np.asarray([level.after.shape[1], level.after.shape[0]], np.float32) / np.asarray(level.after_size_xy, np.float32)
    reduced = ((placed + 0.5) * scale - 0.5).astype(np.float32)
    moved = cv2.remap(level.after, reduced[..., 0], reduced[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    seen = cv2.remap(level.after_leg.astype(np.uint8), reduced[..., 0], reduced[..., 1], cv2.INTER_NEAREST) > 0
    found = patch_shifts(level.before, np.asarray(moved, np.float32), level.before_leg & seen, options=options)
    step = np.asarray([level.xs[1] - level.xs[0], level.ys[1] - level.ys[0]])
    corner = np.asarray([level.xs[0], level.ys[0]])
    centres = corner + found.centres_xy * step
    return PatchEvidence(
        centres.astype(np.float32),
        refined.at(centres + found.shift * step).astype(np.float32),
        found.precision,
        found.correlation,
        found.correlation_unmoved,
        found.rival,
        (corner + found.looked_at_xy * step).astype(np.float32),
        options.radius / level.factor,
    )


def _refitted(warp: PolynomialWarp, evidence: PatchEvidence, level: Level, patches: PatchOptions, options: RefineOptions) -> SplineField:
    # Neighbouring patches overlap: so many of them see the same skin (a Gaussian's effective area is 4 pi sigma^2).
    sharing = max(1.0, 4 * math.pi * patches.patch_sigma**2 / patches.cell**2)
    off = evidence.after_xy - warp.at(evidence.before_xy)
    cell = options.patch_cell / level.factor
    return fit_spline(evidence.before_xy, off, evidence.precision, level.box, cell, sharing=sharing, options=options.spline)
