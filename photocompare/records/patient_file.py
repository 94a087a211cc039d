"""Everything about one patient as the patient's page shows it, read in a handful of queries."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from photocompare.records.entries import IdentityFacts, VisitFacts
from photocompare.records.schema import CONSENT_USES, ComparisonRow, ConsentRow, LegRow, PatientRow, PhotoRow, RegionRow, VisitRow
from photocompare.results.result import Result
from photocompare.results.result_json import parse_result


@dataclass(frozen=True)
class StoredPhoto:
    """A photo of a visit: its number, digest and allow-listed facts."""

    id: int
    sha256: str
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class StoredVisit:
    """A visit with its number, its version (for changing it) and its photos."""

    id: int
    version: int
    facts: VisitFacts
    photos: tuple[StoredPhoto, ...]


@dataclass(frozen=True)
class StoredComparison:
    """One revision of a comparison: its result is that of `result.json` under the visits' days."""

    id: int
    revision: int
    reason: str
    before_visit: int
    after_visit: int
    status: str
    corrected: bool
    saved_at: str
    saved_by: str
    result: Result


@dataclass(frozen=True)
class StoredRegion:
    """A region with its visits by day, and its comparisons: the latest revision of each, and all that came before."""

    id: int
    side: str
    name: str
    visits: tuple[StoredVisit, ...]
    comparisons: tuple[StoredComparison, ...]
    earlier: tuple[StoredComparison, ...]

    def visit(self, visit_id: int) -> StoredVisit:
        """A visit by its number.  KeyError for another region's."""
        return {v.id: v for v in self.visits}[visit_id]


@dataclass(frozen=True)
class PatientFile:
    """A patient.

    Parameters
    ----------
    key : str
    version : int
        For changing the identity.
    identity : IdentityFacts or None
    consents : mapping
        Use to whether it is given now; every use is there.
    regions : tuple of StoredRegion
    """

    key: str
    version: int
    identity: IdentityFacts | None
    consents: Mapping[str, bool]
    regions: tuple[StoredRegion, ...]


def load_patient_file(session: Session, patient: PatientRow) -> PatientFile:
    """The patient's file as it stands in the transaction at hand."""
    identity = patient.identity
    return PatientFile(
        key=patient.key,
        version=patient.version,
        identity=None if identity is None else IdentityFacts(identity.name, identity.chart_number, identity.born_on, identity.note),
        consents=consents_of(session, patient.id),
        regions=_regions(session, patient.id),
    )


def consents_of(session: Session, patient_id: int) -> dict[str, bool]:
    """Use to whether the patient agrees now; the latest entry counts."""
    rows = session.execute(select(ConsentRow.use, ConsentRow.given).where(ConsentRow.patient_id == patient_id).order_by(ConsentRow.id))
    return {**dict.fromkeys(CONSENT_USES, False), **{use: bool(given) for use, given in rows}}


def _regions(session: Session, patient_id: int) -> tuple[StoredRegion, ...]:
    regions = session.execute(
        select(RegionRow.id, LegRow.side, RegionRow.name)
        .join(LegRow)
        .where(LegRow.patient_id == patient_id)
        .order_by(LegRow.side, RegionRow.name)
    ).all()
    ids = [region.id for region in regions]
    photos: dict[int, list[StoredPhoto]] = {}
    for photo in session.scalars(select(PhotoRow).join(VisitRow).where(VisitRow.region_id.in_(ids)).order_by(PhotoRow.id)):
        photos.setdefault(photo.visit_id, []).append(StoredPhoto(photo.id, photo.sha256, json.loads(photo.facts)))
    visits: dict[int, list[StoredVisit]] = {}
    for visit in session.scalars(select(VisitRow).where(VisitRow.region_id.in_(ids)).order_by(VisitRow.day)):
        stored = StoredVisit(visit.id, visit.version, VisitFacts.of(visit), tuple(photos.get(visit.id, ())))
        visits.setdefault(visit.region_id, []).append(stored)
    latest: dict[int, dict[tuple[int, int], StoredComparison]] = {}
    earlier: dict[int, list[StoredComparison]] = {}
    for row in session.scalars(select(ComparisonRow).where(ComparisonRow.region_id.in_(ids)).order_by(ComparisonRow.revision)):
        held = latest.setdefault(row.region_id, {})
        pair = (row.before_visit_id, row.after_visit_id)
        if pair in held:
            earlier.setdefault(row.region_id, []).append(held[pair])
        held[pair] = _comparison(row)
    return tuple(
        StoredRegion(
            region.id,
            region.side,
            region.name,
            tuple(visits.get(region.id, ())),
            tuple(latest.get(region.id, {}).values()),
            tuple(earlier.get(region.id, ())),
        )
        for region in regions
    )


def _comparison(row: ComparisonRow) -> StoredComparison:
    return StoredComparison(
        row.id,
        row.revision,
        row.reason,
        row.before_visit_id,
        row.after_visit_id,
        row.status,
        bool(row.correction),
        row.saved_at,
        row.saved_by,
        parse_result(json.loads(row.result)),
    )
