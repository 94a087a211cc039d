"""A visit that is entered on a patient's page keeps what its photos tell of themselves."""

from __future__ import annotations

import datetime as dt

from streamlit.testing.v1 import AppTest

from photocompare.records.access import LOCAL
from photocompare.records.entries import VisitFacts
from photocompare.records.store import Records
from photocompare.report.words.texts import texts
from photocompare.viewer.patients.visits import visit_photos
from tests.support import hostile_files as make
from tests.support.painted_leg import jpeg_with_camera, two_encoded_legs

T = texts("en")


def test_the_photos_of_a_visit_keep_their_facts(records: Records) -> None:
    first, second = two_encoded_legs()
    files = [jpeg_with_camera(first), make.png(second)]
    photos = visit_photos(files, T)
    assert photos is not None
    key = records.add_patient(LOCAL)
    records.add_visit(LOCAL, key, "left", "calf", VisitFacts(dt.date(2026, 3, 14)), photos)
    ((visit,),) = (region.visits for region in records.open_patient(LOCAL, key).regions)
    camera, plain = (photo.facts for photo in visit.photos)
    assert (camera["camera_make"], camera["camera_model"], camera["capture_time"]) == ("Example", "One", "2026-03-14T09:30:00")
    assert (camera["iso"], camera["exposure_s"], camera["focal_length_mm"], camera["flash_fired"]) == (100.0, 0.01, 4.2, True)
    assert (plain["format"], plain["width"], plain["height"]) == ("PNG", 480, 640)
    assert not {"flags", "cut", "camera_model"} & set(plain)


def test_a_file_that_is_no_photo_keeps_the_visit_from_the_records() -> None:
    def page() -> None:
        import streamlit as st

        from photocompare.report.words.texts import texts
        from photocompare.viewer.patients.visits import visit_photos

        st.text(str(visit_photos([b"no photo"], texts("en"))))

    at = AppTest.from_function(page, default_timeout=60).run()
    assert [text.value for text in at.text][-1] == "None"
    assert [error.value for error in at.error] == [T("errors.NotAPhoto")]
