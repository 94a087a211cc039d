"""A blinded rating, as a rater meets it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from photocompare.practice.rating_order import chosen_twice
from photocompare.records import ratings
from photocompare.records.access import LOCAL
from photocompare.records.places import in_folder
from photocompare.records.store import Records
from tests.support.steps import ENGLISH, LOOKS, change, choose_option, everything_written, grave_findings, pair, percentages, settled

pytestmark = pytest.mark.thorough

OpenPage = Callable[..., Page]
PAIRS, TWICE = 4, 1
SHOWINGS = PAIRS + TWICE


@pytest.fixture
def a_round(practice: tuple[object, Path, list[str]], request: pytest.FixtureRequest) -> Iterator[str]:
    """A round of this test's own; its name."""
    records = Records(in_folder(practice[1]))
    try:
        drawn = ratings.drawn(records, LOCAL, PAIRS, seed=5)
        name = request.node.name
        ratings.set_up(records, LOCAL, name, comparisons=drawn, repeated=chosen_twice(drawn, share=TWICE / PAIRS, seed=5), seed=5)
        yield name
    finally:
        records.close()


def rating(open_practice: OpenPage, name: str, rater: str, **how: object) -> Page:
    """The page, with the round chosen and the rater named."""
    page = open_practice("/rating", **how)
    settled(page)
    box = page.get_by_test_id("stSelectbox").filter(has_text=ENGLISH("rating.round"))
    if not box.get_by_role("combobox").input_value().endswith(name):
        choose_option(page, box.get_by_role("combobox"), re.compile(re.escape(name) + "$"))
    field = page.get_by_role("textbox", name=ENGLISH("rating.rater"), exact=True)
    field.fill(rater)
    field.press("Enter")
    expect(page.get_by_test_id("stProgress")).to_be_visible()
    settled(page)
    return page


def percent_field(page: Page) -> Locator:
    return page.get_by_role("spinbutton", name=ENGLISH("rating.percent"))


def rate(page: Page, percent: int, point: int, *, before: int) -> None:
    """Score the pair at hand, the one after `before` others."""
    percent_field(page).fill(str(percent))
    page.get_by_role("radio", name=f"{point}. {ENGLISH(f'rating.point_{point}')}", exact=True).check(force=True)
    page.get_by_role("button", name=ENGLISH("rating.save"), exact=True).click()
    expect(page.get_by_text(ENGLISH("rating.progress", done=before + 1, all=SHOWINGS), exact=True)).to_be_visible()
    settled(page)


def test_a_round_is_rated_to_its_end_without_a_number_and_goes_on_after_a_reload(open_practice: OpenPage, a_round: str) -> None:
    page = rating(open_practice, a_round, "Ana")
    for place in range(SHOWINGS):
        box = pair(page)
        expect(box.get_by_role("checkbox")).to_have_count(0)
        written = everything_written(page)
        assert ENGLISH("rating.progress", done=place, all=SHOWINGS) in written
        # What the slider and the bar of progress tell a screen reader is of the page, not of the legs.
        assert set(percentages(written)) <= {"50 %", f"{100 * place // SHOWINGS}%"}
        assert not re.search(r"202[56]|P-[0-9A-Z]{9}|thigh|polidocanol|Operator", written)
        expect(percent_field(page)).to_have_value("")
        rate(page, 30 + 10 * place, 1 + place, before=place)
        if place == 1:
            page = rating(open_practice, a_round, "Ana")
    expect(page.get_by_text(ENGLISH("rating.finished"))).to_be_visible()
    expect(page.get_by_role("region", name=ENGLISH("rating.with_software"))).to_be_visible()
    expect(page.locator(".pair")).to_have_count(0)
    expect(page.get_by_test_id("stVegaLiteChart").locator("canvas, svg").first).to_be_visible()
    assert grave_findings(page) == []


def test_two_raters_are_compared_in_an_order_of_their_own(open_practice: OpenPage, a_round: str) -> None:
    for shift, rater in enumerate(("Ben", "<b>Cleo</b>")):
        page = rating(open_practice, a_round, rater)
        for place in range(SHOWINGS):
            pair(page)
            rate(page, 20 + 15 * place + shift, 1 + place, before=place)
    between = page.get_by_role("region", name=ENGLISH("rating.between"))
    expect(between).to_contain_text(ENGLISH("rating.both_names", first="<b>Cleo</b>", second="Ben"))
    expect(page.get_by_role("region", name=ENGLISH("rating.within"))).to_be_visible()
    assert grave_findings(page) == []


@pytest.mark.parametrize(("size", "dark"), LOOKS)
def test_it_is_accessible_and_fits_the_window(open_practice: OpenPage, a_round: str, size: tuple[int, int], dark: bool) -> None:
    page = rating(open_practice, a_round, "Dora", size=size, dark=dark)
    pair(page)
    assert grave_findings(page) == []
    assert page.get_by_test_id("stMain").evaluate("e => e.scrollWidth - e.clientWidth") <= 0


def test_a_score_with_a_part_missing_is_not_kept(open_practice: OpenPage, a_round: str) -> None:
    page = rating(open_practice, a_round, "Eve")
    pair(page)  # once the pictures stand, the button below them stays where it is
    percent_field(page).fill("40")
    change(page, page.get_by_role("button", name=ENGLISH("rating.save"), exact=True).click)
    expect(page.get_by_text("Give both scores, then save.")).to_be_visible()
    assert ENGLISH("rating.progress", done=0, all=SHOWINGS) in everything_written(page)
    assert grave_findings(page) == []


def test_a_round_is_set_up_by_hand(open_practice: OpenPage) -> None:
    page = open_practice("/rating")
    settled(page)
    form = page.get_by_test_id("stExpander").filter(has_text=ENGLISH("rating.set_up"))
    name = form.get_by_role("textbox", name=ENGLISH("rating.round_name"))
    if not name.is_visible():
        form.locator("summary").click()
    name.fill("By hand ![x](http://h.example/p.png)")
    form.get_by_role("spinbutton", name=ENGLISH("rating.pairs"), exact=True).fill("5")
    change(page, form.get_by_role("button", name=ENGLISH("rating.begin"), exact=True).click)
    box = page.get_by_test_id("stSelectbox").filter(has_text=ENGLISH("rating.round"))
    expect(box.get_by_role("combobox")).to_have_value(re.compile(re.escape("By hand ![x](http://h.example/p.png)") + "$"))
    expect(page.get_by_text(ENGLISH("rating.name_first"))).to_be_visible()
