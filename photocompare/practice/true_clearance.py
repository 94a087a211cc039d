"""The distribution of the true clearances behind measured ones, and the share of true responders.

Measured values spread more than the legs do: each is off by its own error, which its interval tells.  Counting those at or above 75 %
therefore counts some for their error, and more of them the wider the intervals.  Here the errors are taken out: the distribution of the
truth is the one that, blurred by each pair's own error, best explains what was measured (Efron, Biometrika 2016;103:1, "g-modelling").
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

from photocompare.base.estimate import Z95, Estimate
from photocompare.base.wilson import wilson_interval
from photocompare.practice.cohort import Codes, Floats, distinct
from photocompare.practice.statistics import PERCENT, t_quantile
from photocompare.results.reference_band import ReferenceBandOptions

_NORMAL_COLUMNS = 2
"""Columns of the log density that make a normal distribution; they are free."""

_HARDLY = 1e-3
"""Weight of the ridge on those, for the case that the errors explain all of the spread and nothing holds the width."""

_KNOT_REACH = 2.0
_WEIGHT_SPREAD = 1.5
"""Standard deviations of the measured values within which the knots lie, and the variance of the weight by which they matter."""


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
        Of the spline that the log density may leave a normal distribution's by.
    penalty : float
        Weight of the ridge on the spline (Efron 2016: 1): it draws the distribution to a normal one unless the pairs say otherwise.
    blocks : int
        Blocks of patients left out in turn for the standard errors.
    least_pairs, least_patients : int
        Below either, nothing is drawn: the distribution has seven numbers, two of them free and five held back.
    """

    step_percent: float = 2.0
    truth_step_percent: float = 1.0
    error_levels: int = 12
    knots: int = 7
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
        Standard deviation of the truth, points: of the drawn distribution; where there are too few pairs to draw one, the root of observed
        variance less mean error variance, whose low is 0 where the errors may explain all of the spread.
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
    band: ReferenceBandOptions | None = None,
    options: DeconvolutionOptions | None = None,
) -> TrueClearance:
    """Take the measurement error out.

    Parameters
    ----------
    values, errors : ndarray of shape (N,)
        Measured clearances in percent and their standard errors; pairs whose error is unknown (NaN) are left out.
    patients : ndarray of int, shape (N,)
    band : ReferenceBandOptions, optional
        The responder rule and the band.
    options : DeconvolutionOptions, optional
    """
    band, options = band or ReferenceBandOptions(), options or DeconvolutionOptions()
    known = np.isfinite(values) & np.isfinite(errors)
    values, errors, patients = values[known], errors[known], patients[known]
    n, clusters = len(values), distinct(patients)
    responding = PERCENT * float(np.mean(values >= band.responder_percent)) if n else math.nan
    observed, mean_error, true_sd = _spread(values, errors, patients)
    drawn = None
    if n >= options.least_pairs and clusters >= options.least_patients:
        drawn = _drawn(values, errors, patients, band, options)
    failed = Estimate.failed("%", "deconvolved; too few pairs")
    responders, below, within, above = drawn.shares if drawn else (failed,) * 4
    true_sd = drawn.sd if drawn else true_sd
    reliability = min(1.0, true_sd.value**2 / observed) if true_sd.ok and observed > 0 else math.nan
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
    half = float(t_quantile(clusters - 1)) * math.sqrt(float(influence @ influence) * clusters / (clusters - 1)) / n
    value, low, high = (math.sqrt(max(0.0, observed - mean_error + shift)) for shift in (0.0, -half, half))
    return observed, mean_error, Estimate(value, low, high, "points", method)


@dataclass(frozen=True, eq=False)
class _Drawn:
    shares: list[Estimate]
    sd: Estimate
    sensitivity: float
    specificity: float
    grid: Floats
    density: Floats


def _drawn(values: Floats, errors: Floats, patients: Codes, band: ReferenceBandOptions, options: DeconvolutionOptions) -> _Drawn:
    """The distribution of the truth, with block-jackknife errors of the shares that are reported."""
    model = _Model.of(values, errors, options)
    counts = model.counts(values, errors, patients, options)
    whole = counts.sum(axis=0)
    start = np.zeros(model.spline.shape[1])
    start[1] = -0.5  # as wide as the measured values
    fitted = model.fit(whole, start, options)
    regions = _regions(model.grid, band)

    def told(weights: Floats) -> Floats:
        """The shares that are reported, as they are, and the standard deviation."""
        density = model.density(weights)
        mean = float(density @ model.grid)
        return np.append(regions @ density, math.sqrt(float(density @ (model.grid - mean) ** 2)))

    found = told(fitted)
    left_out = np.array([told(model.fit(whole - block, fitted, options)) for block in counts])
    method = "deconvolved; blocks of patients left out in turn"
    sd, sd_half = float(found[-1]), float(_jackknife_half(left_out[:, -1:])[0])
    estimates = _share_estimates(np.clip(found[:-1], 0.0, 1.0), left_out[:, :-1], len(values), method)
    density = model.density(fitted)
    right = model.chance_at_or_above(band.responder_percent, whole)
    truly = regions[0] > 0
    caught, spared = density[truly] @ right[truly], density[~truly] @ (1.0 - right[~truly])
    positive, negative = float(density[truly].sum()), float(density[~truly].sum())
    return _Drawn(
        estimates,
        Estimate(sd, max(0.0, sd - sd_half), sd + sd_half, "points", method),
        float(caught) / positive if positive > 0 else math.nan,
        float(spared) / negative if negative > 0 else math.nan,
        model.grid,
        density,
    )


def _jackknife_half(left_out: Floats) -> Floats:
    """Half widths of 95 % intervals from estimates without each block in turn, (blocks, k)."""
    blocks = len(left_out)
    error = np.sqrt((blocks - 1) / blocks * np.sum((left_out - left_out.mean(axis=0)) ** 2, axis=0))
    return np.asarray(t_quantile(blocks - 1) * error, np.float64)


def _share_estimates(shares: Floats, left_out: Floats, pairs: int, method: str) -> list[Estimate]:
    """Shares with intervals that are even in their log odds, and nowhere narrower than if that many true values had been counted."""
    least = 0.5 / pairs  # less than half a pair may be none, and its odds say nothing
    odds, odds_left_out = (special.logit(np.clip(each, least, 1.0 - least)) for each in (shares, left_out))
    half = _jackknife_half(odds_left_out)
    least_low, least_high = wilson_interval(shares, float(pairs))
    low = np.where(shares > least, np.minimum(least_low, special.expit(odds - half)), 0.0)
    high = np.where(shares < 1.0 - least, np.maximum(least_high, special.expit(odds + half)), 1.0)
    ends = (PERCENT * np.column_stack([shares, low, high])).tolist()
    return [Estimate(value, bottom, top, "%", method) for value, bottom, top in ends]


def _regions(grid: Floats, band: ReferenceBandOptions) -> Floats:
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
    def of(cls, values: Floats, errors: Floats, options: DeconvolutionOptions) -> _Model:
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
        return cls(edges, levels, level_edges, grid, kernel, _basis(grid, values, options))

    def counts(self, values: Floats, errors: Floats, patients: Codes, options: DeconvolutionOptions) -> Floats:
        """Pairs by block of patients, error level and bin: (blocks, K * B)."""
        bins = len(self.edges) - 1
        place = np.clip((np.clip(values, 0.0, PERCENT) / options.step_percent).astype(np.intp), 0, bins - 1)
        cell = np.searchsorted(self.level_edges, errors) * bins + place
        cells = len(self.levels) * bins
        # By a patient's place among those that are there: their numbers skip those whom a filter leaves out.
        blocks = (np.unique(patients, return_inverse=True)[1] % options.blocks) * cells + cell
        return np.bincount(blocks, minlength=options.blocks * cells).reshape(options.blocks, cells).astype(np.float64)

    def density(self, weights: Floats) -> Floats:
        """Shares of the true values, sum 1."""
        return np.asarray(special.softmax(self.spline @ weights), np.float64)

    def fit(self, counts: Floats, start: Floats, options: DeconvolutionOptions) -> Floats:
        """Weights of the spline that best explain the counts."""
        used = counts > 0
        number, kernel = counts[used], self.kernel[used]
        total = float(number.sum())
        pulled_in = np.full(len(start), options.penalty)
        pulled_in[:_NORMAL_COLUMNS] = _HARDLY

        def loss(weights: Floats) -> tuple[float, Floats]:
            density = self.density(weights)
            seen = np.maximum(kernel @ density, 1e-300)
            pull = density * (kernel.T @ (number / seen) - total)
            value = -float(number @ np.log(seen)) + 0.5 * float(pulled_in @ weights**2)
            return value / total, (-(self.spline.T @ pull) + pulled_in * weights) / total

        found = optimize.minimize(loss, start, jac=True, method="BFGS", options={"gtol": 1e-6})
        return np.asarray(found.x, np.float64)

    def chance_at_or_above(self, percent: float, counts: Floats) -> Floats:
        """For each true value, the chance that it is measured at or above `percent`, over the cohort's errors."""
        weight = counts.reshape(len(self.levels), -1).sum(axis=1)
        chances = special.ndtr((self.grid[None, :] - percent) / self.levels[:, None])
        return np.asarray(weight @ chances / weight.sum(), np.float64)


def _basis(grid: Floats, values: Floats, options: DeconvolutionOptions) -> Floats:
    """Columns of the log density: those of a normal distribution, and what natural cubic splines add to them.

    The first two, the standardised value and its square, alone would make a normal distribution cut off at 0 and 100; the others have
    nothing of them, nor of a constant, where the measured values lie.  (Splines: Hastie, Tibshirani & Friedman 2009, eq. 5.4.)
    """
    middle, scale = float(values.mean()), max(float(values.std()), options.truth_step_percent)
    x = (grid - middle) / scale
    knots = np.linspace(-_KNOT_REACH, _KNOT_REACH, options.knots)
    normal = np.column_stack([np.ones_like(x), x, x**2])
    weight = np.exp(-0.5 * x**2 / _WEIGHT_SPREAD)[:, None]

    def cubic(k: int) -> Floats:
        cubes = np.maximum(x - knots[k], 0.0) ** 3 - np.maximum(x - knots[-1], 0.0) ** 3
        return np.asarray(cubes / (knots[-1] - knots[k]), np.float64)

    spline = np.column_stack([cubic(k) - cubic(options.knots - 2) for k in range(options.knots - 2)])
    spline = spline - normal @ np.linalg.lstsq(weight * normal, weight * spline)[0]
    _, size, turned = np.linalg.svd(weight * spline, full_matrices=False)
    own = spline @ (turned.T / size) * math.sqrt(float((weight**2).sum()))  # uncorrelated, and of size one where the legs are
    return np.column_stack([normal[:, 1:], own])
