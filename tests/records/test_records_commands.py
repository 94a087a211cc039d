"""What the `records` commands say where something is wrong, and that the rest goes on."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from photocompare.base.errors import RecordsUnusable, UsageError
from photocompare.commands.records import app
from photocompare.records.access import LOCAL
from photocompare.records.backup import back_up
from photocompare.records.database import Database
from photocompare.records.places import in_folder
from photocompare.records.restoring import restore
from photocompare.records.schema import Base
from photocompare.records.store import Records
from tests.support.made_records import new_comparison


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the command line finds its records."""
    monkeypatch.setenv("PHOTOCOMPARE_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def run(*words: str, status: int = 0) -> str:
    result = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert result.exit_code == status, result.output
    return result.output


def filled(folder: Path) -> str:
    records = Records(in_folder(folder))
    key = records.add_patient(LOCAL)
    records.save_comparison(LOCAL, new_comparison(key))
    records.close()
    return key


def a_photo(folder: Path) -> Path:
    return next(path for path in sorted((folder / "photos").rglob("*")) if path.is_file())


def unreadable(photo: Path) -> None:
    """The system refuses it, whoever asks."""
    photo.unlink()
    photo.mkdir()


def test_one_unreadable_file_is_named_and_the_rest_goes_on(folder: Path, tmp_path: Path) -> None:
    key = filled(folder)
    unreadable(a_photo(folder))
    said = run("verify", status=3)
    assert "can't be read" in said
    assert "1 problem:" in said
    assert "in the backup: 1 file;" in run("backup", "--out", str(tmp_path / "b"), status=3)
    assert sum(path.is_file() for path in (tmp_path / "b" / "photos").rglob("*")) == 2
    assert "Missing: photos/" in run("export", key, "--out", str(tmp_path / "p.zip"), status=3)
    with zipfile.ZipFile(tmp_path / "p.zip") as archive:
        assert {"patient.json", "trail.json", "missing.txt"} <= set(archive.namelist())


def test_what_a_backup_never_held_is_told_by_the_restore(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(folder)
    a_photo(folder).unlink()
    run("backup", "--out", str(tmp_path / "b"), status=3)
    monkeypatch.setenv("PHOTOCOMPARE_DATA", str(tmp_path / "other"))
    assert "told missing: 1 file;" in run("restore", str(tmp_path / "b"), status=3)


def test_a_head_may_be_in_capitals(folder: Path, tmp_path: Path) -> None:
    filled(folder)
    head = run("backup", "--out", str(tmp_path / "b")).strip().rpartition(" ")[2]
    assert "All is well" in run("verify", "--head", head.upper())


def test_an_account_keeps_its_name_and_an_unknown_one_is_not_closed(folder: Path) -> None:
    run("account", "ann@clinic", "--role", "admin", "--name", "Ann")
    run("account", "ann@clinic", "--role", "auditor")
    run("account", "ann@clinic", "--role", "auditor", "--close")
    records = Records(in_folder(folder))
    assert records.accounts(LOCAL) == [("ann@clinic", "Ann", "auditor", False)]
    with pytest.raises(UsageError, match="no account of that subject"):
        run("account", "nobody@clinic", "--role", "auditor", "--close")
    assert len(records.accounts(LOCAL)) == 1


def test_where_the_database_is_lost_a_restore_says_where_to(folder: Path, tmp_path: Path) -> None:
    filled(folder)
    run("backup", "--out", str(tmp_path / "b"))
    file = folder / "records.sqlite"
    for content in (None, b"", b"no database", file.read_bytes()[:5_000]):
        file.unlink(missing_ok=True)
        if content is not None:
            file.write_bytes(content)
        with pytest.raises(RecordsUnusable, match="move its folder away, or name a new one by PHOTOCOMPARE_DATA"):
            run("restore", str(tmp_path / "b"))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no disk that is always full")
def test_a_full_disk_ends_a_backup_with_a_sentence(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(folder)
    monkeypatch.setattr(Database, "copy_to", lambda database, _: database.run_alone("VACUUM INTO '/dev/full'"))
    with pytest.raises(RecordsUnusable, match="The disk is full"):
        run("backup", "--out", str(tmp_path / "b"))
    assert list((tmp_path / "b").iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="only there have files such modes")
def test_the_database_is_this_account_s_alone_in_a_folder_that_was_there(folder: Path, tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        folder.mkdir(mode=0o755)
        filled(folder)
        records = Records(in_folder(folder))
        records.database.copy_to(tmp_path / "copy.sqlite")
        with records.database.writing() as session:
            session.connection().exec_driver_sql("INSERT INTO cohort_word (word) VALUES ('a')")
            modes = {path.name: path.stat().st_mode & 0o777 for path in folder.glob("records.sqlite*")}
    finally:
        os.umask(before)
    assert modes == {"records.sqlite": 0o600, "records.sqlite-journal": 0o600}
    assert (tmp_path / "copy.sqlite").stat().st_mode & 0o777 == 0o600


# --- damaged backups


def rewritten(backup: Path, name: str, data: bytes) -> None:
    """The backup with one of its files put in another's place, as a whole zip."""
    with zipfile.ZipFile(backup) as archive:
        files = {each: archive.read(each) for each in archive.namelist()}
    with zipfile.ZipFile(backup, "w") as archive:
        for each, content in (files | {name: data}).items():
            archive.writestr(each, content)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("manifest.json", b"[]"),
        ("manifest.json", b"null"),
        ("tables/patient.jsonl", b'{"key": "P-1"}\n'),
        ("tables/patient.jsonl", b'{"id": 1, "kei": "P-1"}\n'),
        ("tables/leg.jsonl", b'{"id": 1, "patient_id": 1, "side": "middle"}\n'),
        ("tables/leg.jsonl", b"[1]\n"),
        ("tables/visit.jsonl", b'{"id": 1, "day": 7}\n'),
        ("tables/patient.jsonl", b""),
    ],
)
def test_a_damaged_backup_is_told_and_restores_nothing(records: Records, tmp_path: Path, name: str, data: bytes) -> None:
    records.save_comparison(LOCAL, new_comparison(records.add_patient(LOCAL)))
    backup = back_up(records, LOCAL, tmp_path / "b").file
    rewritten(backup, name, data)
    refused_whole(backup, tmp_path)


def test_flipped_bits_are_told_and_restore_nothing(records: Records, tmp_path: Path) -> None:
    records.save_comparison(LOCAL, new_comparison(records.add_patient(LOCAL)))
    backup = back_up(records, LOCAL, tmp_path / "b").file
    data = backup.read_bytes()
    with zipfile.ZipFile(backup) as archive:
        middles = [
            info.header_offset
            + 30
            + len(info.filename)
            + 20
            + info.compress_size // 2  # within the packed bytes, behind the longest header
            for info in archive.infolist()
            if info.compress_size > 100 and info.filename != "files.txt"
        ]
    assert len(middles) > 3
    for middle in middles:
        flipped = bytearray(data)
        flipped[middle] ^= 0x10
        backup.write_bytes(flipped)
        refused_whole(backup, tmp_path)


def refused_whole(backup: Path, tmp_path: Path) -> None:
    other = Records(in_folder(tmp_path / "restored"))
    with pytest.raises(UsageError, match="damaged; nothing was restored"):
        restore(other, LOCAL, backup)
    with other.database.reading() as session:
        assert not any(session.query(table).count() for table in Base.metadata.sorted_tables)
    assert (list(other.photos.digests()), other.photos.unfinished()) == ([], [])
    other.close()
