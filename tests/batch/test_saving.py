"""Results of a batch in the records: each once, also when the batch was stopped between measuring and saving."""

from __future__ import annotations

import datetime as dt
import errno
import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyarrow import parquet
from sqlalchemy import event, select
from sqlalchemy.exc import OperationalError

from photocompare import __version__
from photocompare.base.errors import UsageError
from photocompare.batch import keeping
from photocompare.batch.keeping import DOSSIER, BatchFolder
from photocompare.batch.manifest import Manifest, PairRow
from photocompare.batch.run import BatchOptions, BatchSummary, run_batch
from photocompare.batch.saving import Saver, SaveToRecords
from photocompare.photo.dicom import without_identity
from photocompare.records.access import COMMAND_LINE
from photocompare.records.backup import back_up
from photocompare.records.entries import IdentityFacts, NewComparison, VisitFacts
from photocompare.records.photo_files import PhotoFiles
from photocompare.records.places import in_folder
from photocompare.records.restoring import restore
from photocompare.records.schema import ComparisonRow, IdentityRow, PatientRow, PhotoRow, VisitRow
from photocompare.records.store import Records
from photocompare.records.upkeep import erase_patient, verify
from photocompare.results.result import Result
from photocompare.results.result_json import parse_result
from tests.support import dicom_files
from tests.support.hostile_files import scene
from tests.support.painted_leg import jpeg_with_camera, two_encoded_legs
from tests.support.stand_in_measures import calls, quick, result_of, small_pair, write_pairs

ONE = BatchOptions(workers=1)


class Noted:
    """Saves to a list, and refuses as it is told."""

    erased: frozenset[str] = frozenset()

    def __init__(self, refuses: str = "") -> None:
        self.saved: list[tuple[int, str, bytes]] = []
        self.refuses = refuses

    def __call__(self, row: PairRow, result: Result, dossier: bytes, photo_facts: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
        assert photo_facts == {}
        if self.refuses:
            raise UsageError(self.refuses)
        self.saved.append((row.number, result.status, dossier))
        return {"id": len(self.saved)}

    def holds(self, where: Mapping[str, Any]) -> bool:
        return 0 < where["id"] <= len(self.saved)


def run(manifest: Manifest, out: Path, save: Any = None) -> BatchSummary:
    return run_batch(manifest, out, options=ONE, measure=quick, save=save)


def dossiers(out: Path) -> list[Path]:
    return list((out / "pairs").glob(f"*/{DOSSIER}"))


def test_every_measured_pair_is_saved_once_and_its_dossier_goes(tmp_path: Path) -> None:
    manifest, out, save = write_pairs(tmp_path, ["ok", "text", "other"]), tmp_path / "out", Noted()
    summary = run(manifest, out, save)
    assert summary.complete
    assert [number for number, *_ in save.saved] == [2, 4]
    assert {dossier for *_, dossier in save.saved} == {b"dossier"}
    assert dossiers(out) == []
    assert run(manifest, out, save).complete
    assert len(save.saved) == 2


def test_what_the_records_refuse_is_told_and_saved_later_without_measuring(tmp_path: Path) -> None:
    manifest, out = write_pairs(tmp_path, ["ok"]), tmp_path / "out"
    summary = run(manifest, out, Noted("There is no patient with that key."))
    assert (summary.complete, summary.unsaved) == (False, 1)
    assert parquet.read_table(out / "results.parquet").to_pylist()[0]["not_saved"] == "There is no patient with that key."
    save = Noted()
    assert run(manifest, out, save).complete
    assert len(save.saved) == 1
    assert len(calls(tmp_path)) == 1


def test_stopped_between_measuring_and_saving_it_saves_on_the_next_run(tmp_path: Path) -> None:
    manifest, out = write_pairs(tmp_path, ["ok", "other"]), tmp_path / "out"

    class Stopped(Noted):
        def __call__(self, *_: object) -> Mapping[str, Any]:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(manifest, out, Stopped())
    (kept,) = dossiers(out)
    save = Noted()
    assert run(manifest, out, save).complete
    assert sorted(number for number, *_ in save.saved) == [2, 3]
    assert calls(tmp_path).count(kept.parent.name) == 1


def test_pairs_measured_without_saving_are_measured_for_it(tmp_path: Path) -> None:
    manifest, out, save = write_pairs(tmp_path, ["ok"]), tmp_path / "out", Noted()
    assert run(manifest, out).fresh == 1
    assert run(manifest, out, save).fresh == 1
    assert len(save.saved) == 1
    assert run(manifest, out, save).fresh == 0


def test_two_rows_of_one_pair_are_both_saved(tmp_path: Path) -> None:
    (row,) = write_pairs(tmp_path, ["ok"]).rows
    for which in ("before", "after"):
        (tmp_path / f"copy-{which}.jpg").write_bytes((tmp_path / f"0-{which}.jpg").read_bytes())
    other = PairRow(3, "copy-before.jpg", "copy-after.jpg", patient="B")
    save = Noted()
    summary = run(Manifest(tmp_path.resolve(), (row, other)), tmp_path / "out", save)
    assert (summary.fresh, [number for number, *_ in save.saved]) == (1, [2, 3])


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    held = Records(in_folder(tmp_path / "records"))
    yield held
    held.close()


def saved_pair(tmp_path: Path) -> tuple[Manifest, Path]:
    """A manifest of one pair for the records, and the folder of its batch."""
    manifest = small_pair(tmp_path / "photos")
    return Manifest(manifest.root, (PairRow(**(vars(manifest.rows[0]) | known())),)), tmp_path / "out"


def comparisons_in(folder: Path, listed: Manifest, out: Path) -> tuple[BatchSummary, int, int]:
    """What saving the batch to the records of a folder did, and the comparisons and patients that they hold then."""
    with closing(Records(in_folder(folder))) as held:
        summary = run_batch(listed, out, options=ONE, save=SaveToRecords(held, listed))
        with held.database.reading() as session:
            return summary, len(list(session.scalars(select(ComparisonRow)))), len(list(session.scalars(select(PatientRow))))


def test_a_batch_that_was_saved_is_saved_to_other_records_too(tmp_path: Path) -> None:
    listed, out = saved_pair(tmp_path)
    for folder in ("A", "B"):
        summary, comparisons, patients = comparisons_in(tmp_path / folder, listed, out)
        assert (summary.complete, comparisons, patients) == (True, 1, 1)
    summary, comparisons, _ = comparisons_in(tmp_path / "B", listed, out)
    assert (summary.fresh, comparisons) == (0, 1)
    shutil.rmtree(tmp_path / "B")
    assert comparisons_in(tmp_path / "B", listed, out)[1:] == (1, 1), "emptied records are filled again"


def test_records_that_were_restored_get_what_came_after_the_backup(tmp_path: Path) -> None:
    listed, out = saved_pair(tmp_path)
    with closing(Records(in_folder(tmp_path / "A"))) as held:
        held.add_patient(COMMAND_LINE, IdentityFacts(chart_number="4711"))
        early = back_up(held, COMMAND_LINE, tmp_path / "early").file
    assert comparisons_in(tmp_path / "A", listed, out)[1:] == (1, 1)
    with closing(Records(in_folder(tmp_path / "A"))) as held:
        late = back_up(held, COMMAND_LINE, tmp_path / "late").file
    for folder, backup, fresh in (("B", late, 0), ("C", early, 1)):
        with closing(Records(in_folder(tmp_path / folder))) as held:
            restore(held, COMMAND_LINE, backup)
        summary, comparisons, patients = comparisons_in(tmp_path / folder, listed, out)
        assert (summary.complete, summary.fresh, comparisons, patients) == (True, fresh, 1, 1)


def saved_and_erased(tmp_path: Path) -> tuple[Manifest, Path]:
    """A manifest whose one pair was saved, and the folder of its batch; the patient was erased since."""
    listed, out = saved_pair(tmp_path)
    comparisons_in(tmp_path / "A", listed, out)
    with closing(Records(in_folder(tmp_path / "A"))) as held:
        with held.database.reading() as session:
            (patient,) = session.scalars(select(PatientRow.key))
        erase_patient(held, COMMAND_LINE, patient, "asked for it")
    return listed, out


def test_a_patient_who_was_erased_is_not_brought_back_by_the_batch(tmp_path: Path) -> None:
    listed, out = saved_and_erased(tmp_path)
    summary, comparisons, patients = comparisons_in(tmp_path / "A", listed, out)
    assert (summary.complete, summary.fresh, comparisons, patients) == (True, 0, 1, 1)


@pytest.mark.parametrize(
    ("facts", "fresh"),
    [({"note": "another"}, 0), ({"patient": "4712"}, 0), ({"after_date": dt.date(2026, 3, 21)}, 1), ({"mm_per_px": 0.2}, 1)],
)
def test_a_patient_who_was_erased_is_not_brought_back_by_another_fact_of_the_row(tmp_path: Path, facts: dict[str, Any], fresh: int) -> None:
    listed, out = saved_and_erased(tmp_path)
    changed = Manifest(listed.root, (PairRow(**(vars(listed.rows[0]) | facts)),))
    for measured in (fresh, 0):  # what decides a result is measured once more, and not again for the records
        summary, comparisons, patients = comparisons_in(tmp_path / "A", changed, out)
        assert (summary.fresh, summary.unsaved, comparisons, patients) == (measured, 1, 1, 1)
        assert "who was erased" in parquet.read_table(out / "results.parquet").to_pylist()[0]["not_saved"]
    assert dossiers(out) == [], "no pictures wait for records that won't have them"
    assert comparisons_in(tmp_path / "B", changed, out)[1:] == (1, 1), "other records erased nobody"


def test_a_row_that_waited_does_not_bring_back_a_patient_who_was_erased(tmp_path: Path) -> None:
    listed, out = saved_and_erased(tmp_path)
    other = other_photos(listed, region="ankle")
    mark = next(iter((out / "pairs").glob("*/saved-*.json")))
    assert "4711" not in mark.read_text()
    summary, comparisons, patients = comparisons_in(tmp_path / "A", other, out)
    assert (summary.unsaved, comparisons, patients) == (1, 1, 1)
    assert "who was erased" in parquet.read_table(out / "results.parquet").to_pylist()[0]["not_saved"]
    assert dossiers(out) == []
    somebody = Manifest(other.root, (PairRow(**(vars(other.rows[0]) | {"patient": "4712"})),))
    assert comparisons_in(tmp_path / "A", somebody, out)[1:] == (2, 2)


def other_photos(listed: Manifest, **facts: Any) -> Manifest:
    """The manifest's pair with files of other digests."""
    for which in ("before", "after"):
        (listed.root / f"other-{which}.jpg").write_bytes((listed.root / f"{which}.jpg").read_bytes() + b" ")
    return Manifest(listed.root, (PairRow(**(vars(listed.rows[0]) | {"before": "other-before.jpg", "after": "other-after.jpg"} | facts)),))


def test_two_batches_at_once_make_one_patient_of_a_new_chart_number(records: Records, tmp_path: Path) -> None:
    listed, _ = saved_pair(tmp_path)
    other = other_photos(listed, region="ankle")
    saves = [SaveToRecords(records, each) for each in (listed, other)]  # both have begun before either saves
    for place, (each, save) in enumerate(zip((listed, other), saves, strict=True)):
        assert run_batch(each, tmp_path / f"out{place}", options=ONE, save=save).complete
    with records.database.reading() as session:
        assert len(list(session.scalars(select(PatientRow)))) == 1
        assert len(list(session.scalars(select(ComparisonRow)))) == 2


def test_a_chart_number_given_twice_since_the_batch_began_is_refused(records: Records, tmp_path: Path) -> None:
    listed, out = saved_pair(tmp_path)
    save = SaveToRecords(records, listed)
    for _ in range(2):
        records.add_patient(COMMAND_LINE, IdentityFacts(chart_number="4711"))
    assert run_batch(listed, out, options=ONE, save=save).unsaved == 1
    assert "several patients" in parquet.read_table(out / "results.parquet").to_pylist()[0]["not_saved"]


def test_a_pair_that_was_measured_again_becomes_a_revision(records: Records, tmp_path: Path) -> None:
    listed, out = saved_pair(tmp_path)
    scaled = Manifest(listed.root, (PairRow(**(vars(listed.rows[0]) | {"mm_per_px": 0.2})),))
    for each in (listed, scaled, scaled):
        assert run_batch(each, out, options=ONE, save=SaveToRecords(records, each)).complete
    with records.database.reading() as session:
        first, second = session.scalars(select(ComparisonRow).order_by(ComparisonRow.revision))
    assert (first.reason, second.revision, second.root_id) == ("", 2, first.id)
    assert second.reason == f"Measured again by a batch, with version {__version__} and settings {second.settings_sha256[:12]}."


def test_a_batch_does_not_revise_what_a_reader_corrected_nor_a_comparison_of_other_photos(records: Records, tmp_path: Path) -> None:
    listed, out = saved_pair(tmp_path)
    other = other_photos(listed)
    assert run_batch(listed, out, options=ONE, save=SaveToRecords(records, listed)).complete
    assert run_batch(other, out, options=ONE, save=SaveToRecords(records, other)).unsaved == 1
    with records.database.reading() as session:
        (held,) = session.scalars(select(ComparisonRow))
        (patient,) = session.scalars(select(PatientRow.key))
    visits = (VisitFacts(day) for day in (dt.date(2026, 1, 5), dt.date(2026, 3, 20)))
    result = parse_result(json.loads(held.result))
    new = NewComparison(patient, "left", "calf", *visits, (b"b",), (b"a",), result, b"d", "drawn anew", {"marks": [1]})
    records.save_comparison(COMMAND_LINE, new)
    scaled = Manifest(listed.root, (PairRow(**(vars(listed.rows[0]) | {"mm_per_px": 0.2})),))
    assert run_batch(scaled, out, options=ONE, save=SaveToRecords(records, scaled)).unsaved == 1
    assert "give the reason" in parquet.read_table(out / "results.parquet").to_pylist()[0]["not_saved"]


def test_what_an_earlier_version_noted_still_counts(tmp_path: Path) -> None:
    listed, out = saved_pair(tmp_path)
    comparisons_in(tmp_path / "A", listed, out)
    (mark,) = (out / "pairs").glob("*/saved-*.json")
    told = json.loads(mark.read_bytes())
    del told["content_key"], told["chart"]
    mark.write_text(json.dumps(told))
    assert comparisons_in(tmp_path / "A", listed, out)[0].fresh == 0
    mark.write_text("cut sh")
    assert comparisons_in(tmp_path / "A", listed, out)[1] == 1


def known(**facts: Any) -> dict[str, Any]:
    usual = {"leg": "left", "region": "calf", "before_date": dt.date(2026, 1, 5), "after_date": dt.date(2026, 3, 20), "patient": "4711"}
    return usual | facts


def test_a_real_pair_goes_into_the_records_with_its_visits_and_photos(records: Records, tmp_path: Path) -> None:
    manifest = small_pair(tmp_path / "photos")
    facts = known(agent="polidocanol", concentration_percent=0.5, form="foam", session=2, operator="Dr. Ñ", vcss=3, note="'); DROP TABLE")
    (row,) = (PairRow(**(vars(row) | facts)) for row in manifest.rows)
    listed, out = Manifest(manifest.root, (row,)), tmp_path / "out"
    first = run_batch(listed, out, options=ONE, save=SaveToRecords(records, listed))
    assert first.complete
    with records.database.reading() as session:
        (comparison,) = session.scalars(select(ComparisonRow))
        before, after = session.scalars(select(VisitRow).order_by(VisitRow.day))
        (identity,) = session.scalars(select(IdentityRow))
        digests = {photo.sha256 for photo in session.scalars(select(PhotoRow))}
        assert (comparison.status, comparison.revision, comparison.saved_by) == ("indicative", 1, "local")
        assert (before.day, before.agent, before.concentration_percent, before.note) == (row.before_date, "polidocanol", 0.5, row.note)
        assert (after.day, after.agent, after.session) == (row.after_date, "", None)
        assert identity.chart_number == "4711"
        assert comparison.dossier_sha256
    assert len(digests) == 2
    assert dossiers(out) == []

    for marks in (out / "pairs").glob("*/saved-*.json"):
        marks.unlink()
    again = run_batch(listed, out, options=ONE, save=SaveToRecords(records, listed))
    assert (again.fresh, again.complete) == (1, True), "the pictures for the records are gone, so it is measured again, and is the same"
    with records.database.reading() as session:
        assert len(list(session.scalars(select(ComparisonRow)))) == 1
        assert len(list(session.scalars(select(PatientRow)))) == 1


def test_a_photo_of_an_archive_is_saved_without_whose_it_is(records: Records, tmp_path: Path) -> None:
    (tmp_path / "IM1").write_bytes(dicom_files.dicom(scene()))
    saver = SaveToRecords(records, Manifest(tmp_path, ()))
    kept = without_identity((tmp_path / "IM1").read_bytes())
    assert saver._photo("before photo", "IM1", {hashlib.sha256(kept).hexdigest(): {}}) == kept
    with pytest.raises(UsageError, match="has changed"):
        saver._photo("before photo", "IM1", {hashlib.sha256(b"").hexdigest() + "x": {}})


def test_a_collage_is_saved_as_the_photo_of_both_its_visits(records: Records, tmp_path: Path) -> None:
    data = jpeg_with_camera(np.hstack(two_encoded_legs()))
    (tmp_path / "collage.jpg").write_bytes(data)
    listed = Manifest(tmp_path.resolve(), (PairRow(2, "collage.jpg", collage="left-right", **known()),))
    assert run_batch(listed, tmp_path / "out", options=ONE, save=SaveToRecords(records, listed)).complete
    with records.database.reading() as session:
        photos = list(session.scalars(select(PhotoRow)))
        assert [photo.sha256 for photo in photos] == [hashlib.sha256(data).hexdigest()] * 2
        assert {photo.visit.day for photo in photos} == {dt.date(2026, 1, 5), dt.date(2026, 3, 20)}
        assert all(json.loads(photo.facts)["camera_model"] == "One" for photo in photos)
    (tmp_path / "collage.jpg").write_bytes(data + b" ")
    with pytest.raises(UsageError, match="The collage has changed since it was measured"):
        SaveToRecords(records, listed)(listed.rows[0], {}, b"", {hashlib.sha256(data).hexdigest(): {}})


def test_a_pair_of_a_visit_with_other_facts_is_told_and_the_rest_saved(records: Records, tmp_path: Path) -> None:
    manifest = small_pair(tmp_path / "photos")
    key = records.add_patient(COMMAND_LINE, IdentityFacts(chart_number="4711"))
    row = PairRow(**(vars(manifest.rows[0]) | known(agent="polidocanol", patient=key)))
    save = SaveToRecords(records, Manifest(manifest.root, (row,)))
    kept = BatchFolder(tmp_path / "out")
    listed = Manifest(manifest.root, (row,))
    assert run_batch(listed, tmp_path / "out", options=ONE, save=save).complete
    (pair,) = (tmp_path / "out" / "pairs").iterdir()
    other = PairRow(**(vars(row) | {"agent": "glucose", "number": 3}))
    refused = Saver(save, kept).save_all(pair.name, [other])
    assert "is kept with another agent" in refused[3]


def test_a_patient_whom_the_records_do_not_know_costs_the_row_alone(records: Records, tmp_path: Path) -> None:
    manifest = write_pairs(tmp_path, ["ok", "other", "third"])
    records.add_patient(COMMAND_LINE, IdentityFacts(chart_number="twice"))
    records.add_patient(COMMAND_LINE, IdentityFacts(chart_number="twice"))
    names = ("P-22222222X", "twice", "4711")
    rows = tuple(PairRow(**(vars(row) | known(patient=name))) for row, name in zip(manifest.rows, names, strict=True))
    listed = Manifest(manifest.root, rows)
    summary = run(listed, tmp_path / "out", SaveToRecords(records, listed))
    told = [row["not_saved"] for row in parquet.read_table(tmp_path / "out" / "results.parquet").to_pylist()]
    assert (summary.fresh, summary.unsaved) == (3, 3)
    assert told[0] == "There is no patient 'P-22222222X' in the records; correct the key and start again."
    assert told[1] == "'twice' is the chart number of several patients; give the key of one."
    assert "patient" not in told[2]


def test_a_photo_that_changed_since_is_not_saved(records: Records, tmp_path: Path) -> None:
    manifest = write_pairs(tmp_path, ["ok"])
    row = PairRow(**(vars(manifest.rows[0]) | known()))
    save = SaveToRecords(records, Manifest(manifest.root, (row,)))
    result = result_of(b"before", b"after")
    with pytest.raises(UsageError, match="The before photo has changed since it was measured"):
        save(row, result, b"", {})


def test_a_database_that_fails_costs_the_saving_and_not_the_batch(
    records: Records, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = small_pair(tmp_path / "photos")
    listed = Manifest(manifest.root, (PairRow(**(vars(manifest.rows[0]) | known())),))
    save = SaveToRecords(records, listed)

    def down(*_: object) -> None:
        raise OperationalError("insert", {}, Exception("database is locked"))

    monkeypatch.setattr(records, "save_comparison", down)
    summary = run_batch(listed, tmp_path / "out", options=ONE, save=save)
    assert (summary.unsaved, summary.fresh) == (1, 1)
    why = parquet.read_table(tmp_path / "out" / "results.parquet").to_pylist()[0]["not_saved"]
    assert why == "The records' database did not take the pair (OperationalError); start again when it is back."


def no_room(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_while_saving_is_told_and_made_up_for_without_measuring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Full for the photos, then for the database, then for the batch's own mark: nothing is half in the records, nothing is lost."""
    plain, out = saved_pair(tmp_path)
    listed = Manifest(plain.root, (PairRow(**(vars(plain.rows[0]) | {"note": 2_000 * "much "})),))  # takes pages of the database

    def saved() -> tuple[BatchSummary, str]:
        with closing(Records(in_folder(tmp_path / "records"))) as held:
            if database_full:
                held.database.run_alone("VACUUM")  # no page is free
                with held.database.reading() as session:
                    pages = session.connection().exec_driver_sql("PRAGMA page_count").scalar()
                event.listen(held.database.engine, "connect", lambda each, _: each.execute(f"PRAGMA max_page_count = {pages}"))
            summary = run_batch(listed, out, options=ONE, save=SaveToRecords(held, listed))
        return summary, parquet.read_table(out / "results.parquet").to_pylist()[0]["not_saved"] or ""

    def held() -> tuple[int, int, int]:
        """Comparisons, photos and files of the records, which are whole."""
        with closing(Records(in_folder(tmp_path / "records"))) as records, records.database.reading() as session:
            assert verify(records, COMMAND_LINE).problems == ()
            counts = [len(list(session.scalars(select(kind)))) for kind in (ComparisonRow, PhotoRow)]
            assert len(list(session.scalars(select(PatientRow)))) <= 1
            return counts[0], counts[1], len(list(records.photos.digests()) + records.photos.unfinished())

    database_full = False
    with monkeypatch.context() as full:
        full.setattr(PhotoFiles, "bring", no_room)
        summary, why = saved()
    assert (summary.complete, summary.fresh, summary.unsaved) == (False, 1, 1)
    assert why == "The photos can't be stored (No space left on device); nothing was saved. Free some space and try again."
    assert held() == (0, 0, 0)

    database_full = True
    summary, why = saved()
    assert (summary.fresh, summary.unsaved) == (0, 1)
    assert why == "The disk is full; nothing was saved. Free some space and try again."
    assert held() == (0, 0, 0)

    database_full = False
    with monkeypatch.context() as full:
        full.setattr(keeping, "write_whole", no_room)
        with pytest.raises(UsageError, match=r"No space left on device\. What was done is kept"):
            saved()
    assert held() == (1, 2, 3)

    summary, why = saved()
    assert (summary.complete, summary.fresh, why) == (True, 0, "")
    assert held() == (1, 2, 3)
