"""The distribution of the true clearances behind measured ones, and the share of true responders.

Measured values spread more than the legs do: each is off by its own error, which its interval tells.  Counting those at or above 75 %
therefore counts some for their error, and more of them the wider the intervals.  Here the errors are taken out: the distribution of the
truth is the one that, blurred by each pair's own error, best explains what was measured (Efron, Biometrika 2016;103:1, "g-modelling").
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special, stats

from photocompare.benchmark import BenchmarkOptions
from photocompare.estimate import Z95, Estimate
from photocompare.practice.cohort import Codes, Floats, distinct
from photocompare.practice.statistics import PERCENT


@dataclass(frozen=True)
class DeconvolutionOptions:
    """How the truth is drawn.

    Parameters
    ----------
    step_percent : float
        Width of the bins of measured values, points; well below the errors, whose half widths are 5 to 20.
    truth_step_percent : float
        Step of the grid of true values, points.
    error_levels : int
        Classes of pairs with like errors, of equal numbers.
    knots : int
        Columns of the natural spline of the log density (Efron 2016 uses 5 to 7).
    penalty : float
        Weight of the ridge that keeps the log density from running away (Efron 2016: 1).
    blocks : int
        Blocks of patients left out in turn for the standard errors.
    least_pairs, least_patients : int
        Below either, nothing is drawn: the spline has five free numbers, ten pairs for each.
    """

    step_percent: float = 2.0
    truth_step_percent: float = 1.0
    error_levels: int = 12
    knots: int = 5
    penalty: float = 1.0
    blocks: int = 20
    least_pairs: int = 50
    least_patients: int = 30


@dataclass(frozen=True)
class TrueClearance:
    """What is left of the spread and of the responder rate once errors are taken out.

    Parameters
    ----------
    pairs : int
        With a value and an interval.
    observed_sd, error_sd : float
        Standard deviation of the measured values; root mean square of their errors, points.
    true_sd : Estimate
        Root of observed variance less mean error variance, points; low is 0 where the errors may explain all of the spread.
    reliability : float
        Share of the measured variance that is the legs' own, 0..1.
    observed_responders : float
        Percent of measured values at or above the responder rule.
    responders, below_band, within_band, above_band : Estimate
        Percent of true values there; failed where there are too few pairs to draw a distribution.
    sensitivity, specificity : float
        Share of true responders that is measured as such, and of the others that is not; NaN without a distribution.
    grid, density : tuple of float
        True values in percent, and their shares, sum 1; empty without a distribution.
    """

    pairs: int
    observed_sd: float
    error_sd: float
    true_sd: Estimate
    reliability: float
    observed_responders: float
    responders: Estimate
    below_band: Estimate
    within_band: Estimate
    above_band: Estimate
    sensitivity: float
    specificity: float
    grid: tuple[float, ...]
    density: tuple[float, ...]


def error_sds(values: Floats, low: Floats, high: Floats) -> Floats:
    """Standard error of each measured value from its 95 % interval, points.

    Intervals end at 0 and at 100 %; the longer side is the one that did not run into the end.
    """
    return np.maximum(values - low, high - values) / Z95


def true_clearance(
    values: Floats,
    errors: Floats,
    patients: Codes,
    *,
    band: BenchmarkOptions | None = None,
    options: DeconvolutionOptions | None = None,
) -> TrueClearance:
    """Take the measurement error out.

    Parameters
    ----------
    values, errors : ndarray of shape (N,)
        Measured clearances in percent and their standard errors; pairs whose error is unknown (NaN) are left out.
    patients : ndarray of int, shape (N,)
    band : BenchmarkOptions, optional
        The responder rule and the band.
    options : DeconvolutionOptions, optional
    """
    band, options = band or BenchmarkOptions(), options or DeconvolutionOptions()
    known = np.isfinite(values) & np.isfinite(errors)
    values, errors, patients = values[known], errors[known], patients[known]
    n, clusters = len(values), distinct(patients)
    responding = PERCENT * float(np.mean(values >= band.responder_percent)) if n else math.nan
    observed, mean_error, true_sd = _spread(values, errors, patients)
    reliability = max(0.0, 1.0 - mean_error / observed) if n > 1 and observed > 0 else math.nan
    drawn = None
    if n >= options.least_pairs and clusters >= options.least_patients:
        drawn = _drawn(values, errors, patients, band, options)
    failed = Estimate.failed("%", "deconvolved; too few pairs")
    responders, below, within, above = drawn.shares if drawn else (failed,) * 4
    return TrueClearance(
        n,
        math.sqrt(observed) if n > 1 else math.nan,
        math.sqrt(mean_error) if n else math.nan,
        true_sd,
        reliability,
        responding,
        responders,
        below,
        within,
        above,
        drawn.sensitivity if drawn else math.nan,
        drawn.specificity if drawn else math.nan,
        tuple(drawn.grid.tolist()) if drawn else (),
        tuple(drawn.density.tolist()) if drawn else (),
    )


def _spread(values: Floats, errors: Floats, patients: Codes) -> tuple[float, float, Estimate]:
    """Observed variance, mean error variance, and the root of their difference with an interval from the sums over patients."""
    method = "root of observed variance less mean error variance; patients as clusters"
    n = len(values)
    if n < 2:
        return math.nan, float(np.mean(errors**2)) if n else math.nan, Estimate.failed("points", method)
    squared = (values - values.mean()) ** 2 * n / (n - 1)
    observed, mean_error = float(squared.mean()), float(np.mean(errors**2))
    clusters = distinct(patients)
    if clusters < 2:
        return observed, mean_error, Estimate.failed("points", method)
    influence = np.bincount(patients, squared - errors**2 - (observed - mean_error))
    half = float(stats.t.ppf(0.975, clusters - 1)) * math.sqrt(float(influence @ influence) * clusters / (clusters - 1)) / n
    value, low, high = (math.sqrt(max(0.0, observed - mean_error + shift)) for shift in (0.0, -half, half))
    return observed, mean_error, Estimate(value, low, high, "points", method)


@dataclass(frozen=True, eq=False)
class _Drawn:
    shares: list[Estimate]
    sensitivity: float
    specificity: float
    grid: Floats
    density: Floats


def _drawn(values: Floats, errors: Floats, patients: Codes, band: BenchmarkOptions, options: DeconvolutionOptions) -> _Drawn:
    """The distribution of the truth, with block-jackknife errors of the shares that are reported."""
    model = _Model.of(errors, options)
    counts = model.counts(values, errors, patients, options)
    whole = counts.sum(axis=0)
    fitted = model.fit(whole, np.zeros(model.spline.shape[1]), options)
    regions = _regions(model.grid, band)
    shares = regions @ model.density(fitted)
    left_out = np.array([regions @ model.density(model.fit(whole - block, fitted, options)) for block in counts])
    blocks = len(left_out)
    error = np.sqrt((blocks - 1) / blocks * np.sum((left_out - left_out.mean(axis=0)) ** 2, axis=0))
    half = float(stats.t.ppf(0.975, blocks - 1)) * error
    method = "deconvolved; blocks of patients left out in turn"
    estimates = [
        Estimate(PERCENT * s, PERCENT * max(0.0, s - h), PERCENT * min(1.0, s + h), "%", method)
        for s, h in zip(np.clip(shares, 0.0, 1.0).tolist(), half.tolist(), strict=True)
    ]
    density = model.density(fitted)
    right = model.chance_at_or_above(band.responder_percent, whole)
    truly = regions[0] > 0
    caught, spared = density[truly] @ right[truly], density[~truly] @ (1.0 - right[~truly])
    positive, negative = float(density[truly].sum()), float(density[~truly].sum())
    return _Drawn(
        estimates,
        float(caught) / positive if positive > 0 else math.nan,
        float(spared) / negative if negative > 0 else math.nan,
        model.grid,
        density,
    )


def _regions(grid: Floats, band: BenchmarkOptions) -> Floats:
    """Rows that sum the density: responders, below, within and above the band; a grid point on a border is shared where two rows meet."""
    half = (grid[1] - grid[0]) / 2.0

    def above(border: float) -> Floats:
        return np.asarray(np.clip((grid + half - border) / (2.0 * half), 0.0, 1.0), np.float64)

    responders, low, high = above(band.responder_percent), above(band.low_percent), above(band.high_percent)
    return np.array([responders, 1.0 - low, low - high, high])


@dataclass(frozen=True, eq=False)
class _Model:
    """Bins of measured values by level of error, and what each true value gives there.

    edges : (B + 1,) of the bins, open at both ends.  levels : (K,) errors.  kernel : (K * B, M).  spline : (M, p).
    """

    edges: Floats
    levels: Floats
    level_edges: Floats
    grid: Floats
    kernel: Floats
    spline: Floats

    @classmethod
    def of(cls, errors: Floats, options: DeconvolutionOptions) -> _Model:
        grid = np.arange(0.0, PERCENT + options.truth_step_percent / 2, options.truth_step_percent)
        edges = np.arange(0.0, PERCENT + options.step_percent / 2, options.step_percent)
        edges[0], edges[-1] = -np.inf, np.inf
        level_edges = np.unique(np.quantile(errors, np.arange(1, options.error_levels) / options.error_levels))
        level = np.searchsorted(level_edges, errors)
        total, number = np.bincount(level, errors**2, len(level_edges) + 1), np.bincount(level, minlength=len(level_edges) + 1)
        # An error of nothing would make an empty kernel between two bins; a tenth of a bin is as good as none.
        levels = np.maximum(np.sqrt(total / np.maximum(number, 1)), options.step_percent / 10.0)
        above = special.ndtr((edges[None, :, None] - grid[None, None, :]) / levels[:, None, None])
        kernel = np.diff(above, axis=1).reshape(-1, len(grid))
        return cls(edges, levels, level_edges, grid, kernel, _natural_spline(grid, options.knots))

    def counts(self, values: Floats, errors: Floats, patients: Codes, options: DeconvolutionOptions) -> Floats:
        """Pairs by block of patients, error level and bin: (blocks, K * B)."""
        bins = len(self.edges) - 1
        place = np.clip((np.clip(values, 0.0, PERCENT) / options.step_percent).astype(np.intp), 0, bins - 1)
        cell = np.searchsorted(self.level_edges, errors) * bins + place
        cells = len(self.levels) * bins
        blocks = (patients % options.blocks) * cells + cell
        return np.bincount(blocks, minlength=options.blocks * cells).reshape(options.blocks, cells).astype(np.float64)

    def density(self, weights: Floats) -> Floats:
        """Shares of the true values, sum 1."""
        return np.asarray(special.softmax(self.spline @ weights), np.float64)

    def fit(self, counts: Floats, start: Floats, options: DeconvolutionOptions) -> Floats:
        """Weights of the spline that best explain the counts."""
        used = counts > 0
        number, kernel = counts[used], self.kernel[used]
        total = float(number.sum())

        def loss(weights: Floats) -> tuple[float, Floats]:
            density = self.density(weights)
            seen = np.maximum(kernel @ density, 1e-300)
            length = float(np.sqrt(weights @ weights)) + 1e-12
            pull = density * (kernel.T @ (number / seen) - total)
            value = -float(number @ np.log(seen)) + options.penalty * length
            return value / total, (-(self.spline.T @ pull) + options.penalty * weights / length) / total

        found = optimize.minimize(loss, start, jac=True, method="BFGS", options={"gtol": 1e-6})
        return np.asarray(found.x, np.float64)

    def chance_at_or_above(self, percent: float, counts: Floats) -> Floats:
        """For each true value, the chance that it is measured at or above `percent`, over the cohort's errors."""
        weight = counts.reshape(len(self.levels), -1).sum(axis=1)
        chances = special.ndtr((self.grid[None, :] - percent) / self.levels[:, None])
        return np.asarray(weight @ chances / weight.sum(), np.float64)


def _natural_spline(grid: Floats, columns: int) -> NDArray[np.float64]:
    """Orthonormal columns of natural cubic splines over the grid, the constant left out (Hastie, Tibshirani & Friedman 2009, eq. 5.4)."""
    x = (grid - grid[0]) / (grid[-1] - grid[0])
    knots = np.linspace(0.0, 1.0, columns + 1)

    def cubic(k: int) -> Floats:
        cubes = np.maximum(x - knots[k], 0.0) ** 3 - np.maximum(x - knots[-1], 0.0) ** 3
        return np.asarray(cubes / (knots[-1] - knots[k]), np.float64)

    basis = np.column_stack([x, *(cubic(k) - cubic(columns - 1) for k in range(columns - 1))])
    left, _, _ = np.linalg.svd(basis - basis.mean(axis=0), full_matrices=False)
    return np.asarray(left, np.float64)
