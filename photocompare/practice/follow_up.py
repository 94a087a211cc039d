"""Who came back in time: completeness of follow-up, and what became of the rest."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from photocompare.base.estimate import Estimate
from photocompare.practice.cohort import Cohort, session_days
from photocompare.practice.statistics import clustered_means, rate_estimates
from photocompare.records.schema import NO_FOLLOW_UP
from photocompare.results.timing import TimingOptions

BEST_FIRST = ("assessment", "late", "interim", "too_early", "unknown", "none")
"""Windows by what they are worth; a region counts for the best that it has."""


@dataclass(frozen=True)
class Completeness:
    """Treated regions by the best follow-up of their first course.

    Parameters
    ----------
    as_of : datetime.date or None
        The day as seen from; None for an empty cohort.
    due, not_yet_due : int
        Regions whose assessment window, counted from the last session of their first course that a comparison knows, is over by then, and
        the others.
    by_window : dict
        One of `BEST_FIRST` to regions that are due.
    in_window : Estimate
        Percent of the due regions compared with a photo from within the assessment window; Wilson, patients as clusters.
    any_follow_up : Estimate
        Percent compared at all.
    """

    as_of: dt.date | None
    due: int
    not_yet_due: int
    by_window: dict[str, int]
    in_window: Estimate
    any_follow_up: Estimate


def completeness(cohort: Cohort, *, as_of: dt.date | None, timing: TimingOptions | None = None) -> Completeness:
    """How many regions that are due were followed up.

    A follow-up counts when its photo was compared with the one before the first course, whether or not it could be measured.

    Parameters
    ----------
    cohort : Cohort
        With the rows of regions that have no comparison.
    as_of : datetime.date or None
        None for the last day in the cohort.
    timing : TimingOptions, optional
    """
    timing = timing or TimingOptions()
    failed = Estimate.failed("%", "nobody due")
    day = _seen_from(cohort, as_of)
    if day is None:
        return Completeness(as_of, 0, 0, dict.fromkeys(BEST_FIRST, 0), failed, failed)
    regions, best, treated, patients = _by_region(cohort)
    due = regions & (treated <= (np.datetime64(day) - np.timedelta64(timing.late_from_days, "D")).astype(np.int64))
    counts = np.bincount(best[due], minlength=len(BEST_FIRST))
    by_window = {name: int(n) for name, n in zip(BEST_FIRST, counts, strict=True)}
    in_window, any_follow_up = failed, failed
    if due.any():
        who = patients[due]
        in_window = rate_estimates(clustered_means((best[due] == BEST_FIRST.index("assessment")).astype(np.float64), who))[0]
        any_follow_up = rate_estimates(clustered_means((best[due] != BEST_FIRST.index("none")).astype(np.float64), who))[0]
    n_due = int(np.count_nonzero(due))
    return Completeness(day, n_due, int(np.count_nonzero(regions)) - n_due, by_window, in_window, any_follow_up)


def _seen_from(cohort: Cohort, as_of: dt.date | None) -> dt.date | None:
    if not len(cohort):
        return None
    if as_of is not None:
        return as_of
    days = np.concatenate([cohort.days("baseline_on"), cohort.days("follow_up_on")])
    days = days[~np.isnat(days)]
    return None if not len(days) else days.max().astype("datetime64[D]").item()


def _by_region(cohort: Cohort) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """By region number: whether it is in the cohort, its best window, the last session of its first course as a day number, its patient."""
    of = cohort.regions
    n = int(of.max(initial=-1)) + 1
    window, words = cohort.words("window")
    none = cohort.has("status", (NO_FOLLOW_UP,))
    worth = np.array([BEST_FIRST.index(w) if w in BEST_FIRST else BEST_FIRST.index("unknown") for w in words], np.intp)[window]
    worth[none] = BEST_FIRST.index("none")
    never = np.iinfo(np.int64).max
    baseline, session = (np.where(np.isnat(day), never, day.astype(np.int64)) for day in (cohort.days("baseline_on"), session_days(cohort)))
    first = np.full(n, never)
    np.minimum.at(first, of, baseline)
    treated = first.copy()
    of_first = baseline == first[of]
    np.maximum.at(treated, of[of_first], session[of_first])
    best = np.full(n, len(BEST_FIRST) - 1, np.intp)
    np.minimum.at(best, of[of_first], worth[of_first])  # a later course's follow-up is none of the first one's
    inside, patients = np.zeros(n, np.bool_), np.zeros(n, np.intp)
    inside[of] = True
    patients[of] = cohort.patients
    return inside, best, treated, patients
