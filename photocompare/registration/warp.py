"""The smooth warp: a polynomial in the before frame, fitted robustly to matched points.

A leg is round and bends softly, so no plane's homography fits it; a third-order polynomial holds perspective, the turn about the
limb's axis and gentle soft-tissue shape, with few enough terms that some dozens of matches settle it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from photocompare.base.arrays import MapXY, PointsXY
from photocompare.base.robust import RADIAL_MEDIAN_TO_SIGMA, TUKEY

Float = NDArray[np.float64]


@dataclass(frozen=True)
class WarpOptions:
    """How matched points become a smooth warp.

    Parameters
    ----------
    order : int
        Polynomial order; 3 was best on real pairs (METHODS, "What real pairs say").
    seed_error : float
        Largest misfit of a homography's inlier, in matching-picture px: a limb's roundness over a turn of 15 degrees bows a plane by
        about 2 % of its width, 12 px of 600.
    noise_floor : float
        Least spread of a match, matching-picture px per coordinate: keypoints sit on whole px and the descriptor cell is 8 px.
    ridge : float
        Strength of the pull of second- and third-order terms to 0, in units of one match's weight: settles corners without matches.
    rounds : int
        Most rounds of reweighting at each order; it settles in about six.
    """

    order: int = 3
    seed_error: float = 12.0
    noise_floor: float = 0.7
    ridge: float = 1.0
    rounds: int = 12


@dataclass(frozen=True)
class PolynomialWarp:
    """x, y -> x', y' by polynomials of `order` in normalised coordinates.

    Parameters
    ----------
    order : int
    centre_xy : Float
        (2,), before px, the origin of the normalised coordinates.
    extent : float
        Before px per normalised unit.
    coefficients : Float
        (terms, 2), after px.
    """

    order: int
    centre_xy: Float
    extent: float
    coefficients: Float

    def at(self, points_xy: NDArray[np.floating]) -> Float:
        """Where points lie in the after photo, (N, 2)."""
        return np.asarray(self._terms(points_xy) @ self.coefficients)

    def on_grid(self, xs: NDArray[np.floating], ys: NDArray[np.floating]) -> MapXY:
        """The warp on the grid of columns `xs` and rows `ys`, (len(ys), len(xs), 2) float32."""
        u, v = (np.asarray(xs) - self.centre_xy[0]) / self.extent, (np.asarray(ys) - self.centre_xy[1]) / self.extent
        table = np.zeros((2, self.order + 1, self.order + 1))
        for (i, j), pair in zip(exponents(self.order), self.coefficients, strict=True):
            table[:, j, i] = pair
        rows, columns = np.vander(v, self.order + 1, increasing=True), np.vander(u, self.order + 1, increasing=True)
        # A product of small matrices: the polynomial is a sum of x-powers times y-powers.
        planes = [(rows @ table[k]).astype(np.float32) @ columns.T.astype(np.float32) for k in range(2)]
        return np.stack(planes, axis=2)

    def _normalised(self, points_xy: NDArray[np.floating]) -> Float:
        return (np.asarray(points_xy, np.float64) - self.centre_xy) / self.extent

    def _terms(self, points_xy: NDArray[np.floating]) -> Float:
        u, v = self._normalised(points_xy).T
        return np.stack([u**i * v**j for i, j in exponents(self.order)], axis=1)


@dataclass(frozen=True)
class WarpFit:
    """A fitted warp and what it rests on.

    Parameters
    ----------
    warp : PolynomialWarp
    inliers : ndarray of bool
        Which matches agree with it.
    spread_px : float
        Standard deviation of the inliers about it, after px per coordinate.
    """

    warp: PolynomialWarp
    inliers: NDArray[np.bool_]
    spread_px: float


def exponents(order: int) -> list[tuple[int, int]]:
    """(i, j) of the terms x^i y^j, lowest order first."""
    return [(total - j, j) for total in range(order + 1) for j in range(total + 1)]


def fit_warp(before_xy: PointsXY, after_xy: PointsXY, px_per_picture_px: float, *, options: WarpOptions) -> WarpFit | None:
    """Fit the smooth warp: homography by MAGSAC as the seed, then polynomials of growing order, reweighted until they settle.

    Parameters
    ----------
    before_xy, after_xy : PointsXY
        Matched points, working px.
    px_per_picture_px : float
        Working px per matching-picture px, for the options given in the latter.

    Returns
    -------
    WarpFit or None
        None when no homography or too few points agree for the lowest order, or when those that do are spread as widely as the seed
        let them be: then they agree on nothing.
    """
    if len(before_xy) < 2 * len(exponents(1)):
        return None
    seed_px = options.seed_error * px_per_picture_px
    homography, _ = cv2.findHomography(before_xy, after_xy, cv2.USAC_MAGSAC, seed_px, maxIters=10_000, confidence=0.9999)
    if np.shape(homography) != (3, 3):
        return None
    projected = cv2.perspectiveTransform(before_xy[:, None].astype(np.float64), homography)[:, 0]
    inliers = np.linalg.norm(projected - after_xy, axis=1) < seed_px
    fit = None
    for order in range(1, options.order + 1):
        # Three points a term: fewer let the polynomial follow wrong matches.
        if inliers.sum() < 3 * len(exponents(order)):
            break
        fit = _reweighted(before_xy, after_xy, inliers, order, px_per_picture_px, options)
        inliers = fit.inliers
    return fit if fit is not None and fit.spread_px < seed_px else None


def _reweighted(
    before_xy: PointsXY, after_xy: PointsXY, inliers: NDArray[np.bool_], order: int, px_per_picture_px: float, options: WarpOptions
) -> WarpFit:
    centre = np.asarray(before_xy[inliers].mean(axis=0, dtype=np.float64), dtype=np.float64)
    extent = max(float(np.abs(before_xy[inliers] - centre).max()), 1.0)
    empty = PolynomialWarp(order, centre, extent, np.zeros((len(exponents(order)), 2)))
    terms = empty._terms(before_xy)
    pull = np.diag([options.ridge if sum(e) > 1 else 0.0 for e in exponents(order)])
    weights = inliers.astype(np.float64)
    spread = math.inf
    for _ in range(options.rounds):
        normal = terms.T @ (weights[:, None] * terms) + pull + 1e-9 * np.eye(terms.shape[1])
        coefficients = np.linalg.solve(normal, terms.T @ (weights[:, None] * after_xy))
        misfit = np.linalg.norm(terms @ coefficients - after_xy, axis=1)
        spread = max(float(np.median(misfit[weights > 0])) * RADIAL_MEDIAN_TO_SIGMA, options.noise_floor * px_per_picture_px)
        previous, weights = weights, np.maximum(1 - (misfit / (TUKEY * spread)) ** 2, 0.0) ** 2
        if not (weights > 0).sum() >= terms.shape[1]:
            weights = previous
            break
        if np.abs(weights - previous).max() < 1e-3:
            break
    return WarpFit(PolynomialWarp(order, centre, extent, np.asarray(coefficients, dtype=np.float64)), weights > 0, spread)
