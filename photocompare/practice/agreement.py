"""How well raters agree: with each other, with themselves, and with the software.

Weighted kappa (Cohen, Psychol Bull 1968;70:213; its variance: Fleiss, Cohen & Everitt, Psychol Bull 1969;72:323), intraclass
correlations ICC(2,1) and ICC(3,1) (Shrout & Fleiss, Psychol Bull 1979;86:420; intervals: McGraw & Wong, Psychol Methods 1996;1:30), limits
of agreement (Bland & Altman, Lancet 1986;327:307; with several readings of a subject: J Biopharm Stat 2007;17:571).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from photocompare.base.estimate import Z95, Estimate
from photocompare.practice.cohort import Codes, Floats
from photocompare.practice.statistics import UPPER, t_quantile

FIVE_POINT = (1, 2, 3, 4, 5)
"""The categories of the five-point scale."""

Weights = Literal["linear", "quadratic"]


def weighted_kappa(
    first: NDArray[np.integer],
    second: NDArray[np.integer],
    *,
    categories: int = len(FIVE_POINT),
    weights: Weights = "quadratic",
) -> Estimate:
    """Agreement on an ordered scale beyond chance, -1..1.

    Parameters
    ----------
    first, second : ndarray of int, shape (N,)
        Categories 1 .. `categories` given to the same things.
    categories : int
    weights : str
        How disagreement counts: by its distance or by its square.

    Returns
    -------
    Estimate
        Interval from the large-sample variance of Fleiss, Cohen and Everitt.  Failed without pairs, or where both only ever gave one
        and the same category: then chance alone would agree.
    """
    method = f"weighted kappa, {weights} weights"
    table = np.zeros((categories, categories))
    np.add.at(table, (np.asarray(first, np.intp) - 1, np.asarray(second, np.intp) - 1), 1.0)
    return kappa_of_table(table, weights=weights, method=method)


def kappa_of_table(table: Floats, *, weights: Weights | Floats = "quadratic", method: str = "weighted kappa") -> Estimate:
    """`weighted_kappa` of a table of counts; `weights` may be the agreement weights themselves, 1 on the diagonal."""
    n, k = float(table.sum()), len(table)
    if n <= 0:
        return Estimate.failed("", method)
    apart = np.abs(np.subtract.outer(np.arange(k), np.arange(k))) / max(k - 1, 1)
    agreed = 1.0 - (apart if weights == "linear" else apart**2) if isinstance(weights, str) else np.asarray(weights, np.float64)
    share = table / n
    rows, cols = share.sum(axis=1), share.sum(axis=0)
    observed, chance = float((agreed * share).sum()), float(rows @ agreed @ cols)
    if chance >= 1.0:
        return Estimate.failed("", method)
    kappa = max(-1.0, min(1.0, (observed - chance) / (1.0 - chance)))
    pull = (agreed @ cols)[:, None] + (agreed.T @ rows)[None, :]
    spread = float((share * (agreed * (1.0 - chance) - pull * (1.0 - observed)) ** 2).sum())
    variance = (spread - (observed * chance - 2.0 * chance + observed) ** 2) / (n * (1.0 - chance) ** 4)
    half = Z95 * math.sqrt(max(0.0, variance))
    return Estimate(kappa, max(-1.0, kappa - half), min(1.0, kappa + half), "", method)


@dataclass(frozen=True)
class IntraclassCorrelations:
    """Reliability of one reading.

    Parameters
    ----------
    subjects, raters : int
    absolute : Estimate
        ICC(2,1): raters are a sample of raters, and one that always gives more counts as disagreement.
    consistency : Estimate
        ICC(3,1): these raters alone, differences of level between them left out.
    """

    subjects: int
    raters: int
    absolute: Estimate
    consistency: Estimate


def intraclass_correlations(ratings: Floats) -> IntraclassCorrelations:
    """ICC(2,1) and ICC(3,1) with 95 % intervals.

    Parameters
    ----------
    ratings : ndarray of shape (subjects, raters)
        Rows with a NaN are left out: the two-way layout needs every rater on every subject.
    """
    ratings = ratings[np.isfinite(ratings).all(axis=1)]
    n, k = ratings.shape
    if n < 2 or k < 2:
        return IntraclassCorrelations(n, k, Estimate.failed("", "ICC(2,1)"), Estimate.failed("", "ICC(3,1)"))
    grand = ratings.mean()
    rows, cols = ratings.mean(axis=1), ratings.mean(axis=0)
    between = k * float(((rows - grand) ** 2).sum()) / (n - 1)
    raters = n * float(((cols - grand) ** 2).sum()) / (k - 1)
    residual = float(((ratings - rows[:, None] - cols[None, :] + grand) ** 2).sum()) / ((n - 1) * (k - 1))
    return IntraclassCorrelations(n, k, _icc21(between, raters, residual, n, k), _icc31(between, residual, n, k))


def _icc31(between: float, residual: float, n: int, k: int) -> Estimate:
    method, df = "ICC(3,1)", (n - 1) * (k - 1)
    if residual <= 0.0:
        return Estimate(1.0, 1.0, 1.0, "", method) if between > 0 else Estimate.failed("", method)
    ratio = between / residual
    low = ratio / float(stats.f.ppf(UPPER, n - 1, df))
    high = ratio * float(stats.f.ppf(UPPER, df, n - 1))
    icc, lower, upper = ((f - 1.0) / (f + k - 1.0) for f in (ratio, low, high))
    return Estimate(icc, lower, upper, "", method)


def _icc21(between: float, raters: float, residual: float, n: int, k: int) -> Estimate:
    """The interval is Satterthwaite's approximation (Shrout & Fleiss 1979, p. 424; McGraw & Wong 1996, table 7)."""
    method = "ICC(2,1)"
    total = between + (k - 1) * residual + k * (raters - residual) / n
    if total <= 0.0:
        return Estimate.failed("", method)
    icc = (between - residual) / total
    if icc >= 1.0 or residual + raters <= 0.0:
        return Estimate(1.0, 1.0, 1.0, "", method)
    a = k * icc / (n * (1.0 - icc))
    b = 1.0 + k * icc * (n - 1) / (n * (1.0 - icc))
    df = (a * raters + b * residual) ** 2 / ((a * raters) ** 2 / (k - 1) + (b * residual) ** 2 / ((n - 1) * (k - 1)))
    above, below = float(stats.f.ppf(UPPER, n - 1, df)), float(stats.f.ppf(UPPER, df, n - 1))
    rest = k * raters + (k * n - k - n) * residual
    low = n * (between - above * residual) / (above * rest + n * between)
    high = n * (below * between - residual) / (rest + n * below * between)
    least = -1.0 / (k - 1)  # k readings of one leg can't be less alike than that (Shrout & Fleiss 1979); the approximation does not know it
    return Estimate(max(icc, least), max(min(icc, low), least), max(icc, high), "", method)


@dataclass(frozen=True)
class LimitsOfAgreement:
    """Between which two numbers 95 % of the differences lie.

    Parameters
    ----------
    pairs, subjects : int
    bias, lower, upper : Estimate
        Mean difference (first less second) and the limits, with their 95 % intervals, in the unit of the readings.
    sd : float
        Standard deviation of a difference.
    slope : Estimate
        Change of the difference for a unit of the mean: whether disagreement grows along the scale.
    """

    pairs: int
    subjects: int
    bias: Estimate
    lower: Estimate
    upper: Estimate
    sd: float
    slope: Estimate


def limits_of_agreement(first: Floats, second: Floats, subjects: Codes | None = None, *, unit: str = "%") -> LimitsOfAgreement:
    """Bland and Altman's limits, also where subjects were read several times.

    Parameters
    ----------
    first, second : ndarray of shape (N,)
    subjects : ndarray of int, shape (N,), optional
        Whose reading each is, numbered from 0; every pair its own subject by default.
    unit : str

    Notes
    -----
    With repeated readings the variance of a difference is the sum of that between and within subjects, from a one-way analysis of
    variance with unequal numbers (Bland & Altman 2007, section 3).  Intervals of the limits: the variance of mean and of standard deviation
    at the number of subjects, ``s sqrt(1/n + z**2 / (2 (n - 1)))``, with Student's t of n - 1; at one reading each that is, more exactly,
    Bland and Altman's ``sqrt(3 s**2 / n)`` of 1986.
    """
    method = "limits of agreement"
    known = np.isfinite(first) & np.isfinite(second)
    difference, middle = (first - second)[known], (first + second)[known] / 2.0
    of = np.unique(np.arange(len(known))[known] if subjects is None else subjects[known], return_inverse=True)[1]
    n, m = len(difference), int(of.max(initial=-1)) + 1
    failed = Estimate.failed(unit, method)
    if m < 2:
        return LimitsOfAgreement(n, m, failed, failed, failed, math.nan, Estimate.failed("", method))
    counts = np.bincount(of, minlength=m).astype(np.float64)
    sd, bias, error = _spread_of_differences(difference, of, counts)
    quantile = float(t_quantile(m - 1))
    edge = quantile * math.sqrt(error**2 + sd**2 * Z95**2 / (2.0 * (m - 1)))
    lower, upper = (Estimate(v, v - edge, v + edge, unit, method) for v in (bias - Z95 * sd, bias + Z95 * sd))
    half = quantile * error
    return LimitsOfAgreement(n, m, Estimate(bias, bias - half, bias + half, unit, method), lower, upper, sd, _slope(difference, middle))


def _spread_of_differences(difference: Floats, of: Codes, counts: Floats) -> tuple[float, float, float]:
    """Standard deviation of a difference, mean of the differences, standard error of that mean."""
    n, m = len(difference), len(counts)
    means = np.bincount(of, difference) / counts
    bias = float(difference.mean())
    between = float(counts @ (means - bias) ** 2) / (m - 1)
    if n == m:
        return math.sqrt(between), bias, math.sqrt(between / n)
    within = float(((difference - means[of]) ** 2).sum()) / (n - m)
    size = (n - float(counts @ counts) / n) / (m - 1)
    own = max(0.0, (between - within) / size)
    return math.sqrt(own + within), bias, math.sqrt(own * float(counts @ counts) / n**2 + within / n)


def _slope(difference: Floats, middle: Floats) -> Estimate:
    method = "least squares of difference on mean"
    n, centred = len(middle), middle - middle.mean()
    spread = float(centred @ centred)
    if n < 3 or spread <= 0.0:
        return Estimate.failed("", method)
    slope = float(centred @ difference) / spread
    residual = difference - difference.mean() - slope * centred
    # Not linregress: where the points lie on the line, rounding makes its error the root of a negative number.
    half = float(t_quantile(n - 2)) * math.sqrt(float(residual @ residual) / (n - 2) / spread)
    return Estimate(slope, slope - half, slope + half, "", method)
