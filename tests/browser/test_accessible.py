"""axe-core on every page and in every state that has a look of its own: nothing serious, nothing critical, in light and dark."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.steps import ENGLISH, choose_tool, choose_view, grave_findings, grave_findings_in_both, pair

pytestmark = pytest.mark.thorough

OpenPage = Callable[..., Page]


def test_the_result_and_each_way_of_looking_at_it(open_page: OpenPage) -> None:
    page = open_page()
    pair(page)
    assert grave_findings_in_both(page) == []
    for view in ("flicker", "side", "difference", "check", "originals"):
        choose_view(page, view)
        # The frame around the pictures is the same in each view: its colours were seen in both themes.
        assert grave_findings(page) == [], view
    choose_tool(page, "correct")
    assert grave_findings_in_both(page) == []


def test_the_capture_page(open_page: OpenPage) -> None:
    page = open_page("/capture")
    start = page.get_by_role("button", name=ENGLISH("camera.start"))
    expect(start).to_be_visible()
    assert grave_findings_in_both(page) == []
    start.click()
    expect(page.locator(".camera")).to_have_attribute("data-state", "live")
    assert grave_findings_in_both(page) == []
    page.get_by_role("button", name=ENGLISH("camera.shutter")).click()
    expect(page.locator(".camera")).to_have_attribute("data-state", "shot")
    assert grave_findings_in_both(page) == []


def test_the_about_page(open_page: OpenPage) -> None:
    page = open_page("/about")
    assert grave_findings_in_both(page) == []


def test_the_patients_screen_and_when_it_is_presented(open_page: OpenPage) -> None:
    page = open_page("/consult")
    pair(page)
    assert grave_findings_in_both(page) == []
    page.get_by_role("button", name=ENGLISH("consult.present"), exact=True).click()
    expect(page.get_by_role("button", name=ENGLISH("consult.leave"), exact=True)).to_be_visible()
    pair(page)
    assert grave_findings_in_both(page) == []


def test_on_a_phone_everything_that_is_pressed_is_large_enough_and_shows_its_focus(open_page: OpenPage) -> None:
    page = open_page(size=(390, 844))
    box = pair(page)
    assert grave_findings_in_both(page) == []
    small = box.evaluate(
        """(box) => [...box.querySelectorAll("button, .segment, label.layer, input[type=range]")]
            .filter((e) => e.offsetParent && e.getBoundingClientRect().height < 44).map((e) => e.textContent || e.dataset.key)"""
    )
    assert small == []
    button = page.get_by_role("button", name=ENGLISH("pair.zoom_in"))
    page.get_by_role("slider", name=ENGLISH("pair.slider_label")).focus()
    page.keyboard.press("Tab")
    expect(button).to_be_focused()
    assert button.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
