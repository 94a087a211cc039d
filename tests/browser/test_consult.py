"""The screen beside the patient."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from photocompare.report.words.texts import texts
from tests.support.steps import (
    ENGLISH,
    SIZES,
    at,
    choose_language,
    everything_written,
    go_to,
    headline,
    own_pair,
    painted,
    pair,
    percentages,
    upload_pair,
)

OpenPage = Callable[..., Page]


@pytest.mark.parametrize("size", SIZES)
def test_one_sentence_the_slider_and_presenting_hides_everything_else_and_comes_back(open_page: OpenPage, size: tuple[int, int]) -> None:
    page = open_page("/consult", size=size)
    box = pair(page)
    sentence = page.get_by_test_id("sentence")
    expect(sentence).to_have_text(re.compile(r"^About \d of 10 of the visible spider veins are gone; between \d+ and \d+ %\.$"))
    assert sentence.evaluate("e => parseFloat(getComputedStyle(e).fontSize)") >= 26
    place = box.locator(".stage").bounding_box()
    assert place is not None
    assert place["width"] * place["height"] > 0.2 * size[0] * size[1]
    slider, seen = box.get_by_role("slider"), painted(box)
    slider.press("ArrowLeft")
    assert at(box) == 48
    assert painted(box) != seen
    expect(box.get_by_role("checkbox")).to_have_count(0)
    expect(headline(page)).to_have_count(0)
    header = page.get_by_test_id("stHeader")
    expect(header).to_be_visible()
    page.get_by_role("button", name=ENGLISH("consult.present"), exact=True).click()
    leave = page.get_by_role("button", name=ENGLISH("consult.leave"), exact=True)
    expect(leave).to_be_visible()
    expect(header).to_be_hidden()
    expect(page.get_by_role("link", name=ENGLISH("app.compare"), exact=True)).to_have_count(0)
    expect(page.get_by_test_id("stSelectbox")).to_have_count(0)
    expect(page.get_by_test_id("sentence")).to_be_visible()
    assert pair(page).get_attribute("data-view") == "slider"
    leave.click()
    expect(header).to_be_visible()
    expect(page.get_by_role("button", name=ENGLISH("consult.present"), exact=True)).to_be_visible()


def test_the_usual_course_what_comes_next_when_to_call_and_spanish_on_every_page(open_page: OpenPage) -> None:
    page = open_page("/consult")
    here = page.locator('.pc-course li[aria-current="step"]')
    expect(here).to_have_count(1)
    expect(here).to_contain_text(ENGLISH("course.you_are_here"))
    expect(page.locator(".pc-course li")).to_have_count(5)
    expect(page.locator(".pc-next")).to_have_text(ENGLISH("course.next_later"))
    for key in ("breath", "brain", "calf", "infection", "skin"):
        expect(page.locator(".pc-call").get_by_text(ENGLISH(f"call.{key}"))).to_be_visible()
    expect(page.get_by_text(ENGLISH("consult.photos_only"))).to_be_visible()
    spanish = texts("es")
    pair(page)
    choose_language(page, "Español")
    expect(page.get_by_role("heading", name=spanish("consult.title"), level=1)).to_be_visible()
    expect(page.get_by_test_id("sentence")).to_have_text(re.compile("10 arañas vasculares"))
    expect(page.locator(".pc-call")).to_contain_text(spanish("call.breath"))
    for name in ("compare", "capture", "about"):
        go_to(page, name, spanish)
        expect(page.get_by_role("heading", name=spanish(f"{name}.title"), level=1)).to_be_visible()
        said = everything_written(page)
        for left in ("consult.photos_only", "headline.of_cleared", "pair.same_processing", "capture.intro", "about.use_title"):
            assert ENGLISH(left) not in said
    go_to(page, "compare", spanish)
    expect(page.get_by_text(spanish("headline.of_cleared"))).to_be_visible()
    pair(page)
    assert spanish("pair.same_processing") in everything_written(page)


def test_a_refused_pair_is_shown_side_by_side_with_what_would_help(open_page: OpenPage) -> None:
    page = open_page()
    upload_pair(page, "refused")
    own_pair(page)
    go_to(page, "consult")
    box = pair(page)
    expect(page.get_by_test_id("sentence")).to_have_text(ENGLISH("consult.refused"))
    expect(page.locator(".pc-notes")).to_have_text(ENGLISH("consult.about_photos"))
    expect(page.locator(".pc-helps li")).to_have_text([ENGLISH("consult.help_mirrored")])
    assert not percentages(everything_written(page))
    for size in SIZES:
        page.set_viewport_size({"width": size[0], "height": size[1]})
        painted(box)
        before, after = (box.locator(".captions span").nth(k).bounding_box() for k in range(2))
        assert before is not None
        assert after is not None
        assert before["y"] == after["y"]
        assert after["x"] >= before["x"] + before["width"]
