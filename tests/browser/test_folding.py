"""The result of an own pair stands at the top of the screen, whole, its photos and fields folded into one line."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.support.steps import ENGLISH, choose_view, grave_findings, headline, pair, set_date, settled, unfold


@pytest.mark.parametrize("size", [(1440, 900), (1024, 768)])
def test_number_interval_and_slider_are_seen_without_scrolling(measured_page: Page, size: tuple[int, int]) -> None:
    page = measured_page
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.get_by_role("button", name=ENGLISH("compare.change"), exact=True).wait_for()
    box = choose_view(page, "slider")
    page.get_by_role("heading", level=1).scroll_into_view_if_needed()
    for part in (
        headline(page),
        page.locator(".pc-interval"),
        page.locator(".pc-rail"),
        box.locator(".stage"),
        box.get_by_role("slider").first,
    ):
        place = part.bounding_box()
        assert place is not None
        assert place["y"] >= 0
        assert place["y"] + place["height"] <= size[1]
    stage = box.locator(".stage").bounding_box()
    number = headline(page).bounding_box()
    assert stage is not None
    assert number is not None
    assert stage["x"] > number["x"] + number["width"]
    assert stage["height"] >= 0.5 * size[1]
    assert grave_findings(page) == []


def test_photos_and_fields_come_back_as_they_were_and_fold_away(measured_page: Page) -> None:
    page = measured_page
    regions = [page.get_by_role("region", name=ENGLISH(f"compare.upload_{which}")) for which in ("before", "after")]
    for region in regions:
        expect(region).to_have_count(0)
    unfold(page)
    for region, name in zip(regions, ("before.jpg", "after.jpg"), strict=True):
        expect(region).to_contain_text(name)
    set_date(page, "before", "2026-03-02")
    set_date(page, "after", "2026-06-01")
    settled(page)
    page.get_by_role("button", name=ENGLISH("compare.fold"), exact=True).click()
    expect(page.locator(".pc-line")).to_have_text("Week 13")
    for region in regions:
        expect(region).to_have_count(0)
    pair(page)
    unfold(page)
    for region, name in zip(regions, ("before.jpg", "after.jpg"), strict=True):
        expect(region).to_contain_text(name)
    page.get_by_role("button", name=ENGLISH("compare.fold"), exact=True).click()
    expect(page.locator(".pc-line")).to_be_visible()
