"""DICOM out: the summary picture and the numbers for an archive, of the photos' patient or of nobody."""

from __future__ import annotations

import dataclasses
import io
import json
import logging
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread, uid
from pydicom.dataset import Dataset, FileDataset

from photocompare.base.errors import UsageError
from photocompare.base.flags import raised
from photocompare.photo.dicom import DicomSource, dicom_source
from photocompare.photo.facts import kept_facts
from photocompare.photo.reading import photo_from_array
from photocompare.report.dicom import archive as archive_room
from photocompare.report.dicom.archive import ARCHIVE_FILES, MEASUREMENTS, SUMMARY, Archive, check_can_write
from photocompare.report.dicom.filing import Filing, Unfiled, filing_of
from photocompare.report.files.comparison_files import write_comparison
from tests.support import dicom_files as files
from tests.support.dcmtk import said_by
from tests.support.hostile_files import scene
from tests.support.made_comparison import make_comparison

REFUSING = ("not_same_view", "registration_uncertain", "soft:before")


def source_of(seed: int = 1, **changes: Any) -> DicomSource:
    found = dicom_source(files.dicom(scene(seed=seed), **changes))
    assert found is not None
    return found


@pytest.fixture(scope="module")
def before() -> DicomSource:
    return source_of(1)


@pytest.fixture(scope="module")
def after() -> DicomSource:
    return source_of(2, StudyDate="20260606", StudyID="STUDY-32")


def written(folder: Path, filing: Filing, *, refused: bool = False) -> tuple[FileDataset, FileDataset]:
    write_comparison(
        make_comparison(*REFUSING) if refused else make_comparison(),
        folder,
        archive=Archive(filing),
    )
    return dcmread(folder / SUMMARY), dcmread(folder / MEASUREMENTS)


def items(attributes: Dataset) -> Iterator[Dataset]:
    """Every content item of a report, in order."""
    for item in attributes.get("ContentSequence") or ():
        yield item
        yield from items(item)


def named(report: Dataset, kind: str) -> dict[str, Dataset]:
    return {item.ConceptNameCodeSequence[0].CodeMeaning: item for item in items(report) if item.ValueType == kind}


def of_name(report: Dataset, meaning: str) -> list[Dataset]:
    return [item for item in items(report) if item.ConceptNameCodeSequence[0].CodeMeaning == meaning]


def number_of(item: Dataset) -> float:
    return float(item.MeasuredValueSequence[0].NumericValue)


def test_the_files_hold_what_the_others_show(tmp_path: Path) -> None:
    picture, report = written(tmp_path, Filing(None, (), "not_dicom"))
    np.testing.assert_array_equal(picture.pixel_array, np.asarray(Image.open(tmp_path / "summary.png").convert("RGB")))
    told = json.loads((tmp_path / "result.json").read_text())
    numbers = named(report, "NUM")
    for name, figure in (("length", "vein length"), ("area", "vein area"), ("contrast", "vein contrast")):
        item, wanted = numbers[f"Clearance of {figure}"], told["clearance"][name]
        assert number_of(item) == wanted["percent"]
        up, down = (number_of(reach) for reach in item.ContentSequence)
        assert number_of(item) + up == pytest.approx(wanted["high"])
        assert number_of(item) - down == pytest.approx(wanted["low"])
        assert {reach.MeasuredValueSequence[0].MeasurementUnitsCodeSequence[0].CodeValue for reach in item.ContentSequence} == {"%"}
        assert number_of(numbers[f"Clearance of {figure}, 95 % interval, lower"]) == wanted["low"]
        assert number_of(numbers[f"Clearance of {figure}, 95 % interval, upper"]) == wanted["high"]
    assert number_of(numbers["Length of veins that cleared"]) == pytest.approx(told["fate_mm"]["cleared"])
    assert number_of(numbers["Days between the photos"]) == told["timing"]["days"]
    status = named(report, "CODE")["Status of the comparison"].ConceptCodeSequence[0]
    assert (status.CodeValue, status.CodingSchemeDesignator) == (told["status"], "99PHOTOCOMPARE")
    assert report.ContentTemplateSequence[0].TemplateIdentifier == "1500"
    assert (picture.SOPClassUID, report.SOPClassUID) == (uid.SecondaryCaptureImageStorage, uid.ComprehensiveSRStorage)


def test_the_report_shows_the_summary_of_its_own_study(tmp_path: Path) -> None:
    picture, report = written(tmp_path, Filing(None, (), "not_dicom"))
    shown = named(report, "IMAGE")["Summary picture"].ReferencedSOPSequence[0]
    assert shown.ReferencedSOPInstanceUID == picture.SOPInstanceUID
    assert picture.StudyInstanceUID == report.StudyInstanceUID
    assert picture.SeriesInstanceUID != report.SeriesInstanceUID
    for made in (picture, report):
        assert not made.PatientName
        assert not made.PatientID
        assert not made.PatientBirthDate
    assert "SourceImageSequence" not in picture


def test_the_files_of_one_patient_are_that_patients_and_link_the_photos(tmp_path: Path, before: DicomSource, after: DicomSource) -> None:
    filing = filing_of([before], [after])
    assert filing.unfiled == ""
    picture, report = written(tmp_path, filing)
    for made in (picture, report):
        for name in ("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "AccessionNumber", "ReferringPhysicianName"):
            assert str(made[name].value) == files.IDENTITY[name]
        assert (made.StudyInstanceUID, made.StudyDate, made.StudyID) == (after.study, "20260606", "STUDY-32")
        assert made.SOPInstanceUID not in (before.instance, after.instance)
    linked = {before.instance, after.instance}
    assert {item.ReferencedSOPInstanceUID for item in picture.SourceImageSequence} == linked
    sources = [item for item in items(report) if item.ValueType == "IMAGE"]
    assert {item.ReferencedSOPSequence[0].ReferencedSOPInstanceUID for item in sources} == {*linked, picture.SOPInstanceUID}
    told = {
        instance.ReferencedSOPInstanceUID: study.StudyInstanceUID
        for evidence in (report.CurrentRequestedProcedureEvidenceSequence, report.PertinentOtherEvidenceSequence)
        for study in evidence
        for series in study.ReferencedSeriesSequence
        for instance in series.ReferencedSOPSequence
    }
    assert told == {before.instance: before.study, after.instance: after.study, picture.SOPInstanceUID: after.study}


def test_whose_the_photos_are_is_in_no_other_file_and_in_no_log(
    tmp_path: Path, before: DicomSource, after: DicomSource, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    odd = dataclasses.replace(after, name="Kowalska^^^^^^Jadwiga" + "x" * 90, birth_date="1961-05-02", sex="woman", study_time="noon")
    odd = dataclasses.replace(odd, study_id="STUDY-31 " * 9, accession_number="ACC-99817" * 9)
    with caplog.at_level(logging.DEBUG):
        for filing in (filing_of([before], [after]), Filing(odd, (odd,))):
            written(tmp_path, filing)
    said = caplog.text + "".join(capfd.readouterr())
    assert not any(secret in said for secret in files.SECRETS)
    for path in tmp_path.iterdir():
        if path.name not in ARCHIVE_FILES:
            assert not any(secret.encode() in path.read_bytes() for secret in files.SECRETS), path.name


def test_what_an_archive_would_refuse_is_left_empty(tmp_path: Path, after: DicomSource) -> None:
    odd = dataclasses.replace(after, birth_date="1961-05-02", sex="woman", study_time="noon", study_id="S" * 40)
    picture, _ = written(tmp_path, Filing(odd, ()))
    assert (picture.PatientBirthDate, picture.PatientSex, picture.StudyTime, picture.StudyID) == ("", "", "", "S" * 16)


def test_a_name_in_any_script_comes_through(tmp_path: Path) -> None:
    source = source_of(3, SpecificCharacterSet="ISO_IR 192", PatientName="Łuczak^Święta=山田^太郎")
    for made in written(tmp_path, filing_of([source], [source])):
        assert str(made.PatientName) == "Łuczak^Święta=山田^太郎"


@pytest.mark.parametrize(
    ("changes", "unfiled"),
    [
        ({}, ""),
        ({"PatientName": "KOWALSKA^JADWIGA^^"}, ""),
        ({"PatientBirthDate": ""}, ""),
        ({"PatientID": "CHART-4712-X"}, "patients_differ"),
        ({"PatientName": "Nowak^Anna"}, "patients_differ"),
        ({"PatientBirthDate": "19610503"}, "patients_differ"),
        ({"IssuerOfPatientID": "North"}, ""),
        ({"PatientID": ""}, "no_patient"),
        ({"StudyInstanceUID": ""}, ""),
    ],
)
def test_photos_are_of_one_patient_where_nothing_contradicts(before: DicomSource, changes: dict[str, str], unfiled: Unfiled) -> None:
    filing = filing_of([before], [source_of(2, **changes)])
    assert filing.unfiled == unfiled
    assert (filing.source is None) == bool(unfiled)
    assert (before in filing.linked) == (unfiled != "patients_differ")


def test_a_collage_is_linked_once_and_a_photo_of_no_study_begins_one(tmp_path: Path, after: DicomSource) -> None:
    assert filing_of([after], [after]).linked == (after,)
    alone = dataclasses.replace(after, study="")
    picture, report = written(tmp_path, filing_of([alone], [alone]))
    assert picture.PatientID == report.PatientID == "CHART-4711-X"
    assert picture.StudyInstanceUID == report.StudyInstanceUID != ""


def test_of_different_patients_nothing_is_told(tmp_path: Path, before: DicomSource) -> None:
    other = source_of(2, PatientID="OTHER-1")
    written(tmp_path, filing_of([before], [other]))
    for path in tmp_path.iterdir():
        data = path.read_bytes()
        assert not any(secret.encode() in data for secret in (*files.SECRETS, "OTHER-1", before.instance, other.instance, before.study))


def test_beside_a_photo_of_another_format_the_dicom_one_is_linked(tmp_path: Path, after: DicomSource) -> None:
    filing = filing_of([None], [after])
    assert (filing.source, filing.linked, filing.unfiled) == (None, (after,), "not_dicom")
    picture, report = written(tmp_path, filing)
    assert not picture.PatientName
    assert picture.StudyInstanceUID != after.study
    assert named(report, "IMAGE")["Source of Measurement"].ReferencedSOPSequence[0].ReferencedSOPInstanceUID == after.instance
    third = source_of(3, PatientID="OTHER-1")
    assert filing_of([after, third], [None]).unfiled == "patients_differ"


def test_a_refusal_is_reported_with_its_reasons_and_without_a_percentage(tmp_path: Path, before: DicomSource, after: DicomSource) -> None:
    _, report = written(tmp_path, filing_of([before], [after]), refused=True)
    told = json.loads((tmp_path / "result.json").read_text())
    assert named(report, "CODE")["Status of the comparison"].ConceptCodeSequence[0].CodeValue == "not_comparable"
    reasons = [item.ConceptCodeSequence[0] for item in of_name(report, "Reason")]
    assert [code.get("CodeValue", code.get("LongCodeValue")) for code in reasons] == [reason["code"] for reason in told["reasons"]]
    comments = [
        item.TextValue for item in items(report) if item.ValueType == "TEXT" and item.ConceptNameCodeSequence[0].CodeMeaning == "Comment"
    ]
    for reason in told["reasons"]:
        assert any(reason["message"] in comment and reason["fix"] in comment for comment in comments)
    units = [item.MeasuredValueSequence[0].MeasurementUnitsCodeSequence[0].CodeValue for item in items(report) if item.ValueType == "NUM"]
    assert "%" not in units
    assert all(math.isfinite(number_of(item)) for item in items(report) if item.ValueType == "NUM")


def test_side_and_part_of_the_leg_are_coded_where_the_photos_agree(tmp_path: Path) -> None:
    facts = dataclasses.replace(photo_from_array(scene()).facts, laterality="left", body_part="calf")
    filing = Filing(None, (), "not_dicom")
    write_comparison(
        make_comparison(), tmp_path, archive=Archive(filing, [kept_facts(facts), kept_facts(dataclasses.replace(facts, body_part="thigh"))])
    )
    site = named(dcmread(tmp_path / MEASUREMENTS), "CODE")["Finding Site"]
    assert site.ConceptCodeSequence[0].CodeValue == "61685007"
    assert site.ContentSequence[0].ConceptCodeSequence[0].CodeValue == "7771000"
    assert dcmread(tmp_path / SUMMARY).ImageLaterality == "L"


def test_writing_burnt_into_a_photo_is_in_its_summary_too(tmp_path: Path) -> None:
    marked = make_comparison()
    marked = dataclasses.replace(marked, reasons=[*marked.reasons, raised("burnt_in_text", "after")])
    write_comparison(marked, tmp_path, archive=Archive(Filing(None, (), "not_dicom")))
    assert dcmread(tmp_path / SUMMARY).BurnedInAnnotation == "YES"


def test_files_for_an_archive_go_with_their_comparison(tmp_path: Path) -> None:
    written(tmp_path, Filing(None, (), "not_dicom"))
    names = write_comparison(make_comparison(), tmp_path)
    assert not set(ARCHIVE_FILES) & ({path.name for path in tmp_path.iterdir()} | set(names))


def test_what_can_not_be_made_leaves_an_earlier_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_comparison(make_comparison(), tmp_path)
    kept = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def full(*_: object) -> dict[str, bytes]:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Archive, "files", full)
    with pytest.raises(UsageError, match="No space left"):
        write_comparison(make_comparison(*REFUSING), tmp_path, archive=Archive(Filing(None, ())))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == kept


def test_without_the_libraries_the_word_says_how_to_get_them(monkeypatch: pytest.MonkeyPatch) -> None:
    check_can_write()
    monkeypatch.setattr(archive_room, "WRITERS", ("no_such_library",))
    with pytest.raises(UsageError, match=r"pip install 'photocompare\[dicom\]'"):
        check_can_write()


# Read by another program


@pytest.mark.thorough
@pytest.mark.parametrize("refused", [False, True])
def test_dsrdump_reads_the_report(tmp_path: Path, before: DicomSource, after: DicomSource, refused: bool) -> None:
    written(tmp_path, filing_of([before], [after]), refused=refused)
    said = said_by("dsrdump", "+Pc", "+Pl", tmp_path / MEASUREMENTS)
    assert "Comprehensive SR Document" in said
    assert "Kowalska^Jadwiga" in said
    assert ("not_comparable,99PHOTOCOMPARE" in said) == refused
    assert ("range of upper measurement uncertainty" in said) != refused
    told = json.loads((tmp_path / "result.json").read_text())
    for reason in told["reasons"]:
        assert reason["message"] in said
    if not refused:
        assert f'"Clearance of vein length")="{told["clearance"]["length"]["percent"]}" (%,UCUM,"Percent")' in said


@pytest.mark.thorough
def test_dcm2json_reads_both_files(tmp_path: Path, before: DicomSource, after: DicomSource) -> None:
    picture, report = written(tmp_path, filing_of([before], [after]))
    for name, made in ((SUMMARY, picture), (MEASUREMENTS, report)):
        told = json.loads(said_by("dcm2json", tmp_path / name))
        assert told["00080018"]["Value"] == [made.SOPInstanceUID]
        assert told["0020000D"]["Value"] == [after.study]
        assert told["00100020"]["Value"] == ["CHART-4711-X"]
        assert told["00100010"]["Value"] == [{"Alphabetic": "Kowalska^Jadwiga"}]
    figures = json.dumps(json.loads(said_by("dcm2json", tmp_path / MEASUREMENTS)))
    assert "Clearance of vein length" in figures


@pytest.mark.thorough
def test_dcmtk_decodes_the_summary_as_it_is(tmp_path: Path, after: DicomSource) -> None:
    written(tmp_path, Filing(after, ()))
    said_by("dcm2pnm", "+on", tmp_path / SUMMARY, tmp_path / "seen.png")
    seen = np.asarray(Image.open(io.BytesIO((tmp_path / "seen.png").read_bytes())).convert("RGB"))
    np.testing.assert_array_equal(seen, np.asarray(Image.open(tmp_path / "summary.png").convert("RGB")))
