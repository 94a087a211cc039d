"""All figures of an audit at once: the pages, the command line and the PDF show these and work out none of their own."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from photocompare.base.estimate import Estimate
from photocompare.base.flags import FIELD_DRAWN
from photocompare.practice.breakdown import DIMENSIONS, Breakdown, breakdown, grouped
from photocompare.practice.cohort import Cohort, CohortFilter, Flags, Floats, distinct, in_windows, measured, of_one_method, select
from photocompare.practice.flow import Flow, flow
from photocompare.practice.follow_up import Completeness, completeness
from photocompare.practice.funnel import Funnel, FunnelOptions, funnel
from photocompare.practice.photo_quality import PhotoQuality, photo_quality
from photocompare.practice.rates import AfterEffect, RateOptions, after_effects
from photocompare.practice.run_chart import RunChart, run_chart
from photocompare.practice.statistics import PERCENT, Clusters, clustered_means, mean_estimates, rate_estimates
from photocompare.practice.true_clearance import DeconvolutionOptions, TrueClearance, error_sds, true_clearance
from photocompare.results.reference_band import REPORTED_DIGITS, ReferenceBandOptions
from photocompare.results.timing import TimingOptions

FUNNEL_DIMENSIONS = ("operator", "site")
VESSELS = ("telangiectasia", "reticular")
_BIN_PERCENT = 5.0
"""Width of the bins of the distribution, points: a fourteenth of the range and a quarter of the band."""

_LOWEST_BIN = -100.0
"""Percent: what is darker than that is counted in the lowest bin."""

_QUARTILES = (25.0, 50.0, 75.0)


@dataclass(frozen=True)
class AuditOptions:
    """What counts, from when on, and what is shown.

    Parameters
    ----------
    windows : tuple of str
        Windows of `photocompare.results.timing` whose pairs are outcomes; those that `photocompare.results.reference_band` judges.
    least_patients : int
        Groups of fewer patients are not broken down: the usual least cell of published health statistics.
    band : ReferenceBandOptions
    timing : TimingOptions
    rates : RateOptions
    funnel : FunnelOptions
    deconvolution : DeconvolutionOptions
    run_period : str
        "month" or "quarter"; small practices see more in quarters.
    as_of : datetime.date or None
        The day on which the audit is made: which follow-ups are due.  None for the last day in the cohort.
    """

    windows: tuple[str, ...] = ("assessment", "late")
    least_patients: int = 5
    band: ReferenceBandOptions = field(default_factory=ReferenceBandOptions)
    timing: TimingOptions = field(default_factory=TimingOptions)
    rates: RateOptions = field(default_factory=RateOptions)
    funnel: FunnelOptions = field(default_factory=FunnelOptions)
    deconvolution: DeconvolutionOptions = field(default_factory=DeconvolutionOptions)
    run_period: str = "month"
    as_of: dt.date | None = None

    def __post_init__(self) -> None:
        if self.run_period not in ("month", "quarter"):
            raise ValueError("a run chart goes by month or by quarter")
        if self.least_patients < 1:
            raise ValueError("a group of no patient is no group")


@dataclass(frozen=True)
class Distribution:
    """The measured clearances of the outcomes.

    Parameters
    ----------
    bins : tuple of (low, high, pairs)
        Percent; the last bin holds its upper end.
    quartiles : tuple of float
        Percent.
    below, within, above : Estimate
        Percent of pairs below, within and above the band, patients as clusters.
    """

    bins: tuple[tuple[float, float, int], ...]
    quartiles: tuple[float, ...]
    below: Estimate
    within: Estimate
    above: Estimate


@dataclass(frozen=True)
class Outcomes:
    """What is said of the pairs that count as outcomes.

    Parameters
    ----------
    pairs, patients, responding : int
    clearance, responders : Estimate
        Mean clearance of length; share of pairs at or above the responder rule; percent.
    vessels : dict
        "telangiectasia", "reticular" to the mean clearance of that calibre's length, percent.
    distribution : Distribution
    truth : TrueClearance
        With the measurement error taken out.
    breakdowns : tuple of Breakdown
    funnels : dict
        "operator", "site" to the funnel of responders, where there are two units.
    run_chart : RunChart
        Mean clearance by the month of the baseline: of the treatment, not of the look at it.
    """

    pairs: int
    patients: int
    responding: int
    clearance: Estimate
    responders: Estimate
    vessels: dict[str, Estimate]
    distribution: Distribution
    truth: TrueClearance
    breakdowns: tuple[Breakdown, ...]
    funnels: dict[str, Funnel]
    run_chart: RunChart


@dataclass(frozen=True)
class AuditFigures:
    """Everything that an audit shows.

    Parameters
    ----------
    wanted : CohortFilter
    options : AuditOptions
    first_day, last_day : datetime.date or None
        Of the baselines; None for an empty cohort.
    method : str
        How the pooled comparisons were measured, as the latest one was: the beginning of the settings' hash, with the contract from 2 on.
    other_methods : int
        Comparisons with a number that were measured otherwise: counted in the flow up to "measured", and in nothing that follows.
    drawn_fields : int
        Of the pooled comparisons, those that were measured within a field drawn by hand.
    flow : Flow
    completeness : Completeness
    outcomes : Outcomes or None
        None where fewer than `least_patients` patients have an outcome.
    after_effects : tuple of AfterEffect
        Pigmentation and matting at 8 to 12 weeks.
    quality : PhotoQuality
    """

    wanted: CohortFilter
    options: AuditOptions
    first_day: dt.date | None
    last_day: dt.date | None
    method: str
    other_methods: int
    drawn_fields: int
    flow: Flow
    completeness: Completeness
    outcomes: Outcomes | None
    after_effects: tuple[AfterEffect, ...]
    quality: PhotoQuality


def audit_figures(frame: pd.DataFrame, wanted: CohortFilter | None = None, options: AuditOptions | None = None) -> AuditFigures:
    """Work out all figures.

    Parameters
    ----------
    frame : DataFrame
        The columns of `photocompare.records.schema.CohortRow`; text as categories, days as datetime64.  It is not changed.
    wanted : CohortFilter, optional
    options : AuditOptions, optional

    Raises
    ------
    UsageError
        The frame lacks a column.
    """
    wanted, options = wanted or CohortFilter(), options or AuditOptions()
    cohort = select(frame, wanted)
    numbered = measured(cohort)
    pooled, method = of_one_method(numbered)
    ended = in_windows(pooled, options.windows)
    first, last = _span(cohort)
    least = options.least_patients
    return AuditFigures(
        wanted,
        options,
        first,
        last,
        method,
        len(numbered) - len(pooled),
        int(np.count_nonzero(_with_reason(pooled, FIELD_DRAWN))),
        flow(cohort, ended, least_patients=least),
        completeness(cohort, as_of=options.as_of, timing=options.timing),
        outcomes_of(ended, options) if distinct(ended.patients) >= least else None,
        after_effects(pooled, least_patients=least, options=options.rates),
        photo_quality(cohort, least_patients=least),
    )


def outcomes_of(ended: Cohort, options: AuditOptions) -> Outcomes:
    """The figures of the pairs that count as outcomes."""
    clearance, patients = ended.numbers("length"), ended.patients
    # People read one decimal, and the rule is applied to what they read (`photocompare.results.reference_band`).
    shown = np.round(clearance, REPORTED_DIGITS)
    responded = (shown >= options.band.responder_percent).astype(np.float64)
    errors = error_sds(clearance, ended.numbers("length_low"), ended.numbers("length_high"))
    clusters = Clusters.of(patients)
    dimensions = {name: grouped(ended, name, least_patients=options.least_patients) for name in DIMENSIONS}
    tables = [breakdown(g, clearance, responded) for g in dimensions.values()]
    funnels = {name: funnel(dimensions[name], responded, options=options.funnel) for name in FUNNEL_DIMENSIONS}
    return Outcomes(
        len(ended),
        len(clusters.counts),
        int(responded.sum()),
        mean_estimates(clusters.means(clearance))[0],
        rate_estimates(clusters.means(responded))[0],
        {vessel: _mean_of_known(ended, vessel, options.least_patients) for vessel in VESSELS},
        _distribution(clearance, shown, clusters, options.band),
        true_clearance(clearance, errors, patients, band=options.band, options=options.deconvolution),
        tuple(table for table in tables if table is not None),
        {name: drawn for name, drawn in funnels.items() if drawn is not None},
        _run_chart(ended, clearance, options),
    )


def _with_reason(cohort: Cohort, code: str) -> Flags:
    """Rows that give this reason."""
    found, words = cohort.words("reasons")
    return np.array([code in text.split() for text in words], np.bool_)[found]


def _span(cohort: Cohort) -> tuple[dt.date | None, dt.date | None]:
    days = cohort.days("baseline_on")
    days = days[~np.isnat(days)]
    return (days.min().item(), days.max().item()) if len(days) else (None, None)


def _mean_of_known(ended: Cohort, column: str, least_patients: int) -> Estimate:
    known = ended.part(np.isfinite(ended.numbers(column)))
    if distinct(known.patients) < least_patients:
        return Estimate.failed("%", "too few patients")
    return mean_estimates(clustered_means(known.numbers(column), known.patients))[0]


def _distribution(clearance: Floats, shown: Floats, clusters: Clusters, band: ReferenceBandOptions) -> Distribution:
    lowest = max(_LOWEST_BIN, min(0.0, _BIN_PERCENT * math.floor(float(clearance.min(initial=0.0)) / _BIN_PERCENT)))
    edges = np.arange(lowest, PERCENT + _BIN_PERCENT / 2.0, _BIN_PERCENT)
    place = np.clip(((np.clip(clearance, lowest, PERCENT) - lowest) / _BIN_PERCENT).astype(np.intp), 0, len(edges) - 2)
    counts = np.bincount(place, minlength=len(edges) - 1)
    below, above = shown < band.low_percent, shown > band.high_percent
    shares = [rate_estimates(clusters.means(flags.astype(np.float64)))[0] for flags in (below, ~below & ~above, above)]
    bins = tuple((float(a), float(b), int(n)) for a, b, n in zip(edges[:-1], edges[1:], counts, strict=True))
    return Distribution(bins, tuple(np.percentile(clearance, _QUARTILES).tolist()), *shares)


def _run_chart(ended: Cohort, clearance: Floats, options: AuditOptions) -> RunChart:
    days = ended.days("baseline_on")
    dated = ~np.isnat(days)
    return run_chart(clearance[dated], ended.patients[dated], days[dated], period=options.run_period, least_patients=options.least_patients)
