"""The page's language: the browser's at first, kept when it was chosen, and that of Streamlit's own words too."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from photocompare.report.words.texts import texts
from tests.support.steps import ENGLISH, at, choose_language, pair, settled

OpenPage = Callable[..., Page]
SPANISH = texts("es")


def heading(page: Page, words: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(words)


def test_it_is_the_browser_s_until_another_is_chosen_which_is_kept(open_page: OpenPage) -> None:
    page = open_page(locale="es-MX")
    heading(page, SPANISH("compare.title"))
    pair(page)
    region = page.get_by_role("region", name=SPANISH("compare.upload_before"))
    expect(region.get_by_role("button", name=re.compile(SPANISH("widget.upload")))).to_be_visible()
    expect(region).to_contain_text(SPANISH("widget.per_file", value="60MB"))
    expect(region).not_to_contain_text("Upload")
    expect(page.locator("html")).to_have_attribute("lang", "es")
    choose_language(page, "English")
    heading(page, ENGLISH("compare.title"))
    region = page.get_by_role("region", name=ENGLISH("compare.upload_before"))
    expect(region).to_contain_text(ENGLISH("widget.per_file", value="60MB"))
    expect(region.get_by_role("button", name=re.compile(ENGLISH("widget.upload")))).to_be_visible()
    settled(page)
    page.reload()
    heading(page, ENGLISH("compare.title"))


def test_a_file_named_like_a_word_keeps_its_name(open_page: OpenPage) -> None:
    page = open_page(locale="es-ES")
    pair(page)
    region = page.get_by_role("region", name=SPANISH("compare.upload_before"))
    with page.expect_file_chooser() as coming:
        region.get_by_role("button", name=re.compile(SPANISH("widget.upload"))).click()
    coming.value.set_files([{"name": "Sidebar.jpg", "mimeType": "image/jpeg", "buffer": b"no photo"}])
    expect(region.get_by_role("button", name=SPANISH("widget.remove", value="Sidebar.jpg"))).to_be_visible()
    expect(region).to_contain_text("Sidebar.jpg")
    expect(region.get_by_role("button", name=SPANISH("widget.add_files"))).to_be_visible()


def test_the_slider_keeps_its_direction_on_a_page_from_right_to_left(open_page: OpenPage) -> None:
    page = open_page()
    page.evaluate("document.documentElement.dir = 'rtl'")
    box = pair(page)
    slider = box.get_by_role("slider").first
    assert slider.evaluate("e => getComputedStyle(e).direction") == "ltr"
    slider.scroll_into_view_if_needed()
    place = slider.bounding_box()
    assert place is not None
    slider.click(position={"x": 0.2 * place["width"], "y": place["height"] / 2})
    assert 15 < at(box) < 25
    before, after = (box.locator(".slider-row > span").nth(k).bounding_box() for k in range(2))
    assert before is not None
    assert after is not None
    assert before["x"] < place["x"] < after["x"]
