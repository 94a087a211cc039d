"""Looking after the records: verifying that all is as it was written, exporting one patient, erasing one patient."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import zipfile
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from photocompare.base.errors import DamagedPhoto, PhotoError, UsageError
from photocompare.records import trail
from photocompare.records.access import Actor, Permission
from photocompare.records.checked_access import escaped, is_referenced
from photocompare.records.cohort_rows import regions_with, stale_rows
from photocompare.records.database import check_whole
from photocompare.records.patient_file import load_patient_file
from photocompare.records.schema import ComparisonRow, IdentityRow, LegRow, PatientRow, PhotoRow, RegionRow, TrailRow, VisitRow, as_plain
from photocompare.records.store import Records, patient_of
from photocompare.results.result import Result
from photocompare.results.result_json import as_dict

JPEG_QUALITY = 95
"""Of exported photos: differences to the stored one can't be seen."""


@dataclass(frozen=True)
class Verification:
    """What was looked at and what is wrong.

    Parameters
    ----------
    problems : tuple of str
        A sentence each; empty when all is well.
    entries, files : int
        Entries of the trail and files that were checked.
    unfinished : int
        Files of saves that are under way or were cut short; removed after an hour.
    head : str
        Hash of the trail's last entry, to be kept outside the machine.
    """

    problems: tuple[str, ...]
    entries: int
    files: int
    unfinished: int
    head: str

    @property
    def clean(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


def verify(records: Records, actor: Actor, *, known_head: str = "") -> Verification:
    """Check the database, the trail's chain, every file's digest, and that rows and files speak of each other.

    Parameters
    ----------
    known_head : str
        The head of an earlier verification or backup; the chain must hold it.
    """
    records.clean_up()
    # The entry comes after the reading, so that the check reads what it speaks of.
    with records.database.reading() as session:
        records.check_allowed(session, actor, Permission.UPKEEP)
        problems = [f"Database: {found}." for found in check_whole(session)]
        broken = trail.first_break(session, known_head=known_head)
        if broken is not None:
            problems.append(f"Trail: entry {broken.sequence} {broken.what}.")
        entries, head = trail.head(session)
        problems += [f"Cohort: the rows of region {region} differ from its visits and comparisons." for region in stale_rows(session)]
        wanted = referenced_files(session)
    problems += [f"File {digest}: {found}" for digest in wanted if (found := _wrong_with(records, digest))]
    in_place = list(records.photos.digests())
    orphans = set(in_place) - set(wanted)
    if orphans:
        with records.database.reading() as session:  # a save that ended meanwhile has its row now
            orphans -= set(referenced_files(session))
    problems += [f"File {digest}: no row speaks of it." for digest in sorted(orphans)]
    records.note(actor, Permission.UPKEEP, "records.verify", "records", after={"problems": len(problems)})
    return Verification(tuple(problems), entries, len(wanted), len(records.photos.unfinished()), head)


def referenced_files(session: Session) -> dict[str, str]:
    """Digest to the row that speaks of it; an erased patient's pictures are gone and not asked for."""
    living = (
        select(ComparisonRow.dossier_sha256, ComparisonRow.id)
        .join(RegionRow, ComparisonRow.region_id == RegionRow.id)
        .join(LegRow)
        .join(PatientRow)
    )
    found = {digest: f"comparison/{k}" for digest, k in session.execute(living.where(PatientRow.erased_at.is_(None)))}
    return {**found, **{digest: f"photo/{k}" for digest, k in session.execute(select(PhotoRow.sha256, PhotoRow.id))}}


def _wrong_with(records: Records, digest: str) -> str:
    try:
        records.photos.read(digest)
    except DamagedPhoto as error:
        return str(error)
    return ""


@dataclass(frozen=True)
class Export:
    """One patient's zip, and a sentence for each photo that is not in it."""

    data: bytes
    missing: tuple[str, ...]


def export_patient(records: Records, actor: Actor, key: str) -> Export:
    """A zip for the patient: facts, results, photos without metadata, and who looked at them.

    A photo that can't be read is named in `missing.txt`, and the rest is there.

    Raises
    ------
    UsageError
        There is no such patient.
    """
    with records.writing(actor, Permission.UPKEEP) as session:
        file = load_patient_file(session, patient_of(session, key))
        trail.note(session, actor, "patient.export", f"patient/{key}")
        about = select(TrailRow).where(TrailRow.object.like(f"patient/{escaped(key)}%", escape="\\")).order_by(TrailRow.sequence)
        looked = [as_plain(row) for row in session.scalars(about)]
    missing: list[str] = []
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("patient.json", json.dumps(_as_plain(file), indent=1, ensure_ascii=False))
        archive.writestr("trail.json", json.dumps(looked, indent=1, ensure_ascii=False))
        for region in file.regions:
            for visit in region.visits:
                for number, photo in enumerate(visit.photos, 1):
                    name = f"photos/{region.side}-{region.id}-{visit.facts.day.isoformat()}-{number}.jpg"
                    try:
                        archive.writestr(name, _without_metadata(records.photos.read(photo.sha256)))
                    except UsageError as error:
                        missing.append(f"{name}: {error}")
        if missing:
            archive.writestr("missing.txt", "\n".join(missing) + "\n")
    return Export(buffer.getvalue(), tuple(missing))


def _without_metadata(data: bytes) -> bytes:
    """A photo encoded anew from its pixels."""
    import cv2

    from photocompare.photo.reading import read_photo

    try:
        pixels = cv2.cvtColor(read_photo(data).encoded, cv2.COLOR_RGB2BGR)
    except PhotoError as error:
        raise UsageError(f"A stored photo can't be exported: {error}") from error
    return bytes(cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1])


def _as_plain(value: Any) -> Any:
    """Nested records as JSON types; a result as `result.json` has it."""
    if isinstance(value, Result):
        return as_dict(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _as_plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {name: _as_plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_as_plain(inner) for inner in value]
    return value.isoformat() if hasattr(value, "isoformat") else value


def erase_patient(records: Records, actor: Actor, key: str, reason: str) -> int:
    """Remove who a patient is, all photos, pictures and notes; how many files went.

    The numbers stay under the pseudonymous key, and the trail keeps that there was an erasure: an audit counts every patient.
    Backups taken before still hold the patient.

    Raises
    ------
    UsageError
        There is no such patient, it was erased before, or the reason is empty.
    """
    if not reason.strip():
        raise UsageError("Give the reason for the erasure.")
    with records.database.reading() as session:
        records.check_allowed(session, actor, Permission.UPKEEP)
        mine = _own_files(session, patient_of(session, key).id)
    try:
        tickets = [records.photos.set_aside(digest) for digest in mine]
        with records.writing(actor, Permission.UPKEEP) as session:
            patient = patient_of(session, key)
            if set(_own_files(session, patient.id)) != set(mine):
                raise UsageError("The patient's record changed meanwhile; nothing was erased. Try again.")
            visits = select(VisitRow.id).where(VisitRow.region_id.in_(regions_with(session, patient.id)))
            session.execute(delete(IdentityRow).where(IdentityRow.patient_id == patient.id))
            session.execute(delete(PhotoRow).where(PhotoRow.visit_id.in_(visits)))
            session.execute(update(VisitRow).where(VisitRow.id.in_(visits)).values(note=""))
            patient.erased_at, patient.version = trail.utc_now(), patient.version + 1
            trail.note(session, actor, "patient.erase", f"patient/{key}", after={"files": len(mine), "reason": reason.strip()})
    except BaseException:
        with contextlib.suppress(OSError, UsageError):  # the next opening does the same; the first fault is the one to tell
            records.clean_up()
        raise
    for ticket in tickets:
        records.photos.drop(ticket)
    # Another command that was opened meanwhile may have put files back, whose rows were still there. Under the writers' lock, so that no
    # save of the same bytes ends between the look and the removal.
    with records.database.writing() as session:
        for digest in mine:
            if not is_referenced(session, digest):
                records.photos.remove(digest)
    if not records.database.is_sqlite:  # SQLite overwrote the rows already (secure_delete)
        records.database.run_alone("VACUUM identity, photo, visit")
    return len(mine)


def _own_files(session: Session, patient_id: int) -> list[str]:
    """Digests of files that this patient's rows speak of, and no other's; an erased patient's speak of none."""
    photos = (
        select(PhotoRow.sha256, LegRow.patient_id)
        .join(VisitRow, PhotoRow.visit_id == VisitRow.id)
        .join(RegionRow, VisitRow.region_id == RegionRow.id)
        .join(LegRow)
    )
    dossiers = (
        select(ComparisonRow.dossier_sha256, LegRow.patient_id)
        .join(RegionRow, ComparisonRow.region_id == RegionRow.id)
        .join(LegRow)
        .join(PatientRow)
        .where(PatientRow.erased_at.is_(None))
    )
    mine = set(session.scalars(photos.where(LegRow.patient_id == patient_id)))
    mine |= set(session.scalars(dossiers.where(LegRow.patient_id == patient_id)))
    others: set[str] = set()
    for query, column in ((photos, PhotoRow.sha256), (dossiers, ComparisonRow.dossier_sha256)):
        others |= set(session.scalars(query.where(LegRow.patient_id != patient_id, column.in_(mine))))
    return sorted(mine - others)
