"""What was typed belongs to the photos that it was typed about; photos that are there already stay when more come."""

from __future__ import annotations

import datetime as dt

import pytest

from photocompare.viewer.measuring.requests import PhotoRefusal
from photocompare.viewer.measuring.visit import MOST_SHOTS, Shot, Visit, take_uploads
from tests.support.run_pages import MEASURED, Pages, T, faked_app

EARLY, LATE = dt.date(2026, 3, 2), dt.date(2026, 6, 1)


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> Pages:
    return faked_app(monkeypatch)()


def typed_days(pages: Pages) -> tuple[dt.date | None, dt.date | None]:
    return pages.at.date_input(key="before_date").value, pages.at.date_input(key="after_date").value


def with_typed_days(pages: Pages) -> None:
    pages.measured_pair()
    pages.at.date_input(key="before_date").set_value(EARLY)
    pages.at.date_input(key="after_date").set_value(LATE)
    pages.run()


def test_a_day_that_was_typed_goes_when_its_photo_is_replaced(pages: Pages) -> None:
    with_typed_days(pages)
    pages.upload("after", b"other")
    assert typed_days(pages) == (EARLY, None)
    assert T("result.window_assessment") not in pages.words


def test_a_day_stays_when_a_photo_joins_the_one_that_it_was_typed_about(pages: Pages) -> None:
    with_typed_days(pages)
    pages.upload("after", b"after", b"another")
    assert typed_days(pages) == (EARLY, LATE)


def test_days_and_label_go_with_the_last_photo_of_the_pair(pages: Pages) -> None:
    with_typed_days(pages)
    pages.at.text_input(key="patient_label").set_value("Anna Example")
    pages.run()
    pages.upload("before", b"other before")
    assert pages.visit.details.patient_label == "Anna Example", "one photo of the pair is left"
    pages.upload("after", b"other after")
    assert typed_days(pages) == (None, None)
    assert pages.visit.details.patient_label == ""


@pytest.mark.parametrize("key", ["before_date", "after_date"])
def test_a_day_that_lies_ahead_is_told_and_judges_nothing(pages: Pages, key: str) -> None:
    with_typed_days(pages)
    ahead = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=400)
    pages.at.date_input(key=key).set_value(ahead)
    pages.run()
    assert [ahead.isoformat() in error.value for error in pages.at.error] == [True]
    assert "check the year" in pages.at.error[0].value


def test_photos_that_no_uploader_lists_stay_when_more_are_uploaded() -> None:
    visit = Visit()
    take_uploads(visit, "after", [b"first"])
    visit.unlisted.add("after")  # back from another page
    take_uploads(visit, "after", [b"second"])
    assert [shot.data for shot in visit.shots("after")] == [b"first", b"second"]
    take_uploads(visit, "after", [b"second", b"third"])
    assert [shot.data for shot in visit.shots("after")] == [b"first", b"second", b"third"]


def test_more_photos_than_are_measured_are_told_wherever_they_came_from(pages: Pages) -> None:
    pages.pair()
    pages.visit.taken["after"] = (Shot(b"taken", dt.datetime(2026, 6, 6, 12, tzinfo=dt.UTC)),)
    pages.run()
    assert not pages.at.warning
    pages.upload("after", *(b"%d" % k for k in range(MOST_SHOTS)))
    assert [warning.value for warning in pages.at.warning] == [T("compare.too_many")]
    assert [shot.data for shot in pages.visit.shots("after")] == [b"taken", b"0", b"1", b"2"]


def test_the_same_file_twice_is_one_photo() -> None:
    visit = Visit()
    take_uploads(visit, "before", [b"one", b"two", b"one"])
    assert [shot.data for shot in visit.shots("before")] == [b"one", b"two"]


def test_that_photos_were_sorted_is_not_told_once_they_are_swapped(pages: Pages) -> None:
    pages.upload("after", b"late", b"early")
    told = {checking.data: checking for checking in pages.checkings}
    told[b"late"].know(capture_time="2026-06-01T09:00:00")
    told[b"early"].know(capture_time="2026-03-02T10:00:00")
    pages.run()
    pages.measurings[-1].finish(MEASURED)
    pages.run()
    sorted_by_day = T("compare.parted", before=1, after=1)
    assert sorted_by_day in pages.words
    pages.press(T("compare.swap"))
    assert sorted_by_day not in pages.words


def test_a_bad_file_is_told_with_its_visit_and_number(pages: Pages) -> None:
    pages.upload("before", b"good", b"bad")
    checking = pages.checkings[1]
    checking.refusal = PhotoRefusal("NotAPhoto", "Not a photo.")
    checking.end("refused")
    pages.run()
    assert f"{T('compare.upload_before')} (2): {T('errors.NotAPhoto')}" in pages.words
