"""A run chart: the outcome month by month about its median, with rules that tell a signal from chance.

The rules for shifts and for too few crossings are Anhøj's (Anhøj & Olesen, PLoS ONE 2014;9:e113825); the trend is seven points
in a row that rise or fall (Olmstead; Perla, Provost & Murray, BMJ Qual Saf 2011;20:46 discuss the lengths in use).  How often chance alone
sets them off stands in `docs/audit.md`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from photocompare.practice.cohort import Codes, Floats
from photocompare.practice.statistics import Clusters, hidden_groups, hidden_parts

LEAST_POINTS = 10
"""Useful points below which the rules are not applied (Anhøj & Olesen 2014)."""

TREND_POINTS = 7
"""Points of a trend; with five or six, chance alone would set it off in a fifth or a twentieth of charts of 24 points."""


@dataclass(frozen=True)
class RunSignals:
    """What the rules say of a row of points.

    Parameters
    ----------
    median : float
    useful : int
        Points off the median; the others tell nothing.
    longest_run, most_expected : int
        Points in a row on one side of the median, and the most that chance is expected to give: log2(useful) + 3, rounded.
    crossings, fewest_expected : int
        Changes of side, and the fewest that chance is expected to give: the 5 % point of a binomial of useful - 1 throws.
    longest_trend : int
        Points in a row that rise, or fall.
    shift, few_crossings, trend : bool
        The signals; all False below `LEAST_POINTS`.
    """

    median: float
    useful: int
    longest_run: int
    most_expected: int
    crossings: int
    fewest_expected: int
    longest_trend: int
    shift: bool
    few_crossings: bool
    trend: bool

    @property
    def applied(self) -> bool:
        """Whether there are enough points for the rules."""
        return self.useful >= LEAST_POINTS

    @property
    def any(self) -> bool:
        """Whether any rule gives a signal."""
        return self.shift or self.few_crossings or self.trend


@dataclass(frozen=True)
class RunPoint:
    """A month or a quarter.

    Parameters
    ----------
    period : str
        "2026-03" or "2026-Q1".
    pairs, patients : int or None
    value : float
        Mean, percent; None and NaN where it is hidden.
    """

    period: str
    pairs: int | None
    patients: int | None
    value: float

    @property
    def hidden(self) -> bool:
        """Whether there were too few patients to show it."""
        return self.pairs is None


@dataclass(frozen=True)
class RunChart:
    """The points in time order, those of no pair left out, and the signals of those that are shown."""

    points: tuple[RunPoint, ...]
    signals: RunSignals


def run_signals(values: Floats) -> RunSignals:
    """Apply the rules to points in time order."""
    median = float(np.median(values)) if len(values) else math.nan
    sides = np.sign(values[values != median] - median)
    useful = len(sides)
    if useful == 0:
        return RunSignals(median, 0, 0, 0, 0, 0, _longest_trend(values), shift=False, few_crossings=False, trend=False)
    crossings = int(np.count_nonzero(np.diff(sides)))
    longest = _longest_of_equal(sides)
    expected = round(math.log2(useful) + 3.0)
    fewest = int(stats.binom.ppf(0.05, useful - 1, 0.5))
    trend = _longest_trend(values)
    applied = useful >= LEAST_POINTS
    return RunSignals(
        median,
        useful,
        longest,
        expected,
        crossings,
        fewest,
        trend,
        shift=applied and longest > expected,
        few_crossings=applied and crossings < fewest,
        trend=applied and trend >= TREND_POINTS,
    )


def _longest_of_equal(sides: Floats) -> int:
    ends = np.flatnonzero(np.diff(sides, append=np.nan) != 0)
    return int(np.diff(ends, prepend=-1).max(initial=0))


def _longest_trend(values: Floats) -> int:
    """Points of the longest rise or fall; equal neighbours are left out, as the rule has it."""
    moving = values[np.concatenate([[True], np.diff(values) != 0])] if len(values) else values
    steps = np.sign(np.diff(moving))
    return _longest_of_equal(steps) + 1 if len(steps) else len(moving)


def periods_of(days: NDArray[np.datetime64], period: str) -> tuple[Codes, list[str]]:
    """Number each day by its month or quarter, from the first to the last; the names of all in between.

    Parameters
    ----------
    days : ndarray of datetime64
        Without NaT.
    period : str
        "month" or "quarter".
    """
    months = days.astype("datetime64[M]").astype(np.int64)
    steps = months // 3 if period == "quarter" else months
    if not len(steps):
        return np.zeros(0, np.intp), []
    first, last = int(steps.min()), int(steps.max())
    return (steps - first).astype(np.intp), [_name(step, period) for step in range(first, last + 1)]


def _quarters_of(days: NDArray[np.datetime64], months: int) -> Codes:
    """Each month's quarter, both numbered from the first that has a day."""
    first = int(days.min().astype("datetime64[M]").astype(np.int64)) if len(days) else 0
    return ((first + np.arange(months)) // 3 - first // 3).astype(np.intp)


def _name(step: int, period: str) -> str:
    if period == "quarter":
        return f"{1970 + step // 4}-Q{step % 4 + 1}"
    return f"{1970 + step // 12}-{step % 12 + 1:02d}"


def run_chart(values: Floats, patients: Codes, days: NDArray[np.datetime64], *, period: str, least_patients: int) -> RunChart:
    """Means by period; periods of too few patients, and those that would tell them, are hidden and take no part in the rules."""
    of, names = periods_of(days, period)
    clusters = Clusters.of(patients, of, len(names))
    means = clusters.means(values)
    if period == "month":  # the same audit by quarter shows what a quarter's months add up to
        hidden = hidden_parts(clusters, _quarters_of(days, len(names)), least_patients=least_patients)
    else:
        hidden = hidden_groups(clusters, least_patients=least_patients)
    points = tuple(
        RunPoint(name, None, None, math.nan) if hide else RunPoint(name, int(n), int(clusters), float(mean))
        for name, hide, n, clusters, mean in zip(names, hidden, means.pairs, means.patients, means.mean, strict=True)
        if n > 0
    )
    return RunChart(points, run_signals(np.array([p.value for p in points if not p.hidden], np.float64)))
