"""The practice's audit, as a reader meets it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from photocompare.records.access import LOCAL
from photocompare.records.places import in_folder
from photocompare.records.store import Records
from photocompare.report.words.texts import LANGUAGES, texts
from tests.support.made_practice import HOSTILE, OUTCOMES
from tests.support.steps import ENGLISH, LOOKS, change, choose_language, choose_option, everything_written, grave_findings, settled

pytestmark = pytest.mark.thorough

OpenPage = Callable[..., Page]


def audit(open_practice: OpenPage, **how: object) -> Page:
    page = open_practice("/audit", **how)
    expect(page.get_by_test_id("flow")).to_be_visible()
    settled(page)
    return page


def flow(page: Page) -> list[int]:
    return [int(text) for text in page.get_by_test_id("flow").locator("b").all_inner_texts()]


def choose_group(page: Page, dimension: str) -> None:
    """Break the outcomes down by something else."""
    box = page.get_by_test_id("stSelectbox").filter(has_text=ENGLISH("audit_page.dimension"))
    choose_option(page, box.get_by_role("combobox"), ENGLISH(f"audit_dimension.{dimension}"))


def test_everybody_is_counted_and_every_chart_is_drawn(open_practice: OpenPage) -> None:
    page = audit(open_practice)
    assert flow(page) == [OUTCOMES + 4, OUTCOMES + 1, OUTCOMES, OUTCOMES]
    expect(page.get_by_test_id("figures").locator("b")).to_have_count(3)
    charts = page.get_by_test_id("stVegaLiteChart").locator("canvas, svg")
    expect(charts).to_have_count(5)
    for place in range(charts.count()):
        expect(charts.nth(place)).to_be_visible()
    written = everything_written(page)
    for said in (ENGLISH.flag("not_same_view")[0], ENGLISH("audit_note.counted"), ENGLISH("common.disclaimer")):
        assert said in written
    assert ENGLISH("audit_page.demo") not in written


@pytest.mark.parametrize(("size", "dark"), LOOKS)
def test_it_is_accessible_and_fits_the_window(open_practice: OpenPage, size: tuple[int, int], dark: bool) -> None:
    page = audit(open_practice, size=size, dark=dark)
    assert grave_findings(page) == []
    page.get_by_text(ENGLISH("audit_page.filters"), exact=True).click()
    expect(page.get_by_text(ENGLISH("audit_page.least_sessions"), exact=True)).to_be_visible()
    assert grave_findings(page) == []
    assert page.get_by_test_id("stMain").evaluate("e => e.scrollWidth - e.clientWidth") <= 0


def test_a_filter_changes_all_figures_and_is_told(open_practice: OpenPage) -> None:
    page = audit(open_practice)
    whole = everything_written(page)
    page.get_by_text(ENGLISH("audit_page.filters"), exact=True).click()
    box = page.get_by_test_id("stMultiSelect").filter(has_text=ENGLISH("audit_dimension.agent"))
    choose_option(page, box.get_by_role("combobox"), "glucose")
    assert flow(page) == [OUTCOMES // 2] * 4
    written = everything_written(page)
    assert ENGLISH("audit.filtered", what="Agent: glucose") in written
    assert ENGLISH("audit.filtered", what="Agent: glucose") not in whole


def test_names_are_shown_as_they_were_typed(open_practice: OpenPage) -> None:
    page = audit(open_practice)
    choose_group(page, "operator")
    row = page.locator("tr").filter(has_text="onerror").first
    expect(row.locator("th")).to_have_text(HOSTILE)
    expect(page.locator("img")).to_have_count(0)
    summary = page.get_by_test_id("stExpander").filter(has_text=ENGLISH("audit_page.as_table")).first
    summary.locator("summary").click()
    expect(summary.locator("tr").filter(has_text="onerror").locator("th")).to_have_text(HOSTILE)
    assert grave_findings(page) == []


def test_files_are_taken_away_and_noted(open_practice: OpenPage, practice: tuple[object, Path, list[str]]) -> None:
    page = audit(open_practice)
    found = {}
    for kind in ("csv", "parquet", "dictionary", "pdf"):
        with page.expect_download() as coming:
            page.get_by_role("button", name=ENGLISH(f"audit_page.export_{kind}"), exact=True).click()
        found[coming.value.suggested_filename] = coming.value.path().read_bytes()
        settled(page)
    assert set(found) == {"cohort.csv", "cohort.parquet", "dictionary.csv", "audit.pdf"}
    rows = list(csv.DictReader(io.StringIO(found["cohort.csv"].decode())))
    assert len(rows) == OUTCOMES + 4
    assert not [row for row in rows if HOSTILE in row.values()]
    assert found["audit.pdf"].startswith(b"%PDF")
    assert found["cohort.parquet"].startswith(b"PAR1")
    records = Records(in_folder(practice[1]))
    try:
        assert sum(row.action == "cohort.export" for row in records.trail_rows(LOCAL)) >= 4
    finally:
        records.close()


@pytest.mark.parametrize("language", [code for code in LANGUAGES if code != "en"])
def test_it_speaks_the_language(open_practice: OpenPage, language: str) -> None:
    page, t = audit(open_practice), texts(language)
    change(page, lambda: choose_language(page, LANGUAGES[language]))
    expect(page.get_by_role("heading", level=1)).to_have_text(t("audit_page.title"))
    assert t("audit_head.flow") in everything_written(page)
    assert ENGLISH("audit_head.flow") not in everything_written(page)
