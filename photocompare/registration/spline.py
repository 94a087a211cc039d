"""A soft field of displacement: uniform cubic B-splines under a bending penalty, with the covariance that tells how far to trust it.

P-splines (Eilers & Marx 1996) read as a Gaussian prior on second differences of the coefficients.  Its strength and the scale of the
observations' noise are both estimated from the data (expectation-maximisation of the marginal likelihood), so neither how soft a
limb is nor how well its texture survived has to be known beforehand.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse

from photocompare.registration.warp import RADIAL_MEDIAN_TO_SIGMA, TUKEY

Float = NDArray[np.float64]


@dataclass(frozen=True)
class SplineOptions:
    """How soft the field may be and how it settles.

    Parameters
    ----------
    rounds : int
        Rounds of reweighting and of estimating noise and softness.
    least_bend, most_bend : float
        Bounds in px for the prior's standard deviation of a coefficient's second difference: below the first the field is a plane
        for any purpose; above the second neighbouring cells would fold over each other.
    amplitude : float
        Prior standard deviation in px of the displacement itself: only keeps far corners from running away.
    """

    rounds: int = 6
    least_bend: float = 0.05
    most_bend: float = 40.0
    amplitude: float = 200.0


@dataclass(frozen=True)
class SplineField:
    """Displacement (x, y) over the before frame.

    Parameters
    ----------
    cell : float
        Before px between knots.
    origin_xy : tuple of float
        Before px of the first knot span's corner.
    coefficients : Float
        (rows, columns, 2), px.
    covariance : Float
        (rows * columns, rows * columns), px^2, of one coordinate's coefficients.
    noise : float
        Estimated standard deviation of an observation of unit weight, px per coordinate.
    weights : Float
        Final robust weight 0..1 of each observation.
    """

    cell: float
    origin_xy: tuple[float, float]
    coefficients: Float
    covariance: Float
    noise: float
    weights: Float

    def at(self, points_xy: NDArray[np.floating]) -> Float:
        """Displacement at points, (N, 2) px."""
        rows, columns, _ = self.coefficients.shape
        basis = _design(points_xy, self.origin_xy, self.cell, (rows, columns))
        return np.asarray(basis @ self.coefficients.reshape(-1, 2))

    def on_grid(self, xs: NDArray[np.floating], ys: NDArray[np.floating]) -> NDArray[np.float32]:
        """Displacement on the grid of columns `xs` and rows `ys`, (len(ys), len(xs), 2)."""
        rows, columns, _ = self.coefficients.shape
        across = _basis(xs, self.origin_xy[0], self.cell, columns).astype(np.float32)
        down = _basis(ys, self.origin_xy[1], self.cell, rows).astype(np.float32)
        planes = [(down @ self.coefficients[:, :, k].astype(np.float32)) @ across.T for k in range(2)]
        return np.stack(planes, axis=2)

    def spread_on_grid(self, xs: NDArray[np.floating], ys: NDArray[np.floating]) -> NDArray[np.float32]:
        """Standard deviation per coordinate of the displacement, (len(ys), len(xs)) px."""
        rows, columns, _ = self.coefficients.shape
        grid = np.stack(np.meshgrid(xs, ys), axis=2).reshape(-1, 2)
        basis = _design(grid, self.origin_xy, self.cell, (rows, columns))
        variance = np.asarray((basis @ self.covariance) * basis.toarray()).sum(axis=1)
        return np.sqrt(np.maximum(variance, 0.0)).reshape(len(ys), len(xs)).astype(np.float32)


def fit_spline(
    points_xy: NDArray[np.floating],
    displacement: NDArray[np.floating],
    precision: NDArray[np.floating],
    box: tuple[float, float, float, float],
    cell: float,
    *,
    sharing: float = 1.0,
    options: SplineOptions,
) -> SplineField:
    """Fit the field to noisy observations of displacement.

    Parameters
    ----------
    points_xy, displacement : ndarray
        (N, 2) before px.
    precision : ndarray
        (N,) relative inverse variance of each observation; its common scale is estimated.
    box : tuple of float
        Left, top, right, bottom in px of the region that the field covers.
    cell : float
        Px between knots.
    sharing : float
        How many observations see the same pixels (overlapping patches count once only).
    """
    origin, (rows, columns) = (box[0], box[1]), (math.ceil((box[3] - box[1]) / cell) + 3, math.ceil((box[2] - box[0]) / cell) + 3)
    design = _design(points_xy, origin, cell, (rows, columns))
    penalty = _bending(rows, columns)
    precision = np.asarray(precision, np.float64) / max(float(np.median(precision)), 1e-30)
    robust = np.ones(len(points_xy))
    noise, bend = max(_radial_sigma(displacement, precision), 1e-3), options.most_bend / 4
    coefficients, covariance = np.zeros((rows * columns, 2)), np.zeros((rows * columns, rows * columns))
    for _ in range(options.rounds):
        weights = robust * precision / (noise**2 * sharing)
        weighted = design.multiply(weights[:, None]).tocsr()
        normal = (design.T @ weighted).toarray() + penalty / bend**2 + np.eye(rows * columns) / options.amplitude**2
        factor = linalg.cho_factor(normal, lower=True, overwrite_a=True, check_finite=False)
        covariance = linalg.cho_solve(factor, np.eye(rows * columns), check_finite=False)
        coefficients = covariance @ (weighted.T @ displacement)
        residual = displacement - design @ coefficients
        noise = max(_radial_sigma(residual[robust > 0], precision[robust > 0]), 1e-3)
        distance = np.linalg.norm(residual, axis=1) * np.sqrt(precision) / (noise * TUKEY)
        robust = np.maximum(1 - distance**2, 0.0) ** 2
        energy = float(np.einsum("ik,ij,jk->", coefficients, penalty, coefficients)) + 2 * float((penalty * covariance).sum())
        bend = float(np.clip(math.sqrt(energy / (2 * _rank(rows, columns))), options.least_bend, options.most_bend))
    return SplineField(cell, origin, coefficients.reshape(rows, columns, 2), covariance, noise, robust)


def _radial_sigma(residual: NDArray[np.floating], precision: NDArray[np.floating]) -> float:
    """Robust standard deviation per coordinate of residuals of unit precision."""
    return float(np.median(np.linalg.norm(residual, axis=1) * np.sqrt(precision))) * RADIAL_MEDIAN_TO_SIGMA


def _basis(positions: NDArray[np.floating], origin: float, cell: float, count: int) -> Float:
    """Cubic B-spline weights, (N, count) with four entries a row."""
    t = (np.asarray(positions, np.float64) - origin) / cell
    span = np.clip(np.floor(t).astype(int), 0, count - 4)
    out = np.zeros((len(t), count))
    rows = np.arange(len(t))
    for k, weight in enumerate(_cubic(t - span)):
        out[rows, span + k] = weight
    return out


def _cubic(u: Float) -> tuple[Float, Float, Float, Float]:
    """The four cubic B-splines over a span, u in 0..1 (de Boor 1978)."""
    return (1 - u) ** 3 / 6, (3 * u**3 - 6 * u**2 + 4) / 6, (-3 * u**3 + 3 * u**2 + 3 * u + 1) / 6, u**3 / 6


def _design(points_xy: NDArray[np.floating], origin_xy: tuple[float, float], cell: float, size: tuple[int, int]) -> sparse.csr_matrix:
    """Tensor-product basis at points, (N, rows * columns) sparse."""
    rows, columns = size
    t = (np.asarray(points_xy, np.float64) - np.asarray(origin_xy)) / cell
    span = np.clip(np.floor(t).astype(int), 0, np.asarray([columns - 4, rows - 4]))
    across, down = np.stack(_cubic(t[:, 0] - span[:, 0]), 1), np.stack(_cubic(t[:, 1] - span[:, 1]), 1)
    values = (down[:, :, None] * across[:, None, :]).reshape(len(t), 16)
    step = (np.arange(4)[:, None] * columns + np.arange(4)).reshape(16)
    indices = (span[:, 1] * columns + span[:, 0])[:, None] + step
    return sparse.csr_matrix((values.ravel(), indices.ravel(), np.arange(0, 16 * len(t) + 1, 16)), shape=(len(t), rows * columns))


def _bending(rows: int, columns: int) -> Float:
    """Sum of squared second differences along x, along y and (twice) across, as a quadratic form on the coefficients."""
    first, second = (lambda n: np.diff(np.eye(n), axis=0)), (lambda n: np.diff(np.eye(n), 2, axis=0))
    along_x = np.kron(np.eye(rows), second(columns).T @ second(columns))
    along_y = np.kron(second(rows).T @ second(rows), np.eye(columns))
    across = np.kron(first(rows).T @ first(rows), first(columns).T @ first(columns))
    return along_x + along_y + 2 * across


def _rank(rows: int, columns: int) -> int:
    """Coefficients that the bending penalty sees: all but planes."""
    return rows * columns - 3
