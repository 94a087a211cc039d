"""Enters invented patients: several in one transaction, with the rows, files and trail that the records' own doors would leave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy.orm import Session

from photocompare.demo.course import DemoPatient, DemoRegion
from photocompare.demo.placeholder import placeholder_photo
from photocompare.records import trail
from photocompare.records.access import Actor, Permission
from photocompare.records.cohort_rows import renew
from photocompare.records.entries import NewComparison, folded
from photocompare.records.photo_files import digest_of
from photocompare.records.saving import ensure_region, save_comparison, take_photos
from photocompare.records.schema import ConsentRow, IdentityRow, PatientRow, VisitRow
from photocompare.records.store import Records


@dataclass(frozen=True)
class Entry:
    """A patient and what was compared of the patient's visits."""

    patient: DemoPatient
    comparisons: tuple[NewComparison, ...]


class Entering:
    """Enters patients under the keys that were drawn for them.

    Parameters
    ----------
    records : Records
    actor : Actor
    """

    def __init__(self, records: Records, actor: Actor) -> None:
        self.records, self.actor = records, actor
        self._kept: set[str] = set()

    def enter(self, entries: Sequence[Entry]) -> None:
        """All of them, or none."""
        files = {digest_of(data): data for entry in entries for data in _files(entry)}
        tickets = {digest: self.records.photos.bring(data) for digest, data in files.items() if digest not in self._kept}
        with self.records.writing(self.actor, Permission.WRITE_PATIENT) as session:
            for entry in entries:
                self._enter(session, entry)
        for ticket in tickets.values():
            self.records.photos.settle(ticket)
        self._kept |= tickets.keys()

    def _enter(self, session: Session, entry: Entry) -> None:
        patient = self._add(session, entry.patient)
        for region in entry.patient.regions:
            self._visits(session, patient, region, carded=not entry.patient.rendered)
        for new in entry.comparisons:
            save_comparison(session, self.actor, patient, new)

    def _add(self, session: Session, who: DemoPatient) -> PatientRow:
        identity = IdentityRow(**asdict(who.identity), sought_as=folded(f"{who.identity.name}\n{who.identity.chart_number}"))
        patient = PatientRow(key=who.key, created_at=trail.utc_now(), version=1, identity=identity)
        session.add(patient)
        session.flush()
        trail.note(session, self.actor, "patient.add", f"patient/{who.key}", after={"identity": True})
        for use, given in who.consents.items():
            session.add(ConsentRow(patient_id=patient.id, use=use, given=int(given), at=trail.utc_now(), by=self.actor.name))
            trail.note(session, self.actor, "consent.set", f"patient/{who.key}", after={"use": use, "given": given})
        return patient

    def _visits(self, session: Session, patient: PatientRow, region: DemoRegion, *, carded: bool) -> None:
        """Every visit, those without a comparison too."""
        place = ensure_region(session, patient, region.side, region.name)
        for number, facts in enumerate(region.visits, start=1):
            visit = VisitRow(region_id=place.id, version=1, **asdict(facts))
            session.add(visit)
            session.flush()
            if carded:
                take_photos(session, visit, {digest_of(placeholder_photo(number)): ""}, {})
            trail.note(session, self.actor, "visit.add", f"patient/{patient.key}/visit/{visit.id}", after={"day": facts.day.isoformat()})
        renew(session, place.id)


def _files(entry: Entry) -> list[bytes]:
    """What the rows of a patient speak of: dossiers, photos, and a card for every visit without one."""
    compared = [data for new in entry.comparisons for data in (*new.before_photos, *new.after_photos, new.dossier)]
    if entry.patient.rendered:
        return compared
    return compared + [placeholder_photo(n + 1) for region in entry.patient.regions for n in range(len(region.visits))]
