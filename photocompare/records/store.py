"""The records as the rest of the software uses them: every call says who asks, is checked, and leaves its entry in the trail.

records = Records(usual_places())
key = records.add_patient(actor, IdentityFacts(name="..."))
records.save_comparison(actor, NewComparison(key, "left", "outer thigh", ...))
file = records.open_patient(actor, key)
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from photocompare.base.errors import RecordsUnusable, StaleRecord, UsageError
from photocompare.photo.dicom import without_identity
from photocompare.records import trail
from photocompare.records.access import Actor, Permission
from photocompare.records.checked_access import CheckedRecords
from photocompare.records.cohort_rows import renew
from photocompare.records.entries import IdentityFacts, NewComparison, VisitFacts, VisitPhotos, checked_place, folded, new_patient_key
from photocompare.records.patient_file import PatientFile, load_patient_file
from photocompare.records.patient_search import PatientLine, found_patients
from photocompare.records.photo_files import digest_of
from photocompare.records.saving import SavedComparison, ensure_region, save_comparison, take_photos
from photocompare.records.schema import (
    CONSENT_USES,
    ComparisonRow,
    ConsentRow,
    IdentityRow,
    PatientRow,
    PhotoRow,
    VisitRow,
)

if TYPE_CHECKING:
    import pandas as pd

    from photocompare.results.dossier import Dossier

Row = TypeVar("Row")

NO_PHOTOS = VisitPhotos()

MOST_FOUND = 50
"""Patients that a search shows."""


class Records(CheckedRecords):
    """The records, open."""

    # --- patients

    def add_patient(self, actor: Actor, identity: IdentityFacts | None = None) -> str:
        """A new patient; the pseudonymous key."""
        with self.writing(actor, Permission.WRITE_PATIENT) as session:
            return added_patient(session, actor, identity)

    def find_patients(self, actor: Actor, words: str = "") -> list[PatientLine]:
        """Patients whose key, name or chart number holds the words, the last seen first; `MOST_FOUND` at most."""
        with self.writing(actor, Permission.LIST_PATIENTS) as session:
            trail.note(session, actor, "patient.search", "patients", after={"letters": len(words.strip())})
            return found_patients(session, words, most=MOST_FOUND)

    def open_patient(self, actor: Actor, key: str, *, again: bool = False) -> PatientFile:
        """Everything about one patient, for the patient's page.

        Parameters
        ----------
        again : bool
            The same person has it open already: checked anew, not noted anew.

        Raises
        ------
        AccessDenied
        UsageError
            There is no such patient, or the patient was erased.
        """
        with self.writing(actor, Permission.READ_PATIENT, key) as session:
            file = load_patient_file(session, patient_of(session, key))
            if not again:
                trail.note(session, actor, "patient.view", f"patient/{key}")
            return file

    def change_identity(self, actor: Actor, key: str, identity: IdentityFacts, *, version: int) -> None:
        """Enter who a patient is.

        Raises
        ------
        StaleRecord
            Somebody changed the patient after `version` was read.
        """
        with self.writing(actor, Permission.WRITE_PATIENT, key) as session:
            patient = patient_of(session, key)
            _same_version(patient.version, version)
            held = patient.identity or IdentityRow(patient_id=patient.id)
            changed = [name for name, value in dataclasses.asdict(identity).items() if getattr(held, name) != value]
            for name, value in _as_kept(identity).items():
                setattr(held, name, value)
            patient.identity = held
            patient.version += 1
            # The trail outlives the identity: it names what was changed, never what it was.
            trail.note(session, actor, "identity.change", f"patient/{key}", after={"changed": changed})

    def set_consent(self, actor: Actor, key: str, use: str, given: bool) -> None:
        """Note what a patient agrees to, or takes back."""
        if use not in CONSENT_USES:
            raise UsageError(f"Consent is for one of: {', '.join(CONSENT_USES)}.", code="consent_unknown")
        with self.writing(actor, Permission.WRITE_PATIENT, key) as session:
            patient = patient_of(session, key)
            session.add(ConsentRow(patient_id=patient.id, use=use, given=int(given), at=trail.utc_now(), by=actor.name))
            trail.note(session, actor, "consent.set", f"patient/{key}", after={"use": use, "given": given})

    # --- visits and photos

    def add_visit(self, actor: Actor, key: str, side: str, region: str, facts: VisitFacts, photos: VisitPhotos = NO_PHOTOS) -> int:
        """A visit of one region, with its photos if there are any; its number.

        Raises
        ------
        UsageError
            Leg or region is missing, or the region has a visit on that day.
        """
        checked_place(side, region)
        photos = dataclasses.replace(photos, files=tuple(map(without_identity, photos.files)))
        with self._bringing(photos.files) as tickets, self.writing(actor, Permission.WRITE_PATIENT, key) as session:
            place = ensure_region(session, patient_of(session, key), side, region)
            if session.scalar(select(VisitRow.id).where(VisitRow.region_id == place.id, VisitRow.day == facts.day)) is not None:
                raise UsageError("That region has a visit on that day already; change that one.", code="visit_there")
            visit = VisitRow(region_id=place.id, version=1, **dataclasses.asdict(facts))
            session.add(visit)
            session.flush()
            take_photos(session, visit, tickets, photos.facts)
            renew(session, place.id)
            trail.note(session, actor, "visit.add", f"patient/{key}/visit/{visit.id}", after=_for_trail(facts))
            return visit.id

    def change_visit(self, actor: Actor, visit_id: int, facts: VisitFacts, *, version: int) -> None:
        """Enter a visit's facts anew.  The day of a visit with a comparison stays: the comparison was judged by it.

        Raises
        ------
        StaleRecord
            Somebody changed the visit after `version` was read.
        UsageError
            There is no such visit, or its day can't change.
        """
        key = self._key_of_visit(visit_id)
        with self.writing(actor, Permission.WRITE_PATIENT, key) as session:
            visit = session.get_one(VisitRow, visit_id)
            _same_version(visit.version, version)
            held = VisitFacts.of(visit)
            compared = or_(ComparisonRow.before_visit_id == visit_id, ComparisonRow.after_visit_id == visit_id)
            if facts.day != held.day and session.scalar(select(ComparisonRow.id).where(compared).limit(1)) is not None:
                raise UsageError("A comparison was judged by this visit's day, so the day stays.", code="day_stays")
            for name, value in dataclasses.asdict(facts).items():
                setattr(visit, name, value)
            visit.version += 1
            renew(session, visit.region_id)
            trail.note(session, actor, "visit.change", f"patient/{key}/visit/{visit_id}", before=_for_trail(held), after=_for_trail(facts))

    def photo(self, actor: Actor, photo_id: int) -> bytes:
        """A stored photo's bytes, checked against their digest; the view is noted.

        Raises
        ------
        DamagedPhoto
            It is missing or was changed; noted in the trail.
        """
        with self.database.reading() as session:
            photo = found(session.get(PhotoRow, photo_id))
            digest, key = photo.sha256, photo.visit.region.leg.patient.key
        return self._file(actor, digest, key, f"patient/{key}/photo/{photo_id}")

    def dossier(self, actor: Actor, comparison_id: int) -> Dossier:
        """A stored comparison's pictures and numbers; the view is noted.

        Raises
        ------
        DamagedPhoto
        """
        from photocompare.results.dossier import read_dossier

        with self.database.reading() as session:
            comparison = found(session.get(ComparisonRow, comparison_id))
            digest, key = comparison.dossier_sha256, comparison.region.leg.patient.key
        return read_dossier(self._file(actor, digest, key, f"patient/{key}/comparison/{comparison_id}"))

    def _file(self, actor: Actor, digest: str, key: str, object_: str) -> bytes:
        with self.writing(actor, Permission.READ_PATIENT, key) as session:
            trail.note(session, actor, "photo.view", object_)
        try:
            return self.photos.read(digest)
        except UsageError:
            with self.database.writing() as session:
                trail.note(session, actor, "photo.damaged", object_, after={"sha256": digest})
            raise

    # --- comparisons

    def save_comparison(self, actor: Actor, new: NewComparison) -> SavedComparison:
        """Keep a measured pair with its photos and pictures; the same pair twice is one row.

        Raises
        ------
        UsageError
            The pair of visits has another comparison and no reason is given; a visit is in the records with other facts.
        """
        new = dataclasses.replace(
            new,
            before_photos=tuple(map(without_identity, new.before_photos)),
            after_photos=tuple(map(without_identity, new.after_photos)),
        )
        files = (*new.before_photos, *new.after_photos, new.dossier)
        with self._bringing(files), self.writing(actor, Permission.WRITE_PATIENT, new.patient_key) as session:
            return save_comparison(session, actor, patient_of(session, new.patient_key), new)

    def cohort(self, actor: Actor, *, since: dt.date | None = None, until: dt.date | None = None) -> pd.DataFrame:
        """The audit's table (`cohort.read_table`); the view is noted."""
        from photocompare.records.cohort import read_table

        with self.writing(actor, Permission.READ_COHORT) as session:
            trail.note(session, actor, "cohort.view", "cohort", after={"since": _iso(since), "until": _iso(until)})
        return read_table(self.database, since=since, until=until)

    def _key_of_visit(self, visit_id: int) -> str:
        with self.database.reading() as session:
            return found(session.get(VisitRow, visit_id)).region.leg.patient.key

    def _brought(self, files: Iterable[bytes]) -> dict[str, str]:
        """Digest to ticket of files that lie beside their places now."""
        unique = {digest_of(data): data for data in files}
        try:
            return dict(zip(unique, self.photos.bring_all(unique.values()), strict=True))
        except OSError as error:
            why = error.strerror or str(error)
            raise RecordsUnusable(
                f"The photos can't be stored ({why}); nothing was saved. Free some space and try again.", code="photo_not_stored", why=why
            ) from error

    @contextlib.contextmanager
    def _bringing(self, files: tuple[bytes, ...]) -> Iterator[dict[str, str]]:
        """Files beside their places while a transaction runs: in their places after it, gone if it fails; digest to ticket."""
        tickets = self._brought(files)
        try:
            yield tickets
        except BaseException:
            for ticket in tickets.values():
                with contextlib.suppress(OSError):  # what stays is removed later; the first fault is the one to tell
                    self.photos.drop(ticket)
            raise
        for ticket in tickets.values():
            with contextlib.suppress(OSError):  # it is found beside its place, and the next `clean_up` settles it
                self.photos.settle(ticket)


def added_patient(session: Session, actor: Actor, identity: IdentityFacts | None = None) -> str:
    """A new patient in a transaction that the caller holds; the pseudonymous key."""
    patient = PatientRow(key=new_patient_key(), created_at=trail.utc_now(), version=1)
    session.add(patient)
    if identity is not None:
        patient.identity = IdentityRow(**_as_kept(identity))
    session.flush()
    trail.note(session, actor, "patient.add", f"patient/{patient.key}", after={"identity": identity is not None})
    return patient.key


def patient_of(session: Session, key: str) -> PatientRow:
    """The patient of a key.  UsageError for one that is unknown or erased."""
    patient = session.scalar(select(PatientRow).where(PatientRow.key == key))
    if patient is None:
        raise UsageError("There is no patient with that key.", code="patient_unknown")
    if patient.erased_at is not None:
        raise UsageError("That patient's record was erased.", code="patient_erased")
    return patient


def found(row: Row | None) -> Row:
    """A row that must be there.  UsageError where it is not."""
    if row is None:
        raise UsageError("That is not in the records.", code="not_in_records")
    return row


def _same_version(held: int, seen: int) -> None:
    if held != seen:
        raise StaleRecord(
            "Somebody else changed this record meanwhile; nothing was overwritten. Load it again and enter your change once more.",
            code="record_stale",
        )


def _as_kept(identity: IdentityFacts) -> dict[str, Any]:
    return {**dataclasses.asdict(identity), "sought_as": folded(f"{identity.name}\n{identity.chart_number}")}


def _iso(day: dt.date | None) -> str | None:
    return None if day is None else day.isoformat()


def _for_trail(facts: VisitFacts) -> dict[str, Any]:
    """A visit in the trail: its note may hold anything, so that only its length is told."""
    return {**dataclasses.asdict(facts), "day": facts.day.isoformat(), "note": len(facts.note)}
