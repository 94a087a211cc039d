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

from photocompare.base.arrays import Grey, MapXY, Mask, PointsXY, scaled_position
from photocompare.registration.features import Limb
from photocompare.registration.patches import PatchOptions, patch_shifts
from photocompare.registration.resampling import mask_through, sampled_on
from photocompare.registration.spline import Displacements, SplineField, SplineOptions, fit_spline
from photocompare.registration.warp import PolynomialWarp, WarpFit

Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class RefineOptions:
    """How the map is refined.

    Parameters
    ----------
    match_cell : float
        Knots of the first spline, through matches, per square root of the leg's area: matches lie about that far apart.
    patch_cell : float
        The same for the later splines, through patches: about two patch widths.
    match_gate : float
        Matches further off the smooth warp than this many of its spreads are wrong, not soft tissue.
    passes : tuple of PatchOptions
        Coarse to fine.  The first, on the mottle of 3 to 8 mm, reaches over what a spline through matches leaves at gaps; the last
        resolves about 0.2 mm per px on a lower leg that fills the frame.  The second coarse pass grows the
        map into places whose neighbours the first one mended.
    fewest_patches : int
        Below this many patches a pass is no evidence: the spline's noise could not be estimated.
    spline : SplineOptions
    """

    match_cell: float = 0.054
    patch_cell: float = 0.041
    match_gate: float = 6.0
    passes: tuple[PatchOptions, ...] = (
        PatchOptions(pixels=0.1e6, radius=6, patch_sigma=6.0, normalise_sigma=6.0, cell=6),
        PatchOptions(pixels=0.1e6, radius=5, patch_sigma=5.0, normalise_sigma=6.0, cell=6),
        PatchOptions(pixels=0.4e6, radius=4, patch_sigma=8.0, normalise_sigma=10.0, cell=8, noise_reach=4.0),
    )
    fewest_patches: int = 30
    spline: SplineOptions = field(default_factory=SplineOptions)


@dataclass(frozen=True)
class PatchEvidence:
    """Where single patches lie in the after photo by themselves.

    Parameters
    ----------
    before_xy, after_xy : Float32
        (N, 2) working px.
    precision : Float32
        (N,) relative inverse variance.
    correlation : Float32
        (N,) at the peak.
    looked_at_xy : Float32
        (M, 2) before working px: patches with enough skin, with evidence or without.
    px_per_level_px : float
        Before working px per px of the level.
    """

    before_xy: Float32
    after_xy: Float32
    precision: Float32
    correlation: Float32
    looked_at_xy: Float32
    px_per_level_px: float


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
    """

    warp: PolynomialWarp
    soft: SplineField
    patches: tuple[PatchEvidence, ...]
    box: tuple[float, float, float, float]

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
    """

    before: Grey
    after: Grey
    before_leg: Mask
    after_leg: Mask
    after_size_xy: tuple[int, int]
    factor: float
    xs: NDArray[np.float64]
    ys: NDArray[np.float64]


def refine_map(fit: WarpFit, before_xy: PointsXY, after_xy: PointsXY, limbs: tuple[Limb, Limb], *, options: RefineOptions) -> Refined:
    """Refine a smooth warp.

    Parameters
    ----------
    fit : WarpFit
    before_xy, after_xy : PointsXY
        All matches, working px.
    limbs : pair of Limb
        Of the before and the after photo.
    """
    leg = limbs[0].leg
    width, box = math.sqrt(float(leg.sum())), limbs[0].box
    off = after_xy - fit.warp.at(before_xy)
    near = np.linalg.norm(off, axis=1) < options.match_gate * fit.spread_px
    matches = Displacements(before_xy[near], off[near], np.ones(int(near.sum())))
    soft = fit_spline(matches, box, options.match_cell * width, options=options.spline)
    refined = Refined(fit.warp, soft, (), box)
    level, pixels = None, math.nan
    for patches in options.passes:
        if level is None or patches.pixels != pixels:
            level, pixels = _level(limbs, box, patches.pixels), patches.pixels
        evidence = _measured(refined, level, patches)
        if len(evidence.precision) >= options.fewest_patches:
            soft = fit_spline(_displacements(fit.warp, evidence, patches), box, options.patch_cell * width, options=options.spline)
        refined = Refined(fit.warp, soft, (*refined.patches, evidence), box)
    return refined


def _level(limbs: tuple[Limb, Limb], box: tuple[float, float, float, float], pixels: float) -> Level:
    densities, (before_leg, after_leg) = [limb.density for limb in limbs], (limb.leg for limb in limbs)
    factor = min(1.0, math.sqrt(pixels / max(int(before_leg.sum()), 1)))
    x0, y0, x1, y1 = (int(edge) for edge in box)
    before, inside = _reduced(densities[0][y0:y1, x0:x1], before_leg[y0:y1, x0:x1], factor)
    after, after_inside = _reduced(densities[1], after_leg, factor)
    # Rounding the reduced size makes the true factors of the two axes differ a little from the nominal one.
    xs = x0 + scaled_position(np.arange(before.shape[1], dtype=np.float64), (x1 - x0) / before.shape[1])
    ys = y0 + scaled_position(np.arange(before.shape[0], dtype=np.float64), (y1 - y0) / before.shape[0])
    return Level(before, after, inside, after_inside, (densities[1].shape[1], densities[1].shape[0]), factor, xs, ys)


def _reduced(density: Grey, leg: Mask, factor: float) -> tuple[Grey, Mask]:
    size = (max(1, round(density.shape[1] * factor)), max(1, round(density.shape[0] * factor)))
    small = cv2.resize(density, size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32), cv2.resize(leg.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0


def _measured(refined: Refined, level: Level, options: PatchOptions) -> PatchEvidence:
    """Where each patch lies in the after photo, looked for around where the map so far says."""
    placed = refined.on_grid(level.xs, level.ys)
    scale = np.asarray([level.after.shape[1], level.after.shape[0]], np.float32) / np.asarray(level.after_size_xy, np.float32)
    reduced = ((placed + 0.5) * scale - 0.5).astype(np.float32)
    moved = sampled_on(level.after, reduced, beyond="edge")
    found = patch_shifts(level.before, moved, level.before_leg & mask_through(level.after_leg, reduced), options=options)
    step = np.asarray([level.xs[1] - level.xs[0], level.ys[1] - level.ys[0]])
    corner = np.asarray([level.xs[0], level.ys[0]])
    centres = corner + found.centres_xy * step
    return PatchEvidence(
        centres.astype(np.float32),
        refined.at(centres + found.shift * step).astype(np.float32),
        found.precision,
        found.correlation,
        (corner + found.looked_at_xy * step).astype(np.float32),
        1.0 / level.factor,
    )


def _displacements(warp: PolynomialWarp, evidence: PatchEvidence, patches: PatchOptions) -> Displacements:
    """What the patches add to the smooth warp."""
    # Neighbouring patches overlap: so many of them see the same skin (a Gaussian's effective area is 4 pi sigma^2).
    sharing = max(1.0, patches.noise_reach * 4 * math.pi * patches.patch_sigma**2 / patches.cell**2)
    return Displacements(evidence.before_xy, evidence.after_xy - warp.at(evidence.before_xy), evidence.precision, sharing)
