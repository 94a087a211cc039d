"""A result under other dates: the photos' dates decide the time window and the band's verdict, not one measured number."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import get_args

from photocompare.base.flags import REGISTRY, Severity, raised
from photocompare.results.comparison import Status, status_of
from photocompare.results.dossier import Dossier
from photocompare.results.reference_band import judge_against_band
from photocompare.results.result import Reason, Result
from photocompare.results.timing import TimingOptions, judge_timing

_STATUSES = get_args(Status)
"""Best first."""

_DATE_FLAGS = frozenset({"window_unknown", "dates_reversed"})


def redated(result: Result, before: dt.date | None, after: dt.date | None, *, options: TimingOptions) -> Result:
    """The result with its time window and its place beside the band judged anew; without numbers when the dates are in reverse.

    Parameters
    ----------
    result : Result
        Whose reference band and responder rule stay as they are.
    before, after : date, optional
        Days of the photos; None for unknown.
    options : TimingOptions
        Where the windows open.

    Reasons with a code that this version doesn't know stay, at the end, and the status is no better than it was told with them.
    """
    timing = judge_timing(before, after, options=options)
    kept = [reason for reason in result.reasons if reason.code not in _DATE_FLAGS]
    added = [raised(code) for code, fired in (("dates_reversed", timing.reversed), ("window_unknown", timing.days is None)) if fired]
    reasons = [*kept, *(Reason(flag.code, flag.message, flag.fix) for flag in added)]
    order, severities = list(REGISTRY), list(Severity)
    known = [reason for reason in reasons if reason.code in REGISTRY]
    known.sort(key=lambda reason: (severities.index(REGISTRY[reason.code].severity), order.index(reason.code)))
    unknown = [reason for reason in reasons if reason.code not in REGISTRY]
    length = None if timing.reversed else result.length
    dated = dataclasses.replace(
        result,
        status=max(status_of([raised(reason.code) for reason in known]), result.status if unknown else "comparable", key=_STATUSES.index),
        reasons=(*known, *unknown),
        timing=timing,
        benchmark=judge_against_band(length, timing, options=result.benchmark.band),
    )
    return dataclasses.replace(dated, clearance=None, fates={}, pigment=None) if timing.reversed else dated


def under_dates(dossier: Dossier, before: dt.date | None, after: dt.date | None) -> Dossier:
    """A dossier with its result `redated`, in the windows of the settings that it was measured with."""
    return dataclasses.replace(dossier, result=redated(dossier.result, before, after, options=dossier.timing))
