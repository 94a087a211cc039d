"""Records on a network drive are refused, those in a folder that a service copies elsewhere are warned of; any other folder is well."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from photocompare.base.errors import RecordsUnusable
from photocompare.cli import app
from photocompare.records import drives
from photocompare.records.drives import linux_mounts, macos_mounts, network_drive, synchronised_by, warning_about
from photocompare.records.migrating import open_database
from photocompare.records.places import FOLDER_VARIABLE, Places, in_folder
from photocompare.report.words.texts import LANGUAGES, texts

LINUX = r"""/dev/sda1 / ext4 rw 0 0
proc /proc proc rw 0 0
//server/share /mnt/the\040practice cifs rw 0 0
server:/home /home/shared nfs4 rw 0 0
/dev/sdb1 /home/shared/local ext4 rw 0 0
"""
MACOS = """/dev/disk3s1s1 on / (apfs, sealed, local, read-only, journaled)
/dev/disk3s5 on /System/Volumes/Data (apfs, local, journaled)
//ann@server/records on /Volumes/the practice (1) (smbfs, nodev, nosuid, mounted by ann)
"""


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "fuse.sshfs", "smbfs"])
def test_a_network_drive_is_refused_and_warned_of_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setattr(drives, "file_system", lambda _folder: kind)
    drives.warning_about.cache_clear()
    places = in_folder(tmp_path / "records")
    with pytest.raises(RecordsUnusable, match=r"network drive.*SQLite is not safe.*PostgreSQL"):
        open_database(places)
    assert not (tmp_path / "records").exists()
    assert "network drive" in str(warning_about(places))
    for language in LANGUAGES:
        told = warning_about(places)
        assert told is not None
        assert kind in texts(language).error(told)
    drives.warning_about.cache_clear()


def test_a_folder_is_on_the_drive_that_is_mounted_nearest() -> None:
    linux, macos = linux_mounts(LINUX), macos_mounts(MACOS)
    for folder, kind in {
        "/home/ann": "ext4",
        "/mnt/the practice/records": "cifs",
        "/mnt/the practice 2": "ext4",
        "/home/shared": "nfs4",
        "/home/shared/local/x": "ext4",
    }.items():
        assert drives._kind_of(Path(folder), linux) == kind
    assert drives._kind_of(Path("/Volumes/the practice (1)/records"), macos) == "smbfs"
    assert drives._kind_of(Path("/Users/ann/records"), macos) == "apfs"


def test_this_machines_own_drives_are_none(tmp_path: Path) -> None:
    assert drives.file_system(Path("/proc/self")) in ("proc", "")
    assert network_drive(tmp_path) == ""


@pytest.mark.parametrize(
    ("folder", "service"),
    [
        ("OneDrive/records", "OneDrive"),
        ("OneDrive - Clinic of Veins/Documents/photocompare", "OneDrive"),
        ("Dropbox/records", "Dropbox"),
        ("Dropbox (Personal)/a/b", "Dropbox"),
        ("Google Drive/records", "Google Drive"),
        ("GoogleDrive/records", "Google Drive"),
        ("My Drive", "Google Drive"),
        ("Library/Mobile Documents/com~apple~CloudDocs/records", "iCloud Drive"),
        ("iCloudDrive/records", "iCloud Drive"),
        ("Library/CloudStorage/OneDrive-Personal/records", "OneDrive"),
        ("Library/CloudStorage/ProtonDrive-ann/records", "ProtonDrive"),
        ("Nextcloud/records", "Nextcloud"),
        ("SynologyDrive/records", "Synology Drive"),
        ("records", ""),
        ("One Drive In A Thousand/records", ""),
        ("droplets/boxes/drive", ""),
        ("onedrivers", ""),
    ],
)
def test_a_folder_of_a_service_is_known_by_its_name(tmp_path: Path, folder: str, service: str) -> None:
    assert synchronised_by(tmp_path / folder) == service
    (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / folder)
    assert synchronised_by(tmp_path / "link") == service


@pytest.mark.parametrize("mark", [".dropbox.cache", ".stfolder", ".tmp.driveupload", ".nextcloudsync.log"])
def test_a_folder_of_a_service_is_known_by_what_the_service_leaves_there(tmp_path: Path, mark: str) -> None:
    folder = tmp_path / "ours" / "records"
    assert synchronised_by(folder) == ""
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours" / mark).touch()
    assert synchronised_by(folder)


def test_records_there_are_opened_and_warned_of_in_every_language(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "OneDrive - Clinic" / "records"
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
    ran = CliRunner().invoke(app, ["records", "verify"])
    assert ran.exit_code == 0
    assert "All is well" in ran.stdout
    assert "OneDrive copies elsewhere" in ran.stderr
    warning = warning_about(in_folder(folder))
    assert warning is not None
    sentences = {language: texts(language).error(warning) for language in LANGUAGES}
    assert len(set(sentences.values())) == len(LANGUAGES)
    for sentence in sentences.values():
        assert "OneDrive" in sentence
        assert FOLDER_VARIABLE in sentence
        assert str(folder) in sentence


def test_photos_alone_in_such_a_folder_are_warned_of_too(tmp_path: Path) -> None:
    warning = warning_about(Places(in_folder(tmp_path).database_url, str(tmp_path / "Dropbox" / "photos")))
    assert "photos leave this machine" in str(warning)
    assert warning_about(Places("postgresql+psycopg://ann@server/records", "s3://bucket/Dropbox")) is None
    assert warning_about(in_folder(tmp_path)) is None
