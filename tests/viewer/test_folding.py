"""Photos and fields of a measured pair fold into one line, and never under the hands of who is at them."""

from __future__ import annotations

import datetime as dt

import pytest

from photocompare.report.words.texts import LANGUAGES, texts
from photocompare.report.words.visit import visits_line
from photocompare.results.timing import Timing
from photocompare.results.visit_details import VisitDetails
from tests.support.run_pages import MEASURED, REFUSED, Pages, T, faked_app


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> Pages:
    return faked_app(monkeypatch)()


def test_they_fold_when_the_result_is_there_and_unfold_by_the_button(pages: Pages) -> None:
    assert not pages.folded
    measuring = pages.pair()
    assert not pages.folded
    measuring.finish(MEASURED)
    pages.run()
    assert pages.folded
    assert T("compare.nothing_known") in pages.words
    pages.press(T("compare.change"))
    assert not pages.folded
    pages.at.date_input(key="before_date").set_value(dt.date(2026, 3, 2))
    pages.at.date_input(key="after_date").set_value(dt.date(2026, 6, 1))
    pages.at.text_input(key="agent").set_value("Polidocanol")
    pages.at.text_input(key="region").set_value("<b>calf</b>")
    pages.run()
    assert not pages.folded
    pages.press(T("compare.fold"))
    assert "Week 13 · &lt;b&gt;calf&lt;/b&gt; · Polidocanol" in pages.html


def test_who_types_while_it_is_measured_keeps_the_fields(pages: Pages) -> None:
    measuring = pages.pair()
    pages.at.text_input(key="agent").set_value("Polidocanol")
    pages.run()
    measuring.finish(MEASURED)
    pages.run()
    assert not pages.folded
    pages.upload("after", b"other")
    pages.measurings[-1].finish(MEASURED)
    pages.run()
    assert pages.folded


def test_dates_that_the_photos_tell_keep_nothing_unfolded(pages: Pages) -> None:
    measuring = pages.pair()
    pages.photos_tell("2026-03-02T10:00:00", "2026-05-25T11:00:00")
    measuring.finish(MEASURED)
    pages.run()
    assert pages.folded
    assert "Week 12" in pages.html


def test_what_can_t_be_stays_in_view(pages: Pages) -> None:
    pages.measured_pair()
    pages.press(T("compare.change"))
    pages.at.date_input(key="before_date").set_value(dt.date(2026, 3, 2))
    pages.at.date_input(key="after_date").set_value(dt.date(2026, 3, 1))
    pages.run()
    pages.press(T("compare.fold"))
    assert not pages.folded
    assert [error.value for error in pages.at.error] == [T("compare.dates_reversed")]


def test_a_refused_pair_folds_and_a_pair_without_a_result_does_not(pages: Pages) -> None:
    pages.measured_pair(REFUSED)
    assert pages.folded
    pages.upload("after", b"other")
    pages.measurings[-1].end("failed")
    pages.run()
    assert not pages.folded


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_line_says_what_is_known_and_nothing_else(language: str) -> None:
    t = texts(language)
    everything = VisitDetails("No 7", dt.date(2026, 3, 2), dt.date(2026, 6, 1), 2, "Polidocanol", 0.5, "left", "calf")
    said = visits_line(everything, Timing(91, "assessment"), t)
    assert said.startswith("No 7 · ")
    assert said.count(" · ") == 3
    assert t("pdf.not_given") not in said
    assert visits_line(VisitDetails(), Timing(None, "unknown"), t) == t("compare.nothing_known")
    assert visits_line(VisitDetails(leg="left"), Timing(-1, "unknown"), t) == t("pdf.visit.leg_left")
