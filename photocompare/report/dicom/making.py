"""Both files for an archive, as bytes: the summary picture as secondary capture, and the structured report that shows it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import highdicom
import numpy as np
from highdicom.sc import SCImage
from pydicom import config
from pydicom.dataset import Dataset

from photocompare.base.arrays import SRGB8
from photocompare.report.dicom.filing import Filing, file_under
from photocompare.report.dicom.structured_report import Setting, structured_report
from photocompare.report.words.reasons import told_reasons
from photocompare.report.words.result import earlier_contract
from photocompare.report.words.summary import headline
from photocompare.report.words.texts import texts
from photocompare.results.result import Result

if TYPE_CHECKING:
    from pydicom.dataset import FileDataset

BURNT_IN = "burnt_in_text"
"""The flag of a photo whose file says that writing is burnt into it."""

CORRECTED = "A reader corrected the clearance of vein length by hand; what was measured stands beside it."


def dicom_files(result: Result, summary: SRGB8, filing: Filing, setting: Setting) -> tuple[bytes, bytes]:
    """The summary picture and the report.

    Parameters
    ----------
    result : Result
    summary : ndarray of uint8, shape (H, W, 3)
        As `summary.png` shows it.
    filing : Filing
    setting : Setting
    """
    # The libraries print and log what they doubt, and that may be a name.
    with config.disable_value_validation():
        picture = _summary_picture(summary, filing, setting)
        # What is burnt into a photo is seen in its summary too.
        picture.BurnedInAnnotation = "YES" if any(reason.code == BURNT_IN for reason in result.reasons) else "NO"
        report = structured_report(result, picture, filing.linked, setting)
        for attributes in (picture, report):
            file_under(attributes, filing)
        return _bytes(picture), _bytes(report)


def sentences_of(result: Result) -> tuple[str, ...]:
    """The headline, what is special about it, and every reason, in English words."""
    t = texts("en")
    special = (CORRECTED if result.correction is not None else "", earlier_contract(result, t))
    return (headline(result, t), *filter(None, special), *(f"{reason.message} {reason.fix}" for reason in told_reasons(result, t)))


def _summary_picture(summary: SRGB8, filing: Filing, setting: Setting) -> SCImage:
    study = filing.source.study if filing.source is not None and filing.source.study else highdicom.UID()
    picture = SCImage(
        np.ascontiguousarray(summary),
        photometric_interpretation="RGB",
        bits_allocated=8,
        coordinate_system="PATIENT",
        patient_orientation=("A", "F"),
        study_instance_uid=study,
        series_instance_uid=highdicom.UID(),
        series_number=setting.series_number,
        sop_instance_uid=highdicom.UID(),
        instance_number=1,
        manufacturer=setting.maker,
        manufacturer_model_name=setting.maker,
        software_versions=setting.version,
        series_description="photocompare summary",
        specific_character_set="ISO_IR 192",
    )
    # A page of pictures and words lies no way in the patient.
    picture.PatientOrientation = []
    picture.ConversionType = "WSD"
    picture.DerivationDescription = "Summary of a comparison of two photographs of a leg"
    if setting.laterality is not None:
        picture.ImageLaterality = setting.laterality[0].upper()
    if filing.linked:
        picture.SourceImageSequence = [_reference(source.sop_class, source.instance) for source in filing.linked]
    return picture


def _reference(sop_class: str, instance: str) -> Dataset:
    reference = Dataset()
    reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = sop_class, instance
    return reference


def _bytes(attributes: FileDataset | Dataset) -> bytes:
    file = io.BytesIO()
    attributes.save_as(file, enforce_file_format=True)
    return file.getvalue()
