"""The statistics of a metrology report: each a plain function from numbers to a figure with its 95 % interval.

Terms as in quantitative imaging: Raunig et al., Stat Methods Med Res 2015;24:27 (bias, linearity, repeatability); Sullivan et al.,
Radiology 2015;277:813.  With too few numbers a figure is NaN and says how many there were; nothing is invented.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from photocompare.base.estimate import Z95
from photocompare.base.wilson import wilson_interval

F64 = NDArray[np.float64]

CONFIDENCE = 0.95
"""Of every interval; two-sided unless the method says otherwise."""

_TAIL = (1 - CONFIDENCE) / 2


@dataclass(frozen=True)
class Figure:
    """One figure of the report.

    Parameters
    ----------
    value : float
        In `unit`; NaN when `n` is too few for it.
    low, high : float
        95 % interval; both NaN when `n` is too few for one.
    n : int
        How many numbers it rests on.
    unit : str
    method : str
        How value and interval came about, in a few words.
    """

    value: float
    low: float
    high: float
    n: int
    unit: str
    method: str

    @property
    def ok(self) -> bool:
        """False when there were too few numbers."""
        return math.isfinite(self.value)

    @property
    def has_interval(self) -> bool:
        """False when there were too few numbers for an interval."""
        return math.isfinite(self.low) and math.isfinite(self.high)


def _values(numbers: Sequence[float] | F64) -> F64:
    """Finite numbers only: a failed estimate is no number."""
    values = np.asarray(numbers, np.float64).reshape(-1)
    return values[np.isfinite(values)]


def too_few(n: int, unit: str, method: str) -> Figure:
    """A figure that `n` numbers don't allow."""
    return Figure(math.nan, math.nan, math.nan, n, unit, method)


def proportion(successes: int, trials: int) -> Figure:
    """Share of successes, 0..1, with Wilson's score interval."""
    method = "Wilson score interval"
    if trials < 1:
        return too_few(trials, "share", method)
    low, high = wilson_interval(successes / trials, trials)
    return Figure(successes / trials, float(low), float(high), trials, "share", method)


def rate_at_most(events: int, trials: int) -> Figure:
    """Share of events, 0..1, with its one-sided 95 % upper bound (Clopper & Pearson, Biometrika 1934;26:404).

    Without any event the bound is 1 - 0.05^(1/n), which the "rule of three" writes as 3/n (Hanley & Lippman-Hand, JAMA 1983;249:1743).
    """
    method = "one-sided Clopper-Pearson upper bound"
    if trials < 1:
        return too_few(trials, "share", method)
    bound = 1.0 if events == trials else float(stats.beta.ppf(CONFIDENCE, events + 1, trials - events))
    return Figure(events / trials, 0.0, bound, trials, "share", method)


def quantile(numbers: Sequence[float] | F64, q: float, unit: str) -> Figure:
    """A quantile, where at least one number is expected beyond it on either side, with its distribution-free interval.

    The interval lies between two of the ordered numbers (Conover, Practical Nonparametric Statistics, 3rd ed. 1999); it exists from 6
    numbers on for a median, from 36 on for a 90th percentile.
    """
    method = f"{100 * q:g}th percentile, order-statistics interval" if q != 0.5 else "median, order-statistics interval"
    values = np.sort(_values(numbers))
    n = len(values)
    if n < 1 / min(q, 1 - q) - 1e-9:  # 1 / (1 - 0.9) is 10.000000000000002
        return too_few(n, unit, method)
    low, high = int(stats.binom.ppf(_TAIL, n, q)), int(stats.binom.ppf(1 - _TAIL, n, q)) + 1
    bounds = (float(values[low - 1]), float(values[high - 1])) if low >= 1 and high <= n else (math.nan, math.nan)
    return Figure(float(np.quantile(values, q)), *bounds, n, unit, method)


def mean(numbers: Sequence[float] | F64, unit: str) -> Figure:
    """Mean with Student's interval; of errors it is the bias."""
    method = "mean, Student's interval"
    values = _values(numbers)
    n = len(values)
    if n == 0:
        return too_few(n, unit, method)
    value = float(values.mean())
    if n == 1:
        return Figure(value, math.nan, math.nan, n, unit, method)
    half = float(stats.t.ppf(1 - _TAIL, n - 1) * values.std(ddof=1) / math.sqrt(n))
    return Figure(value, value - half, value + half, n, unit, method)


def repeatability_coefficient(changes: Sequence[float] | F64, unit: str) -> Figure:
    """What two measurements of an unchanged thing differ by at most in 95 % of cases: RC = 1.96 sqrt(2) wSD = 2.77 wSD.

    `changes` are the differences that were measured where the truth is none, so that wSD^2 = sum(d^2) / 2n (Bland & Altman, BMJ
    1996;313:744); the interval is chi-square's with n degrees of freedom (Raunig 2015).  At least 2.
    """
    method = "2.77 wSD, chi-square interval"
    values = _values(changes)
    n = len(values)
    if n < 2:
        return too_few(n, unit, method)
    squares = float((values**2).sum())

    def coefficient(degrees: float) -> float:
        return Z95 * math.sqrt(2) * math.sqrt(squares / 2 / degrees)

    low, high = (coefficient(float(stats.chi2.ppf(p, n))) for p in (1 - _TAIL, _TAIL))
    return Figure(coefficient(n), low, high, n, unit, method)


@dataclass(frozen=True)
class Agreement:
    """Bland and Altman's bias and 95 % limits of agreement, each with its interval."""

    bias: Figure
    lower: Figure
    upper: Figure


def limits_of_agreement(differences: Sequence[float] | F64, unit: str) -> Agreement:
    """Bias and bias +- 1.96 SD of the differences between estimate and truth.

    The limits' standard error is s sqrt(1/n + 1.96^2 / 2(n - 1)) (Bland & Altman, Stat Methods Med Res 1999;8:135).  At least 3.
    """
    method = "bias +- 1.96 SD (Bland-Altman)"
    values = _values(differences)
    n = len(values)
    if n < 3:
        return Agreement(mean(values, unit), too_few(n, unit, method), too_few(n, unit, method))
    middle, spread = float(values.mean()), float(values.std(ddof=1))
    half = float(stats.t.ppf(1 - _TAIL, n - 1)) * spread * math.sqrt(1 / n + Z95**2 / (2 * (n - 1)))
    limits = [middle + sign * Z95 * spread for sign in (-1, 1)]
    lower, upper = (Figure(limit, limit - half, limit + half, n, unit, method) for limit in limits)
    return Agreement(mean(values, unit), lower, upper)


@dataclass(frozen=True)
class Linearity:
    """A straight line through estimate against truth.

    Parameters
    ----------
    slope, intercept : Figure
        Ideal: 1 and 0.
    quadratic : Figure
        Coefficient of the squared term when one is added, per 100 of `unit`; a measure is taken as linear where its interval holds 0.
    r_squared : Figure
    """

    slope: Figure
    intercept: Figure
    quadratic: Figure
    r_squared: Figure


def linearity(true: Sequence[float] | F64, estimated: Sequence[float] | F64, unit: str) -> Linearity:
    """Least squares of estimate on truth, which is known without error, and whether a squared term is called for (Raunig 2015).

    At least 4 pairs, with three different truths among them.
    """
    x, y = np.asarray(true, np.float64), np.asarray(estimated, np.float64)
    whole = np.isfinite(x) & np.isfinite(y)
    x, y = x[whole], y[whole]
    n, line, curve = len(x), "least squares", "least squares with a squared term"
    if n < 4 or len(np.unique(x)) < 3:
        few = too_few(n, unit, line)
        return Linearity(few, few, too_few(n, unit, curve), few)
    intercept, slope = _least_squares(np.column_stack([np.ones(n), x]), y, (unit, f"{unit} per {unit}"), line)
    quadratic = _least_squares(np.column_stack([np.ones(n), x, x**2 / 100]), y, (unit, "", f"{unit} per {unit}"), curve)[2]
    total = float(((y - y.mean()) ** 2).sum())
    left = float(((y - intercept.value - slope.value * x) ** 2).sum())
    r2 = Figure(1 - left / total, math.nan, math.nan, n, "share", line) if total > 0 else too_few(n, "share", line)
    return Linearity(slope, intercept, quadratic, r2)


def _least_squares(terms: F64, y: F64, units: Sequence[str], method: str) -> list[Figure]:
    """Coefficients with Student's intervals; without intervals where nothing is left over to judge them by."""
    n, count = terms.shape
    coefficients = np.linalg.lstsq(terms, y, rcond=None)[0]
    freedom = n - count
    spare = float(((y - terms @ coefficients) ** 2).sum()) / freedom if freedom > 0 else math.nan
    error = np.sqrt(spare * np.diag(np.linalg.pinv(terms.T @ terms)))
    half = float(stats.t.ppf(1 - _TAIL, freedom)) * error if freedom > 0 else np.full(count, math.nan)
    return [Figure(float(c), float(c - h), float(c + h), n, unit, method) for c, h, unit in zip(coefficients, half, units, strict=True)]
