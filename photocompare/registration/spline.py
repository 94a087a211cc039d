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

from photocompare.registration.warp import CAUCHY, RADIAL_MEDIAN_TO_SIGMA

Float = NDArray[np.float64]

_LEAST_NOISE = 1e-3
"""Px: keeps weights finite where observations agree to the last bit (a photo against itself)."""

_PLANE = 3
"""Coefficients' freedoms that the bending penalty does not see: planes."""


@dataclass(frozen=True)
class SplineOptions:
    """How soft the field may be and how it settles.

    Parameters
    ----------
    rounds : int
        Rounds of reweighting and of estimating noise and softness.
    first_bend : float
        Softness in px that the estimation starts from; it settles from anywhere within two orders of magnitude.
    least_bend, most_bend : float
        Bounds in px for the prior's standard deviation of a coefficient's second difference: below the first the field is a plane
        for any purpose; above the second neighbouring cells would fold over each other.
    amplitude : float
        Prior standard deviation in px of the displacement itself: only keeps far corners from running away.
    """

    rounds: int = 5
    first_bend: float = 40.0
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
    bend : float
        Estimated standard deviation of a coefficient's second difference, px.
    weights : Float
        Final robust weight 0..1 of each observation.
    """

    cell: float
    origin_xy: tuple[float, float]
    coefficients: Float
    covariance: Float
    noise: float
    bend: float
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
        variance = basis.multiply(basis @ self.covariance).sum(axis=1)
        return np.asarray(np.sqrt(np.maximum(variance, 0.0)).reshape(len(ys), len(xs)), dtype=np.float32)


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
    origin = (box[0], box[1])
    rows, columns = math.ceil((box[3] - box[1]) / cell) + 3, math.ceil((box[2] - box[0]) / cell) + 3
    count = rows * columns
    design = _design(points_xy, origin, cell, (rows, columns))
    penalty = _bending(rows, columns)
    pull = penalty.toarray()
    relative = np.asarray(precision, np.float64) / max(float(np.median(precision)), 1e-30)
    robust = np.ones(len(points_xy))
    noise, bend = max(_radial_sigma(displacement, relative), _LEAST_NOISE), options.first_bend
    coefficients, covariance = np.zeros((count, 2)), np.zeros((count, count))
    for _ in range(options.rounds):
        weights = robust * relative / (noise**2 * sharing)
        weighted = design.T @ sparse.diags_array(weights)
        normal = (weighted @ design).toarray() + pull / bend**2
        normal[np.diag_indices(count)] += options.amplitude**-2
        covariance = _inverse(normal)
        coefficients = covariance @ (weighted @ displacement)
        residual = displacement - design @ coefficients
        noise = max(_radial_sigma(residual, relative), _LEAST_NOISE)
        distance = np.linalg.norm(residual, axis=1) * np.sqrt(relative) / (noise * CAUCHY)
        robust = 1 / (1 + distance**2)
        # The bending energy expected under the posterior: that of the mean plus that of what is not known.
        energy = float((coefficients * (penalty @ coefficients)).sum()) + 2 * float(penalty.multiply(covariance).sum())
        bend = float(np.clip(math.sqrt(energy / (2 * (count - _PLANE))), options.least_bend, options.most_bend))
    return SplineField(cell, origin, coefficients.reshape(rows, columns, 2), covariance, noise, bend, robust)


def _inverse(normal: Float) -> Float:
    """Inverse of a symmetric positive definite matrix, by Cholesky."""
    factor, failed = linalg.lapack.dpotrf(normal, lower=1, clean=0, overwrite_a=1)
    if failed:
        raise np.linalg.LinAlgError("the spline's normal matrix is not positive definite")
    inverse, _ = linalg.lapack.dpotri(factor, lower=1, overwrite_c=1)
    lower = np.tril(inverse)
    return np.asarray(lower + np.tril(inverse, -1).T)


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


def _design(points_xy: NDArray[np.floating], origin_xy: tuple[float, float], cell: float, size: tuple[int, int]) -> sparse.csr_array:
    """Tensor-product basis at points, (N, rows * columns) sparse."""
    rows, columns = size
    t = (np.asarray(points_xy, np.float64) - np.asarray(origin_xy)) / cell
    span = np.clip(np.floor(t).astype(int), 0, np.asarray([columns - 4, rows - 4]))
    across, down = np.stack(_cubic(t[:, 0] - span[:, 0]), 1), np.stack(_cubic(t[:, 1] - span[:, 1]), 1)
    values = (down[:, :, None] * across[:, None, :]).reshape(len(t), 16)
    step = (np.arange(4)[:, None] * columns + np.arange(4)).reshape(16)
    indices = (span[:, 1] * columns + span[:, 0])[:, None] + step
    return sparse.csr_array((values.ravel(), indices.ravel(), np.arange(0, 16 * len(t) + 1, 16)), shape=(len(t), rows * columns))


def _bending(rows: int, columns: int) -> sparse.csr_array:
    """Sum of squared second differences along x, along y and (twice) across, as a quadratic form on the coefficients."""

    def squared(count: int, order: int) -> sparse.csr_array:
        steps = np.diff(np.eye(count), order, axis=0)
        return sparse.csr_array(steps.T @ steps)

    along_x = sparse.kron(sparse.eye_array(rows), squared(columns, 2))
    along_y = sparse.kron(squared(rows, 2), sparse.eye_array(columns))
    across = sparse.kron(squared(rows, 1), squared(columns, 1))
    return sparse.csr_array(along_x + along_y + 2 * across)
