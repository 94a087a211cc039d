"""A folder of backups keeps what its backups speak of, and nothing else for ever."""

from __future__ import annotations

import os
import time
import zipfile
from pathlib import Path

import pytest

from photocompare.base.safe_files import staging
from photocompare.records.access import LOCAL
from photocompare.records.backup import back_up
from photocompare.records.backup_folder import LIST
from photocompare.records.photo_files import PhotoFiles
from photocompare.records.places import in_folder
from photocompare.records.restoring import restore
from photocompare.records.store import Records
from photocompare.records.upkeep import erase_patient, verify
from tests.support.made_records import new_comparison

LONG_AGO_S = 2 * 86_400


def erased_in_the_second(records: Records, folder: Path) -> tuple[Path, Path]:
    """Two backups: the first holds a patient who is erased before the second."""
    gone, stays = records.add_patient(LOCAL), records.add_patient(LOCAL)
    for key in (gone, stays):
        records.save_comparison(LOCAL, new_comparison(key))
    first = back_up(records, LOCAL, folder)
    erase_patient(records, LOCAL, gone, "asked for it")
    second = back_up(records, LOCAL, folder)
    assert (first.expired, second.expired) == (0, 0)
    return first.file, second.file


def held(folder: Path) -> int:
    return len(list(PhotoFiles(str(folder / "photos")).digests()))


def long_ago(path: Path) -> Path:
    os.utime(path, (time.time() - LONG_AGO_S,) * 2)
    return path


def test_files_go_with_the_last_backup_that_speaks_of_them(records: Records, tmp_path: Path) -> None:
    folder = tmp_path / "b"
    first, _ = erased_in_the_second(records, folder)
    assert held(folder) == 5, "a dossier is shared"
    first.unlink()
    newest = back_up(records, LOCAL, folder)
    assert (newest.expired, held(folder)) == (2, 3)
    other = Records(in_folder(tmp_path / "restored"))
    assert restore(other, LOCAL, newest.file).missing == ()
    assert verify(other, LOCAL).clean


@pytest.mark.parametrize("how", ["cut", "without a list", "of an unknown kind"])
def test_a_backup_that_cannot_be_read_keeps_every_file(records: Records, tmp_path: Path, how: str) -> None:
    folder = tmp_path / "b"
    first, second = erased_in_the_second(records, folder)
    first.unlink()
    if how == "cut":
        second.write_bytes(second.read_bytes()[:-300])
    elif how == "without a list":  # as earlier versions wrote it
        with zipfile.ZipFile(second) as archive:
            files = {name: archive.read(name) for name in archive.namelist() if name != LIST}
        with zipfile.ZipFile(second, "w") as archive:
            for name, data in files.items():
                archive.writestr(name, data)
    else:
        (folder / "renamed.zip").write_bytes(b"no zip")
    assert back_up(records, LOCAL, folder).expired == 0
    assert held(folder) == 5


def test_no_file_goes_while_another_backup_is_at_work(records: Records, tmp_path: Path) -> None:
    """Its zip, which speaks of files that it brought, is not there yet."""
    folder = tmp_path / "b"
    erased_in_the_second(records, folder)[0].unlink()
    with staging(folder) as other:
        long_ago(other)
        assert back_up(records, LOCAL, folder).expired == 0
        assert other.is_dir()
    assert held(folder) == 5
    assert back_up(records, LOCAL, folder).expired == 2


def test_the_records_own_photos_are_no_backup_s(tmp_path: Path) -> None:
    """Whoever backs up into the data folder, or into that of other records, loses nothing there."""
    records = Records(in_folder(tmp_path / "data"))
    stray = PhotoFiles(str(tmp_path / "data" / "photos"))
    stray.settle(stray.bring(b"saved while the backup ran"))
    assert back_up(records, LOCAL, tmp_path / "data").expired == 0
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "photos").symlink_to(tmp_path / "data" / "photos")
    assert back_up(records, LOCAL, tmp_path / "b").expired == 0
    assert held(tmp_path / "data") == 1


def test_what_killed_backups_left_goes(records: Records, tmp_path: Path) -> None:
    folder = tmp_path / "b"
    dead = folder / ".photocompare-dead"
    earlier, at_work, somebody_s = (folder / name for name in ("tmpabcd1234", "tmpefgh5678", "tmpijkl9012"))
    for left in (dead, earlier, at_work, somebody_s):
        left.mkdir(parents=True)
        (left / "records.sqlite").write_bytes(b"a copy")
        long_ago(left / "records.sqlite")
    (at_work / "records.sqlite").touch()
    (somebody_s / "photos").mkdir()
    unfinished = long_ago_file(folder / ".unfinished-abc")
    ticket = PhotoFiles(str(folder / "photos")).bring(b"nobody's")
    long_ago(folder / "photos" / "unfinished" / ticket)
    long_ago(dead)
    back_up(records, LOCAL, folder)
    assert not dead.exists()
    assert not earlier.exists()
    assert not unfinished.exists()
    assert (at_work.exists(), somebody_s.exists()) == (True, True)
    assert PhotoFiles(str(folder / "photos")).unfinished() == []


def long_ago_file(path: Path) -> Path:
    path.write_bytes(b"half a zip")
    return long_ago(path)
