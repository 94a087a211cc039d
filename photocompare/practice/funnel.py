"""A funnel plot: each operator's or site's rate beside the limits that chance alone keeps, for its number of pairs.

After Spiegelhalter, Statistics in Medicine 2005;24:1185: exact binomial limits, though not interpolated as his are, and an overdispersion
factor from winsorised z-scores.
Rates are not adjusted for how hard the cases are; a unit outside the limits is a reason to look, not a verdict.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import special, stats

from photocompare.practice.breakdown import Grouped
from photocompare.practice.cohort import Floats
from photocompare.practice.statistics import PERCENT

LEVELS = (0.95, 0.998)
"""Two and three standard deviations of a normal variable, as Spiegelhalter draws them."""


@dataclass(frozen=True)
class FunnelOptions:
    """How the limits are drawn.

    Parameters
    ----------
    winsorised : float
        Share of the z-scores at each end that is pulled in before the spread is judged (Spiegelhalter: 10 %), so that the outliers that
        the plot is to show don't widen its limits.
    least_units : int
        Fewer units tell too little about the spread between units; the limits are then those of chance alone.
    curve_points : int
        Numbers of pairs at which the limits are drawn.
    least_patients : int
        A unit of fewer is not said to lie beyond a limit.  Assumed: a handful of cases is chance or choice, whatever their rate.
    """

    winsorised: float = 0.1
    least_units: int = 10
    curve_points: int = 60
    least_patients: int = 10


@dataclass(frozen=True)
class FunnelUnit:
    """One operator or site.

    Parameters
    ----------
    name : str
    pairs, patients : int
    rate : float
        Percent.
    z : float
        Distance from the target in standard deviations, overdispersion taken into account.
    low_95, high_95, low_998, high_998 : float
        Limits for this unit's pairs, percent.
    place : str
        "within", "low_95", "high_95", "low_998" or "high_998": the outermost limit that the rate lies beyond.  "few" where it is beyond
        one and there are too few patients to say so.
    """

    name: str
    pairs: int
    patients: int
    rate: float
    z: float
    low_95: float
    high_95: float
    low_998: float
    high_998: float
    place: str


@dataclass(frozen=True)
class Funnel:
    """All units, and the limits as curves.

    Parameters
    ----------
    dimension : str
        "operator" or "site".
    target : float
        Rate of all pairs together, percent.
    units : tuple of FunnelUnit
        Most pairs first.
    hidden_units : int
        Units of too few patients, and those hidden with them; rows whose unit has no name are no unit.
    design_effect, overdispersion : float
        Factors of the variance: several pairs of a patient; more spread between units than chance gives.  1 where there is none.
    curve : tuple
        (pairs, low 99.8 %, low 95 %, high 95 %, high 99.8 %), percent.
    """

    dimension: str
    target: float
    units: tuple[FunnelUnit, ...]
    hidden_units: int
    design_effect: float
    overdispersion: float
    curve: tuple[tuple[float, float, float, float, float], ...]


def binomial_limits(rate: float, n: Floats, level: float) -> tuple[Floats, Floats]:
    """Exact limits of a share: a result lies beyond one only if results as far out or further have less chance than the tail.

    Spiegelhalter (2005, appendix A.1.1) interpolates the quantiles, and of few trials leaves out what is likely: 5 of 5 at a rate of 90 %,
    with a chance of 59 %, would lie beyond his upper 99.8 % limit of 99.97 %.

    Parameters
    ----------
    rate : float
        Target, 0..1.
    n : ndarray
        Trials; need not be whole: the distribution is continued by the incomplete beta function.
    level : float
        Share of results between the limits, such as 0.95.

    Returns
    -------
    low, high : ndarray
        0 and 1 where no result has so little chance.
    """
    n = np.asarray(n, np.float64)
    tail = (1.0 - level) / 2.0
    low, high = _successes_with_chance(tail, n, rate) / n, 1.0 - _successes_with_chance(tail, n, 1.0 - rate) / n
    return np.clip(low, 0.0, 1.0), np.clip(high, 0.0, 1.0)


def _successes_with_chance(tail: float, n: Floats, rate: float) -> Floats:
    """The number r with P(R <= r) = tail; 0 where even no success has a greater chance."""
    return np.nan_to_num(np.asarray(special.bdtrik(tail, n, rate), np.float64))


def funnel(units: Grouped, responded: Floats, *, options: FunnelOptions | None = None) -> Funnel | None:
    """The funnel of a rate over units; None without two units to show, or with a target of 0 or 100 %.

    Parameters
    ----------
    units : Grouped
        Hidden units are not shown; rows whose unit has no name are part of the target but of no unit.
    responded : ndarray of shape (N,)
        1 or 0.
    options : FunnelOptions, optional
    """
    options = options or FunnelOptions()
    if not len(responded):
        return None
    means = units.clusters.means(responded)
    target = float(responded.mean())
    named = np.array([bool(name) for name in units.names])
    shown = np.flatnonzero((means.pairs > 0) & ~units.hidden & named)
    if len(shown) < 2 or not 0.0 < target < 1.0:
        return None
    effect = _pooled_design_effect(means.mean[shown], means.standard_error[shown], means.pairs[shown])
    z = (means.mean[shown] - target) / np.sqrt(target * (1.0 - target) * effect / means.pairs[shown])
    spread = overdispersion(z, options=options)
    scale = effect * spread
    n = means.pairs[shown]
    limits = [100.0 * side for level in LEVELS for side in binomial_limits(target, n / scale, level)]
    rates = PERCENT * means.mean[shown]
    rows = zip(shown, n, means.patients[shown], rates, z / math.sqrt(spread), *limits, strict=True)
    found = [_unit(units.names[int(u)], *(float(v) for v in rest), options=options) for u, *rest in rows]
    found.sort(key=lambda unit: (-unit.pairs, unit.name))
    hidden = int(np.count_nonzero(units.hidden & named))
    curve = _curve(target, n, scale, options)
    return Funnel(units.dimension, PERCENT * target, tuple(found), hidden, effect, spread, curve)


def _unit(name: str, n: float, patients: float, rate: float, z: float, *limits: float, options: FunnelOptions) -> FunnelUnit:
    low_95, high_95, low_998, high_998 = limits
    place = "within"
    for verdict, beyond in (
        ("low_95", rate < low_95), ("high_95", rate > high_95), ("low_998", rate < low_998), ("high_998", rate > high_998),
    ):  # fmt: skip
        place = verdict if beyond else place
    if place != "within" and patients < options.least_patients:
        place = "few"
    return FunnelUnit(name, int(n), int(patients), rate, z, low_95, high_95, low_998, high_998, place)


def _pooled_design_effect(rate: Floats, error: Floats, n: Floats) -> float:
    """Variance of the units' rates over what single pairs would give, at least 1."""
    known = np.isfinite(error)
    single = float(np.sum((n * rate * (1.0 - rate))[known]))
    clustered = float(np.sum((error * n)[known] ** 2))
    return max(1.0, clustered / single) if single > 0.0 else 1.0


def overdispersion(z: Floats, *, options: FunnelOptions | None = None) -> float:
    """Factor by which units vary more than chance gives; 1 unless it is clearly more than that (Spiegelhalter 2005, section 3.2).

    "Clearly" is two standard deviations of the factor under chance, ``1 + 2 sqrt(2 / I)`` for I units.
    """
    options = options or FunnelOptions()
    if len(z) < options.least_units:
        return 1.0
    pulled_in = np.asarray(stats.mstats.winsorize(z, limits=(options.winsorised, options.winsorised)), np.float64)
    factor = float(np.mean(pulled_in**2))
    return factor if factor > 1.0 + 2.0 * math.sqrt(2.0 / len(z)) else 1.0


def _curve(target: float, n: Floats, scale: float, options: FunnelOptions) -> tuple[tuple[float, float, float, float, float], ...]:
    steps = np.geomspace(max(1.0, 0.8 * float(n.min())), 1.1 * float(n.max()), options.curve_points)
    at = np.unique(np.round(steps)).astype(np.float64)
    (low_95, high_95), (low_998, high_998) = (binomial_limits(target, at / scale, level) for level in LEVELS)
    percent = (PERCENT * np.array([low_998, low_95, high_95, high_998])).T
    return tuple((float(k), *row) for k, row in zip(at, percent.tolist(), strict=True))
