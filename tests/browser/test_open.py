"""What is seen first: the sample pair, already measured, on every size of screen, in light and dark."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.steps import ENGLISH, LOOKS, SIZES, everything_written, go_to, headline, pair, percentages, settled

OpenPage = Callable[..., Page]


@pytest.mark.parametrize(("size", "dark"), LOOKS)
def test_it_opens_on_the_sample_with_its_number(open_page: OpenPage, size: tuple[int, int], dark: bool) -> None:
    page = open_page(size=size, dark=dark)
    expect(page.get_by_text(ENGLISH("compare.sample_note"))).to_be_visible()
    expect(headline(page)).to_be_visible()
    assert percentages(headline(page).inner_text())
    assert pair(page).get_attribute("data-view") == "slider"
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= size[0]
    ground = page.locator("[data-testid=stApp]").evaluate("e => getComputedStyle(e).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number)")
    assert (max(ground) < 80) if dark else (min(ground) > 200)


@pytest.mark.parametrize("size", SIZES)
def test_every_page_is_a_step_away_and_no_wider_than_the_screen(open_page: OpenPage, size: tuple[int, int]) -> None:
    page = open_page(size=size)
    for name in ("consult", "capture", "about", "compare"):
        go_to(page, name)
        expect(page.get_by_role("heading", name=ENGLISH(f"{name}.title"), level=1)).to_be_visible()
        if name in ("consult", "compare"):
            pair(page)
        settled(page)
        assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= size[0], name
        cut_off = """() => [...document.querySelectorAll("[data-testid=stMain] :is(p, button, h1, h2, h3, td, li)")]
            .filter((e) => e.offsetParent && e.getBoundingClientRect().right > innerWidth + 1).map((e) => e.textContent)"""
        assert page.evaluate(cut_off) == [], name


def test_the_number_and_what_limits_it_stand_together(open_page: OpenPage) -> None:
    page = open_page()
    pair(page)
    settled(page)
    expect(page.get_by_text(ENGLISH("result.know"))).to_be_visible()  # blocks of HTML come after the rest of the page
    expect(headline(page)).to_be_visible()
    said = everything_written(page)
    for key in (
        "headline.of_cleared",
        "status.indicative",
        "result.fates",
        "result.by_calibre",
        "result.new",
        "result.pigment",
        "result.know",
    ):
        assert ENGLISH(key) in said
    assert "95 % interval" in said
    number = float(headline(page).inner_text().split()[0])
    low, high = page.locator(".pc-interval").inner_text().split(":")[1].replace("%", "").split("to")
    assert float(low) <= number <= float(high)
    band = page.locator(".pc-value").evaluate("e => parseFloat(e.style.left)")
    assert band == pytest.approx(number, abs=0.51)


def test_about_says_what_it_is_not_for_and_how_good_it_is(open_page: OpenPage) -> None:
    page = open_page("/about")
    for key in ("about.not_meant.diagnosis", "about.use_title", "about.accuracy_title", "about.licences_title"):
        expect(page.get_by_text(ENGLISH(key)).first).to_be_visible()
    expect(page.get_by_text("photocompare validate").first).to_be_visible()
