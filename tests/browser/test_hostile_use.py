"""Hostile names and files, lost connections, two people at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.support.steps import (
    ENGLISH,
    MEASURED_MS,
    everything_written,
    file_of,
    headline,
    own_pair,
    pair,
    percentages,
    sample_files,
    stop_button,
    upload,
    upload_pair,
)

pytestmark = pytest.mark.thorough

OpenPage = Callable[..., Page]

NAMES = (
    "![t](http://tracker.example/x.png) [a](javascript:alert(1)) $x$ :red[y].jpg",
    "<img src=http://tracker.example/x.png onerror=alert(1)>.jpg",
    "'); DROP TABLE photos; -- %.jpg",
    "\u202egpj.exe \U0001f9b5 Zażółć 日本.jpg",
    "-rf =cmd() CON.jpg",
    "n" * 240 + ".jpg",
)


def test_hostile_file_names_are_shown_as_what_they_are(open_page: OpenPage) -> None:
    page = open_page()
    for which, names in (("before", NAMES[:3]), ("after", NAMES[3:])):
        upload(page, which, *(file_of(name, f"no photo {name}".encode()) for name in names))
        expect(page.locator(".pc-check").last).to_contain_text(ENGLISH("errors.NotAPhoto"))
        uploader = page.get_by_role("region", name=ENGLISH(f"compare.upload_{which}"))
        for name in names:
            expect(uploader.get_by_role("button", name=f"Remove {name}", exact=True)).to_have_count(1)
        assert uploader.locator("a, script, img[src^=http]").count() == 0
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 1440


def test_typed_markup_stays_text(open_page: OpenPage) -> None:
    page = open_page()
    upload(page, "before", sample_files("good_result")[0])
    page.get_by_text(ENGLISH("compare.details"), exact=True).click()
    for key in ("patient_label", "agent", "region", "note"):
        typed = page.get_by_role("textbox", name=ENGLISH(f"compare.{key}"), exact=True)
        for text in (NAMES[0], NAMES[1], "\u202e" + "A" * 10_000):
            typed.fill(text)
            typed.press("Tab")
    expect(page.get_by_text(ENGLISH("compare.empty_after"))).to_be_visible()
    assert page.locator("[data-testid=stMain] :is(a[href^=javascript], img[src^=http], .katex)").count() == 0


def test_two_people_at_once_see_only_their_own(open_page: OpenPage) -> None:
    first, second = open_page(), open_page(size=(1024, 768))
    upload_pair(first, "stained")
    upload_pair(second, "unchanged")
    own_pair(first)
    own_pair(second)
    mine, theirs = headline(first).inner_text(), headline(second).inner_text()
    assert float(percentages(mine)[0].split()[0]) > 50
    # A change that rounds to nothing is said in words.
    assert theirs
    assert all(float(told.split()[0]) < 20 for told in percentages(theirs))
    third = open_page("/consult")
    expect(third.get_by_text(ENGLISH("consult.sample"))).to_be_visible()
    first.reload()  # another visit: nothing of the last one is left
    expect(first.get_by_text(ENGLISH("compare.sample_note"))).to_be_visible()
    expect(headline(second)).to_have_text(theirs)


def test_a_file_of_61_megabytes_is_told(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page()
    large = tmp_path / "large.jpg"
    large.write_bytes(sample_files("good_result")[0].read_bytes() + bytes(61 << 20))
    upload(page, "before", large)
    expect(page.get_by_text(re.compile("60(\\.0)? ?MB or smaller"))).to_be_visible()
    expect(page.locator(".pc-check")).to_have_count(0)
    expect(headline(page)).to_be_visible()


def test_more_photos_than_are_measured_are_told(open_page: OpenPage) -> None:
    page = open_page()
    upload(page, "before", *(file_of(f"{k}.jpg", f"no photo {k}".encode()) for k in range(20)))
    expect(page.get_by_text(ENGLISH("compare.too_many"))).to_be_visible()
    expect(page.locator(".pc-check")).to_have_count(4)


def test_a_page_loaded_again_while_measuring_is_alive(open_page: OpenPage) -> None:
    page = open_page()
    upload_pair(page, "stained")
    expect(stop_button(page)).to_be_visible()
    page.reload()
    expect(headline(page)).to_be_visible()
    expect(page.get_by_text(ENGLISH("compare.sample_note"))).to_be_visible()
    upload(page, "before", file_of("no.jpg", b"no photo"))
    expect(page.locator(".pc-check")).to_contain_text(ENGLISH("errors.NotAPhoto"), timeout=MEASURED_MS)


def test_a_lost_connection_while_measuring_comes_back_to_the_result(open_page: OpenPage) -> None:
    lines: list[WebSocketRoute] = []

    def connect(line: WebSocketRoute) -> None:
        line.connect_to_server()
        lines.append(line)

    page = open_page(before_loading=lambda page: page.route_web_socket(re.compile("/_stcore/stream"), connect))
    pair(page)
    upload_pair(page, "unchanged")
    expect(stop_button(page)).to_be_visible()
    lines[-1].close(code=1001, reason="gone")
    own_pair(page)
    assert len(lines) >= 2
    assert percentages(everything_written(page))
    expect(headline(page)).to_be_visible()


def test_a_camera_that_may_not_be_used(open_page: OpenPage) -> None:
    page = open_page("/capture", camera=False)
    page.get_by_role("button", name=ENGLISH("camera.start")).click()
    expect(page.locator(".notice-text")).to_have_text(ENGLISH("camera.failed_denied"))
