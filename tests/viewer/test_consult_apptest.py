"""Consult, the language, and what one session must not see of another; run without a browser."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from html import escape

import pytest

from tests.support.run_pages import ES, MEASURED, PERCENTAGE, REFUSED, Pages, T, faked_app

PLAIN = {"text", "html", "bidi_component", "text_input", "text_area", "date_input", "number_input", "download_button", "file_uploader"}
"""Elements whose typed text, if any, Streamlit does not read as Markdown; in "html" it must stand escaped."""

MOST_TYPED = 400

HOSTILE = [
    "![x](http://h.example/p.png)",
    "[a](javascript:alert(1))",
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "$x$ :red[red] `code` # head",
    "'); DROP TABLE patients;--",
    "\u202egnp.exe\u2066",
    "Zażółć 日本語 العربية e\u0301\u0302 \U0001f9b5",
    "x" * 10_000,
]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Pages]:
    return faked_app(monkeypatch)


@pytest.fixture
def pages(opened: Callable[[], Pages]) -> Pages:
    return opened()


# --- Consult, language, other pages


def test_the_consultation_shows_the_own_pair_and_the_sample_until_then(pages: Pages) -> None:
    pages.go("consult")
    assert T("consult.sample") in pages.words
    pages.go("compare")
    measuring = pages.pair()
    pages.go("consult")
    assert T("consult.no_pair") in [info.value for info in pages.at.info]
    measuring.finish(MEASURED)
    pages.run()
    assert T("consult.of_ten", n=6, range=T("consult.range", low=48, high=72)) in pages.html
    assert T("consult.sample") not in pages.words
    assert pages.pictures()["mode"] == "consult"
    for reason in T.section("call").values():
        assert escape(reason) in pages.html


def test_of_a_refused_pair_the_patient_reads_no_number(pages: Pages) -> None:
    pages.measured_pair(REFUSED)
    pages.go("consult")
    assert escape(T("consult.refused")) in pages.html
    assert escape(T("course.next_refused")) in pages.html
    assert escape(T("consult.about_photos")) in pages.html
    assert escape(T("consult.help_view")) in pages.html
    assert not PERCENTAGE.search(pages.words)
    assert pages.pictures()["mode"] == "refused"


def test_presenting_hides_the_controls_until_it_is_left(pages: Pages) -> None:
    pages.go("consult")
    sentence = re.findall(r'data-testid="sentence">([^<]*)<', pages.html)
    pages.press(T("consult.present"))
    assert pages.labels == [T("consult.leave")]
    assert len(pages.at.selectbox) == 0
    assert re.findall(r'data-testid="sentence">([^<]*)<', pages.html) == sentence
    pages.press(T("consult.leave"))
    assert pages.labels == [T("consult.present")]
    assert len(pages.at.selectbox) == 1


def test_a_language_is_that_of_every_page_and_loses_nothing(pages: Pages) -> None:
    pages.measured_pair()
    pages.at.selectbox(key="choose_language").set_value("es")
    pages.run()
    assert pages.at.title[0].value == ES("compare.title")
    assert 'data-testid="headline">61 %<' in pages.html
    assert ES("headline.of_cleared") in pages.words
    assert pages.pictures()["texts"] == ES.section("pair")
    pages.go("consult")
    assert ES("consult.of_ten", n=6, range=ES("consult.range", low=48, high=72)) in pages.html
    pages.press(ES("consult.present"))
    assert pages.labels == [ES("consult.leave")]
    assert len(pages.measurings) == 1


def test_another_page_in_between_loses_neither_photos_nor_details(pages: Pages) -> None:
    pages.measured_pair()
    pages.at.date_input(key="before_date").set_value(dt.date(2026, 3, 2))
    pages.at.date_input(key="after_date").set_value(dt.date(2026, 3, 23))
    pages.at.text_input(key="agent").set_value("Polidocanol")
    pages.at.selectbox(key="leg").set_value("right")
    pages.at.toggle(key="look_for_card").set_value(False)
    pages.run()
    pages.measurings[-1].finish(MEASURED)
    for page in ("consult", "capture", "about"):
        pages.go(page)
    pages.go("compare")
    assert len(pages.measurings) == 2
    assert T("result.window_interim") in pages.words
    details = pages.visit.details
    assert (details.after_date, details.agent, details.leg) == (dt.date(2026, 3, 23), "Polidocanol", "right")
    assert pages.visit.look_for_card is False
    assert not pages.at.warning
    buttons = [b for b in pages.at.button if b.label == T("compare.remove_shots")]
    assert len(buttons) == 2
    buttons[0].click()
    pages.run()
    assert (pages.visit.shots("before"), len(pages.visit.shots("after"))) == ((), 1)


# --- two at once, and hostile text


def test_two_browsers_at_once_see_only_their_own(opened: Callable[[], Pages]) -> None:
    one, other = opened(), opened()
    mine = one.pair(b"my before", b"my after")
    one.at.text_input(key="patient_label").set_value("Example, Anna")
    one.run()
    other.run()
    assert T("compare.sample_note") in [info.value for info in other.at.info]
    theirs = other.pair(b"their before", b"their after")
    mine.finish(MEASURED)
    theirs.finish(REFUSED)
    one.run()
    other.run()
    assert 'data-testid="headline">61 %<' in one.html
    assert T("result.refused") in other.words
    assert one.pictures()["id"] != other.pictures()["id"]
    assert other.at.text_input(key="patient_label").value == ""
    assert not any(b"Anna" in e.proto.SerializeToString() for e in other.elements())
    one.go("consult")
    other.go("consult")
    assert T("consult.of_ten", n=6, range=T("consult.range", low=48, high=72)) in one.html
    assert escape(T("consult.refused")) in other.html
    third = opened()
    assert T("compare.sample_note") in [info.value for info in third.at.info]
    assert len(third.visit.shots("before")) == 0


def test_the_same_files_in_two_browsers_are_two_measurements(opened: Callable[[], Pages]) -> None:
    one, other = opened(), opened()
    mine, theirs = one.pair(), other.pair()
    assert mine is not theirs
    mine.finish(MEASURED)
    other.run()
    assert "pc-number" not in other.html


@pytest.mark.parametrize("typed", HOSTILE, ids=range(len(HOSTILE)))
def test_what_is_typed_is_shown_as_it_is_and_does_nothing(pages: Pages, typed: str) -> None:
    pages.measured_pair()
    for key in ("patient_label", "agent", "region"):
        pages.at.text_input(key=key).set_value(typed)
    pages.at.text_area(key="note").set_value(typed)
    pages.run()
    taken = typed[:MOST_TYPED]
    details = pages.visit.details
    assert (details.patient_label, details.agent, details.region, details.note) == (taken,) * 4
    assert len(details.shown.patient_label) <= 80
    for page in ("consult", "compare"):
        pages.go(page)
        for element in pages.elements():
            if element.type not in PLAIN:
                assert taken.encode() not in element.proto.SerializeToString(), element.type
        if escape(typed) != typed:
            assert typed not in pages.html
    assert pages.at.text_input(key="patient_label").value == taken


def test_letters_that_the_printout_can_not_write_are_told_where_they_are_typed(pages: Pages) -> None:
    pages.measured_pair()
    for label, told in (("สมชาย 12", "สมชาย"), ("כהן, שרה", ""), ("Müller", "")):
        pages.at.text_input(key="patient_label").set_value(label)
        pages.run()
        assert ("Type the chart number instead" in pages.html) == bool(told)
        assert told in pages.html
