"""Photos come back as they were stored or not at all; what was cut short is ended."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest

from photocompare.base.errors import DamagedPhoto, RecordsUnusable, UsageError
from photocompare.records import photo_files
from photocompare.records.access import LOCAL
from photocompare.records.backup import back_up
from photocompare.records.photo_files import PhotoFiles, digest_of
from photocompare.records.places import in_folder
from photocompare.records.store import Records
from tests.support.made_records import new_comparison


@pytest.fixture(params=["folder", "memory"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PhotoFiles]:
    """A store on disk, and one that is reached through fsspec."""
    if request.param == "folder":
        yield PhotoFiles(str(tmp_path / "photos"))
        return
    yield PhotoFiles(f"memory://{tmp_path.name}")
    fsspec.filesystem("memory").rm(f"/{tmp_path.name}", recursive=True)


def store(files: PhotoFiles, data: bytes) -> str:
    files.settle(files.bring(data))
    return digest_of(data)


def test_a_file_comes_back_by_its_digest(files: PhotoFiles) -> None:
    digest = store(files, b"photo")
    assert files.read(digest) == b"photo"
    assert list(files.digests()) == [digest]
    assert files.unfinished() == []


def test_a_file_that_is_stored_twice_is_one(files: PhotoFiles) -> None:
    assert store(files, b"photo") == store(files, b"photo")
    assert len(list(files.digests())) == 1


def test_a_file_is_read_before_it_is_settled(files: PhotoFiles) -> None:
    """A crash between the commit and the settling loses nothing."""
    ticket = files.bring(b"photo")
    assert files.read(digest_of(b"photo")) == b"photo"
    assert list(files.digests()) == []
    assert files.unfinished() == [ticket]


def test_a_sweep_ends_what_was_begun(files: PhotoFiles) -> None:
    kept, dropped = files.bring(b"kept"), files.bring(b"dropped")
    wanted = digest_of(b"kept")
    assert files.clean_up(lambda digest: digest == wanted) == 0
    assert files.unfinished() == [dropped], "a save may still be under way"
    assert list(files.digests()) == [wanted]
    assert kept not in files.unfinished()
    assert files.clean_up(lambda digest: digest == wanted, older_than_s=-1.0) == 1
    assert files.unfinished() == []
    assert files.read(wanted) == b"kept"


def cut_short(files: PhotoFiles, data: bytes) -> str:
    """What a writer leaves that is killed in the middle of a file; its ticket."""
    ticket = files.bring(data)
    files._place.remove(f"unfinished/{ticket}")
    files._place.write(f"unfinished/{ticket}", data[: len(data) // 2])
    return ticket


def test_a_part_of_a_file_never_takes_the_place_of_the_whole(files: PhotoFiles) -> None:
    """The same photo is saved twice, and the second save is killed while it writes: a row speaks of these bytes already."""
    digest = store(files, b"photo")
    part = cut_short(files, b"photo")
    assert files.clean_up(lambda _: True) == 0
    assert files.read(digest) == b"photo"
    assert files.unfinished() == [part], "its writer may still be at work"
    assert files.clean_up(lambda _: True, older_than_s=-1.0) == 1
    assert files.read(digest) == b"photo"


def test_a_part_of_a_file_is_not_read_in_the_place_of_the_whole(files: PhotoFiles) -> None:
    """The first save ended between its row and its file's place, the second while it wrote; by name either may come first."""
    parts = [cut_short(files, b"photo") for _ in range(4)]
    ticket = files.bring(b"photo")
    parts += [cut_short(files, b"photo") for _ in range(4)]
    assert files.read(digest_of(b"photo")) == b"photo"
    assert files.clean_up(lambda _: True) == 0
    assert sorted(files.unfinished()) == sorted(parts)
    assert ticket not in files.unfinished()
    assert files.read(digest_of(b"photo")) == b"photo"


def test_setting_aside_is_undone_or_ended(files: PhotoFiles) -> None:
    digest = store(files, b"photo")
    ticket = files.set_aside(digest)
    assert list(files.digests()) == []
    assert files.read(digest) == b"photo"
    files.settle(ticket)
    assert list(files.digests()) == [digest]
    files.drop(files.set_aside(digest))
    with pytest.raises(DamagedPhoto, match="missing"):
        files.read(digest)


def test_every_flipped_bit_is_found(tmp_path: Path) -> None:
    files = PhotoFiles(str(tmp_path))
    data = bytes(range(64))
    digest = store(files, data)
    path = tmp_path / digest[:2] / digest
    for position in range(0, 8 * len(data), 7):
        flipped = bytearray(data)
        flipped[position // 8] ^= 1 << position % 8
        path.write_bytes(bytes(flipped))
        with pytest.raises(DamagedPhoto, match="changed after it was stored"):
            files.read(digest)
    path.write_bytes(data[:-1])
    with pytest.raises(DamagedPhoto):
        files.read(digest)


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = PhotoFiles(str(tmp_path))
    digest = store(files, b"photo")

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        files.bring(b"another")
    monkeypatch.undo()
    assert files.unfinished() == []
    assert files.read(digest) == b"photo"


def test_a_place_that_is_unknown_is_told() -> None:
    with pytest.raises(RecordsUnusable, match="nosuch://"):
        PhotoFiles("nosuch://bucket/x")


# --- as the records use them


@pytest.fixture
def usual_mask() -> Iterator[None]:
    """What everybody may read unless a program says otherwise."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def modes(folder: Path) -> set[tuple[bool, int]]:
    """Of the folder and all in it: whether a folder, and who may do what."""
    return {(path.is_dir(), path.stat().st_mode & 0o777) for path in (folder, *folder.rglob("*"))}


@pytest.mark.skipif(os.name != "posix", reason="only there have files such modes")
@pytest.mark.usefixtures("usual_mask")
def test_photos_are_this_account_s_alone_and_a_folder_that_was_there_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "records").mkdir(mode=0o755)
    records = Records(in_folder(tmp_path / "records"))
    stored_photo(records)
    records.photos.bring(b"begun")
    assert modes(tmp_path / "records" / "photos") == {(True, 0o700), (False, 0o600)}
    assert (tmp_path / "records").stat().st_mode & 0o777 == 0o755
    back_up(records, LOCAL, tmp_path / "disk" / "backups")
    assert modes(tmp_path / "disk") == {(True, 0o700), (False, 0o600)}
    (tmp_path / "shared").mkdir(mode=0o755)
    back_up(records, LOCAL, tmp_path / "shared")
    assert modes(tmp_path / "shared" / "photos") == {(True, 0o700), (False, 0o600)}
    assert (tmp_path / "shared").stat().st_mode & 0o777 == 0o755
    records.close()


def stored_photo(records: Records) -> tuple[str, int, Path]:
    """A saved comparison's before photo: the patient, its number, its file."""
    key = records.add_patient(LOCAL)
    records.save_comparison(LOCAL, new_comparison(key))
    photo = records.open_patient(LOCAL, key).regions[0].visits[0].photos[0]
    return key, photo.id, Path(records.places.photos_url) / photo.sha256[:2] / photo.sha256


def test_a_changed_photo_is_not_shown_and_noted(records: Records) -> None:
    _, photo_id, path = stored_photo(records)
    path.write_bytes(path.read_bytes() + b"!")
    with pytest.raises(DamagedPhoto, match="not shown"):
        records.photo(LOCAL, photo_id)
    assert records.trail_rows(LOCAL)[0].action == "photo.damaged"


def test_saving_again_mends_a_missing_photo(records: Records) -> None:
    key = records.add_patient(LOCAL)
    new = new_comparison(key)
    records.save_comparison(LOCAL, new)
    photo = records.open_patient(LOCAL, key).regions[0].visits[0].photos[0]
    (Path(records.places.photos_url) / photo.sha256[:2] / photo.sha256).unlink()
    assert not records.save_comparison(LOCAL, new).written
    assert records.photo(LOCAL, photo.id) == new.before_photos[0]


def test_a_failed_save_takes_its_files_back(records: Records) -> None:
    with pytest.raises(UsageError, match="no patient"):
        records.save_comparison(LOCAL, new_comparison("P-UNKNOWN"))
    assert (records.photos.unfinished(), list(records.photos.digests())) == ([], [])


def test_opening_sweeps_old_leftovers(tmp_path: Path) -> None:
    places = in_folder(tmp_path)
    records = Records(places)
    ticket = records.photos.bring(b"left over")
    records.close()
    path = tmp_path / "photos" / "unfinished" / ticket
    Records(places).close()
    assert path.exists(), "an hour has not passed"
    old = time.time() - photo_files.UNFINISHED_S - 60
    os.utime(path, (old, old))
    Records(places).close()
    assert not path.exists()


def test_of_several_files_all_come_or_none(files: PhotoFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    contents = [b"first", b"second", b"third"]
    assert [ticket.partition(".")[0] for ticket in files.bring_all(contents)] == [digest_of(data) for data in contents]
    for ticket in files.unfinished():
        files.drop(ticket)
    real = files.bring

    def bring(data: bytes) -> str:
        if data == b"second":
            raise OSError(28, "No space left on device")
        return real(data)

    monkeypatch.setattr(files, "bring", bring)
    with pytest.raises(OSError, match="No space"):
        files.bring_all(contents)
    assert files.unfinished() == []
