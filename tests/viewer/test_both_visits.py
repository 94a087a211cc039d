"""Photos of both visits dropped together are parted by their days, and both visits can be swapped; missing days are asked for."""

from __future__ import annotations

import datetime as dt

import pytest

from photocompare.viewer.measuring.visit import MOST_SHOTS, Shot, Visit, take_uploads
from tests.support.run_pages import MEASURED, Pages, T, faked_app


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> Pages:
    return faked_app(monkeypatch)()


def shown(pages: Pages, which: str) -> list[bytes]:
    return [shot.data for shot in pages.visit.shots(which)]


def dropped(pages: Pages, days: dict[bytes, str | None], which: str = "before") -> None:
    """Drop files on one visit; each tells its time."""
    pages.upload(which, *days)
    told = {checking.data: checking for checking in pages.checkings}
    for data, time in days.items():
        told[data].know(capture_time=time)
    pages.run()


def test_two_files_are_before_and_after_by_their_days(pages: Pages) -> None:
    dropped(pages, {b"late": "2026-06-01T09:00:00", b"early": "2026-03-02T10:00:00"}, "after")
    assert (shown(pages, "before"), shown(pages, "after")) == ([b"early"], [b"late"])
    assert (pages.measurings[-1].request.befores, pages.measurings[-1].request.afters) == ((b"early",), (b"late",))
    pages.measurings[-1].finish(MEASURED)
    pages.run()
    assert T("compare.parted", before=1, after=1) in pages.words
    assert "Week 13" in pages.html
    assert [d.value for d in pages.at.date_input] == [dt.date(2026, 3, 2), dt.date(2026, 6, 1)]


def test_four_files_are_two_shots_of_each_visit_and_can_be_swapped(pages: Pages) -> None:
    times = {b"b": "2026-06-01T09:01:00", b"1": "2026-03-02T10:00:00", b"a": "2026-06-01T09:00:00", b"2": "2026-03-02T10:01:00"}
    dropped(pages, times)
    assert (shown(pages, "before"), shown(pages, "after")) == ([b"1", b"2"], [b"a", b"b"])
    pages.measurings[-1].finish(MEASURED)
    pages.run()
    pages.press(T("compare.swap"))
    assert (shown(pages, "before"), shown(pages, "after")) == ([b"a", b"b"], [b"1", b"2"])
    assert [d.value for d in pages.at.date_input] == [dt.date(2026, 6, 1), dt.date(2026, 3, 2)]
    pages.press(T("compare.swap"))
    pages.press(T("compare.join"))
    assert (shown(pages, "before"), shown(pages, "after")) == ([b"1", b"2", b"a", b"b"], [])
    pages.run()
    assert shown(pages, "after") == []


def test_a_day_that_was_typed_goes_with_its_photo(pages: Pages) -> None:
    pages.measured_pair()
    pages.at.date_input(key="before_date").set_value(dt.date(2026, 6, 1))
    pages.at.date_input(key="after_date").set_value(dt.date(2026, 3, 2))
    pages.run()
    pages.press(T("compare.swap"))
    pages.measurings[-1].finish(MEASURED)
    pages.run()
    assert (pages.visit.details.before_date, pages.visit.details.after_date) == (dt.date(2026, 3, 2), dt.date(2026, 6, 1))
    assert not pages.at.error


@pytest.mark.parametrize(
    "days",
    [
        {b"1": None, b"2": None, b"3": None},
        {b"1": "2026-03-02T10:00:00", b"2": None, b"3": "2026-06-01T10:00:00"},
        {b"1": "2026-03-02T10:00:00", b"2": "2026-03-02T10:01:00", b"3": "2026-03-02T10:02:00"},
    ],
)
def test_what_days_don_t_tell_is_asked(pages: Pages, days: dict[bytes, str | None]) -> None:
    dropped(pages, days)
    assert (shown(pages, "before"), shown(pages, "after")) == ([b"1", b"2", b"3"], [])
    assert pages.measurings == []
    pages.press(T("compare.part", n=2))
    assert (shown(pages, "before"), shown(pages, "after")) == ([b"1", b"2"], [b"3"])
    assert len(pages.measurings) == 1


def test_several_shots_of_one_visit_beside_the_other_stay_where_they_are(pages: Pages) -> None:
    pages.upload("after", b"a")
    pages.upload("before", b"1", b"2")
    pages.photos_tell("2026-06-01T10:00:00", "2026-03-02T10:00:00", "2026-03-30T10:00:00")
    assert (shown(pages, "before"), shown(pages, "after")) == ([b"1", b"2"], [b"a"])


class Told:
    def __init__(self, time: str) -> None:
        self.photo = {"capture_time": time}


def test_more_than_a_visit_may_have_are_not_parted() -> None:
    visit = Visit()
    take_uploads(visit, "before", [b"%d" % k for k in range(MOST_SHOTS + 2)])
    assert len(visit.together) == MOST_SHOTS + 2
    for k, shot in enumerate(visit.together):
        visit.checks[shot.digest] = Told("2026-03-02" if k else "2026-06-01")  # type: ignore[assignment]
    assert visit.parted_by_day() is None


def test_days_are_parted_where_most_lie_between_them() -> None:
    visit = Visit()
    take_uploads(visit, "before", [b"0", b"1", b"2", b"3"])
    for shot, day in zip(visit.together, ("2026-06-02", "2026-03-02", "2026-06-01", "2026-03-05"), strict=True):
        visit.checks[shot.digest] = Told(day)  # type: ignore[assignment]
    parted = visit.parted_by_day()
    assert parted is not None
    assert [[shot.data for shot in part] for part in parted] == [[b"1", b"3"], [b"2", b"0"]]
    assert all(isinstance(shot, Shot) for part in parted for shot in part)


# --- missing days


def test_missing_days_are_asked_for_beside_the_band_and_one_at_a_time_where_one_is_known(pages: Pages) -> None:
    pages.measured_pair()
    asked = [d for d in pages.at.date_input if (d.key or "").startswith("asked_")]
    assert [d.key for d in asked] == ["asked_before_date", "asked_after_date"]
    asked[0].set_value(dt.date(2026, 3, 2))
    pages.run()
    (left,) = [d for d in pages.at.date_input if (d.key or "").startswith("asked_")]
    left.set_value(dt.date(2026, 6, 1))
    pages.run()
    assert not [d for d in pages.at.date_input if (d.key or "").startswith("asked_")]
    assert pages.folded
    assert "Week 13" in pages.html
    assert T("result.band", low="70", high="90") in pages.words


def test_the_photo_s_own_day_is_offered_where_it_was_taken_out(pages: Pages) -> None:
    measuring = pages.pair()
    pages.photos_tell("2026-03-02T10:00:00", "2026-06-01T11:00:00")
    measuring.finish(MEASURED)
    pages.run()
    pages.press(T("compare.change"))
    pages.at.date_input(key="after_date").set_value(None)
    pages.run()
    assert not [d for d in pages.at.date_input if (d.key or "").startswith("asked_")], "the fields themselves are in view"
    pages.press(T("compare.fold"))
    pages.press(T("compare.use_day", day="2026-06-01"))
    assert pages.visit.details.after_date == dt.date(2026, 6, 1)
    assert not [d for d in pages.at.date_input if (d.key or "").startswith("asked_")]


def test_the_sample_asks_for_nothing(pages: Pages) -> None:
    assert not pages.at.date_input
