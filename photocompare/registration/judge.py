"""Same leg or not, and how far off: the decision before any number is given.

A wrong pair betrays itself in the patches.  The smooth warp and the spline may bend towards chance matches, but single patches,
compared afterwards each by itself, then peak anywhere in their search window; on the right skin they peak where the map says.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from photocompare.registration.refine import PatchEvidence, Refined
from photocompare.registration.resampling import sampled_at

Float32 = NDArray[np.float32]

RAYLEIGH_QUANTILES = np.sqrt(-2.0 * np.log1p(-(np.arange(40) + 0.5) / 40)).astype(np.float32)
"""Lengths of a two-dimensional normal vector of unit spread at 40 even probabilities."""


@dataclass(frozen=True)
class JudgeOptions:
    """When a place is trusted, and when a pair is refused or marked.

    Parameters
    ----------
    agree_px : float
        A patch agrees when its own peak lies this near the map, level px.  By chance a peak falls there with the share of the search
        window that this disc fills: 0.16 for a radius of 4.
    window : float
        Width of the neighbourhood over which the share of agreeing patches is taken, level px: two patch widths.
    least_agreement : float
        Share of agreeing patches from which a place is trusted: three times what chance peaks give.
    grid : float
        Level px between the places at which trust and error are worked out.
    most_error : float
        Largest expected error of a trusted place, as a share of the leg's width (taken as the square root of its area): 0.012 is about
        1.3 mm on a lower leg, beyond which a spider vein and its neighbour are mistaken for each other.
    floor : float
        Spread per coordinate in working px that no map goes below: demosaicing, compression and a parabola's bias at the peak each
        leave some tenths of a px.
    least_matches : int
        Fewest matches on the smooth warp.  Three a term of the polynomial (30); fewer leave it undetermined.
    ample_spread : int
        Cells of the before limb (of about 100) with agreeing matches that make trying other limbs needless.
    least_windows : float
        Shared field in independent windows of agreement (4 pi `window`^2) below which the photos are taken not to show the same skin.
        A leg that fills a photo has about 55.  Of 321 wrong maps of real legs one had 3.7 and none of the others one whole window; right
        real pairs have 6.6 and more (docs/registration-notes.md).
    least_windows_share : float
        The same as a share of the leg's windows, for a leg so small in its photo that it has fewer than 20.
    least_overlap : float
        Shared field over the before leg's measurable skin below which the pair is refused.  Where the map is trusted it holds, however
        little that is; but a tenth of a leg says nothing about the leg.  Assumed.
    partial_overlap : float
        The same, below which other sections of the limb are tried by themselves, and if that doesn't help the pair is marked.
    loose_error, uncertain_error : float
        Claimed 95th percentile, as a share of the leg's width, from which a pair is marked or refused.
    """

    agree_px: float = 2.0
    window: float = 24.0
    least_agreement: float = 0.5
    grid: float = 8.0
    most_error: float = 0.012
    floor: float = 0.35
    least_matches: int = 30
    ample_spread: int = 50
    least_windows: float = 5.0
    least_windows_share: float = 0.25
    least_overlap: float = 0.1
    partial_overlap: float = 0.6
    loose_error: float = 0.006
    uncertain_error: float = 0.02

    def enough(self, windows: float, leg_windows: float) -> bool:
        """Whether so many windows of a leg's show that the skin is the same."""
        return windows >= min(self.least_windows, self.least_windows_share * leg_windows)


@dataclass(frozen=True)
class Trust:
    """How far the map can be trusted, on a coarse grid of the before frame.

    Parameters
    ----------
    xs, ys : ndarray
        Before working px of the grid.
    agreement : Float32
        (len(ys), len(xs)) share of agreeing patches around, 0..1.
    sigma : Float32
        (len(ys), len(xs)) standard deviation of the map per coordinate, before working px.
    """

    xs: NDArray[np.float64]
    ys: NDArray[np.float64]
    agreement: Float32
    sigma: Float32

    def at_every_px(self, shape: tuple[int, int]) -> tuple[Float32, Float32]:
        """Agreement and sigma at every before working px, (h, w) each; outside the grid the nearest value."""
        step_x, step_y = self.xs[1] - self.xs[0], self.ys[1] - self.ys[0]
        columns = ((np.arange(shape[1]) - self.xs[0]) / step_x).astype(np.float32)
        rows = ((np.arange(shape[0]) - self.ys[0]) / step_y).astype(np.float32)
        grid_x, grid_y = np.meshgrid(columns, rows)
        agreement, sigma = (sampled_at(plane, grid_x, grid_y, beyond="edge") for plane in (self.agreement, self.sigma))
        return agreement, sigma


def judge_trust(refined: Refined, *, options: JudgeOptions) -> Trust:
    """Local agreement of the patches with the map, and the map's local spread."""
    left, top, right, bottom = refined.box
    step = options.grid * refined.patches[-1].px_per_level_px
    xs, ys = np.arange(left, right + step, step), np.arange(top, bottom + step, step)
    evidence = refined.patches[-1]
    agrees = patch_deviation(refined, evidence) < options.agree_px
    shape, origin = (len(ys), len(xs)), (left, top)
    agreeing = _counted(evidence.before_xy[agrees], shape, origin, step)
    looked = _counted(evidence.looked_at_xy, shape, origin, step)
    width = options.window / options.grid
    around = [cv2.GaussianBlur(counts, (0, 0), width, borderType=cv2.BORDER_CONSTANT) for counts in (agreeing, looked)]
    agreement = (around[0] / np.maximum(around[1], 1e-3)).astype(np.float32)
    variance = options.floor**2 + refined.soft.spread_on_grid(xs, ys) ** 2
    # Where patches disagree some of them may be right: the fewer agree, the wider.
    sigma = np.sqrt(variance / np.clip(agreement, 0.1, 1.0))
    return Trust(xs, ys, agreement, np.asarray(sigma, dtype=np.float32))


def patch_deviation(refined: Refined, evidence: PatchEvidence) -> NDArray[np.float64]:
    """How far each patch's own place lies from the map, level px."""
    return np.asarray(np.linalg.norm(refined.at(evidence.before_xy) - evidence.after_xy, axis=1) / evidence.px_per_level_px)


def _counted(points_xy: Float32, shape: tuple[int, int], origin_xy: tuple[float, float], step: float) -> Float32:
    """How many points fall to each place of the grid."""
    index = np.rint((points_xy - np.asarray(origin_xy)) / step).astype(int)
    counts = np.zeros(shape, np.float32)
    np.add.at(counts, (np.clip(index[:, 1], 0, shape[0] - 1), np.clip(index[:, 0], 0, shape[1] - 1)), 1)
    return counts


def claimed_percentiles(sigma: Float32) -> tuple[float, float]:
    """Median and 95th percentile of the error's length where every place errs normally with its own `sigma` per coordinate."""
    if not sigma.size:
        return math.nan, math.nan
    some = sigma[:: max(1, sigma.size // 5000)]
    lengths = some[:, None] * RAYLEIGH_QUANTILES
    return float(np.median(lengths)), float(np.percentile(lengths, 95))


def pair_flags(same_skin: bool, overlap: float, error_p95: float, leg_width: float, *, options: JudgeOptions) -> tuple[str, ...]:
    """Codes that the evidence calls for, of `photocompare.base.flags.REGISTRY`.

    Parameters
    ----------
    same_skin : bool
        Whether enough skin agrees.
    overlap : float
        Shared field over the before leg's measurable skin.
    error_p95 : float
        Claimed, before working px; NaN without a shared field.
    leg_width : float
        Square root of the before leg's area, px.
    """
    if not same_skin:
        return ("not_same_view",)
    if overlap < options.least_overlap:
        return ("low_overlap",)
    if not error_p95 <= options.uncertain_error * leg_width:
        return ("registration_uncertain",)
    flags = []
    if error_p95 > options.loose_error * leg_width:
        flags.append("registration_loose")
    if overlap < options.partial_overlap:
        flags.append("partial_overlap")
    return tuple(flags)
