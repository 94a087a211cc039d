"""The audit's table: one narrow row for each comparison's latest revision and for each treated region that has none.

The rows are made from the other tables in the transaction that changes those, by `renew`; `verify` makes them anew and compares.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, joinedload

from photocompare.flags import REGISTRY, Severity
from photocompare.records.schema import CohortRow, Comparison, Leg, Region, Visit
from photocompare.report.redated import assessed_length, lengths
from photocompare.result import CALIBRES

if TYPE_CHECKING:
    import pandas as pd

    from photocompare.records.database import Database

NO_FOLLOW_UP = "no_follow_up"

_PHOTO_FLAGS = frozenset(code for code, flag in REGISTRY.items() if "{which}" in flag.message)
_TEXTS = (
    "leg",
    "region",
    "window",
    "operator",
    "site",
    "agent",
    "form",
    "ceap",
    "status",
    "reasons",
    "photo_quality",
    "ita_group",
    "calibre",
)
_DAYS = ("baseline_on", "follow_up_on")
_WHOLE = ("comparison_id", "days", "sessions", "compression_days", "vcss_before", "vcss_after")
COLUMNS = tuple(column.key for column in CohortRow.__table__.columns)


def renew(session: Session, region_id: int) -> None:
    """Make the rows of a region anew from what its other tables hold now."""
    session.flush()
    session.execute(delete(CohortRow).where(CohortRow.region_id == region_id))
    session.add_all(rows_of(session, region_id))
    session.flush()


def rows_of(session: Session, region_id: int) -> list[CohortRow]:
    """The rows that a region should have."""
    region = session.scalars(select(Region).where(Region.id == region_id).options(joinedload(Region.leg).joinedload(Leg.patient))).one()
    visits = list(session.scalars(select(Visit).where(Visit.region_id == region_id).order_by(Visit.day)))
    latest = latest_revisions(session, region_id)
    if latest:
        return [_of_comparison(region, visits, comparison) for comparison in latest]
    return [_without_comparison(region, visits)] if visits else []


def latest_revisions(session: Session, region_id: int) -> list[Comparison]:
    """Of every comparison of a region its latest revision, by the day of the after visit."""
    found = session.scalars(
        select(Comparison)
        .where(Comparison.region_id == region_id)
        .options(joinedload(Comparison.before_visit), joinedload(Comparison.after_visit))
        .order_by(Comparison.revision)
    )
    latest = {(c.before_visit_id, c.after_visit_id): c for c in found}
    return sorted(latest.values(), key=lambda c: (c.after_visit.day, c.before_visit.day))


def _of_comparison(region: Region, visits: Sequence[Visit], comparison: Comparison) -> CohortRow:
    before, after = comparison.before_visit, comparison.after_visit
    return CohortRow(
        **_place(region),
        comparison_id=comparison.id,
        baseline_on=before.day,
        follow_up_on=after.day,
        vcss_before=before.vcss,
        vcss_after=after.vcss,
        corrected=int(bool(comparison.correction)),
        **_treatment(visits, before, after),
        **_outcome(json.loads(comparison.result)),
    )


def _without_comparison(region: Region, visits: Sequence[Visit]) -> CohortRow:
    first = visits[0]
    empty = dict.fromkeys(COLUMNS)
    empty.update(dict.fromkeys(_TEXTS, ""))
    empty.update(
        window="unknown", status=NO_FOLLOW_UP, corrected=0, baseline_on=first.day, vcss_before=first.vcss, **_treatment(visits, first, None)
    )
    return CohortRow(**{**empty, **_place(region)})


def _place(region: Region) -> dict[str, Any]:
    return {"region_id": region.id, "patient_id": region.leg.patient_id, "leg": region.leg.side, "region": region.name}


def _treatment(visits: Sequence[Visit], before: Visit, after: Visit | None) -> dict[str, Any]:
    """What was done between the photos: the last treatment's facts, and how many there were.

    Photos of a visit are taken before its treatment: the before visit's counts, the after visit's does not.
    """
    treated = [v for v in visits if v.agent and v.day >= before.day and (after is None or v.day < after.day)]
    last = treated[-1] if treated else before
    said = None if after is None else after.session
    return {
        "operator": last.operator,
        "site": last.site or before.site,
        "agent": last.agent,
        "concentration_percent": last.concentration_percent,
        "form": last.form,
        "compression_days": last.compression_days,
        "ceap": before.ceap,
        "sessions": len(treated) or said,
    }


def _outcome(result: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers of a result, None where there are none."""
    clearance, skin = result["clearance"], result["skin"] or {}
    codes = list(dict.fromkeys(reason["code"] for reason in result["reasons"]))
    facts = {
        "days": result["timing"]["days"],
        "window": result["timing"]["window"],
        "status": result["status"],
        "reasons": " ".join(codes),
        "photo_quality": _photo_quality(codes),
        "ita": skin.get("ita_before"),
        "ita_group": skin.get("group") or "",
    }
    if clearance is None:
        none = ("baseline_mm", "length", "length_low", "length_high", "new_share", "stained_share")
        return {**facts, "calibre": "", **dict.fromkeys(none), **_calibre_numbers({})}
    parts = {name: part for name, part in clearance["by_calibre"].items() if part is not None}
    found, unit = lengths(result)
    baseline = assessed_length(result)
    return {
        **facts,
        "baseline_mm": baseline if unit == "mm" else None,
        "length": clearance["length"]["percent"],
        "length_low": clearance["length"]["low"],
        "length_high": clearance["length"]["high"],
        "calibre": max(parts, key=lambda name: parts[name]["before_mm"] or 0.0, default=""),
        **_calibre_numbers(parts),
        "new_share": 100.0 * found.get("new", 0.0) / baseline if baseline > 0 else None,
        "stained_share": result["pigment"]["stained_percent_of_baseline_length"],
    }


def _calibre_numbers(parts: Mapping[str, Any]) -> dict[str, float | None]:
    numbers: dict[str, float | None] = {}
    for name in CALIBRES:
        part = parts.get(name)
        whole = part is not None and part["percent"] is not None
        numbers[name] = part["percent"] if part is not None and whole else None
        numbers[f"{name}_half_width"] = (part["high"] - part["low"]) / 2 if part is not None and whole else None
    return numbers


def _photo_quality(codes: Iterable[str]) -> str:
    """The worst that was found of the two photos: "good", "limited" (the number suffers), or "refused"."""
    severities = {REGISTRY[code].severity for code in codes if code in _PHOTO_FLAGS}
    if Severity.REFUSE in severities:
        return "refused"
    return "limited" if Severity.DEGRADE in severities else "good"


def read_table(database: Database, *, since: dt.date | None = None, until: dt.date | None = None) -> pd.DataFrame:
    """The rows whose before visit lies from `since` to `until`, both included.

    Returns
    -------
    DataFrame
        The columns of `CohortRow`: texts as categories, days as datetime64, numbers as float64 with NaN where there is none
        (`id`, `region_id`, `patient_id`, `corrected`: whole numbers).
    """
    import pandas as pd  # half a second, which saving and looking up need not wait for

    query = select(*CohortRow.__table__.columns)
    if since is not None:
        query = query.where(CohortRow.baseline_on >= since)
    if until is not None:
        query = query.where(CohortRow.baseline_on <= until)
    frame = _frame(database, query)
    for name in _TEXTS:
        frame[name] = frame[name].astype("category")
    for name in _DAYS:
        frame[name] = pd.to_datetime(frame[name], format="%Y-%m-%d")
    for name in ("id", "region_id", "patient_id", "corrected"):
        frame[name] = frame[name].astype("int64")
    for name in frame.columns.difference([*_TEXTS, *_DAYS, "id", "region_id", "patient_id", "corrected"]):
        frame[name] = frame[name].astype("float64")
    return frame


def _frame(database: Database, query: Any) -> pd.DataFrame:
    import pandas as pd

    with database.reading() as session:
        rows = session.connection().exec_driver_sql(_literal(session, query)).cursor
        assert rows is not None
        return pd.DataFrame.from_records(rows.fetchall(), columns=list(COLUMNS))


def _literal(session: Session, query: Any) -> str:
    """The query as text: its only values are days, and the driver's rows come without a conversion of each cell."""
    return str(query.compile(session.get_bind(), compile_kwargs={"literal_binds": True}))


def regions_with(session: Session, patient_id: int) -> list[int]:
    """A patient's regions."""
    return list(session.scalars(select(Region.id).join(Leg).where(Leg.patient_id == patient_id)))


def stale_rows(session: Session) -> list[int]:
    """Regions whose rows differ from what they should be."""
    stale = []
    names = [name for name in COLUMNS if name != "id"]
    for region_id in session.scalars(select(Region.id).order_by(Region.id)):
        held = session.scalars(select(CohortRow).where(CohortRow.region_id == region_id)).all()
        due = rows_of(session, region_id)

        def spelled(rows: Iterable[CohortRow]) -> set[str]:
            return {json.dumps([getattr(row, name) for name in names], default=str) for row in rows}

        if spelled(held) != spelled(due):
            stale.append(region_id)
        session.expunge_all()
    return stale
