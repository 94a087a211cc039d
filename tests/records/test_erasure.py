"""An erasure takes the patient's files for good: whoever opens the records meanwhile, and wherever it is cut short."""

from __future__ import annotations

import pytest

from photocompare.records.access import LOCAL
from photocompare.records.photo_files import PhotoFiles, digest_of
from photocompare.records.places import Places
from photocompare.records.store import Records
from photocompare.records.upkeep import erase_patient, verify
from tests.support.made_records import new_comparison


class Killed(BaseException):
    """In the place of a kill: the process does nothing more."""


def one_patient(records: Records, photo: bytes = b"before") -> str:
    key = records.add_patient(LOCAL)
    records.save_comparison(LOCAL, new_comparison(key, before_photos=(photo,), after_photos=(b"after " + photo,)))
    return key


def left(records: Records) -> tuple[list[str], list[str]]:
    """Files in their places, and beside them."""
    return list(records.photos.digests()), records.photos.unfinished()


def test_files_that_another_command_puts_back_meanwhile_go_too(records: Records, places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its opening finds files beside their places whose rows are still there."""
    key = one_patient(records)
    real = PhotoFiles.set_aside

    def set_aside(files: PhotoFiles, digest: str) -> str:
        ticket = real(files, digest)
        Records(places).close()
        return ticket

    monkeypatch.setattr(PhotoFiles, "set_aside", set_aside)
    assert erase_patient(records, LOCAL, key, "asked for it") == 3
    assert left(records) == ([], [])
    assert verify(records, LOCAL).clean


def test_a_kill_after_the_commit_brings_nothing_back(records: Records, places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    key = one_patient(records)

    def killed(_files: PhotoFiles, _ticket: str) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(PhotoFiles, "drop", killed)
        with pytest.raises(Killed):
            erase_patient(records, LOCAL, key, "asked for it")
    again = Records(places)
    assert list(again.photos.digests()) == []
    again.photos.clean_up(lambda _: False, older_than_s=-1.0)
    assert left(again) == ([], [])
    assert verify(again, LOCAL).clean
    again.close()


def test_a_pair_of_two_patients_goes_with_the_last(records: Records) -> None:
    first, second = one_patient(records), one_patient(records)
    assert erase_patient(records, LOCAL, first, "asked for it") == 0, "the other patient has all of it too"
    assert len(left(records)[0]) == 3
    assert erase_patient(records, LOCAL, second, "asked for it") == 3
    assert left(records) == ([], [])
    assert verify(records, LOCAL).clean


def test_a_photo_that_is_saved_for_somebody_else_meanwhile_stays(records: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the erasure's commit, before its files go."""
    key = one_patient(records)
    real, saved = PhotoFiles.drop, []

    def drop(files: PhotoFiles, ticket: str) -> None:
        real(files, ticket)
        if not saved:
            saved.append(one_patient(records))

    monkeypatch.setattr(PhotoFiles, "drop", drop)
    erase_patient(records, LOCAL, key, "asked for it")
    assert records.photos.read(digest_of(b"before")) == b"before"
    assert verify(records, LOCAL).clean


def test_an_erasure_that_fails_puts_back_what_a_living_row_names(records: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut short after some of the files were set aside."""
    key = one_patient(records)
    real, calls = PhotoFiles.set_aside, []

    def set_aside(files: PhotoFiles, digest: str) -> str:
        if len(calls) == 2:
            raise OSError("no permission")
        calls.append(digest)
        return real(files, digest)

    monkeypatch.setattr(PhotoFiles, "set_aside", set_aside)
    with pytest.raises(OSError, match="no permission"):
        erase_patient(records, LOCAL, key, "asked for it")
    assert (len(left(records)[0]), left(records)[1]) == (3, [])
    assert verify(records, LOCAL).clean
