"""The photos of both visits dropped at once, looked at while they are measured, and the days that the number waits for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import ExifTags, Image
from playwright.sync_api import Page, expect

from tests.support.steps import (
    ENGLISH,
    at,
    file_of,
    grave_findings,
    headline,
    jpeg_of,
    measuring_held,
    own_pair,
    picture_of,
    sample_files,
    settled,
    type_day,
    unfold,
    upload,
    upload_pair,
)

pytestmark = pytest.mark.thorough

OpenPage = Callable[..., Page]


def taken_on(path: Path, day: str) -> bytes:
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = f"{day.replace('-', ':')} 10:00:00"
    return jpeg_of(picture_of(path), exif=exif.tobytes())


def test_two_files_in_one_drop_are_parted_by_their_days_and_swapped(open_page: OpenPage) -> None:
    page = open_page()
    before, after = sample_files("good_result")
    files = [file_of("b.jpg", taken_on(after, "2026-06-01")), file_of("a.jpg", taken_on(before, "2026-03-02"))]
    upload(page, "before", *files)
    own_pair(page)
    number = headline(page).inner_text()
    expect(page.locator(".pc-line")).to_have_text(f"Week 13 · {ENGLISH('compare.parted', before=1, after=1)}")
    expect(page.locator(".pc-verdict")).to_contain_text(ENGLISH("result.verdict_within"))
    unfold(page)
    assert grave_findings(page) == []
    page.get_by_role("button", name=ENGLISH("compare.swap"), exact=True).click()
    expect(page.get_by_text(ENGLISH("compare.dates_reversed"))).to_be_visible()
    page.get_by_role("button", name=ENGLISH("compare.swap"), exact=True).click()
    own_pair(page)
    expect(headline(page)).to_have_text(number)


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)])
def test_missing_days_are_given_beside_the_band(open_page: OpenPage, size: tuple[int, int]) -> None:
    page = open_page(size=size)
    for which, path in zip(("before", "after"), sample_files("good_result"), strict=True):
        upload(page, which, path)
    own_pair(page)
    expect(page.locator(".pc-verdict")).to_have_text(ENGLISH("result.window_unknown"))
    assert grave_findings(page) == []
    for which, day in (("before", "2026-03-02"), ("after", "2026-06-01")):
        type_day(page, which, day)
        settled(page)
    expect(page.locator(".pc-verdict")).to_contain_text(ENGLISH("result.verdict_within"))
    expect(page.locator(".pc-line")).to_have_text("Week 13")
    for which in ("before", "after"):
        expect(page.get_by_role("spinbutton", name=f"year, {ENGLISH(f'compare.{which}_date')}")).to_have_count(0)


def test_both_photos_can_be_looked_at_while_they_are_measured(open_page: OpenPage) -> None:
    page = open_page()
    upload_pair(page, "good_result")
    box = page.locator(".pair.meanwhile[aria-busy=false]")
    expect(box).to_be_visible()
    with measuring_held():
        box.get_by_role("slider").press("ArrowLeft")
        assert at(box) == 48
    own_pair(page)
    expect(page.locator(".pair")).to_have_count(1)
    expect(page.get_by_text(ENGLISH("compare.meanwhile.veins"))).to_have_count(0)
