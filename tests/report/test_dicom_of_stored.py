"""DICOM out of a stored comparison, as the viewer hands it over: the same summary and numbers, of nobody."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread
from pydicom.dataset import Dataset, FileDataset

from photocompare.base.estimate import Estimate
from photocompare.report.dicom.archive import ARCHIVE_FILES, MEASUREMENTS, SUMMARY
from photocompare.report.dicom.zipped import dicom_zip
from photocompare.report.files.dossier_making import dossier_of
from photocompare.report.pictures.summary import summary_png
from photocompare.report.words.texts import texts
from photocompare.results.dossier import Dossier, read_dossier, write_dossier
from photocompare.results.result import SCHEMA
from tests.support.dcmtk import said_by
from tests.support.made_comparison import make_comparison

EN, DE = texts("en"), texts("de")
IDENTIFYING = (
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "AccessionNumber",
    "ReferringPhysicianName",
    "StudyID",
    "StudyDate",
)


@pytest.fixture(scope="module")
def dossier() -> Dossier:
    return read_dossier(write_dossier(dossier_of(make_comparison())))


def taken(dossier: Dossier, facts: list[dict[str, Any]] | None = None, t: Any = EN) -> tuple[FileDataset, FileDataset]:
    with zipfile.ZipFile(io.BytesIO(dicom_zip(dossier, facts or [], t))) as archive:
        assert tuple(archive.namelist()) == ARCHIVE_FILES
        assert archive.testzip() is None
        return dcmread(io.BytesIO(archive.read(SUMMARY))), dcmread(io.BytesIO(archive.read(MEASUREMENTS)))


def items(attributes: Dataset) -> list[Dataset]:
    found = list(attributes.get("ContentSequence") or ())
    return [*found, *(inner for item in found for inner in items(item))]


def numbers(report: Dataset) -> dict[str, float]:
    found = [item for item in items(report) if item.ValueType == "NUM"]
    return {item.ConceptNameCodeSequence[0].CodeMeaning: float(item.MeasuredValueSequence[0].NumericValue) for item in found}


def comments(report: Dataset) -> list[str]:
    return [item.TextValue for item in items(report) if item.ValueType == "TEXT"]


def test_both_files_hold_what_the_other_exports_hold_and_name_nobody(dossier: Dossier) -> None:
    picture, report = taken(dossier, t=DE)
    shown = np.asarray(Image.open(io.BytesIO(summary_png(dossier, DE))).convert("RGB"))
    np.testing.assert_array_equal(picture.pixel_array, shown)
    length = dossier.result.length
    assert length is not None
    told = numbers(report)
    assert told["Clearance of vein length"] == length.value
    assert told["Clearance of vein length, 95 % interval, lower"] == length.low
    assert told["Days between the photos"] == dossier.result.timing.days
    for made in (picture, report):
        assert not any(made.get(name) for name in IDENTIFYING)
        assert made.StudyInstanceUID == picture.StudyInstanceUID
    assert "SourceImageSequence" not in picture
    assert "ImageLaterality" not in picture


@pytest.mark.parametrize(("sides", "told"), [(("left", None), "L"), (("left", "right"), None), ((None, None), None)])
def test_the_side_is_that_which_the_photos_files_tell(dossier: Dossier, sides: tuple[str | None, str | None], told: str | None) -> None:
    picture, _ = taken(dossier, [{"laterality": side, "camera_model": "One"} for side in sides])
    assert picture.get("ImageLaterality") == told


def test_a_refused_pair_has_its_reasons_and_no_percentage() -> None:
    refused = dossier_of(make_comparison("not_same_view"))
    _, report = taken(refused)
    assert any(EN.flag("not_same_view")[0] in said for said in comments(report))
    assert not any("learance" in name for name in numbers(report))


def test_a_number_corrected_by_hand_stands_beside_what_was_measured(dossier: Dossier) -> None:
    measured = dossier.result.length
    assert measured is not None
    corrected = dossier.result.corrected(Estimate(81.2, 70.0, 90.0, "%"), by="Dr. Corrects", at=dt.datetime(2026, 3, 1, tzinfo=dt.UTC))
    _, report = taken(dataclasses.replace(dossier, result=corrected))
    told = numbers(report)
    assert told["Clearance of vein length"] == 81.2
    assert told["Measured clearance of vein length"] == measured.value
    assert told["Measured clearance of vein length, 95 % interval, upper"] == measured.high
    assert any("corrected the clearance of vein length by hand" in said for said in comments(report))
    assert not any("Corrects" in said for said in comments(report))
    assert "Measured clearance of vein length" not in numbers(taken(dossier)[1])
    assert not any("by hand" in said for said in comments(taken(dossier)[1]))


def test_an_earlier_contract_says_so(dossier: Dossier) -> None:
    earlier = dataclasses.replace(dossier.result, schema="photocompare.comparison/1")
    assert earlier.schema != SCHEMA
    said = EN("contract.earlier", n=1)
    assert said in comments(taken(dataclasses.replace(dossier, result=earlier))[1])
    assert said not in comments(taken(dossier)[1])


@pytest.mark.thorough
def test_dcmtk_reads_both(dossier: Dossier, tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(dicom_zip(dossier, [{"laterality": "right"}], EN))) as archive:
        archive.extractall(tmp_path)
    said = said_by("dsrdump", "+Pc", tmp_path / MEASUREMENTS)
    assert "Comprehensive SR Document" in said
    assert '(24028007,SCT,"Right")' in said
    assert '"Clearance of vein length")=' in said
    for name in ARCHIVE_FILES:
        assert '"00100010"' in said_by("dcm2json", tmp_path / name)
