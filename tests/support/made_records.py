"""Records to test with: a database in a folder or on a server, and comparisons that are cheap to make."""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from photocompare.records.entries import NewComparison, VisitFacts
from photocompare.results.dossier import Dossier, read_dossier, write_dossier
from photocompare.results.result import Result
from photocompare.results.result_json import parse_result
from tests.support.made_result import under_contract_2

SAMPLE = Path(__file__).parents[2] / "sample_images" / "good_result" / "measured.zip"
BASELINE_DAY = dt.date(2026, 1, 12)
FOLLOW_UP_DAY = dt.date(2026, 4, 6)
_COUNT = itertools.count()


@functools.cache
def sample_dossier() -> Dossier:
    """The shipped measured pair, whatever the contract that it was measured under."""
    dossier = read_dossier(SAMPLE.read_bytes())
    return dataclasses.replace(dossier, result=under_contract_2(dossier.result))


@functools.cache
def small_dossier() -> bytes:
    """The shipped result with one tiny picture: some kilobytes."""
    return write_dossier(Dossier(sample_dossier().result, {"before_original": b"picture"}))


def new_comparison(key: str, **changes: Any) -> NewComparison:
    """A pair to save; each call has photos of its own.  A result may be given as its `result.json` has it."""
    k = next(_COUNT)
    given: dict[str, Any] = {
        "patient_key": key,
        "side": "left",
        "region": "outer thigh",
        "before": VisitFacts(BASELINE_DAY, session=1, agent="polidocanol", concentration_percent=0.5, form="liquid", operator="A"),
        "after": VisitFacts(FOLLOW_UP_DAY),
        "before_photos": (b"before %d" % k,),
        "after_photos": (b"after %d" % k,),
        "result": sample_dossier().result,
        "dossier": small_dossier(),
        **changes,
    }
    return NewComparison(**{**given, "result": as_result(given["result"])})


def with_length(result: Result, percent: float) -> Result:
    """The result with another headline number."""
    assert result.clearance is not None
    length = dataclasses.replace(result.clearance.length, value=percent, low=percent - 5, high=percent + 5)
    return dataclasses.replace(result, clearance=dataclasses.replace(result.clearance, length=length))


def as_result(given: Result | Mapping[str, Any]) -> Result:
    """A result, or what its `result.json` says."""
    return given if isinstance(given, Result) else parse_result(given)


def changed(facts: VisitFacts, **changes: Any) -> VisitFacts:
    """A visit with some facts changed."""
    return dataclasses.replace(facts, **changes)
