"""Which limb of the before photo is which of the after photo, and the points that say so."""

from __future__ import annotations

from dataclasses import dataclass
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


def match_limbs(before: LimbPoints, after: LimbPoints, *, ample_spread: int, warp: WarpOptions, strongest_only: bool = False) -> Pairing:
    """Match two limbs, seen with the same matcher and options, and fit the smooth warp.

    By the learned matcher with the strongest keypoints, and with all where those matches spread over too few cells, unless only the
    strongest are asked for; the wider spread wins.  The classical path serves where it is missing: beside it, it never won
    (docs/registration-notes.md).
    """
    pictures, features = (before.picture, after.picture), before.options
    if before.matcher is None:
        found = before.classical, after.classical
        return paired(pictures, found, sift_matches(*found, features).pairs, "rootsift", warp, features.spread_cells)
    found, tried = (before.learned, after.learned), list[Pairing]()
    for most, enough in ((features.first_keypoints, features.first_spread), (features.keypoints, ample_spread)):
        strongest = found[0].strongest(most), found[1].strongest(most)
        pairs = lighterglue_matches(*strongest, before.matcher, features).pairs
        tried.append(paired(pictures, strongest, pairs, "xfeat+lighterglue", warp, features.spread_cells))
        if strongest_only or tried[-1].spread >= max(enough, ample_spread) or max(len(points.xy) for points in found) <= most:
            break
    return max(reversed(tried), key=lambda pairing: pairing.spread)


def paired(
    pictures: tuple[LimbPicture, LimbPicture],
    points: tuple[Keypoints, Keypoints],
    pairs: NDArray[np.intp],
    method: str,
    warp: WarpOptions,
    spread_cells: int,
) -> Pairing:
    """The pairing of matched keypoints, `pairs` being their indices, with the smooth warp through them."""
    (before, after), (first, second) = pictures, points
    before_xy, after_xy = before.to_working(first.xy[pairs[:, 0]]), after.to_working(second.xy[pairs[:, 1]])
    fit = fit_warp(before_xy, after_xy, 1.0 / after.scale, options=warp)
    agreeing = first.xy[pairs[fit.inliers, 0]] if fit is not None else np.zeros((0, 2), np.float32)
    cell = max(first.shape[0] * first.shape[1], 1) ** 0.5 / spread_cells
    spread = len(np.unique(np.floor(agreeing / cell).astype(int), axis=0)) if len(agreeing) else 0
    return Pairing(before_xy, after_xy, fit, spread, method, (before.label, after.label))
