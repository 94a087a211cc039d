"""Which limb of the before photo is which of the after photo, and the points that say so."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from photocompare.base.arrays import PointsXY
from photocompare.registration.features import (
    FeatureOptions,
    Keypoints,
    Limb,
    LimbPicture,
    lighterglue_matches,
    limb_picture,
    sift_keypoints,
    sift_matches,
    xfeat_keypoints,
)
from photocompare.registration.matcher_models import Matcher
from photocompare.registration.warp import WarpFit, WarpOptions, fit_warp


@dataclass(frozen=True, eq=False)
class LimbPoints:
    """One limb's picture and keypoints, found when they are first asked for: a limb may be matched several times.

    Parameters
    ----------
    limb : Limb
    matcher : Matcher or None
    options : FeatureOptions
    """

    limb: Limb
    matcher: Matcher | None
    options: FeatureOptions

    def of(self, limb: Limb) -> LimbPoints:
        """Another limb, seen with the same matcher and options."""
        return LimbPoints(limb, self.matcher, self.options)

    @cached_property
    def coarse(self) -> LimbPoints:
        """The same limb in a coarser picture."""
        return LimbPoints(self.limb, self.matcher, replace(self.options, pixels=self.options.coarse_pixels))

    @cached_property
    def picture(self) -> LimbPicture:
        """What the matchers see."""
        return limb_picture(self.limb, self.options)

    @cached_property
    def learned(self) -> Keypoints:
        """Those of the learned path.

        Raises
        ------
        ValueError
            Without a matcher.
        """
        if self.matcher is None:
            raise ValueError("there is no learned matcher")
        return xfeat_keypoints(self.picture, self.matcher, self.options)

    @cached_property
    def classical(self) -> Keypoints:
        """Those of the classical path."""
        return sift_keypoints(self.picture, self.options)


@dataclass(frozen=True)
class Pairing:
    """Points matched between one limb of each photo, and the smooth warp through them.

    Parameters
    ----------
    before_xy, after_xy : PointsXY
        (N, 2) matched points, working px.
    fit : WarpFit or None
    spread : int
        Cells of the before limb (of about 100) that hold a point agreeing with the warp.
    method : str
    limbs : tuple of int
        Labels.
    """

    before_xy: PointsXY
    after_xy: PointsXY
    fit: WarpFit | None
    spread: int
    method: str
    limbs: tuple[int, int]

    @property
    def agreeing(self) -> int:
        """How many matches agree with the smooth warp."""
        return int(self.fit.inliers.sum()) if self.fit is not None else 0


def match_limbs(
    before: LimbPoints, after: LimbPoints, *, ample_spread: int, least_matches: int, warp: WarpOptions, strongest_only: bool = False
) -> Pairing:
    """Match two limbs, seen with the same matcher and options, and fit the smooth warp.

    By the learned matcher with the strongest keypoints first.  Where those matches spread over too few cells, and more than the strongest
    are asked for, with all keypoints of the same picture or, where hardly any agreed, of a coarser one; then with the other of the two.
    The widest spread wins, or all matches of the last two looks where more of them agree (docs/registration-notes.md).  The classical path
    serves where the learned one is missing: beside it, it never won.

    Parameters
    ----------
    before, after : LimbPoints
    ample_spread : int
        Cells over which matches must spread to be enough.
    least_matches : int
        Agreeing matches without which no further look is worth its time.
    warp : WarpOptions
    strongest_only : bool
    """
    features = before.options
    if before.matcher is None:
        found = before.classical, after.classical
        pairs = sift_matches(*found, features).pairs
        return paired((before.picture, after.picture), found, pairs, "rootsift", warp, features.spread_cells)
    tried = [learned_pairing(before, after, features.first_keypoints, warp)]
    if strongest_only or tried[0].spread >= max(features.first_spread, ample_spread):
        return tried[0]
    looks = [(before.coarse, after.coarse)]
    if max(len(limb.learned.xy) for limb in (before, after)) > features.first_keypoints:
        looks.insert(0 if tried[0].spread >= features.foothold else 1, (before, after))
    for look in looks:
        tried.append(learned_pairing(*look, features.keypoints, warp))
        if tried[-1].spread >= ample_spread or max(pairing.agreeing for pairing in tried) < least_matches:
            break
    widest = max(reversed(tried), key=lambda pairing: pairing.spread)
    if widest.spread >= ample_spread or len(tried) <= len(looks):
        return widest
    pooled = _pooled(tried[-2], tried[-1], (before.coarse.picture, after.coarse.picture), warp, features.spread_cells)
    return pooled if pooled.agreeing > widest.agreeing else widest


def learned_pairing(before: LimbPoints, after: LimbPoints, most: int, warp: WarpOptions) -> Pairing:
    """What the learned matcher says of so many of the strongest keypoints.

    Raises
    ------
    ValueError
        Without a matcher.
    """
    if before.matcher is None:
        raise ValueError("there is no learned matcher")
    points = before.learned.strongest(most), after.learned.strongest(most)
    pairs = lighterglue_matches(*points, before.matcher, before.options).pairs
    return paired((before.picture, after.picture), points, pairs, "xfeat+lighterglue", warp, before.options.spread_cells)


def _pooled(one: Pairing, other: Pairing, pictures: tuple[LimbPicture, LimbPicture], warp: WarpOptions, spread_cells: int) -> Pairing:
    """The pairing of all that two looks matched, judged in the coarser look's pictures."""
    before, after = pictures
    before_xy, after_xy = (np.concatenate(both) for both in ((one.before_xy, other.before_xy), (one.after_xy, other.after_xy)))
    fit = fit_warp(before_xy, after_xy, 1.0 / after.scale, options=warp)
    spread = _spread(before, before.from_working(before_xy), fit, spread_cells)
    return Pairing(before_xy, after_xy, fit, spread, one.method, one.limbs)


def paired(
    pictures: tuple[LimbPicture, LimbPicture],
    points: tuple[Keypoints, Keypoints],
    pairs: NDArray[np.intp],
    method: str,
    warp: WarpOptions,
    spread_cells: int,
) -> Pairing:
    """The pairing of matched keypoints, `pairs` being their indices, with the smooth warp through them."""
    before, after = pictures
    first, second = (found.xy[pairs[:, k]] for k, found in enumerate(points))
    before_xy, after_xy = before.to_working(first), after.to_working(second)
    fit = fit_warp(before_xy, after_xy, 1.0 / after.scale, options=warp)
    return Pairing(before_xy, after_xy, fit, _spread(before, first, fit, spread_cells), method, (before.label, after.label))


def _spread(picture: LimbPicture, points_xy: PointsXY, fit: WarpFit | None, cells: int) -> int:
    """How many cells of a limb's picture, about `cells` a side, hold a point that agrees with the warp."""
    if fit is None or not fit.inliers.any():
        return 0
    side: float = max(picture.grey.size, 1) ** 0.5 / cells
    return len(np.unique(np.floor(points_xy[fit.inliers] / side).astype(int), axis=0))
