"""Backups restore, verification finds what is wrong, an export is whole, an erasure leaves nothing of who it was."""

from __future__ import annotations

import datetime as dt
import errno
import hashlib
import io
import json
import shutil
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from sqlalchemy import select, text

from photocompare.base.errors import AccessDenied, DamagedPhoto, RecordsUnusable, UsageError
from photocompare.records import upkeep
from photocompare.records.access import LOCAL, Actor
from photocompare.records.backup import FORMAT, back_up, newest_backup
from photocompare.records.entries import IdentityFacts, VisitFacts
from photocompare.records.migrating import revisions
from photocompare.records.photo_files import PhotoFiles
from photocompare.records.places import in_folder
from photocompare.records.restoring import restore
from photocompare.records.schema import Base
from photocompare.records.store import Records
from photocompare.records.upkeep import erase_patient, export_patient, verify
from photocompare.results.result_json import as_dict
from tests.support.made_records import BASELINE_DAY, new_comparison, sample_dossier

CLINICIAN = Actor("Dr Example", "clinician")


def photo_with_metadata() -> bytes:
    """A small photo whose EXIF names a person and a place."""
    noise = np.random.default_rng(5).integers(90, 160, (400, 300, 3), dtype=np.uint8)
    image = Image.fromarray(cv2.GaussianBlur(noise, (0, 0), 2))
    exif = Image.Exif()
    exif[0x010E] = "PLANTED NAME"
    exif[0x8298] = "PLANTED OWNER"
    exif.get_ifd(0x8825)[1] = "N"
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", exif=exif, comment=b"PLANTED COMMENT")
    return buffer.getvalue()


def filled(records: Records) -> tuple[str, str]:
    """Two patients with comparisons, consents and a rater's account; their keys."""
    keys = []
    for name in ("Ann Example", "Bob Example"):
        key = records.add_patient(LOCAL, IdentityFacts(name, "C-1", dt.date(1960, 2, 3), "a note"))
        records.save_comparison(LOCAL, new_comparison(key, before_photos=(photo_with_metadata(), name.encode())))
        records.add_visit(LOCAL, key, "right", "calf", VisitFacts(BASELINE_DAY, note=f"about {name}"))
        records.set_consent(LOCAL, key, "gallery", True)
        keys.append(key)
    records.set_account(LOCAL, "ann@clinic", role="clinician")
    return keys[0], keys[1]


def everything(records: Records) -> dict[str, list[tuple[object, ...]]]:
    with records.database.reading() as session:
        tables = Base.metadata.sorted_tables
        return {t.name: [tuple(row) for row in session.execute(select(t).order_by(*t.primary_key.columns))] for t in tables}


# --- backup and restore


def test_a_backup_restores_to_the_same_records(records: Records, tmp_path: Path) -> None:
    ann, _ = filled(records)
    report = back_up(records, LOCAL, tmp_path / "backups")
    before = everything(records)
    other = Records(in_folder(tmp_path / "restored"))
    restore(other, LOCAL, newest_backup(tmp_path / "backups"))
    after = everything(other)
    assert after["trail"].pop()[4] == "records.restore"
    assert after == before
    assert set(other.photos.digests()) == set(records.photos.digests())
    assert verify(other, LOCAL, known_head=report.head).clean
    # New rows go on where the old ones ended.
    assert records.open_patient(LOCAL, ann) == other.open_patient(LOCAL, ann)
    records.save_comparison(LOCAL, new_comparison(ann, region="ankle"))
    other.save_comparison(LOCAL, new_comparison(ann, region="ankle"))


def test_a_backup_moves_from_one_kind_of_database_to_the_other(records: Records, tmp_path: Path) -> None:
    filled(records)
    middle = Records(in_folder(tmp_path / "middle"))
    back_up(records, LOCAL, tmp_path / "first")
    restore(middle, LOCAL, newest_backup(tmp_path / "first"))
    back_up(middle, LOCAL, tmp_path / "second")
    with records.database.writing() as session:  # empty again, as a new server's database is
        for table in reversed(Base.metadata.sorted_tables):
            for deed in ("update", "delete", "truncate"):
                owner = f" ON {table.name}" if not records.database.is_sqlite else ""
                session.execute(text(f"DROP TRIGGER IF EXISTS {table.name}_no_{deed}{owner}"))
            session.execute(text(f"DELETE FROM {table.name}"))
    restore(records, LOCAL, newest_backup(tmp_path / "second"))
    assert verify(records, LOCAL).clean
    assert [row[1] for row in everything(records)["patient"]] == [row[1] for row in everything(middle)["patient"]]
    key = records.add_patient(LOCAL)
    records.save_comparison(LOCAL, new_comparison(key))


def test_a_second_backup_copies_new_files_alone(records: Records, tmp_path: Path) -> None:
    ann, _ = filled(records)
    assert back_up(records, LOCAL, tmp_path / "b").copied == 6
    records.save_comparison(LOCAL, new_comparison(ann, region="ankle"))
    assert back_up(records, LOCAL, tmp_path / "b").copied == 2
    assert len(list((tmp_path / "b").glob("records-*.zip"))) == 2
    assert not [p for p in (tmp_path / "b").iterdir() if p.name.startswith((".unfinished", "tmp"))]


def test_a_backup_goes_on_while_somebody_writes(records: Records, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A save in the midst of it succeeds, and the backup holds one moment: that before."""
    from photocompare.records import backup as backup_module

    ann, _ = filled(records)
    real = backup_module._write_table
    saved = []

    def write(session: object, table: object, archive: object) -> int:
        rows = real(session, table, archive)  # type: ignore[arg-type]
        if not saved:
            saved.append(records.save_comparison(LOCAL, new_comparison(ann, region="ankle")))
        return rows

    monkeypatch.setattr(backup_module, "_write_table", write)
    report = back_up(records, LOCAL, tmp_path / "b")
    assert saved[0].written
    assert report.rows["comparison"] == 2
    other = Records(in_folder(tmp_path / "restored"))
    restore(other, LOCAL, report.file)
    assert verify(other, LOCAL).clean


def test_nothing_is_restored_over_records(records: Records, tmp_path: Path) -> None:
    filled(records)
    back_up(records, LOCAL, tmp_path / "b")
    before = everything(records)
    with pytest.raises(UsageError, match="not empty"):
        restore(records, LOCAL, newest_backup(tmp_path / "b"))
    assert everything(records) == before


def test_a_damaged_backup_restores_nothing(records: Records, tmp_path: Path) -> None:
    filled(records)
    report = back_up(records, LOCAL, tmp_path / "b")
    photo = next(p for p in (tmp_path / "b" / "photos").rglob("*") if p.is_file())
    photo.write_bytes(b"other")
    other = Records(in_folder(tmp_path / "restored"))
    with pytest.raises(DamagedPhoto):
        restore(other, LOCAL, report.file)
    assert not any(everything(other).values())
    assert (other.photos.unfinished(), list(other.photos.digests())) == ([], [])
    report.file.write_bytes(report.file.read_bytes()[:-200])
    with pytest.raises(UsageError, match="no backup"):
        restore(other, LOCAL, report.file)
    with pytest.raises(UsageError, match="no backup in"):
        newest_backup(tmp_path)


@pytest.mark.parametrize("schema", revisions()[:-1])
def test_a_backup_of_an_earlier_version_is_brought_up_to_date(records: Records, tmp_path: Path, schema: str) -> None:
    """As that version wrote it: its schema's tables alone."""
    ann, _ = filled(records)
    backup = back_up(records, LOCAL, tmp_path / "b").file
    with zipfile.ZipFile(backup) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(files["manifest.json"]) | {"schema": schema, "version": "0.0.9"}
    del files["tables/look.jsonl"]
    with zipfile.ZipFile(backup, "w") as archive:
        for name, data in (files | {"manifest.json": json.dumps(manifest).encode()}).items():
            archive.writestr(name, data)
    other = Records(in_folder(tmp_path / "restored"))
    assert restore(other, LOCAL, backup).rows["patient"] == 2
    assert verify(other, LOCAL).clean
    assert other.open_patient(LOCAL, ann) == records.open_patient(LOCAL, ann)
    assert other.save_comparison(LOCAL, new_comparison(ann, region="ankle")).written
    assert [path.name for path in (tmp_path / "restored").iterdir() if path.is_dir()] == ["photos"]


def test_a_backup_of_a_newer_version_is_told_and_not_read(records: Records, tmp_path: Path) -> None:
    filled(records)
    backup = back_up(records, LOCAL, tmp_path / "b").file
    with zipfile.ZipFile(backup, "w") as archive:
        archive.writestr("manifest.json", json.dumps({"format": FORMAT, "schema": "9999", "version": "9.9"}))
    other = Records(in_folder(tmp_path / "restored"))
    with pytest.raises(RecordsUnusable, match=r"photocompare 9\.9, which is newer"):
        restore(other, LOCAL, backup)
    with pytest.raises(UsageError, match="no backup"):
        restore(other, LOCAL, tmp_path / "nothing.zip")


def test_an_older_photo_folder_beside_a_backup_is_told_and_can_be_done_without(records: Records, tmp_path: Path) -> None:
    ann, _ = filled(records)
    back_up(records, LOCAL, tmp_path / "b")
    shutil.copytree(tmp_path / "b" / "photos", tmp_path / "older")
    later = new_comparison(ann, region="ankle", before_photos=(b"taken later",))
    records.save_comparison(LOCAL, later)
    backup = back_up(records, LOCAL, tmp_path / "b").file
    shutil.rmtree(tmp_path / "b" / "photos")
    (tmp_path / "older").rename(tmp_path / "b" / "photos")
    other = Records(in_folder(tmp_path / "restored"))
    with pytest.raises(DamagedPhoto, match=r"Missing in .* of the backup's \d+ files.*older than the backup.*--without-missing"):
        restore(other, LOCAL, backup)
    assert not any(everything(other).values())
    restored = restore(other, LOCAL, backup, without_missing=True)
    assert hashlib.sha256(b"taken later").hexdigest() in restored.missing
    assert json.loads(other.trail_rows(LOCAL, newest=1)[0].after)["missing"] == len(restored.missing)
    assert {problem.split()[1].strip(":") for problem in verify(other, LOCAL).problems} == set(restored.missing)


def test_records_beside_an_older_photo_folder_show_what_is_there(records: Records, tmp_path: Path) -> None:
    ann, _ = filled(records)
    folder = Path(records.places.photos_url)
    shutil.copytree(folder, tmp_path / "older")
    records.save_comparison(LOCAL, new_comparison(ann, region="ankle", before_photos=(b"taken later",)))
    shutil.rmtree(folder)
    (tmp_path / "older").rename(folder)
    again = Records(records.places)
    regions = {region.name: region for region in again.open_patient(LOCAL, ann).regions}
    assert again.photo(LOCAL, regions["outer thigh"].visits[0].photos[0].id)
    with pytest.raises(DamagedPhoto, match="missing; restore it from a backup"):
        again.photo(LOCAL, regions["ankle"].visits[0].photos[0].id)
    assert any(hashlib.sha256(b"taken later").hexdigest() in problem for problem in verify(again, LOCAL).problems)
    again.close()


def test_a_full_disk_while_restoring_leaves_the_records_empty(records: Records, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(records)
    backup = back_up(records, LOCAL, tmp_path / "b").file
    other = Records(in_folder(tmp_path / "restored"))
    brought = []

    def bring(store: PhotoFiles, data: bytes) -> str:
        if len(brought) == 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        brought.append(real(store, data))
        return brought[-1]

    real = PhotoFiles.bring
    with monkeypatch.context() as full:
        full.setattr(PhotoFiles, "bring", bring)
        with pytest.raises(RecordsUnusable, match=r"No space left on device.*nothing was restored"):
            restore(other, LOCAL, backup)
    assert not any(everything(other).values())
    assert (other.photos.unfinished(), list(other.photos.digests())) == ([], [])
    assert restore(other, LOCAL, backup).missing == ()
    assert verify(other, LOCAL).clean


def test_a_backup_names_what_it_could_not_read(records: Records, tmp_path: Path) -> None:
    filled(records)
    gone = next(records.photos.digests())
    (Path(records.places.photos_url) / gone[:2] / gone).unlink()
    report = back_up(records, LOCAL, tmp_path / "b")
    assert report.unreadable == (gone,)
    other = Records(in_folder(tmp_path / "restored"))
    assert restore(other, LOCAL, report.file).missing == (gone,)
    assert [p for p in verify(other, LOCAL).problems if gone in p]


# --- verify


def test_sound_records_are_clean(records: Records) -> None:
    filled(records)
    found = verify(records, LOCAL)
    assert found.problems == ()
    assert (found.files, found.unfinished) == (6, 0)


def test_what_is_wrong_is_named(records: Records) -> None:
    filled(records)
    root = Path(records.places.photos_url)
    changed, gone, *_ = list(records.photos.digests())
    (root / changed[:2] / changed).write_bytes(b"changed")
    (root / gone[:2] / gone).unlink()
    records.photos.settle(records.photos.bring(b"nobody's"))
    with records.database.writing() as session:
        session.execute(text("UPDATE cohort_row SET length = 99.0"))
    problems = "\n".join(verify(records, LOCAL).problems)
    assert f"File {changed}: A stored photo was changed" in problems
    assert f"File {gone}: A stored photo is missing" in problems
    assert "no row speaks of it" in problems
    assert "Cohort: the rows of region 1 differ" in problems
    assert len(problems.splitlines()) >= 5


# --- one patient


def test_an_export_holds_all_of_one_patient_without_metadata(records: Records) -> None:
    ann, bob = filled(records)
    records.open_patient(CLINICIAN, ann)
    with records.database.reading() as session:
        session.execute(text("SELECT 1"))
    readable = records.open_patient(LOCAL, ann).regions[0].visits[0].photos
    assert len(readable) == 2
    # Bytes that are no photo can't be exported: they are named, and the rest comes.
    partial = export_patient(records, LOCAL, ann)
    with zipfile.ZipFile(io.BytesIO(partial.data)) as archive:
        assert archive.read("missing.txt").decode().splitlines() == list(partial.missing)
        photos_there = [name for name in archive.namelist() if name.startswith("photos/")]
    assert len(photos_there) == 1
    assert len(partial.missing) == 2
    assert all("can't be exported" in line for line in partial.missing)
    key = records.add_patient(LOCAL, IdentityFacts("Cyd Example"))
    records.save_comparison(LOCAL, new_comparison(key, before_photos=(photo_with_metadata(),), after_photos=(photo_with_metadata(),)))
    exported = export_patient(records, LOCAL, key)
    assert exported.missing == ()
    with zipfile.ZipFile(io.BytesIO(exported.data)) as archive:
        names = archive.namelist()
        patient = json.loads(archive.read("patient.json"))
        trail = json.loads(archive.read("trail.json"))
        photos = [archive.read(name) for name in names if name.startswith("photos/")]
    assert patient["identity"]["name"] == "Cyd Example"
    assert patient["regions"][0]["comparisons"][0]["result"]["clearance"] == as_dict(sample_dossier().result)["clearance"]
    assert [row["action"] for row in trail][-1] == "patient.export"
    assert all(f"patient/{key}" in row["object"] for row in trail)
    assert len(photos) == 2
    for photo in photos:
        assert b"PLANTED" not in photo
        assert not Image.open(io.BytesIO(photo)).getexif()
    assert bob not in json.dumps(patient)


def test_an_erased_patient_is_gone_and_the_trail_says_so(records: Records) -> None:
    ann, bob = filled(records)
    shared = records.open_patient(LOCAL, bob).regions[0].visits[0].photos[0]
    assert erase_patient(records, LOCAL, ann, "asked for it") == 2, "two photos of its own; what Bob has too stays"
    with pytest.raises(UsageError, match="erased"):
        records.open_patient(LOCAL, ann)
    assert [line.key for line in records.find_patients(LOCAL, "example")] == [bob]
    assert records.photo(LOCAL, shared.id) == photo_with_metadata()
    told = json.dumps(everything(records), default=str)
    assert "Ann" not in told
    assert "about Bob" in told
    assert records.trail_rows(LOCAL)[1].action != ""
    assert "patient.erase" in [row.action for row in records.trail_rows(LOCAL)]
    assert verify(records, LOCAL).clean
    assert len(records.cohort(LOCAL)) == 4, "an audit counts every patient"
    with pytest.raises(UsageError, match="erased"):
        erase_patient(records, LOCAL, ann, "again")


def test_nothing_of_an_erased_name_is_left_in_the_file(tmp_path: Path) -> None:
    records = Records(in_folder(tmp_path))
    key = records.add_patient(LOCAL, IdentityFacts("Zebulon Quuxley", "CHART-98765"))
    records.save_comparison(LOCAL, new_comparison(key))
    records.close()
    assert b"Quuxley" in (tmp_path / "records.sqlite").read_bytes()
    erase_patient(records, LOCAL, key, "asked for it")
    records.close()
    data = (tmp_path / "records.sqlite").read_bytes().lower()
    assert b"quuxley" not in data
    assert b"chart-98765" not in data


def test_an_erasure_that_fails_takes_nothing(records: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    ann, _ = filled(records)
    before = set(records.photos.digests())

    def fails(*_args: object, **_kwargs: object) -> None:
        raise OSError("no room")

    monkeypatch.setattr(upkeep.trail, "note", fails)
    with pytest.raises(OSError, match="no room"):
        erase_patient(records, LOCAL, ann, "asked for it")
    monkeypatch.undo()
    assert set(records.photos.digests()) == before
    assert records.open_patient(LOCAL, ann).identity is not None
    assert verify(records, LOCAL).clean


def test_upkeep_is_for_administrators(records: Records, tmp_path: Path) -> None:
    ann, _ = filled(records)
    for ask in (
        lambda: back_up(records, CLINICIAN, tmp_path / "b"),
        lambda: verify(records, CLINICIAN),
        lambda: export_patient(records, CLINICIAN, ann),
        lambda: erase_patient(records, CLINICIAN, ann, "why"),
    ):
        with pytest.raises(AccessDenied):
            ask()
    assert not (tmp_path / "b").exists()
    assert verify(records, Actor("an administrator", "admin")).clean
