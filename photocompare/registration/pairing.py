"""Which limb of the before photo is which of the after photo, and the points that say so."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from photocompare.base.arrays import PointsXY
from photocompare.registration.features import (
    FeatureOptions,
    Keypoints,
    LimbPicture,
    Matches,
    lighterglue_matches,
    sift_keypoints,
    sift_matches,
    xfeat_keypoints,
)
from photocompare.registration.matcher_models import Matcher
from photocompare.registration.warp import WarpFit, WarpOptions, fit_warp

SPREAD_CELLS = 12
"""A limb picture is divided into about this many cells a side to see how widely matches are spread."""


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


def match_pictures(
    before: LimbPicture,
    after: LimbPicture,
    limbs: tuple[int, int],
    matcher: Matcher | None,
    *,
    ample_spread: int,
    features: FeatureOptions,
    warp: WarpOptions,
) -> Pairing:
    """Match two limb pictures and fit the smooth warp.

    The learned matcher goes first, with the strongest keypoints and then with all; the classical path serves where it is missing or where
    its matches are spread over fewer than `ample_spread` cells, and the wider spread wins.
    """
    learned = None
    if matcher is not None:
        found = xfeat_keypoints(before, matcher, features), xfeat_keypoints(after, matcher, features)
        for most, enough in ((features.first_keypoints, features.first_spread), (features.keypoints, ample_spread)):
            first, second = (points.strongest(most) for points in found)
            matches = lighterglue_matches(first, second, matcher, features)
            learned = _pairing(before, after, first, second, matches, "xfeat+lighterglue", limbs, warp)
            if learned.spread >= max(enough, ample_spread):
                return learned
            if max(len(points.xy) for points in found) <= most:
                break
    first, second = sift_keypoints(before, features), sift_keypoints(after, features)
    classical = _pairing(before, after, first, second, sift_matches(first, second, features), "rootsift", limbs, warp)
    return classical if learned is None or classical.spread > learned.spread else learned


def _pairing(
    before: LimbPicture,
    after: LimbPicture,
    first: Keypoints,
    second: Keypoints,
    matches: Matches,
    method: str,
    limbs: tuple[int, int],
    warp: WarpOptions,
) -> Pairing:
    before_xy = before.to_working(first.xy[matches.pairs[:, 0]])
    after_xy = after.to_working(second.xy[matches.pairs[:, 1]])
    fit = fit_warp(before_xy, after_xy, 1.0 / after.scale, options=warp)
    agreeing = first.xy[matches.pairs[fit.inliers, 0]] if fit is not None else np.zeros((0, 2), np.float32)
    cell = max(first.shape[0] * first.shape[1], 1) ** 0.5 / SPREAD_CELLS
    spread = len(np.unique(np.floor(agreeing / cell).astype(int), axis=0)) if len(agreeing) else 0
    return Pairing(before_xy, after_xy, fit, spread, method, limbs)
