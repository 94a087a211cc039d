"""Whose the files for the archive are: the patient of both photos where their files agree on one, else nobody, with the reason."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from photocompare.photo.dicom import DicomSource

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

Unfiled = Literal["", "not_dicom", "no_patient", "patients_differ", "held_nameless"]

DAY = re.compile(r"\d{8}")
MOMENT = re.compile(r"\d{2,6}(\.\d{1,6})?")
"""PS3.5, 6.2: dates and times."""

SEXES = frozenset({"M", "F", "O"})

LONGEST_SHORT, LONGEST_LONG = 16, 64
"""Characters of a short and of a long text (PS3.5, 6.2)."""

WHY_UNFILED: dict[Unfiled, str] = {
    "not_dicom": "The DICOM files name no patient, because not every photo came from a DICOM file; file them by hand.",
    "no_patient": "The DICOM files name no patient, because a photo's file has no patient ID; file them by hand.",
    "patients_differ": "The DICOM files name no patient and link no photo, because the photos' files name different patients; "
    "check that both photos are of the same person.",
    "held_nameless": "The DICOM files name no patient, because the photos are held without whose they are; file them by hand.",
}


@dataclass(frozen=True, repr=False)
class Filing:
    """Under which patient and study the files go.

    Parameters
    ----------
    source : DicomSource or None
        Whose patient and study they take: the after photo's; a study of their own where that names none.
    linked : tuple of DicomSource
        The photos that they refer to.
    unfiled : str
        Why there is no source; empty where there is one.
    """

    source: DicomSource | None
    linked: tuple[DicomSource, ...]
    unfiled: Unfiled = ""


HELD_NAMELESS = Filing(None, (), "held_nameless")
"""Of a comparison whose photos' own files are not at hand, such as the viewer's: it keeps copies that name nobody."""


def filing_of(befores: Sequence[DicomSource | None], afters: Sequence[DicomSource | None]) -> Filing:
    """Whose files of these photos are.

    They are of a patient only where every photo came from a DICOM file, all have the same patient ID, and nothing else that they say of
    the patient differs.  Photos of different patients are not linked either.

    Parameters
    ----------
    befores, afters : sequence of DicomSource or None
        None for a photo of another format.
    """
    known = [source for source in (*befores, *afters) if source is not None]
    linked = tuple({source.instance: source for source in known if source.can_be_linked}.values())
    if any(_differ(one, other) for one in known for other in known):
        return Filing(None, (), "patients_differ")
    if len(known) < len(befores) + len(afters):
        return Filing(None, linked, "not_dicom")
    latest = next((source for source in afters if source is not None), None)
    if latest is None or not all(source.patient_id for source in known):
        return Filing(None, linked, "no_patient")
    return Filing(latest, linked)


def _differ(one: DicomSource, other: DicomSource) -> bool:
    """Whether two files contradict each other about the patient; what one leaves empty contradicts nothing."""
    pairs = (
        (one.patient_id, other.patient_id),
        (one.issuer, other.issuer),
        (_plain(one.name), _plain(other.name)),
        (one.birth_date, other.birth_date),
        (one.sex, other.sex),
    )
    return any(left and right and left != right for left, right in pairs)


def _plain(name: str) -> str:
    """A name without what systems write differently: case, spaces, empty parts."""
    return "^".join(part.strip().casefold() for part in name.split("=")[0].split("^")).rstrip("^")


def file_under(attributes: Dataset, filing: Filing) -> None:
    """Write patient and study into a file's attributes; what can't be written as the standard has it is left empty."""
    source = filing.source
    if source is None:
        return
    attributes.SpecificCharacterSet = "ISO_IR 192"
    attributes.PatientID = source.patient_id[:LONGEST_LONG]
    if source.issuer:
        attributes.IssuerOfPatientID = source.issuer[:LONGEST_LONG]
    attributes.PatientName = source.name
    attributes.PatientBirthDate = source.birth_date if DAY.fullmatch(source.birth_date) else ""
    attributes.PatientSex = source.sex if source.sex in SEXES else ""
    attributes.StudyDate = source.study_date if DAY.fullmatch(source.study_date) else ""
    attributes.StudyTime = source.study_time if MOMENT.fullmatch(source.study_time) else ""
    attributes.StudyID = source.study_id[:LONGEST_SHORT]
    attributes.AccessionNumber = source.accession_number[:LONGEST_SHORT]
    attributes.ReferringPhysicianName = source.referring_physician
