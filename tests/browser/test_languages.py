"""Pages in every language: nothing in English, nothing wider than the window, no label that is cut."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from photocompare.report.words.texts import LANGUAGES, texts
from tests.support.steps import ENGLISH, choose_language, everything_written, go_to, pair, settled

pytestmark = pytest.mark.thorough

OpenPage = Callable[..., Page]

TRANSLATIONS = [code for code in LANGUAGES if code != "en"]
PAGES = ("compare", "consult", "capture", "about")

SIZES = {"laptop": (1440, 900), "phone": (390, 844)}

CUT = """() => [...document.querySelectorAll('[data-testid=stMain] button, [data-testid=stMain] label')]
    .filter((e) => e.offsetParent && (e.scrollWidth > e.clientWidth + 1) && getComputedStyle(e).overflowX !== 'visible')
    .map((e) => e.innerText)"""

CUT_EXPORTS = """() => [...document.querySelectorAll('[data-testid=stDownloadButton] *')]
    .filter((e) => e.offsetParent && e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX !== 'visible')
    .map((e) => e.innerText)"""

WIDER = "() => document.documentElement.scrollWidth - window.innerWidth"


def english_sentences(language: str) -> list[str]:
    """Sentences of four words and more without placeholders, which the language says otherwise."""
    t = texts(language)
    long = (key for key, text in ENGLISH.entries.items() if "{" not in text and len(re.findall(r"[A-Za-z]{2,}", text)) >= 4)
    return [ENGLISH(key) for key in long if t(key) != ENGLISH(key)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", TRANSLATIONS)
def test_pages_speak_the_language_and_fit(open_page: OpenPage, language: str, size: str) -> None:
    t = texts(language)
    page = open_page(size=SIZES[size])
    pair(page)
    choose_language(page, LANGUAGES[language])
    for name in PAGES:
        if name != "compare":
            go_to(page, name, t)
        expect(page.get_by_role("heading", name=t(f"{name}.title"), level=1)).to_be_visible()
        if name in ("compare", "consult"):
            pair(page)
        said = everything_written(page)
        assert not [sentence for sentence in english_sentences(language) if sentence in said], name
        settled(page)
        assert page.evaluate(CUT) == [], name
        assert page.evaluate(WIDER) <= 0, name
    expect(page.locator("html")).to_have_attribute("lang", language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_export_is_named_in_full_on_a_tablet(open_page: OpenPage, language: str) -> None:
    page = open_page(size=(834, 1112))
    pair(page)
    if language != "en":
        choose_language(page, LANGUAGES[language])
        pair(page)
    expect(page.get_by_role("button", name=texts(language)("compare.export_dicom"), exact=True)).to_be_visible()
    assert page.evaluate(CUT_EXPORTS) == []
    assert page.evaluate(WIDER) <= 0
