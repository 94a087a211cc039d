"""The gallery of similar legs."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from photocompare.records.access import LOCAL
from photocompare.records.places import in_folder
from photocompare.records.store import Records
from tests.support.made_practice import SHOWN
from tests.support.steps import ENGLISH, LOOKS, change, everything_written, grave_findings, settled

pytestmark = pytest.mark.thorough

OpenPage = Callable[..., Page]


def gallery(open_practice: OpenPage, **how: object) -> Page:
    page = open_practice("/gallery", **how)
    expect(page.locator(".gallery-cards[data-ready]")).to_be_visible()
    settled(page)
    return page


def test_the_most_alike_cases_with_their_range(open_practice: OpenPage) -> None:
    page = gallery(open_practice)
    cards = page.locator(".gallery-card")
    expect(cards).to_have_count(6)
    numbers = [float(text.removesuffix("%").strip()) for text in page.locator(".gallery-number").all_inner_texts()]
    interval = f"{min(numbers):.0f} to {max(numbers):.0f} %"
    expect(page.get_by_test_id("target")).to_contain_text(ENGLISH("gallery.target", n=6, interval=interval))
    widths = page.locator(".gallery-card img").evaluate_all("images => images.map((i) => i.naturalWidth)")
    assert len(widths) == 12
    assert min(widths) > 100
    change(page, page.get_by_role("radio", name="3", exact=True).click)
    expect(cards).to_have_count(3)
    change(page, page.get_by_role("radio", name="12", exact=True).click)
    expect(cards).to_have_count(SHOWN)


def test_nobody_is_named_and_no_day_is_told(open_practice: OpenPage, practice: tuple[object, Path, list[str]]) -> None:
    page = gallery(open_practice)
    written = everything_written(page) + page.content()
    assert not [key for key in practice[2] if key in written]
    assert not re.search(r"2025-|2026-|outer thigh|polidocanol|Operator", written)


@pytest.mark.parametrize(("size", "dark"), LOOKS)
def test_it_is_accessible_and_fits_the_window(open_practice: OpenPage, size: tuple[int, int], dark: bool) -> None:
    page = gallery(open_practice, size=size, dark=dark)
    assert grave_findings(page) == []
    assert page.get_by_test_id("stMain").evaluate("e => e.scrollWidth - e.clientWidth") <= 0


def test_a_case_is_looked_at_closely(open_practice: OpenPage) -> None:
    page = gallery(open_practice)
    change(page, page.get_by_test_id("stButtonGroup").get_by_text(ENGLISH("gallery.case", n=2), exact=True).click)
    pair = page.locator(".pair.consult[data-ready]")
    expect(pair).to_have_attribute("aria-busy", "false")
    expect(pair.get_by_role("slider")).to_be_visible()
    assert grave_findings(page) == []


def test_a_case_goes_with_its_consent_and_comes_back_with_it(open_practice: OpenPage, practice: tuple[object, Path, list[str]]) -> None:
    page = gallery(open_practice)
    every, fewer = page.get_by_role("radio", name="12", exact=True), page.get_by_role("radio", name="6", exact=True)
    change(page, every.click)
    expect(page.locator(".gallery-card")).to_have_count(SHOWN)
    records = Records(in_folder(practice[1]))
    try:
        records.set_consent(LOCAL, practice[2][0], "gallery", False)
        change(page, fewer.click)
        change(page, every.click)
        expect(page.locator(".gallery-card")).to_have_count(SHOWN - 1)
    finally:
        records.set_consent(LOCAL, practice[2][0], "gallery", True)
        records.close()


def test_without_a_patient_at_hand_the_next_step_is_told(open_practice: OpenPage) -> None:
    page = gallery(open_practice)
    change(page, page.get_by_role("radio", name=ENGLISH("gallery.leg_stored"), exact=True).click)
    expect(page.get_by_text(ENGLISH("gallery.no_patient"))).to_be_visible()
    expect(page.get_by_test_id("stMain").get_by_role("link", name=ENGLISH("app.patients"))).to_be_visible()
    expect(page.locator(".gallery-card")).to_have_count(0)
    assert grave_findings(page) == []
