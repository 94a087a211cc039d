"""Saving a comparison: the patient's leg, region, visits, photos and the measurement, in one transaction."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from photocompare.base.errors import UsageError
from photocompare.photo.facts import KEPT_FACTS
from photocompare.records import trail
from photocompare.records.access import Actor
from photocompare.records.cohort_rows import renew
from photocompare.records.entries import NewComparison, VisitFacts
from photocompare.records.photo_files import digest_of
from photocompare.records.schema import ComparisonRow, LegRow, PatientRow, PhotoRow, RegionRow, VisitRow
from photocompare.results.redated import redated
from photocompare.results.result import Result
from photocompare.results.result_json import as_dict, parse_result
from photocompare.results.timing import TimingOptions


@dataclass(frozen=True)
class SavedComparison:
    """Where a comparison is kept: its number, its revision (1 the first time), what it holds, and whether this call wrote it."""

    id: int
    revision: int
    content_key: str
    written: bool


def ensure_region(session: Session, patient: PatientRow, side: str, name: str) -> RegionRow:
    """The patient's region, made where there was none."""
    leg = session.scalar(select(LegRow).where(LegRow.patient_id == patient.id, LegRow.side == side))
    if leg is None:
        leg = LegRow(patient_id=patient.id, side=side)
        session.add(leg)
        session.flush()
    name = " ".join(name.split())
    region = session.scalar(select(RegionRow).where(RegionRow.leg_id == leg.id, RegionRow.name == name))
    if region is None:
        region = RegionRow(leg_id=leg.id, name=name)
        session.add(region)
        session.flush()
    return region


def take_photos(session: Session, visit: VisitRow, digests: Iterable[str], facts: Mapping[str, Mapping[str, Any]]) -> None:
    """Note photos of a visit by their digests; those that it has stay as they are."""
    held = set(session.scalars(select(PhotoRow.sha256).where(PhotoRow.visit_id == visit.id)))
    for digest in digests:
        if digest not in held:
            kept = {name: value for name, value in facts.get(digest, {}).items() if name in KEPT_FACTS and value is not None}
            session.add(PhotoRow(visit_id=visit.id, sha256=digest, facts=trail.canonical(kept), added_at=trail.utc_now()))
    session.flush()


def _ensure_visit(session: Session, actor: Actor, key: str, region: RegionRow, facts: VisitFacts) -> VisitRow:
    """The region's visit of that day, with what was empty in it filled."""
    visit = session.scalar(select(VisitRow).where(VisitRow.region_id == region.id, VisitRow.day == facts.day))
    if visit is None:
        visit = VisitRow(region_id=region.id, version=1, **vars(facts))
        session.add(visit)
        session.flush()
        trail.note(session, actor, "visit.add", f"patient/{key}/visit/{visit.id}", after={"day": facts.day.isoformat()})
        return visit
    held = VisitFacts.of(visit)
    filled = held.filled_with(facts)
    if filled != held:
        for name, value in vars(filled).items():
            setattr(visit, name, value)
        visit.version += 1
        trail.note(session, actor, "visit.fill", f"patient/{key}/visit/{visit.id}")
    return visit


def save_comparison(session: Session, actor: Actor, patient: PatientRow, new: NewComparison) -> SavedComparison:
    """Write a comparison and whatever it hangs on, whose files lie beside their places; see `Records.save_comparison`."""
    region = ensure_region(session, patient, new.side, new.region)
    before = _ensure_visit(session, actor, patient.key, region, new.before)
    after = _ensure_visit(session, actor, patient.key, region, new.after)
    for visit, photos in ((before, new.before_photos), (after, new.after_photos)):
        take_photos(session, visit, dict.fromkeys(map(digest_of, photos)), new.photo_facts)
    dated = redated(new.result, new.before.day, new.after.day, options=TimingOptions())
    result = json.dumps(as_dict(dated), ensure_ascii=False, separators=(",", ":"))
    key = _content_key(new, result, before.id, after.id)
    same = session.scalar(select(ComparisonRow).where(ComparisonRow.content_key == key))
    if same is not None:
        return SavedComparison(same.id, same.revision, key, written=False)
    earlier = session.scalars(
        select(ComparisonRow)
        .where(ComparisonRow.before_visit_id == before.id, ComparisonRow.after_visit_id == after.id)
        .order_by(ComparisonRow.revision.desc())
    ).first()
    reason = new.reason.strip()
    if earlier is not None and not reason and new.reason_of_same_photos and _is_own_of_same_photos(earlier, new.result):
        reason = new.reason_of_same_photos.strip()
    if earlier is not None and not reason:
        raise UsageError(
            "This pair of visits has a saved comparison; give the reason to save this one as its revision.", code="revision_needs_reason"
        )
    row = ComparisonRow(
        root_id=None if earlier is None else earlier.root_id or earlier.id,
        revision=1 if earlier is None else earlier.revision + 1,
        reason="" if earlier is None else reason,
        region_id=region.id,
        before_visit_id=before.id,
        after_visit_id=after.id,
        status=dated.status,
        settings_sha256=new.result.provenance.config_sha256,
        content_key=key,
        dossier_sha256=digest_of(new.dossier),
        correction=trail.canonical(new.correction) if new.correction else "",
        saved_at=trail.utc_now(),
        saved_by=actor.name,
        result=result,
    )
    session.add(row)
    session.flush()
    renew(session, region.id)
    trail.note(
        session,
        actor,
        "comparison.save" if earlier is None else "comparison.revise",
        f"patient/{patient.key}/comparison/{row.id}",
        before=None if earlier is None else {"comparison": earlier.id, "revision": earlier.revision},
        after={"revision": row.revision, "status": row.status, "content": key},
    )
    return SavedComparison(row.id, row.revision, key, written=True)


def _is_own_of_same_photos(earlier: ComparisonRow, result: Result) -> bool:
    """Whether a saved comparison is the machine's own, on the whole leg, of one and the same photo of each visit."""
    if earlier.correction:
        return False
    held = parse_result(json.loads(earlier.result))
    same = (held.before.sha256, held.after.sha256) == (result.before.sha256, result.after.sha256)
    return same and not (held.correction or held.within_drawn_field or held.shots)


def _content_key(new: NewComparison, result: str, before_id: int, after_id: int) -> str:
    """SHA-256 of what makes a comparison the same: visits, photos, numbers and marks; not the seconds that it took."""
    plain = json.loads(result)
    plain.get("provenance", {}).pop("seconds", None)
    parts = {
        "visits": [before_id, after_id],
        "photos": [sorted({digest_of(data) for data in photos}) for photos in (new.before_photos, new.after_photos)],
        "result": plain,
        "correction": dict(new.correction),
    }
    return hashlib.sha256(trail.canonical(parts).encode()).hexdigest()
