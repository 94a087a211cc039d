"""Correcting the machine by hand: what it found stays, the corrected number stands beside it."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect
from pypdf import PdfReader

from photocompare.results.dossier import Dossier, read_dossier
from tests.support.steps import (
    ENGLISH,
    SAMPLES,
    choose_tool,
    downloaded,
    headline,
    on_stage,
    painted,
    pair,
    percentages,
    shown_size,
    sign,
    strike,
)

pytestmark = pytest.mark.thorough

OpenPage = Callable[..., Page]


@pytest.fixture(scope="module")
def sample() -> Dossier:
    """The shipped sample as it is opened."""
    return read_dossier((SAMPLES / "good_result" / "measured.zip").read_bytes())


def apply(page: Page) -> Locator:
    return page.get_by_role("button", name=ENGLISH("pair.apply_marks"))


def test_two_corrections_with_names_stand_beside_the_machine(open_page: OpenPage, sample: Dossier) -> None:
    page = open_page()
    box = choose_tool(page, "correct")
    machine, clean = headline(page).inner_text(), painted(box)
    expect(apply(page)).to_be_disabled()
    strike(box, sample, 0)
    expect(box.locator(".status")).to_have_text(ENGLISH("pair.marks", struck=1, drawn=0))
    assert painted(box) != clean

    apply(page).click()
    expect(page.get_by_text(ENGLISH("compare.correct_needs_name"))).to_be_visible()
    expect(page.locator(".pc-two")).to_have_count(0)

    sign(page, "Dr. Ada Vein")
    expect(box.locator(".status")).to_have_text(ENGLISH("pair.marks", struck=1, drawn=0))
    apply(page).click()
    first = page.locator(".pc-two").first
    expect(first).to_contain_text("Dr. Ada Vein")
    said = first.inner_text()
    assert f"{dt.datetime.now(dt.UTC):%Y-%m-%d}" in said
    assert ENGLISH("compare.correct_machine") in said
    assert ENGLISH("compare.correct_yours") in said
    assert abs(float(percentages(said)[0].split()[0]) - float(machine.split()[0])) <= 0.5
    expect(headline(page)).to_have_text(machine)

    page.get_by_role("radio", name=ENGLISH("pair.tool_draw")).check()
    draw_a_vein(page, box, shown_size(sample))
    expect(box.locator(".status")).to_have_text(ENGLISH("pair.marks", struck=1, drawn=1))
    sign(page, "B. Second")
    apply(page).click()
    expect(page.locator(".pc-two")).to_have_count(2)
    latest, earlier = (found.inner_text() for found in page.locator(".pc-two").all())
    assert "B. Second" in latest
    assert "Dr. Ada Vein" in earlier
    assert latest != earlier
    text = "".join(p.extract_text() for p in PdfReader(io.BytesIO(downloaded(page, "file")[0])).pages)
    assert "B. Second" in text


def draw_a_vein(page: Page, box: Locator, size: tuple[int, int]) -> None:
    stage = box.locator(".stage")
    stage.scroll_into_view_if_needed()
    place = stage.bounding_box()
    assert place is not None
    start, end = (on_stage(box, x * size[0], y * size[1], size) for x, y in ((0.45, 0.4), (0.55, 0.5)))
    page.mouse.move(place["x"] + start["x"], place["y"] + start["y"])
    page.mouse.down()
    page.mouse.move(place["x"] + end["x"], place["y"] + end["y"], steps=12)
    page.mouse.up()


def test_a_mark_is_taken_back_and_a_double_click_counts_once(open_page: OpenPage, sample: Dossier) -> None:
    page = open_page(size=(1024, 768))
    box = choose_tool(page, "correct")
    sign(page, "C. Twice")
    strike(box, sample, 1)
    page.get_by_role("button", name=ENGLISH("pair.undo")).click()
    expect(box.locator(".status")).to_have_text(ENGLISH("pair.marks", struck=0, drawn=0))
    expect(apply(page)).to_be_disabled()
    strike(box, sample, 1)
    apply(page).dblclick()
    expect(page.locator(".pc-two").first).to_be_visible()
    page.wait_for_timeout(1500)  # a second one would have come
    expect(page.locator(".pc-two")).to_have_count(1)


def test_marks_by_keyboard_alone(open_page: OpenPage) -> None:
    page = open_page()
    box = choose_tool(page, "correct")
    page.get_by_role("radio", name=ENGLISH("pair.tool_draw")).check()
    stage = page.get_by_role("application", name=ENGLISH("pair.correct_stage"))
    stage.focus()
    for key in ("Enter", "ArrowRight", "ArrowRight", "ArrowRight", "Enter", "ArrowDown", "ArrowDown", "Enter", "Escape"):
        page.keyboard.press(key)
    expect(box.locator(".status")).to_have_text(ENGLISH("pair.marks", struck=0, drawn=1))
    sign(page, "D. Keys")
    apply(page).press("Enter")
    expect(page.locator(".pc-two")).to_contain_text("D. Keys")


HOSTILE = (
    "<img src=x onerror=alert(1)><script>alert(2)</script>",
    "![t](http://tracker.example/x.png) [a](javascript:alert(3)) $x$ :red[y]",
    "'); DROP TABLE visits; -- \" % \\",
    "\u202eexe.gpj \u2066bidi\u2069 \U0001f9b5 Zażółć 日本 العربية",
    "A" * 10_000,
)


def test_hostile_names_are_shown_as_what_they_are(open_page: OpenPage, sample: Dossier) -> None:
    page = open_page()
    box = choose_tool(page, "correct")
    for number, name in enumerate(HOSTILE):
        strike(box, sample, number)
        sign(page, name[:80])
        apply(page).click()
        expect(page.locator(".pc-two")).to_have_count(1 + number)
        pair(page)
        shown = page.locator(".pc-two").first
        expect(shown).to_contain_text(name[:80].translate({0x202E: None, 0x2066: None, 0x2069: None}).split()[0][:40])
        assert page.locator(".pc-two").locator("img, script, a").count() == 0, name
        assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 1440, name
