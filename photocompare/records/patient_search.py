"""Looks for patients, the last seen first, without adding up every visit that the records hold."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, and_, func, or_, select, true
from sqlalchemy.orm import Session

from photocompare.records.checked_access import escaped
from photocompare.records.entries import folded
from photocompare.records.schema import IdentityRow, LegRow, PatientRow, RegionRow, VisitRow

_FEW: Final = 500
"""Patients that match whose visits are all looked at; of more, only those seen last are."""

_WINDOW: Final = 200
"""Latest visits that are looked at first: mostly of more than fifty patients, as few come twice within some days."""


@dataclass(frozen=True)
class PatientLine:
    """A patient in a list: key, name and chart number (empty without identity), how many visits, day of the last."""

    key: str
    name: str
    chart_number: str
    visits: int
    last_day: dt.date | None


def found_patients(session: Session, words: str, *, most: int, few: int = _FEW, window: int = _WINDOW) -> list[PatientLine]:
    """Patients whose key, name or chart number holds the words, the last seen first.

    Parameters
    ----------
    words : str
        Empty for everybody.
    most : int
        How many at most.
    few, window : int
        How many matches, and how many of the latest visits, are looked at in one go; they change no answer.
    """
    wanted = and_(PatientRow.erased_at.is_(None), _holding(words.strip()))
    ids = list(session.scalars(select(PatientRow.id).outerjoin(IdentityRow).where(wanted).limit(few + 1)))
    if len(ids) > few:
        ids = _seen_last(session, wanted, most, window)
    return _lines(session, ids, most)


def _holding(sought: str) -> ColumnElement[bool]:
    if not sought:
        return true()
    by_key = PatientRow.key.like(f"%{escaped(sought.upper())}%", escape="\\")
    return or_(by_key, IdentityRow.sought_as.like(f"%{escaped(folded(sought))}%", escape="\\"))


def _seen_last(session: Session, wanted: ColumnElement[bool], most: int, window: int) -> list[int]:
    """The wanted patients who were seen last, from the latest visit backwards; those never seen come last."""
    latest = (
        select(LegRow.patient_id, VisitRow.day)
        .select_from(VisitRow)
        .join(RegionRow, VisitRow.region_id == RegionRow.id)
        .join(LegRow, RegionRow.leg_id == LegRow.id)
        .join(PatientRow, LegRow.patient_id == PatientRow.id)
        .outerjoin(IdentityRow, IdentityRow.patient_id == PatientRow.id)
        .where(wanted)
        .order_by(VisitRow.day.desc())
    )
    while True:
        rows = session.execute(latest.limit(window)).all()
        last: dict[int, dt.date] = {}
        for patient, day in rows:
            last.setdefault(patient, day)
        if len(rows) < window:
            break
        # Where the window ends, it may end in the middle of a day.
        last = {patient: day for patient, day in last.items() if day > rows[-1].day}
        if len(last) >= most:
            break
        window *= 4
    seen = sorted(last, key=lambda patient: (last[patient], patient), reverse=True)[:most]
    return seen + _never_seen(session, wanted, most - len(seen)) if len(seen) < most else seen


def _never_seen(session: Session, wanted: ColumnElement[bool], most: int) -> list[int]:
    visits = (
        select(VisitRow.id)
        .join(RegionRow, VisitRow.region_id == RegionRow.id)
        .join(LegRow, RegionRow.leg_id == LegRow.id)
        .where(LegRow.patient_id == PatientRow.id)
    )
    query = select(PatientRow.id).outerjoin(IdentityRow).where(wanted, ~visits.exists()).order_by(PatientRow.id.desc()).limit(most)
    return list(session.scalars(query))


def _lines(session: Session, ids: list[int], most: int) -> list[PatientLine]:
    last, count = func.max(VisitRow.day), func.count(VisitRow.id)
    query = (
        select(PatientRow.key, IdentityRow.name, IdentityRow.chart_number, count, last)
        .outerjoin(IdentityRow)
        .outerjoin(LegRow, LegRow.patient_id == PatientRow.id)
        .outerjoin(RegionRow)
        .outerjoin(VisitRow)
        .where(PatientRow.id.in_(ids))
        .group_by(PatientRow.id, PatientRow.key, IdentityRow.name, IdentityRow.chart_number)
        .order_by(last.desc().nulls_last(), PatientRow.id.desc())
        .limit(most)
    )
    return [PatientLine(key, name or "", chart or "", n, day) for key, name, chart, n, day in session.execute(query)]
