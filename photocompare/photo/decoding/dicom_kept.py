"""A DICOM photo as it may be kept: its picture untouched, the facts of the allow-list, and nothing that names a patient or a study.

The digest of a DICOM photo is that of this copy, so that it is the same before and after the copy was made.
"""

from __future__ import annotations

import hashlib
import io
from typing import Any

from photocompare.photo.decoding.dicom_facts import FACT_ATTRIBUTES, dicom_tags, icc_profile
from photocompare.photo.decoding.dicom_file import EXPLICIT_BIG, IMAGE_ATTRIBUTES, IMPLICIT_LITTLE, DicomFile, judge_picture, read_dicom
from photocompare.photo.decoding.refusal import MALFORMED, CannotDecode
from photocompare.photo.decoding.tags import LONGEST_TEXT

AS_WRITTEN = (
    *("AcquisitionDateTime", "AcquisitionDate", "AcquisitionTime", "ContentDate", "ContentTime", "StudyDate", "StudyTime"),
    *("TimezoneOffsetFromUTC", "Manufacturer", "ManufacturerModelName", "ColorSpace", "BurnedInAnnotation", "PixelSpacingCalibrationType"),
)
"""Facts of one text that are taken over."""

NUMBERS = (
    *("ExposureTimeInSeconds", "PhotographicSensitivity", "FlashFiringStatus", "FocalLength", "FocalLengthIn35mmFilm"),
    *("WhitePoint", "PrimaryChromaticities", "PixelSpacing"),
)

BODY_PART_WORDS = {"leg": "LOWERLIMB"}
"""How a part of the leg is written where its own name means another one."""

WRITER = ("2.25.246378160905817464302386203914573716224", "PHOTOCOMPARE")
"""Implementation class and version name (PS3.10, 7.1): the same from every version of every library, for the digest's sake."""


SOURCE_ATTRIBUTES = (
    *("SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID"),
    *("PatientID", "IssuerOfPatientID", "PatientName", "PatientBirthDate", "PatientSex"),
    *("StudyDate", "StudyTime", "StudyID", "AccessionNumber", "ReferringPhysicianName"),
)
"""Where a file belongs and whose it is; read for the files that go back to an archive, and for nothing else."""

LONGEST_SOURCE_TEXT = 324
"""Characters: a person's name in three ways of writing, of 64 characters and five parts each (PS3.5, 6.2.1)."""


def source_of(data: bytes, limits: dict[str, int]) -> dict[str, str]:
    """`SOURCE_ATTRIBUTES` as text, empty where absent, and "sha256", the photo's digest.

    Raises
    ------
    CannotDecode
        As for the photo.
    """
    names = dict.fromkeys((*IMAGE_ATTRIBUTES, *FACT_ATTRIBUTES, *SOURCE_ATTRIBUTES))
    file = read_dicom(data, names, limits)
    judge_picture(file, limits)
    told = {name: file.text(name)[:LONGEST_SOURCE_TEXT] for name in SOURCE_ATTRIBUTES}
    return {**told, "sha256": kept_digest(file)}


def without_identity(data: bytes, limits: dict[str, int]) -> bytes:
    """The copy of a file that may be kept.

    Raises
    ------
    CannotDecode
        As for the photo.
    """
    file = read_dicom(data, (*IMAGE_ATTRIBUTES, *FACT_ATTRIBUTES), limits)
    judge_picture(file, limits)
    return kept_copy(file)


def kept_digest(file: DicomFile) -> str:
    """SHA-256 of the copy that may be kept."""
    return hashlib.sha256(kept_copy(file)).hexdigest()


def kept_copy(file: DicomFile) -> bytes:
    """The bytes of the copy.

    Raises
    ------
    CannotDecode
        "damaged": an attribute can't be written.
    """
    from pydicom import dcmwrite
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import UID

    try:
        facts = _facts(file)
        for name in IMAGE_ATTRIBUTES:
            if file.value(name) is not None:
                facts.add(file.attributes[name])
        instance = hashlib.sha256(bytes(file.attributes.PixelData)).digest()
        facts.SOPInstanceUID = f"2.25.{int.from_bytes(instance[:16], 'big')}"
        head = FileMetaDataset()
        head.MediaStorageSOPClassUID, head.MediaStorageSOPInstanceUID = facts.SOPClassUID, facts.SOPInstanceUID
        head.TransferSyntaxUID = UID(file.syntax)
        head.ImplementationClassUID, head.ImplementationVersionName = UID(WRITER[0]), WRITER[1]
        buffer = io.BytesIO()
        copy = FileDataset(buffer, facts, bytes(128), head, file.syntax == IMPLICIT_LITTLE, file.syntax != EXPLICIT_BIG)
        copy["PixelData"].is_undefined_length = file.attributes["PixelData"].is_undefined_length
        dcmwrite(buffer, copy, enforce_file_format=True)
    except (NotImplementedError, *MALFORMED):
        raise CannotDecode("damaged") from None
    return buffer.getvalue()


def _facts(file: DicomFile) -> Any:
    from pydicom.dataset import Dataset

    facts = Dataset()
    for name in AS_WRITTEN:
        text = "".join(sign for sign in file.text(name) if " " <= sign <= "~" and sign != "\\")[:LONGEST_TEXT].strip()
        if text:
            setattr(facts, name, text)
    for name in NUMBERS:
        if file.value(name) not in (None, ""):
            facts.add(file.attributes[name])
    found = dicom_tags(file)
    if "laterality" in found:
        facts.ImageLaterality = found["laterality"][0].upper()
    if "body_part" in found:
        facts.BodyPartExamined = BODY_PART_WORDS.get(found["body_part"], found["body_part"].upper())
    if (profile := icc_profile(file)) is not None:
        facts.ICCProfile = profile
    return facts
