"""The audit's rows, made from the other tables in the transaction that changes those: one for each comparison's latest revision, and one
for each treated region that has none, so that every patient is counted.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, joinedload

from photocompare.base.flags import REGISTRY, Severity
from photocompare.records.cohort_bytes import COLUMNS, TEXTS, pack_all
from photocompare.records.schema import NO_FOLLOW_UP, CohortRow, ComparisonRow, LegRow, RegionRow, VisitRow
from photocompare.results.result import CalibreFigures, Result, method_of
from photocompare.results.result_json import parse_result
from photocompare.results.timing import judge_timing
from photocompare.veins.classes import CALIBRES

METHOD_LETTERS = 12
"""Of the settings' hash: 48 bits tell the few methods of a practice apart."""

_PHOTO_FLAGS = frozenset(code for code, flag in REGISTRY.items() if "{which}" in flag.message)

_CHUNK = 500
"""Regions that are checked at once; their results take a few megabytes."""


def kept_method(method: str) -> str:
    """A method (`Result.method`) as rows name it: the beginning of the settings' hash, with the contract from 2 on."""
    settings, mark, contract = method.partition("/")
    return f"{settings[:METHOD_LETTERS]}{mark}{contract}"


def renew(session: Session, region_id: int) -> None:
    """Make the rows of a region anew from what its other tables hold now."""
    session.flush()
    session.execute(delete(CohortRow).where(CohortRow.region_id == region_id))
    rows = _due(session, [region_id])[region_id]
    pack_all(session, rows, numbering=True)
    session.add_all(rows)
    session.flush()


def stale_rows(session: Session) -> list[int]:
    """Regions whose rows differ from what they should be."""
    stale: list[int] = []
    regions = list(session.scalars(select(RegionRow.id).order_by(RegionRow.id)))
    for start in range(0, len(regions), _CHUNK):
        chunk = regions[start : start + _CHUNK]
        held = _by_region(session.scalars(select(CohortRow).where(CohortRow.region_id.in_(chunk))))
        due = _due(session, chunk)
        pack_all(session, [row for rows in due.values() for row in rows], numbering=False)
        stale += [region for region in chunk if _spelled(held.get(region, [])) != _spelled(due[region])]
        session.expunge_all()
    return stale


def _spelled(rows: Iterable[CohortRow]) -> set[str]:
    names = [*(name for name in COLUMNS if name != "id"), "packed"]
    return {json.dumps([getattr(row, name) for name in names], default=str) for row in rows}


def _by_region(rows: Iterable[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.region_id, []).append(row)
    return found


def _due(session: Session, region_ids: Sequence[int]) -> dict[int, list[CohortRow]]:
    """The rows that regions should have."""
    regions = session.scalars(select(RegionRow).where(RegionRow.id.in_(region_ids)).options(joinedload(RegionRow.leg)))
    visits = _by_region(session.scalars(select(VisitRow).where(VisitRow.region_id.in_(region_ids)).order_by(VisitRow.day)))
    compared = select(ComparisonRow).where(ComparisonRow.region_id.in_(region_ids)).order_by(ComparisonRow.revision)
    comparisons = _by_region(session.scalars(compared))
    return {region.id: _rows(region, visits.get(region.id, []), comparisons.get(region.id, [])) for region in regions}


def _rows(region: RegionRow, visits: Sequence[VisitRow], comparisons: Sequence[ComparisonRow]) -> list[CohortRow]:
    latest = {(c.before_visit_id, c.after_visit_id): c for c in comparisons}
    if latest:
        return [_of_comparison(region, visits, comparison) for comparison in latest.values()]
    return [_without_comparison(region, visits)] if visits else []


def _of_comparison(region: RegionRow, visits: Sequence[VisitRow], comparison: ComparisonRow) -> CohortRow:
    result = parse_result(json.loads(comparison.result))
    by_number = {visit.id: visit for visit in visits}
    before, after = by_number[comparison.before_visit_id], by_number[comparison.after_visit_id]
    return CohortRow(
        **_place(region),
        comparison_id=comparison.id,
        baseline_on=before.day,
        follow_up_on=after.day,
        vcss_before=before.vcss,
        vcss_after=after.vcss,
        method=kept_method(method_of(comparison.settings_sha256, result.contract)),
        corrected=int(bool(comparison.correction)),
        **_treatment(visits, before, after),
        **_outcome(result),
    )


def _without_comparison(region: RegionRow, visits: Sequence[VisitRow]) -> CohortRow:
    first = visits[0]
    empty = dict.fromkeys(COLUMNS)
    empty.update(dict.fromkeys(TEXTS, ""))
    empty.update(
        status=NO_FOLLOW_UP,
        corrected=0,
        baseline_on=first.day,
        vcss_before=first.vcss,
        **_treatment(visits, first, None),
    )
    return CohortRow(**{**empty, **_place(region)})


def _place(region: RegionRow) -> dict[str, Any]:
    return {"region_id": region.id, "patient_id": region.leg.patient_id, "leg": region.leg.side, "region": region.name}


def _treatment(visits: Sequence[VisitRow], before: VisitRow, after: VisitRow | None) -> dict[str, Any]:
    """What was done between the photos: the last session's facts, how many there were, and the window in which it is judged.

    Photos of a visit are taken before its treatment: the before visit's counts, the after visit's does not.  Veins are judged by the time
    since the **last** session; a result knows its photos' days only, a record knows the sessions too.
    """
    treated = [v for v in visits if v.agent and v.day >= before.day and (after is None or v.day < after.day)]
    last = treated[-1] if treated else before
    return {
        "treated_on": last.day if treated else None,
        "days": None if after is None else (after.day - before.day).days,
        "window": judge_timing(last.day, None if after is None else after.day).window,
        "operator": last.operator,
        "site": last.site or before.site,
        "agent": last.agent,
        "concentration_percent": last.concentration_percent,
        "form": last.form,
        "compression_days": last.compression_days,
        "ceap": before.ceap,
        "sessions": len(treated) or (None if after is None else after.session),
    }


def _outcome(result: Result) -> dict[str, Any]:
    """The numbers of a result, None where there are none."""
    length, skin = result.length, result.skin
    codes = list(dict.fromkeys(reason.code for reason in result.reasons))
    facts = {
        "status": result.status,
        "reasons": " ".join(codes),
        "photo_quality": _photo_quality(codes),
        "ita": None if skin is None else skin.ita_before,
        "ita_group": "" if skin is None else skin.group or "",
    }
    if length is None or result.clearance is None:
        none = ("baseline_mm", "length", "length_low", "length_high", "new_share", "stained_share")
        return {**facts, "calibre": "", **dict.fromkeys(none), **_calibre_numbers({})}
    parts = {name: part for name, part in result.clearance.by_calibre.items() if part is not None}
    return {
        **facts,
        "baseline_mm": result.assessed_length if result.unit == "mm" else None,
        "length": length.value,
        "length_low": length.low,
        "length_high": length.high,
        "calibre": max(parts, key=lambda name: parts[name].before_mm or 0.0, default=""),
        **_calibre_numbers(parts),
        "new_share": result.share("new"),
        "stained_share": None if result.pigment is None else result.pigment.stained_percent,
    }


def _calibre_numbers(parts: Mapping[str, CalibreFigures]) -> dict[str, float | None]:
    numbers: dict[str, float | None] = {}
    for name in CALIBRES:
        part = parts.get(name)
        whole = None if part is None or not part.clearance.ok else part.clearance
        numbers[name] = None if whole is None else whole.value
        numbers[f"{name}_half_width"] = None if whole is None else whole.width / 2
    return numbers


def _photo_quality(codes: Iterable[str]) -> str:
    """The worst that was found of the two photos: "good", "limited" (the number suffers), or "refused"."""
    severities = {REGISTRY[code].severity for code in codes if code in _PHOTO_FLAGS}
    if Severity.REFUSE in severities:
        return "refused"
    return "limited" if Severity.DEGRADE in severities else "good"


def regions_with(session: Session, patient_id: int) -> list[int]:
    """A patient's regions."""
    return list(session.scalars(select(RegionRow.id).join(LegRow).where(LegRow.patient_id == patient_id)))
