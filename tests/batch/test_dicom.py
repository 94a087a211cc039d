"""Files for an archive out of a batch: those that `compare` writes, for each pair by itself, also where the batch was stopped."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image
from pyarrow import parquet
from pydicom import dcmread
from pydicom.dataset import Dataset

from photocompare import cli
from photocompare.base.errors import UsageError
from photocompare.batch.keeping import PAIR, THUMBNAILS
from photocompare.batch.manifest import Manifest, PairRow, read_manifest
from photocompare.batch.pair import PairDetails, PairTask, attempt, measure_pair
from photocompare.batch.run import BatchOptions, BatchSummary, run_batch
from photocompare.batch.saving import SaveToRecords
from photocompare.batch.sources import SentBytes
from photocompare.records.places import in_folder
from photocompare.records.store import Records
from photocompare.report.dicom import archive as archive_room
from photocompare.report.dicom import making
from photocompare.report.dicom.archive import ARCHIVE_FILES, MEASUREMENTS, SUMMARY
from photocompare.report.dicom.filing import WHY_UNFILED
from tests.support import dicom_files
from tests.support.painted_leg import two_encoded_legs
from tests.support.stand_in_measures import small_pair

DICOM, PLAIN = BatchOptions(workers=1, dicom=True), BatchOptions(workers=1)
OTHER = "OTHER-1"


@pytest.fixture(autouse=True)
def same_threads() -> Iterator[None]:
    """Gives OpenCV back the threads that an attempt within this process takes from it."""
    before = cv2.getNumThreads()
    yield
    cv2.setNumThreads(before)


@pytest.fixture
def listed(tmp_path: Path) -> Manifest:
    """Pairs of one patient's DICOM photos, of two patients' that show no leg, of JPEG, and one with a file that is no photo."""
    photos = tmp_path / "photos"
    small_pair(photos)
    before, after = (np.asarray(Image.open(photos / f"{which}.jpg")) for which in ("before", "after"))
    (photos / "IM1").write_bytes(dicom_files.dicom(before))
    (photos / "IM2").write_bytes(dicom_files.dicom(after))
    (photos / "IM3").write_bytes(dicom_files.dicom(np.full((300, 300, 3), 90, np.uint8), PatientID=OTHER))
    (photos / "text.jpg").write_text("no photo")
    (photos / "manifest.csv").write_text("before,after\nIM1,IM2\ntext.jpg,IM2\nIM1,IM3\nbefore.jpg,after.jpg\n")
    return read_manifest(photos / "manifest.csv")


def only(listed: Manifest, number: int, **facts: Any) -> Manifest:
    """One row of it."""
    return Manifest(listed.root, (PairRow(**(vars(listed.rows[number]) | facts)),))


def run(listed: Manifest, out: Path, options: BatchOptions = DICOM, **how: Any) -> BatchSummary:
    return run_batch(listed, out, options=options, **how)


def table(out: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = parquet.read_table(out / "results.parquet").to_pylist()
    return rows


def folder_of(out: Path) -> Path:
    """The folder of the one pair."""
    (folder,) = (out / "pairs").iterdir()
    return folder


def bytes_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: object) -> tuple[int, str, str]:
    """Exit status, standard output and standard error of one call."""
    monkeypatch.setattr(sys, "argv", ["photocompare", *map(str, arguments)])
    with pytest.raises(SystemExit) as left:
        cli.main()
    said = capsys.readouterr()
    return int(left.value.code or 0), said.out, said.err


def contents(report: Dataset) -> list[str]:
    """What a report says, item by item, without the identifiers that each report has anew."""
    said = []
    for item in report.get("ContentSequence") or ():
        name = item.ConceptNameCodeSequence[0].CodeMeaning if "ConceptNameCodeSequence" in item else ""
        value = {
            "NUM": lambda item: str(item.MeasuredValueSequence[0].NumericValue),
            "CODE": lambda item: item.ConceptCodeSequence[0].CodeMeaning,
            "TEXT": lambda item: item.TextValue,
        }.get(item.ValueType, lambda _: "")
        said += [f"{item.ValueType} {name} {value(item)}", *contents(item)]
    return said


def test_each_pair_has_the_files_that_compare_writes(
    listed: Manifest, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    cv2.setNumThreads(1)  # as in the batch
    out, alone = tmp_path / "out", tmp_path / "alone"
    status, said, errors = command(capsys, monkeypatch, "batch", listed.root / "manifest.csv", "--out", out, "--dicom", "--workers", 1)
    assert status == 0, errors
    assert "Pairs whose DICOM files name no patient: 2; the table's column not_filed says why" in said
    rows = table(out)
    assert [row["status"] for row in rows] == ["indicative", "unreadable", "not_comparable", "indicative"]
    assert [row["not_filed"] or "" for row in rows] == ["", "", WHY_UNFILED["patients_differ"], WHY_UNFILED["not_dicom"]]
    status, _, _ = command(capsys, monkeypatch, "compare", listed.root / "IM1", listed.root / "IM2", "--out", alone, "--dicom")
    assert status == 0
    folder = out / "pairs" / rows[0]["pair"]
    assert {path.name for path in folder.iterdir()} == {*(path.name for path in alone.iterdir()), PAIR, THUMBNAILS}
    for name in ARCHIVE_FILES:
        made, wanted = dcmread(folder / name), dcmread(alone / name)
        for attribute in ("PatientID", "PatientName", "PatientBirthDate", "StudyInstanceUID", "StudyDate", "SOPClassUID", "SeriesNumber"):
            assert str(made[attribute].value) == str(wanted[attribute].value)
    report, wanted = dcmread(folder / MEASUREMENTS), dcmread(alone / MEASUREMENTS)
    assert contents(report) == contents(wanted)
    assert len(contents(report)) > 20
    refused = dcmread(out / "pairs" / rows[2]["pair"] / MEASUREMENTS)
    assert "CODE Status of the comparison Not comparable: no honest number can be given" in contents(refused)
    assert not any(said.startswith("NUM Clearance") for said in contents(refused))
    np.testing.assert_array_equal(dcmread(folder / SUMMARY).pixel_array, np.asarray(Image.open(folder / "summary.png").convert("RGB")))


def test_whose_the_photos_are_is_in_the_files_for_the_archive_alone(
    listed: Manifest, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    run(listed, out)
    said = "".join(capfd.readouterr()).encode()
    secrets = [secret.encode() for secret in (*dicom_files.SECRETS, OTHER)]
    files = [path for path in out.rglob("*") if path.is_file()]
    named = [(path.parent.name, path.name) for path in files if any(secret in path.read_bytes() for secret in secrets)]
    assert sorted(named) == sorted((table(out)[0]["pair"], name) for name in ARCHIVE_FILES)
    assert not any(secret in said for secret in secrets)


def test_without_the_option_there_are_none(listed: Manifest, tmp_path: Path) -> None:
    summary = run(only(listed, 0), tmp_path / "out", PLAIN)
    assert (summary.unfiled, table(tmp_path / "out")[0]["not_filed"] or "") == (0, "")
    assert not set(ARCHIVE_FILES) & set(bytes_in(folder_of(tmp_path / "out")))


def test_without_the_libraries_nothing_is_begun(
    listed: Manifest, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_room, "WRITERS", ("no_such_library",))
    status, said, errors = command(capsys, monkeypatch, "batch", listed.root / "manifest.csv", "--out", tmp_path / "out", "--dicom")
    assert (status, said) == (2, "")
    assert "pip install 'photocompare[dicom]'" in errors
    assert errors.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_pair_that_was_done_without_them_gets_them_and_keeps_the_rest(listed: Manifest, tmp_path: Path) -> None:
    pair, out = only(listed, 2), tmp_path / "out"
    assert run(pair, out, PLAIN).fresh == 1
    first = bytes_in(folder_of(out))
    summary = run(pair, out)
    assert (summary.fresh, summary.unfiled, summary.complete) == (1, 1, True)
    second = bytes_in(folder_of(out))
    assert set(second) == {*first, *ARCHIVE_FILES}
    assert all(second[name] == first[name] for name in first if name != PAIR)  # which has the seconds
    assert run(pair, out).fresh == 0
    assert run(pair, out, PLAIN).fresh == 0
    assert bytes_in(folder_of(out)) == second
    assert table(out)[0]["not_filed"] == WHY_UNFILED["patients_differ"]


def test_stopped_between_both_files_both_are_made_anew(listed: Manifest, tmp_path: Path) -> None:
    pair, out = only(listed, 2), tmp_path / "out"
    run(pair, out)
    (folder_of(out) / MEASUREMENTS).unlink()
    assert run(pair, out).fresh == 1
    picture, report = (dcmread(folder_of(out) / name) for name in ARCHIVE_FILES)
    shown = {
        instance.ReferencedSOPInstanceUID
        for evidence in (report.get("CurrentRequestedProcedureEvidenceSequence"), report.get("PertinentOtherEvidenceSequence"))
        for study in evidence or ()
        for series in study.ReferencedSeriesSequence
        for instance in series.ReferencedSOPSequence
    }
    assert picture.SOPInstanceUID in shown


def test_without_pictures_they_are_there_alone(listed: Manifest, tmp_path: Path) -> None:
    run(only(listed, 0), tmp_path / "out", BatchOptions(workers=1, pictures=False, dicom=True))
    assert set(bytes_in(folder_of(tmp_path / "out"))) == {*ARCHIVE_FILES, PAIR, THUMBNAILS}
    assert str(dcmread(folder_of(tmp_path / "out") / SUMMARY).PatientName) == dicom_files.IDENTITY["PatientName"]


def test_a_run_that_saves_leaves_them_as_they_are(listed: Manifest, tmp_path: Path) -> None:
    days = dict(zip(("before_date", "after_date"), (listed.rows[3].before_date, listed.rows[3].after_date), strict=True))
    pair, out = only(listed, 0, **days, patient="17", leg="left", region="calf"), tmp_path / "out"
    run(pair, out)
    made = bytes_in(folder_of(out))
    with closing(Records(in_folder(tmp_path / "records"))) as held:
        assert run(pair, out, PLAIN, save=SaveToRecords(held, pair)).fresh == 1
    saved = bytes_in(folder_of(out))
    assert all(saved[name] == made[name] for name in (*ARCHIVE_FILES, "result.json"))
    assert json.loads(saved[PAIR])["unfiled"] == ""
    assert run(pair, out).fresh == 0


def test_a_pair_whose_files_can_not_be_made_fails_alone_and_names_nobody(
    listed: Manifest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sound = making.dicom_files

    def odd(*given: Any) -> tuple[bytes, bytes]:
        if given[2].source is not None:
            raise ValueError(f"{given[2].source.name} is no name")
        return sound(*given)

    monkeypatch.setattr(making, "dicom_files", odd)
    before, after, other = (SentBytes((listed.root / name).read_bytes()) for name in ("IM1", "IM2", "IM3"))
    failed = attempt(measure_pair, PairTask("k", (before, after), folder=str(tmp_path / "k"), dicom=True))
    assert (failed.status, failed.why) == ("failed", "The DICOM files of this pair can't be made (ValueError); please report it.")
    assert not any((tmp_path / "k").rglob("*.*"))
    fine = attempt(measure_pair, PairTask("m", (before, other), folder=str(tmp_path / "m"), dicom=True))
    assert (fine.status, fine.unfiled) == ("not_comparable", "patients_differ")
    with pytest.raises(UsageError, match="ValueError") as told:
        measure_pair(PairTask("k", (before, after), dicom=True))
    assert told.value.__cause__ is None
    assert told.value.__suppress_context__


def test_a_worker_elsewhere_sends_them_and_says_where_it_can_not_make_them(listed: Manifest, monkeypatch: pytest.MonkeyPatch) -> None:
    sources = tuple(SentBytes((listed.root / name).read_bytes()) for name in ("IM1", "IM2"))
    sent = attempt(measure_pair, PairTask("k", sources, send_files=True, dicom=True)).files
    assert {*ARCHIVE_FILES, "result.json", "summary.png"} <= set(sent)
    assert str(dcmread(io.BytesIO(sent[MEASUREMENTS])).PatientID) == dicom_files.IDENTITY["PatientID"]
    assert set(attempt(measure_pair, PairTask("k", sources, dicom=True)).files) == set(ARCHIVE_FILES)
    monkeypatch.setattr(archive_room, "WRITERS", ("no_such_library",))
    lacking = attempt(measure_pair, PairTask("k", sources, dicom=True))
    assert lacking.status == "failed"
    assert "pip install 'photocompare[dicom]'" in lacking.why


def test_a_collage_of_an_archive_is_filed_under_its_patient() -> None:
    collage = dicom_files.dicom(np.hstack(two_encoded_legs()))
    task = PairTask("k", (SentBytes(collage),), PairDetails(collage="left-right"), dicom=True)
    outcome = attempt(measure_pair, task)
    assert outcome.unfiled == "", outcome.why
    report = dcmread(io.BytesIO(outcome.files[MEASUREMENTS]))
    assert str(report.PatientID) == dicom_files.IDENTITY["PatientID"]
    assert report.StudyInstanceUID == dicom_files.attributes_of(collage).StudyInstanceUID
