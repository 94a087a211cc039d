"""DICOM files seen from the parent: which they are, the copy that may be kept, and whose they are for what goes back to an archive.

The files themselves are parsed in the confined child alone.  A photo of DICOM never carries whose it is: that is asked for apart, where a
file for the archive is written.
"""

from __future__ import annotations

import importlib.util
import re
from dataclasses import dataclass

from photocompare.photo.decoding.call import DEFAULT_LIMITS, PhotoLimits, ask_about_dicom, refusal

STARTS = (
    re.compile(rb".{128}DICM", re.DOTALL),
    re.compile(rb"[\x02\x08]\0(\0\0\x04\0\0\0|.\0[A-Z]{2})", re.DOTALL),
    re.compile(rb"\x08\0[\x01\x05\x08\x12\x16]\0.\0\0\0", re.DOTALL),
)
"""How files begin: with a preamble (PS3.10, 7.1), or without one with an element of their first group, explicit or implicit."""

DIGEST = re.compile(r"[0-9a-f]{64}")
UID = re.compile(r"[0-9.]{1,64}")
"""PS3.5, 9.1."""

READER = "pydicom"


def is_dicom(data: bytes) -> bool:
    """Whether bytes begin as DICOM does."""
    return any(start.match(data) for start in STARTS)


def can_read_dicom() -> bool:
    """Whether the optional library is installed."""
    return importlib.util.find_spec(READER) is not None


def require_dicom_reader(limits: PhotoLimits) -> None:
    """Refuse a DICOM file with the word that names the optional library, where that is not installed.

    Raises
    ------
    DicomFile
    """
    if not can_read_dicom():
        raise refusal("dicom", limits)


@dataclass(frozen=True, repr=False)
class DicomSource:
    """Where a DICOM file belongs and whose it is.  It has no `repr`: nothing that prints it may name a patient.

    Parameters
    ----------
    sha256 : str
        Of the photo (`PhotoFacts.sha256`).
    sop_class, instance, series, study : str
        UIDs; empty where the file lacks one.
    patient_id, issuer, name, birth_date, sex : str
        As written.
    study_date, study_time, study_id, accession_number, referring_physician : str
    """

    sha256: str
    sop_class: str
    instance: str
    series: str
    study: str
    patient_id: str
    issuer: str
    name: str
    birth_date: str
    sex: str
    study_date: str
    study_time: str
    study_id: str
    accession_number: str
    referring_physician: str

    @property
    def can_be_linked(self) -> bool:
        """Whether another file can refer to it."""
        return all((self.sop_class, self.instance, self.series, self.study))


_FIELDS = {
    "sop_class": "SOPClassUID",
    "instance": "SOPInstanceUID",
    "series": "SeriesInstanceUID",
    "study": "StudyInstanceUID",
    "patient_id": "PatientID",
    "issuer": "IssuerOfPatientID",
    "name": "PatientName",
    "birth_date": "PatientBirthDate",
    "sex": "PatientSex",
    "study_date": "StudyDate",
    "study_time": "StudyTime",
    "study_id": "StudyID",
    "accession_number": "AccessionNumber",
    "referring_physician": "ReferringPhysicianName",
}
"""Field to the attribute that the child names."""


def without_identity(data: bytes, *, limits: PhotoLimits = DEFAULT_LIMITS) -> bytes:
    """A photo's bytes as they may be kept: of a DICOM file, a copy without what names a patient or a study; of all else, they themselves.

    Raises
    ------
    PhotoError
        A DICOM file that can't be read as a photo.
    """
    if not is_dicom(data):
        return data
    require_dicom_reader(limits)
    return ask_about_dicom(data, "kept", limits).body


def dicom_source(data: bytes, *, limits: PhotoLimits = DEFAULT_LIMITS) -> DicomSource | None:
    """Whose a DICOM file is; None for a photo of another format.

    Raises
    ------
    PhotoError
        A DICOM file that can't be read as a photo.
    """
    if not is_dicom(data):
        return None
    require_dicom_reader(limits)
    told = ask_about_dicom(data, "source", limits).facts
    texts = {field: _printed(told.get(name)) for field, name in _FIELDS.items()}
    for field in ("sop_class", "instance", "series", "study"):
        texts[field] = texts[field] if UID.fullmatch(texts[field]) else ""
    return DicomSource(checked_digest(told.get("sha256")), **texts)


def checked_digest(said: object) -> str:
    """A digest as the child gives it.

    Raises
    ------
    PhotoError
        It is none.
    """
    if not isinstance(said, str) or not DIGEST.fullmatch(said):
        raise refusal("damaged", DEFAULT_LIMITS)
    return said


def _printed(said: object) -> str:
    """Text without control characters and without what parts several values."""
    return "".join(sign for sign in said if sign.isprintable() and sign != "\\").strip() if isinstance(said, str) else ""
