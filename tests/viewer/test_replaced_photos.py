"""What was typed belongs to the photos that it was typed about; photos that are there already stay when more come."""

from __future__ import annotations

import datetime as dt

import pytest

from photocompare.report.words.texts import LANGUAGES, texts
from photocompare.viewer.measuring.requests import PhotoRefusal
from photocompare.viewer.measuring.uploads import impossible_day
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


@pytest.mark.parametrize("steps", [[(), (b"other",)], [(b"after", b"other"), (b"other",)]])
def test_a_day_goes_too_when_its_photo_is_replaced_step_by_step(pages: Pages, steps: list[tuple[bytes, ...]]) -> None:
    with_typed_days(pages)
    for photos in steps:
        pages.upload("after", *photos)
    assert typed_days(pages) == (EARLY, None)


def test_a_day_that_the_other_photo_tells_too_is_read_off_it(pages: Pages) -> None:
    pages.pair()
    pages.photos_tell("2026-03-02T10:00:00", "2026-06-01T11:00:00")
    pages.upload("after", b"other")
    pages.photos_tell("2026-03-02T10:00:00", "2026-06-01T11:00:00", "2026-06-01T12:00:00")
    assert typed_days(pages) == (EARLY, LATE)


def test_a_day_that_is_typed_before_its_photo_comes_waits_for_it(pages: Pages) -> None:
    pages.upload("before", b"before")
    pages.at.date_input(key="after_date").set_value(LATE)
    pages.run()
    pages.upload("after", b"after")
    assert typed_days(pages) == (None, LATE)


def test_a_day_stays_with_its_photo_over_a_swap(pages: Pages) -> None:
    with_typed_days(pages)
    pages.press(T("compare.swap"))
    assert typed_days(pages) == (LATE, EARLY)
    pages.run()
    assert typed_days(pages) == (LATE, EARLY)
    pages.at.file_uploader(key="upload_after_1").set_value([("third.jpg", b"third", "image/jpeg")])
    pages.run()
    assert typed_days(pages) == (LATE, EARLY), "it joins the photo that was the before photo"


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
    # The browser goes on showing, and sends again, what was typed in a field that is only forgotten.
    assert pages.at.text_input(key="patient_label").proto.set_value


def test_a_name_typed_to_save_the_pair_goes_with_it(pages: Pages) -> None:
    pages.measured_pair()
    pages.at.session_state["saving_identity_name"] = "Anna Example"
    pages.upload("before", b"before", b"other before")
    pages.upload("after", b"other after")
    assert pages.at.session_state["saving_identity_name"] == "Anna Example"
    pages.upload("before", b"other before")
    assert pages.at.session_state["saving_identity_name"] == ""


@pytest.mark.parametrize("key", ["before_date", "after_date"])
def test_a_day_that_lies_ahead_is_told_and_judges_nothing(pages: Pages, key: str) -> None:
    with_typed_days(pages)
    ahead = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=400)
    pages.at.date_input(key=key).set_value(ahead)
    pages.run()
    assert [ahead.isoformat() in error.value for error in pages.at.error] == [True]
    assert "check the year" in pages.at.error[0].value
    assert T("result.window_unknown") in pages.words
    assert None in (pages.visit.details.before_date, pages.visit.details.after_date)


def test_a_day_ahead_that_a_photo_tells_is_told_and_not_offered(pages: Pages) -> None:
    pages.measured_pair()
    pages.photos_tell("2026-03-02T10:00:00", "2099-06-01T11:00:00")
    assert ["2099-06-01" in error.value for error in pages.at.error] == [True]
    assert T("result.window_unknown") in pages.words
    assert T("compare.use_day", day="2099-06-01") not in pages.labels


def test_a_day_ahead_is_refused_beside_the_band_too(pages: Pages) -> None:
    pages.measured_pair()
    pages.at.date_input(key="asked_after_date").set_value(dt.date(2031, 6, 1))
    pages.run()
    assert ["2031-06-01" in error.value for error in pages.at.error] == [True]
    assert typed_days(pages) == (None, None)
    pages.at.date_input(key="asked_after_date").set_value(LATE)
    pages.run()
    assert not pages.at.error
    assert typed_days(pages) == (None, LATE)


def test_every_language_says_why_a_day_is_refused() -> None:
    said = {impossible_day(LATE, texts(language)) for language in LANGUAGES}
    assert len(said) == len(LANGUAGES)
    assert all(LATE.isoformat() in sentence for sentence in said)


def test_photos_that_no_uploader_lists_stay_when_more_are_uploaded() -> None:
    visit = Visit()
    take_uploads(visit, "after", [b"first"])
    visit.unlisted.add("after")  # back from another page
    take_uploads(visit, "after", [b"second"])
    assert [shot.data for shot in visit.shots("after")] == [b"first", b"second"]
    take_uploads(visit, "after", [b"second", b"third"])
    assert [shot.data for shot in visit.shots("after")] == [b"first", b"second", b"third"]


def test_a_second_photo_joins_the_one_from_before_another_page(pages: Pages) -> None:
    pages.pair()
    pages.go("about")
    pages.go("compare")
    pages.upload("after", b"second")
    assert pages.measurings[-1].request.afters == (b"after", b"second")
    pages.upload("after")
    assert [shot.data for shot in pages.visit.shots("after")] == [b"after"]


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


def test_cards_have_as_many_places_whatever_photos_there_are(pages: Pages) -> None:
    """A card in a place that a run leaves out stays on the page until that run has measured the pair."""
    pages.upload("before", b"one", b"two")

    def places() -> list[list[str]]:
        columns = [[child.type for child in column.children.values()] for column in pages.at.columns]
        return [kinds for kinds in columns if set(kinds) & {"html", "info", "alert", "empty"}][:2]

    first = places()
    assert [len(kinds) for kinds in first] == [2 * MOST_SHOTS + 1] * 2
    assert first[0] == ["html"] * 2 + ["empty"] * (2 * MOST_SHOTS - 1)
    pages.upload("before", b"two")
    pages.upload("after", b"after")
    assert places() == [["html"] + ["empty"] * (2 * MOST_SHOTS)] * 2
