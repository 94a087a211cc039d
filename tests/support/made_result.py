"""Results to test with: one with other numbers, at another time."""

from __future__ import annotations

import dataclasses

from photocompare.base.estimate import Estimate
from photocompare.results.dossier import Dossier
from photocompare.results.result import CONTRACTS, SCHEMA, Result
from photocompare.results.timing import Timing, Window


def with_length(result: Result, length: Estimate) -> Result:
    """A measured result with another headline."""
    assert result.clearance is not None
    return dataclasses.replace(result, clearance=dataclasses.replace(result.clearance, length=length))


def at_time(result: Result, days: int | None, window: Window) -> Result:
    """The result in another window; held against the band only where that may be."""
    verdict = result.benchmark if window in ("assessment", "late") else dataclasses.replace(result.benchmark, verdict="not_assessed")
    return dataclasses.replace(result, timing=Timing(days, window), benchmark=verdict)


def with_result(dossier: Dossier, result: Result) -> Dossier:
    """The dossier with another result."""
    return dataclasses.replace(dossier, result=result)


def under_contract_2(result: Result) -> Result:
    """The result as one of contract 2, with nothing darkened where it knows of none."""
    fates = {"darkened": 0.0, **result.fates} if result.measured else {}
    return dataclasses.replace(result, schema=SCHEMA, fates=fates)


def under_contract_1(result: Result) -> Result:
    """The result as one that was stored before there was a second contract."""
    earlier = next(schema for schema, contract in CONTRACTS.items() if contract == 1)
    return dataclasses.replace(result, schema=earlier, fates={fate: length for fate, length in result.fates.items() if fate != "darkened"})
