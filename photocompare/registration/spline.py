"""A soft field of displacement: uniform cubic B-splines under a bending penalty, with the covariance that tells how far to trust it.

P-splines (Eilers & Marx 1996) read as a Gaussian prior on second differences of the coefficients.  Its strength and the scale of the
observations' noise are both estimated from the data (expectation-maximisation of the marginal likelihood), so neither how soft a
limb is nor how well its texture survived has to be known beforehand.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from photocompare.base.robust import CAUCHY, RADIAL_MEDIAN_TO_SIGMA
from photocompare.registration.block_band import ROWS_A_BLOCK, BlockBand, blocked_rows, places_in_blocks, solve_and_invert

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
class Displacements:
    """Noisy observations of displacement.

    Parameters
    ----------
    points_xy, off : ndarray
        (N, 2) before px: where it was observed, and how far off the skin lay there.
    precision : ndarray
        (N,) relative inverse variance of each; their common scale is estimated.
    sharing : float
        How many observations see the same pixels (overlapping patches count once only).
    """

    points_xy: NDArray[np.floating]
    off: NDArray[np.floating]
    precision: NDArray[np.floating]
    sharing: float = 1.0


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
    covariance : BlockBand
        Of one coordinate's coefficients as far as they meet in an observation, px^2.
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
    covariance: BlockBand
    noise: float
    bend: float
    weights: Float

    def at(self, points_xy: NDArray[np.floating]) -> Float:
        """Displacement at points, (N, 2) px."""
        rows, columns, _ = self.coefficients.shape
        values, indices = _design(points_xy, self.origin_xy, self.cell, (rows, columns))
        return _evaluated(values, indices, self.coefficients.reshape(-1, 2))

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
        across = _basis(xs, self.origin_xy[0], self.cell, columns)
        first, down = _weights(ys, self.origin_xy[1], self.cell, rows)
        variance = np.empty((len(ys), len(xs)))
        for k, (row, weights) in enumerate(zip(first.tolist(), down, strict=True)):
            pairs = ((i, j) for i in range(4) for j in range(4))
            along = sum(weights[i] * weights[j] * self.covariance.between(row + i, row + j) for i, j in pairs)
            variance[k] = ((across @ along) * across).sum(axis=1)
        return np.sqrt(np.maximum(variance, 0.0)).astype(np.float32)


def fit_spline(seen: Displacements, box: tuple[float, float, float, float], cell: float, *, options: SplineOptions) -> SplineField:
    """Fit the field to noisy observations of displacement.

    Parameters
    ----------
    seen : Displacements
    box : tuple of float
        Left, top, right, bottom in px of the region that the field covers.
    cell : float
        Px between knots.
    options : SplineOptions
    """
    origin = (box[0], box[1])
    rows, columns = blocked_rows(math.ceil((box[3] - box[1]) / cell) + 3), math.ceil((box[2] - box[0]) / cell) + 3
    count = rows * columns
    observed = _Observations(*_design(seen.points_xy, origin, cell, (rows, columns)), rows, columns)
    penalty = _bending(rows, columns)
    pull = np.zeros_like(penalty.blocks)
    pull[:, 0] = np.eye(ROWS_A_BLOCK * columns) * options.amplitude**-2
    relative = np.asarray(seen.precision, np.float64) / max(float(np.median(seen.precision)), 1e-30)
    robust = np.ones(len(seen.points_xy))
    noise, bend = max(_radial_sigma(seen.off, relative), _LEAST_NOISE), options.first_bend
    for _ in range(options.rounds):
        weights = robust * relative / (noise**2 * seen.sharing)
        normal = BlockBand(observed.products(weights) + penalty.blocks / bend**2 + pull)
        coefficients, covariance = solve_and_invert(normal, observed.gathered(weights[:, None] * seen.off))
        residual = seen.off - _evaluated(observed.values, observed.indices, coefficients)
        noise = max(_radial_sigma(residual, relative), _LEAST_NOISE)
        distance = np.linalg.norm(residual, axis=1) * np.sqrt(relative) / (noise * CAUCHY)
        robust = 1 / (1 + distance**2)
        # The bending energy expected under the posterior: that of the mean plus that of what is not known.
        energy = _bending_energy(coefficients.reshape(rows, columns, 2)) + 2 * penalty.inner(covariance)
        bend = float(np.clip(math.sqrt(energy / (2 * (count - _PLANE))), options.least_bend, options.most_bend))
    return SplineField(cell, origin, coefficients.reshape(rows, columns, 2), covariance, noise, bend, robust)


class _Observations:
    """Basis values of all observations, sorted by the cell that they fall into: there they share their sixteen coefficients.

    Parameters
    ----------
    values : (N, 16) float
    indices : (N, 16) int
        Of coefficients.
    rows, columns : int
        Of the lattice.
    """

    def __init__(self, values: Float, indices: NDArray[np.intp], rows: int, columns: int) -> None:
        self.values, self.indices = values, indices
        self._order = np.argsort(indices[:, 0], kind="stable")
        self._ordered = values[self._order]
        corners = indices[self._order, 0]
        starts = np.flatnonzero(np.diff(corners, prepend=-1))
        self._bounds = [*starts.tolist(), len(corners)]
        side = ROWS_A_BLOCK * columns
        self._shape = (rows // ROWS_A_BLOCK, 2, side, side)
        places = places_in_blocks(indices[self._order[starts]], columns).ravel()
        self._kept = places >= 0
        self._places = places[self._kept]
        self._count = rows * columns

    def products(self, weights: Float) -> Float:
        """Weighted sum of the outer products, as `BlockBand.blocks`."""
        weighted = self._ordered * weights[self._order, None]
        sums = np.stack([weighted[a:b].T @ self._ordered[a:b] for a, b in pairwise(self._bounds)])
        return np.asarray(
            np.bincount(self._places, sums.ravel()[self._kept], math.prod(self._shape)).reshape(self._shape), dtype=np.float64
        )

    def gathered(self, seen: Float) -> Float:
        """Sum of basis times what was seen, (rows * columns, 2)."""
        flat = self.indices.ravel()
        return np.stack([np.bincount(flat, (self.values * seen[:, k : k + 1]).ravel(), self._count) for k in range(2)], axis=1)


def _radial_sigma(residual: NDArray[np.floating], precision: NDArray[np.floating]) -> float:
    """Robust standard deviation per coordinate of residuals of unit precision."""
    return float(np.median(np.linalg.norm(residual, axis=1) * np.sqrt(precision))) * RADIAL_MEDIAN_TO_SIGMA


def _weights(positions: NDArray[np.floating], origin: float, cell: float, count: int) -> tuple[NDArray[np.intp], Float]:
    """The first of the four coefficients that count at each position, (N,), and their cubic B-spline weights, (N, 4)."""
    t = (np.asarray(positions, np.float64) - origin) / cell
    span = np.clip(np.floor(t).astype(np.intp), 0, count - 4)
    return span, np.stack(_cubic(t - span), axis=1)


def _basis(positions: NDArray[np.floating], origin: float, cell: float, count: int) -> Float:
    """The same as a matrix, (N, count) with four entries a row."""
    span, weights = _weights(positions, origin, cell, count)
    out = np.zeros((len(span), count))
    np.put_along_axis(out, span[:, None] + np.arange(4), weights, axis=1)
    return out


def _cubic(u: Float) -> tuple[Float, Float, Float, Float]:
    """The four cubic B-splines over a span, u in 0..1 (de Boor 1978)."""
    return (1 - u) ** 3 / 6, (3 * u**3 - 6 * u**2 + 4) / 6, (-3 * u**3 + 3 * u**2 + 3 * u + 1) / 6, u**3 / 6


def _design(
    points_xy: NDArray[np.floating], origin_xy: tuple[float, float], cell: float, size: tuple[int, int]
) -> tuple[Float, NDArray[np.intp]]:
    """Tensor-product basis at points: the values that are not 0 and the coefficients that they belong to, (N, 16) each."""
    rows, columns = size
    points = np.asarray(points_xy, np.float64)
    column, across = _weights(points[:, 0], origin_xy[0], cell, columns)
    row, down = _weights(points[:, 1], origin_xy[1], cell, rows)
    values = (down[:, :, None] * across[:, None, :]).reshape(len(points), 16)
    step = (np.arange(4)[:, None] * columns + np.arange(4)).reshape(16)
    return values, (row * columns + column)[:, None] + step


def _evaluated(values: Float, indices: NDArray[np.intp], coefficients: Float) -> Float:
    """The field at the points of a design, (N, 2)."""
    return np.stack([(values * coefficients[:, k][indices]).sum(axis=1) for k in range(2)], axis=1)


def _bending_energy(coefficients: Float) -> float:
    """Sum of squared second differences along x, along y and (twice) across, of both coordinates."""
    along = sum(float((np.diff(coefficients, 2, axis=axis) ** 2).sum()) for axis in (0, 1))
    return along + 2 * float((np.diff(np.diff(coefficients, axis=0), axis=1) ** 2).sum())


def _bending(rows: int, columns: int) -> BlockBand:
    """The same as a quadratic form on one coordinate's coefficients."""

    def squared(count: int, order: int) -> Float:
        steps = np.diff(np.eye(count), order, axis=0)
        return np.asarray(steps.T @ steps)

    blocks = np.zeros((rows // ROWS_A_BLOCK, 2, ROWS_A_BLOCK * columns, ROWS_A_BLOCK * columns))
    along_x, along_y, across_y, across_x = squared(columns, 2), squared(rows, 2), squared(rows, 1), squared(columns, 1)
    for k, beside in np.ndindex(blocks.shape[:2]):
        these = slice(ROWS_A_BLOCK * k, ROWS_A_BLOCK * (k + 1))
        those = slice(ROWS_A_BLOCK * (k + beside), ROWS_A_BLOCK * (k + beside + 1))
        if those.start < rows:
            blocks[k, beside] = np.kron(along_y[these, those], np.eye(columns)) + 2 * np.kron(across_y[these, those], across_x)
            blocks[k, beside] += np.kron(np.eye(rows)[these, those], along_x)
    return BlockBand(blocks)
