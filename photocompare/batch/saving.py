"""Saving a batch's results to the records, each once.

A pair that is to be saved keeps its dossier beside its result until the records have it, so that a run that was stopped between the two
saves it later without measuring again.  The folder notes where each row was saved, and the records are asked whether they hold it: the
same folder may be saved to other records, or to the same ones emptied or restored.  They take the same comparison only once, so that
saving again what was saved does nothing.

Who was erased from them is not brought back: the folder's notes tell which of its photos were that patient's, and what the manifest
called the patient; no pair of these photos and no row of this name is saved again, whatever else it says.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from photocompare.base.errors import PhotocompareError, PhotoError, UsageError
from photocompare.batch.keeping import DOSSIER, BatchFolder, StoredPair
from photocompare.batch.manifest import COLLAGE, PLACES, VISIT_FACTS, Manifest, PairRow
from photocompare.batch.sources import SourceError, source_of
from photocompare.photo.dicom import without_identity
from photocompare.results.result import Result

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from photocompare.records.store import Records


class Save(Protocol):
    """Saves pairs to the records."""

    @property
    def erased(self) -> frozenset[str]:
        """Keys of the patients who were erased from these records."""

    def __call__(
        self,
        row: PairRow,
        result: Result,
        dossier: bytes,
        photo_facts: Mapping[str, Mapping[str, Any]],
    ) -> Mapping[str, Any]:
        """Save, and tell where: plain JSON types, kept beside the result.  UsageError for what the records do not take.

        The patient's key stands there as "patient".
        """

    def holds(self, where: Mapping[str, Any]) -> bool:
        """Whether these records hold what was once saved there."""


_ERASED = (
    "This row's patient or photos are those of a patient who was erased from the records, so the pair was not saved; take the row out of "
    "the manifest, or give another --out folder if the patient is to be in the records again."
)
_CHART = "chart"
"""In a note: digest of what the row called the patient, see `_chart_digest`."""


class Saver:
    """Saves rows of a batch and keeps track of what is saved."""

    def __init__(self, save: Save, kept: BatchFolder) -> None:
        self._save = save
        self._kept = kept
        self._erased = _names_of_erased(kept, save.erased)
        self._erased_charts = _charts_of_erased(kept, save.erased)

    def waits(self, row: PairRow, key: str) -> bool:
        """Whether the row's pair has a result, a refusal too, and is not saved."""
        if self._held(row, key):
            return False
        stored = self._kept.load(key)
        return stored is not None and stored.result is not None

    def _held(self, row: PairRow, key: str) -> bool:
        where = self._kept.saved(key, _name(row))
        return bool(where) and self._save.holds(where)

    def _is_erased(self, stored: StoredPair, row: PairRow) -> bool:
        if not self._erased.isdisjoint((stored.key, *stored.photo_facts)):
            return True
        return any(_chart_digest(patient, row.patient) == digest for patient, digest in self._erased_charts)

    def needs_measuring(self, stored: StoredPair, row: PairRow) -> bool:
        """Whether the row can't be saved from what is kept: an earlier run measured it without --save."""
        return self.waits(row, stored.key) and not self._is_erased(stored, row) and not self._kept.dossier(stored.key)

    def save_all(self, key: str, rows: Iterable[PairRow]) -> dict[int, str]:
        """Save a pair for all its rows; row numbers with why the records did not take them."""
        stored = self._kept.load(key)
        if stored is None or stored.result is None:
            return {}
        refused: dict[int, str] = {}
        for row in rows:
            if self._held(row, key):
                continue
            if self._is_erased(stored, row):
                refused[row.number] = _ERASED
                continue
            try:
                where = self._save(row, stored.result, self._kept.dossier(key), stored.photo_facts)
            except PhotocompareError as error:
                refused[row.number] = str(error)
            else:
                chart = _chart_digest(str(where.get("patient", "")), row.patient)
                self._kept.note_saved(key, _name(row), {**where, _CHART: chart})
        if set(refused.values()) <= {_ERASED}:
            with contextlib.suppress(OSError):
                (self._kept.of_pair(key) / DOSSIER).unlink(missing_ok=True)
        return refused


def _names_of_erased(kept: BatchFolder, erased: frozenset[str]) -> frozenset[str]:
    """Keys of the pairs that were saved for patients who were erased, and digests of their photos.

    Another date, scale or version gives a pair another key; its photos stay the same.
    """
    if not erased:
        return frozenset()
    keys = {key for key, where in kept.saves() if where.get("patient") in erased}
    return frozenset(keys).union(*map(kept.photos, keys))


def _charts_of_erased(kept: BatchFolder, erased: frozenset[str]) -> frozenset[tuple[str, str]]:
    """Keys of the patients who were erased, each with the digests of what the manifest called them."""
    if not erased:
        return frozenset()
    told = ((where.get("patient"), where.get(_CHART)) for _, where in kept.saves())
    return frozenset((patient, chart) for patient, chart in told if chart and patient in erased)  # earlier versions noted none


def _chart_digest(patient: str, chart: str) -> str:
    """SHA-256 of a chart number with the patient's key, which is random, as its salt: the notes name nobody."""
    return hashlib.sha256(f"{patient}:{chart}".encode()).hexdigest()


def _name(row: PairRow) -> str:
    """Names what is said of a pair, whichever row of the manifest says it."""
    facts = {name: value for name, value in vars(row).items() if name not in ("number", *PLACES, COLLAGE)}
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()[:16]


class SaveToRecords:
    """`Save` for the practice's records.

    Parameters
    ----------
    records : Records
    manifest : Manifest
        Whose photos are to be saved.

    """

    def __init__(self, records: Records, manifest: Manifest) -> None:
        self._records = records
        self._root = manifest.root
        self._keys, self._doubtful = _patient_keys(records, manifest)
        self._held = _held_comparisons(records)
        self._erased = _erased_patients(records)

    @property
    def erased(self) -> frozenset[str]:
        """Keys of the patients who were erased from the records."""
        return self._erased

    def __call__(self, row: PairRow, result: Result, dossier: bytes, photo_facts: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
        from sqlalchemy.exc import SQLAlchemyError

        from photocompare.records.access import COMMAND_LINE
        from photocompare.records.entries import NewComparison, VisitFacts

        if row.before_date is None or row.after_date is None:
            raise UsageError(f"Row {row.number} lacks a visit's day, which the records need.")
        self._check_patient(row.patient)
        files = [self._photo(name, place, photo_facts) for name, place in row.places.items()]
        made_by = result.provenance
        try:
            key = self._key(row.patient)
            new = NewComparison(
                key,
                row.leg,
                row.region,
                VisitFacts(row.before_date, **{name: getattr(row, name) for name in VISIT_FACTS}),
                VisitFacts(row.after_date),
                (files[0],),
                (files[-1],),  # a collage is the photo of both visits
                result,
                dossier,
                reason_of_same_photos=(
                    f"Measured again by a batch, with version {made_by.version} and settings {made_by.config_sha256[:12]}."
                ),
                photo_facts=photo_facts,
            )
            saved = self._records.save_comparison(COMMAND_LINE, new)
            self._held |= {(key, saved.id), (key, saved.content_key)}
        except SQLAlchemyError as error:
            raise UsageError(
                f"The records' database did not take the pair ({type(error).__name__}); start again when it is back."
            ) from error
        return {"patient": key, **dataclasses.asdict(saved)}

    def holds(self, where: Mapping[str, Any]) -> bool:
        """Whether the records hold this comparison of this patient, an erased one too: who was erased is not brought back."""
        # Folders of earlier versions noted the comparison's number alone.
        return (where.get("patient"), where.get("content_key") or where.get("id")) in self._held

    def _photo(self, name: str, place: str, photo_facts: Mapping[str, Mapping[str, Any]]) -> bytes:
        """The file's bytes as they are kept, if they are still those that were measured."""
        try:
            data = source_of(place, self._root).read()
        except SourceError as error:
            raise UsageError(f"The {name} {error}, so the pair was not saved; start again when it is back.") from None
        kept = b""
        with contextlib.suppress(PhotoError):
            kept = without_identity(data)
        if hashlib.sha256(kept).hexdigest() not in photo_facts:
            raise UsageError(f"The {name} has changed since it was measured, so the pair was not saved; start again.")
        return kept

    def _check_patient(self, patient: str) -> None:
        """Refuse a name that means several patients, and a key that the records don't know."""
        if patient in self._doubtful:
            raise UsageError(f"{patient!r} is the chart number of several patients; give the key of one.")
        if patient not in self._keys and patient.startswith(_KEY_HEAD):
            raise UsageError(f"There is no patient {patient!r} in the records; correct the key and start again.")

    def _key(self, patient: str) -> str:
        """The patient's key; a chart number that the records don't know becomes a new patient."""
        if patient not in self._keys:
            from photocompare.records.access import COMMAND_LINE, Permission
            from photocompare.records.entries import IdentityFacts
            from photocompare.records.store import added_patient

            # Asked once more under the writers' lock: another batch, or the viewer, may have added the patient since this one began.
            with self._records.writing(COMMAND_LINE, Permission.WRITE_PATIENT) as session:
                keys = _named_keys(session, {patient}).get(patient, [])
                if not keys:
                    keys = [added_patient(session, COMMAND_LINE, IdentityFacts(chart_number=patient))]
            self._keys[patient] = keys[0]
            if len(keys) > 1:
                self._doubtful.add(patient)
                self._check_patient(patient)
        return self._keys[patient]


def _held_comparisons(records: Records) -> set[tuple[str, str | int]]:
    """Patient's key, which is random and no other records', with the number and the content of each comparison."""
    from sqlalchemy import select

    from photocompare.records.access import COMMAND_LINE, Permission
    from photocompare.records.schema import ComparisonRow, LegRow, PatientRow, RegionRow

    with records.writing(COMMAND_LINE, Permission.WRITE_PATIENT) as session:
        rows = session.execute(
            select(PatientRow.key, ComparisonRow.id, ComparisonRow.content_key)
            .select_from(ComparisonRow)
            .join(RegionRow, ComparisonRow.region_id == RegionRow.id)
            .join(LegRow)
            .join(PatientRow)
        )
        return {named for key, number, content in rows for named in ((key, number), (key, content))}


def _erased_patients(records: Records) -> frozenset[str]:
    from sqlalchemy import select

    from photocompare.records.access import COMMAND_LINE, Permission
    from photocompare.records.schema import PatientRow

    with records.writing(COMMAND_LINE, Permission.WRITE_PATIENT) as session:
        return frozenset(session.scalars(select(PatientRow.key).where(PatientRow.erased_at.is_not(None))))


_KEY_HEAD = "P-"
"""How the records' own keys begin."""


def _patient_keys(records: Records, manifest: Manifest) -> tuple[dict[str, str], set[str]]:
    """What the manifest calls a patient to the patient's key, for those whom the records know; and the names that several have."""
    from photocompare.records.access import COMMAND_LINE, Permission

    with records.writing(COMMAND_LINE, Permission.WRITE_PATIENT) as session:
        found = _named_keys(session, {row.patient for row in manifest.rows})
    return {name: keys[-1] for name, keys in found.items()}, {name for name, keys in found.items() if len(keys) > 1}


def _named_keys(session: Session, names: set[str]) -> dict[str, list[str]]:
    """Names to the keys of the patients whose key or chart number they are; names that nobody has are left out."""
    from sqlalchemy import select

    from photocompare.records.schema import IdentityRow, PatientRow

    known = (
        select(PatientRow.key, IdentityRow.chart_number)
        .outerjoin(IdentityRow)
        .where(PatientRow.erased_at.is_(None))
        .order_by(PatientRow.id)
    )
    found: dict[str, list[str]] = {}
    for key, chart in session.execute(known):
        for name in {key, chart or ""} & names:
            found.setdefault(name, []).append(key)
    return found
