"""How good the photos are, quarter by quarter, and whether that is getting better."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from photocompare.base.estimate import Estimate
from photocompare.practice.cohort import Codes, Cohort, Floats, distinct
from photocompare.practice.run_chart import periods_of
from photocompare.practice.statistics import PERCENT, Clusters, clustered_slope, hidden_groups, rate_estimates

QUALITIES = ("good", "limited", "refused")
_DAYS_A_YEAR = 365.25


@dataclass(frozen=True)
class QualityPeriod:
    """A quarter's pairs; counts None where they are of too few patients.

    Parameters
    ----------
    period : str
        "2026-Q1".
    pairs : int or None
    shares : dict
        Quality to percent of the pairs; NaN where hidden.
    """

    period: str
    pairs: int | None
    shares: dict[str, float]


@dataclass(frozen=True)
class PhotoQuality:
    """Shares of pairs by the quality of their photos.

    Parameters
    ----------
    pairs : int
        With a judged quality.
    shares : dict
        Quality to Estimate, percent.
    periods : tuple of QualityPeriod
        By the day of the follow-up photo.
    good_change_a_year : Estimate
        Change of the share of good pairs, points a year: a straight line, patients as clusters.
    """

    pairs: int
    shares: dict[str, Estimate]
    periods: tuple[QualityPeriod, ...]
    good_change_a_year: Estimate


def photo_quality(cohort: Cohort, *, least_patients: int) -> PhotoQuality:
    """Shares by quality, overall and by quarter."""
    known = cohort.part(cohort.has("photo_quality", QUALITIES) & ~np.isnat(cohort.days("follow_up_on")))
    failed = Estimate.failed("%", "too few patients")
    if distinct(known.patients) < least_patients:
        return PhotoQuality(len(known), dict.fromkeys(QUALITIES, failed), (), failed)
    days, patients = known.days("follow_up_on"), known.patients
    found = {name: known.has("photo_quality", (name,)).astype(np.float64) for name in QUALITIES}
    clusters = Clusters.of(patients)
    years = days.astype(np.float64) / _DAYS_A_YEAR
    return PhotoQuality(
        len(known),
        {name: rate_estimates(clusters.means(flags))[0] for name, flags in found.items()},
        _by_quarter(patients, days, found, least_patients),
        _in_points(clustered_slope(PERCENT * found["good"], years, clusters)),
    )


def _by_quarter(patients: Codes, days: NDArray[np.datetime64], found: dict[str, Floats], least_patients: int) -> tuple[QualityPeriod, ...]:
    quarter, names = periods_of(days, "quarter")
    hidden = hidden_groups(Clusters.of(patients, quarter, len(names)), least_patients=least_patients)
    shares = np.array([np.bincount(quarter, flags, len(names)) for flags in found.values()])
    return tuple(
        QualityPeriod(name, None, dict.fromkeys(QUALITIES, math.nan))
        if hide
        else QualityPeriod(name, int(column.sum()), dict(zip(QUALITIES, (PERCENT * column / column.sum()).tolist(), strict=True)))
        for name, hide, column in zip(names, hidden, shares.T, strict=True)
        if column.any()
    )


def _in_points(slope: Estimate) -> Estimate:
    return Estimate(slope.value, slope.low, slope.high, "points a year", slope.method)
