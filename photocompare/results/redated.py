"""A result under other dates: the photos' dates decide the time window and the benchmark's verdict, not one measured number."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from collections.abc import Mapping
from typing import Any

from photocompare.base.estimate import Estimate
from photocompare.base.flags import REGISTRY, Severity, raised
from photocompare.results.comparison import ASSESSED_FATES, status_of
from photocompare.results.dossier import Dossier
from photocompare.results.reference_band import hold_against_benchmark
from photocompare.results.result_json import benchmark_as_dict
from photocompare.results.timing import judge_timing

_DATE_FLAGS = frozenset({"window_unknown", "dates_reversed"})


def length_estimate(result: Mapping[str, Any]) -> Estimate | None:
    """The headline of a result, None where there is none."""
    if result["clearance"] is None:
        return None
    length = result["clearance"]["length"]
    return Estimate(length["percent"], length["low"], length["high"], "%")


def redated(result: Mapping[str, Any], before: dt.date | None, after: dt.date | None) -> dict[str, Any]:
    """The result with its time window and benchmark judged anew; without numbers when the dates are in reverse.

    Parameters
    ----------
    result : mapping
        As in `result.json`.
    before, after : date, optional
        Days of the photos; None for unknown.
    """
    timing = judge_timing(before, after)
    kept = [reason for reason in result["reasons"] if reason["code"] not in _DATE_FLAGS]
    added = [raised(code) for code, fired in (("dates_reversed", timing.reversed), ("window_unknown", timing.days is None)) if fired]
    reasons = [*kept, *({"code": r.code, "message": r.message, "fix": r.fix} for r in added)]
    order = list(REGISTRY)
    severities = list(Severity)
    reasons.sort(key=lambda r: (severities.index(REGISTRY[r["code"]].severity), order.index(r["code"])))
    refused = timing.reversed
    length = None if refused else length_estimate(result)
    status = status_of([*added, *(raised(reason["code"]) for reason in kept)])
    fates = next(key for key in ("fate_mm", "fate_px") if key in result)
    taken_away = {"clearance": None, fates: None, "pigment": None} if refused else {}
    return {
        **result,
        "status": status,
        "reasons": reasons,
        **taken_away,
        "timing": {"days": timing.days, "window": timing.window},
        "benchmark": benchmark_as_dict(hold_against_benchmark(length, timing)),
    }


def under_dates(dossier: Dossier, before: dt.date | None, after: dt.date | None) -> Dossier:
    """A dossier with its result `redated`."""
    return dataclasses.replace(dossier, result=redated(dossier.result, before, after))


def assessed_length(result: Mapping[str, Any]) -> float:
    """Length that the percentages are of, in the unit of `lengths`; 0 for a refused pair."""
    found, _ = lengths(result)
    return math.fsum(found.get(fate, 0.0) for fate in ASSESSED_FATES)


def lengths(result: Mapping[str, Any]) -> tuple[dict[str, float], str]:
    """Fate to length, and the unit ("mm" or "px"); empty for a refused pair."""
    unit = "mm" if "fate_mm" in result else "px"
    found = result[f"fate_{unit}"] or {}
    return {fate: float(value) for fate, value in found.items() if value is not None and math.isfinite(value)}, unit
