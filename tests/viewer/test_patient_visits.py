"""A visit that is entered on a patient's page keeps what its photos tell of themselves."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest

from photocompare.base.errors import UsageError
from photocompare.records.access import LOCAL
from photocompare.records.entries import VisitFacts
from photocompare.records.photo_files import digest_of
from photocompare.records.store import Records
from photocompare.report.words.texts import texts
from photocompare.viewer.patients import visits
from photocompare.viewer.patients.visits import visit_photos
from photocompare.viewer.shared import waiting
from tests.support import hostile_files as make
from tests.support.faked_work import faked_work
from tests.support.painted_leg import jpeg_with_camera, two_encoded_legs

T = texts("en")


def test_the_photos_of_a_visit_keep_their_facts(records: Records) -> None:
    first, second = two_encoded_legs()
    files = [jpeg_with_camera(first), make.png(second)]
    photos = visit_photos(files, {}, T)
    key = records.add_patient(LOCAL)
    records.add_visit(LOCAL, key, "left", "calf", VisitFacts(dt.date(2026, 3, 14)), photos)
    ((visit,),) = (region.visits for region in records.open_patient(LOCAL, key).regions)
    camera, plain = (photo.facts for photo in visit.photos)
    assert (camera["camera_make"], camera["camera_model"], camera["capture_time"]) == ("Example", "One", "2026-03-14T09:30:00")
    assert (camera["iso"], camera["exposure_s"], camera["focal_length_mm"], camera["flash_fired"]) == (100.0, 0.01, 4.2, True)
    assert (plain["format"], plain["width"], plain["height"]) == ("PNG", 480, 640)
    assert not {"flags", "cut", "camera_model"} & set(plain)


def test_a_file_that_is_no_photo_keeps_the_visit_from_the_records() -> None:
    with pytest.raises(UsageError, match=re.escape(T("errors.NotAPhoto"))):
        visit_photos([b"no photo"], {}, T)


def test_each_photo_is_looked_at_once_and_what_was_taken_out_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    _, checking = faked_work()
    monkeypatch.setattr(visits, "Checking", checking)
    monkeypatch.setattr(waiting, "PATIENCE_S", 0.0)
    known: dict[str, Any] = {}
    with pytest.raises(UsageError):
        visit_photos([b"first", b"second"], known, T)
    for check in checking.made:
        check.know()
    assert len(visit_photos([b"first", b"second"], known, T).facts) == 2
    assert [check.data for check in checking.made] == [b"first", b"second"]
    assert list(visit_photos([b"second"], known, T).facts) == list(known) == [digest_of(b"second")]
