"""Dates to days to windows."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photocompare.base.errors import UsageError
from photocompare.results.timing import TimingOptions, judge_timing, parse_date

BEFORE = dt.date(2026, 1, 10)
ORDER = ["too_early", "interim", "assessment", "late"]


@pytest.mark.parametrize(
    ("days", "window"),
    [
        (0, "too_early"),
        (13, "too_early"),
        (14, "interim"),
        (55, "interim"),
        (56, "assessment"),
        (84, "assessment"),
        (182, "assessment"),
        (183, "late"),
    ],
)
def test_windows_open_where_the_options_say(days: int, window: str) -> None:
    timing = judge_timing(BEFORE, BEFORE + dt.timedelta(days=days))
    assert (timing.days, timing.window) == (days, window)


@given(st.integers(0, 3000), st.integers(0, 3000))
def test_windows_never_go_back(one: int, other: int) -> None:
    earlier, later = (judge_timing(BEFORE, BEFORE + dt.timedelta(days=d)).window for d in sorted((one, other)))
    assert ORDER.index(earlier) <= ORDER.index(later)


def test_a_missing_date_is_unknown_not_zero() -> None:
    for before, after in ((None, BEFORE), (BEFORE, None), (None, None)):
        timing = judge_timing(before, after)
        assert timing.days is None
        assert timing.window == "unknown"
        assert not timing.reversed


def test_reversed_dates_are_told() -> None:
    timing = judge_timing(BEFORE, BEFORE - dt.timedelta(days=1))
    assert timing.reversed
    assert timing.window == "unknown"


@pytest.mark.parametrize("text", ["2026-03-14", " 2026-03-14 ", "2026-03-14T23:59", "2026-03-14T23:59:59+02:00", "20260314"])
def test_iso_dates_are_read(text: str) -> None:
    assert parse_date(text) == dt.date(2026, 3, 14)


@pytest.mark.parametrize("text", ["", "14.03.2026", "2026-13-01", "2026-02-30", "yesterday", "2026"])
def test_other_dates_are_refused_with_an_example(text: str) -> None:
    with pytest.raises(UsageError, match="2026-03-14"):
        parse_date(text)


def test_windows_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match="one after the other"):
        TimingOptions(interim_from_days=60)
