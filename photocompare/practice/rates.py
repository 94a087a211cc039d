"""How often treatment left brown stains or a blush of new vessels, judged 8 to 12 weeks after."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from photocompare.base.estimate import Estimate
from photocompare.practice.cohort import Cohort, days_since_session, distinct
from photocompare.practice.statistics import clustered_means, mean_estimates, rate_estimates

WEEK = 7


@dataclass(frozen=True)
class RateOptions:
    """When and from where on an after-effect counts.

    Parameters
    ----------
    from_days, to_days : int
        Days from the last session to the follow-up photo, both included: 8 to 12 weeks, when spider veins are judged.  Where no session
        is noted, from the before photo.
    pigmented_percent : float
        Stained share of the baseline length from which a leg counts as pigmented.  A trial found 3.5 % and 7.1 % of the treated length
        stained in its two arms (Bertanha 2017); 5 % lies between.
    matted_percent : float
        New vessels, in percent of the baseline length, from which a leg counts as matted.  On nine of ten rendered legs that nothing was
        done to, the change with new veins stays below 8.6 points (`docs/accuracy.md`); below 10 % it may be the measurement.
    """

    from_days: int = 8 * WEEK
    to_days: int = 12 * WEEK
    pigmented_percent: float = 5.0
    matted_percent: float = 10.0


@dataclass(frozen=True)
class AfterEffect:
    """One after-effect.

    Parameters
    ----------
    name : str
        "pigmentation" or "matting".
    legs, affected_legs : int or None
        Legs with a measured pair in time, and those of them that reach the threshold in any; None where they are too few patients.
    rate : Estimate
        Affected legs in percent, Wilson's interval, patients as clusters.
    mean_share : Estimate
        Percent of the baseline length, mean over pairs.
    threshold_percent : float
    """

    name: str
    legs: int | None
    affected_legs: int | None
    rate: Estimate
    mean_share: Estimate
    threshold_percent: float


def after_effects(measured: Cohort, *, least_patients: int, options: RateOptions | None = None) -> tuple[AfterEffect, ...]:
    """Pigmentation and matting among pairs with a number, 8 to 12 weeks after the last session."""
    options = options or RateOptions()
    days = days_since_session(measured)
    in_time = measured.part((days >= options.from_days) & (days <= options.to_days))
    return (
        _after_effect("pigmentation", in_time, "stained_share", options.pigmented_percent, least_patients),
        _after_effect("matting", in_time, "new_share", options.matted_percent, least_patients),
    )


def _after_effect(name: str, in_time: Cohort, column: str, threshold: float, least_patients: int) -> AfterEffect:
    known = in_time.part(np.isfinite(in_time.numbers(column)))
    if distinct(known.patients) < least_patients:
        failed = Estimate.failed("%", "too few patients")
        return AfterEffect(name, None, None, failed, failed, threshold)
    share, patients = known.numbers(column), known.patients
    side, sides = known.words("leg")
    legs, leg_of = np.unique(patients * np.intp(len(sides)) + side, return_inverse=True)
    affected = (np.bincount(leg_of, share >= threshold) > 0).astype(np.float64)
    rate = rate_estimates(clustered_means(affected, (legs // len(sides)).astype(np.intp)))[0]
    # New vessels may be longer than the baseline was; a stained share can't be.
    mean = mean_estimates(clustered_means(share, patients), bounds=(0.0, np.inf))[0]
    return AfterEffect(name, len(legs), int(affected.sum()), rate, mean, threshold)
