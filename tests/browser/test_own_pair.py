"""A measured pair of one's own: its dates, and the field that counts."""

from __future__ import annotations

import datetime as dt

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.steps import (
    ENGLISH,
    choose_tool,
    everything_written,
    grave_findings,
    headline,
    own_pair,
    painted,
    pair,
    percentages,
    set_date,
    settled,
    stop_button,
)

SIZE = (1200, 1600)


def verdict(page: Page) -> Locator:
    return page.locator(".pc-verdict")


def test_dates_move_the_window_at_once(measured_page: Page) -> None:
    page = measured_page
    number = headline(page).inner_text()
    expect(verdict(page)).to_have_text(ENGLISH("result.window_unknown"))
    set_date(page, "before", "2026-03-02")
    for after, said in (("2026-03-09", "too_early"), ("2026-03-23", "interim"), ("2026-06-01", "assessment"), ("2026-12-01", "late")):
        set_date(page, "after", after)
        days = (dt.date.fromisoformat(after) - dt.date(2026, 3, 2)).days
        expect(page.get_by_text(ENGLISH("result.days", n=days)).first).to_be_visible()
        expect(page.get_by_text(ENGLISH(f"result.window_{said}")).first).to_be_visible()
        expect(stop_button(page)).to_have_count(0)
        assert (ENGLISH("result.band_is") in verdict(page).inner_text()) == (said in ("assessment", "late"))
        expect(headline(page)).to_have_text(number)


def test_reversed_dates_are_told_and_give_no_number(measured_page: Page) -> None:
    page = measured_page
    number = headline(page).inner_text()
    set_date(page, "before", "2026-06-01")
    set_date(page, "after", "2026-03-02")
    try:
        expect(page.get_by_text(ENGLISH("compare.dates_reversed"))).to_be_visible()
        expect(headline(page)).to_have_count(0)
        assert percentages(everything_written(page)) == []
    finally:
        set_date(page, "after", "2026-09-01")  # the page is the next test's too
    expect(headline(page)).to_have_text(number)


def lengths(page: Page) -> float:
    """All assessed length in mm, as the legend has it."""
    settled(page)
    return sum(float(text.split(",")[1].split()[0]) for text in page.locator(".pc-legend b").all_inner_texts())


def test_a_field_drawn_with_the_mouse_is_measured(measured_page: Page) -> None:
    page = measured_page
    whole, number = lengths(page), headline(page).inner_text()
    box = choose_tool(page, "field")
    empty = painted(box)
    apply = page.get_by_role("button", name=ENGLISH("pair.apply_field"))
    expect(apply).to_be_disabled()
    stage = box.locator(".stage")
    width, height = stage.evaluate("s => [s.clientWidth, s.clientHeight]")
    reach = height * SIZE[0] / SIZE[1] / 2  # half the picture's width on the stage
    corners = [(width / 2 + across * reach, height * down) for across, down in ((-0.7, 0.2), (0.7, 0.2), (0.7, 0.7), (-0.7, 0.7))]
    for x, y in corners:
        stage.click(position={"x": x, "y": y})
    expect(box.locator(".status")).to_have_text(ENGLISH("pair.corners", n=4))
    expect(apply).to_be_disabled()
    stage.click(position={"x": corners[0][0], "y": corners[0][1]})
    expect(box.locator(".status")).to_have_text(ENGLISH("pair.field_closed", n=4))
    assert painted(box) != empty
    apply.click()
    expect(stop_button(page)).to_be_visible()
    expect(headline(page)).to_have_count(0)
    own_pair(page)
    assert 0 < lengths(page) < 0.8 * whole
    expect(page.locator(".pc-head").get_by_text(ENGLISH("result.drawn_field"))).to_be_visible()
    outline, outlined = pair(page).locator('[data-key="layer-drawn_field"]'), painted(pair(page))
    outline.uncheck()
    assert painted(pair(page)) != outlined
    back_to_the_whole_leg(page, number)


def back_to_the_whole_leg(page: Page, number: str) -> None:
    choose_tool(page, "field")
    expect(page.get_by_text(ENGLISH("compare.field_now"))).to_be_visible()
    page.get_by_role("button", name=ENGLISH("compare.field_clear")).click()
    expect(page.get_by_text(ENGLISH("compare.field_now"))).to_have_count(0)
    expect(headline(page)).to_have_text(number)
    expect(stop_button(page)).to_have_count(0)
    expect(page.get_by_text(ENGLISH("result.drawn_field"))).to_have_count(0)
    choose_tool(page, "pictures")


def test_a_field_by_keyboard_alone(measured_page: Page) -> None:
    page = measured_page
    whole, number = lengths(page), headline(page).inner_text()
    box = choose_tool(page, "field")
    stage = page.get_by_role("application", name=ENGLISH("pair.field_stage"))
    stage.focus()
    for key, steps in (("ArrowUp", 20), ("ArrowLeft", 20), ("ArrowDown", 40), ("ArrowRight", 40), ("ArrowUp", 40)):
        for _ in range(steps):
            page.keyboard.press(key)
        if key != "ArrowUp" or steps == 40:
            page.keyboard.press("Enter")
    expect(box.locator(".status")).to_have_text(ENGLISH("pair.corners", n=4))
    page.keyboard.press("Backspace")
    expect(box.locator(".status")).to_have_text(ENGLISH("pair.corners", n=3))
    page.keyboard.press("Enter")
    page.get_by_role("button", name=ENGLISH("pair.close_field")).press("Enter")
    expect(box.locator(".status")).to_have_text(ENGLISH("pair.field_closed", n=4))
    page.get_by_role("button", name=ENGLISH("pair.apply_field")).press("Enter")
    expect(stop_button(page)).to_be_visible()
    expect(headline(page)).to_have_count(0)
    own_pair(page)
    assert 0 < lengths(page) < whole
    back_to_the_whole_leg(page, number)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_drawing_a_field_is_open_to_everybody(measured_page: Page, scheme: str) -> None:
    page = measured_page
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    choose_tool(page, "field")
    assert grave_findings(page) == []
    choose_tool(page, "pictures")
    page.emulate_media(color_scheme="light")
