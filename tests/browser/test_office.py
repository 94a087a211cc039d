"""The office of a viewer for one user: accounts, the trail, verification."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.steps import ENGLISH, LOOKS, change, grave_findings, settled

pytestmark = pytest.mark.thorough

OpenPage = Callable[..., Page]
HOSTILE = "=cmd() ![x](http://tracker.example/p.png) <img src=x onerror=alert(1)>"


def fill(page: Page, label: str, text: str) -> None:
    page.get_by_role("textbox", name=ENGLISH(label)).first.fill(text)


def set_account(page: Page, subject: str, name: str, button: str) -> None:
    form = page.get_by_role("button", name=ENGLISH(f"office.{button}"), exact=True)
    if not form.is_visible():
        page.get_by_text(ENGLISH("office.set_account"), exact=True).click()
    fill(page, "office.subject", subject)
    fill(page, "office.name", name)
    form.click()


def test_an_account_is_opened_and_closed_and_the_trail_tells(open_page: OpenPage) -> None:
    page = open_page("/office")
    subject = f"https://id.example#{HOSTILE}"
    set_account(page, subject, HOSTILE, "keep_account")
    expect(page.get_by_text(ENGLISH("office.account_kept"))).to_be_visible()
    row = page.get_by_role("row").filter(has_text=subject).first
    expect(row).to_contain_text(ENGLISH("office.is_open"))
    set_account(page, subject, "", "close_account")
    expect(page.get_by_text(ENGLISH("office.account_closed"))).to_be_visible()
    expect(page.get_by_role("row").filter(has_text=subject).first).to_contain_text(ENGLISH("office.is_closed"))
    fill(page, "office.about", "account/https://id.example")
    page.keyboard.press("Enter")
    expect(page.get_by_text(ENGLISH("office.newest", n=2))).to_be_visible()
    settled(page)
    assert page.locator("[data-testid=stMain] :is(img, a[href^=javascript], script)").count() == 0


def test_an_account_that_is_not_there_is_not_closed(open_page: OpenPage) -> None:
    page = open_page("/office")
    settled(page)
    set_account(page, "https://id.example#nobody", "", "close_account")
    expect(page.get_by_text("There is no account of that subject.")).to_be_visible()


def test_verification_says_that_all_is_well(open_page: OpenPage) -> None:
    page = open_page("/office")
    settled(page)
    change(page, page.get_by_role("button", name=ENGLISH("office.verify"), exact=True).click)
    expect(page.get_by_text("All is well")).to_be_visible()


@pytest.mark.parametrize(("size", "dark"), LOOKS)
def test_it_fits_and_can_be_reached(open_page: OpenPage, size: tuple[int, int], dark: bool) -> None:
    page = open_page("/office", size=size, dark=dark)
    settled(page)
    expect(page.get_by_role("heading", name=ENGLISH("office.trail"))).to_be_visible()
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= size[0]
    assert grave_findings(page) == []
